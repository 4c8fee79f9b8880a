//! The table of kernels: which tiles convolutions and dense layers are computed in on each instruction set.
//!
//! Dispatch, tests and the benchmark (`examples/kernels.rs`) read it.

/// The tiles of an instruction set: pixels times blocks of 16 output channels, whose sums stay in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tiles {
    /// Pixels of a convolution's tiles, the largest first; the last is 1.
    pub conv: &'static [usize],
    /// Blocks of 16 output channels that a convolution computes at once: 1 or 2.
    pub blocks: usize,
    /// Pixels of a depthwise convolution's tiles, the largest first; the last is 1.
    pub depthwise: &'static [usize],
    /// Blocks of 16 outputs that a dense layer computes at once for one image.
    pub dense: usize,
    /// Images that a dense layer computes at once where there are more.
    pub images: usize,
}

/// The tiles of every instruction set, by its name.
pub const TABLE: [(&str, Tiles); 4] =
    [("avx512", AVX512), ("avx2", AVX2), ("neon", NEON), ("portable", PORTABLE)];

/// 32 registers of 16 numbers: 28 sums, 2 of weights, and the inputs come from memory.
pub(crate) const AVX512: Tiles = Tiles {
    conv: &[14, 12, 10, 7, 4, 2, 1],
    blocks: 2,
    depthwise: &[12, 8, 6, 4, 2, 1],
    dense: 4,
    images: 8,
};

/// 16 registers of 8 numbers, two for a block: 12 sums, 2 of weights, 1 of inputs.
pub(crate) const AVX2: Tiles =
    Tiles { conv: &[6, 5, 4, 2, 1], blocks: 1, depthwise: &[6, 4, 2, 1], dense: 4, images: 4 };

/// 32 registers of 4 numbers, four for a block: 24 sums, 4 of weights, 1 of inputs.
pub(crate) const NEON: Tiles =
    Tiles { conv: &[6, 5, 4, 2, 1], blocks: 1, depthwise: &[6, 4, 2, 1], dense: 4, images: 4 };

/// 16 registers of 4 numbers, as SSE has them, four for a block: 8 sums, 4 of weights, 1 of inputs.
pub(crate) const PORTABLE: Tiles =
    Tiles { conv: &[2, 1], blocks: 1, depthwise: &[2, 1], dense: 1, images: 2 };

/// The smallest of the tiles that holds so many pixels; they are at most as many as the largest does.
#[inline(always)]
pub(super) fn holding(tiles: &[usize], pixels: usize) -> usize {
    let mut least = tiles[0];
    for &tile in tiles {
        if tile >= pixels {
            least = tile;
        }
    }
    least
}

/// An expression with the number of pixels of a tile as a constant: the smallest tile of a list that holds so many.
macro_rules! with_tile {
    ($tiles:expr, $pixels:expr, $constant:ident => $value:expr) => {
        with_tile!(@ $tiles, $pixels, $constant => $value; 1 2 4 5 6 7 8 10 12 14)
    };
    (@ $tiles:expr, $pixels:expr, $constant:ident => $value:expr; $($size:literal)*) => {
        match $crate::kernels::table::holding($tiles, $pixels) {
            $($size if const { $crate::kernels::table::has($tiles, $size) } => {
                const $constant: usize = $size;
                $value
            })*
            other => unreachable!("no kernel is compiled for tiles of {other} pixels"),
        }
    };
}
pub(super) use with_tile;

/// Whether a list has tiles of this size.
pub(super) const fn has(tiles: &[usize], size: usize) -> bool {
    let mut i = 0;
    while i < tiles.len() {
        if tiles[i] == size {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_tile_that_holds_all_pixels_is_chosen() {
        for Tiles { conv, depthwise, .. } in TABLE.map(|(_, tiles)| tiles) {
            for tiles in [conv, depthwise] {
                assert!(tiles.is_sorted_by(|a, b| a > b) && tiles.last() == Some(&1), "{tiles:?}");
                for pixels in 1..=tiles[0] {
                    let tile = holding(tiles, pixels);
                    assert!(tile >= pixels && has(tiles, tile), "{pixels} in {tile} of {tiles:?}");
                    assert!(
                        !tiles.iter().any(|&t| t >= pixels && t < tile),
                        "{pixels} in {tile} of {tiles:?}"
                    );
                }
            }
        }
    }
}
