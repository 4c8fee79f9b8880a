//! The tree of a file, every node with its span. Nothing here is checked beyond the grammar: names may be unknown
//! and sizes negative; that is the expander's to say.

use super::vocabulary::OperationKind;
use crate::source::{Span, Spanned};

/// A name and where it stands.
pub type Ident = Spanned<String>;

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// What it defines, in order.
    pub items: Vec<Item>,
    /// All of it.
    pub span: Span,
}

/// A definition at the top of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `use "blocks/resnet.arch"`
    Use(Use),
    /// `block NAME(..) { .. }`
    Block(Block),
    /// `net NAME(..) { .. }`; the parameters are optional.
    Net(Net),
    /// `net NAME = BASE(key=value, ..)`
    Alias(Alias),
}

/// `use "path"`: brings the blocks and nets that the file itself defines.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The path as written, relative to the file it stands in, or `zoo:` and a path in the zoo.
    pub path: Spanned<String>,
    /// The whole item.
    pub span: Span,
}

/// `block NAME(parameters) { body }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its name.
    pub name: Ident,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// What a call stands for.
    pub body: Body,
    /// The whole item.
    pub span: Span,
}

/// `net NAME(parameters) { body }`
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// Its name.
    pub name: Ident,
    /// Its parameters; each should have a default.
    pub parameters: Vec<Parameter>,
    /// The network.
    pub body: Body,
    /// The whole item.
    pub span: Span,
}

/// `net NAME = BASE(key=value, ..)`
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// The new name.
    pub name: Ident,
    /// The net or alias that it stands for.
    pub base: Ident,
    /// Its arguments. The grammar takes positional ones too, so that the message can be a good one.
    pub arguments: Vec<Argument>,
    /// The whole item.
    pub span: Span,
}

/// A parameter of a block or net, `name` or `name=default`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Ident,
    /// What it is where a call does not give it; may use the parameters before it.
    pub default: Option<Expression>,
}

/// An argument of a call, `value` or `name=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The parameter's name, where it is written.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expression,
}

/// `{ statements }`
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// In order.
    pub statements: Vec<Statement>,
    /// The braces and what is between.
    pub span: Span,
}

/// One statement, with its label if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// `label:` before it.
    pub label: Option<Ident>,
    /// What it does.
    pub kind: StatementKind,
    /// All of it, the label excluded.
    pub span: Span,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `input 224x224x3`
    Input(Expression),
    /// `conv 3x3 64 stride=2`
    Operation(Operation),
    /// `bottleneck(64, stride=2)`, or `act()` where a parameter holds an operation.
    Call(Call),
    /// `stack n as i { .. }`
    Stack {
        /// How often.
        count: Expression,
        /// The name of the index, from 0.
        index: Option<Ident>,
        /// What is repeated.
        body: Body,
    },
    /// `for (a, b) in [..] as i { .. }`
    For {
        /// What takes each element.
        pattern: Pattern,
        /// The list.
        list: Expression,
        /// The name of the index, from 0.
        index: Option<Ident>,
        /// What is repeated.
        body: Body,
    },
    /// `if c { .. } else { .. }`; `else if` is an `else` whose body is one `if`.
    If {
        /// A truth value.
        condition: Expression,
        /// Where it holds.
        then: Body,
        /// Where it does not.
        otherwise: Option<Body>,
    },
    /// `residual relu { .. } shortcut { .. }`
    Residual {
        /// The operations that follow the sum.
        after: Vec<Following>,
        /// The branch.
        body: Body,
        /// The other branch; the identity where it is left out.
        shortcut: Option<Body>,
    },
    /// `inception { branch { .. } .. }`
    Inception {
        /// Concatenated along channels, in order.
        branches: Vec<Branch>,
    },
    /// `gate { .. }`: multiplies the current value by the body's.
    Gate {
        /// What computes the factor, from the current value.
        body: Body,
    },
    /// `const n = ..`
    Const {
        /// The name.
        name: Ident,
        /// Its value.
        value: Expression,
    },
    /// `let x`: names the current value.
    Let(Ident),
    /// `from x`: goes on from a named value.
    From(Ident),
    /// `add x`: adds a named value.
    Add(Ident),
    /// `concat x, y`: appends named values to the current one along channels.
    Concat(Vec<Ident>),
    /// `defaults conv { bias=false } bn { eps=1e-3 }`
    Defaults(Vec<DefaultsEntry>),
    /// `output a, b`
    Output(Vec<Ident>),
    /// `preprocess { .. }`
    Preprocess(Vec<PreprocessStep>),
    /// `labels "imagenet1k"`
    Labels(Spanned<String>),
    /// `budget arena=8MiB macs=1e9`
    Budget(Vec<Attribute>),
}

/// `conv 3x3 64 stride=2`
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The word.
    pub kind: Spanned<OperationKind>,
    /// As many as the word takes.
    pub positionals: Vec<Expression>,
    /// `key=value`, in order.
    pub attributes: Vec<Attribute>,
    /// All of it.
    pub span: Span,
}

/// `key=value` after an operation or `budget`, or in `defaults`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The key.
    pub key: Ident,
    /// The value.
    pub value: Expression,
}

/// `name(arguments)` as a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// A block, or a parameter that holds an operation.
    pub name: Ident,
    /// In order.
    pub arguments: Vec<Argument>,
    /// All of it.
    pub span: Span,
}

/// An operation that follows `residual`.
#[derive(Clone, Debug, PartialEq)]
pub enum Following {
    /// `relu`
    Operation(Operation),
    /// `act()`
    Call(Call),
}

/// `branch { .. }`
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// `label:` before it.
    pub label: Option<Ident>,
    /// What it computes; empty for the identity.
    pub body: Body,
    /// All of it, the label excluded.
    pub span: Span,
}

/// What takes the elements of a `for`.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `x`
    Name(Ident),
    /// `(a, b)`
    Tuple(Vec<Ident>, Span),
}

/// `conv { bias=false }` in `defaults`.
#[derive(Clone, Debug, PartialEq)]
pub struct DefaultsEntry {
    /// The operation.
    pub kind: Spanned<OperationKind>,
    /// Its new defaults.
    pub attributes: Vec<Attribute>,
}

/// A step of `preprocess`.
#[derive(Clone, Debug, PartialEq)]
pub struct PreprocessStep {
    /// What it does.
    pub kind: PreprocessKind,
    /// All of it.
    pub span: Span,
}

/// What a step of `preprocess` does.
#[derive(Clone, Debug, PartialEq)]
pub enum PreprocessKind {
    /// `resize 256 bilinear` (the short side) or `resize 299x299` (both); the filter is optional.
    Resize {
        /// The short side, or both.
        size: Expression,
        /// `bilinear`, `bicubic`, `box` or `lanczos`; not checked yet.
        filter: Option<Ident>,
    },
    /// `crop 224`: the middle.
    Crop(Expression),
    /// `bgr`: swaps the first and third channel.
    Bgr,
    /// `scale 1/255`
    Scale(Expression),
    /// `normalize mean=(..) std=(..)`
    Normalize(Vec<Attribute>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `3`, `1e-5`, `8MiB`
    Number(f64),
    /// `3x3`, `224x224x3`: two or three whole numbers.
    Size(Vec<f64>),
    /// `true`, `false`
    Bool(bool),
    /// `same`, `valid`
    Padding(NamedPadding),
    /// A parameter, a constant, an index, `channels`, `rows` or `cols`.
    Name(String),
    /// An operation word without positionals, as a value.
    Operation(OperationKind),
    /// `(a, b)`
    Tuple(Vec<Expression>),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `list[i]`
    Index(Box<Expression>, Box<Expression>),
    /// `-a`, `not a`
    Unary(Spanned<UnaryOperator>, Box<Expression>),
    /// `a + b`
    Binary(Spanned<BinaryOperator>, Box<Expression>, Box<Expression>),
    /// `if c {a} else {b}`
    If {
        /// A truth value.
        condition: Box<Expression>,
        /// Where it holds.
        then: Box<Expression>,
        /// Where it does not.
        otherwise: Box<Expression>,
    },
    /// `max(a, b)`
    Call {
        /// Which function.
        function: Spanned<Function>,
        /// Its arguments.
        arguments: Vec<Expression>,
    },
}

/// The padding conventions that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedPadding {
    /// TensorFlow's: the output has `ceil(size / stride)` rows; the odd row of padding is at the bottom.
    Same,
    /// None.
    Valid,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operator of its name")]
pub enum UnaryOperator {
    Negate,
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operator of its name")]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// A function of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The smallest of its arguments, two or more.
    Min,
    /// The largest of its arguments, two or more.
    Max,
    /// Rounds down.
    Floor,
    /// Rounds up.
    Ceil,
    /// `round_to(x, d)`: the multiple of `d` nearest to `x`, but at least `d` and at least 0.9 times `x`
    /// (TensorFlow's `make_divisible`).
    RoundTo,
}
