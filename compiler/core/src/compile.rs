//! The whole pipeline on one screen: text to a planned program that keeps its budget.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expand::{self, Files, Request};
use crate::ir::Graph;
use crate::ir::summary::summarize;
use crate::lir::verify::verify_program;
use crate::lir::{Number, Program};
use crate::lower::Choices;
use crate::mode::Mode;
use crate::plan::Plan;
use crate::plan::verify::verify_plan;
use crate::source::SourceMap;
use crate::tune::{self, Found};
use crate::{backend, budget, cuda, labels, lower, passes, plan, taps};

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
    /// What decided how convolutions are computed.
    pub choices: Choices,
    /// Measured choices, whichever modes they are for.
    tune: Option<Found>,
}

/// A network for a GPU.
#[derive(Clone, Debug)]
pub struct ForCuda {
    /// As kernel calls, in the layouts of a GPU.
    pub program: Program,
    /// With addresses.
    pub plan: Plan,
    /// The kernels' text, and how they are launched.
    pub module: cuda::Module,
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
    let tune = tune::find(request, &graph.name, files, sources, diagnostics)?;
    let mode = request.mode;
    let fused = match fuse(&graph) {
        Ok(fused) => fused,
        Err(message) => {
            diagnostics.push(broken(&message));
            return None;
        }
    };
    let choices = tune::choices(&fused, mode, tune.as_ref(), diagnostics);
    match checked(lower::lower_as(&fused, mode, &choices, &[])) {
        Ok((program, plan)) => Some(Compiled { graph, mode, fused, program, plan, labels, choices, tune }),
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

/// The graph after the passes.
fn fuse(graph: &Graph) -> Result<Graph, String> {
    let mut fused = graph.clone();
    passes::run(&mut fused, None).map_err(|e| e.to_string())?;
    Ok(fused)
}

/// A program with its addresses. What one stage makes is checked before the next one relies on it.
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
        self.lowered_again(&wanted, diagnostics)
    }

    /// The same network computed more or less exactly, without taps; its budget is not looked at again.
    pub fn in_mode(self, mode: Mode, diagnostics: &mut Diagnostics) -> Option<Compiled> {
        let choices = tune::choices(&self.fused, mode, self.tune.as_ref(), diagnostics);
        Compiled { mode, choices, ..self }.lowered_again(&[], diagnostics)
    }

    /// The same network with convolutions computed as somebody chose, without taps; its budget is not looked at again.
    pub fn with_choices(self, choices: Choices, diagnostics: &mut Diagnostics) -> Option<Compiled> {
        Compiled { choices, ..self }.lowered_again(&[], diagnostics)
    }

    fn lowered_again(self, taps: &[lower::Wanted], diagnostics: &mut Diagnostics) -> Option<Compiled> {
        match checked(lower::lower_as(&self.fused, self.mode, &self.choices, taps)) {
            Ok((program, plan)) => Some(Compiled { program, plan, ..self }),
            Err(message) => {
                diagnostics.push(broken(&message));
                None
            }
        }
    }

    /// The same network for a GPU that computes with such numbers, without taps. It has neither a mode nor measured choices there.
    pub fn for_cuda(&self, number: Number, diagnostics: &mut Diagnostics) -> Option<ForCuda> {
        match checked(lower::lower_for_cuda(&self.fused, number)) {
            Ok((program, plan)) => {
                let module = cuda::module(&program, &plan);
                Some(ForCuda { program, plan, module })
            }
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
        backend::rust::module(self.artifact(&self.program, &self.plan))
    }

    /// The text of the network's module for a GPU. It is called `name`, and finds these forms of its kernels beside it.
    pub fn rust_for_cuda(
        &self,
        on_gpu: &ForCuda,
        name: &str,
        forms: &backend::cuda::Forms,
    ) -> Result<String, backend::rust::Error> {
        let artifact = self.artifact(&on_gpu.program, &on_gpu.plan);
        backend::cuda::module(artifact, &on_gpu.module, name, forms)
    }

    fn artifact<'a>(&'a self, program: &'a Program, plan: &'a Plan) -> backend::rust::Artifact<'a> {
        let facts = summarize(&self.graph);
        backend::rust::Artifact {
            program,
            plan,
            mode: self.mode,
            parameters: facts.parameters,
            macs: facts.macs,
            preprocess: self.graph.preprocess.as_ref(),
            labels: &self.labels,
        }
    }
}
