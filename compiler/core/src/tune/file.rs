//! The text of a file of measured choices: TOML, a section for each mode, a line for each shape.

use crate::diagnostic::{Code, Diagnostic};
use crate::mode::Mode;
use crate::source::{FileId, Span};
use archc_runtime::op::Algorithm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::{Spanned, Value};

/// What was measured of a network.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tune {
    f32_strict: Option<Measurement>,
    f32: Option<Measurement>,
    f32_fast: Option<Measurement>,
    bf16: Option<Measurement>,
}

/// What was measured in one mode, on one machine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Measurement {
    /// The version of archc.
    pub archc: String,
    /// The processor.
    pub machine: String,
    /// The instruction set.
    pub isa: String,
    /// Threads that computed.
    pub threads: usize,
    /// Images in one inference.
    pub batch: usize,
    /// The whole network's time as the model of times chooses, in milliseconds.
    pub model_ms: f64,
    /// The same with these choices.
    pub measured_ms: f64,
    /// A row for each shape that more than one algorithm can compute.
    pub layers: Spanned<Vec<Row>>,
}

/// Layers of one shape.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The name of the first of them.
    pub layer: Spanned<String>,
    /// How many there are.
    pub alike: usize,
    /// Rows and columns of the kernel: `3x3`.
    pub kernel: String,
    /// The shape of what they read: `56x56x64`.
    pub input: String,
    /// The shape of what they write.
    pub output: String,
    /// What was chosen.
    pub algorithm: Spanned<Word>,
    /// What the model of times chooses.
    pub model: Word,
    /// The part of the time by the model's choice that is saved.
    pub gain: f64,
    /// The time of all of them by each algorithm, in milliseconds.
    pub ms: BTreeMap<Word, f64>,
}

/// An algorithm as these files call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// As it is written.
    Direct,
    /// Winograd's, in tiles of 2 by 2.
    F2,
    /// The same with kernels that lie transformed in the packed weights.
    F2Packed,
    /// Winograd's, in tiles of 4 by 4.
    F4,
    /// The same with kernels that lie transformed in the packed weights.
    F4Packed,
}

impl Word {
    /// All of them.
    pub const ALL: [Word; 5] = [Word::Direct, Word::F2, Word::F2Packed, Word::F4, Word::F4Packed];

    /// Its algorithm.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Word::Direct => Algorithm::Direct,
            Word::F2 => Algorithm::Winograd { tile: 2, packed: false },
            Word::F2Packed => Algorithm::Winograd { tile: 2, packed: true },
            Word::F4 => Algorithm::Winograd { tile: 4, packed: false },
            Word::F4Packed => Algorithm::Winograd { tile: 4, packed: true },
        }
    }

    /// The word of an algorithm; none for tiles that there are not.
    pub fn of(algorithm: Algorithm) -> Option<Word> {
        Word::ALL.into_iter().find(|word| word.algorithm() == algorithm)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Word::Direct => "direct",
            Word::F2 => "f2",
            Word::F2Packed => "f2-packed",
            Word::F4 => "f4",
            Word::F4Packed => "f4-packed",
        }
    }
}

impl Tune {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Where it is no TOML or not what [`Tune::text`] writes.
    pub fn parse(text: &str) -> Result<Tune, Malformed> {
        toml::from_str(text).map_err(|e| Malformed { message: e.message().to_owned(), place: e.span() })
    }

    /// What was measured in a mode.
    pub fn get(&self, mode: Mode) -> Option<&Measurement> {
        match mode {
            Mode::F32Strict => self.f32_strict.as_ref(),
            Mode::F32 => self.f32.as_ref(),
            Mode::F32Fast => self.f32_fast.as_ref(),
            Mode::Bf16 => self.bf16.as_ref(),
        }
    }

    /// Takes what was measured in a mode, in place of what was there.
    pub fn set(&mut self, mode: Mode, measurement: Measurement) {
        let place = match mode {
            Mode::F32Strict => &mut self.f32_strict,
            Mode::F32 => &mut self.f32,
            Mode::F32Fast => &mut self.f32_fast,
            Mode::Bf16 => &mut self.bf16,
        };
        *place = Some(measurement);
    }

    /// The text of a file about a network of this name.
    pub fn text(&self, net: &str) -> String {
        let mut text = format!(
            "# Which algorithms compute the convolutions of {net}, measured by `archc tune`. archc takes these where the file lies\n\
             # beside the network's; `--no-tune` leaves it out. Times are in milliseconds, gains parts of the time of the model's\n\
             # choice.\n"
        );
        for mode in Mode::ALL {
            if let Some(measurement) = self.get(mode) {
                measurement.write(mode, &mut text);
            }
        }
        text
    }
}

impl Measurement {
    fn write(&self, mode: Mode, text: &mut String) {
        let Measurement { archc, machine, isa, threads, batch, model_ms, measured_ms, layers } = self;
        let (archc, machine, isa) = (quoted(archc), quoted(machine), quoted(isa));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[{mode}]\narchc = {archc}\nmachine = {machine}\nisa = {isa}\nthreads = {threads}\nbatch = {batch}\n\
             model-ms = {}\nmeasured-ms = {}\nlayers = [\n",
            number(*model_ms),
            number(*measured_ms)
        );
        for row in layers.get_ref() {
            let Row { layer, alike, kernel, input, output, algorithm, model, gain, ms } = row;
            let ms: Vec<String> =
                ms.iter().map(|(word, ms)| format!("{} = {}", word.name(), number(*ms))).collect();
            let _ = writeln!(
                text,
                "    {{ layer = {}, alike = {alike}, kernel = {}, input = {}, output = {}, algorithm = {:?}, model = {:?}, \
                 gain = {}, ms = {{ {} }} }},",
                quoted(layer.get_ref()),
                quoted(kernel),
                quoted(input),
                quoted(output),
                algorithm.get_ref().name(),
                model.name(),
                number(*gain),
                ms.join(", ")
            );
        }
        text.push_str("]\n");
    }
}

/// A number of TOML, as short as people want it; it need not be finite in a file that people wrote.
fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:.4}") } else { Value::Float(x).to_string() }
}

/// Text as a string of TOML.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Why a text is no file of measured choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed {
    message: String,
    place: Option<std::ops::Range<usize>>,
}

impl Malformed {
    /// The same as a warning about the file of this path.
    pub(super) fn diagnostic(&self, path: &str, file: FileId) -> Diagnostic {
        let message = format!("`{path}` is no file of measured choices, and is left out");
        // TOML's messages may take several lines.
        let why = self.message.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        match &self.place {
            Some(place) => {
                let span = Span::new(file, place.start, place.end);
                Diagnostic::new(Code::TuneMalformed, span, message, why)
            }
            None => Diagnostic::without_place(Code::TuneMalformed, message).note(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let row = Row {
            layer: Spanned::new(0..0, "stack1.0.conv \"1\"".to_owned()),
            alike: 3,
            kernel: "3x3".to_owned(),
            input: "56x56x64".to_owned(),
            output: "56x56x128".to_owned(),
            algorithm: Spanned::new(0..0, Word::F4Packed),
            model: Word::F2,
            gain: 0.125,
            ms: Word::ALL.into_iter().zip([5.0, 4.0, 3.75, 3.625, 3.5]).collect(),
        };
        let measurement = |machine: &str| Measurement {
            archc: "0.1.0".to_owned(),
            machine: machine.to_owned(),
            isa: "avx2".to_owned(),
            threads: 2,
            batch: 1,
            model_ms: 20.0,
            measured_ms: 19.5,
            layers: Spanned::new(0..0, vec![row.clone()]),
        };
        let mut tune = Tune::default();
        tune.set(Mode::F32, measurement("a\nb"));
        tune.set(Mode::F32Strict, measurement("c"));
        let text = tune.text("Net");
        let read = Tune::parse(&text).unwrap();
        assert_eq!(read.text("Net"), text);
        // Places are no part of equality.
        assert_eq!(read, tune);
        let infinite = text.replace("19.5000", "inf").replace("0.1250", "-inf");
        assert_eq!(Tune::parse(&infinite).unwrap().text("Net"), infinite);
        assert_eq!(read.get(Mode::Bf16), None);
    }

    #[test]
    fn every_algorithm_has_its_word() {
        for word in Word::ALL {
            assert_eq!(Word::of(word.algorithm()), Some(word));
            assert_eq!(Value::try_from(word).unwrap().as_str(), Some(word.name()));
        }
    }
}
