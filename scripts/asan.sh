#!/usr/bin/env bash
# Runs the runtime's tests under AddressSanitizer:  scripts/asan.sh [TOOLCHAIN]
#
# TOOLCHAIN is a nightly one, else any that rustup has. Every access of the kernels is instrumented, on every instruction
# set of the machine. Left out are the tests of registers, which read the instructions that an ordinary build gets.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "asan.sh: $*" >&2; exit 1; }
command -v rustup >/dev/null || fail "needs rustup and a nightly toolchain: only that can build with a sanitizer"
toolchain=${1:-$(rustup toolchain list | awk '/^nightly/ { print $1; exit }')}
[ -n "$toolchain" ] || fail "needs a nightly toolchain: rustup toolchain install nightly --profile minimal"
host=$(rustc "+$toolchain" -vV | sed -n 's/^host: //p') || fail "the toolchain $toolchain does not work"

# Leaks are the soak's matter; tests of the pool leave their pools behind, as the process does.
export ASAN_OPTIONS=detect_leaks=0 ARCHC_SOAK_SECONDS=5
export RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=target/asan
cargo "+$toolchain" test --quiet -p archc-runtime --target "$host" --lib --test kernels --test model --test threads
