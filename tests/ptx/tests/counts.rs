//! What launches count, against what was counted by hand.

mod support;

use archc_ptx::{Class, Counts};
use support::{Bench, pointers};

fn counts(body: &str, threads: u32) -> Counts {
    let mut bench = Bench::new(&format!(
        "extern \"C\" __global__ void k(const float* x, float* y) {{\nextern __shared__ float s[];\nint t = threadIdx.x;\n{body}\n}}"
    ));
    let (x, y) = (bench.with(&[1.0_f32; 4096]), bench.empty::<f32>(4096));
    bench.launch("k", 1, threads, 16384, &pointers(&[x, y])).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn bytes_and_sectors_of_global_memory() {
    let one_by_one = counts("y[t] = x[t];", 64);
    assert_eq!((one_by_one.global_loaded, one_by_one.global_stored), (256, 256));
    assert_eq!((one_by_one.sectors_loaded, one_by_one.sectors_stored), (8, 8));
    let apart = counts("y[t] = x[t * 8];", 64);
    assert_eq!((apart.global_loaded, apart.sectors_loaded), (256, 64));
    let same = counts("y[t] = x[7];", 64);
    assert_eq!((same.global_loaded, same.sectors_loaded), (256, 2));
    let four = counts("((float4*)y)[t] = ((const float4*)x)[31 - t];", 32);
    assert_eq!((four.global_loaded, four.sectors_loaded, four.sectors_stored), (512, 16, 16));
    let copied = counts(
        r#"asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\ncp.async.wait_all;"
            :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(x + t), "r"(t < 8 ? 4 : 0) : "memory");
        y[t] = s[t];"#,
        32,
    );
    assert_eq!((copied.global_loaded, copied.sectors_loaded), (32, 1));
}

#[test]
fn conflicts_of_banks() {
    let of = |index: &str| {
        let counts = counts(&format!("s[{index}] = 1; __syncthreads(); y[t] = s[{index}];"), 32);
        assert_eq!(counts.of(Class::Shared), 2);
        (counts.shared_requests, counts.bank_conflicts)
    };
    assert_eq!(of("t"), (2, 0));
    assert_eq!(of("t * 2"), (2, 2));
    assert_eq!(of("t * 32"), (2, 62));
    assert_eq!(of("t * 33"), (2, 0));
    // A word that all read comes once.
    let same = counts("if (t == 0) s[5] = 1; __syncthreads(); y[t] = s[5];", 32);
    assert_eq!(same.bank_conflicts, 0);
    // Sixteen bytes a thread take four requests, each without a conflict when eight threads touch all banks.
    let wide = counts("((float4*)s)[t] = make_float4(1, 2, 3, 4); __syncthreads(); y[t] = s[t];", 32);
    assert_eq!((wide.shared_requests, wide.bank_conflicts), (5, 0));
    let wide = counts("((float4*)s)[t * 2] = make_float4(1, 2, 3, 4); __syncthreads(); y[t] = s[t * 8];", 32);
    assert_eq!((wide.shared_requests, wide.bank_conflicts), (5, 4 + 7));
}

#[test]
fn instructions_by_class() {
    let counts = counts(
        "float v = x[t]; for (int i = 0; i < 10; i++) v = fmaf(v, v, x[0]); y[t] = v; __syncthreads();",
        96,
    );
    assert_eq!(counts.of(Class::Float), 3 * 10);
    assert_eq!(counts.of(Class::Global), 3 * 3);
    assert_eq!(counts.of(Class::Exchange), 3);
    assert_eq!(counts.blocks, 1);
}
