//! A tree as text: what `archc dump --stage ast` prints, and what golden files hold. It is the language itself, a
//! statement a line, with every operator's operands in parentheses, so that it parses to the same tree.

use std::fmt::{self, Write};

use super::ast::*;

/// The text of a tree.
pub fn print(file: &File) -> String {
    let mut printer = Printer { text: String::new(), depth: 0 };
    // Writing to a string does not fail.
    let _ = file.items.iter().try_for_each(|item| printer.item(item));
    printer.text
}

struct Printer {
    text: String,
    depth: usize,
}

impl Printer {
    fn line(&mut self, line: impl fmt::Display) -> fmt::Result {
        writeln!(self.text, "{:width$}{line}", "", width = 4 * self.depth)
    }

    fn item(&mut self, item: &Item) -> fmt::Result {
        match item {
            Item::Use(used) => self.line(format_args!("use \"{}\"", used.path.value)),
            Item::Block(block) => {
                let head = format!("block {}({})", block.name.value, parameters(&block.parameters));
                self.body(&head, &block.body)
            }
            Item::Net(net) => {
                let head = format!("net {}({})", net.name.value, parameters(&net.parameters));
                self.body(&head, &net.body)
            }
            Item::Alias(alias) => {
                let (name, base) = (&alias.name.value, &alias.base.value);
                self.line(format_args!("net {name} = {base}({})", arguments(&alias.arguments)))
            }
        }
    }

    fn body(&mut self, head: &str, body: &Body) -> fmt::Result {
        self.braces(head, |printer| body.statements.iter().try_for_each(|s| printer.statement(s)))
    }

    fn braces(&mut self, head: &str, inside: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.line(format_args!("{head} {{"))?;
        self.depth += 1;
        inside(self)?;
        self.depth -= 1;
        self.line("}")
    }

    fn statement(&mut self, statement: &Statement) -> fmt::Result {
        let label = label(statement.label.as_ref());
        match &statement.kind {
            StatementKind::Input(size) => self.line(format_args!("{label}input {}", expression(size))),
            StatementKind::Operation(o) => self.line(format_args!("{label}{}", operation(o))),
            StatementKind::Call(c) => self.line(format_args!("{label}{}", call(c))),
            StatementKind::Stack { count, index, body } => {
                let head = format!("{label}stack {}{}", expression(count), counter(index.as_ref()));
                self.body(&head, body)
            }
            StatementKind::For { pattern, list, index, body } => {
                let list = expression(list);
                let head = format!("{label}for {} in {list}{}", taking(pattern), counter(index.as_ref()));
                self.body(&head, body)
            }
            StatementKind::If { condition, then, otherwise } => {
                self.body(&format!("{label}if {}", expression(condition)), then)?;
                otherwise.iter().try_for_each(|body| self.body("else", body))
            }
            StatementKind::Residual { after, body, shortcut } => {
                let after: String = after.iter().map(|f| format!(" {}", following(f))).collect();
                self.body(&format!("{label}residual{after}"), body)?;
                shortcut.iter().try_for_each(|body| self.body("shortcut", body))
            }
            StatementKind::Inception { branches } => self.braces(&format!("{label}inception"), |printer| {
                branches.iter().try_for_each(|branch| {
                    printer.body(&format!("{}branch", self::label(branch.label.as_ref())), &branch.body)
                })
            }),
            StatementKind::Gate { body } => self.body(&format!("{label}gate"), body),
            StatementKind::Const { name, value } => {
                self.line(format_args!("{label}const {} = {}", name.value, expression(value)))
            }
            StatementKind::Let(name) => self.line(format_args!("{label}let {}", name.value)),
            StatementKind::From(name) => self.line(format_args!("{label}from {}", name.value)),
            StatementKind::Add(name) => self.line(format_args!("{label}add {}", name.value)),
            StatementKind::Concat(names) => self.line(format_args!("{label}concat {}", list(names))),
            StatementKind::Defaults(entries) => {
                let entries = entries.iter().map(|entry| {
                    format!(" {} {{{} }}", entry.kind.value.word(), attributes(&entry.attributes))
                });
                self.line(format_args!("{label}defaults{}", entries.collect::<String>()))
            }
            StatementKind::Output(names) => self.line(format_args!("{label}output {}", list(names))),
            StatementKind::Preprocess(steps) => self.braces(&format!("{label}preprocess"), |printer| {
                steps.iter().try_for_each(|s| printer.line(preprocess_step(&s.kind)))
            }),
            StatementKind::Labels(name) => self.line(format_args!("{label}labels \"{}\"", name.value)),
        }
    }
}

fn label(label: Option<&Ident>) -> String {
    label.map(|l| format!("{}: ", l.value)).unwrap_or_default()
}

fn counter(index: Option<&Ident>) -> String {
    index.map(|i| format!(" as {}", i.value)).unwrap_or_default()
}

fn join<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn list(names: &[Ident]) -> String {
    join(names, |name| name.value.clone())
}

fn taking(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Name(name) => name.value.clone(),
        Pattern::Tuple(names, _) => format!("({})", list(names)),
    }
}

fn parameters(parameters: &[Parameter]) -> String {
    join(parameters, |p| match &p.default {
        Some(default) => format!("{}={}", p.name.value, expression(default)),
        None => p.name.value.clone(),
    })
}

fn arguments(arguments: &[Argument]) -> String {
    join(arguments, |a| match &a.name {
        Some(name) => format!("{}={}", name.value, expression(&a.value)),
        None => expression(&a.value),
    })
}

fn attributes(attributes: &[Attribute]) -> String {
    attributes.iter().map(|a| format!(" {}={}", a.key.value, expression(&a.value))).collect()
}

fn operation(operation: &Operation) -> String {
    let positionals: String = operation.positionals.iter().map(|p| format!(" {}", expression(p))).collect();
    format!("{}{positionals}{}", operation.kind.value.word(), attributes(&operation.attributes))
}

fn call(call: &Call) -> String {
    format!("{}({})", call.name.value, arguments(&call.arguments))
}

fn following(following: &Following) -> String {
    match following {
        Following::Operation(o) => operation(o),
        Following::Call(c) => call(c),
    }
}

fn preprocess_step(step: &PreprocessKind) -> String {
    match step {
        PreprocessKind::Resize { size, filter } => {
            let filter = filter.as_ref().map(|f| format!(" {}", f.value)).unwrap_or_default();
            format!("resize {}{filter}", expression(size))
        }
        PreprocessKind::Crop(size) => format!("crop {}", expression(size)),
        PreprocessKind::Bgr => "bgr".to_owned(),
        PreprocessKind::Scale(factor) => format!("scale {}", expression(factor)),
        PreprocessKind::Normalize(list) => format!("normalize{}", attributes(list)),
    }
}

/// An expression; one with operators is in parentheses. The parser bounds the depth of this recursion.
fn expression(e: &Expression) -> String {
    match &e.kind {
        ExpressionKind::Number(n) => number(*n),
        ExpressionKind::Size(sides) => sides.iter().map(|&n| number(n)).collect::<Vec<_>>().join("x"),
        ExpressionKind::Bool(b) => b.to_string(),
        ExpressionKind::Padding(NamedPadding::Same) => "same".to_owned(),
        ExpressionKind::Padding(NamedPadding::Valid) => "valid".to_owned(),
        ExpressionKind::Name(name) => name.clone(),
        ExpressionKind::Operation(kind) => kind.word().to_owned(),
        ExpressionKind::Tuple(items) => match items.as_slice() {
            // Without the comma it would be in parentheses only.
            [one] => format!("({},)", expression(one)),
            items => format!("({})", join(items, expression)),
        },
        ExpressionKind::List(items) => format!("[{}]", join(items, expression)),
        ExpressionKind::Index(list, index) => format!("{}[{}]", expression(list), expression(index)),
        ExpressionKind::Unary(operator, operand) => {
            let word = match operator.value {
                UnaryOperator::Negate => "-",
                UnaryOperator::Not => "not ",
            };
            format!("({word}{})", expression(operand))
        }
        ExpressionKind::Binary(operator, left, right) => {
            format!("({} {} {})", expression(left), sign(operator.value), expression(right))
        }
        ExpressionKind::If { condition, then, otherwise } => {
            let [condition, then, otherwise] = [condition, then, otherwise].map(|e| expression(e));
            format!("(if {condition} {{{then}}} else {{{otherwise}}})")
        }
        ExpressionKind::Call { function, arguments } => {
            let word = match function.value {
                Function::Min => "min",
                Function::Max => "max",
                Function::Floor => "floor",
                Function::Ceil => "ceil",
                Function::RoundTo => "round_to",
            };
            format!("{word}({})", join(arguments, expression))
        }
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "or",
        BinaryOperator::And => "and",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Power => "**",
    }
}

/// The shortest decimal that is the same number; very large and small ones with an exponent.
fn number(n: f64) -> String {
    let magnitude = n.abs();
    if n == 0.0 || (1e-4..1e16).contains(&magnitude) { format!("{n}") } else { format!("{n:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    fn printed(text: &str) -> String {
        let mut sources = SourceMap::default();
        let id = sources.add("a.arch", text);
        let mut diagnostics = Diagnostics::default();
        let file = parse(id, text, &mut diagnostics);
        let said: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert!(said.is_empty(), "{said:?} in\n{text}");
        print(&file)
    }

    #[test]
    fn operators_are_in_parentheses() {
        let text =
            "net A(a=1, b=[2, (3,)]) { input (8, 8, a - -2**2 * b[0])  dense if not a == 1 {2} else {1e-9} }";
        assert_eq!(
            printed(text),
            "net A(a=1, b=[2, (3,)]) {\n    input (8, 8, (a - ((-(2 ** 2)) * b[0])))\n    \
             dense (if (not (a == 1)) {2} else {1e-9})\n}\n"
        );
    }

    #[test]
    fn what_is_printed_parses_to_the_same_tree() {
        let everything = r#"
            use "blocks/x.arch"
            block b(w, act, pad=same) { residual act() bn { conv 3x3 w pad=pad } shortcut { } gate { global_avgpool dense channels } }
            net N { input 8x8x3 preprocess { resize 9x9 box crop 8 bgr scale 1/255 normalize mean=(1, 2, 3) std=2 } labels "x"
                defaults conv { bias=false } bn { }
                a: b(4, relu, pad=valid)
                for (i, j) in [(1, 2)] as k { stack i as l { let x add x concat x, x from x } }
                if cols > 2 and true or false { relu } else if rows <= 1 { tanh } else { }
                inception { branch { } left: branch { maxpool 3 stride=1 pad=(0, 1, 0, 1) } }
                const n = max(1, floor(channels / 4))
                output a, b1 }
            net M = N()
        "#;
        let resnet = include_str!("../../../../archs/resnet50.arch");
        let mobilenet = include_str!("../../../../archs/mobilenet.arch");
        for text in [everything, resnet, mobilenet] {
            let once = printed(text);
            assert_eq!(printed(&once), once);
        }
    }
}
