//! `preprocess`: its steps, and that what they give has the shape of the input.

use super::machine::Expander;
use super::value::Value;
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::preprocess::{Filter, Preprocess, Step};
use crate::ir::shape::Shape;
use crate::source::Span;
use crate::syntax::ast::{Attribute, Expression, Ident, PreprocessKind, PreprocessStep};

const FILTERS: [(&str, Filter); 4] = [
    ("bilinear", Filter::Bilinear),
    ("bicubic", Filter::Bicubic),
    ("box", Filter::Box),
    ("lanczos", Filter::Lanczos),
];

/// The steps as evaluated, with their places, until the input's shape is known.
pub(super) struct Preparation {
    span: Span,
    steps: Vec<(Step, Span)>,
    /// Whether every step was understood.
    whole: bool,
}

impl<'a> Expander<'a, '_> {
    pub(super) fn preprocess(&mut self, steps: &'a [PreprocessStep], span: Span) {
        if let Some(first) = &self.preparation {
            let first = first.span;
            let message = "the net has `preprocess` already";
            let d = Diagnostic::new(Code::Repeated, span, message, "again").also(first, "the first");
            self.report(d.help("write all the steps into one"));
            return;
        }
        let mut found = Vec::with_capacity(steps.len());
        for step in steps {
            if let Some(known) = self.preprocess_step(&step.kind, step.span) {
                found.push((known, step.span));
            }
        }
        let whole = found.len() == steps.len();
        self.preparation = Some(Preparation { span, steps: found, whole });
    }

    fn preprocess_step(&mut self, kind: &'a PreprocessKind, span: Span) -> Option<Step> {
        match kind {
            PreprocessKind::Resize { size, filter } => self.resize(size, filter.as_ref()),
            PreprocessKind::Crop(size) => {
                let value = self.evaluate(size);
                let [rows, columns] = self.size(&value, size.span, "the size of `crop`")?;
                Some(Step::Crop(rows, columns))
            }
            PreprocessKind::Bgr => Some(Step::Bgr),
            PreprocessKind::Scale(factor) => {
                let value = self.evaluate(factor);
                let fits = |n: f64| n.is_finite() && n != 0.0;
                self.real(&value, factor.span, "the factor of `scale`", fits, "other than 0").map(Step::Scale)
            }
            PreprocessKind::Normalize(attributes) => self.normalize(attributes, span),
        }
    }

    fn resize(&mut self, size: &'a Expression, filter: Option<&'a Ident>) -> Option<Step> {
        let filter = match filter {
            None => Some(Filter::Bilinear),
            Some(word) => self.filter(word),
        };
        match self.evaluate(size) {
            short @ Value::Number(_) => {
                let side = self.whole(&short, size.span, "the short side", 1);
                Some(Step::ResizeShort(side?, filter?))
            }
            other => {
                let sides = self.size(&other, size.span, "the size of `resize`");
                let [rows, columns] = sides?;
                Some(Step::ResizeBoth(rows, columns, filter?))
            }
        }
    }

    fn filter(&mut self, word: &Ident) -> Option<Filter> {
        let found = FILTERS.iter().find(|(name, _)| *name == word.value).map(|(_, filter)| *filter);
        if found.is_none() {
            let message = format!("there is no filter `{}`", word.value);
            let d = Diagnostic::new(Code::PreprocessStep, word.span, message, "");
            self.report(match suggest::help(&word.value, FILTERS.iter().map(|(name, _)| *name)) {
                Some(help) => d.help(help),
                None => d,
            });
        }
        found
    }

    fn normalize(&mut self, attributes: &'a [Attribute], span: Span) -> Option<Step> {
        let (mut mean, mut std) = (None, None);
        let mut failed = false;
        for attribute in attributes {
            let key = &attribute.key;
            let slot = match key.value.as_str() {
                "mean" => &mut mean,
                "std" => &mut std,
                other => {
                    let message = format!("`normalize` has no attribute `{other}`");
                    let d = Diagnostic::new(Code::PreprocessStep, key.span, message, "");
                    self.report(match suggest::help(other, ["mean", "std"]) {
                        Some(help) => d.help(help),
                        None => d,
                    });
                    failed = true;
                    continue;
                }
            };
            if slot.is_some() {
                let message = format!("`{}` is given twice", key.value);
                self.report(Diagnostic::new(Code::DuplicateAttribute, key.span, message, "again"));
                failed = true;
            }
            let value = self.evaluate(&attribute.value);
            let positive = key.value == "std";
            *slot = Some(self.numbers(&value, attribute.value.span, &key.value, positive));
        }
        let (mean, std) = match (mean, std) {
            (None, None) if !failed => {
                let message = "`normalize` needs `mean` or `std`";
                self.report(
                    Diagnostic::new(Code::PreprocessStep, span, message, "")
                        .help("for example `normalize mean=(0.485, 0.456, 0.406) std=(0.229, 0.224, 0.225)`"),
                );
                return None;
            }
            // One that is left out has as many numbers as the other.
            (Some(mean), None) => (mean.clone()?, vec![1.0; mean?.len()]),
            (None, Some(std)) => (vec![0.0; std.clone()?.len()], std?),
            (mean, std) => (mean??, std??),
        };
        (!failed).then_some(Step::Normalize { mean, std })
    }

    /// One number, or one a channel.
    fn numbers(&mut self, value: &Value, span: Span, key: &str, positive: bool) -> Option<Vec<f64>> {
        let what = format!("a number of `{key}`");
        let fits = |n: f64| n.is_finite() && (!positive || n > 0.0);
        let range = if positive { "above 0" } else { "finite" };
        match value {
            Value::List(list) => {
                let numbers: Vec<Option<f64>> =
                    list.items.iter().map(|item| self.real(item, span, &what, fits, range)).collect();
                numbers.into_iter().collect()
            }
            other => self.real(other, span, &what, fits, range).map(|n| vec![n]),
        }
    }

    /// Checks the steps against the input, and keeps them.
    pub(super) fn check_preprocess(&mut self) {
        let Some(preparation) = self.preparation.take() else { return };
        let Some(input) = self.graph.input() else { return };
        if !preparation.whole {
            return;
        }
        let shape = self.graph.node(input).shape;
        let arrives = format!("the input is {shape}");
        let mut plane = Plane::Any;
        let mut steps = Vec::with_capacity(preparation.steps.len());
        for (mut step, span) in preparation.steps {
            let before = plane;
            let misfit = match plane.after(&step) {
                Some(message) => Some((message, before.describe())),
                None => fit_channels(&mut step, shape).map(|message| (message, arrives.clone())),
            };
            if let Some((message, label)) = misfit {
                self.report(self.with_input(Diagnostic::new(Code::PreprocessShape, span, message, label)));
                return;
            }
            steps.push(step);
        }
        let fits = match plane {
            Plane::Any => true,
            Plane::Short(_) => false,
            Plane::Both(rows, columns) => (rows, columns) == (shape.height, shape.width),
        };
        if !fits {
            let gives = plane.describe();
            let message = format!("`preprocess` does not give the input's {}x{}", shape.height, shape.width);
            let d = Diagnostic::new(Code::PreprocessShape, preparation.span, message, gives);
            let crop = match shape.height == shape.width {
                true => format!("`crop {}`", shape.height),
                false => format!("`crop {}x{}`", shape.height, shape.width),
            };
            self.report(
                self.with_input(d)
                    .help(format!("end it in {crop}; `crop (rows, cols)` follows the input whatever it is")),
            );
            return;
        }
        self.graph.preprocess = Some(Preprocess { steps });
    }

    fn with_input(&self, d: Diagnostic) -> Diagnostic {
        match self.input {
            Some(span) => d.also(span, "the input"),
            None => d,
        }
    }
}

/// What is known of an image's rows and columns on the way.
#[derive(Clone, Copy)]
enum Plane {
    Any,
    Short(usize),
    Both(usize, usize),
}

impl Plane {
    /// As a label.
    fn describe(self) -> String {
        match self {
            Plane::Any => String::new(),
            Plane::Short(side) => format!("the short side is {side} here, the long one as it comes"),
            Plane::Both(rows, columns) => format!("the image is {rows}x{columns} here"),
        }
    }

    /// Goes through a step; says what is wrong with it.
    fn after(&mut self, step: &Step) -> Option<String> {
        match *step {
            Step::ResizeShort(side, _) => *self = Plane::Short(side),
            Step::ResizeBoth(rows, columns, _) => *self = Plane::Both(rows, columns),
            Step::Crop(rows, columns) => {
                let fits = match *self {
                    Plane::Any => true,
                    Plane::Short(side) => rows.min(columns) <= side,
                    Plane::Both(h, w) => rows <= h && columns <= w,
                };
                *self = Plane::Both(rows, columns);
                if !fits {
                    return Some(format!("`crop {rows}x{columns}` is larger than the image that arrives"));
                }
            }
            Step::Bgr | Step::Scale(_) | Step::Normalize { .. } => {}
        }
        None
    }
}

/// Gives `normalize` a number a channel; says what does not fit.
fn fit_channels(step: &mut Step, shape: Shape) -> Option<String> {
    match step {
        Step::Bgr if shape.channels != 3 => {
            Some(format!("`bgr` swaps channels of three, and the input has {}", shape.channels))
        }
        Step::Normalize { mean, std } => {
            for numbers in [mean, std] {
                if let [one] = numbers[..] {
                    *numbers = vec![one; shape.channels];
                }
                if numbers.len() != shape.channels {
                    let (given, channels) = (numbers.len(), shape.channels);
                    return Some(format!(
                        "`normalize` has {given} numbers, and the input has {channels} channels"
                    ));
                }
            }
            None
        }
        Step::Bgr | Step::ResizeShort(..) | Step::ResizeBoth(..) | Step::Crop(..) | Step::Scale(_) => None,
    }
}
