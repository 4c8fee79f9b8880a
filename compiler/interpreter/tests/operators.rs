//! The other operators against cases by hand, and pooling against its definition.

mod common;

use archc_core::ir::op::{
    Activation, Add, BatchNorm, Concat, Dropout, Flatten, Gate, GlobalPool, Lrn, Normalize, Op, Pool,
    PoolKind, Rescale, Shuffle, Softmax, Upsample, ZeroPad,
};
use archc_core::ir::shape::Window;
use archc_core::ir::{Padding, Shape};
use archc_interpreter::run;
use common::{Store, add, apply, assert_close, graph, integers, output};
use proptest::prelude::*;

fn none() -> Store {
    Store::new()
}

fn store(tensors: &[(&str, &[f32])]) -> Store {
    tensors.iter().map(|(n, d)| (format!("op.{n}"), (vec![d.len()], d.to_vec()))).collect()
}

fn pool(kind: PoolKind, size: usize, stride: usize, padding: Padding) -> Pool {
    Pool { kind, window: Window::new([size; 2], [stride; 2]), padding, ceil: false, count_pad: false }
}

/// Every place of the window is looked at on its own: in the plane, in the padding, or beyond both.
fn pool_by_definition(op: &Pool, shape: Shape, out: Shape, x: &[f64]) -> Vec<f64> {
    let mut y = Vec::new();
    let p = op.padding;
    for oy in 0..out.height {
        for ox in 0..out.width {
            for c in 0..shape.channels {
                let (mut sum, mut count, mut largest) = (0.0, 0, f64::NEG_INFINITY);
                for ky in 0..op.window.kernel[0] {
                    for kx in 0..op.window.kernel[1] {
                        let row = (oy * op.window.stride[0] + ky) as isize - p.top as isize;
                        let col = (ox * op.window.stride[1] + kx) as isize - p.left as isize;
                        let (h, w) = (shape.height as isize, shape.width as isize);
                        if (0..h).contains(&row) && (0..w).contains(&col) {
                            let v = x[(row as usize * shape.width + col as usize) * shape.channels + c];
                            (sum, count, largest) = (sum + v, count + 1, largest.max(v));
                        } else if op.count_pad && row < h + p.bottom as isize && col < w + p.right as isize {
                            count += 1;
                        }
                    }
                }
                y.push(if op.kind == PoolKind::Max { largest } else { sum / f64::from(count) });
            }
        }
    }
    y
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn pooling_equals_the_definition(
        (height, width, channels) in (1usize..9, 1usize..9, 1usize..3),
        kernel in [1usize..4, 1usize..4],
        stride in [1usize..4, 1usize..4],
        (top, bottom, left, right) in (0usize..3, 0usize..3, 0usize..3, 0usize..3),
        (average, ceil, count_pad) in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let op = Pool {
            kind: if average { PoolKind::Average } else { PoolKind::Max },
            window: Window::new(kernel, stride),
            padding: Padding { top, bottom, left, right },
            ceil,
            count_pad,
        };
        let shape = Shape::new(height, width, channels);
        let (mut g, input) = graph(shape);
        let Ok(node) =
            g.add(Op::Pool(op.clone()), &[input], archc_core::ir::Scopes::ROOT, "op", Default::default())
        else {
            return Ok(());
        };
        output(&mut g, node);
        let x = integers(shape.size(), 9);
        let found = run(&g, &none(), &x).expect("it runs").remove(0);
        prop_assert_eq!(found.data, pool_by_definition(&op, shape, found.shape, &x));
    }
}

#[test]
fn pooling_by_hand() {
    let row = Shape::new(1, 5, 1);
    let x = [1.0, 2.0, 3.0, 4.0, 9.0];
    let along = |kind, padding, ceil, count_pad| Pool {
        kind,
        window: Window::new([1, 2], [1, 2]),
        padding,
        ceil,
        count_pad,
    };
    let left = Padding { left: 1, ..Padding::NONE };
    let y = |op: Pool| apply(Op::Pool(op), row, &x, &none());
    assert_eq!(y(along(PoolKind::Max, Padding::NONE, false, false)), [2.0, 4.0]);
    assert_eq!(y(along(PoolKind::Max, Padding::NONE, true, false)), [2.0, 4.0, 9.0]);
    // What `ceil` adds beyond the padding never counts, with or without `count_pad`.
    assert_eq!(y(along(PoolKind::Average, Padding::NONE, true, true)), [1.5, 3.5, 9.0]);
    assert_eq!(y(along(PoolKind::Average, left, false, false)), [1.0, 2.5, 6.5]);
    assert_eq!(y(along(PoolKind::Average, left, false, true)), [0.5, 2.5, 6.5]);
    // Padding never wins a maximum, not even over negative numbers.
    let op = pool(PoolKind::Max, 2, 1, Padding { top: 1, left: 1, ..Padding::NONE });
    assert_eq!(apply(Op::Pool(op), Shape::new(1, 2, 1), &[-3.0, -2.0], &none()), [-3.0, -2.0]);
}

#[test]
fn maximum_keeps_what_is_not_a_number() {
    let op = Op::Pool(pool(PoolKind::Max, 2, 2, Padding::NONE));
    for x in [[1.0, f64::NAN, 3.0, 4.0], [f64::NAN, 1.0, 3.0, 4.0], [1.0, 2.0, 3.0, f64::NAN]] {
        assert!(apply(op.clone(), Shape::new(2, 2, 1), &x, &none())[0].is_nan());
        let global = Op::GlobalPool(GlobalPool { kind: PoolKind::Max });
        assert!(apply(global, Shape::new(2, 2, 1), &x, &none())[0].is_nan());
    }
}

#[test]
fn global_pooling() {
    let shape = Shape::new(2, 1, 2);
    let x = [1.0, -5.0, 3.0, -8.0];
    let y = |kind| apply(Op::GlobalPool(GlobalPool { kind }), shape, &x, &none());
    assert_eq!(y(PoolKind::Average), [2.0, -6.5]);
    assert_eq!(y(PoolKind::Max), [3.0, -5.0]);
}

#[test]
fn batch_normalization() {
    let weights = store(&[
        ("gamma", &[2.0, 3.0]),
        ("beta", &[1.0, 0.0]),
        ("mean", &[4.0, 0.0]),
        ("variance", &[3.0, 0.0]),
    ]);
    let shape = Shape::new(1, 2, 2);
    let x = [6.0, 1.0, 4.0, -1.0];
    let y = apply(Op::BatchNorm(BatchNorm { eps: 1.0, scale: true }), shape, &x, &weights);
    assert_eq!(y, [3.0, 3.0, 1.0, -3.0]);
    let y = apply(Op::BatchNorm(BatchNorm { eps: 1.0, scale: false }), shape, &x, &weights);
    assert_eq!(y, [2.0, 1.0, 1.0, -1.0]);
}

#[test]
fn input_normalization() {
    let weights = store(&[("mean", &[1.0, 2.0]), ("variance", &[4.0, 0.0])]);
    let y = apply(Op::Normalize(Normalize), Shape::vector(2), &[5.0, 2.5], &weights);
    assert_close(&y, &[2.0, 0.5e7], 1e-15);
}

#[test]
fn response_normalization_cuts_its_window_at_the_ends() {
    let x = [1.0, 2.0, 3.0, 4.0];
    let lrn = |size| Op::Lrn(Lrn { size, alpha: 0.5, beta: 1.0, k: 1.0 });
    // 3 channels: one down, one up.
    let squares = [5.0, 14.0, 29.0, 25.0];
    let expected: Vec<f64> = x.iter().zip(squares).map(|(x, s)| x / (1.0 + 0.5 * s)).collect();
    assert_close(&apply(lrn(3), Shape::vector(4), &x, &none()), &expected, 1e-15);
    // 2 channels: one down, none up, as PyTorch pads.
    let squares = [1.0, 5.0, 13.0, 25.0];
    let expected: Vec<f64> = x.iter().zip(squares).map(|(x, s)| x / (1.0 + 0.5 * s)).collect();
    assert_close(&apply(lrn(2), Shape::vector(4), &x, &none()), &expected, 1e-15);
    // Wider than there are channels.
    let expected: Vec<f64> = x.iter().map(|x| x / 16.0).collect();
    assert_close(&apply(lrn(9), Shape::vector(4), &x, &none()), &expected, 1e-15);
}

#[test]
fn softmax_of_large_numbers() {
    let y = apply(Op::Softmax(Softmax), Shape::new(1, 2, 2), &[1e4, 1e4, -1e4, 0.0], &none());
    assert_eq!(y, [0.5, 0.5, 0.0, 1.0]);
    let y = apply(Op::Softmax(Softmax), Shape::vector(3), &[2f64.ln(), 0.0, 5f64.ln()], &none());
    assert_close(&y, &[0.25, 0.125, 0.625], 1e-15);
}

#[test]
fn moving_numbers() {
    let x: Vec<f64> = (0..6).map(f64::from).collect();
    let y = apply(Op::Shuffle(Shuffle { groups: 2 }), Shape::vector(6), &x, &none());
    assert_eq!(y, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    let y = apply(Op::Upsample(Upsample { factor: [2, 3] }), Shape::new(1, 2, 1), &[7.0, 8.0], &none());
    assert_eq!(y, [7.0, 7.0, 7.0, 8.0, 8.0, 8.0, 7.0, 7.0, 7.0, 8.0, 8.0, 8.0]);
    let padding = Padding { top: 1, bottom: 0, left: 0, right: 2 };
    let y = apply(Op::ZeroPad(ZeroPad { padding }), Shape::new(1, 1, 2), &[3.0, 4.0], &none());
    assert_eq!(y, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
    let shape = Shape::new(1, 3, 2);
    for op in [Op::Flatten(Flatten), Op::Dropout(Dropout { rate: 0.5 })] {
        assert_eq!(apply(op, shape, &x, &none()), x);
    }
    let y = apply(Op::Rescale(Rescale { scale: 0.5, offset: -1.0 }), shape, &x, &none());
    assert_eq!(y, [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]);
    let y = apply(Op::Rescale(Rescale { scale: 0.1, offset: 0.3 }), Shape::vector(1), &[2.0], &none());
    assert_eq!(y, [f64::from(0.1_f32) * 2.0 + f64::from(0.3_f32)]);
    let y = apply(Op::Activation(Activation::Relu), Shape::vector(2), &[-1.0, 2.0], &none());
    assert_eq!(y, [0.0, 2.0]);
}

#[test]
fn two_values() {
    let shape = Shape::new(1, 2, 2);
    let x = [1.0, -2.0, 3.0, -4.0];
    let two = |op: Op, second: Op| {
        let (mut g, a) = graph(shape);
        let b = add(&mut g, second, &[a], "b");
        let node = add(&mut g, op, &[a, b], "op");
        output(&mut g, node);
        run(&g, &none(), &x).expect("it runs").remove(0).data
    };
    let doubled = || Op::Rescale(Rescale { scale: 2.0, offset: 0.0 });
    assert_eq!(two(Op::Add(Add::default()), doubled()), [3.0, -6.0, 9.0, -12.0]);
    assert_eq!(two(Op::Add(Add { activation: Some(Activation::Relu) }), doubled()), [3.0, 0.0, 9.0, 0.0]);
    assert_eq!(two(Op::Concat(Concat), doubled()), [1.0, -2.0, 2.0, -4.0, 3.0, -4.0, 6.0, -8.0]);
    assert_eq!(two(Op::Gate(Gate), doubled()), [2.0, 8.0, 18.0, 32.0]);
    // A gate of one pixel: its channels, 2 and -3, multiply every pixel.
    let mean = Op::GlobalPool(GlobalPool { kind: PoolKind::Average });
    assert_eq!(two(Op::Gate(Gate), mean), [2.0, 6.0, 6.0, 12.0]);
}
