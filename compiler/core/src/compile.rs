//! The whole pipeline on one screen: text to a planned program that keeps its budget.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expand::{self, Files, Request};
use crate::ir::Graph;
use crate::ir::summary::summarize;
use crate::lir::Program;
use crate::lir::verify::verify_program;
use crate::mode::Mode;
use crate::plan::Plan;
use crate::plan::verify::verify_plan;
use crate::source::SourceMap;
use crate::{backend, budget, labels, lower, passes, plan, taps};

/// A network at every stage.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// As written: one node for each operation.
    pub graph: Graph,
    /// How exactly it is computed.
    pub mode: Mode,
    /// After the passes.
    pub fused: Graph,
    /// As kernel calls.
    pub program: Program,
    /// With addresses.
    pub plan: Plan,
    /// Names of the classes; empty where the text gives none.
    pub labels: Vec<String>,
}

/// Compiles the network that a request names. Every problem is a diagnostic; there is a result where none of them is
/// an error.
pub fn compile(
    request: &Request,
    files: &mut dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Compiled> {
    let compiled = compile_over_budget(request, files, sources, diagnostics)?;
    compiled.check_budget(diagnostics).then_some(compiled)
}

/// Like [`compile`], without a look at the net's `budget`: for those who show what a network takes.
pub fn compile_over_budget(
    request: &Request,
    files: &mut dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Compiled> {
    let loaded = expand::load(request, files, sources, diagnostics)?;
    let graph = expand::expand(&loaded, request, diagnostics)?;
    let labels = labels::resolve(&graph, sources, files, diagnostics)?;
    let mode = request.mode;
    match plan(&graph, mode) {
        Ok((fused, program, plan)) => Some(Compiled { graph, mode, fused, program, plan, labels }),
        Err(message) => {
            diagnostics.push(broken(&message));
            None
        }
    }
}

fn broken(message: &str) -> Diagnostic {
    Diagnostic::without_place(Code::Internal, format!("archc broke its own rules: {message}"))
        .help("this is a mistake in archc, not in the network; please report it with the .arch file")
}

/// From the graph to addresses. What one stage makes is checked before the next one relies on it.
fn plan(graph: &Graph, mode: Mode) -> Result<(Graph, Program, Plan), String> {
    let mut fused = graph.clone();
    passes::run(&mut fused, None).map_err(|e| e.to_string())?;
    let (program, plan) = checked(lower::lower(&fused, mode))?;
    Ok((fused, program, plan))
}

fn checked(program: Program) -> Result<(Program, Plan), String> {
    verify_program(&program).map_err(|v| join(&v))?;
    let plan = plan::plan(&program);
    verify_plan(&program, &plan).map_err(|v| join(&v))?;
    Ok((program, plan))
}

fn join(violations: &[impl ToString]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Compiled {
    /// The same network with the value of every layer kept to the end of a run. Its arena is larger; a budget is about the
    /// network without taps.
    pub fn with_taps(self, diagnostics: &mut Diagnostics) -> Option<Compiled> {
        let wanted = taps::wanted(&self.graph, &self.fused);
        match checked(lower::lower_with_taps(&self.fused, self.mode, &wanted)) {
            Ok((program, plan)) => Some(Compiled { program, plan, ..self }),
            Err(message) => {
                diagnostics.push(broken(&message));
                None
            }
        }
    }

    /// The same network computed more or less exactly, without taps; its budget is not looked at again.
    pub fn in_mode(self, mode: Mode, diagnostics: &mut Diagnostics) -> Option<Compiled> {
        match checked(lower::lower(&self.fused, mode)) {
            Ok((program, plan)) => Some(Compiled { program, plan, mode, ..self }),
            Err(message) => {
                diagnostics.push(broken(&message));
                None
            }
        }
    }

    /// Whether the network keeps the budget that its text gives it; what it exceeds is a diagnostic.
    pub fn check_budget(&self, diagnostics: &mut Diagnostics) -> bool {
        let exceeded = budget::exceeded(self);
        let kept = exceeded.is_empty();
        exceeded.into_iter().for_each(|d| diagnostics.push(d));
        kept
    }

    /// The text of the network's Rust module.
    pub fn rust(&self) -> Result<String, backend::rust::Error> {
        let facts = summarize(&self.graph);
        backend::rust::module(backend::rust::Artifact {
            program: &self.program,
            plan: &self.plan,
            mode: self.mode,
            parameters: facts.parameters,
            macs: facts.macs,
            preprocess: self.graph.preprocess.as_ref(),
            labels: &self.labels,
        })
    }
}
