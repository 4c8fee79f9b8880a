//! A convolution on random numbers, however it is computed, against f64.

use crate::reference::{self, Filter};
use crate::scene::{Fill, Numbers, Placed, Random, Scene};
use archc_runtime::Isa;
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::Conv;
use archc_runtime::run::Run;

/// A case: attributes, channels of a group, and the output's plane.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) op: Conv,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) plane: [usize; 2],
    pub(crate) images: usize,
}

impl Case {
    /// The input's plane and the halo that it needs, with this much of the window outside at the bottom and right.
    pub(crate) fn input(&self, outside: [usize; 2]) -> ([usize; 2], Halo) {
        let op = &self.op;
        let reach = |axis: usize| {
            (self.plane[axis] - 1) * op.stride[axis] + (op.kernel[axis] - 1) * op.dilation[axis] + 1
        };
        let size = |axis: usize| {
            let inside = reach(axis).saturating_sub(op.padding[axis] + outside[axis]).max(1);
            (inside, reach(axis).saturating_sub(op.padding[axis] + inside))
        };
        let ((height, bottom), (width, right)) = (size(0), size(1));
        ([height, width], Halo { top: op.padding[0], bottom, left: op.padding[1], right })
    }

    /// Runs the convolution, prepared in this way, and compares with f64; sizes are the sums of magnitudes.
    #[allow(clippy::too_many_arguments, reason = "they are all different")]
    pub(crate) fn compare(
        &self,
        scene: &Scene,
        (filter, packed): (&Filter, &[f32]),
        (x, numbers): (&Placed, &Numbers),
        residual: Option<(Placed, Numbers)>,
        y: &Placed,
        tolerance: impl Fn(f64) -> f64,
        prepare: impl Fn(&mut Run<'_>),
    ) {
        let added = residual.as_ref().map(|(_, numbers)| numbers);
        let (expected, sizes) = reference::conv(&self.op, filter, numbers, added, self.plane);
        scene.check(
            &(self, x, residual.as_ref().map(|(placed, _)| placed), y),
            packed,
            y,
            &expected,
            |place| tolerance(sizes.at(place)),
            |run, places| {
                prepare(run);
                let residual = residual.as_ref().map(|(placed, _)| places.at(placed));
                run.conv(&self.op, places.weights, places.at(x), residual, places.at(y));
            },
        );
    }
}

/// No residual, one of its own layout, or the output's own memory.
pub(crate) fn residual(scene: &mut Scene, y: &Placed, random: &mut Random) -> Option<(Placed, Numbers)> {
    let v = y.view;
    match random.range(0, 3) {
        0 | 1 => None,
        2 => {
            let view = random.view([v.height, v.width, v.channels], Halo::NONE);
            Some(scene.input(&view, Fill::Nan, random))
        }
        _ => {
            let numbers = scene.fill(y, random);
            Some((*y, numbers))
        }
    }
}

/// The rms error of a layer over the rms of its output, which has `side` rows and columns as the input has, against f64. Weights
/// are packed and the run, which has so much memory for its thread, is prepared in these ways.
pub(crate) fn rms(
    op: &Conv,
    [side, inputs, outputs]: [usize; 3],
    (isa, scratch): (Isa, usize),
    pack: impl Fn(&Filter) -> Vec<f32>,
    prepare: impl Fn(&mut Run<'_>),
) -> f64 {
    let [top, left] = op.padding;
    let mut random = Random::new(0);
    let numbers = Numbers::of(1, [side, side, inputs], |_| f64::from(random.number()));
    let filter = Filter::random([op.kernel[0], op.kernel[1], inputs, outputs], &mut random);
    let (expected, _) = reference::conv(op, &filter, &numbers, None, [side, side]);
    let packed = pack(&filter);
    let x = View::blocked(side, side, inputs).halo(top, top, left, left);
    let y = View::blocked(side, side, outputs);
    let mut arena = vec![0.0; x.image_size() + y.image_size()];
    for [_, row, column, channel] in numbers.places() {
        arena[x.index(channel, row, column)] = numbers.at([0, row, column, channel]) as f32;
    }
    let mut scratch = vec![0.0; scratch];
    let mut run = Run::new(&mut arena, &packed, 1, isa).with_scratch(&mut scratch, 1);
    prepare(&mut run);
    run.conv(op, 0, x.at(0), None, y.at(x.image_size()));
    let (mut error, mut size) = (0.0, 0.0);
    for place in expected.places() {
        let [_, row, column, channel] = place;
        let value = arena[x.image_size() + y.index(channel, row, column)];
        error += (f64::from(value) - expected.at(place)).powi(2);
        size += expected.at(place).powi(2);
    }
    (error / size).sqrt()
}
