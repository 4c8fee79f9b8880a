//! The language's rules, each as a small text and what becomes of it.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod combinators;
mod defaults;
mod files;
mod limits;
mod messages;
mod naming;
mod nets;
mod networks;
mod operations;
mod outputs;
mod preprocess;
mod random;
mod resolving;
mod shapes;
mod support;
mod values;
