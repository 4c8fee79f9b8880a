//! Weights on the compiler's side: seeded ones, those of other frameworks under their names and in their layouts, and
//! files of safetensors.

mod dtype;
mod framework;
mod import;
mod layers;
mod layout;
mod mapping;
mod maps;
mod names;
pub mod numpy;
mod order;
mod propose;
mod read;
pub mod seeded;
mod store;

pub use framework::Framework;
pub use import::{Match, MatchError, MatchedBy, Options, WriteError, match_tensors, write};
pub use layers::{Layers, match_layers};
pub use mapping::{MapErrors, MapProblem, Mapping, map_names};
pub use maps::maps;
pub use names::{MapSyntaxError, NameMap};
pub use read::{FileTensor, ReadError, WeightsFile};
pub use store::{FileError, Store, Tensor};
