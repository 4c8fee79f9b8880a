//! A value in memory: a view with its address.

use super::strip::Strip;
use crate::layout::{Element, Layout, Order, View};
use core::marker::PhantomData;

/// A value at its place in the arena, for all images of the batch; checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'m> {
    /// The number of the buffer's channel 0 at pixel (0, 0), inside the halo, of the first image.
    pub(super) data: *mut f32,
    pub(super) view: View,
    pub(super) images: usize,
    /// Numbers from one pixel to the next.
    pub(super) pixel: usize,
    /// Numbers from one row to the next.
    pub(super) row: usize,
    /// Numbers from one block of channels to the next.
    pub(super) plane: usize,
    /// Numbers from one image to the next.
    pub(super) image: usize,
    /// Where the memory of the buffer starts, halo included.
    start: *mut f32,
    borrow: PhantomData<&'m mut [f32]>,
}

// Safety: the memory is borrowed uniquely for `'m`, and work items of a kernel write to different places.
unsafe impl Send for Place<'_> {}
// Safety: as above.
unsafe impl Sync for Place<'_> {}

fn product(factors: &[usize]) -> usize {
    factors.iter().try_fold(1_usize, |a, &b| a.checked_mul(b)).expect("the size of a view overflows")
}

fn sum(terms: &[usize]) -> usize {
    terms.iter().try_fold(0_usize, |a, &b| a.checked_add(b)).expect("the size of a view overflows")
}

/// Numbers of one block's plane, halo included. [`View::block_size`] does not check for overflow.
fn block_size(view: &View) -> usize {
    let Layout { block, halo, pitch, .. } = view.layout;
    product(&[sum(&[halo.top, view.height, halo.bottom]), pitch, block])
}

impl<'m> Place<'m> {
    /// Numbers of the whole buffer for one image; panics where the view contradicts itself.
    pub(super) fn image_size(view: &View) -> usize {
        let Layout { element, planes, block, order, halo, pitch } = view.layout;
        assert!(element == Element::F32 && planes == 1, "kernels compute in one plane of f32");
        assert!(order == Order::Natural, "kernels take channels in their order");
        assert!(view.height > 0 && view.width > 0 && view.channels > 0, "a value has numbers");
        assert!(sum(&[halo.left, view.width, halo.right]) <= pitch, "a row lies in its pitch");
        assert!(block == Layout::BLOCK || block == view.buffer_channels, "blocks of 16 channels or of all");
        assert!(
            sum(&[view.first_channel, view.channels]) <= view.buffer_channels,
            "a value's channels are its buffer's"
        );
        product(&[view.buffer_channels.div_ceil(block), block_size(view)])
    }

    /// # Safety
    /// `start` must point to `images` times [`Place::image_size`] numbers, borrowed for `'m`.
    pub(super) unsafe fn new(start: *mut f32, view: &View, images: usize) -> Place<'m> {
        let Layout { block, halo, pitch, .. } = view.layout;
        let corner = (halo.top * pitch + halo.left) * block;
        Place {
            // Safety: the corner is one of the buffer's numbers.
            data: unsafe { start.add(corner) },
            view: *view,
            images,
            pixel: block,
            row: pitch * block,
            plane: block_size(view),
            image: Place::image_size(view),
            start,
            borrow: PhantomData,
        }
    }

    /// Where a pixel lies from `data` and from a strip's address.
    #[inline(always)]
    pub(super) fn at(&self, y: usize, x: usize) -> usize {
        y * self.row + x * self.pixel
    }

    /// Blocks of 16 channels, counted from the value's first channel.
    pub(super) fn blocks(&self) -> usize {
        self.view.channels.div_ceil(16)
    }

    /// Numbers of all images, without the halo and padding lanes.
    pub(super) fn numbers(&self) -> u64 {
        (self.view.height * self.view.width * self.view.channels) as u64 * self.images as u64
    }

    /// Pixels of all images, times blocks of 16 channels.
    pub(super) fn vectors(&self) -> usize {
        self.images * self.blocks() * self.view.height * self.view.width
    }

    /// Up to 16 channels of an image from this one of the value's on.
    #[inline(always)]
    pub(super) fn strip(&self, image: usize, channel: usize) -> Strip {
        self.strip_of(image, channel, (self.view.channels - channel).min(16))
    }

    /// This many channels, up to 16, of an image from this one of the value's on.
    #[inline(always)]
    pub(super) fn strip_of(&self, image: usize, channel: usize, count: usize) -> Strip {
        Strip::new(self, image, channel, 0, count)
    }

    /// 16 lanes that stand for the channels from `channel` on, which may be outside the value; lanes of such channels
    /// are zeros when read, and are not written.
    #[inline(always)]
    pub(super) fn window(&self, image: usize, channel: isize) -> Strip {
        let lead = (channel.min(0).unsigned_abs()).min(16);
        let from = channel.max(0).unsigned_abs().min(self.view.channels);
        let count = (16 - lead).min(self.view.channels - from);
        Strip::new(self, image, if count == 0 { 0 } else { from }, lead, count)
    }

    /// The address of a channel of the value at pixel (0, 0), and how many of the value's channels lie behind it side
    /// by side, itself included.
    #[inline(always)]
    pub(super) fn run(&self, image: usize, channel: usize) -> (*mut f32, usize) {
        debug_assert!(image < self.images && channel < self.view.channels);
        let c = self.view.first_channel + channel;
        let (block, lane) = (c / self.pixel, c % self.pixel);
        // Safety: the channel is one of the buffer's, the image one of the batch's.
        let address = unsafe { self.data.add(image * self.image + block * self.plane + lane) };
        (address, (self.pixel - lane).min(self.view.channels - channel))
    }

    /// Zeros the padding lanes behind a value of one pixel, for kernels that do not write by strips.
    pub(super) fn zero_padding_lanes(&self, image: usize) {
        debug_assert!((self.view.height, self.view.width) == (1, 1));
        let of = self.view.buffer_channels;
        if self.view.first_channel + self.view.channels == of {
            let (last, _) = self.run(image, self.view.channels - 1);
            // Safety: a block of the buffer has all its lanes.
            unsafe { last.add(1).write_bytes(0, of.next_multiple_of(self.pixel) - of) }
        }
    }

    /// Where a row of a block of the buffer starts, its halo included; rows count from that above the plane.
    #[inline(always)]
    pub(super) fn row_start(&self, image: usize, block: usize, row: usize) -> *mut f32 {
        debug_assert!(image < self.images && block < self.image / self.plane && row < self.plane / self.row);
        // Safety: the row is one of the buffer's.
        unsafe { self.start.add(image * self.image + block * self.plane + row * self.row) }
    }

    /// Whether the value's numbers lie side by side, image after image, so that a kernel can read them as a list.
    pub(super) fn is_list(&self) -> bool {
        let view = &self.view;
        view.is_whole() && view.layout.halo.is_none() && view.layout.pitch == view.width
    }

    /// Whether all channels of a pixel lie side by side, and those of the next pixel behind them.
    pub(super) fn is_nhwc(&self) -> bool {
        self.view.channels == self.pixel && self.view.first_channel.is_multiple_of(self.pixel)
    }

    /// Whether both have as many images, rows, columns and channels.
    fn is_like(&self, other: &Place<'_>) -> bool {
        let (a, b) = (&self.view, &other.view);
        (self.images, a.height, a.width, a.channels) == (other.images, b.height, b.width, b.channels)
    }

    /// Panics unless both have the same shape.
    pub(super) fn assert_like(&self, other: &Place<'_>) {
        assert!(self.is_like(other), "shapes differ: {:?} and {:?}", self.view, other.view);
    }

    /// Panics where the memory of both overlaps; slices of one buffer do not overlap if their channels differ.
    pub(super) fn assert_apart(&self, other: &Place<'_>) {
        assert!(self.is_apart(other), "values overlap: {:?} and {:?}", self.view, other.view);
    }

    /// Panics where the memory of both overlaps and is not that of the same value.
    pub(super) fn assert_apart_or_same(&self, other: &Place<'_>) {
        let same = self.start == other.start && self.view == other.view;
        assert!(same || self.is_apart(other), "values overlap: {:?} and {:?}", self.view, other.view);
    }

    fn is_apart(&self, other: &Place<'_>) -> bool {
        let (a, b) = (self.start.addr(), other.start.addr());
        let (a_bytes, b_bytes) = (self.bytes(), other.bytes());
        if a + a_bytes <= b || b + b_bytes <= a {
            return true;
        }
        let (v, w) = (&self.view, &other.view);
        let channels_differ = v.first_channel + v.channels <= w.first_channel
            || w.first_channel + w.channels <= v.first_channel;
        // Planes may have different borders inside the buffer's.
        let frame = |p: &Place<'_>| (p.pixel, p.row, p.plane, p.image);
        let same_buffer = a == b && frame(self) == frame(other) && v.buffer_channels == w.buffer_channels;
        same_buffer && channels_differ
    }

    fn bytes(&self) -> usize {
        self.images * self.image * size_of::<f32>()
    }
}
