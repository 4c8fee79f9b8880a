//! The tables of a module: the network's facts, its tensors, and how they are packed.

use super::Artifact;
use super::block::Block;
use super::functions::constant_name;
use super::views::{self, array, number, view};
use crate::backend::Backend;
use crate::ir::Shape;
use crate::ir::op::Role;
use crate::ir::preprocess::{Filter, Step};
use crate::lir::{self, Norm, PackKind, TensorId, ValueId};
use crate::plan::Function;
use archc_runtime::op::Split;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeMap;

/// `NETWORK` and what it refers to.
pub(in crate::backend) fn network(artifact: Artifact<'_>, backend: Backend) -> Vec<TokenStream> {
    let Artifact { program, plan, .. } = artifact;
    let name = &program.name;
    let input = output(artifact, "input", program.input);
    let outputs = program.outputs.iter().map(|(name, id)| output(artifact, name, *id));
    let logits = match program.logits {
        Some(id) => {
            let logits = output(artifact, "logits", id);
            quote! { Some(#logits) }
        }
        None => quote! { None },
    };
    let instances = plan.calls.iter().filter(|c| plan.functions[c.function].weights_size > 0).map(|call| {
        let (prefix, first, count) = (&call.prefix, number(call.number), number(call.count));
        let group = group_name(&plan.functions[call.function]);
        let offset = number(call.weights);
        quote! { Instance { prefix: #prefix, first: #first, count: #count, group: &#group, offset: #offset } }
    });
    let [arena, scratch, weights] = [plan.arena_size, plan.scratch_size, plan.weights_size].map(number);
    // What only the CPU's kernels may do.
    let split = views::split(match backend {
        Backend::Cpu => artifact.mode.split(),
        Backend::Cuda => Split::None,
    });
    let (parameters, macs) =
        (Literal::u64_unsuffixed(artifact.parameters), Literal::u64_unsuffixed(artifact.macs));
    let preprocess = match artifact.preprocess {
        Some(preprocess) => {
            let steps = preprocess.steps.iter().map(preprocess_step);
            quote! { Some(&[#(#steps),*]) }
        }
        None => quote! { None },
    };
    // Kernels for a GPU are a table of their own.
    let forward = match backend {
        Backend::Cpu => quote! { Some(forward) },
        Backend::Cuda => quote! { None },
    };
    let labels = artifact.labels;
    let count = number(labels.len());
    let mut tables = vec![
        quote! {
            /// The network, for code that handles any.
            pub static NETWORK: Network = Network {
                name: #name,
                input: #input,
                outputs: &[#(#outputs),*],
                logits: #logits,
                arena_size: #arena,
                scratch_size: #scratch,
                split: #split,
                weights_size: #weights,
                instances: &INSTANCES,
                parameters: #parameters,
                macs: #macs,
                preprocess: #preprocess,
                labels: &LABELS,
                forward: #forward,
            };
        },
        {
            let all: Vec<TokenStream> = instances.collect();
            let length = number(all.len());
            quote! {
                /// Which blocks there are, under which names, and where their packed weights lie.
                static INSTANCES: [Instance; #length] = [#(#all),*];
            }
        },
        quote! {
            /// Names of the classes.
            pub static LABELS: [&str; #count] = [#(#labels),*];
        },
    ];
    if !program.taps.is_empty() {
        let (taps, count) = (program.taps.iter().map(|t| tap(artifact, t)), number(program.taps.len()));
        tables.push(quote! {
            /// Where the values of operations lie behind a run.
            pub static TAPS: [Tap; #count] = [#(#taps),*];
        });
    }
    tables
}

fn tap(artifact: Artifact<'_>, tap: &lir::Tap) -> TokenStream {
    let value = &artifact.program.values[tap.value.index()];
    let offset = number(artifact.plan.buffers[value.buffer.index()]);
    let Shape { height, width, channels } = tap.shape;
    let (name, shape, view) = (&tap.name, array(&[height, width, channels]), view(&value.view));
    quote! { Tap { name: #name, shape: #shape, view: #view, offset: #offset } }
}

fn output(artifact: Artifact<'_>, name: &str, id: ValueId) -> TokenStream {
    let value = &artifact.program.values[id.index()];
    let offset = number(artifact.plan.buffers[value.buffer.index()]);
    let view = view(&value.view);
    quote! { Output { name: #name, view: #view, offset: #offset } }
}

fn preprocess_step(step: &Step) -> TokenStream {
    match step {
        Step::ResizeShort(side, f) => {
            let (side, f) = (number(*side), filter(*f));
            quote! { Preprocess::ResizeShort(#side, #f) }
        }
        Step::ResizeBoth(rows, columns, f) => {
            let (rows, columns, f) = (number(*rows), number(*columns), filter(*f));
            quote! { Preprocess::ResizeBoth(#rows, #columns, #f) }
        }
        Step::Crop(rows, columns) => {
            let (rows, columns) = (number(*rows), number(*columns));
            quote! { Preprocess::Crop(#rows, #columns) }
        }
        Step::Bgr => quote! { Preprocess::Bgr },
        Step::Scale(scale) => {
            let scale = float(*scale);
            quote! { Preprocess::Scale(#scale) }
        }
        Step::Normalize { mean, std } => {
            let (mean, std) = (mean.iter().map(|&x| float(x)), std.iter().map(|&x| float(x)));
            quote! { Preprocess::Normalize { mean: &[#(#mean),*], std: &[#(#std),*] } }
        }
    }
}

fn filter(filter: Filter) -> TokenStream {
    match filter {
        Filter::Box => quote! { Filter::Box },
        Filter::Bilinear => quote! { Filter::Bilinear },
        Filter::Bicubic => quote! { Filter::Bicubic },
        Filter::Lanczos => quote! { Filter::Lanczos },
    }
}

/// The weights of one block; nothing where it has none.
pub(in crate::backend) fn group(
    artifact: Artifact<'_>,
    backend: Backend,
    block: &Block<'_>,
) -> Option<TokenStream> {
    let function = block.function;
    if function.weights_size == 0 {
        return None;
    }
    let program = artifact.program;
    let mut tensors = Tensors::default();
    let mut packs = Vec::new();
    for step in block.steps {
        let Some(id) = step.pack else { continue };
        let offset = number(block.offset(artifact, id));
        let pack = pack(&program.packs[id.index()].kind, &mut tensors);
        packs.push(quote! { (#offset, #pack) });
    }
    let tensors = tensors.order.iter().map(|id| {
        let tensor = &program.tensors[id.index()];
        let name = block.local(&tensor.name);
        let role = match tensor.role {
            Role::Kernel => quote! { Kernel },
            Role::Bias => quote! { Bias },
            Role::Gamma => quote! { Gamma },
            Role::Beta => quote! { Beta },
            Role::Mean => quote! { Mean },
            Role::Variance => quote! { Variance },
        };
        let shape = tensor.shape.iter().map(|&n| number(n));
        quote! { Tensor::new(#name, Role::#role, &[#(#shape),*]) }
    });
    let (name, size) = (group_name(function), number(function.weights_size));
    let docs = match backend {
        Backend::Cpu => format!(" The weights of [`{}`].", function.name),
        Backend::Cuda => format!(" The weights of `{}`.", function.name),
    };
    Some(quote! {
        #[doc = #docs]
        static #name: Group = Group { tensors: &[#(#tensors),*], packs: &[#(#packs),*], size: #size };
    })
}

fn group_name(function: &Function) -> Ident {
    format_ident!("{}", constant_name(&function.name))
}

/// The tensors of a group, numbered by first use.
#[derive(Default)]
struct Tensors {
    order: Vec<TensorId>,
    numbers: BTreeMap<TensorId, usize>,
}

impl Tensors {
    fn number(&mut self, id: TensorId) -> usize {
        let next = self.order.len();
        let order = &mut self.order;
        *self.numbers.entry(id).or_insert_with(|| {
            order.push(id);
            next
        })
    }

    fn literal(&mut self, id: TensorId) -> Literal {
        number(self.number(id))
    }

    fn optional(&mut self, id: Option<TensorId>) -> TokenStream {
        match id {
            Some(id) => {
                let n = self.literal(id);
                quote! { Some(#n) }
            }
            None => quote! { None },
        }
    }
}

fn pack(kind: &PackKind, tensors: &mut Tensors) -> TokenStream {
    match kind {
        PackKind::Conv { weight, bias, norms, groups, packing } => {
            let (weight, bias) = (tensors.literal(*weight), tensors.optional(*bias));
            let (norms, groups) = (self::norms(norms, tensors), number(*groups));
            let packing = views::packing(*packing);
            quote! {
                Pack::Conv { weight: #weight, bias: #bias, norms: #norms, groups: #groups, packing: #packing }
            }
        }
        PackKind::Dense { weight, bias, norms, input } => {
            let (weight, bias) = (tensors.literal(*weight), tensors.optional(*bias));
            let (norms, input) = (self::norms(norms, tensors), view(input));
            quote! { Pack::Dense { weight: #weight, bias: #bias, norms: #norms, input: #input } }
        }
        PackKind::Affine { norms } => {
            let norms = self::norms(norms, tensors);
            quote! { Pack::Affine { norms: #norms } }
        }
        PackKind::Normalize { mean, variance } => {
            let (mean, variance) = (tensors.literal(*mean), tensors.literal(*variance));
            quote! { Pack::Normalize { mean: #mean, variance: #variance } }
        }
    }
}

fn norms(norms: &[Norm], tensors: &mut Tensors) -> TokenStream {
    let all = norms.iter().map(|norm| {
        let gamma = norm.gamma.map(|id| tensors.number(id));
        let [beta, mean, variance] = [norm.beta, norm.mean, norm.variance].map(|id| tensors.number(id));
        let eps = float(norm.eps);
        let first = gamma.unwrap_or(beta);
        let follow = match gamma {
            Some(_) => [beta, mean, variance] == [first + 1, first + 2, first + 3],
            None => [mean, variance] == [first + 1, first + 2],
        };
        let literal = number(first);
        match (follow, gamma) {
            (true, Some(_)) => quote! { Norm::scaled(#literal, #eps) },
            (true, None) => quote! { Norm::unscaled(#literal, #eps) },
            (false, gamma) => {
                let gamma = match gamma.map(number) {
                    Some(n) => quote! { Some(#n) },
                    None => quote! { None },
                };
                let [beta, mean, variance] = [beta, mean, variance].map(number);
                quote! { Norm { gamma: #gamma, beta: #beta, mean: #mean, variance: #variance, eps: #eps } }
            }
        }
    });
    let all: Vec<TokenStream> = all.collect();
    quote! { &[#(#all),*] }
}

/// A finite f64 as a literal; a sign in front of it is an operator of its own.
fn float(x: f64) -> TokenStream {
    let literal = Literal::f64_unsuffixed(x.abs());
    if x.is_sign_negative() {
        quote! { -#literal }
    } else {
        quote! { #literal }
    }
}
