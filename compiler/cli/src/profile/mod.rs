//! Where a network's time goes: what was measured of each step, beside what the compiler knows of it and what the machine can do.

mod page;
mod roofline;
mod table;

pub(crate) use page::page;
pub(crate) use table::table;

use crate::error::Error;
use archc_core::compile::Compiled;
use archc_core::lir::work::{self, Work};
use roofline::{Bound, Products, Roofline};
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
    on_tiles: bool,
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
    /// Whether AMX does them, of bf16 numbers.
    on_tiles: bool,
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
    /// How many multiplications the algorithm does for those that the operations are written with, where that is another number.
    fn multiplications(&self) -> String {
        let fewer = self.macs as f64 / self.products.max(1) as f64;
        match self.products {
            0 => String::new(),
            _ if fewer > 1.005 => format!("{fewer:.2} times fewer"),
            _ if fewer < 0.995 => format!("{:.2} times as many", 1.0 / fewer),
            _ => String::new(),
        }
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
            let unit = if timed.on_tiles { Products::OnTiles } else { Products::OnVectors };
            let (roof_ms, bound) = roofline.least_ms(unit(timed.products), values, work.weight_bytes, bytes);
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
                on_tiles: timed.on_tiles,
                bytes: values + work.weight_bytes,
                roof_ms,
                bound,
                of_roofline: roof_ms / ms,
                of_peak: roofline.compute_ms(Products::OnVectors(macs)) / ms,
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

    /// The name of each step, how it was computed, and its least time in milliseconds.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        self.steps.iter().map(|step| (step.name.as_str(), step.algorithm.as_str(), step.ms))
    }

    /// The instruction set.
    pub(crate) fn isa(&self) -> &str {
        &self.isa
    }

    /// The threads that computed.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// The time of multiplications of f32 numbers, if there is nothing else to do, in milliseconds.
    pub(crate) fn products_ms(&self, count: u64) -> f64 {
        self.roofline.compute_ms(Products::OnVectors(count))
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
        let (median, best) = (self.median_ms / self.min_ms, self.min_ms / self.steps_ms);
        let what = if median > 1.25 {
            format!("The median is {median:.1} times the best run")
        } else if best > 1.25 {
            format!("The best run took {best:.1} times as long as its steps at their best")
        } else {
            return None;
        };
        let fewer = if self.threads > 1 { ", and fewer --threads need fewer quiet cores" } else { "" };
        Some(format!(
            "{what}: something else was running. What counts is the best time of each step; more --seconds give it more runs{fewer}."
        ))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile by hand: 10^9 multiplications in a second, 10^9 bytes in a second of any memory.
    pub(super) fn profile(steps: Vec<Step>) -> Profile {
        let roofline = r#"{"multiply_adds": 1e9, "tile_multiply_adds": null, "bytes_read": [[65536, 1e9]]}"#;
        let ms: f64 = steps.iter().map(|step| step.ms).sum();
        Profile {
            network: "Net".to_owned(),
            mode: "f32",
            isa: "avx2".to_owned(),
            batch: 1,
            threads: 1,
            median_ms: ms,
            min_ms: ms,
            runs: 5,
            steps_ms: ms,
            roof_ms: steps.iter().map(|step| step.roof_ms).sum(),
            roofline: serde_json::from_str(roofline).unwrap(),
            steps,
        }
    }

    /// A step that takes 8 ms in a run of 32, with so many million multiplications as it is written and half as many done.
    pub(super) fn step(name: &str, millions: u64) -> Step {
        let (macs, products) = (millions * 1_000_000, millions * 500_000);
        let roof_ms = products as f64 / 1e6;
        Step {
            name: name.to_owned(),
            operation: "conv 3x3 64".to_owned(),
            input: "56x56x64".to_owned(),
            output: "56x56x64".to_owned(),
            algorithm: "Winograd F2".to_owned(),
            ms: 8.0,
            median_ms: 9.0,
            share: 0.25,
            macs,
            products,
            on_tiles: false,
            bytes: 1_000_000,
            roof_ms,
            bound: Bound::Compute,
            of_roofline: roof_ms / 8.0,
            of_peak: macs as f64 / 1e6 / 8.0,
        }
    }

    #[test]
    fn an_algorithm_may_pass_the_peak_but_not_the_roofline() {
        let text = table(&profile(vec![step("conv1", 12)]), Order::Network);
        let row = text.lines().find(|line| line.trim_start().starts_with("conv1")).unwrap();
        // 12 ms of multiplications at the peak, of which 6 are done, in 8.
        for word in ["8.0000", "9.0000", " 3 ", "150 %", "75 %", "compute"] {
            assert!(row.contains(word), "{word} is missing in {row}");
        }
        assert!(text.contains("2.00 times fewer"), "{text}");
    }

    #[test]
    fn orders_put_what_matters_first() {
        let mut steps = vec![step("a", 15), step("b", 2), step("c", 10)];
        (steps[0].ms, steps[1].ms) = (9.0, 7.0);
        let profile = profile(steps);
        assert_eq!(profile.places(Order::Network), [0, 1, 2]);
        assert_eq!(profile.places(Order::Time), [0, 2, 1]);
        // 1.5, 6 and 3 ms above the roofline.
        assert_eq!(profile.places(Order::Lost), [1, 2, 0]);
    }

    #[test]
    fn algorithms_are_summed_up_with_the_longest_first() {
        let mut pool = step("pool", 0);
        (pool.algorithm, pool.ms) = ("max pool".to_owned(), 1.0);
        let profile = profile(vec![pool, step("a", 2), step("b", 10)]);
        let groups = profile.groups();
        let found: Vec<_> = groups.iter().map(|g| (g.algorithm, g.steps, g.ms, g.roof_ms)).collect();
        assert_eq!(found, [("Winograd F2", 2, 16.0, 6.0), ("max pool", 1, 1.0, 0.0)]);
    }

    #[test]
    fn multiplications_are_compared_with_those_that_are_written() {
        let mut step = step("a", 6);
        let said = |step: &Step| profile(vec![step.clone()]).groups()[0].multiplications();
        assert_eq!(said(&step), "2.00 times fewer");
        step.products = 6 * step.macs;
        assert_eq!(said(&step), "6.00 times as many");
        step.products = step.macs;
        assert_eq!(said(&step), "");
        (step.macs, step.products) = (0, 0);
        assert_eq!(said(&step), "");
    }

    #[test]
    fn a_busy_machine_is_told() {
        let mut profile = profile(vec![step("a", 2)]);
        assert_eq!(profile.warning(), None);
        profile.median_ms = 2.0 * profile.min_ms;
        for text in [table(&profile, Order::Network), page(&profile)] {
            assert!(text.contains("The median is 2.0 times the best run: something else"), "{text}");
        }
        (profile.min_ms, profile.steps_ms) = (profile.median_ms, profile.min_ms);
        let warning = profile.warning().unwrap();
        assert!(warning.starts_with("The best run took 2.0 times as long as its steps"), "{warning}");
    }
}
