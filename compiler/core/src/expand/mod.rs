//! From parsed files to a graph: blocks are called, loops repeated, expressions evaluated, and every operation added
//! through the builder that infers its shape, so that expressions may read shapes.
//!
//! [`load`] reads and parses the main file and what it uses, and resolves every name. [`expand`] executes the net.
//!
//! # Names in the graph
//!
//! - An operation is its word and its ordinal among the operations of that word in its scope, from 1: `conv2`. A label
//!   replaces that name, and the operation counts all the same, so that a label renames nothing else. `input` is
//!   `input`.
//! - Scopes, joined by dots, come before it. A call of a block opens `bottleneck1`; a loop `stack1` or `for1`, and in
//!   it every iteration its index, from 0; `residual1`, in it `residual1.shortcut`; `branch1`; `gate1`. Branches are
//!   numbered in the scope around the inception, which opens none itself, nor do `if` and `defaults`. A `separable`
//!   opens `separable1`, with the nodes `depthwise` and `pointwise`.
//! - What combinators compute has names that count with no operation: `residual1.add` is the sum, `gate1.multiply` the
//!   product, `inception1` the concatenation, in the scope around it and with the inception's label if it has one.
//!   `add x` and `concat x` in the text are `add1` and `concat1`.
//! - An operation that follows a residual's sum is named in the scope around the residual.

mod attributes;
mod call;
mod combine;
mod evaluate;
mod files;
mod function;
mod limits;
mod load;
mod loops;
mod lower;
mod machine;
mod naming;
mod number;
mod operation;
mod outputs;
mod preprocess;
mod provenance;
mod report;
mod request;
mod resolve;
mod shape_error;
mod statement;
mod value;
mod window;
pub mod zoo;

pub use files::{Files, ReadError};
pub(crate) use files::{ZOO, join, normalize};
pub use load::{Loaded, load};
pub use request::{Measured, Request};

use crate::diagnostic::Diagnostics;
use crate::ir::Graph;

/// Executes the selected net. `None` after errors, all of which are in `diagnostics`. The graph holds what
/// [`verify`](crate::ir::verify::verify) checks.
pub fn expand(loaded: &Loaded, request: &Request, diagnostics: &mut Diagnostics) -> Option<Graph> {
    let graph = machine::Expander::new(loaded, diagnostics).run(&request.outputs);
    if graph.is_none() {
        diagnostics.drop_warnings();
    }
    graph
}
