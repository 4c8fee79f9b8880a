//! Invariant 4: packs and tensors.

use super::Found;
use crate::ir::op::Role;
use crate::lir::{Kernel, Pack, PackKind, Step, TensorId};

pub(super) fn check(found: &mut Found<'_>) {
    let program = found.program;
    let mut next_pack = 0;
    let mut next_tensor = 0;
    for (index, step) in program.steps.iter().enumerate() {
        let Some(id) = step.pack else {
            if step.kernel.has_weights() {
                found.step(index, "it has no weights");
            }
            continue;
        };
        if id.index() != next_pack {
            found.step(index, format!("its weights are pack {}, out of order", id.0));
        }
        next_pack = id.index() + 1;
        let pack = &program.packs[id.index()];
        let tensors = pack.kind.tensors();
        if tensors.iter().enumerate().any(|(i, t)| t.index() != next_tensor + i) {
            found.step(index, "its tensors are out of order");
        }
        next_tensor += tensors.len();
        if pack.size != pack.kind.size(&program.tensors) || !pack.size.is_multiple_of(16) {
            found.step(index, format!("its weights are {} numbers", pack.size));
        }
        if !fits(found, step, pack) {
            found.step(index, "its weights do not fit its kernel");
        }
    }
}

fn fits(found: &Found<'_>, step: &Step, pack: &Pack) -> bool {
    let Some(&x) = step.inputs.first() else { return false };
    let (x, y) = (found.view(x), found.view(step.output));
    let tensor = |id: TensorId| &found.program.tensors[id.index()];
    let is = |id: TensorId, role: Role, shape: &[usize]| tensor(id).role == role && tensor(id).shape == shape;
    let vector = |id: TensorId, role: Role| is(id, role, &[y.channels]);
    let norms = |norms: &[crate::lir::Norm]| {
        norms.iter().all(|n| {
            n.gamma.is_none_or(|id| vector(id, Role::Gamma))
                && vector(n.beta, Role::Beta)
                && vector(n.mean, Role::Mean)
                && vector(n.variance, Role::Variance)
        })
    };
    let bias = |bias: Option<TensorId>| bias.is_none_or(|id| vector(id, Role::Bias));
    match (&step.kernel, &pack.kind) {
        (Kernel::Conv(conv), PackKind::Conv { weight, bias: b, norms: n, groups, packing }) => {
            let [rows, columns] = conv.kernel;
            let shape = [rows, columns, x.channels / conv.groups.max(1), y.channels];
            conv.groups == *groups
                && conv.algorithm.packing() == *packing
                && is(*weight, Role::Kernel, &shape)
                && bias(*b)
                && norms(n)
        }
        (Kernel::Dense(_), PackKind::Dense { weight, bias: b, norms: n, input }) => {
            let shape = [x.height * x.width * x.channels, y.channels];
            *input == x && is(*weight, Role::Kernel, &shape) && bias(*b) && norms(n)
        }
        (Kernel::Affine(_), PackKind::Affine { norms: n }) => !n.is_empty() && norms(n),
        (Kernel::Affine(_), PackKind::Normalize { mean, variance }) => {
            vector(*mean, Role::Mean) && vector(*variance, Role::Variance)
        }
        (
            _,
            PackKind::Conv { .. }
            | PackKind::Dense { .. }
            | PackKind::Affine { .. }
            | PackKind::Normalize { .. },
        ) => false,
    }
}
