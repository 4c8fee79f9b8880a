//! Sizes and padding, and the windows that they make.

use super::attributes::Operands;
use super::machine::{Current, Expander};
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::shape::{Padding, Shape, Window};
use crate::source::Span;
use crate::syntax::ast::NamedPadding;

impl<'a> Expander<'a, '_> {
    /// `3x3`, `3` for both, or `(3, 3)`: rows, columns, at least 1 each.
    pub(super) fn size(&mut self, value: &Value, span: Span, what: &str) -> Option<[usize; 2]> {
        match value {
            Value::Number(_) => self.whole(value, span, what, 1).map(|n| [n, n]),
            Value::List(list) => match list.items.as_slice() {
                [rows, columns] => {
                    let rows = self.whole(rows, span, &format!("the number of rows of {what}"), 1);
                    let columns = self.whole(columns, span, &format!("the number of columns of {what}"), 1);
                    Some([rows?, columns?])
                }
                parts => {
                    let message = format!("{what} has one or two parts, and this has {}", parts.len());
                    self.report(
                        Diagnostic::new(Code::SizeParts, span, message, "")
                            .help("write rows x columns, as in `3x3`, or one number for both"),
                    );
                    None
                }
            },
            other => {
                self.wrong_type(other, span, &format!("a size for {what}"));
                None
            }
        }
    }

    /// The kernel, stride and dilation of a convolution.
    pub(super) fn conv_window(&mut self, operands: &Operands<'a>) -> Option<Window> {
        let (value, span) = self.positional(operands, 0);
        let kernel = self.size(&value, span, "the kernel");
        let stride = self.size_of(operands, "stride");
        let dilation = self.size_of(operands, "dilation");
        Some(Window { kernel: kernel?, stride: stride?, dilation: dilation? })
    }

    /// The size and stride of a pooling.
    pub(super) fn pool_window(&mut self, operands: &Operands<'a>) -> Option<Window> {
        let (value, span) = self.positional(operands, 0);
        let kernel = self.size(&value, span, "the window");
        let stride = match self.written(operands, "stride") {
            Some((value, span)) => self.size(&value, span, "`stride`"),
            None => kernel,
        };
        Some(Window::new(kernel?, stride?))
    }

    /// The padding of a convolution on a plane of `shape`, which gives `channels`, both as far as they are known.
    pub(super) fn conv_padding(
        &mut self,
        operands: &Operands<'a>,
        shape: Option<Shape>,
        window: Window,
        channels: Option<usize>,
    ) -> Option<Padding> {
        if let Some((value, span)) = self.written(operands, "pad") {
            return self.padding(&value, span, shape, window);
        }
        if (0..2).all(|axis| window.stride[axis] == 1 || window.kernel[axis] == 1) {
            return Some(Padding::same(shape?, window));
        }
        self.padding_needed(operands, shape.zip(channels), window);
        // Whichever was meant, most often the shape is the same.
        Some(Padding::same(shape?, window))
    }

    /// The padding of a pooling: none where the text gives none.
    pub(super) fn pool_padding(
        &mut self,
        operands: &Operands<'a>,
        shape: Option<Shape>,
        window: Window,
    ) -> Option<Padding> {
        match self.written(operands, "pad") {
            Some((value, span)) => self.padding(&value, span, shape, window),
            None => Some(Padding::NONE),
        }
    }

    fn padding(
        &mut self,
        value: &Value,
        span: Span,
        shape: Option<Shape>,
        window: Window,
    ) -> Option<Padding> {
        match value {
            Value::Padding(NamedPadding::Same) => Some(Padding::same(shape?, window)),
            Value::Padding(NamedPadding::Valid) => Some(Padding::NONE),
            _ => self.margin(value, span, "`pad`", "a number, `same`, `valid`"),
        }
    }

    /// One number for every side, or `(top, bottom, left, right)`. `words` is what else may be written, for messages.
    pub(super) fn margin(&mut self, value: &Value, span: Span, what: &str, words: &str) -> Option<Padding> {
        let parts = match value {
            Value::Number(_) => return self.whole(value, span, what, 0).map(Padding::all),
            Value::List(list) => list,
            other => {
                self.wrong_type(other, span, &format!("{words} or (top, bottom, left, right) for {what}"));
                return None;
            }
        };
        match parts.items.as_slice() {
            [top, bottom, left, right] => {
                let top = self.whole(top, span, &format!("the top of {what}"), 0);
                let bottom = self.whole(bottom, span, &format!("the bottom of {what}"), 0);
                let left = self.whole(left, span, &format!("the left of {what}"), 0);
                let right = self.whole(right, span, &format!("the right of {what}"), 0);
                Some(Padding { top: top?, bottom: bottom?, left: left?, right: right? })
            }
            [a, b] => {
                let message = format!("two numbers for {what} could be rows and columns or before and after");
                self.report(
                    Diagnostic::new(Code::PaddingParts, span, message, "two numbers")
                        .help(format!(
                            "rows by {a} and columns by {b}, on both sides, are `({a}, {a}, {b}, {b})`"
                        ))
                        .help(format!(
                            "{a} before and {b} after, of rows and columns, are `({a}, {b}, {a}, {b})`"
                        )),
                );
                None
            }
            parts => {
                let message = format!("{what} is one number or four, and here are {}", parts.len());
                self.report(
                    Diagnostic::new(Code::PaddingParts, span, message, "")
                        .help("the four are `(top, bottom, left, right)`"),
                );
                None
            }
        }
    }

    /// Reports that padding must be written, with what the frameworks do and what comes of it where that is known.
    fn padding_needed(&mut self, operands: &Operands<'a>, known: Option<(Shape, usize)>, window: Window) {
        let word = operands.kind.word();
        let [sh, sw] = window.stride;
        let stride = if sh == sw { format!("stride {sh}") } else { format!("stride {sh}x{sw}") };
        let message =
            format!("`{word}` with {stride} needs its padding written, because frameworks differ here");
        let mut d = Diagnostic::new(Code::PaddingNeeded, operands.span, message, "without `pad`");
        let gives = |padding: Padding| match known {
            Some((shape, channels)) => match window.slide(shape, padding, false) {
                Ok([h, w]) => format!("; it gives {h}x{w}x{channels}"),
                Err(_) => "; it does not fit".to_owned(),
            },
            None => String::new(),
        };
        let mut sides = String::new();
        let mut same = String::new();
        if let Some((shape, _)) = known {
            let p = Padding::same(shape, window);
            let Padding { top, bottom, left, right } = p;
            sides = format!(": {top} rows above and {bottom} below, {left} columns left and {right} right");
            same = gives(p);
        }
        if let Current::Node(node) = self.current {
            d = d.note(format!("what arrives is {}", self.describe(node)));
        }
        let [h, w] = [0, 1].map(|axis| (window.kernel[axis] - 1) * window.dilation[axis] / 2);
        let half = Padding { top: h, bottom: h, left: w, right: w };
        let written = if h == w { h.to_string() } else { format!("({h}, {h}, {w}, {w})") };
        self.report(
            d.help(format!("`pad=same` is TensorFlow's{sides}{same}"))
                .help(format!("`pad={written}` is PyTorch's usual, the same on every side{}", gives(half)))
                .help(format!("`pad=valid` is none{}", gives(Padding::NONE))),
        );
    }
}
