//! Kernels: one file each. A kernel is a struct that its constructor has checked; it computes any range of its work items.

pub(crate) mod activation;
#[cfg(target_arch = "x86_64")]
pub(crate) mod amx;
mod chunk;
pub(crate) mod clear;
pub(crate) mod conv;
pub(crate) mod copy;
pub(crate) mod dense;
pub(crate) mod depthwise;
pub(crate) mod flatten;
pub(crate) mod global_pool;
pub(crate) mod lrn;
pub(crate) mod memory;
mod operands;
pub(crate) mod place;
pub(crate) mod pointwise;
pub(crate) mod pool;
mod reduction;
#[cfg(feature = "roofline")]
pub(crate) mod roof;
pub(crate) mod scratch;
pub(crate) mod shuffle;
pub(crate) mod softmax;
mod strip;
pub(crate) mod table;
mod tile;
pub(crate) mod upsample;
pub(crate) mod winograd;

use crate::isa::Isa;
use crate::session::Lap;
use crate::simd::{Simd, Work, dispatch};
use crate::sys::Team;
use chunk::Chunk;
use core::fmt;
use core::ops::Range;
use place::Place;
use scratch::Scratch;

/// A kernel with its arguments, checked. What it computes is cut into work items that write to different places and
/// depend on nothing that another writes, so that threads can claim them in any order.
pub(crate) trait Kernel: Sync {
    /// How many work items there are.
    fn items(&self) -> usize;

    /// About how many operations on 16 numbers all items take together: multiplications with an addition, or loads where
    /// these are more. It decides how many threads are worth their while.
    fn cost(&self) -> usize;

    /// How it computes, in a word or two, for people who look where time goes.
    fn algorithm(&self) -> &'static str;

    /// Multiplications, each with an addition, that all items do together, without those of transforms and padding lanes.
    fn products(&self) -> u64 {
        0
    }

    /// Whether AMX does them.
    fn on_tiles(&self) -> bool {
        false
    }

    /// Numbers that a thread needs for itself while it computes.
    fn scratch(&self) -> usize {
        0
    }

    /// Computes some of them. `scratch` holds as much as the kernel asks for: anything, but a number that is zero before the
    /// thread's first items, and then everything as those before have left it.
    ///
    /// `#[inline(always)]`, so that it is compiled for the token's instruction set.
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]);
}

/// Operations on 16 numbers that are worth a thread: a core does them in a few microseconds, in which a job reaches
/// another thread and its result comes back.
const WORTH_A_THREAD: usize = 1 << 11;

/// What kernels are computed with.
#[derive(Debug)]
pub(crate) struct Launcher<'m> {
    isa: Isa,
    team: Team,
    scratch: Scratch<'m>,
    /// See [`WORTH_A_THREAD`].
    grain: usize,
    laps: Option<Laps<'m>>,
}

/// What is called when a step is done.
struct Laps<'m>(&'m mut (dyn FnMut(Lap) + 'm));

impl fmt::Debug for Laps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Laps")
    }
}

impl<'m> Launcher<'m> {
    /// On this thread.
    pub(crate) fn new(isa: Isa) -> Launcher<'m> {
        Launcher { isa, team: Team::ALONE, scratch: Scratch::NONE, grain: WORTH_A_THREAD, laps: None }
    }

    /// On these threads.
    pub(crate) fn with_team(self, team: Team) -> Launcher<'m> {
        Launcher { team, ..self }
    }

    /// With memory for kernels whose threads need some of their own.
    pub(crate) fn with_scratch(self, scratch: Scratch<'m>) -> Launcher<'m> {
        Launcher { scratch, ..self }
    }

    /// With something to call when a step is done.
    pub(crate) fn with_laps(self, laps: &'m mut (dyn FnMut(Lap) + 'm)) -> Launcher<'m> {
        Launcher { laps: Some(Laps(laps)), ..self }
    }

    /// Gives a kernel as many threads as its cost has multiples of this.
    pub(crate) fn set_grain(&mut self, grain: usize) {
        self.grain = grain.max(1);
    }

    /// Computes all of a step's kernel, of its last where it has several: one launch is one lap.
    pub(crate) fn launch<K: Kernel>(&mut self, kernel: &K) {
        self.prepare(kernel);
        if let Some(Laps(lap)) = &mut self.laps {
            let (algorithm, products) = (kernel.algorithm(), kernel.products());
            lap(Lap { algorithm, products, on_tiles: kernel.on_tiles() });
        }
    }

    /// Computes all of a kernel that the step's next one needs.
    pub(crate) fn prepare<K: Kernel>(&mut self, kernel: &K) {
        let (isa, items, size) = (self.isa, kernel.items(), kernel.scratch());
        self.scratch.begin(size);
        let scratch = &self.scratch;
        let most = scratch.threads(size);
        assert!(most > 0, "a kernel needs {size} numbers for a thread of its own, see `Run::with_scratch`");
        let work = |thread: usize, items: Range<usize>| {
            // Safety: threads of a team have different numbers, each below the number of threads that share a kernel.
            let scratch = unsafe { scratch.of(thread, size) };
            dispatch(isa, Items { kernel, items, scratch });
        };
        if self.team.threads() == 1 || items < 2 {
            return work(0, 0..items);
        }
        let cost = kernel.cost().max(1);
        let small = (self.grain / 2).saturating_mul(items) / cost;
        self.team.share(items, small, items.min(cost / self.grain).min(most), &work);
    }
}

/// Some of a kernel's work items.
#[derive(Debug)]
struct Items<'k, K> {
    kernel: &'k K,
    items: Range<usize>,
    scratch: &'k mut [f32],
}

impl<K: Kernel> Work for Items<'_, K> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.kernel.run(simd, self.items, self.scratch);
    }
}

/// Work items over images, blocks of channels and rows. As those of convolutions they run through the rows of a large plane
/// and through the channels of a small one, so that a thread finds in its cache what it wrote in the layer before.
#[derive(Clone, Copy, Debug)]
struct Rows {
    images: usize,
    blocks: usize,
    rows: usize,
    /// Whether blocks run fastest.
    large: bool,
}

impl Rows {
    /// All rows and blocks of a value.
    fn of(y: &Place<'_>) -> Rows {
        let large = Chunk::count(y) > 1;
        Rows { images: y.images, blocks: y.blocks(), rows: y.view.height, large }
    }

    /// All rows of a value, with all blocks of each.
    fn whole(y: &Place<'_>) -> Rows {
        Rows { blocks: 1, ..Rows::of(y) }
    }

    fn count(&self) -> usize {
        self.images * self.blocks * self.rows
    }

    /// The image, the block and the row of an item.
    #[inline(always)]
    fn split(&self, item: usize) -> (usize, usize, usize) {
        let Rows { blocks, rows, large, .. } = *self;
        let (image, item) = (item / (blocks * rows), item % (blocks * rows));
        let (block, row) = if large { (item % blocks, item / blocks) } else { (item / rows, item % rows) };
        (image, block, row)
    }
}
