//! The blocks of a program: each function of the plan with what its first call says.

use super::Artifact;
use crate::lir::{PackId, Step};
use crate::plan::Function;

/// A function and its first occurrence, which its text is printed from.
pub(in crate::backend) struct Block<'a> {
    pub(super) function: &'a Function,
    /// The steps of the first occurrence.
    pub(super) steps: &'a [Step],
    /// The prefix of the names of the first occurrence; empty at the root.
    pub(super) prefix: String,
    /// How often the block occurs.
    pub(super) times: usize,
    /// Where the weights of the first occurrence start.
    weights: usize,
}

impl Block<'_> {
    /// Every block of a program, in the order of the plan's functions.
    pub(in crate::backend) fn all(artifact: Artifact<'_>) -> Vec<Block<'_>> {
        let Artifact { program, plan, .. } = artifact;
        let block = |function| Block {
            function,
            steps: &program.steps[function.steps.clone()],
            prefix: String::new(),
            times: 0,
            weights: 0,
        };
        let mut blocks: Vec<Block<'_>> = plan.functions.iter().map(block).collect();
        for call in &plan.calls {
            let block = &mut blocks[call.function];
            block.times += call.count;
            if call.first.index() == block.function.steps.start {
                block.prefix = call.prefix.replace("{}", &call.number.to_string());
                block.weights = call.weights;
            }
        }
        blocks
    }

    /// Where the weights of a step lie, from the start of the block's.
    pub(super) fn offset(&self, artifact: Artifact<'_>, pack: PackId) -> usize {
        artifact.plan.packs[pack.index()] - self.weights
    }

    /// A full name as it is inside the block; names from outside stay whole.
    pub(super) fn local<'n>(&self, name: &'n str) -> &'n str {
        match self.prefix.as_str() {
            "" => name,
            prefix => name.strip_prefix(prefix).and_then(|n| n.strip_prefix('.')).unwrap_or(name),
        }
    }
}
