#!/usr/bin/env bash
# Installs ONNX Runtime, OpenVINO and Keras into a folder of their own, exports the networks, and prints archc's speed in
# ratios to theirs, as Markdown. Nothing else should run meanwhile. All of it takes 40 minutes on two cores; a call that was
# interrupted goes on where it was.
#
#     scripts/peers.sh [--cache DIR] [--networks A,B] [--batches N,M] [--threads N,M] ...      --help lists the rest
#
# DIR (else target/peers) keeps the packages (2 GB, pinned in scripts/peers/requirements.txt), the networks (2.5 GB), and
# what was measured.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=target/peers
if [ "${1:-}" = --cache ]; then
    [ $# -ge 2 ] || { echo "peers.sh: --cache needs a folder" >&2; exit 2; }
    cache=$2
    shift 2
fi
sum() { cat "$@" | sha256sum | cut -c1-12; }
venv=$cache/venv-$(sum scripts/peers/requirements.txt)
onnx=$cache/onnx-$(sum scripts/peers/{requirements.txt,networks.py,export.py})

if [ ! -e "$venv/complete" ]; then
    echo "installing the peers in $venv" >&2
    python3 -m venv --clear "$venv" || { echo "peers.sh: needs Python 3.11 or newer with venv (Debian: python3-venv)" >&2; exit 1; }
    "$venv/bin/pip" install --quiet --requirement scripts/peers/requirements.txt
    touch "$venv/complete"
fi
cargo build --quiet --release
commit=$(git describe --always --dirty 2>/dev/null || echo "without a commit")
exec "$venv/bin/python" scripts/peers/compare.py --archc target/release/archc --commit "$commit" --onnx "$onnx" --results "$cache/results" "$@"
