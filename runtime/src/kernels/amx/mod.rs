//! A convolution by products of bf16 numbers on AMX. Inputs and weights are f32 in memory and split into parts at use: their sum
//! is the number, or nearly so, and the products of the parts that matter are summed up in f32.
//!
//! A work item is a band of output rows times two blocks of 16 outputs. The band's inputs are split once, into the thread's
//! own memory, and stay there for the items that follow: the bands of a convolution come one after the other. The weights
//! of an item are split in chunks that stay in the L2 cache while all pixels go by; between the chunks the sums lie in the
//! thread's memory as well.
//!
//! Channel `j` of one block of 16 and channel `j` of the next are a pair of bf16: so they are split and packed by shifts and
//! masks alone. In the thread's memory the planes of all images lie one below the other, with rows of the same pitch, so
//! that a tile's pixels are any that follow each other; what it computes between the rows is dropped. Zeros to the right of a
//! row are those to the left of the next one, and with a stride each remainder of rows and columns is a plane of its own.

mod choice;
mod inputs;
mod outputs;
mod split;
mod weights;

use super::Kernel;
use super::activation::Clamp;
use super::memory::Memory;
use super::operands::Operands;
use super::place::Place;
use crate::layout::At;
use crate::op::{Activation, Conv, Split};
use crate::run::Run;
use crate::simd::amx::{Amx, LINE, Steps, TILE, Tiles};
use crate::simd::{LANES, Simd};
pub(crate) use choice::Choice;
use core::ops::Range;
use inputs::Inputs;
use outputs::Outputs;
use weights::Weights;

/// Numbers of a thread's memory: three quarters of an L2 cache of 2 MiB.
const SCRATCH: usize = Run::SPLIT_SCRATCH;

/// Bytes of split weights that are used at once.
const PANEL: usize = 192 << 10;

/// Blocks of 16 outputs of an item.
const BLOCKS: usize = 2;

/// Pixels of two tiles.
const PIXELS: usize = 32;

/// Items that a convolution should have at least, so that threads end at about the same time; and pairs of tiles that a band
/// should have at least, since splitting the weights takes as long as two thirds of one.
const ITEMS: usize = 8;
const PAIRS: usize = 6;

/// Numbers at the start of the scratch that say what else is in it.
const HEADER: usize = LANES;

/// Numbers that the sums of two tiles times two take.
const SUMS: usize = PIXELS * BLOCKS * LANES;

/// One axis of a convolution, as the split inputs lie.
#[derive(Clone, Copy, Debug)]
struct Axis {
    stride: usize,
    dilation: usize,
    padding: usize,
    /// Planes: remainders of inputs by the stride that taps read. The taps take turns.
    phases: usize,
    /// From the output to what the last tap reads, in a plane.
    reach: usize,
    /// From one image, or row, to the next, in a plane.
    pitch: usize,
    /// Zeros that two of them share.
    shared: usize,
    outputs: usize,
    inputs: usize,
}

impl Axis {
    fn new(op: &Conv, axis: usize, inputs: usize, outputs: usize) -> Axis {
        let (stride, dilation, padding) = (op.stride[axis], op.dilation[axis], op.padding[axis]);
        let last = (op.kernel[axis] - 1) * dilation;
        let reach = last / stride;
        let behind = (outputs - 1 + last).saturating_sub(padding + inputs - 1);
        let shared = if stride == 1 { padding.min(behind).min(reach) } else { 0 };
        let phases = op.kernel[axis].min(stride / greatest_divisor(stride, dilation));
        let pitch = outputs + reach - shared;
        Axis { stride, dilation, padding, phases, reach, pitch, shared, outputs, inputs }
    }

    /// The plane that a tap reads, and how far behind the output.
    fn tap(&self, tap: usize) -> (usize, usize) {
        (tap % self.phases, tap * self.dilation / self.stride)
    }

    /// Where a place of a plane lies in the input.
    fn input(&self, phase: usize, at: usize) -> Option<usize> {
        let place = at * self.stride + phase * self.dilation % self.stride;
        place.checked_sub(self.padding).filter(|&place| place < self.inputs)
    }

    /// The places of a plane's row that lie in the input.
    fn inside(&self, phase: usize) -> Range<usize> {
        let from = phase * self.dilation % self.stride;
        let first = |place: usize| place.saturating_sub(from).div_ceil(self.stride).min(self.pitch);
        first(self.padding)..first(self.padding + self.inputs)
    }
}

fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// How a convolution is cut, and where what is split lies.
#[derive(Clone, Copy, Debug)]
struct Grid {
    rows: Axis,
    columns: Axis,
    /// Parts of a number.
    parts: usize,
    /// Bands, and rows of all images that they share.
    bands: usize,
    all_rows: usize,
    /// Pairs of blocks of 16 inputs of a group.
    pairs: usize,
    /// Pixels of a plane of split inputs.
    slots: usize,
    /// Steps of 32 inputs under a tap, and those of a chunk.
    steps: usize,
    chunk: usize,
    /// Numbers of the table of steps, the panel of weights, the sums and the inputs, which lie in this order.
    table: usize,
    panel: usize,
    sums: usize,
    inputs: usize,
}

impl Grid {
    /// Nothing where a single row is too large for a thread's memory.
    fn new(op: &Conv, parts: usize, x: &Place<'_>, y: &Place<'_>) -> Option<Grid> {
        let rows = Axis::new(op, 0, x.view.height, y.view.height);
        let columns = Axis::new(op, 1, x.view.width, y.view.width);
        let all_rows = (x.images - 1) * rows.pitch + rows.outputs;
        let pairs = (x.view.channels / op.groups).div_ceil(2 * LANES);
        let blocks = (y.view.channels / op.groups).div_ceil(LANES);
        let steps = pairs * op.kernel[0] * op.kernel[1];
        let chunks = steps.div_ceil(PANEL / (parts * BLOCKS * TILE));
        let chunk = steps.div_ceil(chunks);
        let table = (2 * (steps + 1)).next_multiple_of(LANES);
        let panel = chunk * parts * BLOCKS * TILE / size_of::<f32>();
        let mut grid = Grid {
            rows,
            columns,
            parts,
            bands: 1,
            all_rows,
            pairs,
            slots: 0,
            steps,
            chunk,
            table,
            panel,
            sums: 0,
            inputs: 0,
        };
        // Each band splits all weights anew, and threads that share one all its inputs: as few bands as memory and threads allow, but
        // where inputs are more than weights.
        let pixels = all_rows * columns.pitch;
        let of_a_band = op.groups * blocks.div_ceil(BLOCKS);
        let sharing = pixels * pairs < steps * blocks * LANES;
        let for_threads = if sharing { ITEMS.div_ceil(of_a_band) } else { ITEMS };
        grid.set_bands(for_threads.min(pixels / (PAIRS * PIXELS)).clamp(1, all_rows));
        while grid.scratch() > SCRATCH {
            if grid.bands == all_rows {
                return None;
            }
            // Inputs take most of it.
            grid.set_bands((grid.bands + grid.bands.div_ceil(8)).min(all_rows));
        }
        Some(grid)
    }

    fn set_bands(&mut self, bands: usize) {
        self.bands = bands;
        let rows = self.all_rows.div_ceil(bands);
        let tiling = self.tiling(rows);
        let planes = self.pairs * self.rows.phases * self.columns.phases;
        // The last tile may end behind the band, and then reads what comes behind it.
        self.slots = tiling.count * tiling.size + self.rows.reach * self.columns.pitch + self.columns.reach;
        self.inputs = planes * self.slots * self.parts * LANES;
        self.sums = SUMS * if self.chunk < self.steps { tiling.count } else { 2 };
    }

    fn scratch(&self) -> usize {
        HEADER + self.table + self.panel + self.sums + self.inputs
    }

    /// The rows of a band, of all images.
    fn band(&self, band: usize) -> Range<usize> {
        band * self.all_rows / self.bands..(band + 1) * self.all_rows / self.bands
    }

    /// The pairs of tiles of so many rows.
    fn tiling(&self, rows: usize) -> Tiling {
        let pixels = (rows - 1) * self.columns.pitch + self.columns.outputs;
        let count = pixels.div_ceil(PIXELS);
        Tiling { count, size: pixels.div_ceil(count).max(2) }
    }

    /// The first number of a plane of split inputs, of a pair of blocks.
    fn plane(&self, pair: usize, row_phase: usize, column_phase: usize) -> usize {
        let plane = (pair * self.rows.phases + row_phase) * self.columns.phases + column_phase;
        plane * self.slots * self.parts * LANES
    }

    /// Bytes from what an output's pixel is in the first plane to what a step reads of it.
    fn step(&self, op: &Conv, step: usize) -> u64 {
        let [rows, columns] = op.kernel;
        let (pair, tap) = (step / (rows * columns), step % (rows * columns));
        let (row_phase, row) = self.rows.tap(tap / columns);
        let (column_phase, column) = self.columns.tap(tap % columns);
        let pixel = (row * self.columns.pitch + column) * self.parts * LINE;
        (self.plane(pair, row_phase, column_phase) * size_of::<f32>() + pixel) as u64
    }
}

/// Pairs of tiles, all of the same size; the last may end behind the pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tiling {
    count: usize,
    /// Pixels of a pair.
    size: usize,
}

impl Tiling {
    /// Rows of both tiles.
    fn rows(&self) -> [usize; 2] {
        [self.size.div_ceil(2), self.size / 2]
    }
}

/// A convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Product<'m> {
    op: Conv,
    amx: Amx,
    weights: &'m [f32],
    /// Behind the weights of all groups.
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    /// Of a group.
    outputs: usize,
    blocks: usize,
    grid: Grid,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
}

impl<'m> Product<'m> {
    /// See [`crate::run::Run::conv`]; nothing where the convolution does not fit.
    pub(crate) fn new(
        op: &Conv,
        (amx, split): (Amx, Split),
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Option<Product<'m>> {
        let Operands { weights, biases, x, residual, y, clamp, finish } =
            Operands::new(op, memory, w, x, residual, y);
        let grid = Grid::new(op, split.parts(), &x, &y)?;
        let outputs = y.view.channels / op.groups;
        let blocks = outputs.div_ceil(LANES);
        Some(Product { op: *op, amx, weights, biases, x, residual, y, outputs, blocks, grid, clamp, finish })
    }

    /// Inputs of a group.
    fn inputs(&self) -> usize {
        self.x.view.channels / self.op.groups
    }

    fn taps(&self) -> usize {
        self.op.kernel[0] * self.op.kernel[1]
    }

    /// Items of a band.
    fn fours(&self) -> usize {
        self.blocks.div_ceil(BLOCKS)
    }

    #[inline(always)]
    fn items_of<S: Simd, const PARTS: usize>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]) {
        let grid = &self.grid;
        let (header, scratch) = scratch.split_at_mut(HEADER);
        let (table, scratch) = scratch.split_at_mut(grid.table);
        let (panel, scratch) = scratch.split_at_mut(grid.panel);
        let (sums, inputs) = scratch.split_at_mut(grid.sums);
        let table = table.as_mut_ptr().cast::<u64>();
        // The number of the band whose inputs are split, and one; 0 before the first, when there is no table yet.
        let ready = &mut header[0];
        if ready.to_bits() == 0 {
            for step in 0..=grid.steps {
                // Safety: the table has two numbers for each step, and for one more.
                unsafe { table.add(step).write_unaligned(grid.step(&self.op, step.min(grid.steps - 1))) };
            }
        }
        let mut tiles: Option<(Tiles, Tiling)> = None;
        for item in items {
            let (unit, four) = (item / self.fours(), item % self.fours());
            let (group, band) = (unit / grid.bands, unit % grid.bands);
            let rows = grid.band(band);
            if ready.to_bits() as usize != unit + 1 {
                simd.outline(Inputs::<PARTS> { all: self, group, rows: rows.clone(), to: inputs });
                *ready = f32::from_bits(unit as u32 + 1);
            }
            let tiling = grid.tiling(rows.len());
            let tiles = match &mut tiles {
                Some((tiles, of)) if *of == tiling => tiles,
                Some((tiles, of)) => {
                    tiles.set_rows(tiling.rows());
                    *of = tiling;
                    tiles
                }
                None => &mut tiles.insert((self.amx.tiles(tiling.rows()), tiling)).0,
            };
            let blocks = four * BLOCKS..self.blocks.min((four + 1) * BLOCKS);
            let mut band = Band { all: self, group, rows, blocks, tiling, table, panel, sums, inputs };
            if band.blocks.len() == 2 {
                band.compute::<S, PARTS, 2>(simd, tiles);
            } else {
                band.compute::<S, PARTS, 1>(simd, tiles);
            }
        }
    }
}

/// A work item, with a thread's memory.
struct Band<'a, 's> {
    all: &'a Product<'a>,
    group: usize,
    rows: Range<usize>,
    blocks: Range<usize>,
    tiling: Tiling,
    table: *const u64,
    panel: &'s mut [f32],
    sums: &'s mut [f32],
    inputs: &'s [f32],
}

impl Band<'_, '_> {
    #[inline(always)]
    fn compute<S: Simd, const PARTS: usize, const TILES: usize>(&mut self, simd: S, tiles: &mut Tiles) {
        let grid = &self.all.grid;
        let (parts, pixel) = (PARTS, PARTS * LANES);
        // The last step's last pixel lies in the memory.
        let last = (self.tiling.count * self.tiling.size - 1) * pixel
            + (grid.rows.reach * grid.columns.pitch + grid.columns.reach) * pixel
            + grid.plane(grid.pairs - 1, grid.rows.phases - 1, grid.columns.phases - 1);
        assert!(last + pixel <= self.inputs.len() && parts == grid.parts, "the split inputs");
        let mut step = 0;
        while step < grid.steps {
            let count = grid.chunk.min(grid.steps - step);
            simd.outline(Weights::<PARTS, TILES> {
                all: self.all,
                group: self.group,
                block: self.blocks.start,
                steps: step..step + count,
                to: self.panel,
            });
            let (is_first, is_last) = (step == 0, step + count == grid.steps);
            for pair in 0..self.tiling.count {
                // Safety: asserted above; the panel has so many steps, the table all, and the sums every pair, or two.
                unsafe {
                    let sums = self.sums.as_mut_ptr().add(self.sums_of(pair));
                    if is_first {
                        tiles.zero();
                    } else {
                        tiles.load(sums);
                    }
                    tiles.multiply::<PARTS, TILES>(&Steps {
                        inputs: self.inputs.as_ptr().add(pair * self.tiling.size * pixel).cast(),
                        second: self.tiling.rows()[0] * PARTS * LINE,
                        table: self.table.add(step),
                        weights: self.panel.as_ptr().cast(),
                        count,
                    });
                    // While the units are busy with these: what comes behind the sums of the pair before.
                    if is_last && pair > 0 {
                        self.finish::<S, TILES>(simd, pair - 1);
                    }
                    tiles.store(self.sums.as_mut_ptr().add(self.sums_of(pair)));
                }
            }
            step += count;
        }
        self.finish::<S, TILES>(simd, self.tiling.count - 1);
    }

    /// Where the sums of a pair of tiles lie.
    fn sums_of(&self, pair: usize) -> usize {
        pair * SUMS % self.all.grid.sums
    }

    #[inline(always)]
    fn finish<S: Simd, const TILES: usize>(&self, simd: S, pair: usize) {
        let sums = self.sums_of(pair);
        simd.outline(Outputs::<TILES> {
            all: self.all,
            group: self.group,
            block: self.blocks.start,
            rows: self.rows.clone(),
            tiling: self.tiling,
            pair,
            sums: &self.sums[sums..sums + SUMS],
        });
    }
}

impl Kernel for Product<'_> {
    /// Groups, bands, pairs of blocks; these run fastest.
    fn items(&self) -> usize {
        self.op.groups * self.grid.bands * self.fours()
    }

    fn cost(&self) -> usize {
        // Of products of 16 by 16 by 32 numbers, which take about as long as ten operations.
        let tiles = (self.grid.all_rows * self.grid.columns.pitch).div_ceil(LANES);
        10 * self.op.groups * tiles * self.blocks * self.grid.steps * self.grid.parts
    }

    fn scratch(&self) -> usize {
        self.grid.scratch()
    }

    fn algorithm(&self) -> &'static str {
        match self.grid.parts {
            3 => "AMX, three parts",
            2 => "AMX, two parts",
            _ => "AMX, bf16",
        }
    }

    /// Those of parts that matter, see [`Tiles::multiply`].
    fn products(&self) -> u64 {
        let of_a_number = [1, 3, 6][self.grid.parts - 1];
        of_a_number * self.y.numbers() * (self.taps() * self.inputs()) as u64
    }

    fn on_tiles(&self) -> bool {
        true
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]) {
        if const { S::AMX } {
            match self.grid.parts {
                3 => self.items_of::<S, 3>(simd, items, scratch),
                2 => self.items_of::<S, 2>(simd, items, scratch),
                _ => self.items_of::<S, 1>(simd, items, scratch),
            }
        } else {
            unreachable!("AMX goes with AVX-512")
        }
    }
}
