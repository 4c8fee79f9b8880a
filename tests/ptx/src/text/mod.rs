//! PTX text as a tree: names resolved to registers, every instruction with its line and the line of CUDA C it came from.

mod lexer;
mod parser;
mod tree;

pub(crate) use parser::parse;
pub(crate) use tree::{Instruction, Kernel, Module, Operand, Origin, Space, Statement, Variable};
