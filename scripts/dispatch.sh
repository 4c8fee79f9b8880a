#!/usr/bin/env bash
# Runs generated code on emulated processors without AVX-512 (Haswell) and without AVX (Nehalem), where an instruction that
# is not theirs ends the program: kernels, two networks against their goldens, and a program with two networks inside.
# Installs the emulator by apt-get (Debian).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "dispatch.sh: $*" >&2; exit 1; }
[ "$(uname -m)" = x86_64 ] || fail "needs an x86-64 machine"
if ! command -v qemu-x86_64 >/dev/null; then
    as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update --quiet
    "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends qemu-user
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Two programs that do what none of ours may: without them an emulator that knows more than it says would prove nothing.
cat >"$work/stray.rs" <<'END'
use std::arch::asm;
fn main() {
    unsafe {
        if std::env::args().len() == 1 {
            asm!("vpaddd ymm0, ymm0, ymm0", out("ymm0") _);
        } else {
            asm!("vpaddd zmm0, zmm0, zmm0", out("zmm0") _);
        }
    }
}
END
rustc --edition 2024 -C target-feature=+avx512f -o "$work/stray" "$work/stray.rs" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
# Less what the emulator lacks of it and warns about each time.
haswell=Haswell,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm
dies() {
    local status=0
    { qemu-x86_64 "$@"; } >"$work/log" 2>&1 || status=$?
    [ $status = $((128 + 4)) ] || fail "$* should have died of an illegal instruction; its status is $status"
}
dies -cpu Nehalem "$work/stray"
qemu-x86_64 -cpu $haswell "$work/stray" || fail "the emulated Haswell has no AVX2: needs QEMU 7.2 or newer"
dies -cpu $haswell "$work/stray" avx512

# As parts of the workspace they are what its tests are, and nothing is built twice.
cargo build --quiet --workspace --bin outline
target/debug/outline samples/bag.png >"$work/expected"
# The emulator takes a hundred times as long.
export ARCHC_FEWER_CASES=50
on() {
    local cpu=$1 isas=$2 found
    echo "${cpu%%,*}: $isas"
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu $cpu"
    # AMX's tests execute its instructions in a signal handler of their own, which is no matter of the processor.
    cargo test --quiet --workspace --test kernels -- --skip amx::
    cargo test --quiet --workspace --test generated -- --exact lenet5 mobilenet_v3_small --nocapture | tee "$work/tests"
    found=$(sed -n 's/^lenet5 on \(.*\): .*/\1/p' "$work/tests" | tr '\n' ' ')
    [ "$found" = "$isas " ] || fail "an emulated $cpu computed on: ${found:-nothing}"
    qemu-x86_64 -cpu "$cpu" target/debug/outline samples/bag.png | diff "$work/expected" - || fail "another answer on $cpu"
}
on $haswell "avx2 portable"
on Nehalem portable
