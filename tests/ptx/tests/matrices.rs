//! `mma.sync` in all its types against naive products, and `ldmatrix` against what the manual says of fragments.

mod support;

use half::{bf16, f16};
use support::{Bench, Random, pointers};

/// A kernel of one warp: `c` (16 by 8) plus `a` (16 by K) by `b` (8 by K), each row by row; fragments as the PTX manual
/// gives them, element by element.
fn source(kind: &str, depth: usize, half: bool) -> String {
    let (of_a, of_b) = match (half, depth) {
        (true, 16) | (false, 8) => (4, 2),
        _ => (2, 1),
    };
    // Elements that a register holds, and columns that a group of four threads spans.
    let per = if half { 2 } else { 1 };
    let element = if half { "unsigned short" } else { "unsigned" };
    let mut text = format!(
        "extern \"C\" __global__ void k(const {element}* a, const {element}* b, const float* c, float* d) {{\n"
    );
    text += "int lane = threadIdx.x, g = lane >> 2, t = lane & 3;\n";
    let operand = |name: &str, n: usize, row: String, column: String| {
        let low = format!("{name}[({row}) * {depth} + {column}]");
        match half {
            true => format!(
                "unsigned {name}{n} = {low} | (unsigned){name}[({row}) * {depth} + {column} + 1] << 16;\n"
            ),
            false => format!("unsigned {name}{n} = {low};\n"),
        }
    };
    for n in 0..of_a {
        text += &operand("a", n, format!("g + {}", n % 2 * 8), format!("t * {per} + {}", n / 2 * 4 * per));
    }
    for n in 0..of_b {
        text += &operand("b", n, "g".into(), format!("t * {per} + {}", n * 4 * per));
    }
    text += "float s[4]; for (int i = 0; i < 4; i++) s[i] = c[(g + i / 2 * 8) * 8 + t * 2 + i % 2];\n";
    let list = |first: usize, count: usize| {
        (first..first + count).map(|n| format!("%{n}")).collect::<Vec<_>>().join(", ")
    };
    let inputs = |name: &str, count: usize| {
        (0..count).map(|n| format!("\"r\"({name}{n})")).collect::<Vec<_>>().join(", ")
    };
    text += &format!(
        "asm volatile(\"mma.sync.aligned.m16n8k{depth}.row.col.f32.{kind}.{kind}.f32 {{%0, %1, %2, %3}}, {{{}}}, {{{}}}, {{%0, %1, %2, %3}};\"
            : \"+f\"(s[0]), \"+f\"(s[1]), \"+f\"(s[2]), \"+f\"(s[3]) : {}, {});\n",
        list(4, of_a),
        list(4 + of_a, of_b),
        inputs("a", of_a),
        inputs("b", of_b)
    );
    text + "for (int i = 0; i < 4; i++) d[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = s[i];\n}"
}

/// Largest difference to a product in f64, over what the operands' sizes allow.
fn check(kind: &str, depth: usize, round: impl Fn(f32) -> (u32, f32)) {
    let half = kind != "tf32";
    let mut bench = Bench::new(&source(kind, depth, half));
    let mut random = Random::new(depth as u64);
    let mut matrix =
        |rows: usize| -> (Vec<u32>, Vec<f32>) { (0..rows * depth).map(|_| round(random.float())).unzip() };
    let ((a_bits, a), (b_bits, b)) = (matrix(16), matrix(8));
    let c: Vec<f32> = (0..128).map(|_| random.float()).collect();
    let mut operand = |bits: &[u32]| match half {
        true => bench.with(&bits.iter().map(|&v| v as u16).collect::<Vec<_>>()),
        false => bench.with(bits),
    };
    let (pa, pb) = (operand(&a_bits), operand(&b_bits));
    let (pc, pd) = (bench.with(&c), bench.empty::<f32>(128));
    bench.launch("k", 1, 32, 0, &pointers(&[pa, pb, pc, pd])).unwrap();
    for (i, found) in bench.read::<f32>(pd, 128).into_iter().enumerate() {
        let (row, column) = (i / 8, i % 8);
        let product = |k| f64::from(a[row * depth + k]) * f64::from(b[column * depth + k]);
        let expected = f64::from(c[i]) + (0..depth).map(product).sum::<f64>();
        assert!(
            (f64::from(found) - expected).abs() < 1e-5,
            "{kind} {depth}, {row} {column}: {found}, expected {expected}"
        );
    }
}

#[test]
fn products_of_all_types() {
    let of_bf16 = |v: f32| (u32::from(bf16::from_f32(v).to_bits()), bf16::from_f32(v).to_f32());
    let of_f16 = |v: f32| (u32::from(f16::from_f32(v).to_bits()), f16::from_f32(v).to_f32());
    // The unit sees ten bits behind the point, whatever the register holds.
    let of_tf32 = |v: f32| (v.to_bits(), f32::from_bits(v.to_bits() & !0x1fff));
    check("bf16", 16, of_bf16);
    check("bf16", 8, of_bf16);
    check("f16", 16, of_f16);
    check("f16", 8, of_f16);
    check("tf32", 8, of_tf32);
    check("tf32", 4, of_tf32);
}

#[test]
fn rows_come_from_the_addresses_of_eight_threads() {
    // Matrix j, row i, column k holds 100 * j + 10 * i + k.
    let source = r#"typedef unsigned short u16;
    extern "C" __global__ void k(u16* y) {
        __shared__ __align__(16) u16 s[4 * 64];
        int lane = threadIdx.x;
        for (int i = lane; i < 256; i += 32) s[i] = 100 * (i / 64) + 10 * (i / 8 % 8) + i % 8;
        __syncthreads();
        unsigned at = (unsigned)__cvta_generic_to_shared(s + 8 * lane), r[7], m;
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at));
        for (int i = 0; i < 4; i++) { y[(lane * 8 + i) * 2] = r[i]; y[(lane * 8 + i) * 2 + 1] = r[i] >> 16; }
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(r[4]), "=r"(r[5]) : "r"(at));
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1 + 128];" : "=r"(r[6]) : "r"(at));
        asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(m) : "r"(r[6]));
        for (int i = 4; i < 7; i++) { y[(lane * 8 + i) * 2] = r[i]; y[(lane * 8 + i) * 2 + 1] = r[i] >> 16; }
        y[(lane * 8 + 7) * 2] = m; y[(lane * 8 + 7) * 2 + 1] = m >> 16;
    }"#;
    let mut bench = Bench::new(source);
    let y = bench.empty::<u16>(32 * 16);
    let counts = bench.launch("k", 1, 32, 0, &pointers(&[y])).unwrap();
    assert_eq!(counts.of(archc_ptx::Class::LoadMatrix), 3);
    let found: Vec<u16> = bench.read(y, 32 * 16);
    for lane in 0..32 {
        for half in 0..2 {
            let (row, column) = (lane / 4, lane % 4 * 2 + half);
            let at = |matrix: usize, row: usize, column: usize| (100 * matrix + 10 * row + column) as u16;
            let expected = [
                at(0, row, column),
                at(1, row, column),
                at(2, row, column),
                at(3, row, column),
                at(0, column, row),
                at(1, column, row),
                at(1, row, column),
                at(1, column, row),
            ];
            let of_lane: Vec<u16> = (0..8).map(|i| found[(lane * 8 + i) * 2 + half]).collect();
            assert_eq!(of_lane, expected, "thread {lane}, half {half}");
        }
    }
}
