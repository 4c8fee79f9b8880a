//! The tensors that a task reads, and how its kernel's weights are packed from them.

use crate::ir::op::{BatchNorm, Epilogue, Op, Role};
use crate::ir::{Graph, NodeId, Shape};
use crate::lir::{Kernel, Norm, Pack, PackId, PackKind, Program, Tensor, TensorId};
use archc_runtime::layout::View;
use archc_runtime::op::Packing;

/// Adds the tensors and the pack of a node's kernel, which reads `x`.
pub(super) fn pack(
    graph: &Graph,
    id: NodeId,
    kernel: Kernel,
    x: &View,
    program: &mut Program,
) -> Option<PackId> {
    let path = graph.path(id);
    let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
    let op = &graph.node(id).op;
    let mut tensors = Tensors::default();
    for weight in op.weights(&path, &shapes) {
        let id = TensorId(program.tensors.len() as u32);
        program.tensors.push(Tensor { name: weight.name(), role: weight.role, shape: weight.shape });
        tensors.added.push((weight.owner, weight.role, id));
    }
    let kind = match op {
        Op::Conv(o) => PackKind::Conv {
            weight: tensors.get(&path, Role::Kernel),
            bias: o.bias.then(|| tensors.get(&path, Role::Bias)),
            norms: tensors.norms(&o.epilogue),
            groups: o.groups,
            packing: if let Kernel::Conv(conv) = kernel { conv.algorithm.packing() } else { Packing::Plain },
        },
        Op::Dense(o) => PackKind::Dense {
            weight: tensors.get(&path, Role::Kernel),
            bias: o.bias.then(|| tensors.get(&path, Role::Bias)),
            norms: tensors.norms(&o.epilogue),
            input: *x,
        },
        Op::BatchNorm(o) => PackKind::Affine { norms: vec![tensors.norm(&path, o)] },
        Op::Normalize(_) => PackKind::Normalize {
            mean: tensors.get(&path, Role::Mean),
            variance: tensors.get(&path, Role::Variance),
        },
        Op::Input(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::Lrn(_)
        | Op::Rescale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Dropout(_)
        | Op::Flatten(_)
        | Op::ZeroPad(_)
        | Op::Shuffle(_)
        | Op::Upsample(_)
        | Op::Add(_)
        | Op::Concat(_)
        | Op::Gate(_) => return None,
    };
    let size = kind.size(&program.tensors);
    program.packs.push(Pack { kind, size });
    Some(PackId(program.packs.len() as u32 - 1))
}

/// The tensors of one operator, as it lists them.
#[derive(Default)]
struct Tensors {
    added: Vec<(String, Role, TensorId)>,
}

impl Tensors {
    fn get(&self, owner: &str, role: Role) -> TensorId {
        let found = self.added.iter().find(|(o, r, _)| o == owner && *r == role);
        found.expect("an operator lists every tensor of its attributes").2
    }

    fn norms(&self, epilogue: &Epilogue) -> Vec<Norm> {
        epilogue.norms.iter().map(|n| self.norm(&n.path, &n.norm)).collect()
    }

    fn norm(&self, path: &str, norm: &BatchNorm) -> Norm {
        Norm {
            gamma: norm.scale.then(|| self.get(path, Role::Gamma)),
            beta: self.get(path, Role::Beta),
            mean: self.get(path, Role::Mean),
            variance: self.get(path, Role::Variance),
            eps: norm.eps,
        }
    }
}
