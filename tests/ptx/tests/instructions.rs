//! Every class of instructions against plain Rust, on numbers that are random or at the edges of their type.

mod support;

use half::{bf16, f16};
use support::{Bench, Number, Random, pointers};

/// An instruction on up to three words `a`, `b`, `c` (as floats `fa`, `fb`, `fc`), its result in `r` (or `fr`).
struct Case {
    name: &'static str,
    body: &'static str,
    rust: fn(u32, u32, u32) -> u32,
    /// Units in the last place by which floats may differ.
    ulps: u32,
    float: bool,
}

const fn case(name: &'static str, body: &'static str, rust: fn(u32, u32, u32) -> u32) -> Case {
    Case { name, body, rust, ulps: 0, float: false }
}

const fn float(name: &'static str, body: &'static str, rust: fn(u32, u32, u32) -> u32, ulps: u32) -> Case {
    Case { name, body, rust, ulps, float: true }
}

fn f(bits: u32) -> f32 {
    f32::from_bits(bits)
}

const INTEGERS: &[Case] = &[
    case("add", "r = a + b;", |a, b, _| a.wrapping_add(b)),
    case("sub", "r = a - b;", |a, b, _| a.wrapping_sub(b)),
    case("mul_lo", "r = a * b;", |a, b, _| a.wrapping_mul(b)),
    case("mul_hi_u", "r = __umulhi(a, b);", |a, b, _| ((u64::from(a) * u64::from(b)) >> 32) as u32),
    case("mul_hi_s", "r = __mulhi((int)a, (int)b);", |a, b, _| {
        ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32
    }),
    case("mad_lo", "r = a * b + c;", |a, b, c| a.wrapping_mul(b).wrapping_add(c)),
    case("mad_hi", r#"asm("mad.hi.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#, |a, b, c| {
        (((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32).wrapping_add(c)
    }),
    case("div_u", "r = b ? a / b : 7;", |a, b, _| a.checked_div(b).unwrap_or(7)),
    case("rem_u", "r = b ? a % b : 7;", |a, b, _| a.checked_rem(b).unwrap_or(7)),
    case("div_s", "r = b ? (int)a / ((int)b | 1) : 7;", |a, b, _| {
        if b == 0 { 7 } else { (a as i32).wrapping_div(b as i32 | 1) as u32 }
    }),
    case("rem_s", "r = b ? (int)a % ((int)b | 2) : 7;", |a, b, _| {
        if b == 0 { 7 } else { (a as i32).wrapping_rem(b as i32 | 2) as u32 }
    }),
    case("min_u", "r = min(a, b);", |a, b, _| a.min(b)),
    case("max_u", "r = max(a, b);", |a, b, _| a.max(b)),
    case("min_s", "r = min((int)a, (int)b);", |a, b, _| (a as i32).min(b as i32) as u32),
    case("max_s", "r = max((int)a, (int)b);", |a, b, _| (a as i32).max(b as i32) as u32),
    case("and_or_xor_not", "r = (a & b) ^ (b | ~c);", |a, b, c| (a & b) ^ (b | !c)),
    case("neg_abs", "r = abs(-(int)a) + -(int)b;", |a, b, _| {
        (a as i32).wrapping_neg().wrapping_abs().wrapping_sub(b as i32) as u32
    }),
    case("shl", r#"asm("shl.b32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b & 63));"#, |a, b, _| {
        if b & 63 > 31 { 0 } else { a << (b & 63) }
    }),
    case("shr_u", r#"asm("shr.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b & 63));"#, |a, b, _| {
        if b & 63 > 31 { 0 } else { a >> (b & 63) }
    }),
    case("shr_s", r#"asm("shr.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b & 63));"#, |a, b, _| {
        (i64::from(a as i32) >> (b & 63)) as u32
    }),
    case("popc_clz_brev", "r = __popc(a) + 100 * __clz(b) + __brev(c);", |a, b, c| {
        (a.count_ones() + 100 * b.leading_zeros()).wrapping_add(c.reverse_bits())
    }),
    case(
        "lop3",
        r#"asm("lop3.b32 %0, %1, %2, %3, 0x6a;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| (a & b) ^ c,
    ),
    case(
        "lop3_select",
        r#"asm("lop3.b32 %0, %1, %2, %3, 0xca;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| (a & b) | (!a & c),
    ),
    case("prmt", r#"asm("prmt.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#, |a, b, c| {
        let bytes: Vec<u8> = a.to_le_bytes().into_iter().chain(b.to_le_bytes()).collect();
        let pick = |n: u32| {
            let selector = c >> (4 * n) & 15;
            let byte = bytes[selector as usize & 7];
            if selector < 8 { byte } else { (byte as i8 >> 7) as u8 }
        };
        u32::from_le_bytes([pick(0), pick(1), pick(2), pick(3)])
    }),
    case(
        "bfe_u",
        r#"asm("bfe.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b & 31), "r"(c & 31));"#,
        |a, b, c| (u64::from(a) >> (b & 31)) as u32 & ((1_u64 << (c & 31)) - 1) as u32,
    ),
    case(
        "bfe_s",
        r#"asm("bfe.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b & 31), "r"(c & 31));"#,
        |a, b, c| {
            let length = c & 31;
            let value = i64::from(a as i32) >> (b & 31);
            if length == 0 { 0 } else { (value << (64 - length) >> (64 - length)) as u32 }
        },
    ),
    case(
        "bfi",
        r#"asm("bfi.b32 %0, %1, %2, %3, 9;" : "=r"(r) : "r"(a), "r"(b), "r"(c & 31));"#,
        |a, b, c| {
            let mask = (0x1ff_u64 << (c & 31)) as u32;
            (b & !mask) | ((u64::from(a) << (c & 31)) as u32 & mask)
        },
    ),
    case("shf_l", "r = __funnelshift_l(a, b, c);", |a, b, c| {
        (((u64::from(b) << 32 | u64::from(a)) << (c & 31)) >> 32) as u32
    }),
    case("shf_r_clamp", "r = __funnelshift_rc(a, b, c & 63);", |a, b, c| {
        ((u64::from(b) << 32 | u64::from(a)) >> (c & 63).min(32)) as u32
    }),
    case(
        "ffs_sad",
        "r = __ffs(a) + 100 * __ffsll((unsigned long long)b << 7) + __sad((int)a, (int)b, c);",
        |a, b, c| {
            let first = |v: u64| if v == 0 { 0 } else { v.trailing_zeros() + 1 };
            (first(a.into()) + 100 * first(u64::from(b) << 7))
                .wrapping_add((a as i32).abs_diff(b as i32))
                .wrapping_add(c)
        },
    ),
    case(
        "bfind",
        r#"asm("{ .reg .b32 t; bfind.s32 t, %1; bfind.shiftamt.u32 %0, %2; mad.lo.u32 %0, %0, 100, t; }" : "=r"(r) : "r"(a), "r"(b));"#,
        |a, b, _| {
            let a = if (a as i32) < 0 { !a } else { a };
            let place = a.checked_ilog2().unwrap_or(u32::MAX);
            let shift = if b == 0 { u32::MAX } else { b.leading_zeros() };
            shift.wrapping_mul(100).wrapping_add(place)
        },
    ),
    case("dp4a", r#"asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#, |a, b, c| {
        let products = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
        products.fold(c, |sum, (a, b)| sum.wrapping_add((i32::from(a as i8) * i32::from(b as i8)) as u32))
    }),
    case("setp_selp", "r = (int)a < (int)b && b != c ? a : c;", |a, b, c| {
        if (a as i32) < b as i32 && b != c { a } else { c }
    }),
    case(
        "setp_combined",
        r#"asm("{ .reg .pred p, q, s; setp.gt.u32 s, %3, 9; setp.lo.xor.u32 p|q, %1, %2, s; selp.u32 %0, 1, 0, p; @q add.u32 %0, %0, 2; }"
            : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| u32::from((a < b) ^ (c > 9)) + 2 * u32::from((a >= b) ^ (c > 9)),
    ),
    case(
        "short",
        "unsigned short h = (unsigned short)a * (unsigned short)b; r = (short)(h >> 1) + (short)c;",
        |a, b, c| {
            let h = (a as u16).wrapping_mul(b as u16);
            (i32::from((h >> 1) as i16) + i32::from(c as i16)) as u32
        },
    ),
    case(
        "short_registers",
        r#"asm("{ .reg .b16 x, y, z; cvt.u16.u32 x, %1; cvt.u16.u32 y, %2; min.s16 z, x, y; shr.s16 z, z, 3; mul.hi.u16 x, x, y; mad.lo.u16 z, x, y, z; cvt.s32.s16 %0, z; }"
            : "=r"(r) : "r"(a), "r"(b));"#,
        |a, b, _| {
            let (x, y) = (a as u16, b as u16);
            let z = (x as i16).min(y as i16) >> 3;
            let x = ((u32::from(x) * u32::from(y)) >> 16) as u16;
            i32::from(x.wrapping_mul(y).wrapping_add(z as u16) as i16) as u32
        },
    ),
    case(
        "vectors",
        r#"asm("{ .reg .b16 l, h; mov.b32 {l, h}, %1; mov.b32 %0, {h, l}; }" : "=r"(r) : "r"(a));"#,
        |a, _, _| a.rotate_left(16),
    ),
    case("branches", "r = 0; for (unsigned i = 0; i < (a & 15); i++) r += i & 1 ? b : c ^ i;", |a, b, c| {
        (0..a & 15).fold(0, |r: u32, i| r.wrapping_add(if i & 1 == 1 { b } else { c ^ i }))
    }),
    case(
        "local",
        "unsigned t[8]; for (int i = 0; i < 8; i++) t[(i + b) & 7] = a * i; r = t[c & 7];",
        |a, b, c| a.wrapping_mul(c.wrapping_sub(b) & 7),
    ),
    case("constants", "r = table[a & 3] + bytes[b & 3];", |a, b, _| {
        [7, 11, 13, 17][a as usize & 3] + [1, 2, 3, 250][b as usize & 3]
    }),
    case("specials", "r = threadIdx.x + 100 * blockDim.x + (threadIdx.x & 31) - lane;", |_, _, _| 0),
];

const FLOATS: &[Case] = &[
    float("f_add_sub", "fr = fa + fb - fc;", |a, b, c| (f(a) + f(b) - f(c)).to_bits(), 0),
    float("f_mul", "fr = __fmul_rn(fa, fb);", |a, b, _| (f(a) * f(b)).to_bits(), 0),
    float("f_fma", "fr = __fmaf_rn(fa, fb, fc);", |a, b, c| f(a).mul_add(f(b), f(c)).to_bits(), 0),
    float("f_div", "fr = fa / fb;", |a, b, _| (f(a) / f(b)).to_bits(), 0),
    float(
        "f_min_max",
        "fr = fminf(fa, fb) + fmaxf(fb, fc);",
        |a, b, c| (f(a).min(f(b)) + f(b).max(f(c))).to_bits(),
        0,
    ),
    float(
        "f_min_nan",
        r#"asm("min.NaN.f32 %0, %1, %2;" : "=f"(fr) : "f"(fa), "f"(fb));"#,
        |a, b, _| {
            if f(a).is_nan() || f(b).is_nan() { f32::NAN.to_bits() } else { f(a).min(f(b)).to_bits() }
        },
        0,
    ),
    float(
        "f_neg_abs",
        "fr = -fabsf(fa) * copysignf(2.0f, fb);",
        |a, b, _| (-f(a).abs() * 2_f32.copysign(f(b))).to_bits(),
        0,
    ),
    float(
        "f_sqrt_rcp",
        "fr = sqrtf(fabsf(fa)) + __frcp_rn(fb);",
        |a, b, _| (f(a).abs().sqrt() + 1.0 / f(b)).to_bits(),
        0,
    ),
    float(
        "f_rsqrt",
        r#"asm("rsqrt.approx.f32 %0, %1;" : "=f"(fr) : "f"(fa));"#,
        |a, _, _| f(a).sqrt().recip().to_bits(),
        2,
    ),
    float(
        "f_ex2",
        r#"asm("ex2.approx.f32 %0, %1;" : "=f"(fr) : "f"(fa));"#,
        |a, _, _| f(a).exp2().to_bits(),
        2,
    ),
    float(
        "f_lg2",
        r#"asm("lg2.approx.f32 %0, %1;" : "=f"(fr) : "f"(fa));"#,
        |a, _, _| f(a).log2().to_bits(),
        2,
    ),
    float(
        "f_tanh",
        r#"asm("tanh.approx.f32 %0, %1;" : "=f"(fr) : "f"(fa));"#,
        |a, _, _| f(a).tanh().to_bits(),
        2,
    ),
    float("f_expf", "fr = expf(fa);", |a, _, _| f(a).exp().to_bits(), 4),
    float("f_tanhf", "fr = tanhf(fa);", |a, _, _| f(a).tanh().to_bits(), 8),
    float("f_logf", "fr = logf(fabsf(fa));", |a, _, _| f(a).abs().ln().to_bits(), 4),
    float("f_powf", "fr = powf(fabsf(fa), 0.75f);", |a, _, _| f(a).abs().powf(0.75).to_bits(), 16),
    float(
        "f_erff",
        "fr = erff(fa) - erff(-fa) - 2.0f * erff(fa);",
        |a, _, _| if f(a).is_nan() { a } else { 0 },
        0,
    ),
    float(
        "f_round",
        "fr = rintf(fa) + floorf(fb) + ceilf(fc) + truncf(fa);",
        |a, b, c| (f(a).round_ties_even() + f(b).floor() + f(c).ceil() + f(a).trunc()).to_bits(),
        0,
    ),
    float(
        "f_saturate",
        "fr = __saturatef(fa);",
        |a, _, _| {
            if f(a).is_nan() { 0 } else { f(a).clamp(0.0, 1.0).to_bits() & 0x7fff_ffff }
        },
        0,
    ),
    case("f_to_int", "r = (int)fa;", |a, _, _| f(a) as i32 as u32),
    case("f_to_uint", "r = (unsigned)fa;", |a, _, _| f(a) as u32),
    case(
        "f_to_int_rounded",
        "r = __float2int_rn(fa) ^ __float2int_rd(fb) ^ __float2int_ru(fc);",
        |a, b, c| (f(a).round_ties_even() as i32 ^ f(b).floor() as i32 ^ f(c).ceil() as i32) as u32,
    ),
    float(
        "f_of_int",
        "fr = (float)(int)a + (float)b + (float)(unsigned char)c;",
        |a, b, c| (a as i32 as f32 + b as f32 + f32::from(c as u8)).to_bits(),
        0,
    ),
    case(
        "f_compare",
        "r = (fa < fb) + 2 * (fb >= fc) + 4 * (fa != fc) + 8 * (fa == fb) + 16 * !(fa > fc);",
        |a, b, c| {
            let (a, b, c) = (f(a), f(b), f(c));
            #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "of what is not a number both are false")]
            let not_greater = !(a > c);
            u32::from(a < b)
                + 2 * u32::from(b >= c)
                + 4 * u32::from(a != c)
                + 8 * u32::from(a == b)
                + 16 * u32::from(not_greater)
        },
    ),
    float(
        "f_fma_down",
        r#"asm("fma.rm.f32 %0, %1, %2, %3;" : "=f"(fr) : "f"(fa), "f"(fb), "f"(fc));"#,
        |a, b, c| {
            let (exact, nearest) =
                (f64::from(f(a)).mul_add(f64::from(f(b)), f64::from(f(c))), f(a).mul_add(f(b), f(c)));
            (if f64::from(nearest) > exact && nearest.is_finite() { nearest.next_down() } else { nearest })
                .to_bits()
        },
        0,
    ),
    case("cvt_bf16x2", r#"asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(fa), "f"(fb));"#, |a, b, _| {
        let half = |v: u32| if f(v).is_nan() { 0x7fff } else { u32::from(bf16::from_f32(f(v)).to_bits()) };
        half(a) << 16 | half(b)
    }),
    case(
        "cvt_f16x2_relu",
        r#"asm("cvt.rn.relu.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(fa), "f"(fb));"#,
        |a, b, _| {
            let half = |v: u32| match f(v) {
                v if v.is_nan() => 0x7fff,
                v if v < 0.0 => 0,
                v => u32::from(f16::from_f32(v).to_bits()),
            };
            half(a) << 16 | half(b)
        },
    ),
    case(
        "cvt_f16",
        r#"asm("{ .reg .b16 h; cvt.rn.f16.f32 h, %1; cvt.u32.u16 %0, h; }" : "=r"(r) : "f"(fa));"#,
        |a, _, _| {
            if f(a).is_nan() { 0x7fff } else { u32::from(f16::from_f32(f(a)).to_bits()) }
        },
    ),
    float(
        "cvt_of_f16",
        r#"asm("{ .reg .b16 h; cvt.u16.u32 h, %1; cvt.f32.f16 %0, h; }" : "=f"(fr) : "r"(a));"#,
        |a, _, _| f16::from_bits(a as u16).to_f32().to_bits(),
        0,
    ),
    float(
        "f_add_sub_mul_rounded",
        "fr = __fadd_rz(fa, fb) + __fsub_rd(fb, fc) + __fmul_ru(fa, fc);",
        |a, b, c| {
            let [a, b, c] = [a, b, c].map(f);
            let down = |exact: f64| {
                if f64::from(exact as f32) > exact { (exact as f32).next_down() } else { exact as f32 }
            };
            let up = |exact: f64| -down(-exact);
            let sum = f64::from(a) + f64::from(b);
            let zero = if sum > 0.0 { down(sum) } else { up(sum) };
            (zero + down(f64::from(b) - f64::from(c)) + up(f64::from(a) * f64::from(c))).to_bits()
        },
        0,
    ),
    case(
        "cvt_bf16",
        r#"asm("{ .reg .b16 h, z; cvt.rn.bf16.f32 h, %1; cvt.rz.bf16.f32 z, %2; mov.b32 %0, {h, z}; }" : "=r"(r) : "f"(fa), "f"(fb));"#,
        |a, b, _| {
            let near = if f(a).is_nan() { 0x7fff } else { u32::from(bf16::from_f32(f(a)).to_bits()) };
            let cut = if f(b).is_nan() { 0x7fff } else { b >> 16 };
            near | (cut << 16)
        },
    ),
    case(
        "cvt_f16_toward_zero",
        r#"asm("{ .reg .b16 h; cvt.rz.f16.f32 h, %1; cvt.u32.u16 %0, h; }" : "=r"(r) : "f"(fa));"#,
        |a, _, _| {
            let near = f16::from_f32(f(a));
            let beyond = near.to_f32().abs() > f(a).abs();
            if f(a).is_nan() {
                0x7fff
            } else {
                u32::from(near.to_bits()) - u32::from(beyond && !f(a).is_infinite())
            }
        },
    ),
    case(
        "cvt_saturated",
        r#"asm("{ .reg .b16 h; cvt.sat.u8.s32 %0, %1; cvt.sat.s16.s32 h, %2; cvt.s32.s16 %1, h; xor.b32 %0, %0, %1; }" : "=r"(r), "+r"(a) : "r"(b));"#,
        |a, b, _| {
            let short = (b as i32).clamp(-32768, 32767);
            (a as i32).clamp(0, 255) as u32 ^ short as u32
        },
    ),
    case(
        "cvt_f64",
        "double d = (double)fa * 3.0 + (double)(int)b; r = (unsigned)(long long)d ^ __float_as_uint((float)d);",
        |a, b, _| {
            let d = f64::from(f(a)).mul_add(3.0, f64::from(b as i32));
            let nan = if d.is_nan() { 0x7fff_ffff } else { (d as f32).to_bits() };
            (if d.is_nan() { 0 } else { d as i64 as u32 }) ^ nan
        },
    ),
    case(
        "cvt_f64_rounded",
        "r = __float_as_uint(__double2float_rd((double)fa / 3.0)) ^ __float2uint_rz(fb) ^ __double2int_ru((double)fc);",
        |a, b, c| {
            let d = f64::from(f(a)) / 3.0;
            let near = d as f32;
            let down = if f64::from(near) > d { near.next_down() } else { near };
            let down = if down.is_nan() { 0x7fff_ffff } else { down.to_bits() };
            down ^ f(b) as u32 ^ f64::from(f(c)).ceil() as i32 as u32
        },
    ),
    case("cvt_tf32", r#"asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(fa));"#, |a, _, _| {
        // Halves away from zero, by f64: 13 bits less.
        let unit = |v: f32| 2_f64.powi(((v.to_bits() >> 23 & 255) as i32 - 127).max(-126) - 10);
        let v = f64::from(f(a));
        if f(a).is_finite() {
            (((v.abs() / unit(f(a)) + 0.5).floor() * unit(f(a))) as f32).copysign(f(a)).to_bits()
        } else {
            a
        }
    }),
];

const HALVES: &[Case] = &[
    case(
        "bf16x2_fma",
        r#"asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| both(a, b, c, |a, b, c| bf16::from_f64(wide(a).mul_add(wide(b), wide(c))).to_bits()),
    ),
    case(
        "bf16x2_fma_relu",
        r#"asm("fma.rn.relu.bf16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| {
            both(a, b, c, |a, b, c| bf16::from_f64(wide(a).mul_add(wide(b), wide(c)).max(0.0)).to_bits())
        },
    ),
    case("bf16x2_max", r#"asm("max.bf16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));"#, |a, b, _| {
        both(a, b, 0, |a, b, _| if wide(a) > wide(b) { a } else { b })
    }),
    case(
        "bf16x2_neg_abs",
        r#"asm("{ .reg .b32 t; abs.bf16x2 t, %1; neg.bf16x2 %0, t; }" : "=r"(r) : "r"(a));"#,
        |a, _, _| a | 0x8000_8000,
    ),
    case(
        "f16x2_arithmetic",
        r#"asm("{ .reg .b32 t; add.f16x2 t, %1, %2; mul.f16x2 t, t, %3; sub.f16x2 %0, t, %1; }" : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| {
            both(a, b, c, |a, b, c| {
                let [a, b, c] = [a, b, c].map(f16::from_bits);
                let sum = f16::from_f64(a.to_f64() + b.to_f64());
                let product = f16::from_f64(sum.to_f64() * c.to_f64());
                f16::from_f64(product.to_f64() - a.to_f64()).to_bits()
            })
        },
    ),
    case(
        "tanh_ex2",
        r#"asm("{ .reg .b32 t; tanh.approx.bf16x2 t, %1; ex2.approx.f16x2 %0, %2; xor.b32 %0, %0, t; }" : "=r"(r) : "r"(a), "r"(b));"#,
        |a, b, _| {
            let tanh = both(a, 0, 0, |a, _, _| bf16::from_f64(wide(a).tanh()).to_bits());
            tanh ^ both(b, 0, 0, |b, _, _| f16::from_f64(f16::from_bits(b).to_f64().exp2()).to_bits())
        },
    ),
    case(
        "f16_fma",
        r#"asm("{ .reg .b16 x, y, z; cvt.u16.u32 x, %1; cvt.u16.u32 y, %2; cvt.u16.u32 z, %3; fma.rn.f16 z, x, y, z; cvt.u32.u16 %0, z; }"
        : "=r"(r) : "r"(a), "r"(b), "r"(c));"#,
        |a, b, c| {
            let [a, b, c] = [a, b, c].map(|v| f16::from_bits(v as u16).to_f64());
            u32::from(f16::from_f64(a.mul_add(b, c)).to_bits())
        },
    ),
];

fn wide(bits: u16) -> f64 {
    bf16::from_bits(bits).to_f64()
}

fn both(a: u32, b: u32, c: u32, f: impl Fn(u16, u16, u16) -> u16) -> u32 {
    u32::from(f(a as u16, b as u16, c as u16))
        | (u32::from(f((a >> 16) as u16, (b >> 16) as u16, (c >> 16) as u16)) << 16)
}

/// A source with a kernel a case.
fn source(cases: &[Case]) -> String {
    let mut text = String::from(
        "__constant__ unsigned table[4] = {7, 11, 13, 17};\n__device__ unsigned char bytes[4] = {1, 2, 3, 250};\n",
    );
    for case in cases {
        text += &format!(
            "extern \"C\" __global__ void k_{}(const unsigned* pa, const unsigned* pb, const unsigned* pc, unsigned* pr, int n) {{
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i >= n) return;
                unsigned a = pa[i], b = pb[i], c = pc[i], r = 0, lane;
                asm volatile(\"mov.u32 %0, %laneid;\" : \"=r\"(lane));
                float fa = __uint_as_float(a), fb = __uint_as_float(b), fc = __uint_as_float(c), fr = 0.0f;
                {}
                pr[i] = {};
            }}\n",
            case.name,
            case.body,
            if case.float { "__float_as_uint(fr)" } else { "r" },
        );
    }
    text
}

fn check(cases: &[Case], words: impl Fn(&mut Random) -> u32) {
    let mut bench = Bench::new(&source(cases));
    let mut random = Random::new(7);
    let n = 3000;
    let inputs: Vec<Vec<u32>> = (0..3).map(|_| (0..n).map(|_| words(&mut random)).collect()).collect();
    let addresses: Vec<u64> = inputs.iter().map(|numbers| bench.with(numbers)).collect();
    for case in cases {
        let result = bench.empty::<u32>(n);
        let parameters = pointers(&addresses).pointer(result).int(n as i32);
        bench
            .launch(&format!("k_{}", case.name), 24, 128, 0, &parameters)
            .unwrap_or_else(|fault| panic!("{fault}"));
        for (i, &found) in bench.read::<u32>(result, n).iter().enumerate() {
            let (a, b, c) = (inputs[0][i], inputs[1][i], inputs[2][i]);
            let mut expected = (case.rust)(a, b, c);
            if case.name == "specials" {
                expected = (i % 128) as u32 + 12800;
            }
            let near = case.float
                && ((f(found).is_nan() && f(expected).is_nan())
                    || (found as i32).abs_diff(expected as i32) <= case.ulps
                    || (case.float && f(found) == f(expected)));
            assert!(
                found == expected || near,
                "{} of {a:#x} {b:#x} {c:#x} ({} {} {}): {found:#x} ({}), expected {expected:#x} ({})",
                case.name,
                f(a),
                f(b),
                f(c),
                f(found),
                f(expected)
            );
        }
    }
}

/// Bits at the edges, and any.
fn word(random: &mut Random) -> u32 {
    let edges = [0, 1, 2, 31, 32, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff, 0x8000];
    match random.bits() % 4 {
        0 => edges[random.bits() as usize % edges.len()],
        1 => random.bits() as u32 & 0xff,
        _ => random.bits() as u32,
    }
}

#[test]
fn whole_numbers() {
    check(INTEGERS, word);
}

#[test]
fn floats_and_conversions() {
    check(FLOATS, |random| {
        let edges = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, f32::INFINITY, f32::NAN, 3e9, -3e9, 65520.0];
        match random.bits() % 8 {
            0 => edges[random.bits() as usize % edges.len()].to_bits(),
            1 => (random.float() * 1e4).to_bits(),
            _ => (random.float() * 8.0).to_bits(),
        }
    });
}

#[test]
fn halves() {
    // Of both types these are numbers of moderate size.
    check(HALVES, |random| {
        let half = |bits: u64| (bits & 0x83ff) | 0x3800;
        (half(random.bits()) | (half(random.bits()) << 16)) as u32
    });
}

#[test]
fn numbers_of_64_bits() {
    let mut bench = Bench::new(
        r#"typedef unsigned long long u64;
        extern "C" __global__ void k(const u64* pa, const u64* pb, u64* pr, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i >= n) return;
            u64 a = pa[i], b = pb[i];
            u64* r = pr + i * 16;
            r[0] = a + b; r[1] = a * b; r[2] = __umul64hi(a, b); r[3] = b ? a / b : 5; r[4] = b ? a % b : 5;
            r[5] = b ? (u64)((long long)a / (long long)(b | 1)) : 5; r[6] = min(a, b) ^ (u64)max((long long)a, (long long)b);
            r[7] = a << (b & 63); r[8] = a >> (b & 63); r[9] = (u64)((long long)a >> (b & 63));
            r[10] = (u64)(unsigned)a * (unsigned)b + a; r[11] = __popcll(a) + 100 * __clzll(b);
            r[12] = __brevll(a) ^ ~b; r[13] = (long long)a < (long long)b ? a : b; r[14] = (u64)__mul64hi((long long)a, (long long)b);
            r[15] = (u64)__double_as_longlong(sqrt((double)(unsigned)a) * 3.0 + (double)(int)b / 7.0);
        }"#,
    );
    let mut random = Random::new(3);
    let n = 1000;
    let mut words = || -> Vec<u64> {
        (0..n)
            .map(|_| match random.bits() % 3 {
                0 => [0, 1, u64::MAX, 1 << 63, 0xffff_ffff][random.bits() as usize % 5],
                1 => random.bits() & 0xffff,
                _ => random.bits(),
            })
            .collect()
    };
    let (a, b) = (words(), words());
    let (pa, pb, pr) = (bench.with(&a), bench.with(&b), bench.empty::<u64>(n * 16));
    bench.launch("k", 8, 128, 0, &pointers(&[pa, pb, pr]).int(n as i32)).unwrap();
    let found: Vec<u64> = bench.read(pr, n * 16);
    for (i, (&a, &b)) in a.iter().zip(&b).enumerate() {
        let wide = |v: u64| i128::from(v as i64);
        let double = (f64::from(a as u32).sqrt() * 3.0, f64::from(b as i32) / 7.0);
        // NVRTC fuses the product and the sum.
        let fused = f64::from(a as u32).sqrt().mul_add(3.0, double.1);
        let expected = [
            a.wrapping_add(b),
            a.wrapping_mul(b),
            ((u128::from(a) * u128::from(b)) >> 64) as u64,
            a.checked_div(b).unwrap_or(5),
            a.checked_rem(b).unwrap_or(5),
            if b == 0 { 5 } else { (a as i64).wrapping_div((b | 1) as i64) as u64 },
            a.min(b) ^ (a as i64).max(b as i64) as u64,
            a << (b & 63),
            a >> (b & 63),
            ((a as i64) >> (b & 63)) as u64,
            (u64::from(a as u32) * u64::from(b as u32)).wrapping_add(a),
            u64::from(a.count_ones() + 100 * b.leading_zeros()),
            a.reverse_bits() ^ !b,
            (a as i64).min(b as i64) as u64,
            ((wide(a) * wide(b)) >> 64) as u64,
            fused.to_bits(),
        ];
        assert_eq!(found[i * 16..][..16], expected, "of {a:#x} and {b:#x}");
    }
}

/// A launch of one kernel that writes what `expected` says.
fn check_kernel<T: Number + PartialEq + std::fmt::Debug>(
    source: &str,
    threads: u32,
    input: &[T],
    expected: &[T],
) {
    let mut bench = Bench::new(source);
    let (x, y) = (bench.with(input), bench.empty::<T>(expected.len()));
    bench.launch("k", 1, threads, 0, &pointers(&[x, y])).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(bench.read::<T>(y, expected.len()), expected);
}

#[test]
fn shuffles_votes_and_reductions() {
    let input: Vec<u32> = (0..32).map(|i| i * 37 % 101).collect();
    let mut expected = vec![];
    let votes = input.iter().enumerate().fold(0_u32, |mask, (i, &x)| mask | u32::from(x > 50) << i);
    for lane in 0..32_usize {
        let x = |i: usize| input[i];
        expected.extend([
            x(lane ^ 5),
            if lane + 3 < 32 { x(lane + 3) } else { x(lane) },
            if lane >= 2 { x(lane - 2) } else { x(lane) },
            // In segments of eight.
            x((lane & !7) | ((lane * 3) & 7)),
            votes,
            u32::from(votes != 0) + 2 * u32::from(votes == u32::MAX),
            input.iter().sum::<u32>(),
            *input.iter().max().unwrap(),
            u32::from(lane & 1 == 1) * 0xaaaa_aaaa + u32::from(lane & 1 == 0) * 0x5555_5555,
        ]);
    }
    check_kernel(
        r#"extern "C" __global__ void k(const unsigned* x, unsigned* y) {
            unsigned v = x[threadIdx.x];
            unsigned* r = y + threadIdx.x * 9;
            r[0] = __shfl_xor_sync(~0u, v, 5); r[1] = __shfl_down_sync(~0u, v, 3); r[2] = __shfl_up_sync(~0u, v, 2);
            r[3] = __shfl_sync(~0u, v, threadIdx.x * 3, 8);
            r[4] = __ballot_sync(~0u, v > 50); r[5] = __any_sync(~0u, v > 50) + 2 * __all_sync(~0u, v > 50);
            asm volatile("redux.sync.add.s32 %0, %1, -1;" : "=r"(r[6]) : "r"(v));
            asm volatile("redux.sync.max.u32 %0, %1, -1;" : "=r"(r[7]) : "r"(v));
            unsigned m;
            if (threadIdx.x & 1) { m = __activemask(); } else { m = __activemask(); __syncwarp(0x55555555); }
            r[8] = m;
        }"#,
        32,
        &input,
        &expected,
    );
}

#[test]
fn transfers_of_all_widths() {
    let input: Vec<u32> = (0..64).map(|i: u32| i.wrapping_mul(0x9e37_79b9)).collect();
    let bytes: Vec<u8> = input.iter().flat_map(|x| x.to_le_bytes()).collect();
    let short = |i: usize| u16::from_le_bytes([bytes[i * 2], bytes[i * 2 + 1]]);
    let expected: Vec<u32> = (0..16_usize)
        .flat_map(|i| {
            let four = &input[i * 4..][..4];
            let long = u64::from(four[0]) | u64::from(four[1]) << 32;
            [
                four[3],
                four[2],
                four[1],
                four[0],
                (long.wrapping_add(1) >> 32) as u32,
                u32::from(bytes[i]) + u32::from(short(i)),
                (i32::from(bytes[i + 1] as i8) + i32::from(short(i + 1) as i16)) as u32,
                four[0],
            ]
        })
        .collect();
    check_kernel(
        r#"extern "C" __global__ void k(const unsigned* x, unsigned* y) {
            __shared__ __align__(16) unsigned char s[16 * 32];
            int i = threadIdx.x;
            uint4 v = ((const uint4*)x)[i];
            unsigned long long l = ((const unsigned long long*)x)[2 * i] + 1;
            unsigned* r = y + 8 * i;
            uint4* mine = (uint4*)(s + 32 * i);
            mine[0] = make_uint4(v.w, v.z, v.y, v.x);
            ((unsigned long long*)mine)[2] = l;
            ((unsigned short*)mine)[12] = 1; ((unsigned char*)mine)[26] = 2; ((unsigned char*)mine)[27] = 3;
            *(uint4*)r = mine[0];
            r[4] = (unsigned)(((unsigned long long*)mine)[2] >> 32);
            r[5] = ((const unsigned char*)x)[i] + ((const unsigned short*)x)[i];
            r[6] = ((const signed char*)x)[i + 1] + ((const short*)x)[i + 1];
            // Through a generic address: shared for some, global for others.
            const unsigned* p = i & 1 ? (const unsigned*)mine + 3 : x + 4 * i;
            asm volatile("ld.u32 %0, [%1];" : "=r"(r[7]) : "l"(p));
        }"#,
        16,
        &input,
        &expected,
    );
}

#[test]
fn atomics() {
    let mut bench = Bench::new(
        r#"extern "C" __global__ void k(unsigned* c, float* f, unsigned* old) {
            __shared__ unsigned s[2]; __shared__ float t;
            if (threadIdx.x == 0) { s[0] = 0; s[1] = 0; t = 0; }
            __syncthreads();
            unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
            atomicAdd(&c[0], i); atomicMax(&c[1], i * 7 % 1000); atomicMin((int*)&c[2], -(int)i); atomicOr(&c[3], 1u << (i & 31));
            atomicAnd(&c[4], ~(1u << (i & 15))); atomicXor(&c[5], i); atomicInc(&c[6], 9); atomicDec(&c[7], 9);
            old[i] = atomicAdd(&c[8], 1u);
            for (unsigned was = c[9] * 0, seen; (seen = atomicCAS(&c[10], was, was + 2)) != was; was = seen) {}
            atomicExch(&c[11], 77u); atomicAdd((unsigned long long*)&c[12], 1ull << 31);
            atomicAdd(f, 0.25f);
            atomicAdd(&s[0], 1u); atomicMax(&s[1], threadIdx.x); atomicAdd(&t, 0.5f);
            __syncthreads();
            if (threadIdx.x == 0) { atomicAdd(&c[14], s[0]); atomicAdd(&c[15], s[1]); atomicAdd(f + 1, t); }
        }"#,
    );
    let mut start = [0_u32; 16];
    start[4] = u32::MAX;
    start[7] = 5;
    let (c, f, old) = (bench.with(&start), bench.with(&[0.0_f32; 2]), bench.empty::<u32>(1000));
    bench.launch("k", 10, 100, 0, &pointers(&[c, f, old])).unwrap();
    let numbers = 0..1000_u32;
    let long = 1000_u64 << 31;
    let expected = [
        numbers.clone().sum(),
        numbers.clone().map(|i| i * 7 % 1000).max().unwrap(),
        -999_i32 as u32,
        u32::MAX,
        0xffff_0000,
        numbers.clone().fold(0, |a, b| a ^ b),
        // From 0 to 9 and again; down from 5 to 0 and again from 9.
        1000 % 10,
        5,
        1000,
        0,
        2000,
        77,
        long as u32,
        (long >> 32) as u32,
        1000,
        990,
    ];
    assert_eq!(bench.read::<u32>(c, 16), expected);
    assert_eq!(bench.read::<f32>(f, 2), [250.0, 500.0]);
    let mut seen = bench.read::<u32>(old, 1000);
    seen.sort_unstable();
    assert_eq!(seen, numbers.collect::<Vec<_>>(), "each thread saw another number");
}

#[test]
fn barriers_that_reduce() {
    let input: Vec<u32> = (0..96).collect();
    let expected: Vec<u32> = (0..96).map(|_| 46 + 100).collect();
    check_kernel(
        r#"extern "C" __global__ void k(const unsigned* x, unsigned* y) {
            unsigned v = x[threadIdx.x];
            y[threadIdx.x] = __syncthreads_count(v >= 50) + 100 * __syncthreads_or(v == 95) + 1000 * __syncthreads_and(v != 20);
        }"#,
        96,
        &input,
        &expected,
    );
}

#[test]
fn asynchronous_copies_of_all_sizes() {
    for bytes in [4_usize, 8, 16] {
        let kind = if bytes == 16 { "cg" } else { "ca" };
        let source = format!(
            r#"extern "C" __global__ void k(const unsigned char* x, unsigned* y) {{
                __shared__ __align__(16) unsigned char s[32 * {bytes}];
                int t = threadIdx.x;
                unsigned to = (unsigned)__cvta_generic_to_shared(s + t * {bytes});
                asm volatile("cp.async.{kind}.shared.global.L2::128B [%0], [%1], {bytes}, %2;"
                    :: "r"(to), "l"(x + t * {bytes}), "r"(t % ({bytes} + 1)) : "memory");
                asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;" ::: "memory");
                for (int i = 0; i < {bytes} / 4; i++) y[t * {bytes} / 4 + i] = ((unsigned*)(s + t * {bytes}))[i];
            }}"#
        );
        let mut bench = Bench::new(&source);
        let input: Vec<u8> = (1..=32 * bytes).map(|i| (i % 251) as u8 + 1).collect();
        let (x, y) = (bench.with(&input), bench.empty::<u32>(8 * bytes));
        bench.launch("k", 1, 32, 0, &pointers(&[x, y])).unwrap_or_else(|fault| panic!("{fault}"));
        let expected: Vec<u8> =
            (0..32 * bytes).map(|i| if i % bytes < i / bytes % (bytes + 1) { input[i] } else { 0 }).collect();
        assert_eq!(bench.read::<u8>(y, 32 * bytes), expected, "of {bytes} bytes");
    }
}

#[test]
fn loads_of_what_does_not_change() {
    let input: Vec<f32> = (0..64).map(|i| i as f32).collect();
    let expected: Vec<f32> = (0..32).map(|i| (i + i / 2 * 4 + 1) as f32).collect();
    check_kernel(
        r#"extern "C" __global__ void k(const float* __restrict__ x, float* __restrict__ y) {
            float2 v = __ldg((const float2*)x + threadIdx.x / 2);
            y[threadIdx.x] = x[threadIdx.x] + v.x + v.y;
        }"#,
        32,
        &input,
        &expected,
    );
}
