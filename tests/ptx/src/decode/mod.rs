//! From the tree of a text to kernels that can be executed.

mod allocate;
mod instruction;
mod kernel;
mod opcode;
mod types;

pub(crate) use instruction::{
    Atomic, Binary, Compare, FloatBinary, FloatUnary, HalfOperation, Instruction, Kind, Logic, Matrix,
    NO_GUARD, Part, Permute, Shuffle, Transfer, Unary, Vote,
};
pub(crate) use kernel::{Constant, Kernel, LOCAL_WINDOW, SHARED_WINDOW, Special};
pub use kernel::{KernelInfo, Module};
pub(crate) use types::{File, Type};
