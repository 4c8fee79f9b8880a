#!/usr/bin/env bash
# Prints a folder that holds libnvrtc.so.12, the compiler of CUDA C, and fetches it once (90 MB):
#
#     LD_LIBRARY_PATH=$(scripts/nvrtc.sh) archc build ...
#
# It comes from Python's package index, pinned, into target/nvrtc. Several may run at once.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "nvrtc.sh: $*" >&2; exit 1; }

case $(uname -sm) in "Linux x86_64" | "Linux aarch64") ;; *) fail "NVRTC is fetched for Linux on x86-64 and AArch64 only" ;; esac
folder=target/nvrtc/$(sha256sum scripts/nvrtc/packages.txt | cut -c1-12)
if [ ! -e "$folder/libnvrtc.so.12" ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || fail "needs Python 3.9 or newer with venv (Debian: python3-venv)"
    mkdir -p target/nvrtc
    fetched=$(mktemp -d target/nvrtc/.fetch.XXXXXX)
    trap 'rm -rf "$fetched"' EXIT
    echo "fetching NVRTC into $folder" >&2
    python3 -m venv "$fetched/venv"
    "$fetched/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --dest "$fetched" --requirement scripts/nvrtc/packages.txt >&2 ||
        fail "could not fetch what scripts/nvrtc/packages.txt names; is there a network?"
    python3 -m zipfile -e "$fetched"/*.whl "$fetched/tree"
    rm -f "$fetched"/tree/nvidia/cuda_nvrtc/lib/*.alt.so.*
    # Whoever comes second finds the folder of the first, which is the same.
    mv --no-target-directory "$fetched/tree/nvidia/cuda_nvrtc/lib" "$folder" 2>/dev/null || [ -e "$folder/libnvrtc.so.12" ] ||
        fail "could not move what was fetched to $folder"
fi
echo "$PWD/$folder"
