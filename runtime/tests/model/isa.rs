//! `ARCHC_ISA` chooses the instruction set of a process; each case runs this test program again.

use crate::network::NETWORK;
use archc_runtime::isa::VARIABLE;
use archc_runtime::{Isa, Model};
use std::process::Command;

/// Set in the processes that a test starts.
const CHILD: &str = "ARCHC_TEST_CHILD";

/// In a child: prints which instruction set a model got, or why none.
#[test]
fn report() {
    if std::env::var_os(CHILD).is_some() {
        match Model::seeded(&NETWORK, "archc") {
            Ok(model) => println!("<{}>", model.isa()),
            Err(error) => println!("<{error}>"),
        }
    }
}

fn model_under(isa: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["isa::report", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .env(VARIABLE, isa)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_environment_forces_an_instruction_set() {
    for isa in Isa::available() {
        let output = model_under(isa.name());
        assert!(output.contains(&format!("<{isa}>")), "{output}");
    }
}

#[test]
fn what_cannot_be_had_is_an_error_of_loading() {
    if !Isa::available().iter().any(|isa| isa.name() == "amx") {
        let output = model_under("amx");
        assert!(output.contains("<this machine has no amx; set ARCHC_ISA to one of"), "{output}");
    }
    let output = model_under("sse9");
    assert!(output.contains("<no instruction set is called `sse9`; set ARCHC_ISA to one of"), "{output}");
}
