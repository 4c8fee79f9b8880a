//! A plan as text, the same in every run: what `archc dump --stage plan` prints, and what golden files hold.
//!
//! ```text
//! plan of LeNet5: arena 24576 (peak 24576, plain 18432), weights 63120, in f32 numbers
//! b0 at 0, size 784, alive 0..13: 28x28x1 nhwc
//! trunk (b0, b1, b2): steps 0..13, weights 63120
//! call trunk (0, 784, 2048), weights 0
//! call bottleneck_2 (50176, 0) 2 times, weights 12288: stage.0.unit.{}.bottleneck1 from 1
//! ```

use super::{Call, Plan};
use crate::lir::print::buffer_text;
use crate::lir::{BufferId, Program};
use std::fmt::{self, Write};

/// The text of a plan.
pub fn print(program: &Program, plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = plan_to(&mut text, program, plan);
    text
}

fn plan_to(f: &mut String, program: &Program, plan: &Plan) -> fmt::Result {
    writeln!(
        f,
        "plan of {}: arena {} (peak {}, plain {}), weights {}, in f32 numbers",
        program.name,
        plan.arena_size,
        plan.peak_size,
        plain_peak(program, plan),
        plan.weights_size
    )?;
    for (index, buffer) in program.buffers.iter().enumerate() {
        let (at, size, alive) = (plan.buffers[index], buffer.words(), &plan.lifetimes[index]);
        let (start, end) = (alive.start, alive.end);
        writeln!(f, "b{index} at {at}, size {size}, alive {start}..{end}: {}", buffer_text(buffer))?;
    }
    for function in &plan.functions {
        let buffers: Vec<String> = function.buffers.iter().map(|b| format!("b{}", b.0)).collect();
        let (start, end) = (function.steps.start, function.steps.end);
        let (name, buffers) = (&function.name, buffers.join(", "));
        writeln!(f, "{name} ({buffers}): steps {start}..{end}, weights {}", function.weights_size)?;
    }
    plan.calls.iter().try_for_each(|call| call_to(f, plan, call))
}

fn call_to(f: &mut String, plan: &Plan, call: &Call) -> fmt::Result {
    let name = plan.functions.get(call.function).map_or("?", |f| f.name.as_str());
    let at = |id: &BufferId| plan.buffers[id.index()].to_string();
    let addresses: Vec<String> = call.buffers.iter().map(at).collect();
    write!(f, "call {name} ({})", addresses.join(", "))?;
    if call.count > 1 {
        write!(f, " {} times", call.count)?;
    }
    write!(f, ", weights {}", call.weights)?;
    if !call.prefix.is_empty() {
        write!(f, ": {}", call.prefix)?;
    }
    if call.count > 1 {
        write!(f, " from {}", call.number)?;
    }
    writeln!(f)
}

/// What the peak would be if buffers held nothing but their numbers: no halos, no padding lanes.
pub fn plain_peak(program: &Program, plan: &Plan) -> usize {
    let sizes: Vec<usize> = program.buffers.iter().map(|b| b.height * b.width * b.channels).collect();
    super::lifetimes::peak(&sizes, &plan.lifetimes)
}
