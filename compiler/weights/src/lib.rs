//! Weights on the compiler's side: seeded ones, those of other frameworks under their names and in their layouts, and
//! files of safetensors.

mod framework;
mod layout;
mod mapping;
mod maps;
mod names;
mod order;
pub mod seeded;
mod store;

pub use framework::Framework;
pub use mapping::{MapErrors, MapProblem, Mapping, map_names};
pub use maps::maps;
pub use names::{MapSyntaxError, NameMap};
pub use store::{FileError, Store, Tensor};
