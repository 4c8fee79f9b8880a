//! Random trees, such as the parser could have made.

use archc_core::source::{FileId, SourceMap, Span, Spanned};
use archc_core::syntax::ast::*;
use archc_core::syntax::vocabulary::{OperationKind, is_reserved};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn id() -> FileId {
    SourceMap::default().add("", "")
}

fn span() -> Span {
    Span::new(id(), 0, 0)
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, span: span() }
}

fn name() -> impl Strategy<Value = Ident> {
    "[a-zA-Z_][a-z0-9_]{0,3}".prop_filter("a name", |word| !is_reserved(word)).prop_map(spanned)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0u32..2000).prop_map(f64::from),
        (0u32..2000).prop_map(|n| f64::from(n) / 7.0),
        any::<f64>().prop_map(|n| if n.is_finite() { n.abs() } else { 0.0 }),
    ]
}

fn expression_of(kind: ExpressionKind) -> Expression {
    Expression { kind, span: span() }
}

/// Operation words that take no positionals.
fn act() -> impl Strategy<Value = OperationKind> {
    select(OperationKind::ALL).prop_filter("without positionals", |kind| kind.spec().positionals.is_empty())
}

fn leaf() -> impl Strategy<Value = Expression> {
    prop_oneof![
        number().prop_map(ExpressionKind::Number),
        vec((0u32..300).prop_map(f64::from), 2..=3).prop_map(ExpressionKind::Size),
        any::<bool>().prop_map(ExpressionKind::Bool),
        select(&[NamedPadding::Same, NamedPadding::Valid][..]).prop_map(ExpressionKind::Padding),
        name().prop_map(|name| ExpressionKind::Name(name.value)),
        act().prop_map(ExpressionKind::Operation),
    ]
    .prop_map(expression_of)
}

const BINARY: &[BinaryOperator] = &[
    BinaryOperator::Or,
    BinaryOperator::And,
    BinaryOperator::Equal,
    BinaryOperator::NotEqual,
    BinaryOperator::Less,
    BinaryOperator::LessEqual,
    BinaryOperator::Greater,
    BinaryOperator::GreaterEqual,
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Power,
];

const FUNCTIONS: &[Function] =
    &[Function::Min, Function::Max, Function::Floor, Function::Ceil, Function::RoundTo];

pub(super) fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(4, 16, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let binary = (select(BINARY), boxed.clone(), boxed.clone());
        let conditional = (boxed.clone(), boxed.clone(), boxed.clone());
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(ExpressionKind::Tuple),
            vec(inner.clone(), 0..4).prop_map(ExpressionKind::List),
            (boxed.clone(), boxed.clone()).prop_map(|(list, index)| ExpressionKind::Index(list, index)),
            (select(&[UnaryOperator::Negate, UnaryOperator::Not][..]), boxed)
                .prop_map(|(operator, operand)| ExpressionKind::Unary(spanned(operator), operand)),
            binary.clone().prop_map(|(operator, a, b)| ExpressionKind::Binary(spanned(operator), a, b)),
            binary.prop_map(|(operator, a, b)| ExpressionKind::Binary(spanned(operator), a, b)),
            conditional.prop_map(|(condition, then, otherwise)| ExpressionKind::If {
                condition,
                then,
                otherwise
            }),
            (select(FUNCTIONS), vec(inner, 0..3)).prop_map(|(function, arguments)| ExpressionKind::Call {
                function: spanned(function),
                arguments
            }),
        ]
        .prop_map(expression_of)
    })
}

/// An expression that may stand behind an operation's word: one that does not begin with an operation, which would be
/// the next statement.
fn positional() -> impl Strategy<Value = Expression> {
    expression().prop_filter("no operation in front", |e| {
        let printed = archc_core::syntax::print::print_expression(e);
        let word = printed.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        OperationKind::from_word(word).is_none()
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((name(), expression()).prop_map(|(key, value)| Attribute { key, value }), 0..3)
}

fn operation() -> impl Strategy<Value = Operation> {
    (select(OperationKind::ALL), vec(positional(), 2), attributes()).prop_map(
        |(kind, mut values, attributes)| {
            values.truncate(kind.spec().positionals.len());
            Operation { kind: spanned(kind), positionals: values, attributes, span: span() }
        },
    )
}

fn arguments() -> impl Strategy<Value = Vec<Argument>> {
    vec((option::of(name()), expression()).prop_map(|(name, value)| Argument { name, value }), 0..3)
}

fn call() -> impl Strategy<Value = Call> {
    (name(), arguments()).prop_map(|(name, arguments)| Call { name, arguments, span: span() })
}

fn following() -> impl Strategy<Value = Following> {
    prop_oneof![operation().prop_map(Following::Operation), call().prop_map(Following::Call)]
}

fn step() -> impl Strategy<Value = PreprocessStep> {
    let filter = option::of(select(&["bilinear", "bicubic", "box", "lanczos"][..]));
    let resize = (positional(), filter).prop_map(|(size, filter)| PreprocessKind::Resize {
        size,
        filter: filter.map(|filter| spanned(filter.to_owned())),
    });
    prop_oneof![
        resize,
        positional().prop_map(PreprocessKind::Crop),
        Just(PreprocessKind::Bgr),
        positional().prop_map(PreprocessKind::Scale),
        attributes().prop_map(PreprocessKind::Normalize),
    ]
    .prop_map(|kind| PreprocessStep { kind, span: span() })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        name().prop_map(Pattern::Name),
        vec(name(), 1..3).prop_map(|names| Pattern::Tuple(names, span())),
    ]
}

fn string() -> impl Strategy<Value = Spanned<String>> {
    "[a-z/.: {(\u{e9}]{0,8}".prop_map(spanned)
}

fn path() -> impl Strategy<Value = Ident> {
    (name(), option::of("[0-9]{1,2}\\.[a-z]{1,3}1")).prop_map(|(first, rest)| match rest {
        Some(rest) => spanned(format!("{}.{rest}", first.value)),
        None => first,
    })
}

fn simple() -> impl Strategy<Value = StatementKind> {
    let entry = (select(OperationKind::ALL), attributes())
        .prop_map(|(kind, attributes)| DefaultsEntry { kind: spanned(kind), attributes });
    prop_oneof![
        positional().prop_map(StatementKind::Input),
        operation().prop_map(StatementKind::Operation),
        call().prop_map(StatementKind::Call),
        (name(), expression()).prop_map(|(name, value)| StatementKind::Const { name, value }),
        name().prop_map(StatementKind::Let),
        name().prop_map(StatementKind::From),
        name().prop_map(StatementKind::Add),
        vec(name(), 1..3).prop_map(StatementKind::Concat),
        vec(entry, 1..3).prop_map(StatementKind::Defaults),
        vec(path(), 1..3).prop_map(StatementKind::Output),
        vec(step(), 0..4).prop_map(StatementKind::Preprocess),
        string().prop_map(StatementKind::Labels),
        vec((name(), expression()).prop_map(|(key, value)| Attribute { key, value }), 1..3)
            .prop_map(StatementKind::Budget),
    ]
}

fn statement_of(label: Option<Ident>, kind: StatementKind) -> Statement {
    Statement { label, kind, span: span() }
}

fn body_of(statements: Vec<Statement>) -> Body {
    Body { statements, span: span() }
}

fn statement() -> impl Strategy<Value = Statement> {
    let leaf = (option::of(name()), simple()).prop_map(|(label, kind)| statement_of(label, kind));
    leaf.prop_recursive(3, 12, 3, |inner| {
        let body = || vec(inner.clone(), 0..3).prop_map(body_of);
        let branch =
            (option::of(name()), body()).prop_map(|(label, body)| Branch { label, body, span: span() });
        let kind = prop_oneof![
            (expression(), option::of(name()), body())
                .prop_map(|(count, index, body)| StatementKind::Stack { count, index, body }),
            (pattern(), expression(), option::of(name()), body())
                .prop_map(|(pattern, list, index, body)| StatementKind::For { pattern, list, index, body }),
            (expression(), body(), option::of(body()))
                .prop_map(|(condition, then, otherwise)| StatementKind::If { condition, then, otherwise }),
            (vec(following(), 0..3), body(), option::of(body()))
                .prop_map(|(after, body, shortcut)| StatementKind::Residual { after, body, shortcut }),
            vec(branch, 0..3).prop_map(|branches| StatementKind::Inception { branches }),
            body().prop_map(|body| StatementKind::Gate { body }),
        ];
        (option::of(name()), kind).prop_map(|(label, kind)| statement_of(label, kind))
    })
}

fn parameters() -> impl Strategy<Value = Vec<Parameter>> {
    vec((name(), option::of(expression())).prop_map(|(name, default)| Parameter { name, default }), 0..3)
}

/// A whole file.
pub(super) fn file() -> impl Strategy<Value = File> {
    let body = || vec(statement(), 0..4).prop_map(body_of);
    let item = prop_oneof![
        1 => string().prop_map(|path| Item::Use(Use { path, span: span() })),
        2 => (name(), parameters(), body())
            .prop_map(|(name, parameters, body)| Item::Block(Block { name, parameters, body, span: span() })),
        2 => (name(), parameters(), body())
            .prop_map(|(name, parameters, body)| Item::Net(Net { name, parameters, body, span: span() })),
        1 => (name(), name(), arguments())
            .prop_map(|(name, base, arguments)| Item::Alias(Alias { name, base, arguments, span: span() })),
    ];
    vec(item, 0..4).prop_map(|items| File { items, span: span() })
}
