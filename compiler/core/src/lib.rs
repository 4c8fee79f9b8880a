//! The pipeline of archc, from text to generated files. It does no input or output: a host (command line, build
//! script, language server) reads and writes.
//!
//! One direction only, each stage sees its predecessor's output:
//!
//! ```text
//! text -> syntax -> expand -> ir -> passes -> lir -> plan -> backend -> files
//! ```

pub mod backend;
pub mod compile;
pub mod diagnostic;
pub mod expand;
pub mod ir;
pub mod labels;
pub mod lir;
pub mod lower;
pub mod passes;
pub mod plan;
pub mod source;
pub mod syntax;
