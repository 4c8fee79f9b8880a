//! Networks through the runtime and the unmodified cudarc, as a program computes them, on the mock driver: kernels as PTX,
//! launches in a graph that is replayed, batches, sessions side by side.

use archc_core::ir::Graph;
use archc_core::lir::Number;
use archc_cuda_tests::tables;
use archc_interpreter::run as interpret;
use archc_lowered::harness::{close, fused, written, zoo};
use archc_random_graphs::{image, weights};
use archc_runtime::cuda::{Model, Origin, Session};

/// The outputs, image after image, of a session in which nothing was computed before or something else was.
fn run(session: &mut Session, input: &[f32]) -> Vec<Vec<f32>> {
    session.input_mut().copy_from_slice(input);
    session.run().unwrap();
    assert_eq!(session.input_mut(), input, "the images stay");
    (0..session.model().network().outputs.len()).map(|index| session.output(index).to_vec()).collect()
}

fn check(graph: &Graph) {
    archc_mock_cuda::load().unwrap();
    let tables = tables(graph, Number::F32).unwrap();
    let program = Box::leak(Box::new(tables.program));
    let model = Model::from_packed_bytes(program, &tables.packed).unwrap();
    assert_eq!(model.origin(), &Origin::Ptx);
    assert_eq!((model.device().name(), model.device().capability()), ("archc mock device", (8, 0)));

    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    let second: Vec<f32> = first.iter().rev().map(|x| 0.5 - x).collect();
    let both = [first.as_slice(), second.as_slice()].concat();
    let truth = |image: &[f32]| -> Vec<Vec<f64>> {
        let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        interpret(graph, &weights(graph), &image).unwrap().into_iter().map(|v| v.data).collect()
    };
    let (of_first, of_second) = (truth(&first), truth(&second));

    // Clones share what is on the device; each session has memory of its own there.
    let (mut one, mut two) = (model.session(1).unwrap(), model.clone().session(2).unwrap());
    drop(model);
    let alone = run(&mut one, &first);
    close(&alone, &[&of_first]).unwrap();
    close(&run(&mut two, &both), &[&of_first, &of_second]).unwrap();
    close(&run(&mut one, &second), &[&of_second]).unwrap();
    assert_eq!(run(&mut one, &first), alone, "a run leaves nothing behind");
    if two.model().network().logits.is_some() {
        assert_eq!(two.logits().len(), 2 * one.logits().len());
        assert_ne!(two.logits()[..one.logits().len()], two.logits()[one.logits().len()..]);
    }
}

#[test]
fn lenet5() {
    check(&zoo("lenet5", "LeNet5", &[]));
}

#[test]
fn mobilenet() {
    check(&zoo("mobilenet", "MobileNet", &[("input", "48x40x3"), ("width", "0.25"), ("classes", "17")]));
}

/// Matrices, and a workspace that the launches of one run leave as those of the next need it; on another thread than the one that
/// made the session.
#[test]
fn halves() {
    archc_mock_cuda::load().unwrap();
    let graph = fused(written("net T { input 5x4x64 relu conv 3x3 80 pad=same relu flatten dense 10 }"));
    let tables = tables(&graph, Number::Bf16).unwrap();
    let program = Box::leak(Box::new(tables.program));
    assert!(program.matrices_size > 0 && program.workspace_size > 0);
    let model = Model::from_packed_bytes(program, &tables.packed).unwrap();
    let input: Vec<f32> = image(&graph).iter().map(|&x| x as f32).collect();
    let precise: Vec<f64> = image(&graph);
    let truth = interpret(&graph, &weights(&graph), &precise).unwrap().remove(0).data;
    let mut session = model.session(1).unwrap();
    let found = std::thread::spawn(move || [run(&mut session, &input), run(&mut session, &input)]);
    let [first, second] = found.join().unwrap();
    assert_eq!(first, second);
    let largest = truth.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (&found, truth) in first[0].iter().zip(truth) {
        assert!((f64::from(found) - truth).abs() <= 2e-2 * largest, "{found} instead of {truth}");
    }
}
