#!/usr/bin/env bash
# Prints what running costs where inputs are denormal, where another process keeps a core busy and where weights are mapped,
# as rows of scripts/benchmark.sh's table, which calls it. Two cores of the machine are used, and nothing else should run on them.
set -euo pipefail
cd "$(dirname "$0")/.."
app=target/conditions
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR RUSTFLAGS

mkdir -p "$app/src"
cp scripts/figures/conditions.rs "$app/src/main.rs"
cat >"$app/build.rs" <<'END'
fn main() -> Result<(), archc_build::Error> {
    ["mobilenet", "resnet50", "vgg16"].into_iter().try_for_each(|net| archc_build::compile(format!("zoo:{net}")))
}
END
scripts/figures/manifest.sh conditions >"$app/Cargo.toml"
cargo build --quiet --release --manifest-path "$app/Cargo.toml"

read -r first second <<<"$(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2])')"
[ -n "$second" ] || { echo "run-figures.sh: needs two cores" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
taskset -c "$first,$second" "$app/target/release/conditions" "$work" "$second"
