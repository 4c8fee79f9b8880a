//! The plans of the zoo's networks: how many steps, functions and calls they have, and how large their arenas are.

use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::Graph;
use archc_core::lir::Program;
use archc_core::lir::verify::verify_program;
use archc_core::lower::lower;
use archc_core::passes;
use archc_core::plan::print::{plain_peak, print};
use archc_core::plan::verify::verify_plan;
use archc_core::plan::{Plan, plan};
use archc_core::source::SourceMap;

/// There are no files but those of the zoo, which travel with archc.
struct NoFiles;

impl Files for NoFiles {
    fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound)
    }
}

fn graph(file: &str, net: &str) -> Graph {
    let request = Request { net: Some(net.into()), ..Request::new(format!("zoo:{file}")) };
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let loaded = load(&request, &mut NoFiles, &mut sources, &mut diagnostics).expect("the zoo is right");
    let mut graph = expand(&loaded, &request, &mut diagnostics).expect("the zoo is right");
    passes::run(&mut graph, None).expect("passes keep the invariants");
    graph
}

fn planned(file: &str, net: &str) -> (Program, Plan) {
    let program = lower(&graph(file, net));
    verify_program(&program).unwrap();
    let plan = plan(&program);
    verify_plan(&program, &plan).unwrap();
    (program, plan)
}

/// Steps, functions, calls, and the arena in percent of the peak.
#[test]
fn table() {
    for (file, net) in [
        ("lenet5", "LeNet5"),
        ("alexnet", "AlexNet"),
        ("vgg16", "VGG16"),
        ("resnet50", "ResNet50"),
        ("resnet50", "ResNet152"),
        ("inception_v3", "InceptionV3"),
        ("mobilenet", "MobileNet"),
        ("mobilenet_v2", "MobileNetV2"),
    ] {
        let (program, plan) = planned(file, net);
        println!(
            "{net}: {} steps, {} functions, {} calls, arena {} ({:.3} of the peak, {:.3} of the plain peak), weights {}",
            program.steps.len(),
            plan.functions.len(),
            plan.calls.len(),
            plan.arena_size,
            plan.arena_size as f64 / plan.peak_size as f64,
            plan.arena_size as f64 / plain_peak(&program, &plan) as f64,
            plan.weights_size,
        );
        if std::env::var("SHOW").is_ok_and(|s| s == net) {
            println!("{}\n{}", archc_core::lir::print::print(&program), print(&program, &plan));
        }
    }
}
