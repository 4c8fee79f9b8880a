//! Whole graphs: order, outputs, lifetimes and errors.

mod common;

use archc_core::ir::op::{Activation, Add, BatchNorm, Conv, Epilogue, Op, Rescale};
use archc_core::ir::shape::Window;
use archc_core::ir::{Output, Padding, Shape};
use archc_interpreter::{Error, Tensor, WeightProblem, Weights, observe, run};
use common::{Store, add, graph, output, weights};

fn double() -> Op {
    Op::Rescale(Rescale { scale: 2.0, offset: 0.0 })
}

#[test]
fn outputs_come_in_order_and_may_be_read_again() {
    let (mut g, x) = graph(Shape::vector(1));
    let a = add(&mut g, double(), &[x], "a");
    let b = add(&mut g, double(), &[a], "b");
    let c = add(&mut g, Op::Add(Add::default()), &[b, a], "c");
    g.outputs = [c, a, x, a].map(|node| Output { name: "y".into(), node }).to_vec();
    let values = run(&g, &Store::new(), &[1.0]).expect("it runs");
    let values: Vec<f64> = values.into_iter().map(|v| v.data[0]).collect();
    assert_eq!(values, [6.0, 2.0, 1.0, 2.0]);
}

#[test]
fn an_observer_sees_every_value_once() {
    let (mut g, x) = graph(Shape::vector(1));
    let a = add(&mut g, double(), &[x], "a");
    let unread = add(&mut g, Op::Activation(Activation::Relu), &[x], "unread");
    let b = add(&mut g, double(), &[a], "b");
    output(&mut g, b);
    let mut seen = Vec::new();
    observe(&g, &Store::new(), &[3.0], &mut |id, v| seen.push((id, v.data[0]))).expect("it runs");
    assert_eq!(seen, [(x, 3.0), (a, 6.0), (unread, 3.0), (b, 12.0)]);
}

#[test]
fn all_that_is_wrong_with_the_weights_is_told_at_once() {
    let (mut g, x) = graph(Shape::new(3, 3, 2));
    let conv = Conv {
        window: Window::new([3, 3], [1, 1]),
        padding: Padding::NONE,
        channels: 4,
        groups: 1,
        bias: true,
        epilogue: Epilogue::default(),
    };
    let a = add(&mut g, Op::Conv(conv), &[x], "conv1");
    let b = add(&mut g, Op::BatchNorm(BatchNorm { eps: 1e-5, scale: true }), &[a], "bn1");
    output(&mut g, b);
    let mut store = weights(&g);
    store.remove("conv1.bias");
    store.insert("conv1.weight".into(), (vec![4, 2, 3, 3], vec![0.0; 72]));
    store.insert("bn1.beta".into(), (vec![5], vec![0.0; 5]));
    let error = run(&g, &store, &[0.0; 18]).expect_err("weights are wrong");
    let expected = Error::Weights(vec![
        WeightProblem::Shape {
            name: "conv1.weight".into(),
            expected: vec![3, 3, 2, 4],
            found: vec![4, 2, 3, 3],
            numbers: 72,
        },
        WeightProblem::Missing { name: "conv1.bias".into(), shape: vec![4] },
        WeightProblem::Shape { name: "bn1.beta".into(), expected: vec![4], found: vec![5], numbers: 5 },
    ]);
    assert_eq!(error, expected);
    let text = error.to_string();
    for part in ["3 of the weights", "`conv1.bias` [4] is missing", "[4, 2, 3, 3]"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_tensor_with_too_few_numbers_is_an_error() {
    let (mut g, x) = graph(Shape::vector(2));
    let node = add(&mut g, Op::BatchNorm(BatchNorm { eps: 1e-5, scale: false }), &[x], "bn1");
    output(&mut g, node);
    let mut store = weights(&g);
    store.insert("bn1.mean".into(), (vec![2], vec![0.0]));
    assert!(matches!(run(&g, &store, &[0.0; 2]), Err(Error::Weights(p)) if p.len() == 1));
}

#[test]
fn an_input_of_another_size_is_an_error() {
    let (mut g, x) = graph(Shape::new(2, 2, 3));
    output(&mut g, x);
    let error = run(&g, &Store::new(), &[0.0; 11]).expect_err("one is missing");
    assert_eq!(error, Error::Input { expected: 12, expected_shape: Shape::new(2, 2, 3), found: 11 });
}

#[test]
fn a_graph_without_an_input_is_an_error() {
    let g = archc_core::ir::Graph::new("empty");
    assert!(matches!(run(&g, &Store::new(), &[]), Err(Error::Graph(_))));
}

/// A source that makes its tensors up is asked for the numbers of each once.
#[test]
fn tensors_are_asked_for_once() {
    struct Made(std::cell::RefCell<Vec<String>>);
    impl Weights for Made {
        fn get(&self, name: &str) -> Option<Tensor<'_>> {
            self.0.borrow_mut().push(name.to_owned());
            Some(Tensor { shape: vec![2].into(), data: vec![1.0; 2].into() })
        }
        fn shape(&self, _: &str) -> Option<Vec<usize>> {
            Some(vec![2])
        }
    }
    let (mut g, x) = graph(Shape::vector(2));
    let node = add(&mut g, Op::BatchNorm(BatchNorm { eps: 0.0, scale: true }), &[x], "bn1");
    output(&mut g, node);
    let made = Made(Default::default());
    assert_eq!(run(&g, &made, &[1.0, 3.0]).expect("it runs")[0].data, [1.0, 3.0]);
    assert_eq!(*made.0.borrow(), ["bn1.gamma", "bn1.beta", "bn1.mean", "bn1.variance"]);
}
