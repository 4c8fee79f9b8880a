//! Convolutions by the units that multiply matrices: which ones, and in which tiles.

use super::constants::Constants;
use super::step::Operands;
use super::{Argument, Grid, Written};
use crate::lir::Number;
use archc_runtime::op::Conv;
use archc_runtime::weights::matrix::{Matrix, Order};
use archc_runtime::weights::spec::is_depthwise;

/// The family's name.
pub(super) const FAMILY: &str = "tensor_conv";

/// Bytes that a thread copies at once.
const PIECE: usize = 16;

/// Bytes of a row in a step of the sums.
const STEP: usize = 64;

/// Pixels below which numbers are not worth gathering for a tile.
const SMALLEST: usize = 64;

/// Steps that a block of several has at least.
const LEAST_STEPS: usize = 4;

/// Blocks that share a tile, at most: one of them reads the sums of all.
const MOST_SPLITS: usize = 16;

/// Processors of a large GPU (an H100 has 132): smaller tiles are better as long as there are fewer blocks.
pub(super) const PROCESSORS: usize = 132;

/// A convolution that `tensor_conv.cu` computes.
pub(super) struct Tensor {
    matrix: Matrix,
    tile: Tile,
    /// Whether a pixel's channels are copied by pieces; else they are gathered.
    is_copied: bool,
    /// The most blocks that share a tile.
    splits: usize,
}

/// Pixels and outputs of a block, and of a warp, of which there are eight.
#[derive(Clone, Copy)]
struct Tile {
    block: [usize; 2],
    warp: [usize; 2],
}

/// The largest first.
const TILES: [Tile; 3] = [
    Tile { block: [128, 128], warp: [64, 32] },
    Tile { block: [128, 64], warp: [32, 32] },
    Tile { block: [64, 64], warp: [16, 32] },
];

impl Tensor {
    /// A convolution of the step's operands, where its numbers are of a type that there are units for, and the channels of a
    /// pixel can be copied by pieces or are worth gathering.
    pub(super) fn of(operands: &Operands<'_>, conv: &Conv) -> Option<Tensor> {
        let number = operands.program.target.number();
        if number == Number::F32 {
            return None;
        }
        let (x, y, element) = (operands.x(), operands.y(), number.element());
        let (inputs, outputs) = (x.channels / conv.groups, y.channels / conv.groups);
        let piece = PIECE / element.size();
        let distances = [inputs, x.layout.block, x.index(0, 0, 0), x.image_size()];
        let is_copied = x.layout.element == element && distances.iter().all(|d| d.is_multiple_of(piece));
        let pixels = y.height * y.width;
        let is_worth_it = is_copied || pixels >= SMALLEST && outputs >= 16;
        if !is_worth_it || is_depthwise(inputs, y.channels, conv.groups) {
            return None;
        }
        let blocks =
            |tile: &Tile| pixels.div_ceil(tile.block[0]) * outputs.div_ceil(tile.block[1]) * conv.groups;
        let tile = TILES.iter().find(|tile| outputs >= tile.block[1] && blocks(tile) >= PROCESSORS);
        let tile = *tile.unwrap_or(&TILES[TILES.len() - 1]);
        let [rows, columns] = conv.kernel;
        let matrix = Matrix {
            order: Order::Rows,
            pack: operands.plan.packs[operands.step.pack?.index()],
            kernel: conv.kernel,
            inputs,
            outputs,
            groups: conv.groups,
            element,
            is_tf32: number == Number::Tf32,
            rows: outputs.next_multiple_of(tile.block[1]),
            depth: (rows * columns * inputs).next_multiple_of(STEP / element.size()),
        };
        let steps = matrix.depth / (STEP / element.size());
        let splits = (PROCESSORS / blocks(&tile)).min(steps / LEAST_STEPS).clamp(1, MOST_SPLITS);
        Some(Tensor { matrix, tile, is_copied, splits })
    }

    pub(super) fn written(&self, operands: &Operands<'_>, constants: Constants) -> Written {
        let Tensor { matrix, tile, is_copied, splits } = self;
        let constants = constants
            .int("TILE_M", tile.block[0])
            .int("TILE_N", tile.block[1])
            .int("WARP_M", tile.warp[0])
            .int("WARP_N", tile.warp[1])
            .int("ELEMENT", matrix.element.size())
            .bool("IS_COPIED", *is_copied)
            .int("SPLITS", *splits)
            .int("PROCESSORS", PROCESSORS)
            .int("ROWS", matrix.rows)
            .int("DEPTH", matrix.depth)
            .int("PADDED", matrix.outputs.next_multiple_of(16));
        let y = operands.y();
        let others = [(matrix.rows / tile.block[1]) as u32, (matrix.groups * splits) as u32];
        let grid = Grid { items: y.height * y.width, of_block: tile.block[0], others };
        let weights = [
            ("const unsigned char* __restrict__ m".to_owned(), Argument::Matrix(0)),
            ("const float* __restrict__ biases".to_owned(), Argument::Weights(matrix.biases())),
            ("unsigned char* workspace".to_owned(), Argument::Workspace),
        ];
        let body = include_str!("bodies/tensor_conv.cu");
        let written = operands.written_with(FAMILY, constants, body, grid, &weights);
        // A counter for each tile, and the sums of each block; blocks that share tiles are no more than processors.
        let sums = PROCESSORS * tile.block[0] * tile.block[1];
        let workspace = if *splits > 1 { (PROCESSORS + sums) * size_of::<f32>() } else { 0 };
        Written { matrix: Some(*matrix), workspace, ..written }
    }
}
