//! `archc run`

use crate::error::{Error, print};
use crate::image_input;
use crate::network::Network;
use crate::progress::Progress;
use crate::runner::Runner;
use archc_core::ir::Op;
use archc_runtime::image::largest;
use serde::Serialize;
use std::path::PathBuf;

/// Classifies images
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  archc run archs/lenet5.arch --weights archs/weights/lenet5.safetensors --image samples/ankle_boot.png")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// A safetensors file, or `seeded` for made-up weights
    #[arg(long, value_name = "FILE")]
    weights: String,
    /// PNG, JPEG or WebP; several are allowed
    #[arg(long = "image", value_name = "FILE", required = true, num_args = 1..)]
    images: Vec<PathBuf>,
    /// How many classes to show
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// One JSON object for each image
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    image: String,
    classes: Vec<Class>,
}

/// A number of the output: a probability where a softmax ends the network.
#[derive(Serialize)]
struct Class {
    index: usize,
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f32>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let graph = &compiled.graph;
    let input = graph.input().map(|id| graph.node(id).shape);
    let input = input.ok_or_else(|| Error::new("the network has no input"))?;
    let output = graph.outputs.first().map(|o| graph.node(o.node));
    let output = output.ok_or_else(|| Error::new("the network has no output"))?;
    if !output.shape.is_vector() {
        return Err(Error::with_help(
            format!("the network gives {}, and classes are a vector", output.shape),
            "end it in `global_avgpool` or `flatten`, or name another --output",
        ));
    }
    let is_softmax = matches!(output.op, Op::Softmax(_));
    // Images first: a wrong path should not cost a build.
    let steps = graph.preprocess.as_ref();
    let inputs: Vec<Vec<f32>> = arguments
        .images
        .iter()
        .map(|path| image_input::read(path, steps, input))
        .collect::<Result<_, _>>()?;
    let runner = Runner::build(&compiled)?;
    let progress = Progress::start(format!("Running {}", graph.name));
    let outputs = runner.infer(&arguments.weights, &inputs, output.shape.size())?;
    drop(progress);
    for (path, numbers) in arguments.images.iter().zip(&outputs) {
        let class = |index: usize| Class {
            index,
            label: compiled.labels.get(index).cloned(),
            probability: is_softmax.then_some(numbers[index]),
            value: (!is_softmax).then_some(numbers[index]),
        };
        let classes = largest(numbers, usize::from(arguments.top)).into_iter().map(class).collect();
        let answer = Answer { image: path.display().to_string(), classes };
        print(&if arguments.json { as_json(&answer)? } else { as_text(&answer) })?;
    }
    Ok(())
}

fn as_json(answer: &Answer) -> Result<String, Error> {
    serde_json::to_string(answer).map(|line| line + "\n").map_err(|e| Error::new(e.to_string()))
}

fn as_text(answer: &Answer) -> String {
    let name = |c: &Class| c.label.clone().unwrap_or_else(|| format!("class {}", c.index));
    let width = answer.classes.iter().map(|c| name(c).chars().count()).max().unwrap_or(0);
    let number = |c: &Class| match (c.probability, c.value) {
        (Some(p), _) => format!("{:8.4} %", 100.0 * p),
        (None, value) => format!("{:12.6}", value.unwrap_or_default()),
    };
    let lines: String =
        answer.classes.iter().map(|c| format!("  {:width$}  {}\n", name(c), number(c))).collect();
    format!("{}\n{lines}", answer.image)
}
