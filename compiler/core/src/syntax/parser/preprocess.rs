//! The steps of `preprocess`.

use super::{Node, Parsed, Parser, Rule};
use crate::syntax::ast::{PreprocessKind, PreprocessStep};

impl<'a> Parser<'a> {
    /// The steps, in order.
    pub(super) fn preprocess(&mut self, node: &Node<'a>) -> Parsed<Vec<PreprocessStep>> {
        let mut steps = Vec::new();
        for child in node.children() {
            let start = self.span(child.start(), child.start());
            let (kind, span) = match child.rule() {
                Rule::resize => {
                    let size = self.first_expression(&child)?;
                    let filter = child.children().find(|n| n.rule() == Rule::name);
                    let filter = filter.map(|n| self.name(&n)).transpose()?;
                    let span = start.to(filter.as_ref().map_or(size.span, |f| f.span));
                    (PreprocessKind::Resize { size, filter }, span)
                }
                Rule::crop => {
                    let size = self.first_expression(&child)?;
                    let span = start.to(size.span);
                    (PreprocessKind::Crop(size), span)
                }
                Rule::bgr => (PreprocessKind::Bgr, self.span_of(&child)),
                Rule::scale => {
                    let factor = self.first_expression(&child)?;
                    let span = start.to(factor.span);
                    (PreprocessKind::Scale(factor), span)
                }
                Rule::normalize => {
                    let attributes = self.attributes(&child)?;
                    let word = self.span(child.start(), child.start() + "normalize".len());
                    let span = attributes.last().map_or(word, |a| word.to(a.value.span));
                    (PreprocessKind::Normalize(attributes), span)
                }
                _ => continue,
            };
            steps.push(PreprocessStep { kind, span });
        }
        Ok(steps)
    }
}
