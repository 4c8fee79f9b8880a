//! From text to a tree with spans. pest's pairs never leave this module.

pub mod ast;
pub mod vocabulary;
