//! The pipeline of archc, from text to generated files. It does no input or output: a host (command line, build
//! script, language server) reads and writes.
//!
//! One direction only, each stage sees its predecessor's output:
//!
//! ```text
//! text -> syntax -> expand -> ir -> passes -> lir -> plan -> backend -> files
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests read files"))]

pub mod backend;
mod budget;
pub mod compile;
pub mod cuda;
pub mod diagnostic;
pub mod expand;
pub mod identifier;
pub mod ir;
pub mod labels;
pub mod lir;
pub mod lower;
pub mod mode;
pub mod passes;
pub mod plan;
pub mod readable;
pub mod source;
pub mod syntax;
pub mod taps;
pub mod tune;
