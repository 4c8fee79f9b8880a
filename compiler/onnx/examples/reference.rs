//! Writes a network as an ONNX model, with an image and the outputs that the reference interpreter computes for it:
//!
//! ```text
//! reference --list          the zoo's networks, one a line
//! reference CASE DIR        DIR/model.onnx, DIR/image.f32, DIR/NAME.f64 for each output
//! ```
//!
//! A case is `FILE`, `FILE#NET` or `random:SEED`, a random graph. Weights and image are seeded. An input larger than 96x112
//! becomes that large, unless `full:` stands in front of the case. Where a softmax ends a network, its input is an output as well, called `logits`: numbers that a
//! softmax makes equal differ there. Numbers are little-endian, rows, columns, channels.

use archc_build::Disk;
use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::{Request, expand, load, zoo};
use archc_core::ir::graph::Output;
use archc_core::ir::{Graph, Op, Shape};
use archc_core::source::SourceMap;
use archc_random_graphs::Recipe;
use archc_weights::{Store, Tensor, seeded};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Rows and columns: not the same, so that one in the place of the other is found out.
const PLANE: [usize; 2] = [96, 112];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--list"] => {
            for file in zoo::names().map(|name| format!("zoo:{name}")) {
                for net in nets(&Request::new(file.as_str()))? {
                    println!("{file}#{net}");
                }
            }
            Ok(())
        }
        [case, folder] => write(case, Path::new(folder)),
        _ => Err("usage: reference --list | reference CASE DIR".into()),
    }
}

fn write(case: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut graph, weights, image) = match case.strip_prefix("random:") {
        Some(seed) => {
            let graph = Recipe::seeded(seed.parse()?, 12).graph();
            let tensor = |(name, (shape, data))| (name, Tensor { shape, data });
            let weights: Store = archc_random_graphs::weights(&graph).into_iter().map(tensor).collect();
            let image = archc_random_graphs::image(&graph).iter().map(|&x| x as f32).collect();
            (graph, weights, image)
        }
        None => {
            let graph = network(case)?;
            let input = graph.input().map(|id| graph.node(id).shape).ok_or("no input")?;
            let (weights, image) = (seeded::store(&graph, "archc"), seeded::image("archc", input, 0.0));
            (graph, weights, image)
        }
    };
    let last = graph.outputs.first().map(|o| o.node).ok_or("no output")?;
    if let (None, Op::Softmax(_)) = (case.strip_prefix("random:"), &graph.node(last).op) {
        let logits = graph.inputs(last);
        graph.outputs.extend(logits.first().map(|&node| Output { name: "logits".to_owned(), node }));
    }
    let numbers = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes);
    numbers("image.f32", image.iter().flat_map(|x| x.to_le_bytes()).collect())?;
    let model = export_to(&graph, &weights, &folder.join("model.onnx"));
    model.map_err(|e| format!("{case}: {e}"))?;
    let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
    let values = archc_interpreter::run(&graph, &weights, &image)?;
    for (output, value) in graph.outputs.iter().zip(values) {
        numbers(&format!("{}.f64", output.name), value.data.iter().flat_map(|x| x.to_le_bytes()).collect())?;
    }
    Ok(())
}

fn export_to(graph: &Graph, weights: &Store, path: &Path) -> Result<(), archc_onnx::Error> {
    let mut out = BufWriter::new(File::create(path)?);
    archc_onnx::export(graph, weights)?.write(&mut out)?;
    Ok(out.flush()?)
}

/// The graph of `FILE` or `FILE#NET`, its input made smaller unless the case is a full one.
fn network(case: &str) -> Result<Graph, Box<dyn Error>> {
    let (full, case) = case.strip_prefix("full:").map_or((false, case), |case| (true, case));
    let mut request = Request::new(case.split('#').next().unwrap_or(case));
    request.net = case.split_once('#').map(|(_, net)| net.to_owned());
    let graph = compiled(&request)?;
    let Shape { height, width, channels } = graph.input().map(|id| graph.node(id).shape).ok_or("no input")?;
    if full || height <= PLANE[0] && width <= PLANE[1] {
        return Ok(graph);
    }
    request.set.push(("input".to_owned(), format!("{}x{}x{channels}", PLANE[0], PLANE[1])));
    compiled(&request)
}

fn compiled(request: &Request) -> Result<Graph, Box<dyn Error>> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let loaded = load(request, &mut Disk::default(), &mut sources, &mut found);
    let graph = loaded.and_then(|loaded| expand(&loaded, request, &mut found));
    graph.ok_or_else(|| render(&sources, &found, Style::Plain).into())
}

fn nets(request: &Request) -> Result<Vec<String>, Box<dyn Error>> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let loaded = load(request, &mut Disk::default(), &mut sources, &mut found);
    let nets = loaded.map(|loaded| loaded.nets().map(str::to_owned).collect());
    nets.ok_or_else(|| render(&sources, &found, Style::Plain).into())
}
