//! From texts and graphs to outputs, and the comparison with the interpreter.

use crate::Executable;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::{Graph, NodeId};
use archc_core::lir::Program;
use archc_core::lir::verify::verify_program;
use archc_core::lower::{lower, lower_with_taps};
use archc_core::mode::Mode;
use archc_core::passes;
use archc_core::plan::verify::verify_plan;
use archc_core::plan::{Plan, plan};
use archc_core::source::SourceMap;
use archc_core::taps::{Fate, fates, wanted};
use archc_interpreter::{observe, run as interpret};
use archc_random_graphs::{image, weights};
use archc_runtime::Isa;
use std::collections::{BTreeMap, BTreeSet};

/// One file of this text.
struct OneFile<'a>(&'a str);

impl Files for OneFile<'_> {
    fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
        Ok(self.0.as_bytes().to_vec())
    }
}

/// The graph of a request, as written.
fn expanded(text: &str, request: &Request) -> Graph {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let loaded = load(request, &mut OneFile(text), &mut sources, &mut diagnostics);
    let graph = loaded.and_then(|loaded| expand(&loaded, request, &mut diagnostics));
    graph.unwrap_or_else(|| panic!("{:?}", diagnostics.iter().collect::<Vec<_>>()))
}

/// The graph of a text, as written.
pub fn written(text: &str) -> Graph {
    expanded(text, &Request::new("test.arch"))
}

/// The graph behind the passes.
pub fn fused(mut graph: Graph) -> Graph {
    passes::run(&mut graph, None).expect("passes keep the invariants");
    graph
}

/// A network of the zoo, behind the passes. Without its preprocessing, which fits one size of image only.
pub fn zoo(file: &str, net: &str, set: &[(&str, &str)]) -> Graph {
    fused(zoo_as_written(file, net, set))
}

/// The same before the passes.
pub fn zoo_as_written(file: &str, net: &str, set: &[(&str, &str)]) -> Graph {
    let path = format!("{}/../../archs/{file}.arch", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(path).expect("the zoo is there");
    while let Some(start) = text.find("preprocess {") {
        let end = text[start..].find('}').expect("the zoo is right");
        text.replace_range(start..=start + end, "");
    }
    let set = set.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let request = Request { net: Some(net.into()), set, ..Request::new("test.arch") };
    expanded(&text, &request)
}

/// A graph lowered and planned, both checked.
pub fn planned(graph: &Graph) -> Result<(Program, Plan), String> {
    verified(lower(graph, Mode::F32))
}

fn verified(program: Program) -> Result<(Program, Plan), String> {
    let text =
        |lines: Vec<String>| format!("{}\n{}", lines.join("\n"), archc_core::lir::print::print(&program));
    verify_program(&program).map_err(|e| text(e.iter().map(ToString::to_string).collect()))?;
    let plan = plan(&program);
    verify_plan(&program, &plan).map_err(text)?;
    Ok((program, plan))
}

/// Compares what a graph's plan computes with the interpreter: by every instruction set, for one image and for two, in
/// memory full of NaN and in memory that another run has used.
pub fn check(graph: &Graph) -> Result<(), String> {
    let weights = weights(graph);
    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    let second: Vec<f32> = first.iter().rev().map(|x| 0.5 - x).collect();
    let expected = |image: &[f32]| -> Result<Vec<Vec<f64>>, String> {
        let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        let values = interpret(graph, &weights, &image).map_err(|e| e.to_string())?;
        Ok(values.into_iter().map(|v| v.data).collect())
    };
    let (of_first, of_second) = (expected(&first)?, expected(&second)?);
    let (program, plan) = planned(graph)?;
    let executable = Executable::new(&program, &plan, &weights).map_err(|e| e.to_string())?;
    for isa in Isa::available() {
        let say = |message: String| format!("{}: {message}", isa.name());
        let mut arena = executable.arena(1);
        let one = executable.run(&mut arena, &first, isa);
        close(&one.outputs, &[&of_first]).map_err(say)?;
        let other = executable.run(&mut arena, &second, isa);
        close(&other.outputs, &[&of_second]).map_err(say)?;
        if executable.run(&mut arena, &first, isa) != one {
            return Err(say("the run before shows".into()));
        }
        let both = [first.as_slice(), second.as_slice()].concat();
        let batch = executable.run(&mut executable.arena(2), &both, isa);
        close(&batch.outputs, &[&of_first, &of_second]).map_err(say)?;
        if let (Some(one), Some(other), Some(both)) = (one.logits, other.logits, batch.logits) {
            let alone: Vec<f64> = one.iter().chain(&other).map(|&x| f64::from(x)).collect();
            close(&[both], &[&vec![alone]]).map_err(say)?;
        }
    }
    Ok(())
}

/// Compares the taps of a graph, as written, with what the interpreter says of its operations: for two images, by the
/// fastest instruction set. Every operation has one, is fused into one that has, or is needed by nothing.
pub fn check_taps(graph: &Graph) -> Result<(), String> {
    let weights = weights(graph);
    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    let second: Vec<f32> = first.iter().rev().map(|x| 0.5 - x).collect();
    let expected = |image: &[f32]| -> Result<BTreeMap<String, Vec<f64>>, String> {
        let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        let mut values = BTreeMap::new();
        observe(graph, &weights, &image, &mut |id, value| {
            values.insert(graph.path(id), value.data.clone());
        })
        .map_err(|e| e.to_string())?;
        Ok(values)
    };
    let (of_first, of_second) = (expected(&first)?, expected(&second)?);
    let fused = fused(graph.clone());
    let (program, plan) = verified(lower_with_taps(&fused, Mode::F32, &wanted(graph, &fused)))?;
    for (id, fate) in fates(graph, &fused, &program) {
        let is_right = match fate {
            Fate::Kept => true,
            Fate::FusedInto(host) => program.taps.iter().any(|tap| tap.name == host),
            Fate::Unused => graph.input() == Some(id) || !reaches_an_output(graph, id),
        };
        if !is_right {
            return Err(format!("`{}` is nowhere", graph.path(id)));
        }
    }
    let weights = archc_random_graphs::weights(&fused);
    let executable = Executable::new(&program, &plan, &weights).map_err(|e| e.to_string())?;
    let both = [first.as_slice(), second.as_slice()].concat();
    let found = executable.run(&mut executable.arena(2), &both, Isa::fastest());
    let of = |values: &BTreeMap<String, Vec<f64>>| -> Vec<Vec<f64>> {
        program.taps.iter().map(|tap| values[&tap.name].clone()).collect()
    };
    let names: Vec<&str> = program.taps.iter().map(|tap| tap.name.as_str()).collect();
    let say = |message| format!("of the taps {names:?}, {message}");
    close(&found.taps, &[&of(&of_first), &of(&of_second)]).map_err(say)
}

fn reaches_an_output(graph: &Graph, id: NodeId) -> bool {
    let mut waiting = vec![id];
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if graph.is_output(id) {
            return true;
        }
        let readers = graph.consumers(id).into_iter().map(|(reader, _)| reader);
        waiting.extend(readers.filter(|&reader| seen.insert(reader)));
    }
    false
}

/// The largest difference over the largest number: f32 arithmetic through a deep graph.
const TOLERANCE: f64 = 1e-4;

/// Compares outputs, image after image, with the interpreter's.
pub fn close(found: &[Vec<f32>], expected: &[&Vec<Vec<f64>>]) -> Result<(), String> {
    for (index, found) in found.iter().enumerate() {
        let expected: Vec<f64> = expected.iter().flat_map(|image| &image[index]).copied().collect();
        if found.len() != expected.len() {
            return Err(format!("output {index} has {} numbers instead of {}", found.len(), expected.len()));
        }
        let largest = expected.iter().fold(1e-3_f64, |m, x| m.max(x.abs()));
        for (at, (&f, &e)) in found.iter().zip(&expected).enumerate() {
            let difference = (f64::from(f) - e).abs() / largest;
            // NaN is not close to anything.
            if difference.is_nan() || difference > TOLERANCE {
                return Err(format!("output {index}, number {at} is {f} instead of {e}"));
            }
        }
    }
    Ok(())
}
