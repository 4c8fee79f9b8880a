#!/usr/bin/env bash
# Fetches Fashion-MNIST and classifies its 10,000 test images:  scripts/evaluate-fashion-mnist.sh [DATA]
# Prints the accuracy and how many classes differ from PyTorch's; fails where one does.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-target/fashion-mnist}
scripts/fashion-mnist.sh "$data"
cargo run --quiet --release -p fashion-mnist -- "$data"
