#!/usr/bin/env bash
# Runs the kernel tests, LeNet-5 and MobileNet on AArch64, under an emulator: the NEON kernels, on a machine without NEON.
# Installs what it needs by apt-get (Debian): a Rust with AArch64's standard library, a linker, the emulator.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(rustc-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" dpkg --add-architecture arm64
    "${as_root[@]}" apt-get update --quiet
    "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${packages[@]}"
fi

target=aarch64-unknown-linux-gnu
export RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=target/neon
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=qemu-aarch64
# Static, since threads of dynamically linked programs do not start under this emulator.
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static"
# The emulator takes a hundred times as long.
export ARCHC_FEWER_CASES=10

cargo test --quiet --release --target "$target" -p archc-runtime --lib --test kernels
cargo test --quiet --release --target "$target" -p archc-zoo-tests --test generated -- --exact lenet5 trained_lenet5_equals_pytorch mobilenet
