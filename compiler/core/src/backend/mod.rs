//! From a planned program to files. Backends see the low IR and the plan, never the graph's operators.

pub mod cuda;
mod interface;
pub mod rust;

pub use interface::Backend;
