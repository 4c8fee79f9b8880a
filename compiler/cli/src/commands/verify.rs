//! `archc verify`

use crate::comparison::difference::compare;
use crate::comparison::interpret::{interpret, needed};
use crate::comparison::layers::{Layer, fitted, plane, row};
use crate::comparison::layout::{Fit, Layout, dimensions, fit};
use crate::comparison::plan::{Check, Reading, checks};
use crate::comparison::reference::{Arrays, ambiguous, in_file, open, read_value};
use crate::comparison::report::{self, Report, Row};
use crate::error::{Error, print};
use crate::image_input;
use crate::name_map::{beside, read_map};
use crate::network::Network;
use crate::progress::Progress;
use crate::runner::Runner;
use archc_core::compile::Compiled;
use archc_core::diagnostic::Diagnostics;
use archc_core::ir::{Graph, NodeId, Op, Shape};
use archc_core::taps::{Fate, fates};
use archc_interpreter::activate;
use archc_weights::numpy::{Npy, Npz};
use archc_weights::{Framework, NameMap, match_layers};
use clap::ValueEnum;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// Compares with what a framework computes, and names the first layer that differs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An .npy is the network's output, or what its softmax receives. An .npz has values of layers, by archc's names
(`archc summary` shows them) or by the framework's, as the network's name map has them. With Keras:
  layers = [l for l in model.layers if not isinstance(l, keras.layers.InputLayer)]
  values = keras.Model(model.inputs, [l.output for l in layers]).predict(x)
  np.save(\"x.npy\", x)
  np.savez(\"layers.npz\", **{l.name: v for l, v in zip(layers, values)})
With PyTorch:
  values = {}
  for name, m in model.eval().named_modules():
      if not list(m.children()):
          m.register_forward_hook(lambda m, i, o, name=name: values.update({name: o.detach().clone().numpy()}))
  with torch.no_grad(): model(x)
  np.save(\"x.npy\", x.numpy())
  np.savez(\"layers.npz\", **values)

The generated code computes some operations together; a layer whose value is therefore nowhere is told, and not compared.
`--with interpreter` has the value of every operation, in f64, but takes its time.

Examples:
  archc verify zoo:resnet50 --weights resnet50.safetensors --input x.npy --expect layers.npz
  archc verify archs/lenet5.arch --weights archs/weights/lenet5.safetensors --image samples/bag.png --expect logits.npy"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// A safetensors file, or `seeded` for made-up weights
    #[arg(long, value_name = "FILE")]
    weights: String,
    /// What the network takes: an .npy of one image, prepared as the framework's was
    #[arg(long, value_name = "FILE", required_unless_present = "image", conflicts_with = "image")]
    input: Option<PathBuf>,
    /// An image, which the network's `preprocess` prepares: PNG, JPEG or WebP
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// What is expected: an .npy of the output, or an .npz of layers
    #[arg(long, value_name = "FILE")]
    expect: PathBuf,
    /// The largest difference that is still equal, as a share of the largest number that is expected
    #[arg(long, default_value_t = 1e-4, value_parser = tolerance)]
    tolerance: f64,
    /// What computes
    #[arg(long, value_enum, default_value_t = With::Generated)]
    with: With,
    /// Where an array's shape does not tell: the order of its dimensions
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// A name map in place of archc's: NAME.keras, NAME.torch
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What computes the network's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// The generated code, on this machine
    Generated,
    /// The reference interpreter, in f64
    Interpreter,
}

impl With {
    fn words(self) -> &'static str {
        match self {
            With::Generated => "generated code",
            With::Interpreter => "interpreter",
        }
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x > 0.0 && x.is_finite() => Ok(x),
        _ => Err("expected a number above 0, as 1e-4".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    // Files first: a wrong one should not cost a build.
    let report = match open(&arguments.expect)? {
        Arrays::One(npy) => against_output(arguments, &compiled, npy)?,
        Arrays::Named(npz) => against_layers(arguments, compiled, npz)?,
    };
    print(&if arguments.json { report.json()? } else { report.text() })?;
    match report.error() {
        None => Ok(()),
        Some(_) if arguments.json => Err(Error::Reported),
        Some(error) => Err(error),
    }
}

impl Arguments {
    fn file(&self) -> String {
        self.expect.file_name().unwrap_or(self.expect.as_os_str()).to_string_lossy().into_owned()
    }

    /// The input; `layout` decides where its shape does not.
    fn read_input(&self, graph: &Graph, layout: Option<Layout>) -> Result<Vec<f32>, Error> {
        let shape = graph.input().map(|id| graph.node(id).shape);
        let shape = shape.ok_or_else(|| Error::new("the network has no input"))?;
        match (&self.input, &self.image) {
            (Some(path), _) => {
                let Arrays::One(npy) = open(path)? else {
                    return Err(Error::with_help(
                        format!("{} holds several arrays", path.display()),
                        "save the input alone: `np.save(\"x.npy\", x)`",
                    ));
                };
                let numbers = read_value(path, npy, "the network's input", shape, layout)?;
                Ok(numbers.into_iter().map(|x| x as f32).collect())
            }
            (None, Some(path)) => image_input::read(path, graph.preprocess.as_ref(), shape),
            (None, None) => Err(Error::new("there is no input")),
        }
    }

    /// The layout of the input, where its shape tells.
    fn layout_of_input(&self, graph: &Graph) -> Result<Option<Layout>, Error> {
        let (Some(path), Some(id)) = (&self.input, graph.input()) else { return Ok(None) };
        let shape = graph.node(id).shape;
        Ok(match open(path)? {
            Arrays::One(npy) => match fit(npy.shape(), shape, shape) {
                Ok(Fit::Only(layout)) => Some(layout),
                Ok(Fit::Same | Fit::Either) | Err(_) => None,
            },
            Arrays::Named(_) => None,
        })
    }

    /// Maps that the user has.
    fn maps(&self, graph: &Graph) -> Result<Vec<(Framework, NameMap)>, Error> {
        if let Some(path) = &self.map {
            let extension = path.extension().map(|e| e.to_string_lossy().into_owned());
            let known = [Framework::Keras, Framework::Torch];
            let named = |f: &Framework| f.extensions().iter().any(|e| Some(*e) == extension.as_deref());
            let framework = known.into_iter().find(named).ok_or_else(|| {
                Error::with_help(
                    format!("{} does not say which framework's names it has", path.display()),
                    "name it NAME.keras or NAME.torch",
                )
            })?;
            return Ok(vec![(framework, read_map(path)?)]);
        }
        let mut maps = Vec::new();
        for framework in [Framework::Keras, Framework::Torch] {
            let beside = beside(&self.network, graph, framework)?;
            maps.extend(beside.into_iter().map(|(_, map)| (framework, map)));
        }
        Ok(maps)
    }
}

/// Compares the first output, or what its softmax receives.
fn against_output(
    arguments: &Arguments,
    compiled: &Compiled,
    npy: Npy<BufReader<File>>,
) -> Result<Report, Error> {
    let graph = &compiled.graph;
    let output =
        graph.outputs.first().map(|o| o.node).ok_or_else(|| Error::new("the network has no output"))?;
    let shape = graph.node(output).shape;
    let input_layout = arguments.layout_of_input(graph)?;
    let layout = arguments.layout.or(input_layout);
    let found_layout = match fit(npy.shape(), shape, shape) {
        Ok(Fit::Only(layout)) => Some(layout),
        Ok(Fit::Same | Fit::Either) | Err(_) => None,
    };
    let expected = read_value(&arguments.expect, npy, "the network's output", shape, layout)?;
    let input = arguments.read_input(graph, arguments.layout.or(found_layout))?;
    let is_softmax = matches!(graph.node(output).op, Op::Softmax(_));
    let logits = is_softmax && !are_probabilities(&expected, shape);
    let node = match graph.inputs(output).first() {
        Some(&received) if logits => received,
        _ => output,
    };
    let found = match arguments.with {
        With::Generated => {
            let runner = Runner::build(compiled)?;
            let _progress = Progress::start(format!("Running {}", graph.name));
            let (weights, inputs) = (&arguments.weights, &[input][..]);
            let all = match logits {
                true => runner.logits(weights, inputs, shape.size())?,
                false => runner.infer(weights, inputs, shape.size())?,
            };
            all.into_iter().flatten().map(f64::from).collect()
        }
        With::Interpreter => {
            let mut value = Vec::new();
            interpret(graph, &arguments.weights, &input, &mut |id, data| {
                if id == node {
                    value = data.to_vec();
                }
                Ok(())
            })?;
            value
        }
    };
    let note = is_softmax.then(|| match logits {
        true => "the logits, since they do not add up to 1".to_owned(),
        false => "probabilities".to_owned(),
    });
    let row = Row {
        reference: None,
        name: graph.path(node),
        shape,
        result: report::Result::Compared {
            difference: compare(&found, &expected, arguments.tolerance),
            note,
        },
        weights: Vec::new(),
    };
    Ok(Report {
        network: graph.name.clone(),
        with: arguments.with.words(),
        file: arguments.file(),
        tolerance: arguments.tolerance,
        rows: vec![row],
        unknown: Vec::new(),
        notes: Vec::new(),
    })
}

/// Whether every pixel's channels are shares that add up to 1.
fn are_probabilities(numbers: &[f64], shape: Shape) -> bool {
    numbers.chunks(shape.channels).all(|pixel| {
        let sum: f64 = pixel.iter().sum();
        (sum - 1.0).abs() < 1e-3 && pixel.iter().all(|x| (-1e-6..=1.0 + 1e-3).contains(x))
    })
}

/// Compares layers.
fn against_layers(
    arguments: &Arguments,
    compiled: Compiled,
    mut npz: Npz<BufReader<File>>,
) -> Result<Report, Error> {
    let names: Vec<String> = npz.arrays().iter().map(|(name, _)| name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = match_layers(&compiled.graph, arguments.maps(&compiled.graph)?, &names);
    if found.operations.is_empty() {
        return Err(none_matches(arguments, &compiled.graph, &names, &found.incomplete));
    }
    let mut layers = fitted(&compiled.graph, &npz, &found.operations, &arguments.expect)?;
    let layout = layout(arguments, &compiled.graph, &layers, found.framework)?;
    if let Some(layer) = layers.iter().find(|l| l.fit == Ok(Fit::Either) && layout.is_none()) {
        let (name, shape) = &npz.arrays()[layer.array];
        return Err(ambiguous(&format!("`{name}` of {}", arguments.expect.display()), &dimensions(shape)));
    }
    let input = arguments.read_input(&compiled.graph, layout)?;

    let compiled = match arguments.with {
        With::Generated => tapped(compiled)?,
        With::Interpreter => compiled,
    };
    let graph = &compiled.graph;
    let fates: HashMap<NodeId, Fate> = match arguments.with {
        With::Generated => fates(graph, &compiled.fused, &compiled.program).into_iter().collect(),
        With::Interpreter => {
            let needed: BTreeSet<NodeId> = needed(graph)?.ids().collect();
            let fate = |id| if needed.contains(&id) { Fate::Kept } else { Fate::Unused };
            graph.ids().map(|id| (id, fate(id))).collect()
        }
    };
    let is_there = |id: NodeId| fates.get(&id) == Some(&Fate::Kept) || graph.input() == Some(id);
    // By operation, the layers that are compared with its value.
    let mut readers: BTreeMap<NodeId, Vec<(usize, Check)>> = BTreeMap::new();
    for (index, layer) in layers.iter().enumerate().filter(|(_, layer)| layer.fit.is_ok()) {
        for check in checks(graph, layer.node, &is_there) {
            readers.entry(check.node).or_default().push((index, check));
        }
    }
    let mut observe = |id: NodeId, value: &[f64]| {
        for &(index, check) in readers.get(&id).into_iter().flatten() {
            let Some(layer) = layers.get_mut(index) else { continue };
            let expected = npz.read(layer.array).map_err(|e| in_file(&arguments.expect, e))?;
            let expected = match layer.fit {
                Ok(Fit::Only(layout)) => layout.to_ours(expected, plane(graph, layer.node)),
                Ok(Fit::Either) => layout.unwrap_or(Layout::Nhwc).to_ours(expected, plane(graph, layer.node)),
                Ok(Fit::Same) | Err(_) => expected,
            };
            let expected = match check.reading {
                Reading::Own | Reading::Activated => expected,
                Reading::Unactivated(a) => expected.into_iter().map(|x| activate(a, x)).collect(),
            };
            let difference = compare(value, &expected, arguments.tolerance);
            // Equal by the plainest reading, or else closest.
            let is_better = layer
                .best
                .as_ref()
                .is_none_or(|(_, best)| best.error > arguments.tolerance && difference.error < best.error);
            if is_better {
                layer.best = Some((check, difference));
            }
        }
        Ok(())
    };
    match arguments.with {
        With::Generated => {
            let nodes: HashMap<String, NodeId> = graph.ids().map(|id| (graph.path(id), id)).collect();
            let taps: Vec<Option<NodeId>> =
                compiled.program.taps.iter().map(|tap| nodes.get(&tap.name).copied()).collect();
            let sizes: Vec<usize> = compiled.program.taps.iter().map(|tap| tap.shape.size()).collect();
            let runner = Runner::build(&compiled)?;
            let _progress = Progress::start(format!("Running {}", graph.name));
            if let Some(id) = graph.input() {
                let numbers: Vec<f64> = input.iter().map(|&x| f64::from(x)).collect();
                observe(id, &numbers)?;
            }
            runner.taps(&arguments.weights, &input, &sizes, &mut |index, numbers| {
                let numbers: Vec<f64> = numbers.into_iter().map(f64::from).collect();
                taps.get(index).copied().flatten().map_or(Ok(()), |id| observe(id, &numbers))
            })?;
        }
        With::Interpreter => interpret(graph, &arguments.weights, &input, &mut observe)?,
    }

    let unknown = names.iter().filter(|name| !found.operations.contains_key(**name));
    let report = Report {
        network: graph.name.clone(),
        with: arguments.with.words(),
        file: arguments.file(),
        tolerance: arguments.tolerance,
        rows: layers.into_iter().map(|layer| row(graph, layer, &fates)).collect(),
        unknown: unknown.map(|&name| name.to_owned()).collect(),
        notes: found.incomplete.iter().map(incomplete).collect(),
    };
    if report.is_empty() {
        return Err(Error::with_help(
            format!(
                "no layer of {} can be compared: the generated code computes all of them inside of others",
                report.file
            ),
            "`--with interpreter` has the value of every operation; or save the layers behind them too, as activations and sums",
        ));
    }
    Ok(report)
}

/// The layout of arrays whose shape does not tell: as the user says, as the framework has it, or as all others have it.
fn layout(
    arguments: &Arguments,
    graph: &Graph,
    layers: &[Layer],
    framework: Option<Framework>,
) -> Result<Option<Layout>, Error> {
    if let Some(layout) = arguments.layout.or(framework.map(Layout::of)) {
        return Ok(Some(layout));
    }
    let of = |layer: &Layer| match layer.fit {
        Ok(Fit::Only(layout)) => Some(layout),
        _ => None,
    };
    let mut told: Vec<Layout> = layers.iter().filter_map(of).collect();
    if told.is_empty() {
        told.extend(arguments.layout_of_input(graph)?);
    }
    let first = told.first().copied();
    Ok(first.filter(|first| told.iter().all(|layout| layout == first)))
}

/// The network with the value of every layer kept.
fn tapped(compiled: Compiled) -> Result<Compiled, Error> {
    let mut diagnostics = Diagnostics::default();
    compiled.with_taps(&mut diagnostics).ok_or_else(|| {
        let messages: Vec<String> = diagnostics.iter().map(|d| d.message.clone()).collect();
        Error::with_help(messages.join("; "), "please report it with the .arch file")
    })
}

fn incomplete((stem, found, expected): &(String, usize, usize)) -> String {
    format!(
        "`{stem}`, `{stem}_1`, ... are told apart by their order only, and {found} of {expected} are there: save all of them"
    )
}

fn none_matches(
    arguments: &Arguments,
    graph: &Graph,
    names: &[&str],
    missing: &[(String, usize, usize)],
) -> Error {
    let quoted = |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let ours: Vec<String> = graph.ids().skip(1).take(3).map(|id| graph.path(id)).collect();
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let shown = quoted(&names[..names.len().min(4)]);
    let more = if names.len() > 4 { ", ..." } else { "" };
    let mut message = format!(
        "no array of {} is called as an operation of {}: {shown}{more}",
        arguments.expect.display(),
        graph.name
    );
    for stem in missing {
        message += &format!("\n  note: {}", incomplete(stem));
    }
    Error::with_help(
        message,
        format!(
            "`np.savez(path, **{{name: value}})` with names as `archc summary` shows them ({}, ...), or the framework's, with a \
             name map (`--map`)",
            quoted(&ours)
        ),
    )
}
