//! What every stage of the pipeline makes of small networks: `golden/NAME.arch`, and LeNet-5 of the zoo, as
//! `golden/NAME.STAGE`. `ARCHC_BLESS=1 cargo test -p archc-core --test golden` writes them anew; then read the diff.

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use std::path::PathBuf;

use archc_core::backend::rust::{Artifact, module};
use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::Request;
use archc_core::ir::Graph;
use archc_core::lir::Program;
use archc_core::source::SourceMap;
use archc_core::{ir, lir, lower, passes, plan, syntax};
use support::{Folder, compile, expect, fail_with, root};

/// The networks: a name for their files, and where they stand.
const NETWORKS: &[(&str, &str)] = &[
    ("lenet5", "archs/lenet5.arch"),
    ("residual", "compiler/core/tests/golden/residual.arch"),
    ("inception", "compiler/core/tests/golden/inception.arch"),
    ("mobile", "compiler/core/tests/golden/mobile.arch"),
    ("outputs", "compiler/core/tests/golden/outputs.arch"),
];

/// The graph of a network, without a warning.
fn graph(path: &str) -> Graph {
    let outcome = compile(&Request::new(path), &mut Folder(root()));
    let said = render(&outcome.sources, &outcome.diagnostics, Style::Plain);
    assert!(said.is_empty(), "{said}");
    outcome.graph.expect("a graph where there are no errors")
}

fn golden(name: &str, stage: &str) -> PathBuf {
    root().join(format!("compiler/core/tests/golden/{name}.{stage}"))
}

/// Compares one stage of every network with its file.
fn check(stage: &str, text: impl Fn(&str) -> String) {
    let errors = NETWORKS.iter().filter_map(|(name, path)| expect(&golden(name, stage), &text(path)).err());
    fail_with(&errors.collect::<Vec<_>>());
}

fn fused(path: &str) -> Graph {
    let mut graph = graph(path);
    passes::run(&mut graph, None).expect("passes keep the invariants");
    graph
}

fn lowered(path: &str) -> Program {
    let program = lower::lower(&fused(path));
    lir::verify::verify_program(&program).expect("lowering keeps the invariants");
    program
}

#[test]
fn ast() {
    check("ast", |path| {
        let text = std::fs::read_to_string(root().join(path)).expect("a network's text");
        let file = SourceMap::default().add(path, text.as_str());
        syntax::print::print(&syntax::parse(file, &text, &mut Diagnostics::default()))
    });
}

#[test]
fn ir() {
    check("ir", |path| ir::print::print(&graph(path)));
}

#[test]
fn fused_ir() {
    check("fused", |path| ir::print::print(&fused(path)));
}

#[test]
fn low_ir() {
    check("lir", |path| lir::print::print(&lowered(path)));
}

#[test]
fn plans() {
    check("plan", |path| {
        let program = lowered(path);
        let plan = plan::plan(&program);
        plan::verify::verify_plan(&program, &plan).expect("planning keeps the invariants");
        plan::print::print(&program, &plan)
    });
}

#[test]
fn rust_modules() {
    check("rust", |path| {
        let graph = fused(path);
        let program = lowered(path);
        let plan = plan::plan(&program);
        let summary = ir::summary::summarize(&graph);
        let artifact = Artifact {
            program: &program,
            plan: &plan,
            parameters: summary.parameters,
            macs: summary.macs,
            preprocess: graph.preprocess.as_ref(),
            labels: &[],
        };
        module(artifact).expect("the module parses")
    });
}
