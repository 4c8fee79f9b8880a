//! The tables that a generated module holds, made at run time. They are leaked: the runtime wants them to live as long
//! as the program, and tests are short.

use archc_core::ir::op;
use archc_core::lir::{PackKind, Program, TensorId, ValueId};
use archc_core::plan::{Function, Plan};
use archc_runtime::op::Split;
use archc_runtime::spec::{Network, Output};
use archc_runtime::weights::spec::{Group, Instance, Norm, Pack, Role, Tensor};

fn leak<T>(all: Vec<T>) -> &'static [T] {
    Vec::leak(all)
}

fn text(s: &str) -> &'static str {
    String::leak(s.to_owned())
}

/// The network, without its code.
pub(crate) fn network(program: &Program, plan: &Plan) -> &'static Network {
    let output = |name: &str, id: ValueId| {
        let value = &program.values[id.index()];
        Output { name: text(name), view: value.view, offset: plan.buffers[value.buffer.index()] }
    };
    let groups: Vec<&'static Group> = plan.functions.iter().map(|f| group(program, plan, f)).collect();
    let instance = |call: &archc_core::plan::Call| Instance {
        prefix: text(&call.prefix),
        first: call.number,
        count: call.count,
        group: groups[call.function],
        offset: call.weights,
    };
    Box::leak(Box::new(Network {
        name: text(&program.name),
        input: output("input", program.input),
        outputs: leak(program.outputs.iter().map(|(name, id)| output(name, *id)).collect()),
        logits: program.logits.map(|id| output("logits", id)),
        arena_size: plan.arena_size,
        scratch_size: plan.scratch_size,
        split: Split::None,
        weights_size: plan.weights_size,
        instances: leak(plan.calls.iter().map(instance).collect()),
        parameters: 0,
        macs: 0,
        preprocess: None,
        labels: &[],
        forward: None,
    }))
}

/// The weights of a function, by its first call.
fn group(program: &Program, plan: &Plan, function: &Function) -> &'static Group {
    let call = plan.calls.iter().find(|c| c.first.index() == function.steps.start);
    let call = call.expect("a function has a first call");
    let prefix = call.prefix.replace("{}", &call.number.to_string());
    let mut order: Vec<TensorId> = Vec::new();
    let mut packs = Vec::new();
    for id in program.steps[function.steps.clone()].iter().filter_map(|s| s.pack) {
        let kind = &program.packs[id.index()].kind;
        for tensor in kind.tensors() {
            if !order.contains(&tensor) {
                order.push(tensor);
            }
        }
        let number = |id: TensorId| order.iter().position(|&t| t == id).expect("it was added above");
        packs.push((plan.packs[id.index()] - call.weights, pack(kind, number)));
    }
    let tensor = |id: &TensorId| {
        let tensor = &program.tensors[id.index()];
        let name = tensor.name.strip_prefix(&prefix).unwrap_or(&tensor.name).trim_start_matches('.');
        Tensor { name: text(name), role: role(tensor.role), shape: leak(tensor.shape.clone()) }
    };
    let tensors = leak(order.iter().map(tensor).collect());
    Box::leak(Box::new(Group { tensors, packs: leak(packs), size: function.weights_size }))
}

fn role(role: op::Role) -> Role {
    match role {
        op::Role::Kernel => Role::Kernel,
        op::Role::Bias => Role::Bias,
        op::Role::Gamma => Role::Gamma,
        op::Role::Beta => Role::Beta,
        op::Role::Mean => Role::Mean,
        op::Role::Variance => Role::Variance,
    }
}

fn pack(kind: &PackKind, number: impl Fn(TensorId) -> usize) -> Pack {
    let norms = |norms: &[archc_core::lir::Norm]| {
        let norm = |n: &archc_core::lir::Norm| Norm {
            gamma: n.gamma.map(&number),
            beta: number(n.beta),
            mean: number(n.mean),
            variance: number(n.variance),
            eps: n.eps,
        };
        leak(norms.iter().map(norm).collect())
    };
    match kind {
        PackKind::Conv { weight, bias, norms: n, groups, packing } => {
            let (weight, bias) = (number(*weight), bias.map(&number));
            Pack::Conv { weight, bias, norms: norms(n), groups: *groups, packing: *packing }
        }
        PackKind::Dense { weight, bias, norms: n, input } => {
            let (weight, bias) = (number(*weight), bias.map(&number));
            Pack::Dense { weight, bias, norms: norms(n), input: *input }
        }
        PackKind::Affine { norms: n } => Pack::Affine { norms: norms(n) },
        PackKind::Normalize { mean, variance } => {
            Pack::Normalize { mean: number(*mean), variance: number(*variance) }
        }
    }
}
