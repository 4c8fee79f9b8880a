//! The words of the language: every operation with its positionals and attributes. The grammar, the expander, the
//! messages and the table in LANGUAGE.md all follow this list.

use std::fmt::Write as _;

/// An operation word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the word of its name; LANGUAGE.md describes them")]
pub enum OperationKind {
    Conv,
    Depthwise,
    Separable,
    Dense,
    MaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    BatchNorm,
    Lrn,
    Dropout,
    Flatten,
    Softmax,
    ZeroPad,
    Rescale,
    Normalize,
    Relu,
    Relu6,
    LeakyRelu,
    Tanh,
    Sigmoid,
    Swish,
    Gelu,
    HardSwish,
    HardSigmoid,
    Shuffle,
    Upsample,
}

/// What a positional or an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `3x3`, `k` (square) or `(kh, kw)`, whole and at least 1.
    Size,
    /// A whole number, at least 1.
    Count,
    /// Any number.
    Number,
    /// A number from 0 up to, not including, 1.
    Rate,
    /// `true` or `false`.
    Bool,
    /// `same`, `valid`, one whole number for all sides, or `(top, bottom, left, right)`.
    Padding,
    /// One whole number for all sides, or `(top, bottom, left, right)`.
    Margin,
}

impl ValueType {
    /// As the table in LANGUAGE.md calls it.
    pub fn describe(self) -> &'static str {
        match self {
            ValueType::Size => "size",
            ValueType::Count => "count",
            ValueType::Number => "number",
            ValueType::Rate => "rate",
            ValueType::Bool => "bool",
            ValueType::Padding => "padding",
            ValueType::Margin => "margin",
        }
    }
}

/// What an attribute is where neither the operation nor a `defaults` gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultValue {
    /// A number, for sizes, counts and numbers.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// `valid`.
    Valid,
    /// `same` at stride 1 or with a kernel of 1; else there is no default and it must be written.
    SameAtStrideOne,
    /// The operation's own size, as the stride of a pool.
    OwnSize,
}

impl DefaultValue {
    /// As the table in LANGUAGE.md writes it.
    pub fn describe(self) -> String {
        match self {
            DefaultValue::Number(n) if n != 0.0 && n.abs() < 1e-3 => format!("{n:e}"),
            DefaultValue::Number(n) => format!("{n}"),
            DefaultValue::Bool(b) => format!("{b}"),
            DefaultValue::Valid => "valid".into(),
            DefaultValue::SameAtStrideOne => "same at stride 1".into(),
            DefaultValue::OwnSize => "its size".into(),
        }
    }
}

/// A value that stands behind the word, without a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionalSpec {
    /// What messages and the table call it, with its article: `a size`.
    pub name: &'static str,
    /// What it takes.
    pub value: ValueType,
}

/// A `key=value` of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttributeSpec {
    /// The key.
    pub key: &'static str,
    /// What it takes.
    pub value: ValueType,
    /// What it is where it is left out.
    pub default: DefaultValue,
    /// One line.
    pub meaning: &'static str,
}

/// All there is to know about writing an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperationSpec {
    /// Which operation.
    pub kind: OperationKind,
    /// Its word.
    pub word: &'static str,
    /// How it looks, for messages: `conv 3x3 64`.
    pub example: &'static str,
    /// What stands behind the word, in order.
    pub positionals: &'static [PositionalSpec],
    /// Its keys.
    pub attributes: &'static [AttributeSpec],
    /// One line.
    pub meaning: &'static str,
}

const SIZE: PositionalSpec = PositionalSpec { name: "a size", value: ValueType::Size };
const CHANNELS: PositionalSpec = PositionalSpec { name: "a number of channels", value: ValueType::Count };

const fn attribute(
    key: &'static str,
    value: ValueType,
    default: DefaultValue,
    meaning: &'static str,
) -> AttributeSpec {
    AttributeSpec { key, value, default, meaning }
}

const STRIDE: AttributeSpec = attribute(
    "stride",
    ValueType::Size,
    DefaultValue::Number(1.0),
    "rows and columns from one window to the next",
);
const PAD: AttributeSpec = attribute(
    "pad",
    ValueType::Padding,
    DefaultValue::SameAtStrideOne,
    "zeros around the input; must be written where stride and kernel are both above 1",
);
const DILATION: AttributeSpec = attribute(
    "dilation",
    ValueType::Size,
    DefaultValue::Number(1.0),
    "distance between the taps of the kernel",
);
const BIAS: AttributeSpec =
    attribute("bias", ValueType::Bool, DefaultValue::Bool(true), "adds one number per channel");
const POOL_STRIDE: AttributeSpec = attribute(
    "stride",
    ValueType::Size,
    DefaultValue::OwnSize,
    "rows and columns from one window to the next",
);
const POOL_PAD: AttributeSpec =
    attribute("pad", ValueType::Padding, DefaultValue::Valid, "rows and columns around the input");
const CEIL: AttributeSpec = attribute(
    "ceil",
    ValueType::Bool,
    DefaultValue::Bool(false),
    "rounds the output's size up, so that a last window may hang over the edge",
);

const CONV: &[AttributeSpec] = &[
    STRIDE,
    PAD,
    DILATION,
    attribute(
        "group",
        ValueType::Count,
        DefaultValue::Number(1.0),
        "groups of channels that do not see each other",
    ),
    BIAS,
];
const DEPTHWISE: &[AttributeSpec] = &[STRIDE, PAD, DILATION, BIAS];
const MAXPOOL: &[AttributeSpec] = &[POOL_STRIDE, POOL_PAD, CEIL];
const AVGPOOL: &[AttributeSpec] = &[
    POOL_STRIDE,
    POOL_PAD,
    CEIL,
    attribute("count_pad", ValueType::Bool, DefaultValue::Bool(false), "counts padding as zeros in the mean"),
];
const BATCH_NORM: &[AttributeSpec] = &[
    attribute("eps", ValueType::Number, DefaultValue::Number(1e-5), "added to the variance"),
    attribute("scale", ValueType::Bool, DefaultValue::Bool(true), "has gamma"),
];
const LRN: &[AttributeSpec] = &[
    attribute("alpha", ValueType::Number, DefaultValue::Number(1e-4), "factor of the sum of squares"),
    attribute("beta", ValueType::Number, DefaultValue::Number(0.75), "exponent"),
    attribute("k", ValueType::Number, DefaultValue::Number(2.0), "added to the sum"),
    attribute(
        "mean",
        ValueType::Bool,
        DefaultValue::Bool(false),
        "alpha is over the mean of squares, not their sum",
    ),
];
const RESCALE: &[AttributeSpec] =
    &[attribute("offset", ValueType::Number, DefaultValue::Number(0.0), "added after the product")];
const LEAKY_RELU: &[AttributeSpec] =
    &[attribute("slope", ValueType::Number, DefaultValue::Number(0.01), "factor of negative numbers")];

macro_rules! operations {
    ($($kind:ident $word:literal $example:literal [$($name:expr),*] $attributes:expr, $meaning:literal;)+) => {
        const SPECS: &[OperationSpec] = &[$(OperationSpec {
            kind: OperationKind::$kind,
            word: $word,
            example: $example,
            positionals: &[$($name),*],
            attributes: $attributes,
            meaning: $meaning,
        }),+];

        impl OperationKind {
            /// Every operation, in the order of the table.
            pub const ALL: &[OperationKind] = &[$(OperationKind::$kind),+];

            /// How it is written.
            pub fn word(self) -> &'static str {
                match self { $(OperationKind::$kind => $word,)+ }
            }
        }
    };
}

const fn positional(name: &'static str, value: ValueType) -> PositionalSpec {
    PositionalSpec { name, value }
}

operations! {
    Conv "conv" "conv 3x3 64" [SIZE, CHANNELS] CONV, "convolution";
    Depthwise "depthwise" "depthwise 3x3" [SIZE] DEPTHWISE, "convolution of every channel by itself";
    Separable "separable" "separable 3x3 64" [SIZE, CHANNELS] DEPTHWISE,
        "depthwise without bias, then a 1x1 convolution; stride, pad and dilation are the first's, bias the second's";
    Dense "dense" "dense 1000" [CHANNELS] &[BIAS], "every output from every input of a 1x1 plane";
    MaxPool "maxpool" "maxpool 2" [SIZE] MAXPOOL, "largest of each window; padding never wins";
    AvgPool "avgpool" "avgpool 2" [SIZE] AVGPOOL, "mean of each window";
    GlobalAvgPool "global_avgpool" "global_avgpool" [] &[], "mean of each channel, 1x1xC";
    GlobalMaxPool "global_maxpool" "global_maxpool" [] &[], "largest of each channel, 1x1xC";
    BatchNorm "bn" "bn" [] BATCH_NORM, "batch normalization by the stored mean and variance";
    Lrn "lrn" "lrn 5" [positional("a number of channels", ValueType::Count)] LRN,
        "local response normalization across that many neighbouring channels";
    Dropout "dropout" "dropout 0.5" [positional("a rate", ValueType::Rate)] &[], "nothing at inference";
    Flatten "flatten" "flatten" [] &[], "rows, columns, channels (in this order) to 1x1xN";
    Softmax "softmax" "softmax" [] &[], "exponentials that add up to 1 over the channels";
    ZeroPad "zeropad" "zeropad 1" [positional("a margin", ValueType::Margin)] &[], "zeros around the plane";
    Rescale "rescale" "rescale 1/255" [positional("a factor", ValueType::Number)] RESCALE,
        "the same product and sum for every number";
    Normalize "normalize" "normalize" [] &[], "per channel, mean and variance as weights";
    Relu "relu" "relu" [] &[], "max(x, 0)";
    Relu6 "relu6" "relu6" [] &[], "min(max(x, 0), 6)";
    LeakyRelu "leaky_relu" "leaky_relu" [] LEAKY_RELU, "x, or slope * x where x is negative";
    Tanh "tanh" "tanh" [] &[], "hyperbolic tangent";
    Sigmoid "sigmoid" "sigmoid" [] &[], "1 / (1 + exp(-x))";
    Swish "swish" "swish" [] &[], "x * sigmoid(x), also called SiLU";
    Gelu "gelu" "gelu" [] &[], "x * Phi(x), by the error function";
    HardSwish "hard_swish" "hard_swish" [] &[], "x * relu6(x + 3) / 6";
    HardSigmoid "hard_sigmoid" "hard_sigmoid" [] &[], "relu6(x + 3) / 6";
    Shuffle "shuffle" "shuffle 3" [positional("a number of groups", ValueType::Count)] &[],
        "channels of the groups in turn, as in ShuffleNet";
    Upsample "upsample" "upsample 2" [positional("a factor", ValueType::Size)] &[],
        "repeats rows and columns (nearest neighbour)";
}

impl OperationKind {
    /// The operation of a word.
    pub fn from_word(word: &str) -> Option<OperationKind> {
        SPECS.iter().find(|s| s.word == word).map(|s| s.kind)
    }

    /// How it is written: positionals, attributes, defaults.
    pub fn spec(self) -> &'static OperationSpec {
        // `SPECS` and the enum come from one list in one order; a test holds the two together.
        &SPECS[self as usize]
    }

    /// The attribute of a key.
    pub fn attribute(self, key: &str) -> Option<&'static AttributeSpec> {
        self.spec().attributes.iter().find(|a| a.key == key)
    }
}

/// The reserved words other than operations: none of them can be a name.
pub const KEYWORDS: &[&str] = &[
    "use",
    "block",
    "net",
    "input",
    "stack",
    "for",
    "in",
    "as",
    "if",
    "else",
    "residual",
    "shortcut",
    "inception",
    "branch",
    "gate",
    "const",
    "let",
    "from",
    "add",
    "concat",
    "defaults",
    "output",
    "preprocess",
    "labels",
    "budget",
    "and",
    "or",
    "not",
    "true",
    "false",
    "same",
    "valid",
    "min",
    "max",
    "floor",
    "ceil",
    "round_to",
];

/// Those of [`KEYWORDS`] that begin a statement.
pub const STATEMENT_WORDS: &[&str] = &[
    "input",
    "stack",
    "for",
    "if",
    "residual",
    "inception",
    "gate",
    "const",
    "let",
    "from",
    "add",
    "concat",
    "defaults",
    "output",
    "preprocess",
    "labels",
    "budget",
];

/// The units of a number of bytes, which are glued to the number, and what they stand for.
pub const BYTE_UNITS: &[(&str, f64)] =
    &[("KiB", 1024.0), ("MiB", 1024.0 * 1024.0), ("GiB", 1024.0 * 1024.0 * 1024.0)];

/// The words of the steps of `preprocess`; they are not reserved.
pub const PREPROCESS_WORDS: &[&str] = &["resize", "crop", "bgr", "scale", "normalize"];

/// Whether a word cannot be a name.
pub fn is_reserved(word: &str) -> bool {
    KEYWORDS.contains(&word) || OperationKind::from_word(word).is_some()
}

/// The table of LANGUAGE.md: one row an operation, and below it one row an attribute.
pub fn markdown_table() -> String {
    let mut table = String::from(
        "| operation | attribute | type | default | meaning |\n| --- | --- | --- | --- | --- |\n",
    );
    for spec in SPECS {
        let positionals: String =
            spec.positionals.iter().map(|p| format!(" {}", p.value.describe().to_uppercase())).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| `{}{positionals}` | | | | {} |", spec.word, spec.meaning);
        for a in spec.attributes {
            let (value, default) = (a.value.describe(), a.default.describe());
            let _ = writeln!(table, "| | `{}` | {value} | {default} | {} |", a.key, a.meaning);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_finds_its_own_row() {
        assert_eq!(OperationKind::ALL.len(), SPECS.len());
        for &kind in OperationKind::ALL {
            assert_eq!(kind.spec().kind, kind);
            assert_eq!(OperationKind::from_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn the_table_has_a_row_for_everything() {
        let rows = SPECS.len() + SPECS.iter().map(|s| s.attributes.len()).sum::<usize>();
        assert_eq!(markdown_table().lines().count(), rows + 2);
        assert!(markdown_table().contains("| `conv SIZE COUNT` | | | | convolution |"));
        assert!(markdown_table().contains("| | `eps` | number | 1e-5 | added to the variance |"));
    }
}
