//! What generated code says of a network's kernels.

use crate::spec::Network;
use crate::weights::matrix::Matrix;

/// A network's kernels, as its generated module describes them.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Shapes, weights, and where values lie in the arena.
    pub network: &'static Network,
    /// CUDA C of all kernels; it includes nothing.
    pub source: &'static str,
    /// What the source is called in messages: `lenet5.cu`.
    pub file: &'static str,
    /// Names of the kernels.
    pub kernels: &'static [&'static str],
    /// Threads of a block, of every kernel.
    pub threads: u32,
    /// Machine code for the architectures that it was compiled for: 86 for compute capability 8.6.
    pub cubins: &'static [(u32, &'static [u8])],
    /// PTX for compute capability 8.0 and all that is newer, where the source was compiled.
    pub ptx: Option<&'static str>,
    /// A run, in order.
    pub launches: &'static [Launch],
    /// Packed weights that are made into matrices once, when they are loaded, and where each starts, in bytes.
    pub matrices: &'static [(usize, Matrix)],
    /// Bytes of all matrices.
    pub matrices_size: usize,
    /// Bytes of memory that launches of a session, one after the other, use for what blocks of one tell each other: zeros before
    /// the first, and each leaves it fit for the next. For any number of images.
    pub workspace_size: usize,
}

/// A launch of a kernel. Its parameters are pointers and then the number of images as an `int`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Which of [`Program::kernels`].
    pub kernel: usize,
    /// How many blocks.
    pub grid: Grid,
    /// The pointers, in order.
    pub arguments: &'static [Argument],
}

/// How many blocks a launch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// What blocks share along x, of each image: numbers, pixels, ...
    pub items: usize,
    /// How many of them one block computes, which may be of several images.
    pub of_block: usize,
    /// Blocks along y and z, for any number of images.
    pub others: [u32; 2],
}

impl Grid {
    /// The blocks along x, y and z for so many images; `None` where they are more than a GPU can count.
    pub fn of(&self, images: usize) -> Option<(u32, u32, u32)> {
        let blocks = self.items.checked_mul(images)?.div_ceil(self.of_block);
        let [y, z] = self.others;
        i32::try_from(blocks).ok().map(|x| (x.unsigned_abs(), y, z))
    }
}

/// Where a pointer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Into the arena, in f32 numbers: the place for one image, which `n` images multiply by `n`.
    Arena(usize),
    /// To packed weights, in f32 numbers.
    Weights(usize),
    /// To a matrix, in bytes from the start of all.
    Matrix(usize),
    /// To the session's workspace.
    Workspace,
}

#[cfg(test)]
mod tests {
    use super::Grid;

    #[test]
    fn grids_grow_with_the_images() {
        let grid = Grid { items: 100, of_block: 64, others: [3, 2] };
        assert_eq!(grid.of(1), Some((2, 3, 2)));
        assert_eq!(grid.of(32), Some((50, 3, 2)));
        assert_eq!(grid.of(usize::MAX / 10), None);
        assert_eq!(grid.of(1 << 40), None);
    }
}
