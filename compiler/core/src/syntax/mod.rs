//! From text to a tree with spans. pest's pairs never leave this module.

pub mod ast;
mod lexer;
mod operators;
mod parser;
pub mod print;
mod scan;
pub mod vocabulary;

pub use parser::{parse, parse_expression};
pub use scan::{MAX_BYTES, MAX_NESTING};
