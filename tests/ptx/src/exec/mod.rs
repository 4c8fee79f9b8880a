//! Execution of a launch: the grid's blocks, their warps, and what each instruction does.

mod access;
mod arithmetic;
mod atomics;
mod block;
mod conversion;
mod copies;
mod exchange;
mod floats;
mod grid;
mod halves;
mod matrix;
mod registers;
mod warp;

pub(crate) use grid::{Request, launch};
