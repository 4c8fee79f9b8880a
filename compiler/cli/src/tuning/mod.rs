//! Which algorithms compute a network's convolutions fastest on this machine: the network is built once for each algorithm,
//! and every layer takes that which was fastest for all layers of its shape.

mod table;

pub(crate) use table::table;

use crate::error::Error;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::runner::Runner;
use archc_core::compile::Compiled;
use archc_core::diagnostic::Diagnostics;
use archc_core::lower::{Alternatives, Choices, Layers, alternatives};
use archc_core::tune::{Measurement, Row, Word, fastest};
use archc_runtime::op::Algorithm;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use toml::Spanned;

/// How often each program has its turn: what else the machine does for a while hits all of them.
const ROUNDS: u32 = 3;

/// From which part of its time by the model's choices on the whole network is taken to be slower by others: what a few layers
/// gain is less than what two measurements of the whole differ by.
const SLOWER: f64 = 1.01;

/// Under which conditions to measure.
pub(crate) struct Conditions {
    /// Images in one inference.
    pub(crate) batch: u16,
    /// Threads that compute; 0 stands for all cores.
    pub(crate) threads: u16,
    /// Seconds for each program.
    pub(crate) seconds: f64,
}

/// What was measured of a network.
#[derive(Debug, Serialize)]
pub(crate) struct Tuning {
    network: String,
    mode: &'static str,
    machine: String,
    isa: String,
    threads: usize,
    batch: u16,
    /// The best time of the whole network as the model of times chooses.
    model_ms: f64,
    /// The same with the measured choices.
    measured_ms: f64,
    /// Whether other choices were faster for some layers, but made the whole network slower, so that the model's stay.
    kept: bool,
    layers: Vec<Shape>,
}

/// Layers of one shape.
#[derive(Debug, Serialize)]
struct Shape {
    layer: String,
    alike: usize,
    kernel: String,
    input: String,
    output: String,
    model: Word,
    algorithm: Word,
    /// The part of the time by the model's choice that is saved.
    gain: f64,
    times: BTreeMap<Word, Time>,
}

/// The time of all layers of a shape by one algorithm.
#[derive(Debug, Serialize)]
struct Time {
    /// As measured.
    ms: f64,
    /// What the model says, at the machine's peak.
    predicted_ms: f64,
    /// What computed the first of the layers, in the runtime's words: AMX may stand in for what the compiler chose.
    by: String,
}

impl Shape {
    fn ms(&self, word: Word) -> f64 {
        self.times.get(&word).map_or(f64::NAN, |time| time.ms)
    }
}

/// Measures a network that was compiled by the model's choices. None where nothing is to be chosen.
pub(crate) fn measure(compiled: Compiled, conditions: &Conditions) -> Result<Option<Tuning>, Error> {
    let mode = compiled.mode;
    let all = alternatives(&compiled.fused, mode);
    let mut programs = Vec::new();
    for word in Word::ALL {
        let algorithm = word.algorithm();
        if all.layers.iter().any(|layers| layers.algorithms(mode).any(|a| a == algorithm)) {
            let variant = chosen(&compiled, Choices::Everywhere(algorithm))?;
            programs.push((word, Runner::build(&variant)?, variant));
        }
    }
    if programs.is_empty() {
        return Ok(None);
    }
    let mut best = Best::default();
    for round in 1..=ROUNDS {
        for (word, runner, variant) in &programs {
            let _progress = Progress::start(format!("Timing {} ({round}/{ROUNDS})", word.name()));
            let seconds = conditions.seconds / f64::from(ROUNDS);
            let line = runner.profile(conditions.batch, conditions.threads, seconds)?;
            best.take(*word, &Profile::new(variant, &line)?);
        }
    }
    let time = |at: usize, algorithm: Algorithm| {
        let layers = all.layers.get(at)?;
        layers.algorithms(mode).find(|a| *a == algorithm)?;
        best.ms(layers, Word::of(algorithm)?)
    };
    let (tuned, layers) = within_budget(&compiled, all.clone(), &time)?;
    let (model_ms, measured_ms) = whole(&compiled, &tuned, conditions)?;
    let faster = layers.iter().zip(&all.layers).any(|(a, b)| a.conv.algorithm != b.conv.algorithm);
    let kept = faster && measured_ms > SLOWER * model_ms;
    let layers = if kept { all.layers.clone() } else { layers };
    let batch = f64::from(conditions.batch);
    let shape = |(layers, model): (&Layers, &Layers)| best.shape(layers, model, compiled.mode, batch);
    Ok(Some(Tuning {
        network: compiled.graph.name.clone(),
        mode: mode.name(),
        machine: machine(),
        isa: best.isa.clone(),
        threads: best.threads,
        batch: conditions.batch,
        model_ms,
        measured_ms: if kept { model_ms } else { measured_ms },
        kept,
        layers: layers.iter().zip(&all.layers).filter_map(shape).collect(),
    }))
}

/// The same network with other choices.
fn chosen(compiled: &Compiled, choices: Choices) -> Result<Compiled, Error> {
    let mut diagnostics = Diagnostics::default();
    compiled.clone().with_choices(choices, &mut diagnostics).ok_or_else(|| {
        let messages: Vec<String> = diagnostics.iter().map(|d| d.message.clone()).collect();
        Error::with_help(messages.join("; "), "please report it with the .arch file")
    })
}

/// The network by the fastest algorithms, with as many packed weights as its budget allows.
fn within_budget(
    compiled: &Compiled,
    mut all: Alternatives,
    time: &dyn Fn(usize, Algorithm) -> Option<f64>,
) -> Result<(Compiled, Vec<Layers>), Error> {
    let added = |layers: &Layers| layers.size(layers.conv.algorithm) - layers.size(Algorithm::Direct);
    // The most that archc allows; else what the model's choice takes, or the choice itself.
    let least: f64 = all.layers.iter().map(added).sum();
    for room in [all.room, least] {
        all.room = room;
        let layers = fastest(&all, time);
        let tuned = chosen(compiled, Choices::Given(layers.clone()))?;
        if tuned.check_budget(&mut Diagnostics::default()) {
            return Ok((tuned, layers));
        }
    }
    Ok((compiled.clone(), all.layers))
}

/// The best times of the whole network by the model's choices and by others.
fn whole(model: &Compiled, tuned: &Compiled, conditions: &Conditions) -> Result<(f64, f64), Error> {
    #[derive(Deserialize)]
    struct Measured {
        min_ms: f64,
    }
    let runners = [Runner::build(model)?, Runner::build(tuned)?];
    let mut best = [f64::INFINITY; 2];
    let _progress = Progress::start("Timing the whole network".to_owned());
    for _ in 0..ROUNDS {
        for (runner, best) in runners.iter().zip(&mut best) {
            let seconds = conditions.seconds / f64::from(ROUNDS);
            let line = runner.bench(conditions.batch, conditions.threads, seconds)?;
            let measured: Measured = serde_json::from_str(&line)
                .map_err(|e| Error::new(format!("the network's program printed {line:?}: {e}")))?;
            *best = best.min(measured.min_ms);
        }
        if runners[0].program() == runners[1].program() {
            best = [best[0].min(best[1]); 2];
        }
    }
    Ok((best[0], best[1]))
}

/// The best time of every step by every algorithm.
#[derive(Default)]
struct Best {
    isa: String,
    threads: usize,
    /// The time of one multiplication at the machine's peak.
    product_ms: f64,
    /// By name and algorithm: how it was computed, and the time.
    steps: HashMap<(String, Word), (String, f64)>,
}

impl Best {
    fn take(&mut self, word: Word, profile: &Profile) {
        /// Enough for the time of one to be a number.
        const MANY: u64 = 1 << 40;
        self.isa = profile.isa().to_owned();
        self.threads = profile.threads();
        let product_ms = profile.products_ms(MANY) / MANY as f64;
        self.product_ms = if self.product_ms > 0.0 { self.product_ms.min(product_ms) } else { product_ms };
        // A layer may take steps before its own: copies, zeros around them.
        let mut once: HashMap<&str, (&str, f64)> = HashMap::new();
        for (name, by, ms) in profile.steps() {
            let sum = once.entry(name).or_insert((by, 0.0));
            *sum = (by, sum.1 + ms);
        }
        for (name, (by, ms)) in once {
            let best = self.steps.entry((name.to_owned(), word)).or_insert_with(|| (by.to_owned(), ms));
            best.1 = best.1.min(ms);
        }
    }

    /// The time of all layers of a shape; none where one was not measured.
    fn ms(&self, layers: &Layers, word: Word) -> Option<f64> {
        layers.names.iter().map(|name| Some(self.steps.get(&(name.clone(), word))?.1)).sum()
    }

    fn shape(
        &self,
        layers: &Layers,
        model: &Layers,
        mode: archc_core::mode::Mode,
        batch: f64,
    ) -> Option<Shape> {
        let (word, of_model) = (Word::of(layers.conv.algorithm)?, Word::of(model.conv.algorithm)?);
        let first = layers.names.first()?;
        let time = |algorithm: Algorithm| {
            let word = Word::of(algorithm)?;
            let (by, _) = self.steps.get(&(first.clone(), word))?;
            // The model counts multiplications of 16 numbers.
            let predicted_ms = 16.0 * layers.time(algorithm) * batch * self.product_ms;
            Some((word, Time { ms: self.ms(layers, word)?, predicted_ms, by: by.clone() }))
        };
        let times: BTreeMap<Word, Time> = layers.algorithms(mode).filter_map(time).collect();
        let [rows, columns] = layers.conv.kernel;
        let gain = 1.0 - times.get(&word)?.ms / times.get(&of_model)?.ms;
        Some(Shape {
            layer: first.clone(),
            alike: layers.names.len(),
            kernel: format!("{rows}x{columns}"),
            input: layers.x.to_string(),
            output: layers.y.to_string(),
            model: of_model,
            algorithm: word,
            gain,
            times,
        })
    }
}

impl Tuning {
    /// As it is kept in a file.
    pub(crate) fn measurement(&self) -> Measurement {
        let row = |shape: &Shape| Row {
            layer: Spanned::new(0..0, shape.layer.clone()),
            alike: shape.alike,
            kernel: shape.kernel.clone(),
            input: shape.input.clone(),
            output: shape.output.clone(),
            algorithm: Spanned::new(0..0, shape.algorithm),
            model: shape.model,
            gain: shape.gain,
            ms: shape.times.iter().map(|(word, time)| (*word, time.ms)).collect(),
        };
        Measurement {
            archc: env!("CARGO_PKG_VERSION").to_owned(),
            machine: self.machine.clone(),
            isa: self.isa.clone(),
            threads: self.threads,
            batch: usize::from(self.batch),
            model_ms: self.model_ms,
            measured_ms: self.measured_ms,
            layers: Spanned::new(0..0, self.layers.iter().map(row).collect()),
        }
    }

    /// One line of JSON, with the file that it is kept in.
    pub(crate) fn json(&self, path: &Path) -> String {
        let mut value = serde_json::json!(self);
        value["file"] = path.display().to_string().into();
        value.to_string()
    }
}

/// The processor's name, where the system tells it.
fn machine() -> String {
    let linux = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = linux.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let other = || format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    name.map_or_else(other, |(_, name)| name.trim().to_owned())
}
