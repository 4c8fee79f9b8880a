#!/usr/bin/env bash
# Prints what a generated crate costs its users, against the targets: time to compile, size, time to load.
# scripts/benchmark.sh calls it. Cold means an empty target folder, with the dependencies downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release
archc=$PWD/target/release/archc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR RUSTFLAGS

row() { echo "| $1 | $2 | $3 |"; }
# Seconds that a command takes.
seconds() {
    local start end
    start=$(date +%s%N)
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    end=$(date +%s%N)
    awk -v ns=$((end - start)) 'BEGIN { printf "%.1f", ns / 1e9 }'
}

# A generated crate.
cp archs/resnet50.arch "$work/net.arch"
generate() { "$archc" build "$work/net.arch" -o "$work/crate"; }
build_crate() { cargo build --release --offline --manifest-path "$work/crate/Cargo.toml"; }
generate_and_build() { generate && build_crate; }
generate >"$work/log"
cargo fetch --quiet --manifest-path "$work/crate/Cargo.toml"
time=$(seconds build_crate)
row "generated crate of ResNet-50 with the runtime, cold release build" "$time s" "under 25 s"
sed -i 's/eps=1.001e-5/eps=1e-5/' "$work/net.arch"
time=$(seconds generate_and_build)
row "the same after an edit of the .arch, \`archc build\` included" "$time s" "under 5 s"

# An application whose build script compiles the network.
app=$work/app
mkdir -p "$app/src"
cp archs/resnet50.arch "$app/"
cp scripts/figures/app.rs "$app/src/main.rs"
cat >"$app/build.rs" <<'END'
fn main() -> Result<(), archc_build::Error> {
    archc_build::compile("resnet50.arch")
}
END
scripts/figures/manifest.sh app >"$app/Cargo.toml"
cargo fetch --quiet --manifest-path "$app/Cargo.toml"
build_app() { cargo build --release --offline --manifest-path "$app/Cargo.toml"; }
time=$(seconds build_app)
row "application with a build.rs, cold release build" "$time s" "under 45 s"
sed -i 's/eps=1.001e-5/eps=1e-5/' "$app/resnet50.arch"
time=$(seconds build_app)
row "the same after an edit of the .arch" "$time s" "under 5 s"

command -v size >/dev/null || { echo "build-figures.sh: needs size (binutils)" >&2; exit 1; }
program=$app/target/release/app
text=$(size -A "$program" | awk '$1 == ".text" { printf "%.2f", $2 / 1e6 }')
row "its .text section" "$text MB" "under 2 MB"
times=$("$program" "$work")
read -r loading mapping <<<"$times"
row "ResNet-50's weights, loaded and packed" "$loading ms" "under 200 ms"
row "the same, packed before and mapped" "$mapping ms" "under 20 ms"
