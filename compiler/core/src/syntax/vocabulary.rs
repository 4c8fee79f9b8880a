//! The words of the language: every operation with its positionals and attributes. The grammar, the expander, the
//! messages and the table in LANGUAGE.md all follow this list.

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
