//! Names of functions: Rust identifiers after the blocks and loops of the text, unique, the same in every run.

use super::Function;
use super::calls::weights_size;
use super::outline::{Base, Outline, Outlined};
use crate::identifier::identifier;
use crate::lir::Program;
use std::collections::{HashMap, HashSet};

/// What a module has besides its functions and their tables (`NETWORK`), and the variables where they are called.
const TAKEN: &[&str] = &["forward", "i", "instances", "labels", "network", "run", "taps"];

/// The functions of an outline, named.
pub(super) fn name(program: &Program, outline: Outline) -> Vec<Function> {
    let last = outline.occurrences.last().map(|o| o.steps.end);
    let mut bases: HashMap<&Base, usize> = HashMap::new();
    for function in outline.functions.iter().filter(|f| f.part.0 == 1) {
        *bases.entry(&function.base).or_default() += 1;
    }
    let mut counted: HashMap<&Base, usize> = HashMap::new();
    let mut taken: HashSet<String> = TAKEN.iter().map(|&word| word.to_owned()).collect();
    let mut names = Vec::with_capacity(outline.functions.len());
    for function in &outline.functions {
        let number = counted.entry(&function.base).or_default();
        *number += usize::from(function.part.0 == 1);
        let is_only = bases.get(&function.base) == Some(&1);
        let mut name = stem(function, *number, is_only, last);
        if let (part, 2..) = function.part {
            name.push_str(&format!("_part{part}"));
        }
        let free = |name: &String| !taken.contains(name);
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let name = [name.clone()].into_iter().chain(numbered).find(free).unwrap_or(name);
        taken.insert(name.clone());
        names.push(name);
    }
    let functions = outline.functions.into_iter().zip(names);
    let finish = |(function, name): (Outlined, String)| Function {
        name,
        weights_size: weights_size(program, function.steps.clone()),
        steps: function.steps,
        buffers: function.buffers,
    };
    functions.map(finish).collect()
}

/// A function's name without its part: `number` counts the functions of its base from 1.
fn stem(function: &Outlined, number: usize, is_only: bool, last: Option<usize>) -> String {
    match &function.base {
        Base::Block(name) if is_only => identifier(name, "block_"),
        Base::Block(name) => format!("{}_{number}", identifier(name, "block_")),
        Base::Iteration(name, index) => identifier(&format!("{name}_{index}"), "block_"),
        Base::Trunk if is_only && function.part.1 > 1 => "trunk".into(),
        Base::Trunk if function.steps.start == 0 && Some(function.steps.end) == last => "trunk".into(),
        Base::Trunk if function.steps.start == 0 => "stem".into(),
        Base::Trunk if Some(function.steps.end) == last => "head".into(),
        Base::Trunk => format!("trunk_{number}"),
    }
}
