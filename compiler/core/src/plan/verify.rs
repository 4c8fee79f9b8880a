//! The check of a plan against its program.
//!
//! # Invariants
//!
//! 1. Buffers and packs start at multiples of 16 and lie inside the arena and the weights.
//! 2. Two buffers overlap only if one is touched for the last time before the other is touched first. The input, the
//!    outputs and the taps count as touched by the end; the input also from the start, where it is at 0.
//! 3. Packs follow one another without a gap, in order.
//! 4. The calls cover every step once, in order; a function has one first call, whose first repetition are its steps.
//! 5. In every repetition of every call the steps are the function's: kernels, views, the pattern of buffers, and the
//!    weights, by place, names behind the prefix, roles and shapes.
//! 6. The repetitions of a call have the same addresses.
//! 7. Names of functions are unique Rust identifiers.

use super::{Call, Plan};
use crate::lir::{BufferId, Program, Step, ValueId};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Checks every invariant, and lists all that do not hold. Each is a mistake in archc, not in the user's text.
pub fn verify_plan(program: &Program, plan: &Plan) -> Result<(), Vec<String>> {
    let mut found = Vec::new();
    if plan.buffers.len() != program.buffers.len() || plan.packs.len() != program.packs.len() {
        return Err(vec!["the plan is another program's".into()]);
    }
    memory(program, plan, &mut found);
    weights(program, plan, &mut found);
    calls(program, plan, &mut found);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn memory(program: &Program, plan: &Plan, found: &mut Vec<String>) {
    let place = |id: usize| plan.buffers[id]..plan.buffers[id] + program.buffers[id].words();
    let touched = touched(program);
    let mut order: Vec<usize> = (0..plan.buffers.len()).collect();
    order.sort_by_key(|&id| touched[id].start);
    let mut alive: Vec<usize> = Vec::new();
    for id in order {
        let Range { start, end } = place(id);
        if !start.is_multiple_of(16) || end > plan.arena_size {
            found.push(format!("buffer {id} lies at {start}..{end} of {}", plan.arena_size));
        }
        alive.retain(|&other| touched[other].end > touched[id].start);
        for &other in &alive {
            let there = place(other);
            if start < there.end && there.start < end {
                found.push(format!("buffers {id} and {other} are alive at once and overlap"));
            }
        }
        alive.push(id);
    }
    if plan.buffers[program.values[program.input.index()].buffer.index()] != 0 {
        found.push("the input is not at 0".into());
    }
}

/// From the first to behind the last step that touches each buffer.
fn touched(program: &Program) -> Vec<Range<usize>> {
    let mut touched: Vec<Option<Range<usize>>> = vec![None; program.buffers.len()];
    let mut touch = |id: ValueId, at: usize| {
        let range = &mut touched[program.values[id.index()].buffer.index()];
        let old = range.get_or_insert(at..at);
        *old = old.start.min(at)..old.end.max(at + 1);
    };
    touch(program.input, 0);
    for (at, step) in program.steps.iter().enumerate() {
        step.inputs.iter().chain([&step.output]).for_each(|&id| touch(id, at));
    }
    program.staying().chain([program.input]).for_each(|id| touch(id, program.steps.len()));
    touched.into_iter().map(Option::unwrap_or_default).collect()
}

fn weights(program: &Program, plan: &Plan, found: &mut Vec<String>) {
    let mut at = 0;
    for (index, (pack, &offset)) in program.packs.iter().zip(&plan.packs).enumerate() {
        if offset != at || !offset.is_multiple_of(16) {
            found.push(format!("pack {index} is at {offset}, not at {at}"));
        }
        at = offset + pack.size;
    }
    if plan.weights_size != at {
        found.push(format!("the weights are {} numbers, not {at}", plan.weights_size));
    }
}

fn calls(program: &Program, plan: &Plan, found: &mut Vec<String>) {
    let mut names = HashSet::new();
    for function in &plan.functions {
        let name = &function.name;
        let is_identifier = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_identifier || !names.insert(name) {
            found.push(format!("a function is called `{name}`"));
        }
    }
    let firsts: HashMap<usize, &Call> = plan.calls.iter().map(|c| (c.first.index(), c)).collect();
    let mut at = 0;
    for (index, call) in plan.calls.iter().enumerate() {
        let Some(function) = plan.functions.get(call.function) else {
            found.push(format!("call {index} is of no function"));
            continue;
        };
        if call.first.index() != at {
            found.push(format!("call {index} starts at step {}, not at {at}", call.first.0));
        }
        let Some(first) = firsts.get(&function.steps.start).filter(|f| f.function == call.function) else {
            found.push(format!("`{}` has no first call", function.name));
            continue;
        };
        let length = function.steps.len();
        for repetition in 0..call.count {
            let steps = at..at + length;
            if let Some(message) = different(program, plan, first, call, repetition, steps) {
                found.push(format!("repetition {repetition} of call {index}: {message}"));
            }
            at += length;
        }
    }
    if at != program.steps.len() {
        found.push(format!("the calls cover {at} of {} steps", program.steps.len()));
    }
}

/// How a repetition of a call differs from the call's function.
fn different(
    program: &Program,
    plan: &Plan,
    first_call: &Call,
    call: &Call,
    repetition: usize,
    steps: Range<usize>,
) -> Option<String> {
    let function = &plan.functions[call.function];
    let own = &program.steps[function.steps.clone()];
    let Some(steps) = program.steps.get(steps) else { return Some("there are no steps".into()) };
    let place = |buffers: &[BufferId], id: ValueId| {
        let buffer = program.values[id.index()].buffer;
        buffers.iter().position(|&b| plan.buffers[b.index()] == plan.buffers[buffer.index()])
    };
    let prefix =
        |call: &Call, repetition: usize| call.prefix.replace("{}", &(call.number + repetition).to_string());
    let prefixes = (prefix(first_call, 0), prefix(call, repetition));
    let base = call.weights + repetition * function.weights_size;
    let own_base = own.iter().find_map(|s| s.pack).map_or(0, |id| plan.packs[id.index()]);
    for (a, b) in own.iter().zip(steps) {
        let ids = |s: &Step| -> Vec<ValueId> { s.inputs.iter().copied().chain([s.output]).collect() };
        let (x, y) = (ids(a), ids(b));
        let views =
            |ids: &[ValueId]| -> Vec<_> { ids.iter().map(|id| program.values[id.index()].view).collect() };
        if a.kernel != b.kernel || views(&x) != views(&y) {
            return Some(format!("another step, {}", b.comment));
        }
        let places = |buffers: &[BufferId], ids: &[ValueId]| -> Option<Vec<usize>> {
            ids.iter().map(|&id| place(buffers, id)).collect()
        };
        let (expected, found) = (places(&function.buffers, &x), places(&call.buffers, &y));
        let address = |buffers: &[BufferId], place: usize| plan.buffers[buffers[place].index()];
        let same = match (&expected, &found) {
            (Some(e), Some(f)) => {
                e.len() == f.len()
                    && e.iter().zip(f).all(|(&e, &f)| address(&call.buffers, e) == address(&call.buffers, f))
            }
            _ => false,
        };
        if !same {
            return Some(format!("other buffers, {}", b.comment));
        }
        let (Some(p), Some(q)) = (a.pack, b.pack) else {
            if a.pack.is_some() || b.pack.is_some() {
                return Some(format!("other weights, {}", b.comment));
            }
            continue;
        };
        let at = (plan.packs[p.index()].wrapping_sub(own_base), plan.packs[q.index()].wrapping_sub(base));
        let (p, q) = (&program.packs[p.index()], &program.packs[q.index()]);
        let same = p.size == q.size && p.kind.tensors().len() == q.kind.tensors().len();
        let mut pairs = p.kind.tensors().into_iter().zip(q.kind.tensors());
        let alike = pairs.all(|(s, t)| {
            let (s, t) = (&program.tensors[s.index()], &program.tensors[t.index()]);
            let local = s.name.strip_prefix(&prefixes.0);
            local.is_some()
                && local == t.name.strip_prefix(&prefixes.1)
                && s.role == t.role
                && s.shape == t.shape
        });
        if at.0 != at.1 || !same || !alike {
            return Some(format!("other weights, {}", b.comment));
        }
    }
    None
}
