//! Every fault by a small kernel that has it, with its place; and kernels beside it that are right.

mod support;

use archc_ptx::{Access, Device, Fault, FaultKind, Module, Options, Parameters};
use support::{Bench, pointers};

/// Launches a kernel `k(float* x, float* y)` of 64 numbers each, of which `x` is written.
fn launch(body: &str, blocks: u32, threads: u32, options: Options) -> Result<(), Box<Fault>> {
    let source = format!(
        "extern \"C\" __global__ void k(float* x, float* y) {{\nint t = threadIdx.x, b = blockIdx.x;\n{body}\n}}"
    );
    let mut bench = Bench::new(&source);
    bench.options = options;
    let (x, y) = (bench.with(&[1.0_f32; 64]), bench.empty::<f32>(64));
    bench.launch("k", blocks, threads, 0, &pointers(&[x, y])).map(drop)
}

/// The fault of a kernel, which has one in several orders.
fn fault(body: &str, blocks: u32, threads: u32) -> Fault {
    let faulty = |seed| launch(body, blocks, threads, Options::seed(seed)).expect_err("a fault");
    (1..4).for_each(|seed| drop(faulty(seed)));
    *faulty(0)
}

fn passes(body: &str, blocks: u32, threads: u32) {
    for seed in 0..6 {
        launch(body, blocks, threads, Options::seed(seed)).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

#[test]
fn threads_that_share_a_word_need_a_barrier() {
    let racy = "__shared__ float s[64];\ns[t] = x[t];\ny[t] = s[63 - t];";
    let kind = fault(racy, 1, 64).kind;
    assert!(
        matches!(kind, FaultKind::SharedRace { .. } | FaultKind::Unwritten { memory: "shared", .. }),
        "{kind:?}"
    );
    passes("__shared__ float s[64];\ns[t] = x[t];\n__syncthreads();\ny[t] = s[63 - t];", 1, 64);

    // Written too early for others who still read.
    let early =
        "__shared__ float s[64];\ns[t] = x[t];\n__syncthreads();\nfloat v = s[63 - t];\ns[t] = v; y[t] = v;";
    let kind = fault(early, 1, 64).kind;
    assert!(matches!(kind, FaultKind::SharedRace { .. }), "{kind:?}");
    passes(
        "__shared__ float s[64];\ns[t] = x[t];\n__syncthreads();\nfloat v = s[63 - t];\n__syncthreads();\ns[t] = v; y[t] = v;",
        1,
        64,
    );

    // Two that write.
    let both = fault("__shared__ volatile float s[1];\ns[0] = t;", 1, 64);
    let FaultKind::SharedRace { access: Access::Write, address: 0, how: Access::Write, .. } = both.kind
    else {
        panic!("{both}")
    };
    // Halves of a word are each a thread's own.
    passes("__shared__ unsigned short s[64];\ns[t] = t;\n__syncthreads();\ny[t] = s[63 - t];", 1, 64);
}

#[test]
fn threads_of_a_warp_need_to_synchronize_it() {
    let racy = "__shared__ float s[32];\ns[t] = x[t];\ny[t] = s[31 - t];";
    let FaultKind::SharedRace { .. } = fault(racy, 1, 32).kind else { panic!() };
    passes("__shared__ float s[32];\ns[t] = x[t];\n__syncwarp();\ny[t] = s[31 - t];", 1, 32);
    // That does not make other warps wait.
    let other = "__shared__ float s[64];\ns[t] = x[t];\n__syncwarp();\ny[t] = s[63 - t];";
    let kind = fault(other, 1, 64).kind;
    assert!(matches!(kind, FaultKind::SharedRace { .. } | FaultKind::Unwritten { .. }), "{kind:?}");
}

#[test]
fn atomics_do_not_race_with_each_other() {
    passes(
        "__shared__ int s;\nif (t == 0) s = 0;\n__syncthreads();\natomicAdd(&s, 1);\n__syncthreads();\ny[t] = s;",
        1,
        64,
    );
    let kind =
        fault("__shared__ int s;\nif (t == 0) s = 0;\n__syncthreads();\natomicAdd(&s, 1);\ny[t] = s;", 1, 64)
            .kind;
    assert!(matches!(kind, FaultKind::SharedRace { .. }), "{kind:?}");
    passes("atomicAdd(x, 1.0f);", 4, 32);
    let kind = fault("atomicAdd(x + t, 1.0f); y[t] = x[t];", 4, 32).kind;
    assert!(matches!(kind, FaultKind::GlobalRace { .. }), "{kind:?}");
}

#[test]
fn a_word_belongs_to_one_block() {
    let written = fault("y[t] = b;", 2, 32);
    assert!(matches!(written.kind, FaultKind::GlobalRace { access: Access::Write, .. }), "{written}");
    let read = fault("x[b * 32 + t] = 2;\ny[b * 32 + t] = x[63 - b * 32 - t];", 2, 32);
    assert!(matches!(read.kind, FaultKind::GlobalRace { .. }), "{read}");
    passes("x[b * 32 + t] = 2;\n__syncthreads();\ny[b * 32 + t] = x[b * 32 + 31 - t];", 2, 32);
    // Halves of a word may be of two blocks.
    passes("((unsigned short*)y)[b + 2 * t] = t;", 2, 32);
}

#[test]
fn accesses_lie_inside_of_what_there_is() {
    let beyond = fault("y[t + 1] = x[t];", 1, 64);
    assert_eq!(beyond.thread, Some([63, 0, 0]));
    assert_eq!(beyond.source.as_ref().map(|s| s.1), Some(3), "{beyond}");
    assert!(beyond.instruction.starts_with("st.global"), "{beyond}");
    let FaultKind::OutOfBounds { access: Access::Write, memory: "global", bytes: 4, .. } = beyond.kind else {
        panic!()
    };
    let FaultKind::OutOfBounds { memory: "global", .. } = fault("y[t] = x[t - 1];", 1, 32).kind else {
        panic!()
    };
    let wide = fault("((float4*)y)[t] = ((float4*)x)[t];", 1, 17);
    assert!(matches!(wide.kind, FaultKind::OutOfBounds { bytes: 16, .. }), "{wide}");
    let shared = fault("__shared__ float s[32];\ns[t] = x[t];\n__syncthreads();\ny[t] = s[t & 31];", 1, 64);
    assert!(
        matches!(shared.kind, FaultKind::OutOfBounds { memory: "shared", address: 128.., .. }),
        "{shared}"
    );
    let null = fault("*(float*)(unsigned long long)b = 1;", 1, 1);
    assert!(matches!(null.kind, FaultKind::OutOfBounds { address: 0, .. }), "{null}");
    let local = fault("float l[4] = {1, 2, 3, 4}; l[t & 3] = x[t];\ny[t] = l[t & 63];", 1, 64);
    assert!(matches!(local.kind, FaultKind::OutOfBounds { memory: "local", .. }), "{local}");
}

#[test]
fn accesses_are_aligned() {
    let global = fault("*(float2*)(y + 1) = make_float2(1, 2);", 1, 1);
    assert!(matches!(global.kind, FaultKind::Misaligned { memory: "global", bytes: 8, .. }), "{global}");
    let shared =
        fault("__shared__ float s[8];\n*(float4*)(s + t) = make_float4(1, 2, 3, 4);\ny[0] = s[1];", 1, 2);
    assert!(matches!(shared.kind, FaultKind::Misaligned { memory: "shared", bytes: 16, .. }), "{shared}");
    assert_eq!(shared.thread, Some([1, 0, 0]));
    let copied = fault(
        r#"__shared__ __align__(16) float s[8];
        asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" :: "r"((unsigned)__cvta_generic_to_shared(s)), "l"(x + 1));"#,
        1,
        1,
    );
    assert!(matches!(copied.kind, FaultKind::Misaligned { memory: "global", bytes: 8, .. }), "{copied}");
}

#[test]
fn what_nothing_wrote_is_not_read() {
    let FaultKind::Unwritten { memory: "global", .. } = fault("x[t] = y[t];", 1, 32).kind else { panic!() };
    // Another thread has written to the same allocation.
    let part = fault("if (t & 1) y[t] = 1;\n__syncthreads();\nx[t] = y[t];", 1, 32);
    assert!(matches!(part.kind, FaultKind::Unwritten { memory: "global", .. }), "{part}");
    let shared =
        fault("__shared__ float s[64];\nif (t & 1) s[t] = 1;\n__syncthreads();\ny[t] = s[t];", 1, 64);
    assert!(matches!(shared.kind, FaultKind::Unwritten { memory: "shared", .. }), "{shared}");
    let local = fault("volatile float l[8]; l[t & 3] = x[t];\ny[t] = l[(t & 3) + 4];", 1, 32);
    assert!(matches!(local.kind, FaultKind::Unwritten { memory: "local", .. }), "{local}");
    // The next block finds shared memory empty.
    let next = fault(
        "__shared__ float s[32];\nif (b == 0) s[t] = 1;\n__syncthreads();\ny[b * 32 + t] = s[t];",
        2,
        32,
    );
    assert!(matches!(next.kind, FaultKind::Unwritten { memory: "shared", .. }), "{next}");
    let mut device = Device::new();
    let empty = device.alloc(64);
    device.read(empty, 4).unwrap_err();
    device.write(empty + 32, &[0; 8]).unwrap();
    device.read(empty + 32, 8).unwrap();
    device.read(empty + 32, 10).unwrap_err();
}

#[test]
fn all_threads_come_to_a_barrier() {
    for body in [
        "if (t < 32) __syncthreads();\ny[t] = 1;",
        "if (t < 16) __syncthreads();\ny[t] = 1;",
        "if (t >= 48) return;\n__syncthreads();\ny[t] = 1;",
        "if (t < 32) { __syncthreads(); y[t] = 1; } else { y[t] = 2; __syncthreads(); y[t] = x[t]; }",
    ] {
        let found = fault(body, 1, 64);
        let of_warp = matches!(found.kind, FaultKind::WarpDivergence { .. });
        assert!(of_warp || matches!(found.kind, FaultKind::BarrierDivergence(_)), "{body}: {found}");
        assert!(found.instruction.starts_with("bar.sync"), "{found}");
    }
    // Threads that go different ways before it meet there.
    passes(
        "float v;\nif (t & 1) v = x[t] * 2; else { v = 0; for (int i = 0; i < t; i++) v += x[i]; }\n__syncthreads();\ny[t] = v;",
        1,
        64,
    );
}

#[test]
fn a_warp_executes_some_instructions_together() {
    let shuffle = fault("float v = x[t];\nif (t < 16) v = __shfl_xor_sync(~0u, v, 1);\ny[t] = v;", 1, 32);
    assert!(
        matches!(shuffle.kind, FaultKind::WarpDivergence { active: 0xffff, needed: 0xffff_ffff }),
        "{shuffle}"
    );
    passes("float v = x[t];\nif (t < 16) v = __shfl_xor_sync(0xffffu, v, 1);\ny[t] = v;", 1, 32);
    let matrix = fault(
        r#"if (t < 16) asm volatile("{ .reg .f32 f; .reg .b32 r; mov.b32 r, 0; mov.f32 f, 0f00000000; mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {f, f, f, f}, {r, r, r, r}, {r, r}, {f, f, f, f}; }");"#,
        1,
        32,
    );
    assert!(matches!(matrix.kind, FaultKind::WarpDivergence { active: 0xffff, .. }), "{matrix}");
}

#[test]
fn copies_arrive_when_they_are_waited_for() {
    let copy = |tail: &str| {
        format!(
            r#"__shared__ __align__(16) float s[256];
            asm volatile("cp.async.ca.shared.global [%0], [%1], 16;"
                :: "r"((unsigned)__cvta_generic_to_shared(s + 4 * t)), "l"(x + 4 * (t & 15)) : "memory");
            {tail}
            y[t] = s[4 * t + 1];"#
        )
    };
    let commit = r#"asm volatile("cp.async.commit_group;" ::: "memory");"#;
    let wait = |n: u32| format!(r#"asm volatile("cp.async.wait_group {n};" ::: "memory");"#);
    passes(&copy(&format!("{commit}{}", wait(0))), 1, 64);
    passes(&copy(r#"asm volatile("cp.async.wait_all;" ::: "memory");"#), 1, 64);
    for tail in ["".to_owned(), commit.to_owned(), wait(0), format!("{commit}{}", wait(1))] {
        let found = fault(&copy(&tail), 1, 64);
        assert!(
            matches!(found.kind, FaultKind::CopyUnderWay { access: Access::Read, .. }),
            "{tail}: {found}"
        );
    }
    // What a thread waited for is its own until a barrier.
    let other = copy(&format!("{commit}{}", wait(0))).replace("s[4 * t + 1]", "s[4 * (63 - t) + 1]");
    let kind = fault(&other, 1, 64).kind;
    let known = matches!(
        kind,
        FaultKind::SharedRace { .. } | FaultKind::CopyUnderWay { .. } | FaultKind::Unwritten { .. }
    );
    assert!(known, "{kind:?}");
    passes(&other.replace("y[t]", "__syncthreads(); y[t]"), 1, 64);
}

#[test]
fn a_nan_out_of_numbers_is_a_fault_on_demand() {
    let body = "float v = x[t] - 1;\ny[t] = t == 5 ? v / v : sqrtf(v);";
    passes(body, 1, 32);
    let options = Options { faults_nan: true, ..Options::default() };
    let found = *launch(body, 1, 32, options.clone()).unwrap_err();
    assert_eq!((found.kind, found.thread), (FaultKind::NotANumber, Some([5, 0, 0])));
    for body in [
        "y[t] = sqrtf(-x[t]);",
        "y[t] = rsqrtf(-x[t]);",
        "y[t] = fmaf(x[t] - 1, __int_as_float(0x7f800000), 1);",
    ] {
        let kind = launch(body, 1, 32, options.clone()).map_err(|fault| fault.kind);
        assert_eq!(kind, Err(FaultKind::NotANumber), "{body}");
    }
    // One that came from elsewhere is not this kernel's.
    for body in ["y[t] = fmaf(v, x[t], 1);", "y[t] = v + x[t];", "y[t] = sqrtf(v);"] {
        let body = format!("float v = ((volatile float*)x)[t] > 0 ? __int_as_float(0x7fc00000) : 1;\n{body}");
        launch(&body, 1, 32, options.clone()).unwrap();
    }
}

#[test]
fn kernels_end() {
    let options = Options { most_instructions: 100_000, ..Options::default() };
    let found = launch("while (((volatile float*)x)[t] > 0) {}", 1, 32, options).unwrap_err();
    assert_eq!(found.kind, FaultKind::TooLong(100_000));
    assert_eq!(fault("if (t == 3) __trap();", 1, 32).kind, FaultKind::Trap);
}

#[test]
fn launches_that_cannot_be_are_refused() {
    let module =
        Module::parse(&archc_nvrtc::ptx("extern \"C\" __global__ void k(float* x) { *x = 1; }").unwrap())
            .unwrap();
    let mut device = Device::new();
    let x = device.alloc(4);
    let parameters = Parameters::new().pointer(x);
    let mut kind = |entry: &str, grid, block, shared, parameters: &Parameters| {
        let launched = device.launch(&module, entry, grid, block, shared, parameters, &Options::default());
        launched.map(drop).map_err(|fault| fault.kind)
    };
    let one = [1, 1, 1];
    assert_eq!(kind("k", one, one, 0, &parameters), Ok(()));
    assert_eq!(kind("l", one, one, 0, &parameters), Err(FaultKind::NoKernel));
    for (grid, block, shared, parameters) in [
        ([0, 1, 1], one, 0, &parameters),
        ([1, 70000, 1], one, 0, &parameters),
        (one, [1025, 1, 1], 0, &parameters),
        (one, [32, 0, 1], 0, &parameters),
        (one, one, 1 << 20, &parameters),
        (one, one, 0, &Parameters::new().int(1)),
    ] {
        assert!(
            matches!(kind("k", grid, block, shared, parameters), Err(FaultKind::BadLaunch(_))),
            "{grid:?} {block:?}"
        );
    }
}
