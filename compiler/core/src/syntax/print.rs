//! Prints a tree as text that parses to the same tree: one statement a line, four spaces a level, no parentheses that
//! are not needed. `archc dump --stage ast` shows this.

use super::ast::{
    Alias, Argument, Attribute, Block, Body, Branch, Call, DefaultsEntry, Expression, ExpressionKind, File,
    Following, Ident, Item, Net, Operation, Parameter, Pattern, PreprocessKind, PreprocessStep, Statement,
    StatementKind, UnaryOperator,
};
use super::operators::{NEGATE, POWER, PRIMARY, Precedence, SUM};

/// A whole file.
pub fn print(file: &File) -> String {
    let mut text = String::new();
    for (index, item) in file.items.iter().enumerate() {
        let body = |item: &Item| matches!(item, Item::Block(_) | Item::Net(_));
        // An empty line around what has a body.
        if index > 0 && (body(item) || file.items.get(index - 1).is_some_and(body)) {
            text.push('\n');
        }
        text.push_str(&print_item(item));
        text.push('\n');
    }
    text
}

fn print_item(item: &Item) -> String {
    match item {
        Item::Use(item) => format!("use \"{}\"", item.path.value),
        Item::Block(Block { name, parameters, body, span: _ }) => {
            format!("block {}({}) {}", name.value, print_parameters(parameters), print_body(body, 0))
        }
        Item::Net(Net { name, parameters, body, span: _ }) if parameters.is_empty() => {
            format!("net {} {}", name.value, print_body(body, 0))
        }
        Item::Net(Net { name, parameters, body, span: _ }) => {
            format!("net {}({}) {}", name.value, print_parameters(parameters), print_body(body, 0))
        }
        Item::Alias(Alias { name, base, arguments, span: _ }) => {
            format!("net {} = {}({})", name.value, base.value, print_arguments(arguments))
        }
    }
}

fn join<T>(list: &[T], separator: &str, print: impl Fn(&T) -> String) -> String {
    list.iter().map(print).collect::<Vec<_>>().join(separator)
}

fn names(list: &[Ident]) -> String {
    join(list, ", ", |name| name.value.clone())
}

fn print_parameters(parameters: &[Parameter]) -> String {
    join(parameters, ", ", |p| match &p.default {
        Some(default) => format!("{}={}", p.name.value, print_expression(default)),
        None => p.name.value.clone(),
    })
}

fn print_arguments(arguments: &[Argument]) -> String {
    join(arguments, ", ", |a| match &a.name {
        Some(name) => format!("{}={}", name.value, print_expression(&a.value)),
        None => print_expression(&a.value),
    })
}

/// A body whose closing brace stands at `level`.
fn print_body(body: &Body, level: usize) -> String {
    braced(
        join(&body.statements, "", |statement| line(&print_statement(statement, level + 1), level + 1)),
        level,
    )
}

fn line(text: &str, level: usize) -> String {
    format!("{}{text}\n", "    ".repeat(level))
}

/// Lines in braces; the closing one stands at `level`.
fn braced(lines: String, level: usize) -> String {
    if lines.is_empty() { "{}".into() } else { format!("{{\n{lines}{}}}", "    ".repeat(level)) }
}

fn labelled(label: Option<&Ident>, text: String) -> String {
    label.map_or_else(|| text.clone(), |label| format!("{}: {text}", label.value))
}

fn print_statement(statement: &Statement, level: usize) -> String {
    let text = match &statement.kind {
        StatementKind::Input(shape) => format!("input {}", print_positional(shape)),
        StatementKind::Operation(operation) => print_operation(operation),
        StatementKind::Call(call) => print_call(call),
        StatementKind::Stack { count, index, body } => {
            format!(
                "stack {}{} {}",
                print_expression(count),
                print_index(index.as_ref()),
                print_body(body, level)
            )
        }
        StatementKind::For { pattern, list, index, body } => {
            let (pattern, list) = (print_pattern(pattern), print_expression(list));
            format!("for {pattern} in {list}{} {}", print_index(index.as_ref()), print_body(body, level))
        }
        StatementKind::If { condition, then, otherwise } => {
            print_if(condition, then, otherwise.as_ref(), level)
        }
        StatementKind::Residual { after, body, shortcut } => {
            print_residual(after, body, shortcut.as_ref(), level)
        }
        StatementKind::Inception { branches } => {
            let lines = join(branches, "", |branch| line(&print_branch(branch, level + 1), level + 1));
            format!("inception {}", braced(lines, level))
        }
        StatementKind::Gate { body } => format!("gate {}", print_body(body, level)),
        StatementKind::Const { name, value } => format!("const {} = {}", name.value, print_expression(value)),
        StatementKind::Let(name) => format!("let {}", name.value),
        StatementKind::From(name) => format!("from {}", name.value),
        StatementKind::Add(name) => format!("add {}", name.value),
        StatementKind::Concat(list) => format!("concat {}", names(list)),
        StatementKind::Defaults(entries) => format!("defaults {}", join(entries, " ", print_defaults_entry)),
        StatementKind::Output(list) => format!("output {}", names(list)),
        StatementKind::Preprocess(steps) => {
            format!(
                "preprocess {}",
                braced(join(steps, "", |step| line(&print_step(step), level + 1)), level)
            )
        }
        StatementKind::Labels(name) => format!("labels \"{}\"", name.value),
        StatementKind::Budget(entries) => {
            format!("budget{}", join(entries, "", |a| format!(" {}", print_attribute(a))))
        }
    };
    labelled(statement.label.as_ref(), text)
}

fn print_index(index: Option<&Ident>) -> String {
    index.map_or_else(String::new, |name| format!(" as {}", name.value))
}

fn print_pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Name(name) => name.value.clone(),
        Pattern::Tuple(list, _) => format!("({})", names(list)),
    }
}

fn print_if(condition: &Expression, then: &Body, otherwise: Option<&Body>, level: usize) -> String {
    let text = format!("if {} {}", print_expression(condition), print_body(then, level));
    let Some(otherwise) = otherwise else { return text };
    match otherwise.statements.as_slice() {
        [Statement { label: None, kind: StatementKind::If { condition, then, otherwise }, span: _ }] => {
            format!("{text} else {}", print_if(condition, then, otherwise.as_ref(), level))
        }
        _ => format!("{text} else {}", print_body(otherwise, level)),
    }
}

fn print_residual(after: &[Following], body: &Body, shortcut: Option<&Body>, level: usize) -> String {
    let after = join(after, "", |following| match following {
        Following::Operation(operation) => format!(" {}", print_operation(operation)),
        Following::Call(call) => format!(" {}", print_call(call)),
    });
    let shortcut = shortcut.map_or_else(String::new, |body| format!(" shortcut {}", print_body(body, level)));
    format!("residual{after} {}{shortcut}", print_body(body, level))
}

fn print_branch(branch: &Branch, level: usize) -> String {
    labelled(branch.label.as_ref(), format!("branch {}", print_body(&branch.body, level)))
}

fn print_call(call: &Call) -> String {
    format!("{}({})", call.name.value, print_arguments(&call.arguments))
}

fn print_operation(operation: &Operation) -> String {
    let positionals = join(&operation.positionals, "", |value| format!(" {}", print_positional(value)));
    let attributes = join(&operation.attributes, "", |a| format!(" {}", print_attribute(a)));
    format!("{}{positionals}{attributes}", operation.kind.value.word())
}

fn print_attribute(attribute: &Attribute) -> String {
    format!("{}={}", attribute.key.value, print_expression(&attribute.value))
}

fn print_defaults_entry(entry: &DefaultsEntry) -> String {
    let attributes = join(&entry.attributes, "", |a| format!("{} ", print_attribute(a)));
    format!("{} {{ {attributes}}}", entry.kind.value.word())
}

fn print_step(step: &PreprocessStep) -> String {
    match &step.kind {
        PreprocessKind::Resize { size, filter } => {
            let filter = filter.as_ref().map_or_else(String::new, |name| format!(" {}", name.value));
            format!("resize {}{filter}", print_positional(size))
        }
        PreprocessKind::Crop(size) => format!("crop {}", print_positional(size)),
        PreprocessKind::Bgr => "bgr".into(),
        PreprocessKind::Scale(factor) => format!("scale {}", print_positional(factor)),
        PreprocessKind::Normalize(attributes) => {
            format!("normalize{}", join(attributes, "", |a| format!(" {}", print_attribute(a))))
        }
    }
}

/// A value that has another before or behind it, without a sign between.
fn print_positional(value: &Expression) -> String {
    let text = print_operand(value, SUM);
    // These would go on with the value before.
    if text.starts_with(['-', '[']) { format!("({text})") } else { text }
}

/// An expression as text that parses to the same tree.
pub fn print_expression(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Number(number) => print_number(*number),
        ExpressionKind::Size(sides) => join(sides, "x", |side| format!("{side}")),
        ExpressionKind::Bool(value) => value.to_string(),
        ExpressionKind::Padding(padding) => padding.word().into(),
        ExpressionKind::Name(name) => name.clone(),
        ExpressionKind::Operation(kind) => kind.word().into(),
        ExpressionKind::Tuple(list) => match list.as_slice() {
            [only] => format!("({},)", print_expression(only)),
            list => format!("({})", join(list, ", ", print_expression)),
        },
        ExpressionKind::List(list) => format!("[{}]", join(list, ", ", print_expression)),
        ExpressionKind::Index(list, index) => {
            format!("{}[{}]", print_operand(list, PRIMARY), print_expression(index))
        }
        ExpressionKind::Unary(operator, operand) => {
            let space = if operator.value == UnaryOperator::Not { " " } else { "" };
            let operand = print_operand(operand, operator.value.precedence());
            format!("{}{space}{operand}", operator.value.symbol())
        }
        ExpressionKind::Binary(operator, left, right) => {
            let precedence = operator.value.precedence();
            let (for_left, for_right) = match precedence {
                // `2**-1` needs no parentheses: a sign belongs to what is behind it.
                POWER => (PRIMARY, NEGATE),
                super::operators::COMPARISON => (precedence + 1, precedence + 1),
                _ => (precedence, precedence + 1),
            };
            let (left, right) = (print_operand(left, for_left), print_operand(right, for_right));
            format!("{left} {} {right}", operator.value.symbol())
        }
        ExpressionKind::If { condition, then, otherwise } => {
            let start = format!("if {} {{{}}}", print_expression(condition), print_expression(then));
            let otherwise = match otherwise.kind {
                ExpressionKind::If { .. } => print_expression(otherwise),
                _ => format!("{{{}}}", print_expression(otherwise)),
            };
            format!("{start} else {otherwise}")
        }
        ExpressionKind::Call { function, arguments } => {
            format!("{}({})", function.value.word(), join(arguments, ", ", print_expression))
        }
    }
}

/// An expression, in parentheses if it binds looser than `least`.
fn print_operand(expression: &Expression, least: Precedence) -> String {
    let precedence = match &expression.kind {
        ExpressionKind::Unary(operator, _) => operator.value.precedence(),
        ExpressionKind::Binary(operator, ..) => operator.value.precedence(),
        ExpressionKind::Number(_)
        | ExpressionKind::Size(_)
        | ExpressionKind::Bool(_)
        | ExpressionKind::Padding(_)
        | ExpressionKind::Name(_)
        | ExpressionKind::Operation(_)
        | ExpressionKind::Tuple(_)
        | ExpressionKind::List(_)
        | ExpressionKind::Index(..)
        | ExpressionKind::If { .. }
        | ExpressionKind::Call { .. } => PRIMARY,
    };
    let text = print_expression(expression);
    if precedence < least { format!("({text})") } else { text }
}

/// The shortest digits that read back as the same number.
fn print_number(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e15).contains(&number) { format!("{number:e}") } else { format!("{number}") }
}
