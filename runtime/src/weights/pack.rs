//! Tensors as kernels read them: see [`Pack`] for the layouts. Computed in f64 and rounded once.

use super::channels::Channels;
use super::error::LoadError;
use super::spec::{Pack, affine_size, conv_size, dense_size, is_depthwise};
use super::tensors::{Block, LANES, Tensors};
use super::winograd::Transform;
use crate::layout::View;
use crate::op::Packing;
use alloc::vec;
use alloc::vec::Vec;

/// Writes the packed weights to the start of `out`, which holds zeros. Panics where the tables contradict themselves.
pub(super) fn pack(how: &Pack, tensors: &mut Tensors<'_>, out: &mut [f32]) -> Result<(), LoadError> {
    match *how {
        Pack::Conv { weight, bias, norms, groups, packing } => {
            let &[rows, columns, inputs, outputs] = tensors.shape(weight) else {
                panic!("a convolution's kernel has four dimensions");
            };
            let out = &mut out[..conv_size([rows, columns, inputs, outputs], groups, packing)];
            let channels = Channels::new(outputs, bias, norms, tensors)?;
            if let Packing::Winograd { tile } = packing {
                assert!((rows, columns, groups) == (3, 3, 1), "Winograd's algorithm is for 3x3 kernels");
                return winograd(weight, inputs, &Transform::new(tile), &channels, tensors, out);
            }
            let kernel = Kernel { index: weight, taps: rows * columns, inputs };
            // The channels of a depthwise kernel lie side by side as those of one group do.
            let groups = if is_depthwise(inputs, outputs, groups) { 1 } else { groups };
            conv(kernel, groups, &channels, tensors, out)
        }
        Pack::Dense { weight, bias, norms, input } => {
            let &[inputs, outputs] = tensors.shape(weight) else {
                panic!("a dense layer's kernel has two dimensions");
            };
            assert!(inputs == input.height * input.width * input.channels, "a dense layer's inputs");
            let out = &mut out[..dense_size(&input, outputs)];
            let channels = Channels::new(outputs, bias, norms, tensors)?;
            dense(weight, &input, &channels, tensors, out)
        }
        Pack::Affine { norms } => {
            let count = norms.first().map_or(0, |norm| tensors.shape(norm.beta)[0]);
            affine(&Channels::new(count, None, norms, tensors)?, &mut out[..affine_size(count)]);
            Ok(())
        }
        Pack::Normalize { mean, variance } => {
            let count = tensors.shape(mean)[0];
            affine(&Channels::normalize(mean, variance, tensors)?, &mut out[..affine_size(count)]);
            Ok(())
        }
    }
}

/// The kernel tensor of a convolution.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    index: usize,
    taps: usize,
    inputs: usize,
}

impl Kernel {
    /// At which place a row of the tensor (its taps, and inputs within them) is packed: inputs in blocks of 16, all taps
    /// of a block together.
    fn place(self, row: usize) -> usize {
        let (tap, input) = (row / self.inputs, row % self.inputs);
        let first = input / LANES * LANES;
        let of_block = LANES.min(self.inputs - first);
        first * self.taps + tap * of_block + input - first
    }
}

/// `[group][block][place of the row][16]`, then `[group][block][16]`.
fn conv(
    kernel: Kernel,
    groups: usize,
    channels: &Channels,
    tensors: &mut Tensors<'_>,
    out: &mut [f32],
) -> Result<(), LoadError> {
    let size = kernel.taps * kernel.inputs * LANES;
    let blocks = blocks(channels.scale.len(), groups, size);
    let (weights, biases) = out.split_at_mut(blocks.len() * size);
    shifts(channels, &blocks, biases);
    tensors.lanes(kernel.index, &channels.scale, &blocks, |row| kernel.place(row) * LANES, weights)
}

/// `[block][tap of the transformed kernel][input][16]`, then `[block][16]`.
fn winograd(
    kernel: usize,
    inputs: usize,
    transform: &Transform,
    channels: &Channels,
    tensors: &mut Tensors<'_>,
    out: &mut [f32],
) -> Result<(), LoadError> {
    // The kernel is `[tap][input][output]`, and all taps of an input are needed at once; in f64, to round once.
    let blocks = blocks(channels.scale.len(), 1, 9 * inputs * LANES);
    let mut plain = vec![0.0_f64; blocks.len() * 9 * inputs * LANES];
    let place = |row: usize| (row % inputs * 9 + row / inputs) * LANES;
    tensors.lanes(kernel, &channels.scale, &blocks, place, &mut plain)?;
    let size = transform.side().pow(2) * inputs * LANES;
    let (weights, biases) = out.split_at_mut(blocks.len() * size);
    shifts(channels, &blocks, biases);
    let (plain, _) = plain.as_chunks::<LANES>();
    for (plain, weights) in plain.chunks_exact(9 * inputs).zip(weights.chunks_exact_mut(size)) {
        let (weights, _) = weights.as_chunks_mut::<LANES>();
        for (input, taps) in plain.as_chunks::<9>().0.iter().enumerate() {
            transform.apply(taps, |tap, lanes| weights[tap * inputs + input] = lanes);
        }
    }
    Ok(())
}

/// `[block][place in the input][16]`, then `[block][16]`.
fn dense(
    kernel: usize,
    input: &View,
    channels: &Channels,
    tensors: &mut Tensors<'_>,
    out: &mut [f32],
) -> Result<(), LoadError> {
    let inputs = input.image_size();
    let blocks = blocks(channels.scale.len(), 1, inputs * LANES);
    let (weights, biases) = out.split_at_mut(blocks.len() * inputs * LANES);
    shifts(channels, &blocks, biases);
    let place = |row: usize| {
        let (pixel, channel) = (row / input.channels, row % input.channels);
        input.index(channel, pixel / input.width, pixel % input.width) * LANES
    };
    tensors.lanes(kernel, &channels.scale, &blocks, place, weights)
}

/// Channels of each group in blocks of 16, each of this size.
fn blocks(channels: usize, groups: usize, size: usize) -> Vec<Block> {
    let of_group = channels / groups;
    let of_group = |group: usize| {
        let end = (group + 1) * of_group;
        (group * of_group..end).step_by(LANES).map(move |first| first..end.min(first + LANES))
    };
    let all = (0..groups).flat_map(of_group);
    all.enumerate().map(|(at, channels)| Block { channels, start: at * size }).collect()
}

/// The shifts of all blocks, one block after another.
fn shifts(channels: &Channels, blocks: &[Block], out: &mut [f32]) {
    for (block, out) in blocks.iter().zip(out.as_chunks_mut::<LANES>().0) {
        for (out, shift) in out.iter_mut().zip(&channels.shift[block.channels.clone()]) {
            *out = *shift as f32;
        }
    }
}

/// Scales, then shifts.
fn affine(channels: &Channels, out: &mut [f32]) {
    let (scales, shifts) = out.split_at_mut(out.len() / 2);
    for c in 0..channels.scale.len() {
        scales[c] = channels.scale[c] as f32;
        shifts[c] = channels.shift[c] as f32;
    }
}
