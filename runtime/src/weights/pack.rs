//! Tensors as kernels read them: see [`Pack`] for the layouts. Computed in f64 and rounded once.

use super::error::LoadError;
use super::source::Numbers;
use super::spec::{Norm, Pack, Tensor, affine_size, conv_size, dense_size, is_depthwise};
use crate::layout::View;

const LANES: usize = 16;

/// Reads a tensor by its index in the group.
type Reader<'r, 's> = &'r dyn Fn(usize) -> Result<Numbers<'s>, LoadError>;

/// Writes the packed weights to the start of `out`. Panics where the tables contradict themselves.
pub(super) fn pack(
    how: &Pack,
    tensors: &[Tensor],
    read: Reader<'_, '_>,
    out: &mut [f32],
) -> Result<(), LoadError> {
    match *how {
        Pack::Conv { weight, bias, norms, groups } => {
            let &[rows, columns, inputs, outputs] = tensors[weight].shape else {
                panic!("{}: a convolution's kernel has four dimensions", tensors[weight].name);
            };
            let out = &mut out[..conv_size([rows, columns, inputs, outputs], groups)];
            let channels = Channels::new(outputs, bias, norms, tensors, read)?;
            let kernel = read(weight)?;
            let shape = Kernel { taps: rows * columns, inputs, outputs };
            if is_depthwise(inputs, outputs, groups) {
                depthwise(&kernel, shape, &channels, out);
            } else {
                conv(&kernel, shape, groups, &channels, out);
            }
        }
        Pack::Dense { weight, bias, norms, input } => {
            let &[inputs, outputs] = tensors[weight].shape else {
                panic!("{}: a dense layer's kernel has two dimensions", tensors[weight].name);
            };
            assert!(inputs == input.height * input.width * input.channels, "a dense layer's inputs");
            let out = &mut out[..dense_size(&input, outputs)];
            let channels = Channels::new(outputs, bias, norms, tensors, read)?;
            dense(&read(weight)?, &input, outputs, &channels, out);
        }
        Pack::Affine { norms } => {
            let first = norms.first().map_or(0, |norm| tensors[norm.beta].shape[0]);
            let channels = Channels::new(first, None, norms, tensors, read)?;
            affine(&channels, &mut out[..affine_size(first)]);
        }
        Pack::Normalize { mean, variance } => {
            let count = tensors[mean].shape[0];
            let (means, variances) = (read(mean)?, read(variance)?);
            let mut channels = Channels { scale: vec![1.0; count], shift: vec![0.0; count] };
            for c in 0..count {
                channels.scale[c] = 1.0 / variances.get(c).sqrt().max(1e-7);
                channels.shift[c] = -means.get(c) * channels.scale[c];
            }
            affine(&channels, &mut out[..affine_size(count)]);
        }
    }
    Ok(())
}

/// What follows a sum, for each channel: `x * scale + shift`.
#[derive(Clone, Debug)]
struct Channels {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl Channels {
    /// A bias, then norms.
    fn new(
        count: usize,
        bias: Option<usize>,
        norms: &[Norm],
        tensors: &[Tensor],
        read: Reader<'_, '_>,
    ) -> Result<Channels, LoadError> {
        let numbers = |index: usize| {
            assert!(tensors[index].shape == [count], "{}: one number a channel", tensors[index].name);
            read(index)
        };
        let mut channels = Channels { scale: vec![1.0; count], shift: vec![0.0; count] };
        if let Some(bias) = bias {
            let bias = numbers(bias)?;
            for (c, shift) in channels.shift.iter_mut().enumerate() {
                *shift = bias.get(c);
            }
        }
        for norm in norms {
            let gamma = norm.gamma.map(numbers).transpose()?;
            let (beta, mean, variance) = (numbers(norm.beta)?, numbers(norm.mean)?, numbers(norm.variance)?);
            for c in 0..count {
                let factor = gamma.as_ref().map_or(1.0, |g| g.get(c)) / (variance.get(c) + norm.eps).sqrt();
                channels.scale[c] *= factor;
                channels.shift[c] = (channels.shift[c] - mean.get(c)) * factor + beta.get(c);
            }
        }
        Ok(channels)
    }
}

/// The sizes of a kernel tensor; inputs of a group, outputs of all.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    taps: usize,
    inputs: usize,
    outputs: usize,
}

/// The rows of a kernel tensor (its taps, and inputs within them) in the order in which they are packed.
fn in_order(shape: Kernel) -> impl Iterator<Item = usize> {
    (0..shape.inputs).step_by(LANES).flat_map(move |first| {
        let inputs = first..shape.inputs.min(first + LANES);
        (0..shape.taps).flat_map(move |tap| inputs.clone().map(move |input| tap * shape.inputs + input))
    })
}

fn conv(kernel: &Numbers<'_>, shape: Kernel, groups: usize, channels: &Channels, out: &mut [f32]) {
    let of_group = shape.outputs / groups;
    let blocks = of_group.div_ceil(LANES);
    let rows = shape.taps * shape.inputs;
    let (weights, biases) = out.split_at_mut(groups * blocks * rows * LANES);
    for group in 0..groups {
        for block in 0..blocks {
            let first = group * of_group + block * LANES;
            let count = LANES.min(of_group - block * LANES);
            let at = group * blocks + block;
            let weights = &mut weights[at * rows * LANES..][..rows * LANES];
            for (row, lanes) in in_order(shape).zip(weights.as_chunks_mut::<LANES>().0) {
                for (lane, number) in lanes.iter_mut().enumerate().take(count) {
                    let c = first + lane;
                    *number = (kernel.get(row * shape.outputs + c) * channels.scale[c]) as f32;
                }
            }
            for lane in 0..count {
                biases[at * LANES + lane] = channels.shift[first + lane] as f32;
            }
        }
    }
}

fn depthwise(kernel: &Numbers<'_>, shape: Kernel, channels: &Channels, out: &mut [f32]) {
    let padded = shape.outputs.next_multiple_of(LANES);
    let (weights, biases) = out.split_at_mut(padded * shape.taps);
    for c in 0..shape.outputs {
        for tap in 0..shape.taps {
            let number = kernel.get(tap * shape.outputs + c) * channels.scale[c];
            weights[(c / LANES * shape.taps + tap) * LANES + c % LANES] = number as f32;
        }
        biases[c] = channels.shift[c] as f32;
    }
}

fn dense(kernel: &Numbers<'_>, input: &View, outputs: usize, channels: &Channels, out: &mut [f32]) {
    let inputs = input.image_size();
    let (weights, biases) = out.split_at_mut(outputs.div_ceil(LANES) * inputs * LANES);
    for y in 0..input.height {
        for x in 0..input.width {
            for channel in 0..input.channels {
                let row = ((y * input.width + x) * input.channels + channel) * outputs;
                let place = input.index(channel, y, x);
                for c in 0..outputs {
                    let number = kernel.get(row + c) * channels.scale[c];
                    weights[(c / LANES * inputs + place) * LANES + c % LANES] = number as f32;
                }
            }
        }
    }
    for (bias, shift) in biases.iter_mut().zip(&channels.shift) {
        *bias = *shift as f32;
    }
}

fn affine(channels: &Channels, out: &mut [f32]) {
    let (scales, shifts) = out.split_at_mut(out.len() / 2);
    for c in 0..channels.scale.len() {
        scales[c] = channels.scale[c] as f32;
        shifts[c] = channels.shift[c] as f32;
    }
}
