//! Convolutions and dense layers against the definition: one sum for every number, padding materialised.

mod common;

use archc_core::ir::op::{Activation, BatchNorm, Conv, Dense, Epilogue, FoldedNorm, Op, Role};
use archc_core::ir::shape::Window;
use archc_core::ir::{Padding, Shape};
use archc_interpreter::run;
use common::{Store, add, apply, assert_close, graph, integers, output, weights};
use proptest::prelude::*;

/// `y[oy, ox, co] = b[co] + sum over ky, kx, ci of w[ky, kx, ci, co] * padded[...]`, straight from the definition.
fn by_definition(op: &Conv, shape: Shape, out: Shape, x: &[f64], w: &[f32], b: Option<&[f32]>) -> Vec<f64> {
    let p = op.padding;
    let (ph, pw) = (shape.height + p.top + p.bottom, shape.width + p.left + p.right);
    let mut padded = vec![0.0; ph * pw * shape.channels];
    for row in 0..shape.height {
        for col in 0..shape.width {
            for c in 0..shape.channels {
                padded[((row + p.top) * pw + col + p.left) * shape.channels + c] =
                    x[(row * shape.width + col) * shape.channels + c];
            }
        }
    }
    let (from, to) = (shape.channels / op.groups, op.channels / op.groups);
    let mut y = Vec::new();
    for oy in 0..out.height {
        for ox in 0..out.width {
            for co in 0..op.channels {
                let mut sum = b.map_or(0.0, |b| f64::from(b[co]));
                for ky in 0..op.window.kernel[0] {
                    for kx in 0..op.window.kernel[1] {
                        for ci in 0..from {
                            let iy = oy * op.window.stride[0] + ky * op.window.dilation[0];
                            let ix = ox * op.window.stride[1] + kx * op.window.dilation[1];
                            let channel = co / to * from + ci;
                            sum += padded[(iy * pw + ix) * shape.channels + channel]
                                * f64::from(
                                    w[((ky * op.window.kernel[1] + kx) * from + ci) * op.channels + co],
                                );
                        }
                    }
                }
                y.push(sum);
            }
        }
    }
    y
}

fn check(op: Conv, shape: Shape) {
    let (mut g, input) = graph(shape);
    let node = add(&mut g, Op::Conv(op.clone()), &[input], "op");
    output(&mut g, node);
    let out = g.node(node).shape;
    let store = weights(&g);
    let x = integers(shape.size(), 3);
    let found = run(&g, &store, &x).expect("it runs").remove(0);
    let bias = store.get("op.bias").map(|(_, d)| d.as_slice());
    let expected = by_definition(&op, shape, out, &x, &store["op.weight"].1, bias);
    assert_eq!(found.shape, out);
    assert_eq!(found.data, expected, "{op:?} on {shape}");
}

fn conv(kernel: [usize; 2], stride: [usize; 2], padding: Padding, channels: usize, groups: usize) -> Conv {
    Conv {
        window: Window::new(kernel, stride),
        padding,
        channels,
        groups,
        bias: true,
        epilogue: Epilogue::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn equals_the_definition(
        (height, width) in (1usize..9, 1usize..9),
        (from, to, groups) in (1usize..4, 1usize..4, 1usize..4),
        kernel in [1usize..4, 1usize..4],
        stride in [1usize..4, 1usize..4],
        dilation in [1usize..3, 1usize..3],
        (top, bottom, left, right) in (0usize..4, 0usize..4, 0usize..4, 0usize..4),
        bias in any::<bool>(),
    ) {
        let mut op = conv(kernel, stride, Padding { top, bottom, left, right }, to * groups, groups);
        op.window.dilation = dilation;
        op.bias = bias;
        let shape = Shape::new(height, width, from * groups);
        prop_assume!(op.window.slide(shape, op.padding, false).is_ok());
        check(op, shape);
    }
}

#[test]
fn depthwise() {
    check(conv([3, 3], [2, 2], Padding { top: 0, bottom: 1, left: 0, right: 1 }, 5, 5), Shape::new(6, 7, 5));
}

#[test]
fn padding_wider_than_the_plane() {
    check(conv([3, 3], [1, 1], Padding::all(4), 2, 1), Shape::new(1, 2, 1));
    check(conv([1, 1], [3, 2], Padding { top: 5, bottom: 0, left: 0, right: 6 }, 2, 1), Shape::new(2, 3, 1));
}

#[test]
fn a_case_by_hand() {
    // A 2x2 kernel [1 2; 3 4] on [1 2 3; 4 5 6], one row below: 1*1+2*2+3*4+4*5 = 37, ..., 1*4+2*5 = 14, ...
    let op = conv([2, 2], [1, 1], Padding { bottom: 1, ..Padding::NONE }, 1, 1);
    let mut store = Store::new();
    store.insert("op.weight".into(), (vec![2, 2, 1, 1], vec![1.0, 2.0, 3.0, 4.0]));
    store.insert("op.bias".into(), (vec![1], vec![0.5]));
    let y = apply(Op::Conv(op), Shape::new(2, 3, 1), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &store);
    assert_eq!(y, [37.5, 47.5, 14.5, 17.5]);
}

#[test]
fn dense_sums_rows_of_weights() {
    let dense = |flattens| Dense { channels: 2, bias: true, flattens, epilogue: Epilogue::default() };
    let mut store = Store::new();
    store.insert("op.weight".into(), (vec![3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    store.insert("op.bias".into(), (vec![2], vec![10.0, 20.0]));
    let x = [1.0, -1.0, 2.0];
    assert_eq!(apply(Op::Dense(dense(false)), Shape::vector(3), &x, &store), [18.0, 30.0]);
    assert_eq!(apply(Op::Dense(dense(true)), Shape::new(3, 1, 1), &x, &store), [18.0, 30.0]);
}

/// An operator whose epilogue holds everything equals the same things as nodes of their own.
#[test]
fn an_epilogue_equals_the_nodes_it_came_from() {
    let shape = Shape::new(4, 5, 3);
    let norms =
        [BatchNorm { eps: 1e-3, scale: true }, BatchNorm { eps: 1e-5, scale: false }].into_iter().enumerate();
    let norms: Vec<FoldedNorm> =
        norms.map(|(i, norm)| FoldedNorm { path: format!("bn{}", i + 1), norm }).collect();
    let fused = Epilogue { norms: norms.clone(), residual: true, activation: Some(Activation::Swish) };
    let plain = |kind: &str, epilogue: Epilogue| match kind {
        "conv" => Op::Conv(Conv { epilogue, ..conv([3, 3], [1, 1], Padding::all(1), 3, 1) }),
        _ => Op::Dense(Dense { channels: 60, bias: true, flattens: true, epilogue }),
    };
    for kind in ["conv", "dense"] {
        let (mut short, x) = graph(shape);
        let mut side = add(&mut short, Op::Activation(Activation::Tanh), &[x], "tanh");
        if kind == "dense" {
            side = add(&mut short, Op::Flatten(archc_core::ir::op::Flatten), &[side], "flatten");
        }
        let node = add(&mut short, plain(kind, fused.clone()), &[x, side], "op");
        output(&mut short, node);

        let mut long = short.clone();
        let mut node = add(&mut long, plain(kind, Epilogue::default()), &[x], "plain");
        for folded in &norms {
            node = add(&mut long, Op::BatchNorm(folded.norm.clone()), &[node], &folded.path);
        }
        node = add(&mut long, Op::Add(archc_core::ir::op::Add::default()), &[node, side], "add");
        node = add(&mut long, Op::Activation(Activation::Swish), &[node], "swish");
        output(&mut long, node);

        let mut store = weights(&short);
        for role in [Role::Kernel, Role::Bias] {
            let tensor = store[&format!("op.{}", role.as_str())].clone();
            store.insert(format!("plain.{}", role.as_str()), tensor);
        }
        let input = integers(shape.size(), 5);
        let a = run(&short, &store, &input).expect("it runs");
        let b = run(&long, &store, &input).expect("it runs");
        assert_close(&a[0].data, &b[0].data, 1e-15);
    }
}
