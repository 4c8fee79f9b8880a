//! What every stage of the pipeline makes of small networks: `golden/NAME.arch`, and LeNet-5 of the zoo, as
//! `golden/NAME.STAGE`. `ARCHC_BLESS=1 cargo test -p archc-core --test golden` writes them anew; then read the diff.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use std::path::PathBuf;

use archc_core::backend::cuda::Forms;
use archc_core::compile::Compiled;
use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::Request;
use archc_core::lir::Number;
use archc_core::source::SourceMap;
use archc_core::{cuda, ir, lir, plan, syntax};
use support::{Folder, compile, expect, fail_with, root};

/// The networks: a name for their files, and where they stand.
const NETWORKS: &[(&str, &str)] = &[
    ("lenet5", "archs/lenet5.arch"),
    ("residual", "compiler/core/tests/golden/residual.arch"),
    ("inception", "compiler/core/tests/golden/inception.arch"),
    ("mobile", "compiler/core/tests/golden/mobile.arch"),
    ("outputs", "compiler/core/tests/golden/outputs.arch"),
];

/// A network at every stage, without a warning.
fn compiled(path: &str) -> Compiled {
    let outcome = compile(&Request::new(path), &mut Folder(root()));
    let said = render(&outcome.sources, &outcome.diagnostics, Style::Plain);
    assert!(said.is_empty(), "{said}");
    outcome.compiled.expect("a network where there are no errors")
}

fn golden(name: &str, stage: &str) -> PathBuf {
    root().join(format!("compiler/core/tests/golden/{name}.{stage}"))
}

/// Compares one stage of every network with its file.
fn check(stage: &str, text: impl Fn(&str) -> String) {
    let errors = NETWORKS.iter().filter_map(|(name, path)| expect(&golden(name, stage), &text(path)).err());
    fail_with(&errors.collect::<Vec<_>>());
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
    check("ir", |path| ir::print::print(&compiled(path).graph));
}

#[test]
fn fused_ir() {
    check("fused", |path| ir::print::print(&compiled(path).fused));
}

#[test]
fn low_ir() {
    check("lir", |path| lir::print::print(&compiled(path).program));
}

#[test]
fn plans() {
    check("plan", |path| {
        let compiled = compiled(path);
        plan::print::print(&compiled.program, &compiled.plan)
    });
}

/// Of one network only, as below: types and tables are those of the modules for the CPU.
#[test]
fn module_for_cuda() {
    let compiled = compiled("compiler/core/tests/golden/residual.arch");
    let on_gpu = compiled.for_cuda(Number::Bf16, &mut Diagnostics::default()).expect("it lowers");
    let forms = Forms { cubins: vec![80, 90], ptx: true };
    let text = compiled.rust_for_cuda(&on_gpu, "residual", &forms).expect("the module parses");
    fail_with(&expect(&golden("residual", "rust-cuda"), &text).err().into_iter().collect::<Vec<_>>());
}

#[test]
fn rust_modules() {
    check("rust", |path| compiled(path).rust().expect("the module parses"));
}

/// Of one network only: the kernels of a family differ in their constants.
#[test]
fn cuda_sources() {
    let network =
        compiled("archs/lenet5.arch").for_cuda(Number::F32, &mut Diagnostics::default()).expect("it lowers");
    let text = cuda::print::print(&network.program, &network.module);
    fail_with(&expect(&golden("lenet5", "cuda"), &text).err().into_iter().collect::<Vec<_>>());
}
