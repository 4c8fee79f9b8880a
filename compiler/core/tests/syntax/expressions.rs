//! Precedence and grouping, which are Python's.

use archc_core::diagnostic::Diagnostics;
use archc_core::source::SourceMap;
use archc_core::syntax::ast::{Expression, ExpressionKind};
use archc_core::syntax::parse_expression;

use super::{canonical, reported};

/// A tree with every group in parentheses.
fn tree(e: &Expression) -> String {
    let list = |list: &[Expression]| list.iter().map(tree).collect::<Vec<_>>().join(" ");
    match &e.kind {
        ExpressionKind::Number(n) => n.to_string(),
        ExpressionKind::Size(sides) => sides.iter().map(f64::to_string).collect::<Vec<_>>().join("x"),
        ExpressionKind::Bool(b) => b.to_string(),
        ExpressionKind::Padding(p) => p.word().to_uppercase(),
        ExpressionKind::Name(name) => name.clone(),
        ExpressionKind::Operation(kind) => kind.word().to_uppercase(),
        ExpressionKind::Tuple(elements) => format!("(tuple {})", list(elements)),
        ExpressionKind::List(elements) => format!("(list {})", list(elements)),
        ExpressionKind::Index(base, index) => format!("(at {} {})", tree(base), tree(index)),
        ExpressionKind::Unary(o, a) => format!("({} {})", o.value.symbol(), tree(a)),
        ExpressionKind::Binary(o, a, b) => format!("({} {} {})", o.value.symbol(), tree(a), tree(b)),
        ExpressionKind::If { condition, then, otherwise } => {
            format!("(if {} {} {})", tree(condition), tree(then), tree(otherwise))
        }
        ExpressionKind::Call { function, arguments } => {
            format!("({} {})", function.value.word(), list(arguments))
        }
    }
}

fn expression(text: &str) -> Expression {
    let file = SourceMap::default().add("t", text);
    let mut diagnostics = Diagnostics::default();
    let expression = parse_expression(file, text, 0, &mut diagnostics);
    expression.unwrap_or_else(|| panic!("{text}: {:?}", diagnostics.iter().next()))
}

#[track_caller]
fn reads_as(text: &str, expected: &str) {
    assert_eq!(tree(&expression(text)), expected, "{text}");
}

#[test]
fn powers_bind_tightest_and_group_from_the_right() {
    reads_as("-2**2", "(- (** 2 2))");
    reads_as("2**-1", "(** 2 (- 1))");
    reads_as("2**3**4", "(** 2 (** 3 4))");
    reads_as("2**-3**4", "(** 2 (- (** 3 4)))");
    reads_as("(-2)**2", "(** (- 2) 2)");
    reads_as("2**-1*3", "(* (** 2 (- 1)) 3)");
    reads_as("a[0]**b[1]", "(** (at a 0) (at b 1))");
}

#[test]
fn products_bind_tighter_than_sums_and_both_group_from_the_left() {
    reads_as("a+b*c", "(+ a (* b c))");
    reads_as("a*b+c", "(+ (* a b) c)");
    reads_as("a-b-c", "(- (- a b) c)");
    reads_as("a/b/c", "(/ (/ a b) c)");
    reads_as("a/b*c", "(* (/ a b) c)");
    reads_as("(a-b)-c", "(- (- a b) c)");
    reads_as("a-(b-c)", "(- a (- b c))");
    reads_as("64 * 2**i", "(* 64 (** 2 i))");
}

#[test]
fn signs_bind_tighter_than_products() {
    reads_as("-a*b", "(* (- a) b)");
    reads_as("a*-b", "(* a (- b))");
    reads_as("a - -b", "(- a (- b))");
    reads_as("--a", "(- (- a))");
    reads_as("-a[0]", "(- (at a 0))");
    reads_as("-a+b", "(+ (- a) b)");
}

#[test]
fn comparisons_are_looser_than_sums_and_tighter_than_not() {
    reads_as("a+1<b*2", "(< (+ a 1) (* b 2))");
    reads_as("not a==b", "(not (== a b))");
    reads_as("not not a", "(not (not a))");
    reads_as("not a < b + 1", "(not (< a (+ b 1)))");
    for sign in ["==", "!=", "<", "<=", ">", ">="] {
        reads_as(&format!("a {sign} -b"), &format!("({sign} a (- b))"));
    }
}

#[test]
fn and_is_looser_than_not_and_or_is_loosest() {
    reads_as("a or b and c", "(or a (and b c))");
    reads_as("a and b or c", "(or (and a b) c)");
    reads_as("not a and b", "(and (not a) b)");
    reads_as("a and not b", "(and a (not b))");
    reads_as("a or not b == c and d", "(or a (and (not (== b c)) d))");
    reads_as("a and b and c", "(and (and a b) c)");
    reads_as("stride == 1 and channels == out", "(and (== stride 1) (== channels out))");
}

#[test]
fn comparisons_do_not_chain_but_may_be_compared_in_parentheses() {
    reads_as("(a < b) == (c < d)", "(== (< a b) (< c d))");
    reads_as("a < b and b < c", "(and (< a b) (< b c))");
    for text in ["a < b < c", "a == b != c", "a < b + 1 < c", "not a < b < c", "x and a < b < c"] {
        assert_eq!(reported(&format!("net A {{ const x = {text} }}"))[0].0, "E0010", "{text}");
    }
}

#[test]
fn not_stands_in_parentheses_where_it_binds_looser_than_what_is_before_it() {
    reads_as("a == (not b)", "(== a (not b))");
    for text in ["a == not b", "1 + not a", "-not a", "a ** not b"] {
        assert_eq!(
            reported(&format!("net A {{ const x = {text} }}")),
            [("E0001".into(), "not".into())],
            "{text}"
        );
    }
}

#[test]
fn values() {
    reads_as("3", "3");
    reads_as("1.001e-5", "0.00001001");
    reads_as("2E+3", "2000");
    reads_as("3x3", "3x3");
    reads_as("224x224x3", "224x224x3");
    reads_as("true", "true");
    reads_as("same", "SAME");
    reads_as("valid", "VALID");
    reads_as("hard_swish", "HARD_SWISH");
    reads_as("(a)", "a");
    reads_as("(a, b)", "(tuple a b)");
    reads_as("(a, b,)", "(tuple a b)");
    reads_as("(a,)", "(tuple a)");
    reads_as("[]", "(list )");
    reads_as("[a]", "(list a)");
    reads_as("[(1, 2), (3, 4),]", "(list (tuple 1 2) (tuple 3 4))");
    reads_as("a[0][1]", "(at (at a 0) 1)");
    reads_as("[1, 2][i]", "(at (list 1 2) i)");
    reads_as("max(1, floor(c / 4))", "(max 1 (floor (/ c 4)))");
    reads_as("round_to(x, 8) + min(a, b, c,)", "(+ (round_to x 8) (min a b c))");
}

#[test]
fn if_is_a_value_and_chains() {
    reads_as("if a {1} else {2}", "(if a 1 2)");
    reads_as("if a {1} else if b {2} else {3}", "(if a 1 (if b 2 3))");
    reads_as("if a {1} else {2} + 3", "(+ (if a 1 2) 3)");
    reads_as("1 + if a {1} else {2}", "(+ 1 (if a 1 2))");
    reads_as("if not a == b {1} else {if c {2} else {3}}", "(if (not (== a b)) 1 (if c 2 3))");
    assert_eq!(reported("net A { const x = if a {1} relu }"), [("E0001".into(), "relu".into())]);
}

#[test]
fn a_positional_is_an_additive_expression() {
    assert_eq!(canonical("conv 1x1 4*width bn"), "conv 1x1 4 * width bn");
    assert_eq!(canonical("conv k-1 (-2+n)"), "conv k - 1 (-2 + n)");
}

#[test]
fn a_minus_behind_a_positional_subtracts() {
    assert_eq!(reported("net A { conv k -1 }"), [("E0006".into(), "}".into())]);
    assert_eq!(canonical("conv k (-1)"), "conv k (-1)");
}

#[test]
fn parentheses_behind_a_name_are_the_next_positional() {
    assert_eq!(canonical("conv k (4*w)"), "conv k 4 * w");
    assert_eq!(canonical("conv (3) (4)"), "conv 3 4");
    assert_eq!(canonical("conv 3x3 max(4, w)"), "conv 3x3 max(4, w)");
    assert_eq!(reported("net A { const x = round(3) }"), [("E0013".into(), "round".into())]);
}

#[test]
fn a_comparison_in_a_positional_stands_in_parentheses() {
    assert_eq!(canonical("rescale (a < b)"), "rescale (a < b)");
    assert!(!reported("net A { rescale a < b }").is_empty());
}

#[test]
fn spans_cover_what_they_stand_for() {
    let text = "  ( a + 1 ) * b [ 0 ]  // c";
    let e = expression(text);
    let piece = |e: &Expression| &text[e.span.start as usize..e.span.end as usize];
    assert_eq!(piece(&e), "( a + 1 ) * b [ 0 ]");
    let ExpressionKind::Binary(operator, left, right) = &e.kind else { panic!("a product") };
    assert_eq!(&text[operator.span.start as usize..operator.span.end as usize], "*");
    assert_eq!((piece(left), piece(right)), ("( a + 1 )", "b [ 0 ]"));
}
