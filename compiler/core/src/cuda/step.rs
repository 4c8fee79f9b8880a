//! The kernel of a step: which family computes it, by which constants, in how many blocks.

use super::constants::{self, Constants};
use super::tensor::Tensor;
use super::{Argument, Grid, THREADS, Written, activation, code};
use crate::lir::{Kernel, PackId, Program, Step, ValueId};
use crate::plan::Plan;
use archc_runtime::layout::{Element, View};
use archc_runtime::op::{Activation, Affine, Conv, Dense, Lrn, Pool, PoolKind, Rescale};
use archc_runtime::weights::matrix::{Matrix, Order};
use archc_runtime::weights::spec::{affine_size, is_depthwise};

/// Pixels and outputs of a convolution's tile, as `conv.cu` has them.
const TILE: usize = 64;

/// Writes the kernel of a step.
pub(super) fn write(program: &Program, plan: &Plan, step: &Step) -> Written {
    let operands = Operands { program, plan, step };
    match step.kernel {
        Kernel::Conv(conv) => convolution(&operands, &conv),
        Kernel::Dense(dense) => dense_layer(&operands, &dense),
        Kernel::Pool(pool) => pooling(&operands, &pool),
        Kernel::GlobalPool(kind) => {
            let constants = operands.constants().bool("MAXIMUM", kind == PoolKind::Max);
            let blocks = operands.y().channels.div_ceil(32);
            operands.written(
                "global_pool",
                constants,
                include_str!("bodies/global_pool.cu"),
                Grid::blocks(blocks),
            )
        }
        Kernel::Softmax => {
            let y = operands.y();
            operands.written(
                "softmax",
                operands.constants(),
                include_str!("bodies/softmax.cu"),
                Grid::blocks(y.height * y.width),
            )
        }
        Kernel::Clear => clear(&operands),
        Kernel::Affine(Affine { activation }) => {
            let shift = affine_size(operands.y().channels) / 2;
            let value = format!("    float value = activation(fmaf({HERE}, w[c], w[{shift} + c]));");
            operands.map("affine", &value, activation, operands.constants())
        }
        Kernel::Rescale(Rescale { scale, offset }) => {
            let constants = operands.constants().float("SCALE", scale).float("OFFSET", offset);
            let value = format!("    float value = fmaf({HERE}, SCALE, OFFSET);");
            operands.map("rescale", &value, Activation::Identity, constants)
        }
        Kernel::Activate(activation) => {
            let value = format!("    float value = activation({HERE});");
            operands.map("activation", &value, activation, operands.constants())
        }
        Kernel::Add(activation) => {
            let value = format!("    float value = activation({HERE} + {OTHER});");
            operands.map("add", &value, activation, operands.constants())
        }
        Kernel::Multiply => {
            let gate = if operands.other().is_some_and(|gate| (gate.height, gate.width) == (1, 1)) {
                "number(r[image * R_IMAGE + R_FIRST + c])"
            } else {
                OTHER
            };
            let value = format!("    float value = {HERE} * {gate};");
            operands.map("multiply", &value, Activation::Identity, operands.constants())
        }
        Kernel::Lrn(lrn) => normalization(&operands, &lrn),
        Kernel::Copy { top, left } => {
            let constants = operands.constants().int("TOP", top).int("LEFT", left);
            let value = "    int from_row = row - TOP, from_column = column - LEFT;
    bool is_inside = from_row >= 0 && from_row < X_H && from_column >= 0 && from_column < X_W;
    float value = 0.0f;
    if (is_inside) value = number(x[image * X_IMAGE + from_row * X_ROW + from_column * X_PIXEL + X_FIRST + c]);";
            operands.map("copy", value, Activation::Identity, constants)
        }
        Kernel::Flatten => {
            let value = "    int from_row = c / (X_W * X_C), from_column = c / X_C % X_W, channel = c % X_C;
    float value = number(x[image * X_IMAGE + from_row * X_ROW + from_column * X_PIXEL + X_FIRST + channel]);";
            operands.map("flatten", value, Activation::Identity, operands.constants())
        }
        Kernel::Shuffle { groups } => {
            let value = "    int channel = c % GROUPS * (Y_C / GROUPS) + c / GROUPS;
    float value = number(x[image * X_IMAGE + row * X_ROW + column * X_PIXEL + X_FIRST + channel]);";
            operands.map("shuffle", value, Activation::Identity, operands.constants().int("GROUPS", groups))
        }
        Kernel::Upsample { factor } => {
            let value = "    float value = number(x[image * X_IMAGE + row / FACTOR_H * X_ROW + column / FACTOR_W * X_PIXEL + X_FIRST + c]);";
            operands.map("upsample", value, Activation::Identity, operands.constants().pair("FACTOR", factor))
        }
    }
}

/// The input's number at the output's place.
const HERE: &str = "number(x[image * X_IMAGE + row * X_ROW + column * X_PIXEL + X_FIRST + c])";

/// The second input's.
const OTHER: &str = "number(r[image * R_IMAGE + row * R_ROW + column * R_PIXEL + R_FIRST + c])";

fn convolution(operands: &Operands<'_>, conv: &Conv) -> Written {
    let (x, y) = (operands.x().channels, operands.y());
    let constants = operands
        .constants()
        .pair("KERNEL", conv.kernel)
        .pair("STRIDE", conv.stride)
        .pair("DILATION", conv.dilation)
        .pair("PADDING", conv.padding)
        .function("activation", &activation::body(conv.activation));
    if let Some(tensor) = Tensor::of(operands, conv) {
        return tensor.written(operands, constants.int("GROUPS", conv.groups));
    }
    if is_depthwise(x / conv.groups, y.channels, conv.groups) {
        return operands.written(
            "depthwise",
            constants,
            include_str!("bodies/depthwise.cu"),
            Grid::numbers(&y),
        );
    }
    let outputs = (y.channels / conv.groups).div_ceil(TILE);
    let grid =
        Grid { items: y.height * y.width, of_block: TILE, others: [outputs as u32, conv.groups as u32] };
    let constants = constants.int("GROUPS", conv.groups);
    operands.written("conv", constants, include_str!("bodies/conv.cu"), grid)
}

fn dense_layer(operands: &Operands<'_>, dense: &Dense) -> Written {
    let (x, y) = (operands.x(), operands.y());
    let element = operands.program.target.number().element();
    let pack = operands.step.pack.map_or(0, |pack| operands.plan.packs[pack.index()]);
    let matrix = Matrix {
        order: Order::Packed,
        pack,
        kernel: [1, 1],
        inputs: x.image_size(),
        outputs: y.channels,
        groups: 1,
        element,
        is_tf32: false,
        rows: y.channels,
        depth: x.image_size(),
    };
    // Packed weights are of f32 as they are.
    let (w, matrix) = match element {
        Element::F32 => (Argument::Weights(pack), None),
        _ => (Argument::Matrix(0), Some(matrix)),
    };
    let biases = Argument::Weights(pack + x.image_size() * y.channels.next_multiple_of(16));
    let weights = [
        (format!("const {}* __restrict__ w", constants::element(element)), w),
        ("const float* __restrict__ biases".to_owned(), biases),
    ];
    let constants = operands.constants().function("activation", &activation::body(dense.activation));
    let grid = Grid::blocks(y.channels.div_ceil(16));
    let written = operands.written_with("dense", constants, include_str!("bodies/dense.cu"), grid, &weights);
    Written { matrix, ..written }
}

fn pooling(operands: &Operands<'_>, pool: &Pool) -> Written {
    let [top, bottom, left, right] = pool.padding;
    let constants = operands
        .constants()
        .pair("KERNEL", pool.kernel)
        .pair("STRIDE", pool.stride)
        .pair("PADDING", [top, left])
        .pair("BEHIND", [bottom, right])
        .bool("MAXIMUM", pool.kind == PoolKind::Max)
        .bool("COUNTS_PADDING", pool.kind == PoolKind::AverageWithPadding);
    operands.map("pool", include_str!("bodies/pool.cu"), Activation::Identity, constants)
}

fn normalization(operands: &Operands<'_>, lrn: &Lrn) -> Written {
    let constants = operands
        .constants()
        .int("DOWN", lrn.size / 2)
        .int("UP", lrn.size.saturating_sub(1) / 2)
        .float("ALPHA", lrn.alpha)
        .float("BETA", lrn.beta)
        .float("K", lrn.k);
    let value = "    auto pixel = x + image * X_IMAGE + row * X_ROW + column * X_PIXEL + X_FIRST;
    int from = c - DOWN < 0 ? 0 : c - DOWN, to = c + UP >= Y_C ? Y_C - 1 : c + UP;
    float sum = 0.0f;
    for (int other = from; other <= to; other++) sum = fmaf(number(pixel[other]), number(pixel[other]), sum);
    float value = number(pixel[c]) * powf(fmaf(sum, ALPHA, K), -BETA);";
    operands.map("lrn", value, Activation::Identity, constants)
}

fn clear(operands: &Operands<'_>) -> Written {
    let y = operands.y();
    let halo = y.layout.halo;
    let constants = operands
        .constants()
        .int("TOP", halo.top)
        .int("BOTTOM", halo.bottom)
        .int("LEFT", halo.left)
        .int("RIGHT", halo.right);
    let rows = halo.top + y.height + halo.bottom;
    let numbers = rows * (halo.left + y.width + halo.right) * y.channels;
    operands.written("clear", constants, include_str!("bodies/clear.cu"), Grid::threads(numbers))
}

impl Grid {
    /// So many blocks for an image.
    fn blocks(count: usize) -> Grid {
        Grid { items: count, of_block: 1, others: [1, 1] }
    }

    /// So many threads for an image.
    fn threads(count: usize) -> Grid {
        Grid { items: count, of_block: THREADS as usize, others: [1, 1] }
    }

    /// A thread for each number of a value.
    fn numbers(view: &View) -> Grid {
        Grid::threads(view.height * view.width * view.channels)
    }
}

/// What a step reads and writes.
pub(super) struct Operands<'a> {
    pub(super) program: &'a Program,
    pub(super) plan: &'a Plan,
    pub(super) step: &'a Step,
}

impl Operands<'_> {
    fn view(&self, id: ValueId) -> View {
        self.program.values[id.index()].view
    }

    pub(super) fn y(&self) -> View {
        self.view(self.step.output)
    }

    /// The first input; the output of a step that has none.
    pub(super) fn x(&self) -> View {
        self.step.inputs.first().map_or_else(|| self.y(), |&id| self.view(id))
    }

    /// What is added or multiplied.
    fn other(&self) -> Option<View> {
        self.step.inputs.get(1).map(|&id| self.view(id))
    }

    /// The views of all operands.
    fn constants(&self) -> Constants {
        let mut constants = Constants::default();
        if !self.step.inputs.is_empty() {
            constants = constants.view("X", &self.x());
        }
        // Where nothing is added, the second operand's places are the output's, and not used.
        let other = self.other();
        constants = constants.bool("RESIDUAL", other.is_some()).view("R", &other.unwrap_or_else(|| self.y()));
        constants.view("Y", &self.y())
    }

    /// A kernel of the step's pointers: its inputs, `x` and `r`, its weights `w`, and its output `y`, as far as there are any.
    pub(super) fn written(
        &self,
        family: &'static str,
        constants: Constants,
        body: &str,
        grid: Grid,
    ) -> Written {
        let packed = |pack: PackId| Argument::Weights(self.plan.packs[pack.index()]);
        let weights = self.step.pack.map(|pack| ("const float* __restrict__ w".to_owned(), packed(pack)));
        self.written_with(family, constants, body, grid, weights.as_slice())
    }

    /// The same with other weights than the packed ones.
    pub(super) fn written_with(
        &self,
        family: &'static str,
        constants: Constants,
        body: &str,
        grid: Grid,
        weights: &[(String, Argument)],
    ) -> Written {
        let arena =
            |id: ValueId| Argument::Arena(self.plan.buffers[self.program.values[id.index()].buffer.index()]);
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        for (name, &id) in ["x", "r"].iter().zip(&self.step.inputs) {
            parameters.push(format!("const {}* {name}", constants::element(self.view(id).layout.element)));
            arguments.push(arena(id));
        }
        for (parameter, argument) in weights {
            parameters.push(parameter.clone());
            arguments.push(*argument);
        }
        parameters.push(format!("{}* y", constants::element(self.y().layout.element)));
        arguments.push(arena(self.step.output));
        let body = code(body);
        // A body may speak of a second input where there is none.
        let second =
            if self.step.inputs.len() < 2 && body.contains("RESIDUAL") { "    auto r = y;\n" } else { "" };
        let body = format!("{second}{body}");
        Written::new(family, &constants, &body, &parameters.join(", "), grid, arguments)
    }

    /// A kernel of a thread for each number of the output, which a fragment computes.
    fn map(
        &self,
        family: &'static str,
        value: &str,
        activation: Activation,
        constants: Constants,
    ) -> Written {
        let value = code(value).trim_end();
        let body = include_str!("bodies/map.cu").replace("$VALUE", value);
        let constants = constants.function("activation", &activation::body(activation));
        self.written(family, constants, &body, Grid::numbers(&self.y()))
    }
}
