//! Expressions: the grammar leaves operators and operands in a row, and this file gives the operators Python's
//! precedence. It works with stacks of its own, so that its recursion is that of the brackets only.

use super::{Node, Parsed, Parser, Reported, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, Function, NamedPadding, UnaryOperator};
use crate::syntax::operators::{COMPARISON, POWER, Precedence};
use crate::syntax::vocabulary::{self, OperationKind};

/// How many levels an expression's tree may have, operators and brackets together.
pub(super) const MAX_DEPTH: usize = 64;

/// An expression and the number of levels of its tree.
struct Deep {
    expression: Expression,
    depth: usize,
}

#[derive(Clone)]
enum Operator {
    Unary(Spanned<UnaryOperator>),
    Binary(Spanned<BinaryOperator>),
}

impl Operator {
    fn precedence(&self) -> Precedence {
        match self {
            Operator::Unary(o) => o.value.precedence(),
            Operator::Binary(o) => o.value.precedence(),
        }
    }

    fn span(&self) -> Span {
        match self {
            Operator::Unary(o) => o.span,
            Operator::Binary(o) => o.span,
        }
    }
}

/// The operands and operators that wait for what follows.
#[derive(Default)]
struct Row {
    operands: Vec<Deep>,
    operators: Vec<Operator>,
}

impl Parser<'_> {
    /// An `expression` or `positional` of the grammar.
    pub(super) fn expression(&mut self, node: &Node<'_>) -> Parsed<Expression> {
        self.deep_expression(node).map(|deep| deep.expression)
    }

    fn deep_expression(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let mut row = Row::default();
        // Whether an operand is complete, so that the next operator stands between two.
        let mut complete = false;
        for child in node.children() {
            if child.rule() == Rule::operand {
                let operand = self.operand(&child)?;
                row.operands.push(operand);
                complete = true;
            } else {
                self.shift(&mut row, &child, complete)?;
                complete = false;
            }
        }
        self.fold_while(&mut row, |_| true)?;
        // The grammar has an operand in every expression.
        row.operands.pop().ok_or(Reported { at: node.end() })
    }

    /// Takes an operator in, after the earlier ones that it closes off. `complete` says whether an operand is before it.
    fn shift(&mut self, row: &mut Row, node: &Node<'_>, complete: bool) -> Parsed<()> {
        let operator = self.operator(node, complete);
        self.check_order(row, &operator, complete)?;
        if complete {
            let precedence = operator.precedence();
            self.fold_while(row, |top| {
                // `**` groups from the right.
                top.precedence() > precedence || (top.precedence() == precedence && precedence < POWER)
            })?;
        }
        row.operators.push(operator);
        Ok(())
    }

    /// The operator that a pair stands for; `-` and `not` depend on where they stand.
    fn operator(&self, node: &Node<'_>, complete: bool) -> Operator {
        let span = self.span_of(node);
        match node.text() {
            "not" => Operator::Unary(Spanned { value: UnaryOperator::Not, span }),
            "-" if !complete => Operator::Unary(Spanned { value: UnaryOperator::Negate, span }),
            // The grammar has no other operators than the table; a test holds them together.
            symbol => {
                let value = BinaryOperator::from_symbol(symbol).unwrap_or(BinaryOperator::Power);
                Operator::Binary(Spanned { value, span })
            }
        }
    }

    /// Refuses `a < b < c`, which Python reads differently from C, and `a + not b`.
    fn check_order(&mut self, row: &Row, operator: &Operator, complete: bool) -> Parsed<()> {
        let precedence = operator.precedence();
        if complete && precedence == COMPARISON {
            // The operators that bind tighter are between this comparison and an earlier one.
            let earlier = row.operators.iter().rev().find(|o| o.precedence() <= COMPARISON);
            if let Some(first) = earlier.filter(|o| o.precedence() == COMPARISON) {
                let diagnostic = Diagnostic::new(
                    Code::ChainedComparison,
                    operator.span(),
                    "comparisons do not chain",
                    "a second comparison",
                );
                let first = first.span();
                self.report(
                    diagnostic
                        .also(first, "the first")
                        .help("join two comparisons with `and`: `a < b and b < c`"),
                );
                return Err(Reported { at: operator.span().end as usize });
            }
        }
        let tighter = row.operators.last().filter(|o| o.precedence() > precedence);
        if let (false, Operator::Unary(o), Some(outer)) = (complete, operator, tighter)
            && o.value == UnaryOperator::Not
        {
            let outer = self.text.get(outer.span().start as usize..outer.span().end as usize).unwrap_or("");
            let message = format!("`not` binds looser than the `{outer}` before it");
            let diagnostic = Diagnostic::new(Code::Syntax, o.span, message, "");
            self.report(diagnostic.help("put it in parentheses, with what it denies: `(not x)`"));
            return Err(Reported { at: o.span.end as usize });
        }
        Ok(())
    }

    /// Applies operators from the top of the stack for as long as `ready` holds.
    fn fold_while(&mut self, row: &mut Row, ready: impl Fn(&Operator) -> bool) -> Parsed<()> {
        while row.operators.last().is_some_and(&ready) {
            if !self.fold(row)? {
                break;
            }
        }
        Ok(())
    }

    /// Applies the operator on top of the stack; `false` if it lacks operands, which the grammar rules out.
    fn fold(&mut self, row: &mut Row) -> Parsed<bool> {
        let (Some(operator), Some(last)) = (row.operators.pop(), row.operands.pop()) else {
            return Ok(false);
        };
        let deep = match operator {
            Operator::Unary(o) => {
                let span = o.span.to(last.expression.span);
                self.limited(ExpressionKind::Unary(o, Box::new(last.expression)), span, last.depth)?
            }
            Operator::Binary(o) => {
                let Some(first) = row.operands.pop() else { return Ok(false) };
                let span = first.expression.span.to(last.expression.span);
                let kind = ExpressionKind::Binary(o, Box::new(first.expression), Box::new(last.expression));
                self.limited(kind, span, first.depth.max(last.depth))?
            }
        };
        row.operands.push(deep);
        Ok(true)
    }

    /// The expressions among the children of a rule, and the depth of the deepest.
    fn deep_children(&mut self, node: &Node<'_>) -> Parsed<(Vec<Expression>, usize)> {
        let mut list = Vec::new();
        let mut depth = 0;
        for child in node.children() {
            match child.rule() {
                Rule::expression => self.deep_child(&child, &mut list, &mut depth)?,
                // `else if` in an expression.
                Rule::conditional => {
                    let chained = self.conditional(&child)?;
                    depth = depth.max(chained.depth);
                    list.push(chained.expression);
                }
                _ => {}
            }
        }
        Ok((list, depth))
    }

    fn deep_child(&mut self, node: &Node<'_>, list: &mut Vec<Expression>, depth: &mut usize) -> Parsed<()> {
        let deep = self.deep_expression(node)?;
        *depth = (*depth).max(deep.depth);
        list.push(deep.expression);
        Ok(())
    }

    // The functions from here to `conditional` call each other once a bracket. They are small and return early, so that
    // their frames are small too: a debug build keeps every temporary value of a function in its frame.

    fn operand(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let mut children = node.children();
        let Some(first) = children.next() else { return Err(Reported { at: node.end() }) };
        let deep = self.primary(&first)?;
        match children.next() {
            None => Ok(deep),
            Some(_) => self.subscripts(deep, node),
        }
    }

    /// `deep` with the subscripts of an operand applied to it.
    fn subscripts(&mut self, mut deep: Deep, operand: &Node<'_>) -> Parsed<Deep> {
        for subscript in operand.children().skip(1) {
            let (mut indices, depth) = self.deep_children(&subscript)?;
            let Some(index) = indices.pop() else { return Err(Reported { at: subscript.end() }) };
            let span = deep.expression.span.to(self.span_of(&subscript));
            let kind = ExpressionKind::Index(Box::new(deep.expression), Box::new(index));
            deep = self.limited(kind, span, deep.depth.max(depth))?;
        }
        Ok(deep)
    }

    fn primary(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        match node.rule() {
            Rule::list => self.list(node),
            Rule::group => self.group(node),
            Rule::conditional => self.conditional(node),
            Rule::function_call => self.function_call(node),
            _ => self.leaf(node),
        }
    }

    fn list(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let (list, depth) = self.deep_children(node)?;
        self.limited(ExpressionKind::List(list), self.span_of(node), depth)
    }

    /// `(a)`, which is `a` itself but for its span, or a tuple.
    fn group(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let (mut list, depth) = self.deep_children(node)?;
        let tuple = node.children().any(|n| n.rule() == Rule::comma);
        let kind = match list.pop() {
            Some(only) if !tuple => only.kind,
            last => {
                list.extend(last);
                ExpressionKind::Tuple(list)
            }
        };
        self.limited(kind, self.span_of(node), depth)
    }

    fn conditional(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let (mut list, depth) = self.deep_children(node)?;
        let (Some(otherwise), Some(then), Some(condition)) = (list.pop(), list.pop(), list.pop()) else {
            return Err(Reported { at: node.end() });
        };
        let (condition, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(otherwise));
        self.limited(ExpressionKind::If { condition, then, otherwise }, self.span_of(node), depth)
    }

    fn function_call(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let (arguments, depth) = self.deep_children(node)?;
        let Some(word) = node.children().next() else { return Err(Reported { at: node.end() }) };
        let Some(value) = Function::from_word(word.text()) else { return Err(Reported { at: node.end() }) };
        let function = Spanned { value, span: self.span_of(&word) };
        self.limited(ExpressionKind::Call { function, arguments }, self.span_of(node), depth)
    }

    fn leaf(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let kind = match node.rule() {
            Rule::number => self.number(node)?,
            Rule::size => self.size(node)?,
            _ => self.variable(node)?,
        };
        self.limited(kind, self.span_of(node), 0)
    }

    /// One level more than `depth`, unless that is one too many.
    fn limited(&mut self, kind: ExpressionKind, span: Span, depth: usize) -> Parsed<Deep> {
        let depth = depth + 1;
        if depth <= MAX_DEPTH {
            return Ok(Deep { expression: Expression { kind, span }, depth });
        }
        let message = format!("an expression has at most {MAX_DEPTH} operators around each other");
        self.report(Diagnostic::new(Code::NestedTooDeeply, span, message, "").help("split it with `const`"));
        Err(Reported { at: span.end as usize })
    }

    /// A word in an expression.
    fn variable(&mut self, node: &Node<'_>) -> Parsed<ExpressionKind> {
        let span = self.span_of(node);
        let text = node.text();
        Ok(match text {
            "true" => ExpressionKind::Bool(true),
            "false" => ExpressionKind::Bool(false),
            "same" => ExpressionKind::Padding(NamedPadding::Same),
            "valid" => ExpressionKind::Padding(NamedPadding::Valid),
            _ => match OperationKind::from_word(text) {
                Some(kind) if kind.spec().positionals.is_empty() => ExpressionKind::Operation(kind),
                _ if vocabulary::is_reserved(text) => {
                    return Err(self.report_reserved_value(&Spanned { value: text.to_owned(), span }));
                }
                _ => ExpressionKind::Name(text.to_owned()),
            },
        })
    }
}
