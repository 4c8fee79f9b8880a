//! Names and layouts of Keras and PyTorch, on small networks.

use archc_core::ir::op::{
    Activation, Add, BatchNorm, Concat, Conv, Dense, Dropout, Epilogue, Flatten, FoldedNorm, Gate,
    GlobalPool, Input, Normalize, Op, PoolKind, Shuffle, Upsample,
};
use archc_core::ir::shape::Window;
use archc_core::ir::{Graph, NodeId, Origin, Output, Padding, Scopes, Shape};
use archc_interpreter::run;
use archc_weights::{Framework, MapProblem, Mapping, NameMap, Store, Tensor, map_names};
use proptest::prelude::*;

struct Net {
    graph: Graph,
    last: NodeId,
}

impl Net {
    fn new(shape: Shape) -> Net {
        let mut graph = Graph::new("Test");
        let last = graph
            .add(Op::Input(Input { shape }), &[], Scopes::ROOT, "input", Origin::default())
            .expect("it has no inputs");
        Net { graph, last }
    }

    fn join(&mut self, op: Op, inputs: &[NodeId], name: &str) -> &mut Net {
        self.last =
            self.graph.add(op, inputs, Scopes::ROOT, name, Origin::default()).expect("the shapes fit");
        self.graph.outputs = vec![Output { name: "output".into(), node: self.last }];
        self
    }

    fn then(&mut self, op: Op, name: &str) -> &mut Net {
        self.join(op, &[self.last], name)
    }
}

fn conv(kernel: [usize; 2], channels: usize, groups: usize) -> Op {
    Op::Conv(Conv {
        window: Window::new(kernel, [1, 1]),
        padding: Padding::NONE,
        channels,
        groups,
        bias: true,
        epilogue: Epilogue::default(),
    })
}

fn dense(channels: usize) -> Op {
    Op::Dense(Dense { channels, bias: true, flattens: false, epilogue: Epilogue::default() })
}

fn norm() -> Op {
    Op::BatchNorm(BatchNorm { eps: 1e-3, scale: true })
}

fn names(list: &[(&str, &[usize])]) -> Vec<(String, Vec<usize>)> {
    list.iter().map(|(n, s)| ((*n).to_owned(), s.to_vec())).collect()
}

fn map(net: &Net, text: &str, framework: Framework, theirs: &[(&str, &[usize])]) -> Vec<Mapping> {
    let map = NameMap::parse(text).expect("the map is right");
    map_names(&net.graph, &map, framework, &names(theirs)).expect("all tensors fit")
}

fn problems(
    net: &Net,
    text: &str,
    framework: Framework,
    theirs: &[(&str, &[usize])],
) -> (Vec<MapProblem>, String) {
    let map = NameMap::parse(text).expect("the map is right");
    let errors = map_names(&net.graph, &map, framework, &names(theirs)).expect_err("something does not fit");
    let text = errors.to_string();
    (errors.0, text)
}

/// 0, 1, 2, ...
fn counting(count: usize) -> Vec<f32> {
    (0..count).map(|i| i as f32).collect()
}

/// The numbers that a tensor of ours gets when theirs counts from 0.
fn converted(mappings: &[Mapping], ours: &str) -> Vec<f32> {
    let mapping = mappings.iter().find(|m| m.ours.name() == ours).expect("it is mapped");
    mapping.convert(counting(mapping.ours.size()))
}

#[test]
fn torch_convolutions_are_output_input_rows_columns() {
    let mut net = Net::new(Shape::new(5, 6, 4));
    net.then(conv([2, 3], 6, 2), "conv1");
    let m = map(&net, "", Framework::Torch, &[("conv1.weight", &[6, 2, 2, 3]), ("conv1.bias", &[6])]);
    let ours = converted(&m, "conv1.weight");
    let mut expected = Vec::new();
    for ky in 0..2 {
        for kx in 0..3 {
            for i in 0..2 {
                for o in 0..6 {
                    expected.push((((o * 2 + i) * 2 + ky) * 3 + kx) as f32);
                }
            }
        }
    }
    assert_eq!(ours, expected);
    assert_eq!(converted(&m, "conv1.bias"), counting(6));
}

#[test]
fn keras_depthwise_kernels_are_rows_columns_channels_multiplier() {
    let mut net = Net::new(Shape::new(5, 5, 3));
    net.then(conv([3, 3], 6, 3), "depthwise1").then(conv([1, 1], 4, 1), "conv1");
    let theirs: [(&str, &[usize]); 4] = [
        ("depthwise1/depthwise_kernel:0", &[3, 3, 3, 2]),
        ("depthwise1/bias:0", &[6]),
        ("conv1/kernel:0", &[1, 1, 6, 4]),
        ("conv1/bias:0", &[4]),
    ];
    let m = map(&net, "", Framework::Keras, &theirs);
    assert_eq!(converted(&m, "depthwise1.weight"), counting(54));
    assert_eq!(converted(&m, "conv1.weight"), counting(24));
}

#[test]
fn a_separable_layer_of_keras_is_two_of_ours() {
    let mut net = Net::new(Shape::new(5, 5, 1));
    let mut depthwise = conv([3, 3], 2, 1);
    if let Op::Conv(c) = &mut depthwise {
        c.bias = false;
    }
    net.then(depthwise, "separable1.depthwise1").then(conv([1, 1], 4, 1), "separable1.conv1");
    let lines = "separable{i}.depthwise1 = sepconv{i}\nseparable{i}.conv1 = sepconv{i}";
    let theirs: [(&str, &[usize]); 3] = [
        ("sepconv1/depthwise_kernel", &[3, 3, 1, 2]),
        ("sepconv1/pointwise_kernel", &[1, 1, 2, 4]),
        ("sepconv1/bias", &[4]),
    ];
    let m = map(&net, lines, Framework::Keras, &theirs);
    let theirs: Vec<&str> = m.iter().filter_map(|m| m.theirs.as_deref()).collect();
    assert_eq!(theirs, ["sepconv1/depthwise_kernel", "sepconv1/pointwise_kernel", "sepconv1/bias"]);
}

#[test]
fn a_dense_layer_and_a_1x1_convolution_take_each_others_tensors() {
    let mut net = Net::new(Shape::vector(2));
    net.then(dense(3), "dense1").then(conv([1, 1], 2, 1), "conv1");
    let torch: [(&str, &[usize]); 4] = [
        ("dense1.weight", &[3, 2, 1, 1]),
        ("dense1.bias", &[3]),
        ("conv1.weight", &[2, 3]),
        ("conv1.bias", &[2]),
    ];
    let m = map(&net, "", Framework::Torch, &torch);
    assert_eq!(converted(&m, "dense1.weight"), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
    assert_eq!(converted(&m, "conv1.weight"), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    let keras: [(&str, &[usize]); 4] = [
        ("dense1/kernel", &[1, 1, 2, 3]),
        ("dense1/bias", &[3]),
        ("conv1/kernel", &[3, 2]),
        ("conv1/bias", &[2]),
    ];
    assert_eq!(converted(&map(&net, "", Framework::Keras, &keras), "conv1.weight"), counting(6));
}

/// What PyTorch has in the order channels, rows, columns is in ours rows, columns, channels, however far the
/// `flatten` is; a normalization on the way as well.
#[test]
fn torch_rows_behind_a_flatten_are_permuted() {
    let mut net = Net::new(Shape::new(1, 2, 3));
    net.then(Op::Flatten(Flatten), "flatten1")
        .then(Op::Dropout(Dropout { rate: 0.5 }), "dropout1")
        .then(norm(), "bn1")
        .then(Op::Activation(Activation::Relu), "relu1")
        .then(dense(2), "dense1")
        .then(dense(2), "dense2");
    let torch: [(&str, &[usize]); 8] = [
        ("bn1.weight", &[6]),
        ("bn1.bias", &[6]),
        ("bn1.running_mean", &[6]),
        ("bn1.running_var", &[6]),
        ("dense1.weight", &[2, 6]),
        ("dense1.bias", &[2]),
        ("dense2.weight", &[2, 2]),
        ("dense2.bias", &[2]),
    ];
    let m = map(&net, "", Framework::Torch, &torch);
    // Ours is (column, channel), theirs (channel, column): place (x, c) of ours is 2 * c + x of theirs.
    let places = [0.0, 2.0, 4.0, 1.0, 3.0, 5.0];
    for role in ["gamma", "beta", "mean", "variance"] {
        assert_eq!(converted(&m, &format!("bn1.{role}")), places, "{role}");
    }
    let expected: Vec<f32> = places.iter().flat_map(|p| [*p, p + 6.0]).collect();
    assert_eq!(converted(&m, "dense1.weight"), expected);
    assert_eq!(converted(&m, "dense2.weight"), [0.0, 2.0, 1.0, 3.0]);

    let keras: [(&str, &[usize]); 8] = [
        ("bn1/gamma", &[6]),
        ("bn1/beta", &[6]),
        ("bn1/moving_mean", &[6]),
        ("bn1/moving_variance", &[6]),
        ("dense1/kernel", &[6, 2]),
        ("dense1/bias", &[2]),
        ("dense2/kernel", &[2, 2]),
        ("dense2/bias", &[2]),
    ];
    let m = map(&net, "", Framework::Keras, &keras);
    assert_eq!(converted(&m, "dense1.weight"), counting(12));
    assert_eq!(converted(&m, "bn1.mean"), counting(6));
}

/// timm's VGG has its first dense layer as a convolution of the plane that others flatten.
#[test]
fn torch_may_convolve_the_plane_that_is_flattened() {
    let mut net = Net::new(Shape::new(2, 3, 4));
    net.then(Op::Flatten(Flatten), "flatten1").then(dense(5), "dense1").then(dense(24), "dense2");
    let mut theirs: [(&str, &[usize]); 4] = [
        ("dense1.weight", &[5, 24]),
        ("dense1.bias", &[5]),
        ("dense2.weight", &[24, 5, 1, 1]),
        ("dense2.bias", &[24]),
    ];
    let expected = converted(&map(&net, "", Framework::Torch, &theirs), "dense1.weight");
    theirs[0].1 = &[5, 4, 2, 3];
    assert_eq!(converted(&map(&net, "", Framework::Torch, &theirs), "dense1.weight"), expected);
    // As many numbers, but another plane; and before the second layer there is none.
    let wrong: [(usize, &[usize]); 4] =
        [(0, &[5, 4, 3, 2]), (0, &[5, 2, 3, 4]), (0, &[5, usize::MAX, 24, 2]), (2, &[24, 1, 5, 1])];
    for (i, shape) in wrong {
        let mut theirs = theirs;
        theirs[i].1 = shape;
        let (found, _) = problems(&net, "", Framework::Torch, &theirs);
        assert!(matches!(&found[..], [MapProblem::Shape { found, .. }] if found == shape), "{found:?}");
    }
}

#[test]
fn an_absorbed_flatten_permutes_too_but_not_the_folded_norm() {
    let mut net = Net::new(Shape::new(2, 1, 2));
    let folded = FoldedNorm { path: "bn1".into(), norm: BatchNorm { eps: 1e-3, scale: false } };
    let epilogue = Epilogue { norms: vec![folded], ..Epilogue::default() };
    net.then(Op::Dense(Dense { channels: 4, bias: false, flattens: true, epilogue }), "dense1");
    let torch: [(&str, &[usize]); 4] = [
        ("dense1.weight", &[4, 4]),
        ("bn1.bias", &[4]),
        ("bn1.running_mean", &[4]),
        ("bn1.running_var", &[4]),
    ];
    let m = map(&net, "", Framework::Torch, &torch);
    let expected: Vec<f32> =
        [0, 2, 1, 3].iter().flat_map(|i| (0..4).map(move |o| (o * 4 + i) as f32)).collect();
    assert_eq!(converted(&m, "dense1.weight"), expected);
    assert_eq!(converted(&m, "bn1.mean"), counting(4));
}

#[test]
fn joined_flattens_permute_each_part() {
    let mut net = Net::new(Shape::new(2, 1, 2));
    let input = net.last;
    let flat = net.then(Op::Flatten(Flatten), "flatten1").last;
    let mean = net.join(Op::GlobalPool(GlobalPool { kind: PoolKind::Average }), &[input], "pool1").last;
    net.join(Op::Concat(Concat), &[mean, flat], "concat1").then(dense(1), "dense1");
    let theirs: [(&str, &[usize]); 2] = [("dense1.weight", &[1, 6]), ("dense1.bias", &[1])];
    let m = map(&net, "", Framework::Torch, &theirs);
    assert_eq!(converted(&m, "dense1.weight"), [0.0, 1.0, 2.0, 4.0, 3.0, 5.0]);
}

/// The names and shapes that PyTorch would have for a network of archc's.
fn all_of_torch(net: &Net) -> Vec<(String, Vec<usize>)> {
    let store = archc_weights::seeded::store(&net.graph, "archc");
    let of_torch = |(name, tensor): (&str, &Tensor)| {
        let shape = match tensor.shape[..] {
            [inputs, outputs] => vec![outputs, inputs],
            [h, w, inputs, outputs] => vec![outputs, inputs, h, w],
            _ => tensor.shape.clone(),
        };
        (name.to_owned(), shape)
    };
    store.iter().map(of_torch).collect()
}

/// The operations of a network whose weights cannot be PyTorch's; Keras's can.
fn out_of_order(net: &Net) -> Vec<String> {
    let keras: Vec<(String, Vec<usize>)> = archc_weights::seeded::store(&net.graph, "archc")
        .iter()
        .map(|(name, tensor)| {
            (name.replace(".weight", "/kernel").replace(".bias", "/bias"), tensor.shape.clone())
        })
        .collect();
    map_names(&net.graph, &NameMap::default(), Framework::Keras, &keras).expect("no order matters");
    let found = map_names(&net.graph, &NameMap::default(), Framework::Torch, &all_of_torch(net));
    let operation = |problem: MapProblem| match problem {
        MapProblem::Order { operation, .. } => operation,
        other => panic!("{other}"),
    };
    found.err().map_or(Vec::new(), |errors| errors.0.into_iter().map(operation).collect())
}

/// A sum of what was flattened and what was not has its channels in two orders, of which no weights can make one.
#[test]
fn what_no_weights_can_put_in_order_is_refused() {
    let flat = |shape| {
        let mut net = Net::new(shape);
        net.then(Op::Flatten(Flatten), "flatten1");
        net
    };
    let plane = Shape::new(2, 1, 2);
    for op in [Op::Add(Add { activation: None }), Op::Gate(Gate)] {
        // Of two flattened planes of one shape, or with one channel, all is in one order.
        for (shape, other, refused) in [
            (plane, None, false),
            (plane, Some(dense(4)), true),
            (Shape::new(2, 2, 1), Some(dense(4)), false),
        ] {
            let mut net = flat(shape);
            let first = net.last;
            let second = net.then(other.clone().unwrap_or(Op::Activation(Activation::Relu)), "dense1").last;
            net.join(op.clone(), &[first, second], "join1").then(dense(3), "dense2");
            assert_eq!(out_of_order(&net), if refused { &["join1"][..] } else { &[] }, "{op:?} {other:?}");
        }
    }
    let upsample = Op::Upsample(Upsample { factor: [2, 2] });
    for (shape, ops, refused) in [
        (plane, vec![conv([1, 1], 2, 2)], &["op0"][..]),
        (plane, vec![conv([1, 1], 4, 4)], &["op0"]),
        (plane, vec![conv([1, 1], 2, 1), conv([1, 1], 2, 2)], &[]),
        (Shape::new(2, 2, 1), vec![conv([1, 1], 2, 2)], &[]),
        (plane, vec![Op::Shuffle(Shuffle { groups: 2 })], &["op0"]),
        (plane, vec![upsample.clone(), Op::Flatten(Flatten), dense(2)], &["op1"]),
        (plane, vec![upsample, conv([1, 1], 2, 1), Op::Flatten(Flatten), dense(2)], &[]),
    ] {
        let mut net = flat(shape);
        for (i, op) in ops.into_iter().enumerate() {
            net.then(op, &format!("op{i}"));
        }
        assert_eq!(out_of_order(&net), refused);
    }
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    let mut net = Net::new(Shape::new(4, 4, 3));
    net.then(conv([3, 3], 8, 1), "conv1")
        .then(norm(), "bn1")
        .then(conv([1, 1], 8, 1), "conv2")
        .then(conv([1, 1], 8, 1), "conv3")
        .then(conv([1, 1], 8, 1), "conv4");
    let lines =
        "conv1 = first\nconv{i:2-3} = again\nbn{i} = norm{i}\nbn1 = other\nconv4 = last\n- AuxLogits.*";
    let theirs: [(&str, &[usize]); 8] = [
        ("first.weight", &[8, 3, 5, 5]),
        ("again.weight", &[8, 8, 1, 1]),
        ("again.bias", &[8]),
        ("last.weight", &[8, 8, 1, 1]),
        ("norm1.num_batches_tracked", &[]),
        ("AuxLogits.fc.weight", &[10, 8]),
        ("fc.weight", &[10, 8]),
        ("first.bias", &[8]),
    ];
    let (found, text) = problems(&net, lines, Framework::Torch, &theirs);
    let bn = |role: &str| MapProblem::Ambiguous {
        ours: format!("bn1.{role}"),
        choices: vec!["norm1 (line 3)".into(), "other (line 4)".into()],
    };
    let expected = vec![
        MapProblem::Shape {
            ours: "conv1.weight".into(),
            expected: vec![3, 3, 3, 8],
            theirs: "first.weight".into(),
            found: vec![8, 3, 5, 5],
        },
        bn("gamma"),
        bn("beta"),
        bn("mean"),
        bn("variance"),
        MapProblem::Missing { ours: "conv4.bias".into(), shape: vec![8], theirs: vec!["last.bias".into()] },
        MapProblem::Shared {
            theirs: "again.bias".into(),
            ours: vec!["conv2.bias".into(), "conv3.bias".into()],
        },
        MapProblem::Shared {
            theirs: "again.weight".into(),
            ours: vec!["conv2.weight".into(), "conv3.weight".into()],
        },
        MapProblem::Extra { theirs: "fc.weight".into(), shape: vec![10, 8] },
    ];
    assert_eq!(found, expected);
    for part in ["9 tensors do not fit", "there is no `last.bias`", "`fc.weight` [10, 8] belongs to nothing"]
    {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn names_that_are_nearly_right() {
    let mut net = Net::new(Shape::new(6, 6, 3));
    net.then(conv([3, 3], 8, 1), "conv1").then(conv([1, 1], 8, 1), "conv2");
    let theirs: [(&str, &[usize]); 4] = [
        ("backbone.conv1.weight", &[8, 3, 3, 3]),
        ("backbone.conv1.bias", &[8]),
        ("conv_2.weight", &[8, 8, 1, 1]),
        // Of another size.
        ("conv_2.bias", &[7]),
    ];
    let (_, text) = problems(&net, "", Framework::Torch, &theirs);
    for part in [
        "no `conv1.weight`; did you mean `backbone.conv1.weight`?",
        "no `conv1.bias`; did you mean `backbone.conv1.bias`?",
        "no `conv2.weight`; did you mean `conv_2.weight`?",
        "no `conv2.bias`\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_name_that_comes_twice_is_left_over_once() {
    let mut net = Net::new(Shape::vector(2));
    net.then(dense(2), "dense1");
    let theirs: [(&str, &[usize]); 3] =
        [("dense1/kernel", &[2, 2]), ("dense1/bias", &[2]), ("dense1/bias:0", &[2])];
    let (found, _) = problems(&net, "", Framework::Keras, &theirs);
    assert_eq!(found, [MapProblem::Extra { theirs: "dense1/bias:0".into(), shape: vec![2] }]);
}

#[test]
fn keras_input_normalization() {
    let mut net = Net::new(Shape::new(2, 2, 3));
    net.then(Op::Normalize(Normalize), "normalize1");
    let theirs: [(&str, &[usize]); 3] =
        [("normalization_3/mean", &[3]), ("normalization_3/variance", &[3]), ("normalization_3/count", &[])];
    let m = map(&net, "normalize1 = normalization#{0}", Framework::Keras, &theirs);
    assert_eq!(m[1].theirs.as_deref(), Some("normalization_3/variance"));
    // A file of ImageNet's holds the deviation there.
    assert_eq!(m[1].convert(vec![0.229, 0.224, 0.225]), [0.229 * 0.229, 0.224 * 0.224, 0.225 * 0.225]);
    for same in [[0.229, 0.224, 0.2], [1.0, 2.0, 3.0]] {
        assert_eq!(m[1].convert(same.to_vec()), same);
    }
    assert_eq!(m[0].convert(vec![0.229, 0.224, 0.225]), [0.229, 0.224, 0.225]);
}

/// A Keras 3 file numbers weights; where one may be a gamma or a beta, the network knows, or a map.
#[test]
fn the_network_or_a_map_tells_gamma_from_beta() {
    let theirs: [(&str, &[usize]); 3] =
        [("bn1/gamma_or_beta", &[3]), ("bn1/moving_mean", &[3]), ("bn1/moving_variance", &[3])];
    let mut net = Net::new(Shape::new(2, 2, 3));
    net.then(Op::BatchNorm(BatchNorm { eps: 1e-3, scale: false }), "bn1");
    let beta = |m: &[Mapping]| m.iter().find(|m| m.ours.name() == "bn1.beta").and_then(|m| m.theirs.clone());
    assert_eq!(beta(&map(&net, "", Framework::Keras, &theirs)).as_deref(), Some("bn1/gamma_or_beta"));

    let mut net = Net::new(Shape::new(2, 2, 3));
    net.then(norm(), "bn1");
    let (found, text) = problems(&net, "", Framework::Keras, &theirs);
    assert_eq!(
        found,
        [MapProblem::Undecided { theirs: "bn1/gamma_or_beta".into(), owner: "bn1".into() }],
        "{text}"
    );
    assert!(text.contains("`bn1.beta := 0`") && text.contains("`bn1.gamma := 1`"), "{text}");
    assert_eq!(beta(&map(&net, "bn1.beta := 0", Framework::Keras, &theirs)), None);
    let m = map(&net, "bn1.gamma := 1", Framework::Keras, &theirs);
    assert_eq!(beta(&m).as_deref(), Some("bn1/gamma_or_beta"));
    assert_eq!(m[0].convert(Vec::new()), [1.0; 3]);
}

#[test]
fn what_a_file_lacks_may_be_constant() {
    let mut net = Net::new(Shape::new(2, 2, 3));
    net.then(Op::Normalize(Normalize), "normalize1");
    let text = "normalize1 = normalization#{0}\nnormalize1.mean := 0.5 0.25 1\nnormalize1.variance := 2";
    let m = map(&net, text, Framework::Keras, &[]);
    assert_eq!([&m[0].theirs, &m[1].theirs], [&None, &None]);
    assert_eq!(m[0].convert(Vec::new()), [0.5, 0.25, 1.0]);
    assert_eq!(m[1].seeded("archc", 1.0), [2.0, 2.0, 2.0]);
    // What the file has comes first, and what it has of a wrong shape is told.
    let theirs: [(&str, &[usize]); 2] = [("normalization/mean", &[3]), ("normalization/variance", &[2])];
    let (found, _) = problems(&net, text, Framework::Keras, &theirs);
    assert!(
        matches!(&found[..], [MapProblem::Shape { ours, .. }] if ours == "normalize1.variance"),
        "{found:?}"
    );
    let m = map(&net, text, Framework::Keras, &theirs[..1]);
    assert_eq!([m[0].theirs.as_deref(), m[1].theirs.as_deref()], [Some("normalization/mean"), None]);
    // As many numbers as there are channels.
    let text = "normalize1.mean := 0 0\nnormalize1.variance := 1";
    let (found, _) = problems(&net, text, Framework::Keras, &[]);
    assert!(
        matches!(&found[..], [MapProblem::Missing { ours, .. }] if ours == "normalize1.mean"),
        "{found:?}"
    );
}

/// Under archc's own names, where the runtime makes the same numbers: its tests hold these as well.
#[test]
fn seeded_weights_need_no_map() {
    let mut net = Net::new(Shape::new(4, 4, 4));
    net.then(conv([3, 3], 8, 1), "conv1").then(norm(), "bn1");
    let store = archc_weights::seeded::store(&net.graph, "archc");
    let names: Vec<&str> = store.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["bn1.beta", "bn1.gamma", "bn1.mean", "bn1.variance", "conv1.bias", "conv1.weight"]);
    let kernel = store.get("conv1.weight").expect("it is there");
    assert_eq!(kernel.shape, [3, 3, 4, 8]);
    assert_eq!(kernel.data[..3], [0.231_051_83, -0.012_438_99, -0.345_555_1]);
    assert_eq!(kernel.data[287], 0.320_026_73);
    let gamma = store.get("bn1.gamma").expect("it is there");
    assert_eq!(gamma.data[..3], [1.157_638, 1.076_681_4, 1.088_268_2]);
    let image: Vec<f64> =
        archc_weights::seeded::image("archc", Shape::new(4, 4, 4), 0.0).into_iter().map(f64::from).collect();
    assert_eq!(run(&net.graph, &store, &image).expect("it runs")[0].data.len(), 2 * 2 * 8);
}

proptest! {
    /// Maps of any text are read or refused, and what was read maps anything, without a panic.
    #[test]
    fn maps_of_any_text(text in r"([a-c.]|\{[ij0-9(,)+*:a-]{0,8}\}|#|=|-|\*|//|\n| ){0,40}", name in "[a-c.0-9]{0,9}") {
        if let Ok(map) = NameMap::parse(&text) {
            let mut net = Net::new(Shape::vector(2));
            net.then(dense(2), &name);
            let theirs = names(&[("a/kernel", &[2, 2]), ("a_7/bias", &[2])]);
            let _ = map_names(&net.graph, &map, Framework::Keras, &theirs);
        }
    }

    /// The answer of a network whose dense layer follows a flattened plane, computed as PyTorch would.
    #[test]
    fn torch_networks_answer_alike(h in 1usize..4, w in 1usize..4, c in 1usize..4, out in 1usize..4) {
        let shape = Shape::new(h, w, c);
        let mut net = Net::new(shape);
        net.then(Op::Flatten(Flatten), "flatten1").then(dense(out), "dense1");
        let sizes = [out, shape.size()];
        let theirs: [(&str, &[usize]); 2] = [("dense1.weight", &sizes), ("dense1.bias", &[out])];
        let m = map(&net, "", Framework::Torch, &theirs);
        let weight = m[0].seeded("archc", 1.0);
        let raw = archc_weights::seeded::numbers(
            "archc", "dense1.weight", m[0].ours.role, out * shape.size(), shape.size(), 1.0);
        let bias = m[1].seeded("archc", 1.0);
        let store: Store = [("dense1.weight", vec![shape.size(), out], weight), ("dense1.bias", vec![out], bias.clone())]
            .into_iter().map(|(n, shape, data)| (n.to_owned(), Tensor { shape, data })).collect();
        let image: Vec<f64> = archc_weights::seeded::image("archc", shape, 0.0).into_iter().map(f64::from).collect();
        let found = run(&net.graph, &store, &image).expect("it runs").remove(0).data;
        for (o, found) in found.into_iter().enumerate() {
            let mut sum = f64::from(bias[o]);
            for channel in 0..c {
                for pixel in 0..h * w {
                    sum += f64::from(raw[o * shape.size() + channel * h * w + pixel]) * image[pixel * c + channel];
                }
            }
            prop_assert!((found - sum).abs() < 1e-12);
        }
    }
}
