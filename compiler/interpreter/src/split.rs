//! Numbers as sums of bf16 numbers, as the runtime's kernels split them on machines that multiply those faster.

use archc_runtime::op::Split;

/// What is to be multiplied, number by number, and added up in place of the product of `x` and `w`: part by part of `x`, with the sum
/// of those parts of `w` whose products with it count.
pub(crate) fn products(split: Split, x: &[f64], w: &[f64]) -> Vec<[Vec<f64>; 2]> {
    let count = match split {
        Split::None => return vec![[x.to_vec(), w.to_vec()]],
        Split::One => 1,
        Split::Two => 2,
        Split::Three => 3,
    };
    let pair = |i: usize| {
        let x = x.iter().map(|&x| parts(x)[i]).collect();
        let w = w.iter().map(|&w| parts(w)[..count - i].iter().sum()).collect();
        [x, w]
    };
    (0..count).map(pair).collect()
}

/// Three bf16 numbers whose sum is the f32 next to a number; each the one next to what those before leave.
fn parts(x: f64) -> [f64; 3] {
    let mut rest = x as f32;
    [(); 3].map(|()| {
        let part = to_bf16(rest);
        rest -= part;
        f64::from(part)
    })
}

/// The nearest bf16 number, the even one of two.
fn to_bf16(x: f32) -> f32 {
    if x.is_nan() {
        return x;
    }
    let bits = x.to_bits();
    f32::from_bits(bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bf16_numbers_that_add_up() {
        for x in [0.0, 1.0, -1.0 / 3.0, 0.1, 1e20, -1e-20, 16_777_215.0] {
            let parts = parts(x);
            assert!(parts.iter().all(|&part| (part as f32).to_bits() & 0xffff == 0), "{parts:?}");
            assert_eq!(parts.iter().sum::<f64>(), f64::from(x as f32));
        }
    }

    #[test]
    fn bf16_takes_the_nearest_and_the_even_of_two() {
        for (x, nearest) in [(1.0, 1.0), (1.003, 1.0), (1.005, 1.007_812_5), (257.0, 256.0), (259.0, 260.0)] {
            assert_eq!(to_bf16(x), nearest, "{x}");
        }
    }

    /// The products that the runtime's documentation lists: of three parts six, of two three.
    #[test]
    fn products_that_matter_count() {
        let (x, w) = (1.0 / 3.0, 0.7);
        let ([xh, xm, xl], [wh, wm, wl]) = (parts(x), parts(w));
        let sum = |split| products(split, &[x], &[w]).iter().map(|[x, w]| x[0] * w[0]).sum::<f64>();
        assert_eq!(sum(Split::None), x * w);
        assert_eq!(sum(Split::One), xh * wh);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-16, "{a} {b}");
        near(sum(Split::Two), xh * wm + xh * wh + xm * wh);
        near(sum(Split::Three), xh * wl + xh * wm + xh * wh + xl * wh + xm * wh + xm * wm);
    }
}
