//! A 3x3 convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray, "Fast algorithms for convolutional
//! neural networks", 2016): tiles of 2x2 or 4x4 outputs, with 16 or 36 products for each input instead of 36 or 144.
//!
//! A work item is a group of tiles and a part of the outputs. Its tiles are transformed into the thread's own memory; a
//! product of matrices for each tap of the transformed kernel follows, then the transform back, with the bias, the
//! residual and the activation. Items of one group come one after the other, so that a thread transforms it once.

mod transform;

use super::Kernel;
use super::activation::{self, Clamp};
use super::conv::assert_geometry;
use super::memory::Memory;
use super::place::Place;
use super::table::with_tile;
use super::tile::{Sums, accumulate, each};
use crate::layout::At;
use crate::op::{Activation, Conv};
use crate::simd::{F32x16, LANES, Simd, Work};
use crate::weights::spec::conv_size;
use core::ops::Range;
use transform::SIDE;

/// Tiles of a group: enough that a kernel's weights, which are read once for each group, are used often.
const AT_ONCE: usize = 48;

/// Blocks of 16 outputs of a part: the transformed inputs of a tap are read once for all of them.
const BLOCKS: usize = 4;

/// Inputs that are summed up by themselves, so that fewer digits are lost.
const PART: usize = 128;

/// See [`Conv::scratch`].
pub(crate) const fn scratch(tile: usize, inputs: usize, outputs: usize) -> usize {
    let blocks = outputs.div_ceil(LANES);
    let blocks = if blocks < BLOCKS { blocks } else { BLOCKS };
    (tile + 2) * (tile + 2) * (inputs.div_ceil(LANES) + blocks) * AT_ONCE * LANES
}

/// A convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Winograd<'m> {
    padding: [usize; 2],
    weights: &'m [f32],
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    tiles: Tiles,
    /// Groups of tiles of all images.
    groups: usize,
    /// Parts of the blocks of outputs, of [`BLOCKS`] each.
    parts: usize,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
}

/// The tiles of all images, row by row.
#[derive(Clone, Copy, Debug)]
struct Tiles {
    rows: usize,
    columns: usize,
    images: usize,
    /// Outputs of a tile along each axis.
    side: usize,
}

impl Tiles {
    fn count(&self) -> usize {
        self.rows * self.columns * self.images
    }

    /// The image of a tile, and where its outputs start.
    #[inline(always)]
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let (image, tile) = (tile / (self.rows * self.columns), tile % (self.rows * self.columns));
        (image, tile / self.columns * self.side, tile % self.columns * self.side)
    }
}

impl<'m> Winograd<'m> {
    /// See [`crate::run::Run::winograd`].
    pub(crate) fn new(
        op: &Conv,
        tile: usize,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Winograd<'m> {
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert_geometry(op, &x, residual.as_ref(), &y);
        assert!(tile == 2 || tile == 4, "tiles of 2x2 or 4x4 outputs");
        let is_plain = (op.kernel, op.stride, op.dilation, op.groups) == ([3, 3], [1, 1], [1, 1], 1);
        assert!(is_plain, "3x3 kernels without stride, dilation and groups");
        let size = conv_size([3, 3, x.view.channels, y.view.channels], 1, op.algorithm);
        let (weights, biases) = memory.weights(w, size).0.split_at(size - y.blocks() * LANES);
        let (rows, columns) = (y.view.height.div_ceil(tile), y.view.width.div_ceil(tile));
        let tiles = Tiles { rows, columns, images: y.images, side: tile };
        let (clamp, finish) = activation::split(op.activation);
        let groups = tiles.count().div_ceil(AT_ONCE);
        let parts = y.blocks().div_ceil(BLOCKS);
        Winograd { padding: op.padding, weights, biases, x, residual, y, tiles, groups, parts, clamp, finish }
    }

    /// The tiles of a group.
    fn group(&self, group: usize) -> Range<usize> {
        let count = self.tiles.count();
        group * count / self.groups..(group + 1) * count / self.groups
    }

    fn taps(&self) -> usize {
        (self.tiles.side + 2).pow(2)
    }

    /// Numbers of the transformed inputs of the largest group.
    fn inputs_size(&self) -> usize {
        self.taps() * self.x.blocks() * self.tiles.count().div_ceil(self.groups) * LANES
    }

    #[inline(always)]
    fn items_of<S: Simd, const OUT: usize>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]) {
        let (v, m) = scratch.split_at_mut(self.inputs_size());
        let mut ready = None;
        for item in items {
            let (group, part) = (item / self.parts, item % self.parts);
            let tiles = self.group(group);
            if ready != Some(group) {
                simd.outline(Inputs::<OUT> { all: self, tiles: tiles.clone(), v });
                ready = Some(group);
            }
            let (all, first) = (self.y.blocks(), part * BLOCKS);
            let blocks = first..all.min(first + BLOCKS);
            self.products(simd, &tiles, &blocks, v, m);
            simd.outline(Outputs::<OUT> { all: self, tiles, blocks, m });
        }
    }

    /// The product of the transformed inputs and kernels for each tap.
    #[inline(always)]
    fn products<S: Simd>(
        &self,
        simd: S,
        tiles: &Range<usize>,
        blocks: &Range<usize>,
        v: &[f32],
        m: &mut [f32],
    ) {
        let (inputs, taps, count) = (self.x.view.channels, self.taps(), tiles.len());
        let distance = taps * inputs * LANES;
        // The tap of the points 1 and 1, which all outputs take as it is.
        let bias_at = self.tiles.side + 3;
        for tap in 0..taps {
            let v = &v[tap * self.x.blocks() * count * LANES..];
            let mut block = blocks.start;
            while block < blocks.end {
                let pair = S::TILES.blocks == 2 && blocks.end - block >= 2;
                let weights = &self.weights[block * distance + tap * inputs * LANES..];
                let product = Product {
                    inputs,
                    count,
                    v: v.as_ptr(),
                    weights: weights.as_ptr(),
                    distance,
                    biases: (tap == bias_at).then(|| self.biases[block * LANES..].as_ptr()),
                    m: m[((block - blocks.start) * taps + tap) * count * LANES..].as_mut_ptr(),
                    step: taps * count * LANES,
                };
                if pair {
                    product.all::<S, 2>(simd);
                    block += 2;
                } else {
                    product.all::<S, 1>(simd);
                    block += 1;
                }
            }
        }
    }
}

impl Kernel for Winograd<'_> {
    /// Groups of tiles, and parts of the outputs; parts run fastest.
    fn items(&self) -> usize {
        self.groups * self.parts
    }

    fn cost(&self) -> usize {
        self.tiles.count() * self.taps() * self.x.view.channels * self.y.blocks()
    }

    fn scratch(&self) -> usize {
        let tiles = self.tiles.count().div_ceil(self.groups);
        self.inputs_size() + self.taps() * self.y.blocks().min(BLOCKS) * tiles * LANES
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]) {
        if self.tiles.side == 2 {
            self.items_of::<S, 2>(simd, items, scratch);
        } else {
            self.items_of::<S, 4>(simd, items, scratch);
        }
    }
}

/// Transforms the inputs of some tiles: `[tap][block of 16 inputs][tile][16]`.
struct Inputs<'a, const OUT: usize> {
    all: &'a Winograd<'a>,
    tiles: Range<usize>,
    v: &'a mut [f32],
}

impl<const OUT: usize> Work for Inputs<'_, OUT> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { all: Winograd { x, tiles: grid, padding, .. }, tiles, v } = self;
        let (count, blocks, halo) = (tiles.len(), x.blocks(), x.view.layout.halo);
        let step = blocks * count * LANES;
        for block in 0..blocks {
            let mut strip = x.strip(0, block * LANES);
            let mut of_image = 0;
            for (t, tile) in tiles.clone().enumerate() {
                let (image, row, column) = grid.place(tile);
                if image != of_image {
                    strip = x.strip(image, block * LANES);
                    of_image = image;
                }
                // The plane and its halo, counted from the tile's first input.
                let [top, left] = [row as isize - padding[0] as isize, column as isize - padding[1] as isize];
                let rows = -(halo.top as isize) - top..(x.view.height + halo.bottom) as isize - top;
                let columns = -(halo.left as isize) - left..(x.view.width + halo.right) as isize - left;
                let corner = top * x.row as isize + left * x.pixel as isize;
                let inside = OUT as isize + 2;
                let to = &mut v[(block * count + t) * LANES..];
                assert!(to.len() >= (OUT + 2) * (OUT + 2) * step - (step - LANES));
                let to = to.as_mut_ptr();
                // Safety:
                unsafe {
                    if strip.is_line() && rows.end >= inside && columns.end >= inside {
                        let at = |i: usize, j: usize| corner + (i * x.row + j * x.pixel) as isize;
                        input_tile::<S, OUT>(simd, |i, j| strip.load_line(simd, at(i, j)), to, step);
                    } else {
                        let load = |i: usize, j: usize| {
                            let is_inside = rows.contains(&(i as isize)) && columns.contains(&(j as isize));
                            if is_inside {
                                strip.load(simd, corner + (i * x.row + j * x.pixel) as isize)
                            } else {
                                simd.splat(0.0)
                            }
                        };
                        input_tile::<S, OUT>(simd, load, to, step);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn input_tile<S: Simd, const OUT: usize>(
    simd: S,
    load: impl Fn(usize, usize) -> F32x16,
    to: *mut f32,
    step: usize,
) {
    let zero = simd.splat(0.0);
    let mut half = [[zero; SIDE]; SIDE];
    for j in 0..OUT + 2 {
        let mut d = [zero; SIDE];
        for i in 0..OUT + 2 {
            d[i] = load(i, j);
        }
        let d = transform::inputs::<S, OUT>(simd, d);
        for i in 0..OUT + 2 {
            half[i][j] = d[i];
        }
    }
    for i in 0..OUT + 2 {
        let d = transform::inputs::<S, OUT>(simd, half[i]);
        for j in 0..OUT + 2 {
            // Safety: the caller's promise.
            unsafe { simd.store(to.add((i * (OUT + 2) + j) * step), d[j]) };
        }
    }
}

/// The product for one tap and one or two blocks of outputs.
#[derive(Clone, Copy, Debug)]
struct Product {
    inputs: usize,
    /// Tiles.
    count: usize,
    v: *const f32,
    weights: *const f32,
    /// From a block's weights to those of the next.
    distance: usize,
    biases: Option<*const f32>,
    m: *mut f32,
    /// From a block's products to those of the next.
    step: usize,
}

impl Product {
    #[inline(always)]
    fn all<S: Simd, const BLOCKS: usize>(self, simd: S) {
        let pitch = S::TILES.conv[0];
        let pieces = self.count.div_ceil(pitch);
        let (size, larger) = (self.count / pieces, self.count % pieces);
        let split = larger * (size + 1);
        for (tiles, size) in [(0..split, size + 1), (split..self.count, size)] {
            if !tiles.is_empty() {
                with_tile!(S::TILES.conv, size, ROWS => simd.outline(OfSize::<ROWS, BLOCKS> { all: self, tiles, size }));
            }
        }
    }
}

struct OfSize<const ROWS: usize, const BLOCKS: usize> {
    all: Product,
    tiles: Range<usize>,
    size: usize,
}

impl<const ROWS: usize, const BLOCKS: usize> Work for OfSize<ROWS, BLOCKS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Product { inputs, count, v, weights, distance, biases, m, step } = self.all;
        for first in self.tiles.step_by(self.size) {
            // Rows behind the last tile repeat it, and are not stored.
            let mut x = [v; ROWS];
            for p in 0..ROWS {
                x[p] = v.wrapping_add((first + p.min(self.size - 1)) * LANES);
            }
            let (mut w, mut done) = (weights, 0);
            // Safety: `v`, `weights` and `m` have the sizes that `Winograd::products` has cut them to: blocks of inputs of
            // `count` tiles, `inputs` vectors of weights and 16 biases for each block, `count` products of each.
            unsafe {
                while done < inputs {
                    let mut sums: Sums<ROWS, BLOCKS> = [[simd.splat(0.0); BLOCKS]; ROWS];
                    let end = inputs.min(done + PART);
                    let is_first = done == 0;
                    while done < end {
                        let some = (end - done).min(LANES);
                        accumulate(simd, &mut sums, &x, w, distance, some);
                        w = w.wrapping_add(LANES * LANES);
                        x = x.map(|x| x.wrapping_add(count * LANES));
                        done += some;
                    }
                    each!(block BLOCKS, b => {
                        let to = m.add(b * step + first * LANES);
                        let bias = biases.map_or(simd.splat(0.0), |biases| simd.load(biases.add(b * LANES)));
                        each!(pixel ROWS, p => if p < self.size {
                            let before = if is_first { bias } else { simd.load(to.add(p * LANES)) };
                            simd.store(to.add(p * LANES), simd.add(sums[p][b], before));
                        });
                    });
                }
            }
        }
    }
}

/// Transforms the products of some tiles back, `[block][tap][tile][16]`, and writes the outputs.
struct Outputs<'a, const OUT: usize> {
    all: &'a Winograd<'a>,
    tiles: Range<usize>,
    blocks: Range<usize>,
    m: &'a [f32],
}

impl<const OUT: usize> Work for Outputs<'_, OUT> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Outputs { all, tiles, blocks, m } = self;
        let Winograd { residual, y, tiles: grid, clamp, finish, .. } = all;
        let (count, taps) = (tiles.len(), all.taps());
        for block in blocks.clone() {
            for (t, tile) in tiles.clone().enumerate() {
                let (image, row, column) = grid.place(tile);
                let from = &m[((block - blocks.start) * taps * count + t) * LANES..];
                let mut all = output_tile::<S, OUT>(simd, from, count * LANES);
                let to = y.strip(image, block * LANES);
                let added =
                    residual.as_ref().map(|residual| (residual, residual.strip(image, block * LANES)));
                let (rows, columns) = ((y.view.height - row).min(OUT), (y.view.width - column).min(OUT));
                // Safety: the pixels are those of the output's plane.
                unsafe {
                    if let Some((place, strip)) = &added {
                        for i in 0..rows {
                            for j in 0..columns {
                                let other = strip.load(simd, place.at(row + i, column + j) as isize);
                                all[i * OUT + j] = simd.add(all[i * OUT + j], other);
                            }
                        }
                    }
                    if let Some(activation) = finish {
                        activation::apply_all(simd, *activation, &mut all[..OUT * OUT]);
                    }
                    if rows == OUT && columns == OUT && to.is_line() {
                        for i in 0..OUT {
                            for j in 0..OUT {
                                let at = y.at(row + i, column + j);
                                to.store(simd, at, clamp.apply(simd, all[i * OUT + j]));
                            }
                        }
                    } else {
                        for i in 0..rows {
                            for j in 0..columns {
                                let at = y.at(row + i, column + j);
                                to.store(simd, at, clamp.apply(simd, all[i * OUT + j]));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The outputs of a tile, row by row.
#[inline(always)]
fn output_tile<S: Simd, const OUT: usize>(simd: S, m: &[f32], step: usize) -> [F32x16; 16] {
    let zero = simd.splat(0.0);
    let mut half = [[zero; SIDE]; 4];
    assert!(m.len() >= ((OUT + 2) * (OUT + 2) - 1) * step + LANES);
    for j in 0..OUT + 2 {
        let mut column = [zero; SIDE];
        for i in 0..OUT + 2 {
            // Safety: asserted above.
            column[i] = unsafe { simd.load(m.as_ptr().add((i * (OUT + 2) + j) * step)) };
        }
        let column = transform::outputs::<S, OUT>(simd, column);
        for i in 0..OUT {
            half[i][j] = column[i];
        }
    }
    let mut all = [zero; 16];
    for i in 0..OUT {
        let row = transform::outputs::<S, OUT>(simd, half[i]);
        all[i * OUT..][..OUT].copy_from_slice(&row[..OUT]);
    }
    all
}
