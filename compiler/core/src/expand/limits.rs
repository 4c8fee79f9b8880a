//! The bounds that make every text end, also a hostile one, in bounded time and memory. Nesting within a file is
//! bounded by the parser.

/// Files that make one network.
pub(super) const FILES: usize = 64;
/// Bytes of one file.
pub(super) const FILE_BYTES: usize = 1 << 20;
/// Calls of blocks within calls of blocks.
pub(super) const CALL_DEPTH: usize = 32;
/// Aliases that stand for aliases.
pub(super) const ALIASES: usize = 32;
/// Statements executed, expressions evaluated, and numbers compared, all together.
pub(super) const STEPS: u64 = 1_000_000;
/// What a scope counts as among the steps: it has a name to be stored.
pub(super) const STEPS_OF_A_SCOPE: u64 = 16;
/// Iterations of one loop.
pub(super) const REPEATS: usize = 10_000;
/// Values in a list, those in its lists included.
pub(super) const LIST_LENGTH: usize = 65_536;
/// Lists within lists.
pub(super) const LIST_DEPTH: usize = 16;
/// Operations of a network.
pub(super) const NODES: usize = 20_000;
/// Numbers in all weights of a network.
pub(super) const WEIGHTS: u64 = 1 << 36;
/// The largest whole number that a size, a count or an attribute may be. Sums and products of three of these stay far
/// from overflowing where shapes are inferred.
pub(super) const WHOLE: f64 = (1u64 << 31) as f64;
/// Errors after which the rest is left out, and as many warnings.
pub(super) const ERRORS: usize = 50;
/// Labels of a diagnostic that tell the calls and loops that led to it.
pub(super) const BACKTRACE: usize = 12;
