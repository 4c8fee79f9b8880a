//! Models as they are written: operators, attributes, layouts and names. Whether ONNX Runtime computes what archc does is
//! what `scripts/onnx.sh` tests.

use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::Graph;
use archc_core::source::SourceMap;
use archc_core::syntax::vocabulary::OperationKind;
use archc_onnx::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use archc_onnx::{Error, export};
use archc_random_graphs::Recipe;
use archc_runtime::weights::{Dtype, Info, LoadError, Source};
use archc_weights::{Store, Tensor, seeded};
use prost::Message;
use std::collections::BTreeSet;

struct Text<'a>(&'a str);

impl Files for Text<'_> {
    fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
        Ok(self.0.as_bytes().to_vec())
    }
}

/// The graph of a net with this body.
fn net(body: &str) -> Graph {
    graph(&format!("net Net {{ {body} }}"), &[])
}

fn graph(text: &str, outputs: &[&str]) -> Graph {
    let outputs = outputs.iter().map(|&o| o.to_owned()).collect();
    let request = Request { outputs, ..Request::new("net.arch") };
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let loaded = load(&request, &mut Text(text), &mut sources, &mut found);
    let graph = loaded.and_then(|loaded| expand(&loaded, &request, &mut found));
    graph.unwrap_or_else(|| panic!("{}", render(&sources, &found, Style::Plain)))
}

fn bytes(graph: &Graph, weights: &Store) -> Vec<u8> {
    let model = export(graph, weights).unwrap();
    let mut bytes = Vec::new();
    model.write(&mut bytes).unwrap();
    assert_eq!(model.size(), bytes.len() as u64);
    bytes
}

/// What was written, with seeded weights.
fn written(graph: &Graph) -> GraphProto {
    ModelProto::decode(&*bytes(graph, &seeded::store(graph, "archc"))).unwrap().graph.unwrap()
}

fn node<'a>(graph: &'a GraphProto, name: &str) -> &'a NodeProto {
    graph.node.iter().find(|n| n.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("no {name}"))
}

fn op_types(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|n| n.op_type.as_deref().unwrap()).collect()
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> &'a AttributeProto {
    node.attribute.iter().find(|a| a.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("no {name}"))
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    &attribute(node, name).ints
}

fn tensor<'a>(graph: &'a GraphProto, name: &str) -> &'a TensorProto {
    graph.initializer.iter().find(|t| t.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("no {name}"))
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    assert_eq!(tensor.data_type, Some(1));
    tensor.raw_data.as_ref().unwrap().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// A shape as `N 10` or `3 4`.
fn dims(value: &ValueInfoProto) -> String {
    let shape = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap().shape.as_ref().unwrap();
    let dim = |d: &archc_onnx::proto::Dimension| match (&d.dim_param, d.dim_value) {
        (Some(name), None) => name.clone(),
        (None, Some(n)) => n.to_string(),
        other => panic!("{other:?}"),
    };
    shape.dim.iter().map(dim).collect::<Vec<_>>().join(" ")
}

#[test]
fn same_is_written_as_pads() {
    let written = written(&net("input 8x9x3  conv 3x3 8 stride=2 pad=same"));
    let conv = node(&written, "conv1");
    // Eight rows need one more, at the bottom; nine columns one on each side.
    assert_eq!(ints(conv, "pads"), [0, 1, 1, 1]);
    assert_eq!(ints(conv, "strides"), [2, 2]);
    assert_eq!(ints(conv, "kernel_shape"), [3, 3]);
    assert_eq!(conv.input, ["input", "conv1.weight", "conv1.bias"]);
    assert_eq!(dims(&written.input[0]), "N 3 8 9");
    assert_eq!(dims(&written.output[0]), "N 8 4 5");
}

#[test]
fn kernels_have_outputs_first() {
    let graph = net("input 4x4x6  conv (2, 3) 4 group=2 pad=valid bias=false  depthwise 3x3");
    let written = written(&graph);
    let store = seeded::store(&graph, "archc");
    let (ours, theirs) = (store.get("conv1.weight").unwrap(), tensor(&written, "conv1.weight"));
    assert_eq!((ours.shape.as_slice(), theirs.dims.as_slice()), (&[2, 3, 3, 4][..], &[4, 3, 2, 3][..]));
    let numbers = floats(theirs);
    for (row, column, channel, output) in [(0, 0, 0, 0), (1, 0, 0, 0), (0, 2, 1, 3), (1, 1, 2, 2)] {
        let at = ((row * 3 + column) * 3 + channel) * 4 + output;
        assert_eq!(numbers[((output * 3 + channel) * 2 + row) * 3 + column], ours.data[at]);
    }
    assert_eq!(attribute(node(&written, "conv1"), "group").i, Some(2));
    assert_eq!(attribute(node(&written, "depthwise1"), "group").i, Some(4));
    assert_eq!(tensor(&written, "depthwise1.weight").dims, [4, 1, 3, 3]);
}

#[test]
fn a_flatten_that_only_dense_layers_see_keeps_the_order_of_onnx() {
    let graph = net("input 2x3x5  flatten dropout 0.5 relu dense 4");
    let written = written(&graph);
    assert_eq!(op_types(&written), ["Flatten", "Relu", "Gemm"]);
    let (ours, theirs) = (
        seeded::store(&graph, "archc").get("dense1.weight").unwrap().data.clone(),
        floats(tensor(&written, "dense1.weight")),
    );
    for (pixel, channel, output) in [(0, 0, 0), (1, 0, 2), (4, 3, 1), (5, 4, 3)] {
        assert_eq!(theirs[output * 30 + channel * 6 + pixel], ours[(pixel * 5 + channel) * 4 + output]);
    }
}

#[test]
fn a_flatten_that_others_see_has_the_order_of_archc() {
    for body in [
        "input 2x3x5  flatten let flat  dense 4 let d  output flat, d",
        "input 2x3x5  flatten softmax dense 4",
        "input 2x3x5  flatten let flat  dense 30 add flat",
        "input 2x3x5  flatten relu shuffle 2 dense 4",
    ] {
        let graph = net(body);
        let written = written(&graph);
        assert_eq!(op_types(&written)[..2], ["Transpose", "Flatten"], "{body}");
        assert_eq!(ints(node(&written, "flatten1/transpose"), "perm"), [0, 2, 3, 1]);
        let ours = seeded::store(&graph, "archc").get("dense1.weight").unwrap().data.clone();
        let outputs = ours.len() / 30;
        let theirs = floats(tensor(&written, "dense1.weight"));
        assert_eq!(theirs[30..60], ours[1..].iter().step_by(outputs).copied().collect::<Vec<_>>(), "{body}");
    }
    // One channel, or one pixel, is in the same order anyway.
    for body in ["input 2x3x1  flatten softmax", "input 1x1x3  flatten softmax"] {
        assert_eq!(op_types(&written(&net(body))), ["Flatten", "Softmax"], "{body}");
    }
}

#[test]
fn pools_have_what_ceil_adds_as_padding() {
    let pool = |body: &str| written(&net(&format!("input 8x8x2  {body}")));
    // 8 rows in windows of 3 by 2: the fourth reaches one row further.
    let max = pool("maxpool 3 stride=2 ceil=true");
    assert_eq!(op_types(&max), ["MaxPool"]);
    assert_eq!(ints(node(&max, "maxpool1"), "pads"), [0, 0, 1, 1]);
    assert_eq!(dims(&max.output[0]), "N 2 4 4");
    let average = pool("avgpool 3 stride=2 ceil=true pad=(0, 0, 1, 1)");
    assert_eq!(ints(node(&average, "avgpool1"), "pads"), [0, 1, 1, 2]);
    assert_eq!(attribute(node(&average, "avgpool1"), "count_include_pad").i, Some(0));
    let counted = pool("avgpool 3 stride=2 pad=1 count_pad=true");
    assert_eq!(op_types(&counted), ["AveragePool"]);
    assert_eq!(attribute(node(&counted, "avgpool1"), "count_include_pad").i, Some(1));
    // Padding counts, and what ceil adds does not.
    let both = pool("avgpool 3 stride=2 pad=1 ceil=true count_pad=true");
    assert_eq!(op_types(&both), ["Pad", "AveragePool"]);
    assert_eq!(ints(node(&both, "avgpool1"), "pads"), [0, 0, 1, 1]);
    assert_eq!(attribute(node(&both, "avgpool1"), "count_include_pad").i, Some(0));
}

#[test]
fn normalizations_keep_their_names_and_numbers() {
    let graph = net("input 4x4x3  normalize conv 1x1 4 bn eps=1e-3 scale=false lrn 5 alpha=0.1 lrn 4");
    let written = written(&graph);
    let bn = node(&written, "bn1");
    assert_eq!(bn.op_type.as_deref(), Some("BatchNormalization"));
    assert_eq!(bn.input[1..], ["/1x4", "bn1.beta", "bn1.mean", "bn1.variance"]);
    assert_eq!(attribute(bn, "epsilon").f, Some(1e-3));
    assert_eq!(floats(tensor(&written, "/1x4")), [1.0; 4]);
    // ONNX's is over the mean of squares.
    assert_eq!(attribute(node(&written, "lrn1"), "alpha").f, Some(0.5));
    assert_eq!(attribute(node(&written, "lrn1"), "bias").f, Some(2.0));
    assert_eq!(ints(node(&written, "lrn2/means"), "pads"), [2, 0, 1, 0]);
    let variances = seeded::store(&graph, "archc").get("normalize1.variance").unwrap().data.clone();
    let deviations = floats(tensor(&written, "normalize1/deviation"));
    assert_eq!(deviations, variances.iter().map(|v| v.sqrt()).collect::<Vec<_>>());
}

#[test]
fn values_and_outputs_have_their_names() {
    let text = "net Net { input 4x4x3  s: for n in [4, 8] { conv 3x3 n bn relu } let end
        global_avgpool  let pooled  dropout 0.5 let again  output end, pooled, again }";
    let full = graph(text, &[]);
    let written_full = written(&full);
    let names = |g: &GraphProto| g.node.iter().map(|n| n.output[0].clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&written_full),
        [
            "s.0.conv1",
            "s.0.bn1",
            "s.0.relu1",
            "s.1.conv1",
            "s.1.bn1",
            "end",
            "global_avgpool1",
            "pooled",
            "again"
        ]
    );
    // A vector leaves as one, and a value that leaves twice is copied.
    assert_eq!(op_types(&written_full)[6..], ["GlobalAveragePool", "Flatten", "Identity"]);
    assert_eq!(written_full.output.iter().map(dims).collect::<Vec<_>>(), ["N 8 4 4", "N 8", "N 8"]);
    assert_eq!(written_full.node[5].name.as_deref(), Some("s.1.relu1"));
    // What is asked for may be any operation, and what only others need is left out.
    let cut = graph(text, &["s.0.conv1", "s.0"]);
    let written_cut = written(&cut);
    assert_eq!(names(&written_cut), ["s.0.conv1", "s.0.bn1", "s.0"]);
    assert!(written_cut.initializer.iter().all(|t| !t.name.as_deref().unwrap().starts_with("s.1")));
    let weights_of_all = seeded::store(&full, "archc");
    assert_eq!(ModelProto::decode(&*bytes(&cut, &weights_of_all)).unwrap().graph, Some(written_cut));
    // The input keeps its name.
    let same = written(&net("input 4x4x3  dropout 0.5"));
    assert_eq!((op_types(&same), names(&same)), (vec!["Identity"], vec!["output".to_owned()]));
    assert_eq!(same.input[0].name.as_deref(), Some("input"));
    // A name of a `let` may be that of another operation.
    let crossed = written(&net("input 4x4x3  conv1: conv 1x1 2  tanh let conv1  output conv1"));
    assert_eq!(names(&crossed), ["conv1/value", "conv1"]);
    assert_eq!(crossed.node[1].input, ["conv1/value"]);
}

/// ONNX's rules for names: each is given once, and before it is read.
#[test]
fn random_models_are_in_order() {
    for seed in 0..100 {
        let graph = Recipe::seeded(seed, 12).graph();
        let tensors = archc_random_graphs::weights(&graph).into_iter();
        let store: Store = tensors.map(|(name, (shape, data))| (name, Tensor { shape, data })).collect();
        let bytes = bytes(&graph, &store);
        assert_eq!(bytes, self::bytes(&graph, &store));
        let written = ModelProto::decode(&*bytes).unwrap().graph.unwrap();
        let mut names = BTreeSet::from([""]);
        let inputs = written.input.iter().map(|i| i.name.as_deref().unwrap());
        for name in inputs.chain(written.initializer.iter().map(|t| t.name.as_deref().unwrap())) {
            assert!(names.insert(name), "{seed}: {name}");
        }
        let mut nodes = BTreeSet::new();
        for node in &written.node {
            assert!(nodes.insert(node.name.as_deref().unwrap()), "{seed}: {node:?}");
            assert!(node.input.iter().all(|i| names.contains(i.as_str())), "{seed}: {node:?}");
            assert!(node.output.iter().all(|o| names.insert(o)), "{seed}: {node:?}");
        }
        assert!(written.output.iter().all(|o| names.contains(o.name.as_deref().unwrap())), "{seed}");
        for tensor in &written.initializer {
            let size = if tensor.data_type == Some(1) { 4 } else { 8 };
            let numbers: i64 = tensor.dims.iter().product();
            assert_eq!(tensor.raw_data.as_ref().unwrap().len() as i64, size * numbers, "{seed}");
        }
    }
}

#[test]
fn every_operation_is_in_the_example() {
    let text = include_str!("every_operator.arch");
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for kind in OperationKind::ALL {
        assert!(words.contains(kind.word()), "`{}`", kind.word());
    }
    written(&graph(text, &[]));
}

#[test]
fn weights_of_another_network_are_named() {
    let graph = net("input 4x4x3  conv 3x3 8 bn");
    let mut store = Store::default();
    store.insert("conv1.weight", Tensor { shape: vec![1], data: vec![0.0] });
    store.insert("conv2.weight", Tensor { shape: vec![1], data: vec![0.0] });
    let error = export(&graph, &store).err().unwrap().to_string();
    for line in [
        "these are not the weights of Net",
        "missing (5)",
        "conv1.weight is 1, and must be 3x3x3x8",
        "conv2.weight 1",
    ] {
        assert!(error.contains(line), "{error}");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let graph = net("input 4x4x3  conv 1x1 2");
    let mut store = seeded::store(&graph, "archc");
    let mut kernel = store.get("conv1.weight").unwrap().clone();
    kernel.data[3] = f32::NAN;
    store.insert("conv1.weight", kernel);
    let error = export(&graph, &store).unwrap().write(&mut Vec::new()).unwrap_err();
    assert!(error.to_string().starts_with("conv1.weight[0, 0, 1, 1] is NaN"), "{error}");
}

/// Tensors of any size, all zero, in another type.
struct Zeros(Vec<(String, Vec<usize>)>);

impl Source for Zeros {
    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn info(&self, name: &str) -> Option<Info> {
        let (_, shape) = self.0.iter().find(|(n, _)| n == name)?;
        Some(Info { dtype: Dtype::BF16, shape: shape.clone() })
    }

    fn read(&self, _: &str, _: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        // 1.5 in BF16
        buffer.as_chunks_mut().0.fill(0x3fc0_u16.to_le_bytes());
        Ok(())
    }
}

#[test]
fn other_types_of_number_become_f32() {
    let zeros = Zeros(vec![("dense1.weight".to_owned(), vec![3, 2])]);
    let mut bytes = Vec::new();
    export(&net("input 1x1x3  dense 2 bias=false"), &zeros).unwrap().write(&mut bytes).unwrap();
    let written = ModelProto::decode(&*bytes).unwrap().graph.unwrap();
    assert_eq!(floats(tensor(&written, "dense1.weight")), [1.5; 6]);
}

#[test]
fn models_beyond_the_format_are_refused() {
    let weight = |inputs: usize| Zeros(vec![("dense1.weight".to_owned(), vec![inputs, 16384])]);
    let net = |inputs: usize| net(&format!("input 1x1x{inputs}  dense 16384 bias=false"));
    // 2 GiB with a little more, and with a little less.
    let error = export(&net(32768), &weight(32768)).err().unwrap();
    assert!(matches!(error, Error::TooLarge { bytes } if bytes > 1 << 31), "{error}");
    assert!(export(&net(32767), &weight(32767)).is_ok());
}
