//! What the rules of the grammar are called in messages, and which words of other languages mean what here.

use super::Rule;
use crate::diagnostic::suggest;
use crate::syntax::vocabulary::{KEYWORDS, OperationKind, STATEMENT_WORDS};

/// What a rule is called where it is expected; `None` for what a reader need not hear of.
pub(super) fn describe(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::expression | Rule::positional | Rule::operand | Rule::variable | Rule::prefix | Rule::minus => {
            "a value"
        }
        Rule::size => "a size",
        Rule::number => "a number",
        Rule::group | Rule::list | Rule::function_call | Rule::function | Rule::conditional => "a value",
        Rule::operator | Rule::arithmetic => "an operator",
        Rule::subscript => "`[`",
        Rule::comma => "`,`",
        Rule::assign => "`=`",
        Rule::name | Rule::path => "a name",
        Rule::string => "a string in `\"`",
        Rule::use_item | Rule::use_word => "`use`",
        Rule::block_item | Rule::block_head | Rule::block_word => "`block`",
        Rule::net_item | Rule::net_head | Rule::alias | Rule::net_word => "`net`",
        Rule::parameters | Rule::arguments => "`(`",
        Rule::parameter => "a parameter",
        Rule::argument => "an argument",
        Rule::body | Rule::brace => "`{`",
        Rule::statement | Rule::simple => "a statement",
        Rule::label => "a label",
        Rule::stack | Rule::stack_head | Rule::stack_word => "`stack`",
        Rule::for_loop | Rule::for_head | Rule::for_word => "`for`",
        Rule::in_word => "`in`",
        Rule::index | Rule::as_word => "`as`",
        Rule::pattern => "a name or `(names)`",
        Rule::if_chain | Rule::if_head | Rule::if_word => "`if`",
        Rule::else_word => "`else`",
        Rule::residual | Rule::residual_head | Rule::residual_word => "`residual`",
        Rule::shortcut_word => "`shortcut`",
        Rule::inception | Rule::inception_word => "`inception`",
        Rule::branch | Rule::branch_word => "`branch`",
        Rule::gate | Rule::gate_word => "`gate`",
        Rule::input | Rule::input_word => "`input`",
        Rule::constant | Rule::const_word => "`const`",
        Rule::let_name | Rule::let_word => "`let`",
        Rule::from_name | Rule::from_word => "`from`",
        Rule::add_name | Rule::add_word => "`add`",
        Rule::concat_names | Rule::concat_word => "`concat`",
        Rule::output | Rule::output_word => "`output`",
        Rule::labels | Rule::labels_word => "`labels`",
        Rule::budget | Rule::budget_word => "`budget`",
        Rule::call => "a call",
        Rule::defaults | Rule::defaults_word => "`defaults`",
        Rule::defaults_entry => "an operation",
        Rule::preprocess | Rule::preprocess_word => "`preprocess`",
        Rule::step_word => "a step",
        Rule::resize | Rule::resize_word => "`resize`",
        Rule::crop | Rule::crop_word => "`crop`",
        Rule::bgr => "`bgr`",
        Rule::scale | Rule::scale_word => "`scale`",
        Rule::normalize | Rule::normalize_word => "`normalize`",
        Rule::operation
        | Rule::operation_two
        | Rule::operation_one
        | Rule::operation_none
        | Rule::operation_word => "an operation",
        Rule::attribute => "`key=value`",
        Rule::file
        | Rule::EOI
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::word_character
        | Rule::byte_unit
        | Rule::function_word => return None,
    })
}

/// How a statement or item is written, for the rules that the parser enters the grammar by.
pub(super) fn usage(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::use_item => "`use \"blocks/resnet.arch\"`",
        Rule::block_head => "`block NAME(width, stride=1) { .. }`; a block without parameters has `()`",
        Rule::net_head => "`net NAME { .. }` or `net NAME(classes=1000) { .. }`",
        Rule::alias => "`net NAME = BASE(key=value)`",
        Rule::stack_head => "`stack 3 { .. }` or `stack n as i { .. }`",
        Rule::for_head => "`for x in [1, 2] { .. }` or `for (a, b) in [(1, 2), (3, 4)] as i { .. }`",
        Rule::if_head => "`if a == b { .. } else { .. }`",
        Rule::residual_head => "`residual relu { .. } shortcut { .. }`",
        Rule::else_word => "`else { .. }` or `else if c { .. }`",
        Rule::shortcut_word => "`residual { .. } shortcut { .. }`",
        Rule::inception_word | Rule::branch_word => "`inception { branch { .. } branch { .. } }`",
        Rule::gate_word => "`gate { .. }`",
        Rule::input => "`input 224x224x3` or `input (side, side, 3)`",
        Rule::constant => "`const NAME = VALUE`",
        Rule::let_name => "`let NAME`, which names the current value",
        Rule::from_name => "`from NAME`, which goes on from a value that `let` has named",
        Rule::add_name => "`add NAME`, which adds a value that `let` has named",
        Rule::concat_names => "`concat NAME, NAME`, which appends values that `let` has named",
        Rule::output => "`output NAME, NAME`",
        Rule::labels => "`labels \"imagenet1k\"`",
        Rule::budget => "`budget arena=8MiB weights=64MiB macs=4e9`, any of them",
        Rule::defaults => "`defaults conv { bias=false } bn { eps=1e-3 }`",
        Rule::preprocess => {
            "`preprocess { resize 256 bilinear crop 224 bgr scale 1/255 normalize mean=(..) std=(..) }`"
        }
        _ => return None,
    })
}

/// Words of other languages and frameworks, and what is written here instead.
const FOREIGN: &[(&str, &str)] = &[
    ("average_pool", "avgpool"),
    ("averagepooling2d", "avgpool"),
    ("avg_pool", "avgpool"),
    ("batch_norm", "bn"),
    ("batch_normalization", "bn"),
    ("batchnorm", "bn"),
    ("batchnorm2d", "bn"),
    ("batchnormalization", "bn"),
    ("class", "net"),
    ("concatenate", "concat"),
    ("conv2d", "conv"),
    ("convolution", "conv"),
    ("def", "block"),
    ("define", "const"),
    ("depthwise_conv", "depthwise"),
    ("depthwiseconv2d", "depthwise"),
    ("dwconv", "depthwise"),
    ("elif", "else if"),
    ("elseif", "else if"),
    ("elsif", "else if"),
    ("export", "output"),
    ("fc", "dense"),
    ("fn", "block"),
    ("fully_connected", "dense"),
    ("func", "block"),
    ("function", "block"),
    ("gap", "global_avgpool"),
    ("global_average_pool", "global_avgpool"),
    ("globalaveragepooling2d", "global_avgpool"),
    ("import", "use"),
    ("include", "use"),
    ("leakyrelu", "leaky_relu"),
    ("linear", "dense"),
    ("local_response_norm", "lrn"),
    ("loop", "stack"),
    ("max_pool", "maxpool"),
    ("maxpool2d", "maxpool"),
    ("maxpooling2d", "maxpool"),
    ("model", "net"),
    ("module", "block"),
    ("network", "net"),
    ("padding", "zeropad"),
    ("parallel", "inception"),
    ("pooling", "maxpool"),
    ("repeat", "stack"),
    ("reshape", "flatten"),
    ("return", "output"),
    ("separable_conv", "separable"),
    ("separableconv2d", "separable"),
    ("silu", "swish"),
    ("skip", "shortcut"),
    ("squeeze_excite", "gate"),
    ("upsampling", "upsample"),
    ("upsampling2d", "upsample"),
    ("var", "const"),
    ("while", "stack"),
    ("zero_pad", "zeropad"),
    ("zeropadding2d", "zeropad"),
];

/// The word of this language that an unknown one probably stands for, hyphens and capitals ignored.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    const LONGEST: usize = 40;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let known = || OperationKind::ALL.iter().map(|kind| kind.word()).chain(STATEMENT_WORDS.iter().copied());
    let joined = lower.replace('-', "");
    let underscored = lower.replace('-', "_");
    let exact =
        known().find(|&k| k == joined || k == underscored || k.replace('_', "") == joined.replace('_', ""));
    exact
        .or_else(|| {
            FOREIGN.iter().find(|(foreign, _)| *foreign == underscored || *foreign == joined).map(|f| f.1)
        })
        .or_else(|| suggest::nearest(&underscored, known()))
        .filter(|&found| found != word)
}

/// What a reserved word is, for messages: `the operation `conv``.
pub(super) fn name_of_reserved(word: &str) -> Option<String> {
    if OperationKind::from_word(word).is_some() {
        Some(format!("the operation `{word}`"))
    } else if KEYWORDS.contains(&word) {
        Some(format!("the word `{word}`"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::vocabulary::is_reserved;

    #[test]
    fn foreign_words_are_foreign_and_what_they_mean_is_known() {
        for (foreign, here) in FOREIGN {
            assert!(!is_reserved(foreign), "{foreign}");
            assert!(here.split(' ').all(is_reserved), "{here}");
        }
        assert!(FOREIGN.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, without repeats");
    }

    #[test]
    fn slips_hyphens_capitals_and_other_names_are_understood() {
        let meant: Vec<_> = [
            "max-pool",
            "GlobalAvgPool",
            "Conv2D",
            "cnv",
            "relu-6",
            "batch-norm",
            "zzz",
            "hard-swish",
            "Linear",
        ]
        .into_iter()
        .map(meant)
        .collect();
        let expected = [
            Some("maxpool"),
            Some("global_avgpool"),
            Some("conv"),
            Some("conv"),
            Some("relu6"),
            Some("bn"),
            None,
            Some("hard_swish"),
            Some("dense"),
        ];
        assert_eq!(meant, expected);
    }
}
