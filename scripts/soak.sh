#!/usr/bin/env bash
# Runs models and sessions in four threads for so many minutes, ten by default: no byte may be left over.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCHC_SOAK_SECONDS=$((60 * ${1:-10}))
cargo test --quiet -p archc-runtime --test threads soak::
