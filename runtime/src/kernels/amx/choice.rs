//! Which convolutions are computed on AMX.

use super::{Grid, Product};
use crate::isa::Isa;
use crate::kernels::memory::Memory;
use crate::layout::At;
use crate::op::{Algorithm, Conv, Packing, Split};
use crate::simd::LANES;
use crate::simd::amx::Amx;

/// What a run may compute on AMX.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    amx: Option<Amx>,
    split: Split,
    always: bool,
}

impl Choice {
    /// Nothing yet.
    pub(crate) fn new(isa: Isa) -> Choice {
        Choice { amx: Amx::of(isa), split: Split::None, always: false }
    }

    pub(crate) fn set_split(&mut self, split: Split) {
        self.split = split;
    }

    /// See [`crate::run::Run::always_split`].
    pub(crate) fn always(&mut self) {
        self.always = true;
    }

    /// The kernel, where it can compute a convolution and is faster than the others.
    pub(crate) fn product<'m>(
        &self,
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Option<Product<'m>> {
        let amx =
            self.amx.filter(|_| self.split != Split::None && op.algorithm.packing() == Packing::Plain)?;
        let depthwise = op.groups > 1 && op.groups == x.view.channels && op.groups == y.view.channels;
        if depthwise {
            return None;
        }
        let product = Product::new(op, (amx, self.split), memory, w, x, residual, y)?;
        (self.always || product.pays()).then_some(product)
    }
}

impl Product<'_> {
    /// Whether the model says that it takes less time than the convolution's own algorithm by AVX-512.
    ///
    /// Measured on a Xeon with AMX: a product of 16 by 16 by 32 numbers takes 4.58 ns, and as many products of f32 by AVX-512
    /// take 87 ns at 85 % of its peak; Winograd's algorithm is 2.5 times as fast as that in large tiles. Estimated: 0.025 ns for
    /// each part of a number that is split, 0.06 ns for each output.
    fn pays(&self) -> bool {
        const PRODUCT: f64 = 4.58;
        const DIRECT: f64 = 87.0 / 8192.0;
        const SPLIT: f64 = 0.025;
        const OUTPUT: f64 = 0.06;
        let Grid { bands, all_rows, pairs, parts, steps, .. } = self.grid;
        let products = [0.0, 1.0, 3.0, 6.0][parts];
        let parts = parts as f64;
        let pixels = (all_rows * self.grid.columns.pitch) as f64;
        let (blocks, steps) = (self.blocks as f64, steps as f64);
        let time = products * PRODUCT * pixels / 16.0 * blocks * steps
            + SPLIT * parts * pixels * (pairs * 2 * LANES) as f64
            + SPLIT * parts * bands as f64 * steps * 512.0 * blocks
            + OUTPUT * pixels * blocks * 16.0;
        let outputs = (self.y.images * self.y.view.height * self.y.view.width * self.outputs) as f64;
        let direct = DIRECT * outputs * (self.inputs() * self.taps()) as f64;
        let fewer = match self.op.algorithm {
            Algorithm::Direct => 1.0,
            Algorithm::Winograd { tile: 2, .. } => 1.6,
            Algorithm::Winograd { .. } => 2.5,
        };
        time < 0.9 * direct / fewer
    }
}
