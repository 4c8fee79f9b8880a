//! What a file of measured choices changes in a network: how the layers that it names are computed, and nothing else. What is
//! wrong with such files is in `tests/ui/tune`.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use archc_core::compile::Compiled;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Files, Measured, ReadError, Request};
use archc_core::lir::Kernel;
use archc_core::lir::print::print;
use archc_core::lower::{Alternatives, Choices, alternatives};
use archc_core::mode::Mode;
use archc_core::tune::{Measurement, Row, Tune, Word, beside, fastest};
use archc_runtime::op::Algorithm;
use support::{Outcome, compile};
use toml::Spanned;

/// Two shapes, one of them twice, and a convolution that has no choice.
const NET: &str = "net Net {
    input 28x28x32
    stack 2 { residual { conv 3x3 32 bn relu } }
    conv 1x1 48
    conv 3x3 64 relu
    global_avgpool
    dense 10
}
";

/// The network, and a file beside it.
struct Shelf(Option<String>);

impl Files for Shelf {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        match (path, &self.0) {
            ("nets/net.arch", _) => Ok(NET.as_bytes().to_vec()),
            ("nets/Net.tune", Some(text)) => Ok(text.clone().into_bytes()),
            _ => Err(ReadError::NotFound),
        }
    }
}

fn outcome(tune: Option<String>, mode: Mode, measured: Measured) -> Outcome {
    let request = Request { mode, measured, ..Request::new("nets/net.arch") };
    compile(&request, &mut Shelf(tune))
}

/// Compiles without a word.
fn compiled(tune: Option<String>, mode: Mode, measured: Measured) -> Compiled {
    let outcome = outcome(tune, mode, measured);
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics.iter().collect::<Vec<_>>());
    outcome.compiled.expect("a network")
}

fn choice(compiled: &Compiled, mode: Mode) -> Alternatives {
    alternatives(&compiled.fused, mode)
}

/// A file in which the layers of each shape are computed by these algorithms.
fn file(mode: Mode, words: &[Word]) -> String {
    let all = choice(&compiled(None, mode, Measured::Beside), mode);
    assert_eq!(all.layers.len(), words.len());
    let row = |(layers, &word): (&archc_core::lower::Layers, &Word)| Row {
        layer: Spanned::new(0..0, layers.names[0].clone()),
        alike: layers.names.len(),
        kernel: "3x3".to_owned(),
        input: layers.x.to_string(),
        output: layers.y.to_string(),
        algorithm: Spanned::new(0..0, word),
        model: Word::of(layers.conv.algorithm).expect("a word"),
        gain: 0.0,
        ms: [(word, 1.0)].into(),
    };
    let measurement = Measurement {
        archc: "0.1.0".to_owned(),
        machine: "a processor".to_owned(),
        isa: "avx2".to_owned(),
        threads: 1,
        batch: 1,
        model_ms: 1.0,
        measured_ms: 1.0,
        layers: Spanned::new(0..0, all.layers.iter().zip(words).map(row).collect()),
    };
    let mut tune = Tune::default();
    tune.set(mode, measurement);
    tune.text("Net")
}

/// The algorithms of all convolutions, in order.
fn algorithms(compiled: &Compiled) -> Vec<Algorithm> {
    let of = |kernel: &Kernel| match kernel {
        Kernel::Conv(conv) => Some(conv.algorithm),
        _ => None,
    };
    compiled.program.steps.iter().filter_map(|step| of(&step.kernel)).collect()
}

const DIRECT: Algorithm = Algorithm::Direct;
const F2: Algorithm = Algorithm::Winograd { tile: 2, packed: false };
const F4: Algorithm = Algorithm::Winograd { tile: 4, packed: false };

#[test]
fn layers_are_computed_as_the_file_says() {
    let text = file(Mode::F32, &[Word::F2, Word::Direct]);
    let tuned = compiled(Some(text.clone()), Mode::F32, Measured::Beside);
    assert_eq!(algorithms(&tuned), [F2, F2, DIRECT, DIRECT]);
    let plain = compiled(None, Mode::F32, Measured::Beside);
    assert_eq!(algorithms(&plain), [F4, F4, DIRECT, F4]);
    assert_eq!(algorithms(&compiled(Some(text.clone()), Mode::F32, Measured::Nowhere)), algorithms(&plain));
    let named = Measured::File("nets/./Net.tune".to_owned());
    assert_eq!(algorithms(&compiled(Some(text), Mode::F32, named)), algorithms(&tuned));
}

/// But for the algorithms the program is the same, and so is a program of a file that says what the model says.
#[test]
fn nothing_else_changes() {
    let text = file(Mode::F32, &[Word::F2, Word::Direct]);
    let mut tuned = compiled(Some(text), Mode::F32, Measured::Beside);
    let plain = compiled(None, Mode::F32, Measured::Beside);
    let same = compiled(Some(file(Mode::F32, &[Word::F4, Word::F4])), Mode::F32, Measured::Beside);
    assert!(same.rust().expect("a module") == plain.rust().expect("a module"));
    assert!(tuned.rust().expect("a module") != plain.rust().expect("a module"));
    for (step, like) in tuned.program.steps.iter_mut().zip(&plain.program.steps) {
        if let (Kernel::Conv(conv), Kernel::Conv(model)) = (&mut step.kernel, &like.kernel) {
            conv.algorithm = model.algorithm;
        }
    }
    assert_eq!(print(&tuned.program), print(&plain.program));
}

/// Other modes have choices of their own, and taps keep the choices.
#[test]
fn choices_are_those_of_the_mode() {
    let text = file(Mode::F32, &[Word::F2, Word::Direct]);
    let strict = compiled(Some(text.clone()), Mode::F32Strict, Measured::Beside);
    assert_eq!(strict.choices, Choices::Model);
    let found = &mut Diagnostics::default();
    let back = strict.in_mode(Mode::F32, found).expect("a network");
    assert_eq!(algorithms(&back), [F2, F2, DIRECT, DIRECT]);
    let tapped = back.with_taps(found).expect("a network");
    assert_eq!(algorithms(&tapped), [F2, F2, DIRECT, DIRECT]);
    assert!(found.is_empty());
}

/// A file that fits in part is left out as a whole.
#[test]
fn a_stale_file_is_not_half_applied() {
    let text = file(Mode::F32, &[Word::F2, Word::Direct]);
    let last = text.lines().rev().nth(1).expect("a line of the last shape").to_owned() + "\n";
    let outcome = outcome(Some(text.replace(&last, "")), Mode::F32, Measured::Beside);
    assert_eq!(outcome.diagnostics.len(), 1);
    assert_eq!(algorithms(&outcome.compiled.expect("a network")), [F4, F4, DIRECT, F4]);
}

#[test]
fn files_lie_beside_their_networks() {
    assert_eq!(beside("archs/vgg16.arch", "VGG19").as_deref(), Some("archs/VGG19.tune"));
    assert_eq!(beside("archs\\.\\vgg16.arch", "VGG16").as_deref(), Some("archs/VGG16.tune"));
    assert_eq!(beside("vgg16.arch", "VGG16").as_deref(), Some("VGG16.tune"));
    assert_eq!(beside("zoo:vgg16", "VGG16"), None);
}

/// By times for each shape: those of the algorithms in the order of [`Word::ALL`].
fn by_times(all: &Alternatives, times: &[[f64; 5]]) -> Vec<Algorithm> {
    let time = |at: usize, algorithm| {
        let place = Word::ALL.iter().position(|word| word.algorithm() == algorithm)?;
        times.get(at).map(|times| times[place])
    };
    fastest(all, time).iter().map(|layers| layers.conv.algorithm).collect()
}

/// The model takes F4 for both shapes.
#[test]
fn the_fastest_is_taken_where_it_saves_more_than_noise() {
    let all = choice(&compiled(None, Mode::F32, Measured::Beside), Mode::F32);
    let slow = [9.0; 5];
    assert_eq!(by_times(&all, &[slow, slow]), [F4, F4]);
    // Two percent are noise, five are not; and the fastest counts, not the first that is faster.
    assert_eq!(by_times(&all, &[[9.8, 10.0, 10.0, 10.0, 10.0], [9.5, 9.0, 10.0, 10.0, 10.0]]), [F4, F2]);
}

#[test]
fn transformed_weights_are_taken_where_they_fit() {
    let mut all = choice(&compiled(None, Mode::F32, Measured::Beside), Mode::F32);
    let packed = Algorithm::Winograd { tile: 4, packed: true };
    let more = |at: usize| all.layers[at].size(packed) - all.layers[at].size(DIRECT);
    // Both save the same; the one that is smaller saves more for each number.
    let (first, second) = (more(0), more(1));
    assert!(first < second);
    let times = [[9.0, 9.0, 9.0, 9.0, 5.0]; 2];
    for (room, expected) in [
        (first - 1.0, [F4, F4]),
        (first, [packed, F4]),
        (second, [packed, F4]),
        (first + second, [packed; 2]),
    ] {
        all.room = room;
        assert_eq!(by_times(&all, &times), expected, "{room}");
    }
    // What the model has transformed makes room where it is slower so.
    all.room = second;
    all.layers[0].conv.algorithm = packed;
    assert_eq!(by_times(&all, &[[5.0, 9.0, 9.0, 9.0, 9.0], times[1]]), [DIRECT, packed]);
}
