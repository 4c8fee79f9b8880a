//! 3x3 kernels as Winograd's algorithm takes them, see `kernels/winograd`.

use super::tensors::LANES;

/// Taps of a kernel along one axis, and of a transformed one at most.
const TAPS: usize = 3;
const SIDE: usize = 6;

/// The points of F(2, 3) and F(4, 3) in the order of `kernels/winograd/transform.rs`, without infinity.
const POINTS_OF_2: &[f64] = &[0.0, 1.0, -1.0];
const POINTS_OF_4: &[f64] = &[0.0, 1.0, -1.0, 0.5, -2.0];

/// What kernels are multiplied with along one axis, a row for each tap of the transformed kernel: Lagrange's polynomials at the
/// points.
pub(super) struct Transform {
    rows: [[f64; TAPS]; SIDE],
    side: usize,
}

impl Transform {
    /// For tiles of 2 or 4 outputs along each axis.
    pub(super) fn new(tile: usize) -> Transform {
        let points = match tile {
            2 => POINTS_OF_2,
            4 => POINTS_OF_4,
            other => panic!("no tiles of {other} outputs"),
        };
        let mut rows = [[0.0; TAPS]; SIDE];
        for (row, &p) in rows.iter_mut().zip(points) {
            let others = points.iter().filter(|&&q| q != p);
            let product: f64 = others.map(|q| p - q).product();
            // At 0 the sign is left to the inputs.
            let product = if p == 0.0 { product.abs() } else { product };
            *row = [1.0 / product, p / product, p * p / product];
        }
        rows[points.len()] = [0.0, 0.0, 1.0];
        Transform { rows, side: points.len() + 1 }
    }

    /// Taps of a transformed kernel along one axis.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The transformed kernel, row by row, of 16 outputs each, given taps row by row.
    pub(super) fn apply(
        &self,
        taps: &[[f64; LANES]; TAPS * TAPS],
        mut each: impl FnMut(usize, [f32; LANES]),
    ) {
        let rows = &self.rows[..self.side];
        for (i, row) in rows.iter().enumerate() {
            let mut half = [[0.0; LANES]; TAPS];
            for (column, half) in half.iter_mut().enumerate() {
                for (k, factor) in row.iter().enumerate() {
                    for (half, tap) in half.iter_mut().zip(&taps[k * TAPS + column]) {
                        *half += factor * tap;
                    }
                }
            }
            for (j, row) in rows.iter().enumerate() {
                let mut sum = [0.0; LANES];
                for (factor, half) in row.iter().zip(&half) {
                    for (sum, half) in sum.iter_mut().zip(half) {
                        *sum += factor * half;
                    }
                }
                each(i * self.side + j, sum.map(|x| x as f32));
            }
        }
    }
}
