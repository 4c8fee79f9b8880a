//! The language's rules, each as a small text and what becomes of it.

mod networks;
#[allow(dead_code, reason = "the tests of single rules follow")]
mod support;
