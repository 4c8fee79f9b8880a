//! Up to 16 channels of an image, as they lie at one pixel.
//!
//! In a value that starts at a block's first lane they are one line of memory. In a slice of a concatenation they may
//! lie in two blocks, and the lanes around them belong to others.

use super::memory::Weights;
use super::place::Place;
use super::tile::each;
use crate::simd::{F32x16, LANES, Simd, Work};

/// Lanes `lead..lead + count` of a vector, and where they lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strip {
    /// The first channel at pixel (0, 0).
    first: *mut f32,
    /// The first channel that lies in the next block.
    second: *mut f32,
    /// Channels in the first block.
    split: usize,
    count: usize,
    lead: usize,
    /// Padding lanes behind the channels.
    tail: usize,
    form: Form,
}

/// How the channels lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Sixteen side by side.
    Full,
    /// Less than sixteen side by side, and padding lanes behind them.
    Padded,
    /// Less than sixteen side by side, in the first lanes, and no padding lanes behind them.
    Narrow,
    /// In one or two pieces, or with others beside them.
    Pieces,
}

impl Strip {
    /// Channels `channel..channel + count` of a value.
    #[inline(always)]
    pub(super) fn new(place: &Place<'_>, image: usize, channel: usize, lead: usize, count: usize) -> Strip {
        debug_assert!(lead + count <= LANES && channel + count <= place.view.channels);
        let (first, run) = place.run(image, channel);
        let split = run.min(count);
        let view = &place.view;
        // With more channels in the next block, this one ends at its last lane.
        let second = if split < count { place.run(image, channel + split).0 } else { first };
        let start = view.first_channel + channel;
        let ends = start + count == view.buffer_channels;
        let form = if split == LANES {
            Form::Full
        } else if lead == 0 && place.pixel == LANES && start.is_multiple_of(LANES) && ends {
            Form::Padded
        } else {
            Form::Pieces
        };
        let tail =
            if ends { view.buffer_channels.next_multiple_of(place.pixel) - view.buffer_channels } else { 0 };
        let is_narrow = form == Form::Pieces && lead == 0 && split == count && tail == 0;
        let form = if is_narrow { Form::Narrow } else { form };
        Strip { first, second, split, count, lead, tail, form }
    }

    /// A block of numbers for each channel.
    #[inline(always)]
    pub(super) fn of_weights(weights: &Weights<'_>, block: usize) -> Strip {
        let first = weights.0[block * LANES..][..LANES].as_ptr().cast_mut();
        Strip { first, second: first, split: LANES, count: LANES, lead: 0, tail: 0, form: Form::Full }
    }

    /// Whether [`Strip::load`] and [`Strip::store`] are one instruction each.
    #[inline(always)]
    pub(super) fn is_line(&self) -> bool {
        matches!(self.form, Form::Full | Form::Padded)
    }

    /// Where the channels lie at pixel (0, 0), in the first of their blocks.
    #[inline(always)]
    pub(super) fn address(&self) -> *mut f32 {
        self.first
    }

    /// How many of the lanes hold channels.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The channels at a pixel; other lanes are zeros.
    ///
    /// # Safety
    /// `at` must be the distance of a pixel in the plane or its halo from pixel (0, 0).
    #[inline(always)]
    pub(super) unsafe fn load<S: Simd>(&self, simd: S, at: isize) -> F32x16 {
        // Safety: the caller's promise.
        unsafe {
            match self.form {
                Form::Full | Form::Padded => self.load_line(simd, at),
                Form::Narrow => simd.load_first(self.first.wrapping_offset(at), self.count),
                Form::Pieces => self.load_pieces(at),
            }
        }
    }

    /// The same where [`Strip::is_line`] holds.
    ///
    /// # Safety
    /// As for [`Strip::load`], and the channels must be a line.
    #[inline(always)]
    pub(super) unsafe fn load_line<S: Simd>(&self, simd: S, at: isize) -> F32x16 {
        debug_assert!(self.is_line());
        // Safety: the caller's promise; padding lanes are memory of the buffer too, and zeros.
        unsafe { simd.load(self.first.offset(at)) }
    }

    /// Numbers from a pixel on.
    ///
    /// # Safety
    /// They must be the strip's alone, and nobody else may use them meanwhile.
    #[inline(always)]
    pub(super) unsafe fn numbers<'a>(&self, at: usize, count: usize) -> &'a mut [f32] {
        // Safety: the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(self.first.add(at), count) }
    }

    /// The channels at each pixel of a tile.
    ///
    /// # Safety
    /// As for [`Strip::load`], for each of the offsets.
    #[inline(always)]
    pub(super) unsafe fn load_tile<S: Simd, const PIXELS: usize>(
        &self,
        simd: S,
        at: &[usize; PIXELS],
    ) -> [F32x16; PIXELS] {
        let mut tile = [simd.splat(0.0); PIXELS];
        // Safety: the caller's promise.
        unsafe {
            if self.is_line() {
                each!(pixel PIXELS, p => tile[p] = self.load_line(simd, at[p] as isize));
            } else {
                // By way of a copy: what is handed over lies in memory.
                let mut copy = [simd.splat(0.0); PIXELS];
                simd.outline(LoadEach { strip: self, at, to: &mut copy });
                each!(pixel PIXELS, p => tile[p] = copy[p]);
            }
        }
        tile
    }

    /// Writes the channels at each pixel of a tile, as [`Strip::store`] does.
    ///
    /// # Safety
    /// As for [`Strip::load`], in the plane, for each of the offsets.
    #[inline(always)]
    pub(super) unsafe fn store_tile<S: Simd, const PIXELS: usize>(
        &self,
        simd: S,
        at: &[usize; PIXELS],
        tile: [F32x16; PIXELS],
    ) {
        // Safety: the caller's promise.
        unsafe {
            if self.form == Form::Full {
                each!(pixel PIXELS, p => simd.store(self.first.add(at[p]), tile[p]));
            } else if self.form == Form::Padded {
                each!(pixel PIXELS, p => simd.store(self.first.add(at[p]), tile[p].keep(self.count, 0.0)));
            } else {
                // By way of a copy, as above.
                let mut copy = [simd.splat(0.0); PIXELS];
                each!(pixel PIXELS, p => copy[p] = tile[p]);
                simd.outline(StoreEach { strip: self, at, from: &copy });
            }
        }
    }

    /// Writes the channels at a pixel; padding lanes behind the buffer's last channel become zeros, lanes of others stay.
    ///
    /// # Safety
    /// As for [`Strip::load`], in the plane.
    #[inline(always)]
    pub(super) unsafe fn store<S: Simd>(&self, simd: S, at: usize, x: F32x16) {
        // Safety: the caller's promise.
        unsafe {
            match self.form {
                Form::Full => simd.store(self.first.add(at), x),
                Form::Padded => simd.store(self.first.add(at), x.keep(self.count, 0.0)),
                Form::Narrow => simd.store_first(self.first.add(at), x, self.count),
                Form::Pieces => self.store_pieces(at, x),
            }
        }
    }

    /// # Safety
    /// As for [`Strip::load`].
    #[inline(never)]
    unsafe fn load_pieces(&self, at: isize) -> F32x16 {
        let mut x = F32x16([0.0; LANES]);
        // Safety: the caller's promise; the pieces have `split` and `count - split` channels.
        unsafe {
            for i in 0..self.split {
                x.0[self.lead + i] = *self.first.offset(at).add(i);
            }
            for i in self.split..self.count {
                x.0[self.lead + i] = *self.second.offset(at).add(i - self.split);
            }
        }
        x
    }

    /// # Safety
    /// As for [`Strip::store`].
    #[inline(never)]
    unsafe fn store_pieces(&self, at: usize, x: F32x16) {
        // Safety: the caller's promise; the pieces have `split` and `count - split` channels, and the padding lanes are
        // the rest of the last block.
        unsafe {
            for i in 0..self.split {
                *self.first.add(at).add(i) = x.0[self.lead + i];
            }
            for i in self.split..self.count {
                *self.second.add(at).add(i - self.split) = x.0[self.lead + i];
            }
            let end = if self.split < self.count {
                self.second.add(at + self.count - self.split)
            } else {
                self.first.add(at + self.count)
            };
            end.write_bytes(0, self.tail);
        }
    }
}

/// [`Strip::load`] for each pixel of a tile: rare and long, so that it is compiled once and not into each kernel.
struct LoadEach<'a> {
    strip: &'a Strip,
    at: &'a [usize],
    to: &'a mut [F32x16],
}

impl Work for LoadEach<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (to, &at) in self.to.iter_mut().zip(self.at) {
            // Safety: that of `Strip::load_tile`, which alone makes these.
            *to = unsafe { self.strip.load(simd, at as isize) };
        }
    }
}

/// [`Strip::store`] for each pixel of a tile.
struct StoreEach<'a> {
    strip: &'a Strip,
    at: &'a [usize],
    from: &'a [F32x16],
}

impl Work for StoreEach<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (&from, &at) in self.from.iter().zip(self.at) {
            // Safety: that of `Strip::store_tile`, which alone makes these.
            unsafe { self.strip.store(simd, at, from) };
        }
    }
}
