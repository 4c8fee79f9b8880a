//! Shapes that do not fit, explained: both shapes, where each comes from, and what would make them fit.

use super::machine::Expander;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::NodeId;
use crate::ir::op::{Conv, Op};
use crate::ir::shape::{MAX_VALUE, Padding, Shape, ShapeError, checked};
use crate::source::Span;

impl Expander<'_, '_> {
    /// Reports why an operator does not take its inputs.
    pub(super) fn shape_error(&mut self, error: &ShapeError, op: &Op, inputs: &[NodeId], span: Span) {
        let word = op.word();
        let arrives = inputs.first().map(|&node| self.describe(node)).unwrap_or_default();
        let diagnostic = match error {
            ShapeError::WindowTooLarge { axis, extent, padded } => {
                let side = if *axis == 0 { "rows" } else { "columns" };
                let message = format!("a window of {extent} {side} does not fit into {padded}");
                let d = Diagnostic::new(Code::WindowTooLarge, span, message, format!("on {arrives}"));
                let d = self.from(d, inputs.first(), span);
                let pool = matches!(op, Op::Pool(_));
                let other = if pool { "window, `global_avgpool`" } else { "kernel, `pad=same`" };
                d.help(format!("take a smaller {other}, or a larger input, as in `--set input=224x224x3`"))
            }
            ShapeError::Groups { groups, channels, output } => {
                self.groups(op, *groups, *channels, *output, &arrives, inputs, span)
            }
            ShapeError::NotAVector { found } => {
                let message = format!("`{word}` takes a vector, and {found} arrives");
                let d = Diagnostic::new(Code::NotAVector, span, message, format!("on {arrives}"));
                self.from(d, inputs.first(), span)
                    .help(format!("`flatten` before it makes 1x1x{} of it, as VGG does", found.size()))
                    .help(format!("`global_avgpool` makes 1x1x{} of it, as ResNet does", found.channels))
            }
            ShapeError::Different { first, other, .. } => self.different(*first, *other, inputs, span),
            ShapeError::DifferentPlanes { first, port, other } => {
                let message = format!(
                    "values of {}x{} and {}x{} cannot be concatenated along channels",
                    first.height, first.width, other.height, other.width
                );
                let d = Diagnostic::new(Code::ConcatShapes, span, message, "their rows and columns differ");
                let d = self.both(d, inputs.first(), inputs.get(*port), span);
                d.help(
                    "give every branch the same strides and padding; a pooling at stride 1 needs `pad=same`",
                )
            }
            ShapeError::Gate { value, gate } => {
                let message = format!("a gate of {gate} cannot multiply {value}");
                let d = Diagnostic::new(Code::GateShape, span, message, "");
                let d = self.both(d, inputs.first(), inputs.get(1), span);
                let help = format!("end the gate in 1x1x{} or {value}", value.channels);
                match gate.channels == value.channels {
                    true => d.help(format!("{help}; `global_avgpool` at its start makes a vector")),
                    false => {
                        d.help(format!("{help}, as `conv 1x1 channels sigmoid` does if `channels` was kept"))
                    }
                }
            }
            ShapeError::TooLarge { height, width, channels } => {
                let sides = [height, width, channels].map(|&n| match n {
                    usize::MAX => "..".to_owned(),
                    n => n.to_string(),
                });
                let padded = op.window().is_some_and(|(_, padding)| padding != Padding::NONE);
                let padded = if padded { " with its padding" } else { "" };
                let sides = sides.join("x");
                let message =
                    format!("`{word}` needs a value of {sides}{padded}: more than {MAX_VALUE} numbers");
                let label = if arrives.is_empty() { String::new() } else { format!("on {arrives}") };
                Diagnostic::new(Code::ValueTooLarge, span, message, label)
            }
            ShapeError::Attribute { message } => {
                let (code, help) = if matches!(op, Op::Pool(_)) {
                    (Code::PoolPadding, "pad less, or put `zeropad` before it")
                } else {
                    (Code::WeightsTooLarge, "a pooling before it makes its weights fewer")
                };
                let message = format!("`{word}` cannot work: {message}");
                Diagnostic::new(code, span, message, format!("on {arrives}")).help(help)
            }
            ShapeError::Arity { found } => {
                let message = format!("`{word}` does not take {found} values");
                Diagnostic::new(Code::WrongType, span, message, "")
            }
        };
        self.report(diagnostic);
    }

    /// Adds where a value got its shape, unless that is the place that the diagnostic is about.
    fn from(&self, d: Diagnostic, node: Option<&NodeId>, primary: Span) -> Diagnostic {
        match node.and_then(|&node| self.source(node)) {
            Some((span, text)) if span != primary && !d.secondary.iter().any(|l| l.span == span) => {
                d.also(span, text)
            }
            _ => d,
        }
    }

    /// Adds where two values come from.
    fn both(&self, mut d: Diagnostic, a: Option<&NodeId>, b: Option<&NodeId>, primary: Span) -> Diagnostic {
        for node in [a, b] {
            d = self.from(d, node, primary);
        }
        for (nth, node) in [("the first", a), ("the other", b)] {
            if let Some(&node) = node {
                d = d.note(format!("{nth} is {}", self.describe(node)));
            }
        }
        d
    }

    fn different(&self, first: Shape, other: Shape, inputs: &[NodeId], span: Span) -> Diagnostic {
        let message = format!("{first} and {other} cannot be added");
        let d = Diagnostic::new(Code::SumShapes, span, message, "the two sides of this sum differ");
        let d = self.both(d, inputs.first(), inputs.get(1), span);
        let stride = match (other.height / first.height.max(1), other.width / first.width.max(1)) {
            (h, w) if h == w && h > 1 => format!(" stride={h}"),
            _ => String::new(),
        };
        if (first.height, first.width) == (other.height, other.width) || !stride.is_empty() {
            let channels = first.channels;
            return d.help(format!(
                "a projection makes the other fit: `conv 1x1 {channels}{stride} bn`, in a residual's `shortcut {{ .. }}`"
            ));
        }
        d.help("both sides need the same strides and the same padding")
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one error, taken apart once")]
    fn groups(
        &self,
        op: &Op,
        groups: usize,
        channels: usize,
        output: bool,
        arrives: &str,
        inputs: &[NodeId],
        span: Span,
    ) -> Diagnostic {
        let (which, label) = if output {
            ("that leave", format!("{channels} channels leave"))
        } else {
            ("that arrive", format!("on {arrives}"))
        };
        let message = format!("{groups} groups do not divide the {channels} channels {which}");
        let d = Diagnostic::new(Code::Groups, span, message, label);
        let d = if output { d } else { self.from(d, inputs.first(), span) };
        // Numbers without a divisor nearby are not worth a longer search.
        const FAR: usize = 1000;
        // Of a convolution, groups divide the channels on both sides.
        let arriving = inputs.first().map_or(channels, |&x| self.graph.node(x).shape.channels);
        let leaving = if let Op::Conv(conv) = op { conv.channels } else { arriving };
        let divides = |g: &usize| arriving.is_multiple_of(*g) && leaving.is_multiple_of(*g);
        let most = arriving.min(leaving);
        let below = (1..=groups.min(most)).rev().take(FAR).find(divides).unwrap_or(1);
        let above = (groups..=most).take(FAR).find(divides).unwrap_or(below);
        let what = if arriving == leaving {
            format!("{arriving} channels")
        } else {
            format!("{arriving} channels to {leaving}")
        };
        let d = d.help(match (below, above) {
            (1, 1) => format!("{what} can be in one group only"),
            (below, above) if below == above => format!("{what} can be in {below} groups"),
            (below, above) => format!("{what} can be in {below} or {above} groups"),
        });
        if matches!(op, Op::Conv(_)) {
            return d.help("`depthwise` is a convolution of every channel by itself");
        }
        d
    }
}

/// The shape that the text most likely means where an operator does not take its inputs; `None` if that is unclear.
pub(super) fn meant(error: &ShapeError, op: &Op, inputs: &[Shape]) -> Option<Shape> {
    match error {
        ShapeError::Groups { .. } => {
            let Op::Conv(conv) = op else { return inputs.first().copied() };
            Op::Conv(Conv { groups: 1, ..conv.clone() }).infer(inputs).ok()
        }
        ShapeError::NotAVector { .. } => {
            let Op::Dense(dense) = op else { return None };
            Some(Shape::vector(dense.channels))
        }
        ShapeError::Different { first, .. } => Some(*first),
        ShapeError::DifferentPlanes { first, .. } => {
            let channels = inputs.iter().fold(0, |sum: usize, input| sum.saturating_add(input.channels));
            checked(first.height, first.width, channels).ok()
        }
        ShapeError::Gate { value, .. } => Some(*value),
        ShapeError::WindowTooLarge { .. }
        | ShapeError::TooLarge { .. }
        | ShapeError::Attribute { .. }
        | ShapeError::Arity { .. } => None,
    }
}
