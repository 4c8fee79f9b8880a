//! Where the numbers of a value lie: layouts, halos, and views into the arena.

/// The type of an element in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// The upper half of an f32. On GPUs only.
    Bf16,
    /// IEEE 754's 16-bit floating point. On GPUs only.
    F16,
}

impl Element {
    /// Bytes of an element.
    pub const fn size(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::Bf16 | Element::F16 => 2,
        }
    }
}

/// The order of the channels in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// As they are numbered.
    Natural,
}

/// Rows and columns of zeros around a plane, kept in memory so that no kernel needs a special case at an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the side of its name")]
pub struct Halo {
    pub top: usize,
    pub bottom: usize,
    pub left: usize,
    pub right: usize,
}

impl Halo {
    /// No halo.
    pub const NONE: Halo = Halo { top: 0, bottom: 0, left: 0, right: 0 };

    /// Whether there is none.
    pub const fn is_none(self) -> bool {
        self.top == 0 && self.bottom == 0 && self.left == 0 && self.right == 0
    }

    /// The larger of both, side by side.
    #[must_use]
    pub const fn union(self, other: Halo) -> Halo {
        const fn max(a: usize, b: usize) -> usize {
            if a > b { a } else { b }
        }
        Halo {
            top: max(self.top, other.top),
            bottom: max(self.bottom, other.bottom),
            left: max(self.left, other.left),
            right: max(self.right, other.right),
        }
    }
}

/// The layout of a value: `N, C / block, H, W, block`, with a halo around each plane.
///
/// With `block` equal to the channels it is NHWC. The compiler's plan chooses it for every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// The type of an element.
    pub element: Element,
    /// How many planes hold one number: 1, or the parts of a split.
    pub planes: usize,
    /// Channels that lie side by side: [`Layout::BLOCK`], or all of them.
    pub block: usize,
    /// The order of the channels in a block.
    pub order: Order,
    /// Zeros around each plane.
    pub halo: Halo,
    /// Pixels from one row to the next; at least the width with its halo.
    pub pitch: usize,
}

impl Layout {
    /// Channels in a block: one cache line of f32.
    pub const BLOCK: usize = 16;
}

/// A value as a kernel sees it: a shape, a layout, and which channels of its buffer it takes.
///
/// Channels behind the buffer's last, up to a whole block, are padding lanes. They hold zeros, as the halo does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// Rows, without the halo.
    pub height: usize,
    /// Columns, without the halo.
    pub width: usize,
    /// Channels of the value.
    pub channels: usize,
    /// The layout of its buffer.
    pub layout: Layout,
    /// The buffer's channel at which the value starts: a branch of a concatenation starts behind the one before.
    pub first_channel: usize,
    /// Channels of the whole buffer.
    pub buffer_channels: usize,
}

impl View {
    /// A value of its own in blocks of 16 channels, without a halo.
    pub const fn blocked(height: usize, width: usize, channels: usize) -> View {
        View::with_block(height, width, channels, Layout::BLOCK)
    }

    /// A value of its own in the order rows, columns, channels.
    pub const fn nhwc(height: usize, width: usize, channels: usize) -> View {
        View::with_block(height, width, channels, channels)
    }

    const fn with_block(height: usize, width: usize, channels: usize, block: usize) -> View {
        let (element, order) = (Element::F32, Order::Natural);
        let layout = Layout { element, planes: 1, block, order, halo: Halo::NONE, pitch: width };
        View { height, width, channels, layout, first_channel: 0, buffer_channels: channels }
    }

    /// The same with zeros around the plane.
    #[must_use]
    pub const fn halo(mut self, top: usize, bottom: usize, left: usize, right: usize) -> View {
        self.layout.halo = Halo { top, bottom, left, right };
        self.layout.pitch = left + self.width + right;
        self
    }

    /// The same as a part of a buffer with `of` channels, from channel `first` on.
    #[must_use]
    pub const fn slice(mut self, first: usize, of: usize) -> View {
        self.first_channel = first;
        self.buffer_channels = of;
        self
    }

    /// The view at a place in the arena: `offset` in f32 numbers, for a batch of one.
    pub const fn at(&self, offset: usize) -> At<'_> {
        At { view: self, offset }
    }

    /// Numbers of one block's plane, halo included.
    pub const fn block_size(&self) -> usize {
        (self.layout.halo.top + self.height + self.layout.halo.bottom) * self.layout.pitch * self.layout.block
    }

    /// Numbers of the whole buffer for one image, halo and padding lanes included.
    pub const fn image_size(&self) -> usize {
        self.buffer_channels.div_ceil(self.layout.block) * self.block_size()
    }

    /// Where a number of the first image lies, from the start of the buffer: `channel` counts from the view's first,
    /// `y` and `x` from the plane's corner inside the halo.
    pub const fn index(&self, channel: usize, y: usize, x: usize) -> usize {
        let c = self.first_channel + channel;
        let row = (self.layout.halo.top + y) * self.layout.pitch + self.layout.halo.left + x;
        (c / self.layout.block) * self.block_size() + row * self.layout.block + c % self.layout.block
    }

    /// Whether the value is the whole buffer.
    pub const fn is_whole(&self) -> bool {
        self.first_channel == 0 && self.channels == self.buffer_channels
    }
}

/// A view at a place in the arena.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The view.
    pub view: &'a View,
    /// Where its buffer starts, in f32 numbers, for a batch of one; a batch of `n` multiplies it by `n`.
    pub offset: usize,
}
