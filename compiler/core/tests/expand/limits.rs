//! Hostile texts end in an error, soon, and on a small stack.

use std::time::{Duration, Instant};

use archc_core::diagnostic::Code;

use crate::support::{Outcome, body, file};

/// Runs a text in a thread with a stack of 256 KiB, as some hosts have.
fn small_stack(text: String) -> (Option<String>, Vec<Code>) {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let handle = thread.spawn(move || {
        let outcome = file(&text);
        // The graph stays here: what matters is that it was made.
        (outcome.graph.as_ref().map(|g| g.name.clone()), outcome.codes())
    });
    handle.expect("a thread").join().expect("no overflow and no panic")
}

#[track_caller]
fn soon(work: impl FnOnce() -> Outcome) -> Outcome {
    let start = Instant::now();
    let outcome = work();
    // Debug builds on a busy machine are slow; without the limits it would be hours.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    outcome
}

#[test]
fn blocks_that_call_themselves() {
    file("block a() { a() } net N { input 8x8x4 a() }").only(
        Code::TooDeep,
        &["`a` calls itself without end", "in this call of `a`", "more calls and loops led here"],
    );
    file("block a() { b() } block b() { a() } net N { input 8x8x4 a() }").only(Code::TooDeep, &[]);
    // With an end it is allowed.
    file("block a(n) { relu if n > 1 { a(n - 1) } } net N { input 8x8x4 a(30) }").good();
    soon(|| file("block a() { a() a() } net N { input 8x8x4 a() }")).only(Code::TooDeep, &[]);
}

#[test]
fn loops_that_repeat_too_often() {
    body("stack 1e6 { relu }").only(Code::TooManyRepeats, &["at most 10000 times"]);
    soon(|| body("stack 10000 { stack 10000 { } }")).only(Code::TooManySteps, &["more than 1000000 steps"]);
    soon(|| body("stack 10000 { stack 10 { relu } }"))
        .only(Code::TooManyNodes, &["more than 20000 operations"]);
    soon(|| body("stack 10000 { stack 10000 { const a = [1, 2, 3] if a[0] == 2 { relu } } }"))
        .only(Code::TooManySteps, &[]);
}

#[test]
fn blocks_that_multiply() {
    let mut text = "block b0() { if rows == 3 { relu } }\n".to_owned();
    for i in 1..31 {
        text.push_str(&format!("block b{i}() {{ b{0}() b{0}() }}\n", i - 1));
    }
    text.push_str("net N { input 8x8x4 b30() }");
    soon(|| file(&text)).only(Code::TooManySteps, &[]);
}

#[test]
fn lists_that_grow() {
    let mut text = "const a0 = [1]\n".to_owned();
    for i in 1..40 {
        text.push_str(&format!("const a{i} = [a{0}, a{0}]\n", i - 1));
    }
    text.push_str("rescale a39[0]");
    let outcome = soon(|| body(&text));
    assert!(outcome.codes().contains(&Code::ListTooLong), "{}", outcome.text());
    // Comparing long lists costs steps.
    let long = format!("const a = [{}]\n stack 10000 {{ if a != a {{ relu }} }} relu", "1, ".repeat(20_000));
    soon(|| body(&long)).only(Code::TooManySteps, &[]);
}

#[test]
fn mistakes_without_end() {
    let text: String = (0..2000).map(|i| format!("conv 3x3 x{i}\n")).collect();
    let outcome = soon(|| body(&text));
    assert_eq!(outcome.codes().last(), Some(&Code::TooManyErrors));
    assert!(outcome.codes().len() < 60);
    let text: String = (0..2000).map(|i| format!("const x{i} = 1\n")).collect();
    assert!(soon(|| body(&format!("{text} relu"))).codes().len() < 60);
}

#[test]
fn divisors_are_not_searched_for_long() {
    soon(|| file("net N { input 1x1x2147483647 conv 1x1 1 group=46341 }")).only(Code::Groups, &[]);
}

#[test]
fn nesting_needs_no_deep_stack() {
    let nest = |n: usize, open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    for (open, close) in [
        ("stack 1 {", "}"),
        ("if true {", "}"),
        ("residual {", "}"),
        ("residual { relu } shortcut {", "}"),
        ("gate {", "}"),
        ("inception { branch {", "} }"),
        ("for x in [1] { rescale x ", "}"),
    ] {
        for n in [10, 20, 28, 60, 1000, 20_000] {
            let text = format!("net N {{ input 8x8x4 {} relu }}", nest(n, open, "relu", close));
            let (graph, codes) = small_stack(text);
            assert_eq!(graph.is_none(), codes.contains(&Code::NestedTooDeeply), "{open} {n}: {codes:?}");
        }
    }
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "][0]"),
        ("-", "1", ""),
        ("not ", "true", ""),
        ("1 + ", "1", ""),
        ("2 ** ", "1", ""),
        ("max(1, ", "1", ")"),
        ("max(1, - -", "1", ")"),
        ("(1 + ", "1", ")"),
        ("if true {", "1", "} else {2}"),
        ("if false {1} else ", "{1}", ""),
    ] {
        for n in [10, 20, 28, 60, 1000, 20_000] {
            let value = nest(n, open, inner, close);
            let text = format!("net N {{ input 8x8x4 const v = {value} if v == v {{ relu }} relu }}");
            let (graph, codes) = small_stack(text);
            assert_eq!(graph.is_none(), !codes.is_empty(), "{open} {n}: {codes:?}");
        }
    }
}

#[test]
fn calls_need_no_deep_stack() {
    // 30 calls, each inside of 28 braces.
    let open = "stack 1 { ".repeat(28);
    let close = " }".repeat(28);
    let text =
        format!("block a(n) {{ relu if n > 1 {{ {open} a(n - 1) {close} }} }} net N {{ input 8x8x4 a(30) }}");
    let (graph, codes) = small_stack(text);
    assert_eq!((graph.as_deref(), codes.as_slice()), (Some("N"), &[] as &[Code]));
}
