#!/usr/bin/env bash
# Exports the zoo, a network with every operation and random graphs as ONNX models; ONNX's checker has to accept them, and
# ONNX Runtime to compute what the reference interpreter does:  scripts/onnx.sh [CASE..]
# Installs both from Python's package index into target/onnx (200 MB).
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/onnx/venv-$(sha256sum scripts/onnx/requirements.txt | cut -c1-12)
if [ ! -e "$venv/complete" ]; then
    echo "installing ONNX Runtime in $venv" >&2
    python3 -m venv --clear "$venv" || { echo "onnx.sh: needs Python 3.11 or newer with venv (Debian: python3-venv)" >&2; exit 1; }
    "$venv/bin/pip" install --quiet --requirement scripts/onnx/requirements.txt
    touch "$venv/complete"
fi
# As a part of the workspace both have the features that its tests have, and nothing is built twice.
cargo build --quiet --workspace --bin archc --example reference
reference=target/debug/examples/reference
cases=("$@")
if [ $# = 0 ]; then
    networks=$("$reference" --list)
    mapfile -t random < <(seq --format random:%.0f 1 200)
    # shellcheck disable=SC2206  # names without spaces
    cases=($networks full:zoo:mobilenet compiler/onnx/tests/every_operator.arch "${random[@]}")
fi
exec "$venv/bin/python" scripts/onnx/compare.py target/debug/archc "$reference" "${cases[@]}"
