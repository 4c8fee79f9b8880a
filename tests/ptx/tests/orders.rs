//! Kernels that are right pass in every order of blocks and warps, with the same numbers; what one fault changes in them
//! is found: the kernels of these tests are built with each fault by its name.

mod support;

use archc_ptx::{Access, Fault, FaultKind, Options};
use support::{Bench, Random, pointers};

/// The source with some faults.
fn faulty(source: &str, faults: &[&str]) -> String {
    faults.iter().map(|fault| format!("#define {fault}\n")).chain([source.to_owned()]).collect()
}

/// A product of matrices of 64 by 64 by K in three stages of asynchronous copies: `y = a * b'`, in tiles of 32 by 32.
const PIPELINE: &str = r#"
#define STAGES 3
extern "C" __global__ void k(const float* a, const float* b, float* y, int depth) {
    __shared__ __align__(16) float s[STAGES][2][32][8];
    int t = threadIdx.x, row = t >> 1, part = (t & 1) * 4;
    int m = blockIdx.x >> 1, n = blockIdx.x & 1;
    auto copy = [&](int step) {
        int stage =
#ifdef STAGE_MODULO
            step % (STAGES - 1);
#else
            step % STAGES;
#endif
        for (int i = 0; i < 2; i++) {
            const float* from = (i ? b + n * 32 * depth : a + m * 32 * depth) + row * depth + step * 8 + part;
            int left = depth - step * 8 - part, bytes = left >= 4 ? 16 : left > 0 ? 4 * left : 0;
            unsigned to = (unsigned)__cvta_generic_to_shared(&s[stage][i][row][part]);
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(bytes ? from : a), "r"(bytes));
        }
    };
    int steps = (depth + 7) / 8;
    for (int i = 0; i < STAGES - 1; i++) {
        if (i < steps) copy(i);
        asm volatile("cp.async.commit_group;");
    }
    float sum[16] = {};
    for (int step = 0; step < steps; step++) {
#ifdef WAIT_COUNT
        asm volatile("cp.async.wait_group 2;" ::: "memory");
#else
        asm volatile("cp.async.wait_group 1;" ::: "memory");
#endif
#ifndef DROPPED_BARRIER
        __syncthreads();
#endif
        if (step + STAGES - 1 < steps) copy(step + STAGES - 1);
#ifndef MISSING_COMMIT
        asm volatile("cp.async.commit_group;");
#endif
        for (int i = 0; i < 16; i++)
            for (int k = 0; k < 8; k++)
                sum[i] += s[step % STAGES][0][t >> 1][k] * s[step % STAGES][1][(t & 1) * 16 + i][k];
    }
    for (int i = 0; i < 16; i++) y[(m * 32 + (t >> 1)) * 64 + n * 32 + (t & 1) * 16 + i] = sum[i];
}
"#;

const DEPTH: usize = 44;

fn pipeline(faults: &[&str], options: Options) -> Result<Vec<f32>, Box<Fault>> {
    let mut bench = Bench::new(&faulty(PIPELINE, faults));
    bench.options = options;
    let mut random = Random::new(1);
    let mut matrix = || -> Vec<f32> { (0..64 * DEPTH).map(|_| random.float()).collect() };
    let (a, b) = (matrix(), matrix());
    let (pa, pb, py) = (bench.with(&a), bench.with(&b), bench.empty::<f32>(64 * 64));
    bench.launch("k", 4, 64, 0, &pointers(&[pa, pb, py]).int(DEPTH as i32))?;
    let y: Vec<f32> = bench.read(py, 64 * 64);
    for (i, &found) in y.iter().enumerate() {
        let expected: f64 =
            (0..DEPTH).map(|k| f64::from(a[i / 64 * DEPTH + k]) * f64::from(b[i % 64 * DEPTH + k])).sum();
        assert!((f64::from(found) - expected).abs() < 1e-4, "{i}: {found}, expected {expected}");
    }
    Ok(y)
}

#[test]
fn a_pipeline_passes_in_every_order() {
    let first = pipeline(&[], Options::seed(0)).unwrap();
    for seed in 1..8 {
        let options = Options {
            cores: 1 + seed as usize % 2,
            blocks_at_a_time: 1 + seed as usize % 4,
            ..Options::seed(seed)
        };
        assert_eq!(pipeline(&[], options).unwrap(), first, "with seed {seed}");
    }
}

#[test]
fn what_is_wrong_with_a_pipeline_is_found_in_every_order() {
    for seed in 0..4 {
        let kind = |fault: &str| pipeline(&[fault], Options::seed(seed)).map(drop).map_err(|f| f.kind);
        let under_way = |kind: &Result<(), FaultKind>| matches!(kind, Err(FaultKind::CopyUnderWay { .. }));
        for fault in ["WAIT_COUNT", "MISSING_COMMIT"] {
            let kind = kind(fault);
            assert!(under_way(&kind), "{fault}: {kind:?}");
        }
        for fault in ["DROPPED_BARRIER", "STAGE_MODULO"] {
            let kind = kind(fault);
            let found = under_way(&kind) || matches!(kind, Err(FaultKind::SharedRace { .. }));
            assert!(found, "{fault}: {kind:?}");
        }
    }
}

/// Sums in parts: each block one of a row's parts, and the last block of a row adds these up.
const SPLIT: &str = r#"
extern "C" __global__ void k(const float* x, float* parts, unsigned* counters, float* y, int length) {
    __shared__ float s[4];
    __shared__ bool last;
    int row = blockIdx.x / 8, part = blockIdx.x % 8, t = threadIdx.x;
    float sum = 0;
    for (int i = part * length / 8 + t; i < (part + 1) * length / 8; i += 128) sum += x[row * length + i];
    for (int d = 16; d; d /= 2) sum += __shfl_xor_sync(~0u, sum, d);
    if (t % 32 == 0) s[t / 32] = sum;
#ifndef DROPPED_BARRIER
    __syncthreads();
#endif
    if (t == 0) {
#ifdef COUNTED_TWICE
        y[row] = 0;
#endif
        parts[blockIdx.x] = s[0] + s[1] + s[2] + s[3];
#ifndef MISSING_RELEASE
        __threadfence();
#endif
#ifdef NO_ATOMIC
        last = ++counters[row] == 8;
#else
        last = atomicAdd(&counters[row], 1u) == 7;
#endif
#ifndef MISSING_ACQUIRE
        __threadfence();
#endif
    }
    __syncthreads();
    if (last && t == 0) {
        float all = 0;
        for (int i = 0; i < 8; i++) all += parts[row * 8 + i];
        y[row] = all;
    }
}
"#;

fn split(faults: &[&str], seed: u64) -> Result<Vec<f32>, Box<Fault>> {
    let mut bench = Bench::new(&faulty(SPLIT, faults));
    bench.options = Options::seed(seed);
    let x: Vec<f32> = (0..4 * 2000).map(|i| (i % 17) as f32).collect();
    let (px, parts) = (bench.with(&x), bench.empty::<f32>(32));
    let (counters, py) = (bench.with(&[0_u32; 4]), bench.empty::<f32>(4));
    bench.launch("k", 32, 128, 0, &pointers(&[px, parts, counters, py]).int(2000))?;
    Ok(bench.read(py, 4))
}

#[test]
fn blocks_may_read_what_others_published() {
    let expected: Vec<f32> =
        (0..4).map(|row| (0..2000).map(|i| ((row * 2000 + i) % 17) as f32).sum()).collect();
    for seed in 0..8 {
        assert_eq!(split(&[], seed).unwrap(), expected, "with seed {seed}");
    }
}

#[test]
fn blocks_that_do_not_publish_are_found() {
    for seed in 0..4 {
        let kind = |fault: &str| split(&[fault], seed).map(drop).map_err(|f| f.kind);
        for fault in ["MISSING_RELEASE", "MISSING_ACQUIRE", "NO_ATOMIC"] {
            let kind = kind(fault);
            assert!(
                matches!(kind, Err(FaultKind::GlobalRace { access: Access::Read, .. })),
                "{fault}: {kind:?}"
            );
        }
        let twice = kind("COUNTED_TWICE");
        assert!(matches!(twice, Err(FaultKind::GlobalRace { access: Access::Write, .. })), "{twice:?}");
        let barrier = kind("DROPPED_BARRIER");
        let race = matches!(
            barrier,
            Err(FaultKind::SharedRace { .. } | FaultKind::Unwritten { memory: "shared", .. })
        );
        assert!(race, "{barrier:?}");
    }
}
