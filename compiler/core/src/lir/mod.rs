//! The low IR: kernel calls over values that lie in buffers, still without addresses. `lower` makes it from the
//! fused graph; `plan` gives it addresses; backends print it.

mod kernel;
mod pack;
pub mod print;
mod target;
pub mod verify;
pub mod work;

pub use kernel::Need;
pub use target::{Number, Target};

use archc_runtime::layout::{Layout, View};
use archc_runtime::op;

use crate::ir::Shape;
use crate::ir::op::Role;
use crate::ir::scope::{ScopeId, Scopes};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index of the program's list.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A [`Buffer`] of a program.
    BufferId
);
index!(
    /// A [`Value`] of a program.
    ValueId
);
index!(
    /// A [`Step`] of a program, also its place in the order.
    StepId
);
index!(
    /// A [`Pack`] of a program.
    PackId
);
index!(
    /// A [`Tensor`] of a program.
    TensorId
);

/// A network as kernel calls.
#[derive(Clone, Debug)]
pub struct Program {
    /// The net's name.
    pub name: String,
    /// Whose kernels it calls.
    pub target: Target,
    /// The scopes that name the steps, from the graph.
    pub scopes: Scopes,
    /// What lies in memory.
    pub buffers: Vec<Buffer>,
    /// What kernels read and write: views of buffers.
    pub values: Vec<Value>,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// The tensors of a weights file, in the order in which steps use them.
    pub tensors: Vec<Tensor>,
    /// What kernels read: packed tensors, in the order in which steps use them.
    pub packs: Vec<Pack>,
    /// The image; NHWC.
    pub input: ValueId,
    /// What leaves the network: NHWC, whole, one buffer each; names as in the text.
    pub outputs: Vec<(String, ValueId)>,
    /// What the softmax that ends the first output received; NHWC, whole. It may be one of the outputs.
    pub logits: Option<ValueId>,
    /// Further values that stay to the end of a run, as they lie; names as in the text. Several may be one value.
    pub taps: Vec<Tap>,
}

impl Program {
    /// The values that stay to the end of a run: what leaves the network, and the taps.
    pub fn staying(&self) -> impl Iterator<Item = ValueId> {
        let outputs = self.outputs.iter().map(|(_, id)| *id);
        outputs.chain(self.logits).chain(self.taps.iter().map(|tap| tap.value))
    }
}

/// A value that stays to the end of a run, so that it can be looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Tap {
    /// The full name of the operation whose value it is: the last of those that one kernel computes.
    pub name: String,
    /// Its shape: the value's own, or a vector of as many numbers, in the order rows, columns, channels.
    pub shape: Shape,
    /// The value.
    pub value: ValueId,
}

/// A piece of memory that one value has, or that the parts of a concatenation share.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// Rows, without the halo.
    pub height: usize,
    /// Columns, without the halo.
    pub width: usize,
    /// Channels of all parts.
    pub channels: usize,
    /// How the numbers lie.
    pub layout: Layout,
}

impl Buffer {
    /// All of it as a view.
    pub fn view(&self) -> View {
        View {
            height: self.height,
            width: self.width,
            channels: self.channels,
            layout: self.layout,
            first_channel: 0,
            buffer_channels: self.channels,
        }
    }

    /// Memory for one image, in f32 numbers.
    pub fn words(&self) -> usize {
        (self.size() * self.layout.element.size()).div_ceil(size_of::<f32>())
    }

    /// Numbers for one image, halo and padding lanes included. No machine holds what is more than 2^44, which stands for
    /// all of that, so that sums of sizes do not overflow.
    pub fn size(&self) -> usize {
        let Layout { halo, pitch, block, .. } = self.layout;
        let rows = halo.top.saturating_add(self.height).saturating_add(halo.bottom);
        let blocks = self.channels.div_ceil(block);
        let size = [pitch, block, blocks].iter().fold(rows, |size, &n| size.saturating_mul(n));
        size.min(1 << 44)
    }
}

/// What a step reads or writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it lies.
    pub buffer: BufferId,
    /// Which part, and how. Its halo is larger and its plane smaller than the buffer's where zeros are added around it
    /// in place; plane and halo together are the buffer's.
    pub view: View,
    /// The full name of the operation that computes it, for people.
    pub name: String,
}

/// A kernel call.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which kernel, with its attributes.
    pub kernel: Kernel,
    /// What it reads, in the order of the kernel's ports.
    pub inputs: Vec<ValueId>,
    /// What it writes. It may lie over an input at one of [`Kernel::in_place_ports`], with the same view; it overlaps no
    /// other.
    pub output: ValueId,
    /// Its weights, where it has any.
    pub pack: Option<PackId>,
    /// The scope of the operation it comes from.
    pub scope: ScopeId,
    /// For people: `residual1.conv2: conv 3x3 64, bn, relu`, the name as in its scope.
    pub comment: String,
}

/// A kernel with its attributes; `Run` of the runtime has a method for each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// `x`, and what is added if there is a second input.
    Conv(op::Conv),
    /// `x`, and what is added if there is a second input.
    Dense(op::Dense),
    /// `x`
    Pool(op::Pool),
    /// `x`; `AverageWithPadding` does not occur.
    GlobalPool(op::PoolKind),
    /// `x`
    Affine(op::Affine),
    /// `x`
    Rescale(op::Rescale),
    /// `x`
    Lrn(op::Lrn),
    /// `x`; along channels.
    Softmax,
    /// `x`
    Activate(op::Activation),
    /// `a`, `b`; the activation of the sum.
    Add(op::Activation),
    /// `x`, and a gate that is `1x1xC` or of the same shape.
    Multiply,
    /// `x` into an output of any layout, with the corner of `x` at this row and column; the rest of the output, where
    /// it is larger, becomes zeros. Changes of layout, zero padding, concatenations that are not written in place.
    Copy {
        /// The output's row of the first row.
        top: usize,
        /// The output's column of the first column.
        left: usize,
    },
    /// `x` of any plane into `1x1x(H*W*C)`, in the order rows, columns, channels.
    Flatten,
    /// `x`
    Shuffle {
        /// Groups of channels.
        groups: usize,
    },
    /// `x`
    Upsample {
        /// Repetitions of rows and columns.
        factor: [usize; 2],
    },
    /// No input: zeros the halo of the output, which has all channels of its buffer, before anything is written there.
    /// Memory is reused, so it holds something else.
    Clear,
}

/// A tensor of a weights file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The full name: `layer1.0.conv2.weight`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Row-major.
    pub shape: Vec<usize>,
}

/// The packed weights of one kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// How they are made.
    pub kind: PackKind,
    /// Packed numbers; a multiple of 16.
    pub size: usize,
}

/// How packed weights are made; `archc_runtime::weights::spec::Pack` has the layouts.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are those of the runtime's Pack")]
pub enum PackKind {
    Conv { weight: TensorId, bias: Option<TensorId>, norms: Vec<Norm>, groups: usize, packing: op::Packing },
    Dense { weight: TensorId, bias: Option<TensorId>, norms: Vec<Norm>, input: View },
    Affine { norms: Vec<Norm> },
    Normalize { mean: TensorId, variance: TensorId },
}

/// A folded batch normalization.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are those of the runtime's Norm")]
pub struct Norm {
    pub gamma: Option<TensorId>,
    pub beta: TensorId,
    pub mean: TensorId,
    pub variance: TensorId,
    pub eps: f64,
}

/// The rows, columns and channels of a value.
fn shape(view: &View) -> Shape {
    Shape::new(view.height, view.width, view.channels)
}
