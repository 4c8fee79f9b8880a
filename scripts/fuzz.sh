#!/usr/bin/env bash
# Fuzzes every target side by side:  scripts/fuzz.sh [SECONDS]
#
# Builds with the stable toolchain: coverage counters are ordinary code generation options, and code without `unsafe`
# needs no address sanitizer. The layout is cargo-fuzz's, so that `cargo +nightly fuzz run TARGET` works as well.
# Seeds are the zoo with its name maps, the bad files of tests/ui, the frameworks' files that import is tested with, the
# images that decoding is tested with, and fuzz/seeds, where inputs that once failed are kept.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
host=$(rustc -vV | sed -n 's/^host: //p')

export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
 -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
 -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --quiet --release --manifest-path fuzz/Cargo.toml --target "$host"

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
mkdir "$seeds"/{arch,names,h5,pth,image,decode,numpy}
find archs tests/ui fuzz/seeds -type f \( -name '*.arch' -o -path 'fuzz/seeds/*' \) -not -path 'fuzz/seeds/*/*' |
    while read -r file; do cp "$file" "$seeds/arch/$(echo "$file" | tr / -)"; done
files=compiler/weights/tests/files
cp $files/*.h5 $files/*.keras "$seeds/h5"
cp $files/*.pth $files/*.safetensors "$seeds/pth"
cp archs/names/* "$seeds/names"
cp runtime/tests/images/files/*.{png,jpg,webp} "$seeds/decode"
for target in names h5 pth decode numpy; do
    [ ! -d fuzz/seeds/$target ] || cp fuzz/seeds/$target/* "$seeds/$target"
done

# Deep recursion must be refused, not survived by luck: libFuzzer's thread gets a small stack.
ulimit -s 1024
pids=() targets=(parse compile names h5 pth image decode numpy)
for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    case $target in
        parse | compile) own=arch limits=(-rss_limit_mb=3000 -max_len=8192 -dict=fuzz/arch.dict) ;;
        names) own=names limits=(-rss_limit_mb=1000 -max_len=8192) ;;
        # Sizes, steps and pixels: nothing that stands in a file.
        image) own=image limits=(-rss_limit_mb=1000 -max_len=8192) ;;
        decode) own=decode limits=(-rss_limit_mb=1500 -max_len=8192) ;;
        # Files of so few bytes are no reason to take much memory at once.
        h5 | pth | numpy) own=$target limits=(-rss_limit_mb=1500 -malloc_limit_mb=256 -max_len=49152) ;;
    esac
    "fuzz/target/$host/release/$target" -max_total_time="$seconds" -timeout=20 "${limits[@]}" \
        -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 -verbosity=0 \
        "fuzz/corpus/$target" "$seeds/$own" >"fuzz/artifacts/$target.log" 2>&1 &
    pids+=($!)
done
failed=0
for i in "${!pids[@]}"; do
    if wait "${pids[$i]}"; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/artifacts/${targets[$i]}.log")
        echo "fuzz ${targets[$i]}: ${runs:-?} inputs in $seconds s, no failure"
    else
        failed=1
        echo "fuzz ${targets[$i]}: FAILED; the input is in fuzz/artifacts/${targets[$i]}/" >&2
        tail -n 60 "fuzz/artifacts/${targets[$i]}.log" >&2
    fi
done
exit $failed
