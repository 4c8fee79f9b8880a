#!/usr/bin/env bash
# Prints the figures of the README against their targets. Nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release
archc=$PWD/target/release/archc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Median of eleven runs, in milliseconds.
median_ms() {
    for _ in $(seq 11); do
        local start end
        start=$(date +%s%N)
        "$@" >/dev/null
        end=$(date +%s%N)
        echo $(((end - start) / 10000))
    done | sort -n | sed -n 6p | awk '{ printf "%.1f", $1 / 100 }'
}

lines() { grep -c '' "$1"; }
longest_function() {
    awk '/^(pub )?fn /{ start = NR } /^}/{ if (start && NR - start + 1 > most) most = NR - start + 1; start = 0 } END { print most }' "$1"
}

"$archc" build archs/resnet50.arch -o "$work/a/resnet50" >/dev/null
"$archc" build archs/resnet50.arch -o "$work/b/resnet50" >/dev/null
"$archc" build archs/resnet50.arch --net ResNet152 -o "$work/resnet152" >/dev/null
small=$work/a/resnet50/src/resnet50.rs large=$work/resnet152/src/resnet152.rs

echo "| what | figure | target |"
echo "| --- | --- | --- |"
echo "| \`archc build\` of ResNet-50 | $(median_ms "$archc" build archs/resnet50.arch -o "$work/a/resnet50") ms | under 100 ms |"
echo "| ResNet-152's generated source against ResNet-50's, bytes | $(awk -v a="$(wc -c <"$large")" -v b="$(wc -c <"$small")" 'BEGIN { printf "%.2f", a / b }') | at most 1.3 |"
echo "| the same, lines | $(awk -v a="$(lines "$large")" -v b="$(lines "$small")" 'BEGIN { printf "%.2f", a / b }') | at most 1.3 |"
echo "| longest generated function of both, lines | $(longest_function "$small") and $(longest_function "$large") | at most 300 |"
if diff -r "$work/a" "$work/b" >/dev/null; then same=yes; else same=NO; fi
echo "| two builds in different folders are the same bytes | $same | yes |"

# The arena against the most that is alive at once, and that against the same without halos and padding lanes.
for net in lenet5 alexnet vgg16 resnet50 inception_v3 mobilenet mobilenet_v2; do
    "$archc" summary "zoo:$net" | awk -v net="$net" '/^Arena /{
        match($0, /, [0-9.]+ times/); alive = substr($0, RSTART + 2, RLENGTH - 8)
        match($0, /is [0-9.]+ times/); plain = substr($0, RSTART + 3, RLENGTH - 9)
        printf "| arena of `%s`, against what is alive at once; that against the plain numbers | %s; %s | at most 1.1; 1.35 |\n", net, alive, plain }'
done

# ResNet-50's weights as Keras's .h5 into safetensors: time, and the most memory that it takes.
cargo run --quiet --package archc-zoo-tests --example golden_weights -- keras/ResNet50 "$work/resnet50.h5"
python3 - "$archc" "$work" <<'END'
import os, resource, statistics, subprocess, sys, time
archc, work = sys.argv[1:]
times = []
for _ in range(5):
    start = time.perf_counter()
    subprocess.run([archc, "import", "keras", f"{work}/resnet50.h5", "zoo:resnet50", "-o", f"{work}/resnet50.safetensors"],
                   check=True, stdout=subprocess.DEVNULL)
    times.append(time.perf_counter() - start)
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / os.path.getsize(f"{work}/resnet50.h5")
print(f"| `archc import` of ResNet-50's .h5 | {statistics.median(times):.2f} s | under 2 s |")
print(f"| its memory, against the file's size | {memory:.2f} | under 2 |")
END
scripts/build-figures.sh
scripts/run-figures.sh
