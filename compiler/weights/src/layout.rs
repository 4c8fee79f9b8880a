//! The layouts of the frameworks' tensors, and how they become archc's.

use crate::framework::Framework;
use crate::order::InputOrder;
use archc_core::ir::op::{Op, Role, Weight};

/// How a framework's tensor becomes archc's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// The framework's tensor seen as `[outputs, inputs, taps]`, which become `[taps, inputs, outputs]`; `None` where
    /// its dimensions are in archc's order.
    reversed: Option<[usize; 3]>,
    /// At each of archc's inputs, the framework's; empty where they are the same.
    inputs: Vec<usize>,
    /// Whether these are the variances of an input of Keras's.
    input_variance: bool,
}

/// What Keras's own EfficientNets for ImageNet hold as the variance of their input: its square root, which was taken for
/// the variance when they were made. Keras's network has a layer that divides by its root once more; archc's has not,
/// and the variance is what it should be.
const IMAGENET_DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

impl Layout {
    /// The layout of a tensor of the framework's shape `theirs` that becomes `ours`; `None` if it cannot. `order`
    /// is that of the operator's inputs, where it differs.
    ///
    /// A convolution of 1x1 and a dense layer take each other's tensors: both hold `[inputs, outputs]`. A dense layer
    /// behind a `flatten` takes those of PyTorch's convolution of the whole plane.
    pub(crate) fn new(
        framework: Framework,
        op: &Op,
        ours: &Weight,
        theirs: &[usize],
        order: Option<&InputOrder>,
    ) -> Option<Layout> {
        let kernel = ours.role == Role::Kernel;
        let reversed = match framework {
            _ if !kernel => (ours.shape == theirs).then_some(None)?,
            Framework::Keras => keras(op, &ours.shape, theirs).then_some(None)?,
            Framework::Torch => Some(torch(&ours.shape, theirs, order)?),
        };
        // The vectors of a normalization follow what arrives; those that were folded into another operator, and
        // biases, follow what leaves.
        let follows = kernel || matches!(op, Op::BatchNorm(_) | Op::Normalize(_));
        let inputs = order.filter(|_| follows).map(|order| order.places.clone()).unwrap_or_default();
        let input_variance =
            framework == Framework::Keras && matches!(op, Op::Normalize(_)) && ours.role == Role::Variance;
        Some(Layout { reversed, inputs, input_variance })
    }

    /// The numbers in archc's order.
    pub(crate) fn convert(&self, theirs: Vec<f32>) -> Vec<f32> {
        let input = |i: usize| self.inputs.get(i).copied().unwrap_or(i);
        match self.reversed {
            None if self.input_variance && is_imagenet_deviation(&theirs) => {
                theirs.into_iter().map(|x| x * x).collect()
            }
            None if self.inputs.is_empty() => theirs,
            None => (0..theirs.len()).filter_map(|i| theirs.get(input(i)).copied()).collect(),
            Some([outputs, inputs, taps]) => {
                let mut ours = Vec::with_capacity(theirs.len());
                for tap in 0..taps {
                    for i in (0..inputs).map(input) {
                        ours.extend((0..outputs).filter_map(|o| theirs.get((o * inputs + i) * taps + tap)));
                    }
                }
                ours
            }
        }
    }
}

fn is_imagenet_deviation(numbers: &[f32]) -> bool {
    // As close as 16-bit numbers are; the variances themselves are four times as small.
    numbers.len() == 3 && numbers.iter().zip(IMAGENET_DEVIATION).all(|(x, y)| (x - y).abs() < 1e-2 * y)
}

/// Whether a Keras kernel holds archc's numbers in archc's order. A depthwise one is `(rows, columns, channels,
/// multiplier)`, and archc's output channels count through both.
fn keras(op: &Op, ours: &[usize], theirs: &[usize]) -> bool {
    match (ours, theirs) {
        (&[kh, kw, 1, out], &[h, w, channels, multiplier]) if is_depthwise(op, channels) => {
            (kh, kw) == (h, w) && channels.checked_mul(multiplier) == Some(out)
        }
        _ => without_taps(ours) == without_taps(theirs),
    }
}

fn is_depthwise(op: &Op, channels: usize) -> bool {
    matches!(op, Op::Conv(conv) if conv.groups == channels)
}

/// `[1, 1, inputs, outputs]` as `[inputs, outputs]`.
fn without_taps(shape: &[usize]) -> &[usize] {
    match shape {
        [1, 1, rest @ ..] if rest.len() == 2 => rest,
        all => all,
    }
}

/// PyTorch's `(outputs, inputs / groups, rows, columns)` or `(outputs, inputs)`, seen as three dimensions.
fn torch(ours: &[usize], theirs: &[usize], order: Option<&InputOrder>) -> Option<[usize; 3]> {
    let [kh, kw, inputs, outputs] = four(ours)?;
    let plane = order.and_then(|order| order.plane);
    let fits = match *theirs {
        [o, i] => [o, i, 1, 1] == [outputs, inputs, kh, kw],
        [o, i, h, w] => {
            [o, i, h, w] == [outputs, inputs, kh, kw]
                || ours.len() == 2
                    && plane.is_some_and(|p| [o, i, h, w] == [outputs, p.channels, p.height, p.width])
        }
        _ => false,
    };
    fits.then_some([outputs, inputs, kh * kw])
}

/// `[inputs, outputs]` as `[1, 1, inputs, outputs]`.
fn four(shape: &[usize]) -> Option<[usize; 4]> {
    match *shape {
        [inputs, outputs] => Some([1, 1, inputs, outputs]),
        [kh, kw, inputs, outputs] => Some([kh, kw, inputs, outputs]),
        _ => None,
    }
}
