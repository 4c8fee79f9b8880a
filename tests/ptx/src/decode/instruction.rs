//! Instructions in the form that is executed: what to do, and which registers.

use super::types::{File, Type};
use crate::counts::Class;
use crate::number::Round;
use crate::text::Space;

/// Operations of two whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    MulHigh,
    Div,
    Rem,
    Min,
    Max,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// Operations of one whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Neg,
    Abs,
    Popc,
    Clz,
    Brev,
    /// Where the highest bit is that is not the sign's.
    Bfind,
    /// How far that has to go to be the highest.
    BfindShift,
}

/// Which part of a product is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Low,
    High,
    Wide,
}

/// Operations of two floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatBinary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    MinNan,
    MaxNan,
    CopySign,
}

/// Operations of one float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatUnary {
    Neg,
    Abs,
    Sqrt,
    Rsqrt,
    Rcp,
    Ex2,
    Lg2,
    Sin,
    Cos,
    Tanh,
}

/// Operations of halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HalfOperation {
    Add,
    Sub,
    Mul,
    Fma,
    Min,
    Max,
    Neg,
    Abs,
    Ex2,
    Tanh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// The same, and true when one is not a number.
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    /// Both are numbers.
    Num,
    /// One is not a number.
    Nan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
    Xor,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shuffle {
    Up,
    Down,
    Butterfly,
    Index,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    All,
    Any,
    Uniform,
    Ballot,
    /// `bar.red.popc`
    Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Atomic {
    Add,
    Min,
    Max,
    And,
    Or,
    Xor,
    Exchange,
    CompareExchange,
    /// Up to a bound, then from zero again.
    Increment,
    Decrement,
}

/// How `prmt` takes its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permute {
    Selector,
    ForwardFour,
    BackwardFour,
    Replicate8,
    ClampLeft,
    ClampRight,
    Replicate16,
}

/// Types that the matrix unit multiplies; sums are f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matrix {
    /// m16n8k16
    Bf16,
    /// m16n8k16
    F16,
    /// m16n8k8
    Bf16Half,
    /// m16n8k8
    F16Half,
    /// m16n8k8
    Tf32,
    /// m16n8k4
    Tf32Half,
}

/// How a load or store goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) space: Space,
    /// Type of one element in memory.
    pub(crate) element: Type,
    /// Bytes of the register: elements are extended to them.
    pub(crate) register: u8,
    /// Elements.
    pub(crate) parts: u8,
    /// The register that holds the address has 64 bits.
    pub(crate) wide_address: bool,
    /// Volatile, relaxed, acquire, release: it does not race with atomics.
    pub(crate) strong: bool,
}

/// What an instruction does. `d` and `s` are the registers that it writes and reads, in the order of PTX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer(Binary, Type),
    MulWide(Type),
    Mad(Part, Type),
    IntegerUnary(Unary, Type),
    /// The distance of two numbers, and a third.
    Sad(Type),
    Lop3(u8),
    Prmt(Permute),
    Bfe(Type),
    Bfi(Type),
    Funnel {
        left: bool,
        clamp: bool,
    },
    Dp2a {
        signed: bool,
        high: bool,
    },
    Dp4a {
        signed: bool,
    },
    /// f32, or f64 where it is wide.
    Float {
        operation: FloatBinary,
        wide: bool,
    },
    /// f32, not rounded to the nearest.
    FloatRounded {
        operation: FloatBinary,
        round: Round,
    },
    FloatUnary {
        operation: FloatUnary,
        wide: bool,
    },
    Fma {
        round: Round,
        wide: bool,
        saturate: bool,
    },
    Half {
        operation: HalfOperation,
        bf16: bool,
        packed: bool,
        relu: bool,
    },
    /// `s[2]` is combined with the result where there is a logic; `d[1]` is the complement where there is one.
    Set {
        compare: Compare,
        of: Type,
        combine: Option<Logic>,
    },
    Select(File),
    Move(File),
    Logic(Logic),
    /// Parts of as many bits to one register, of 64 bits where it is wide, the first lowest.
    Join {
        bits: u8,
        wide: bool,
    },
    /// One register to parts of as many bits.
    Split {
        bits: u8,
        wide: bool,
    },
    Convert {
        to: Type,
        from: Type,
        round: Round,
        saturate: bool,
        relu: bool,
    },
    /// Two f32 to a pair of halves, the first in the upper half.
    ConvertPair {
        bf16: bool,
        zero: bool,
        relu: bool,
    },
    Load(Transfer),
    Store(Transfer),
    Atomic {
        operation: Atomic,
        of: Type,
        space: Space,
        wide_address: bool,
    },
    ToGeneric(Space),
    FromGeneric(Space),
    /// To `offset`.
    Branch,
    Exit,
    Barrier,
    BarrierReduce(Vote),
    WarpBarrier,
    Shuffle(Shuffle),
    Vote(Vote),
    ActiveMask,
    Reduce(Binary, Type),
    /// Whether other blocks see what came before.
    Fence {
        device: bool,
    },
    /// From `s[1]` in global memory to `s[0]` in shared memory, `s[2]` bytes of them from there and zeros behind.
    CopyAsync {
        bytes: u8,
        sized: bool,
        wide_to: bool,
    },
    Commit,
    /// Until at most `offset` groups are under way.
    Wait,
    LoadMatrix {
        count: u8,
        transposed: bool,
        wide_address: bool,
    },
    MoveMatrix,
    Mma(Matrix),
    Trap,
    Nothing,
}

/// An instruction with registers of type `R`: virtual ones while it is decoded, indices when it is executed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    /// The predicate that guards it, and whether it is negated.
    pub(crate) guard: Option<(Register, bool)>,
    pub(crate) d: Vec<Register>,
    pub(crate) s: Vec<Register>,
    pub(crate) offset: i32,
}

/// A register while it is not known yet where it will lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Register {
    pub(crate) file: File,
    pub(crate) index: u32,
}

/// An instruction that can be executed: as a [`Draft`], with its registers where they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) kind: Kind,
    /// Index of the guard, or [`NO_GUARD`].
    pub(crate) guard: u16,
    pub(crate) negated: bool,
    /// How many of `d` there are.
    pub(crate) written: u8,
    pub(crate) d: [u16; 4],
    pub(crate) s: [u16; 10],
    pub(crate) offset: i32,
}

pub(crate) const NO_GUARD: u16 = u16::MAX;

impl Kind {
    pub(crate) fn class(self) -> Class {
        match self {
            Self::Integer(..)
            | Self::MulWide(_)
            | Self::Mad(..)
            | Self::IntegerUnary(..)
            | Self::Sad(_)
            | Self::Lop3(_)
            | Self::Prmt(_)
            | Self::Bfe(_)
            | Self::Bfi(_)
            | Self::Funnel { .. }
            | Self::Dp2a { .. }
            | Self::Dp4a { .. }
            | Self::Set { .. }
            | Self::Select(_)
            | Self::Move(_)
            | Self::Logic(_)
            | Self::Join { .. }
            | Self::Split { .. }
            | Self::ToGeneric(_)
            | Self::FromGeneric(_)
            | Self::ActiveMask
            | Self::Nothing => Class::Integer,
            Self::FloatUnary { operation: FloatUnary::Neg | FloatUnary::Abs, .. }
            | Self::Float { .. }
            | Self::FloatRounded { .. }
            | Self::Fma { .. }
            | Self::Half { .. } => Class::Float,
            Self::FloatUnary { .. } => Class::Special,
            Self::Convert { .. } | Self::ConvertPair { .. } => Class::Convert,
            Self::Load(t) | Self::Store(t) => match t.space {
                Space::Global | Space::Generic => Class::Global,
                Space::Shared => Class::Shared,
                Space::Local => Class::Local,
                Space::Const | Space::Param => Class::Constant,
            },
            Self::Atomic { .. } | Self::Fence { .. } => Class::Atomic,
            Self::Branch | Self::Exit | Self::Trap => Class::Control,
            Self::Barrier
            | Self::BarrierReduce(_)
            | Self::WarpBarrier
            | Self::Shuffle(_)
            | Self::Vote(_)
            | Self::Reduce(..)
            | Self::MoveMatrix => Class::Exchange,
            Self::CopyAsync { .. } | Self::Commit | Self::Wait => Class::AsyncCopy,
            Self::LoadMatrix { .. } => Class::LoadMatrix,
            Self::Mma(_) => Class::Matrix,
        }
    }
}
