//! Every diagnostic code, with the sentence that `archc explain CODE` prints.

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// The kind of a diagnostic. Codes are stable: tests, editors and people quote them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// As printed: `E0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }

            /// Whether it stops the compilation.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)+ }
            }

            /// A sentence or two on what the code means.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n"),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The text does not follow the grammar.
    Syntax = "E0001", Error;
    /// A character has no meaning in this language: a curly quote, a letter with an accent, an invisible space.
    InvalidCharacter = "E0002", Error;
    /// A string does not end on the line where it begins.
    UnterminatedString = "E0003", Error;
    /// A bracket is never closed, closes nothing, or closes an outer one too early.
    UnbalancedBracket = "E0004", Error;
    /// A word of the language stands where a name or a value has to.
    ReservedWord = "E0005", Error;
    /// An operation has too few or too many values behind its word, or parentheses around them.
    PositionalCount = "E0006", Error;
    /// A word at the start of a statement is no operation, no statement and no call.
    UnknownWord = "E0007", Error;
    /// Digits are glued to something that makes them neither a number nor a size, or the number is too large.
    InvalidNumber = "E0008", Error;
    /// An operator or separator of other languages that this one does not have.
    UnknownOperator = "E0009", Error;
    /// Comparisons are chained, as in `a < b < c`, which languages read in different ways.
    ChainedComparison = "E0010", Error;
    /// Brackets, operators or `else if` nest deeper than the limit.
    NestedTooDeeply = "E0011", Error;
    /// A name has a hyphen. Names have letters, digits and `_`, and do not begin with a digit.
    InvalidName = "E0012", Error;
    /// Something is called in an expression that is no function. There are `min`, `max`, `floor`, `ceil` and
    /// `round_to`.
    UnknownFunction = "E0013", Error;
    /// A word of the language stands where it has no meaning, as `else` without an `if`, or an operation outside of
    /// a net.
    MisplacedWord = "E0014", Error;
    /// `key=value` stands behind something that is not an operation.
    MisplacedAttribute = "E0015", Error;
    /// A name in an expression is neither a parameter, a constant nor an index. A block sees its own
    /// parameters only.
    UnknownName = "E0101", Error;
    /// A call names no block that is defined in the file or in a file that it uses directly.
    UnknownBlock = "E0102", Error;
    /// The net that was asked for, or that an alias stands for, does not exist.
    UnknownNet = "E0103", Error;
    /// An operation has no attribute of that name. LANGUAGE.md has a table of them.
    UnknownAttribute = "E0104", Error;
    /// An operation has the same attribute twice.
    DuplicateAttribute = "E0105", Error;
    /// A call or an alias gives an argument that the block or net has no parameter for.
    UnknownParameter = "E0106", Error;
    /// A call gives the same parameter twice.
    DuplicateArgument = "E0107", Error;
    /// A parameter without a default is not given.
    MissingArgument = "E0108", Error;
    /// A call has more arguments than the block has parameters.
    TooManyArguments = "E0109", Error;
    /// Two blocks or nets have the same name, or two files that are used define the same name.
    DuplicateDefinition = "E0110", Error;
    /// `from`, `add` or `concat` names a value that no `let` has named. A `let` ends with the brace that it
    /// stands in.
    UnknownValue = "E0111", Error;
    /// A parameter, constant, index or `let` is defined twice between the same braces.
    DuplicateName = "E0112", Error;
    /// `channels`, `rows` and `cols` are the arriving shape; nothing else can have these names.
    ReservedName = "E0113", Error;
    /// Two things in one scope have the same name. A label replaces a name such as `conv2` and must not be
    /// one that is there already.
    DuplicateLabel = "E0114", Error;
    /// A label stands before a statement that has no name in the network.
    LabelNotAllowed = "E0115", Error;
    /// An output names neither a `let` nor an operation or scope of the network.
    UnknownOutput = "E0116", Error;
    /// Two outputs have the same name.
    DuplicateOutput = "E0117", Error;
    /// `--set` names neither a parameter of the net nor `input`, or names one twice.
    UnknownSetting = "E0118", Error;
    /// `--set` takes `key=value`, and the value is an expression of the language.
    MalformedSetting = "E0119", Error;
    /// An alias takes keyword arguments only: `net B4 = EfficientNet(width=1.4)`.
    PositionalInAlias = "E0120", Error;
    /// Aliases stand for each other in a circle.
    AliasCycle = "E0121", Error;
    /// What is called is neither a block nor a parameter that holds an operation.
    NotABlock = "E0122", Error;
    /// A value is of the wrong type: a list where a number is needed, for example.
    WrongType = "E0201", Error;
    /// A size or a count does not come out whole. `floor`, `ceil` and `round_to` round it.
    NotWhole = "E0202", Error;
    /// A number is smaller or larger than its use allows.
    OutOfRange = "E0203", Error;
    /// A computation divides by zero, overflows, or has no real result.
    NotFinite = "E0204", Error;
    /// A list has no element of that index. Indices start at 0.
    IndexOutOfRange = "E0205", Error;
    /// A `for` takes its elements apart into more or fewer names than they have parts.
    Unpacking = "E0206", Error;
    /// A function has too many or too few arguments.
    FunctionArguments = "E0207", Error;
    /// A size has too many or too few parts: a window has one or two, the input three.
    SizeParts = "E0208", Error;
    /// Padding has two parts, which could be rows and columns or before and after. It takes one number, or
    /// four: (top, bottom, left, right).
    PaddingParts = "E0209", Error;
    /// A list holds more numbers, or lists in lists, than archc allows.
    ListTooLong = "E0210", Error;
    /// A window is larger than the plane it slides over, padding included.
    WindowTooLarge = "E0301", Error;
    /// Groups must divide the channels that arrive and those that leave.
    Groups = "E0302", Error;
    /// A dense layer takes a vector (1x1xC); on a larger plane put `flatten` or `global_avgpool` before it.
    NotAVector = "E0303", Error;
    /// The two sides of a sum have different shapes.
    SumShapes = "E0304", Error;
    /// Values that are concatenated along channels have different rows or columns.
    ConcatShapes = "E0305", Error;
    /// What multiplies a value is neither 1x1xC nor of the value's shape.
    GateShape = "E0306", Error;
    /// A value holds more than 2^31 numbers.
    ValueTooLarge = "E0307", Error;
    /// A tensor of weights holds more than 2^32 numbers, or all of them together more than 2^36.
    WeightsTooLarge = "E0308", Error;
    /// A window of more than one row or column with a stride above 1 needs its padding written, because
    /// frameworks differ there.
    PaddingNeeded = "E0309", Error;
    /// The padding of a pooling is as large as its window, so that a window could miss the plane.
    PoolPadding = "E0310", Error;
    /// `channels`, `rows` and `cols` are read where no value has arrived yet.
    NoShapeYet = "E0311", Error;
    /// What `preprocess` gives does not have the shape of the input.
    PreprocessShape = "E0312", Error;
    /// A net has no `input`, or an operation stands before it.
    NoInput = "E0401", Error;
    /// A net has a second `input`.
    SecondInput = "E0402", Error;
    /// A statement stands where it has no meaning, as `input` in a block.
    WrongPlace = "E0403", Error;
    /// Calls nest too deeply, most often because a block calls itself.
    TooDeep = "E0404", Error;
    /// A network has more operations than archc allows.
    TooManyNodes = "E0405", Error;
    /// A text takes more steps to expand than archc allows.
    TooManySteps = "E0406", Error;
    /// A loop repeats more often than archc allows.
    TooManyRepeats = "E0407", Error;
    /// The file defines no net.
    NoNet = "E0408", Error;
    /// A net has a second `preprocess` or `labels`.
    Repeated = "E0409", Error;
    /// A net, or one of its outputs, is the input itself, or an `inception` has no branches.
    NothingComputed = "E0410", Error;
    /// There are so many errors that the rest are left out.
    TooManyErrors = "E0411", Error;
    /// A step of `preprocess` has an attribute or a filter that does not exist, or lacks one.
    PreprocessStep = "E0412", Error;
    /// A file does not exist.
    FileNotFound = "E0501", Error;
    /// A file exists but cannot be read.
    FileUnreadable = "E0502", Error;
    /// A file is not UTF-8 text.
    NotUtf8 = "E0503", Error;
    /// Files use each other in a circle.
    UseCycle = "E0504", Error;
    /// A file is larger than archc allows.
    FileTooLarge = "E0505", Error;
    /// A network is made from more files than archc allows.
    TooManyFiles = "E0506", Error;
    /// A parameter, constant, index or `let` is never used. A name that starts with `_` may stay unused.
    UnusedName = "W0101", Warning;
    /// The value of an operation reaches no output of the network.
    UnusedValue = "W0401", Warning;
    /// A file is used twice.
    UsedTwice = "W0501", Warning;
    /// `labels` names neither a list that comes with archc nor a file.
    UnknownLabels = "E0507", Error;
    /// A list of labels has not as many names as the network has classes, so that it is left out.
    LabelCount = "W0502", Warning;
    /// The network takes more than its `budget` allows: bytes of the arena or of the packed weights, or multiplications.
    OverBudget = "E0601", Error;
    /// A mode that was asked for rounds too much for this network, so that it is compiled in a more exact one.
    ModeTooInexact = "W0601", Warning;
    /// A file of measured choices, as `archc tune` writes it, cannot be read or understood, so that all of it is left out and
    /// the model of times chooses.
    TuneMalformed = "W0602", Warning;
    /// A file of measured choices does not fit the network any more: layers came, went or changed their shapes since they
    /// were measured. All of it is left out, and the model of times chooses.
    TuneStale = "W0603", Warning;
    /// archc broke a rule of its own. This is a mistake in archc, not in the network; please report it.
    Internal = "E0901", Error;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
