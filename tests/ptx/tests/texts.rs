//! What the parser refuses, with its line; and that no text ends the program.

mod support;

use archc_ptx::Module;
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
