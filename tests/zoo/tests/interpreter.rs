//! The interpreter equals every golden to 1e-9 under the framework's names, on the graph as expanded, where every layer
//! of the framework must be found as well, and on the graph behind the passes.

use archc_core::ir::op::Activation;
use archc_core::ir::{Graph, NodeId, Op};
use archc_core::passes;
use archc_interpreter::observe;
use archc_weights::Store;
use archc_zoo_tests::{Golden, ImportedWeights, Statistics, first_difference, graph, relative_error};

/// As close as f64 comes through a hundred layers.
const TOLERANCE: f64 = 1e-9;

/// What a final softmax receives, or else the output itself.
fn logits(graph: &Graph) -> NodeId {
    let output = graph.outputs[0].node;
    match graph.node(output).op {
        Op::Softmax(_) => graph.inputs(output)[0],
        _ => output,
    }
}

/// The logits, and what an observer has seen on the way to them.
fn run(graph: &Graph, weights: &Store, image: &[f64]) -> (Vec<f64>, Vec<Statistics>) {
    let node = logits(graph);
    let mut found = Vec::new();
    let mut statistics = Vec::new();
    observe(graph, weights, image, &mut |id, value| {
        statistics.push(Statistics::new(graph.path(id), &value.data));
        if matches!(graph.node(id).op, Op::Activation(Activation::HardSigmoid)) {
            // Keras's MobileNetV3 has the `relu6(x + 3)` of it in a layer of its own.
            let sixfold: Vec<f64> = value.data.iter().map(|x| 6.0 * x).collect();
            statistics.push(Statistics::new(format!("6 * {}", graph.path(id)), &sixfold));
        }
        if id == node {
            found = value.data.clone();
        }
    })
    .unwrap_or_else(|error| panic!("{error}"));
    (found, statistics)
}

fn check(arch: &str, golden: &str) {
    let golden = Golden::load(golden);
    let mut graph = graph(arch);
    let weights = ImportedWeights::new(&golden, &graph).store();
    let image: Vec<f64> = golden.image().into_iter().map(f64::from).collect();

    let (found, statistics) = run(&graph, &weights, &image);
    let difference = first_difference(&golden, &statistics, TOLERANCE);
    let error = relative_error(&found, &golden.logits);
    assert!(error <= TOLERANCE, "{arch} is {error:.1e} from its golden: {}", difference.unwrap_or_default());
    // The search would be no help if it missed layers where the logits are right.
    assert_eq!(difference, None, "{arch} has the golden's logits");

    passes::run(&mut graph, None).unwrap_or_else(|error| panic!("{error}"));
    let (found, _) = run(&graph, &weights, &image);
    let error = relative_error(&found, &golden.logits);
    assert!(error <= TOLERANCE, "the passes bring {arch} {error:.1e} from its golden");
}

macro_rules! tests {
    ($($name:ident: $golden:literal;)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), $golden);
            }
        )*
    };
}

archc_zoo_tests::every_network!(tests);
