//! From a word of the language with its operands to an operator of the graph.

use super::attributes::Operands;
use super::machine::Expander;
use crate::ir::op::{
    Activation, BatchNorm, Conv, Dense, Dropout, Epilogue, Flatten, GlobalPool, Lrn, Normalize, Op, Pool,
    PoolKind, Rescale, Shuffle, Softmax, Upsample, ZeroPad,
};
use crate::ir::shape::{Padding, Shape, Window};
use crate::syntax::vocabulary::OperationKind;

/// What an operation becomes.
pub(super) enum Lowered {
    One(Op),
    /// `separable`: one after the other.
    Two {
        depthwise: Op,
        pointwise: Op,
    },
}

impl<'a> Expander<'a, '_> {
    /// The operator, for a value of `shape`. `None` after an error, and where it depends on a shape that is unknown.
    pub(super) fn lower(&mut self, operands: &Operands<'a>, shape: Option<Shape>) -> Option<Lowered> {
        let op = match operands.kind {
            OperationKind::Conv => self.conv(operands, shape)?,
            OperationKind::Depthwise => {
                let bias = self.flag(operands, "bias");
                let window = self.conv_window(operands)?;
                let channels = shape.map(|s| s.channels);
                let padding = self.conv_padding(operands, shape, window, channels)?;
                depthwise(window, padding, channels?, bias?)
            }
            OperationKind::Separable => return self.separable(operands, shape),
            OperationKind::Dense => {
                let channels = self.count(operands, 0, "the number of channels");
                let bias = self.flag(operands, "bias");
                Op::Dense(Dense {
                    channels: channels?,
                    bias: bias?,
                    flattens: false,
                    epilogue: Epilogue::default(),
                })
            }
            OperationKind::MaxPool => self.pool(operands, shape, PoolKind::Max)?,
            OperationKind::AvgPool => self.pool(operands, shape, PoolKind::Average)?,
            OperationKind::GlobalAvgPool => Op::GlobalPool(GlobalPool { kind: PoolKind::Average }),
            OperationKind::GlobalMaxPool => Op::GlobalPool(GlobalPool { kind: PoolKind::Max }),
            OperationKind::BatchNorm => {
                let eps = self.number(operands, "eps", |n| n >= 0.0, "at least 0");
                let scale = self.flag(operands, "scale");
                Op::BatchNorm(BatchNorm { eps: eps?, scale: scale? })
            }
            OperationKind::Lrn => self.lrn(operands)?,
            OperationKind::Dropout => {
                let (value, span) = self.positional(operands, 0);
                let fits = |n| (0.0..1.0).contains(&n);
                let rate = self.real(&value, span, "the rate of dropout", fits, "from 0 to below 1")?;
                Op::Dropout(Dropout { rate })
            }
            OperationKind::Flatten => Op::Flatten(Flatten),
            OperationKind::Softmax => Op::Softmax(Softmax),
            OperationKind::ZeroPad => {
                let (value, span) = self.positional(operands, 0);
                Op::ZeroPad(ZeroPad { padding: self.margin(&value, span, "`zeropad`", "a number")? })
            }
            OperationKind::Rescale => {
                let (value, span) = self.positional(operands, 0);
                let scale = self.real(&value, span, "the factor", is_single, SINGLE);
                let offset = self.number(operands, "offset", is_single, SINGLE);
                Op::Rescale(Rescale { scale: scale?, offset: offset? })
            }
            OperationKind::Normalize => Op::Normalize(Normalize),
            OperationKind::Relu => Op::Activation(Activation::Relu),
            OperationKind::Relu6 => Op::Activation(Activation::Relu6),
            OperationKind::LeakyRelu => {
                let slope = self.number(operands, "slope", is_single, SINGLE)?;
                Op::Activation(Activation::LeakyRelu { slope })
            }
            OperationKind::Tanh => Op::Activation(Activation::Tanh),
            OperationKind::Sigmoid => Op::Activation(Activation::Sigmoid),
            OperationKind::Swish => Op::Activation(Activation::Swish),
            OperationKind::Gelu => Op::Activation(Activation::Gelu),
            OperationKind::HardSwish => Op::Activation(Activation::HardSwish),
            OperationKind::HardSigmoid => Op::Activation(Activation::HardSigmoid),
            OperationKind::Shuffle => {
                Op::Shuffle(Shuffle { groups: self.count(operands, 0, "the number of groups")? })
            }
            OperationKind::Upsample => {
                let (value, span) = self.positional(operands, 0);
                Op::Upsample(Upsample { factor: self.size(&value, span, "the factor")? })
            }
        };
        Some(Lowered::One(op))
    }

    fn conv(&mut self, operands: &Operands<'a>, shape: Option<Shape>) -> Option<Op> {
        let channels = self.count(operands, 1, "the number of channels");
        let groups = self.count_of(operands, "group");
        let bias = self.flag(operands, "bias");
        let window = self.conv_window(operands)?;
        let padding = self.conv_padding(operands, shape, window, channels);
        let (channels, groups, bias, padding) = (channels?, groups?, bias?, padding?);
        Some(Op::Conv(Conv { window, padding, channels, groups, bias, epilogue: Epilogue::default() }))
    }

    fn separable(&mut self, operands: &Operands<'a>, shape: Option<Shape>) -> Option<Lowered> {
        let channels = self.count(operands, 1, "the number of channels");
        let bias = self.flag(operands, "bias");
        let window = self.conv_window(operands)?;
        let padding = self.conv_padding(operands, shape, window, channels);
        let (channels, bias, padding) = (channels?, bias?, padding?);
        let pointwise = Op::Conv(Conv {
            window: Window::new([1, 1], [1, 1]),
            padding: Padding::NONE,
            channels,
            groups: 1,
            bias,
            epilogue: Epilogue::default(),
        });
        Some(Lowered::Two { depthwise: depthwise(window, padding, shape?.channels, false), pointwise })
    }

    fn pool(&mut self, operands: &Operands<'a>, shape: Option<Shape>, kind: PoolKind) -> Option<Op> {
        let ceil = self.flag(operands, "ceil");
        let count_pad = match kind {
            PoolKind::Max => Some(false),
            PoolKind::Average => self.flag(operands, "count_pad"),
        };
        let window = self.pool_window(operands)?;
        let padding = self.pool_padding(operands, shape, window)?;
        Some(Op::Pool(Pool { kind, window, padding, ceil: ceil?, count_pad: count_pad? }))
    }

    fn lrn(&mut self, operands: &Operands<'a>) -> Option<Op> {
        let size = self.count(operands, 0, "the number of channels");
        let alpha =
            self.number(operands, "alpha", |n| n >= 0.0 && is_single(n), "at least 0, and at most 3.4e38");
        let beta =
            self.number(operands, "beta", |n| n >= 0.0 && is_single(n), "at least 0, and at most 3.4e38");
        let k = self.number(operands, "k", |n| n > 0.0 && is_single(n), "above 0, and at most 3.4e38");
        let mean = self.flag(operands, "mean");
        let (size, mut alpha) = (size?, alpha?);
        if mean? {
            alpha /= size as f64;
        }
        Some(Op::Lrn(Lrn { size, alpha, beta: beta?, k: k? }))
    }
}

fn depthwise(window: Window, padding: Padding, channels: usize, bias: bool) -> Op {
    Op::Conv(Conv { window, padding, channels, groups: channels, bias, epilogue: Epilogue::default() })
}

/// Whether a number stays finite in the 32 bits that kernels compute with.
fn is_single(number: f64) -> bool {
    (number as f32).is_finite()
}

/// What [`is_single`] asks for, in words.
const SINGLE: &str = "between -3.4e38 and 3.4e38";
