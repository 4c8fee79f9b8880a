//! `archc run`

use crate::error::{Error, print};
use crate::image_input;
use crate::network::Network;
use crate::runner::Runner;
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

#[derive(Serialize)]
struct Class {
    index: usize,
    label: Option<String>,
    probability: f32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let input = compiled.graph.input().map(|id| compiled.graph.node(id).shape);
    let input = input.ok_or_else(|| Error::new("the network has no input"))?;
    // Images first: a wrong path should not cost a build.
    let steps = compiled.graph.preprocess.as_ref();
    let inputs: Vec<Vec<f32>> = arguments
        .images
        .iter()
        .map(|path| image_input::read(path, steps, input))
        .collect::<Result<_, _>>()?;
    let runner = Runner::build(&compiled)?;
    for (path, input) in arguments.images.iter().zip(&inputs) {
        let numbers = runner.infer(&arguments.weights, input)?;
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]).then(a.cmp(&b)));
        let class = |&index: &usize| Class {
            index,
            label: compiled.labels.get(index).cloned(),
            probability: numbers[index],
        };
        let classes = order.iter().take(usize::from(arguments.top)).map(class).collect();
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
    let line = |c: &Class| format!("  {:width$}  {:8.4} %\n", name(c), 100.0 * c.probability);
    let lines: String = answer.classes.iter().map(line).collect();
    format!("{}\n{lines}", answer.image)
}
