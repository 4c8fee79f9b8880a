//! Where a network's time goes: what was measured of each step, beside what the compiler knows of it and what the machine can do.

mod page;
mod roofline;
mod table;

pub(crate) use page::page;
pub(crate) use table::table;

use crate::error::Error;
use archc_core::compile::Compiled;
use archc_core::lir::work::{self, Work};
use roofline::{Bound, Roofline};
use serde::{Deserialize, Serialize};

/// What the network's program prints.
#[derive(Deserialize)]
struct Measured {
    isa: String,
    batch: u64,
    threads: usize,
    median_ms: f64,
    min_ms: f64,
    runs: usize,
    /// Of the arena and the packed weights together.
    bytes: u64,
    /// In the order of the program.
    steps: Vec<Timed>,
    #[serde(flatten)]
    roofline: Roofline,
}

/// What it prints of a step.
#[derive(Deserialize)]
struct Timed {
    ms: f64,
    median_ms: f64,
    algorithm: String,
    products: u64,
}

/// The profile of a network.
#[derive(Debug, Serialize)]
pub(crate) struct Profile {
    network: String,
    mode: &'static str,
    isa: String,
    batch: u64,
    threads: usize,
    /// Of whole runs, in which no steps are timed.
    median_ms: f64,
    min_ms: f64,
    runs: usize,
    /// The sum of the steps' least times.
    steps_ms: f64,
    /// The time in which all steps would reach what the machine can do.
    roof_ms: f64,
    #[serde(flatten)]
    roofline: Roofline,
    /// In the order of the network.
    steps: Vec<Step>,
}

/// A step of a network: a call of a kernel.
#[derive(Clone, Debug, Serialize)]
struct Step {
    name: String,
    operation: String,
    /// Rows, columns and channels: `56x56x64`.
    input: String,
    output: String,
    algorithm: String,
    /// The least of all runs: what else the machine does only adds to it.
    ms: f64,
    median_ms: f64,
    /// The part of the time of all steps.
    share: f64,
    /// Multiplications of the batch, each with an addition, as the operation is written.
    macs: u64,
    /// Those that the algorithm does in place of them.
    products: u64,
    /// Bytes of values and of weights.
    bytes: u64,
    /// The time in which the machine can do it, by its products or its bytes, whichever takes longer.
    roof_ms: f64,
    /// Which of the two it is.
    bound: Bound,
    /// The part of the time that it is.
    of_roofline: f64,
    /// The part of the time that the operation would take as it is written, at the machine's peak: more than 1 where an
    /// algorithm saves more multiplications than it wastes time.
    of_peak: f64,
}

impl Step {
    /// What is done in a second, as the operation is written: 10^9 operations, of which a multiplication with an addition is two.
    fn gflops(&self) -> f64 {
        2e-6 * self.macs as f64 / self.ms
    }

    /// The time above the roofline: what a better kernel could save.
    fn lost_ms(&self) -> f64 {
        (self.ms - self.roof_ms).max(0.0)
    }
}

/// The steps of one algorithm together.
struct Group<'p> {
    algorithm: &'p str,
    steps: usize,
    ms: f64,
    roof_ms: f64,
    macs: u64,
    products: u64,
}

impl Group<'_> {
    /// How many times fewer the multiplications are than those that the operations are written with, where they are fewer.
    fn fewer(&self) -> Option<f64> {
        let fewer = self.macs as f64 / self.products.max(1) as f64;
        (self.products > 0 && fewer > 1.005).then_some(fewer)
    }
}

/// The order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Order {
    /// That of the network
    Network,
    /// The longest first
    Time,
    /// Those first that take longest above the roofline
    Lost,
}

impl Profile {
    /// Of what the network's program printed.
    pub(crate) fn new(compiled: &Compiled, line: &str) -> Result<Profile, Error> {
        let said = |e: &dyn std::fmt::Display| {
            Error::with_help(
                format!("the network's program printed {line:?}: {e}"),
                "this is a mistake in archc; please report it with the .arch file",
            )
        };
        let measured: Measured = serde_json::from_str(line).map_err(|e| said(&e))?;
        let works = work::measure(&compiled.program);
        if works.len() != measured.steps.len() {
            return Err(said(&format!("not the times of {} steps", works.len())));
        }
        let Measured { isa, batch, threads, median_ms, min_ms, runs, bytes, steps, roofline } = measured;
        let sum: f64 = steps.iter().map(|step| step.ms).sum();
        let step = |(work, timed): (Work, Timed)| {
            let (values, macs) = (work.value_bytes * batch, work.macs * batch);
            let (roof_ms, bound) = roofline.least_ms(timed.products, values, work.weight_bytes, bytes);
            // A clock may find that a step takes no time.
            let ms = timed.ms.max(1e-6);
            Step {
                name: work.name,
                operation: work.operation,
                input: work.input.to_string(),
                output: work.output.to_string(),
                algorithm: timed.algorithm,
                ms,
                median_ms: timed.median_ms.max(ms),
                share: ms / sum.max(ms),
                macs,
                products: timed.products,
                bytes: values + work.weight_bytes,
                roof_ms,
                bound,
                of_roofline: roof_ms / ms,
                of_peak: roofline.compute_ms(macs) / ms,
            }
        };
        let steps: Vec<Step> = works.into_iter().zip(steps).map(step).collect();
        Ok(Profile {
            network: compiled.graph.name.clone(),
            mode: compiled.mode.name(),
            isa,
            batch,
            threads,
            median_ms,
            min_ms,
            runs,
            steps_ms: sum,
            roof_ms: steps.iter().map(|s| s.roof_ms).sum(),
            roofline,
            steps,
        })
    }

    /// What is computed on what.
    fn title(&self) -> String {
        let Profile { network, mode, isa, batch, threads, .. } = self;
        let plural = if *threads == 1 { "" } else { "s" };
        format!("{network}, {mode}, batch {batch}, {isa} on {threads} thread{plural}")
    }

    /// The times of the whole.
    fn times(&self) -> String {
        let Profile { min_ms, median_ms, steps_ms, runs, roof_ms, .. } = self;
        format!(
            "{min_ms:.3} ms at best, {median_ms:.3} ms median, {runs} runs; the steps' best times add up to {steps_ms:.3} ms, \
             {roof_ms:.3} ms at the roofline"
        )
    }

    /// What to know where something else kept the machine busy.
    fn warning(&self) -> Option<String> {
        let slower = self.median_ms / self.min_ms;
        (slower > 1.25).then(|| {
            format!(
                "The median is {slower:.1} times the best run: something else was running. Times of steps are the best of all \
                 runs; --seconds gives them more."
            )
        })
    }

    /// The places of the steps in an order.
    fn places(&self, order: Order) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.steps.len()).collect();
        let mut longest_first = |time: fn(&Step) -> f64| {
            places.sort_by(|&a, &b| time(&self.steps[b]).total_cmp(&time(&self.steps[a])));
        };
        match order {
            Order::Network => {}
            Order::Time => longest_first(|step| step.ms),
            Order::Lost => longest_first(Step::lost_ms),
        }
        places
    }

    /// The algorithms, those that take longest first.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut all: Vec<Group<'_>> = Vec::new();
        for step in &self.steps {
            let algorithm = step.algorithm.as_str();
            let at = all.iter().position(|group| group.algorithm == algorithm).unwrap_or_else(|| {
                all.push(Group { algorithm, steps: 0, ms: 0.0, roof_ms: 0.0, macs: 0, products: 0 });
                all.len() - 1
            });
            let group = &mut all[at];
            group.steps += 1;
            group.ms += step.ms;
            group.roof_ms += step.roof_ms;
            group.macs += step.macs;
            group.products += step.products;
        }
        all.sort_by(|a, b| b.ms.total_cmp(&a.ms));
        all
    }
}
