//! PTX that was written by hand: what the parser refuses, with its line; that no text ends the program; registers.

mod support;

use archc_ptx::{Device, Module, Options, Parameters};
use support::Random;

const KERNEL: &str = ".version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 k_0)
{
    .reg .b32 %r<4>;
    .reg .pred %p<2>;
    .reg .b64 %rd<3>;
    ld.param.u64 %rd1, [k_0];
    mov.u32 %r1, %tid.x;
    setp.lt.u32 %p1, %r1, 4;
    @%p1 bra $L__BB0_2;
    st.global.u32 [%rd1+4], %r1;
$L__BB0_2:
    ret;
}
";

#[test]
fn a_text_says_what_its_kernels_are() {
    let module = Module::parse(KERNEL).unwrap();
    let kernels: Vec<_> =
        module.kernels().map(|k| (k.name(), k.parameters().to_vec(), k.parameter_bytes())).collect();
    assert_eq!(kernels, [("k", vec![(0, 8)], 8)]);
    let shared = KERNEL
        .replace("{\n", "{ .shared .align 16 .b8 s[100]; .local .align 8 .b8 l[24];\n")
        .replace(".visible", ".extern .shared .align 128 .b8 dynamic[];\n.visible");
    let module = Module::parse(&shared).unwrap();
    let kernel = module.kernels().next().unwrap();
    assert_eq!((kernel.shared_bytes(), kernel.local_bytes(), kernel.max_threads()), (100, 24, 1024));
}

#[test]
fn what_is_not_known_is_named_with_its_line() {
    for (from, to, line, words) in [
        ("mov.u32", "movv.u32", 10, "movv.u32, which is not known"),
        ("mov.u32 %r1", "mov.u32 %r9", 10, "operand"),
        ("%tid.x", "%clock", 10, "%clock"),
        ("setp.lt.u32", "setp.lt.u32.ftz", 11, "setp.lt.u32.ftz"),
        ("%r1, 4;", "%r1, 4, 5;", 11, "operand"),
        ("bra $L__BB0_2", "bra $L__BB0_3", 12, "$L__BB0_3"),
        ("@%p1", "@%r1", 12, "guard"),
        ("st.global.u32", "st.global.u64", 13, "operand"),
        ("[%rd1+4]", "[%p1+4]", 13, "operand"),
        ("[k_0]", "[k_1]", 9, "k_1"),
        (".reg .pred", ".reg .f128", 7, "f128"),
        ("ret;", "call f, ();", 15, ""),
        (".visible .entry", ".visible .func", 4, "__forceinline__"),
        ("mov.u32 %r1, %tid.x;", "bar.sync 1, 64;", 10, "barrier other than"),
        ("%r1, 4;", "%r1, #;", 11, "0x23"),
    ] {
        assert!(KERNEL.contains(from), "{from}");
        let error = Module::parse(&KERNEL.replace(from, to)).map(drop).unwrap_err();
        assert_eq!(error.line, line, "{to}: {error}");
        assert!(error.what.contains(words), "{to}: {error}");
    }
}

#[test]
fn no_text_ends_the_program() {
    let mut random = Random::new(5);
    let pieces: Vec<&str> =
        KERNEL.split_inclusive(&[' ', '\n', ',', ';', '[', ']', '{', '}', '.', '%'][..]).collect();
    for _ in 0..3000 {
        let mut pieces = pieces.clone();
        for _ in 0..1 + random.bits() % 4 {
            let (to, from) = (random.bits() as usize % pieces.len(), random.bits() as usize % pieces.len());
            match random.bits() % 3 {
                0 => pieces[to] = pieces[from],
                1 => pieces.insert(to, pieces[from]),
                _ => {
                    pieces.remove(to);
                }
            }
        }
        let _ = Module::parse(&pieces.concat());
        let cut = random.bits() as usize % KERNEL.len();
        let _ = Module::parse(&KERNEL[..cut]);
    }
    for text in [
        "[".repeat(100_000),
        "{".repeat(100_000),
        format!(".visible .entry k() {{ add.s32 {}", "[{".repeat(50_000)),
    ] {
        let _ = Module::parse(&text);
    }
}

/// Runs a kernel `k(y)` of one warp that is written as PTX, and gives 32 words of `y`.
fn run(body: &str) -> Vec<u32> {
    let text = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 k_0)\n{{
        .reg .b32 %r<20>; .reg .pred %p<4>; .reg .b64 %rd<4>;
        ld.param.u64 %rd1, [k_0];
        mov.u32 %r1, %tid.x;
        mul.wide.u32 %rd2, %r1, 4;
        add.s64 %rd2, %rd1, %rd2;
        {body}
        ret;\n}}\n"
    );
    let module = Module::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut device = Device::new();
    let y = device.alloc_with(&[0; 256]);
    let parameters = Parameters::new().pointer(y);
    device.launch(&module, "k", [1, 1, 1], [32, 1, 1], 0, &parameters, &Options::default()).unwrap();
    device.read(y, 128).unwrap().chunks(4).map(|w| u32::from_le_bytes(w.try_into().unwrap())).collect()
}

#[test]
fn registers_keep_their_values_as_long_as_they_are_read() {
    // The first part of the vector is read, the second never: they have places of their own.
    let dead = run(
        "st.global.u32 [%rd2], %r1; ld.global.v2.u32 {%r5, %r4}, [%rd1]; add.u32 %r5, %r5, 7; st.global.u32 [%rd2], %r5;",
    );
    assert_eq!(dead, [7; 32]);
    // What a guard does not write lives on around the loop, though nothing reads it before.
    let guarded = run("mov.u32 %r3, 5; mov.u32 %r2, 0; mov.u32 %r9, 0;
        $loop:
        setp.eq.u32 %p1, %r2, 3;
        @%p1 mov.u32 %r3, 8;
        add.u32 %r9, %r9, %r3;
        mul.lo.u32 %r6, %r2, 100; add.u32 %r7, %r6, 1; xor.b32 %r8, %r6, %r7; st.global.u32 [%rd2], %r8;
        add.u32 %r2, %r2, 1;
        setp.lt.u32 %p2, %r2, 5;
        @%p2 bra $loop;
        st.global.u32 [%rd2], %r9;");
    assert_eq!(guarded, [5 + 5 + 5 + 8 + 8; 32]);
    // Threads that go different ways have values of their own.
    let apart = run("and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 0; mov.u32 %r3, 100;
        @%p1 bra $even;
        mul.lo.u32 %r4, %r1, 3; add.u32 %r5, %r4, %r3; bra $end;
        $even:
        mul.lo.u32 %r6, %r1, 5; add.u32 %r5, %r6, %r3;
        $end:
        st.global.u32 [%rd2], %r5;");
    assert_eq!(apart, (0..32).map(|t| 100 + t * if t % 2 == 0 { 5 } else { 3 }).collect::<Vec<_>>());
}
