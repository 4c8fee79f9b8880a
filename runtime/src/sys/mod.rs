//! What the operating system and the allocator are asked for.

mod arena;

pub(crate) use arena::Arena;
