//! Pixels of a work item: cut into tiles of nearly the same size, and where each lies in memory.

use super::place::Place;
use core::ops::Range;

/// Pixels of a work item: few enough that what they read stays in the L2 cache while blocks of outputs go by.
pub(super) const CHUNK: usize = 196;

/// The most pixels in a tile of any instruction set.
const TILE: usize = 14;

/// Pixels of a plane, in the order of rows and columns, as tiles: first those of the larger size, then those with one
/// pixel less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    first: usize,
    len: usize,
    width: usize,
    /// The most pixels in a tile, and entries for each in [`Offsets`].
    pitch: usize,
    tiles: usize,
}

/// Where the pixels of a chunk lie: `pitch` entries for each tile; those behind its last pixel repeat it.
pub(super) type Offsets = [usize; CHUNK + TILE];

impl Chunk {
    /// How many chunks the pixels of a plane are.
    pub(super) fn count(y: &Place<'_>) -> usize {
        (y.view.height * y.view.width).div_ceil(CHUNK)
    }

    /// How many tiles there are.
    #[inline(always)]
    pub(super) fn tile_count(&self) -> usize {
        self.tiles
    }

    /// One of the chunks of a plane, in tiles of up to `pitch` pixels.
    #[inline(always)]
    pub(super) fn new(y: &Place<'_>, chunk: usize, pitch: usize) -> Chunk {
        let (pixels, count) = (y.view.height * y.view.width, Chunk::count(y));
        let first = chunk * pixels / count;
        let len = (chunk + 1) * pixels / count - first;
        Chunk { first, len, width: y.view.width, pitch, tiles: len.div_ceil(pitch) }
    }

    /// The tiles of the larger size, with this size, and the others, with theirs.
    #[inline(always)]
    pub(super) fn tiles(&self) -> [(Range<usize>, usize); 2] {
        let (size, larger) = (self.len / self.tiles, self.len % self.tiles);
        [(0..larger, size + 1), (larger..self.tiles, size)]
    }

    /// Where the pixels lie in a value, or those that they stand for where there is a stride.
    #[inline(always)]
    pub(super) fn offsets(&self, place: &Place<'_>, stride: [usize; 2]) -> Offsets {
        let mut offsets = [0; CHUNK + TILE];
        let (mut row, mut column) = (self.first / self.width, self.first % self.width);
        let step = place.at(0, stride[1]);
        let mut at = place.at(row * stride[0], column * stride[1]);
        for (tiles, size) in self.tiles() {
            for tile in tiles {
                let (entries, rest) = offsets[tile * self.pitch..][..self.pitch].split_at_mut(size);
                let mut done = 0;
                while done < size {
                    let run = (size - done).min(self.width - column);
                    for entry in &mut entries[done..done + run] {
                        *entry = at;
                        at += step;
                    }
                    (done, column) = (done + run, column + run);
                    if column == self.width {
                        (row, column) = (row + 1, 0);
                        at = place.at(row * stride[0], 0);
                    }
                }
                rest.fill(entries[size - 1]);
            }
        }
        offsets
    }

    /// The offsets of a tile, for a kernel of at least as many pixels as it has.
    #[inline(always)]
    pub(super) fn tile<'o, const PIXELS: usize>(
        &self,
        offsets: &'o Offsets,
        tile: usize,
    ) -> &'o [usize; PIXELS] {
        offsets[tile * self.pitch..].first_chunk().expect("a table has entries for every tile")
    }

    /// How many numbers of a value the pixels are, where they lie side by side and nothing else between them.
    #[inline(always)]
    pub(super) fn list(&self, y: &Place<'_>) -> Option<usize> {
        let is_list = y.is_list() && y.is_nhwc() && y.blocks() == 1;
        is_list.then_some(self.len * y.pixel)
    }

    /// The offsets of a tile's pixels, each once.
    #[inline(always)]
    pub(super) fn pixels<'o>(&self, offsets: &'o Offsets, tile: usize, size: usize) -> &'o [usize] {
        &offsets[tile * self.pitch..][..size]
    }
}
