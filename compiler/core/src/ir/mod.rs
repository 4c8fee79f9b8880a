//! The graph of a network: operators connected by values, each value with a shape.

pub mod budget;
pub mod graph;
pub mod lineage;
pub mod op;
pub mod preprocess;
pub mod print;
pub mod scope;
pub mod shape;
pub mod summary;
pub mod verify;

pub use graph::{Graph, Node, NodeId, Output};
pub use op::Op;
pub use scope::{Origin, ScopeId, ScopeKind, Scopes};
pub use shape::{Padding, Shape, ShapeError};
