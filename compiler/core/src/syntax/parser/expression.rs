//! Expressions: the grammar leaves operators and operands in a row, and this file gives the operators Python's
//! precedence. It works with stacks of its own, so that its recursion is that of the brackets only.

use super::{Node, Parsed, Parser, Reported, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, Function, NamedPadding, UnaryOperator};
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
    /// Operators of a higher number bind tighter.
    fn precedence(&self) -> u8 {
        match self {
            Operator::Unary(o) => match o.value {
                UnaryOperator::Not => 3,
                UnaryOperator::Negate => 7,
            },
            Operator::Binary(o) => match o.value {
                BinaryOperator::Or => 1,
                BinaryOperator::And => 2,
                BinaryOperator::Equal
                | BinaryOperator::NotEqual
                | BinaryOperator::Less
                | BinaryOperator::LessEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEqual => COMPARISON,
                BinaryOperator::Add | BinaryOperator::Subtract => 5,
                BinaryOperator::Multiply | BinaryOperator::Divide => 6,
                BinaryOperator::Power => 8,
            },
        }
    }

    fn span(&self) -> Span {
        match self {
            Operator::Unary(o) => o.span,
            Operator::Binary(o) => o.span,
        }
    }
}

const COMPARISON: u8 = 4;

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
                row.operands.push(self.operand(&child)?);
                complete = true;
                continue;
            }
            let operator = self.operator(&child, complete);
            self.check_order(&row, &operator, complete)?;
            if complete {
                self.fold_while(&mut row, |top| {
                    // `**` groups from the right, and its right side may have a sign of its own.
                    top.precedence() > operator.precedence()
                        || (top.precedence() == operator.precedence() && operator.precedence() < 8)
                })?;
            }
            complete = false;
            row.operators.push(operator);
        }
        self.fold_while(&mut row, |_| true)?;
        // The grammar has an operand in every expression.
        row.operands.pop().ok_or(Reported { at: node.end() })
    }

    /// The operator that a pair stands for; `-` and `not` depend on where they stand.
    fn operator(&self, node: &Node<'_>, complete: bool) -> Operator {
        let span = self.span_of(node);
        let binary = match node.text() {
            "not" => return Operator::Unary(Spanned { value: UnaryOperator::Not, span }),
            "-" if !complete => return Operator::Unary(Spanned { value: UnaryOperator::Negate, span }),
            "or" => BinaryOperator::Or,
            "and" => BinaryOperator::And,
            "==" => BinaryOperator::Equal,
            "!=" => BinaryOperator::NotEqual,
            "<" => BinaryOperator::Less,
            "<=" => BinaryOperator::LessEqual,
            ">" => BinaryOperator::Greater,
            ">=" => BinaryOperator::GreaterEqual,
            "+" => BinaryOperator::Add,
            "-" => BinaryOperator::Subtract,
            "*" => BinaryOperator::Multiply,
            "/" => BinaryOperator::Divide,
            // `**` is what the grammar has left.
            _ => BinaryOperator::Power,
        };
        Operator::Binary(Spanned { value: binary, span })
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
            let (Some(operator), Some(last)) = (row.operators.pop(), row.operands.pop()) else { break };
            let deep = match operator {
                Operator::Unary(o) => {
                    let span = o.span.to(last.expression.span);
                    let kind = ExpressionKind::Unary(o, Box::new(last.expression));
                    Deep { expression: Expression { kind, span }, depth: last.depth + 1 }
                }
                Operator::Binary(o) => {
                    let Some(first) = row.operands.pop() else { break };
                    let span = first.expression.span.to(last.expression.span);
                    let kind =
                        ExpressionKind::Binary(o, Box::new(first.expression), Box::new(last.expression));
                    Deep { expression: Expression { kind, span }, depth: first.depth.max(last.depth) + 1 }
                }
            };
            row.operands.push(self.limited(deep)?);
        }
        Ok(())
    }

    fn limited(&mut self, deep: Deep) -> Parsed<Deep> {
        if deep.depth <= MAX_DEPTH {
            return Ok(deep);
        }
        let span = deep.expression.span;
        let message = format!("this expression has more than {MAX_DEPTH} operators in a row");
        self.report(Diagnostic::new(Code::NestedTooDeeply, span, message, "").help("split it with `const`"));
        Err(Reported { at: span.end as usize })
    }

    fn deep_children<'n>(
        &mut self,
        nodes: impl Iterator<Item = Node<'n>>,
    ) -> Parsed<(Vec<Expression>, usize)> {
        let mut list = Vec::new();
        let mut depth = 0;
        for node in nodes.filter(|n| n.rule() == Rule::expression) {
            let deep = self.deep_expression(&node)?;
            depth = depth.max(deep.depth);
            list.push(deep.expression);
        }
        Ok((list, depth))
    }

    fn operand(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let mut children = node.children();
        let Some(first) = children.next() else { return Err(Reported { at: node.end() }) };
        let mut deep = self.primary(&first)?;
        for subscript in children {
            let (indices, depth) = self.deep_children(subscript.children())?;
            let span = deep.expression.span.to(self.span_of(&subscript));
            for index in indices {
                let kind = ExpressionKind::Index(Box::new(deep.expression), Box::new(index));
                deep = Deep { expression: Expression { kind, span }, depth: deep.depth.max(depth) + 1 };
            }
            deep = self.limited(deep)?;
        }
        Ok(deep)
    }

    fn primary(&mut self, node: &Node<'_>) -> Parsed<Deep> {
        let span = self.span_of(node);
        let (kind, depth) = match node.rule() {
            Rule::number => (self.number(node)?, 0),
            Rule::size => (self.size(node)?, 0),
            Rule::list => {
                let (list, depth) = self.deep_children(node.children())?;
                (ExpressionKind::List(list), depth)
            }
            Rule::group => {
                let tuple = node.children().any(|n| n.rule() == Rule::comma);
                let (mut list, depth) = self.deep_children(node.children())?;
                match list.pop() {
                    Some(only) if !tuple => (only.kind, depth),
                    last => {
                        list.extend(last);
                        (ExpressionKind::Tuple(list), depth)
                    }
                }
            }
            Rule::conditional => self.conditional(node)?,
            Rule::function_call => self.function_call(node)?,
            _ => (self.variable(node)?, 0),
        };
        self.limited(Deep { expression: Expression { kind, span }, depth: depth + 1 })
    }

    fn conditional(&mut self, node: &Node<'_>) -> Parsed<(ExpressionKind, usize)> {
        let parts: Vec<Node<'_>> = node.children().collect();
        let expressions = parts.iter().filter(|n| n.rule() == Rule::expression).cloned();
        let (list, mut depth) = self.deep_children(expressions)?;
        let mut list = list.into_iter();
        let (Some(condition), Some(then)) = (list.next(), list.next()) else {
            return Err(Reported { at: node.end() });
        };
        let otherwise = match (list.next(), parts.iter().find(|n| n.rule() == Rule::conditional)) {
            (Some(otherwise), _) => otherwise,
            (None, Some(chained)) => {
                let deep = self.primary(chained)?;
                depth = depth.max(deep.depth);
                deep.expression
            }
            (None, None) => return Err(Reported { at: node.end() }),
        };
        let kind = ExpressionKind::If {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        Ok((kind, depth))
    }

    fn function_call(&mut self, node: &Node<'_>) -> Parsed<(ExpressionKind, usize)> {
        let Some(word) = node.children().next() else { return Err(Reported { at: node.end() }) };
        let function = match word.text() {
            "min" => Function::Min,
            "max" => Function::Max,
            "floor" => Function::Floor,
            "ceil" => Function::Ceil,
            // `round_to` is what the grammar has left.
            _ => Function::RoundTo,
        };
        let function = Spanned { value: function, span: self.span_of(&word) };
        let (arguments, depth) = self.deep_children(node.children())?;
        Ok((ExpressionKind::Call { function, arguments }, depth))
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
