//! Functions: one for each distinct block, and `forward`, which calls them.

use super::Artifact;
use super::block::Block;
use super::text::comment;
use super::views::{activation, array, conv, number, pool, pool_kind, view};
use crate::lir::{BufferId, Kernel, Step, ValueId};
use crate::plan::Call;
use archc_runtime::layout::View;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::collections::{BTreeMap, BTreeSet};

/// Calls in one function of the generated text; more are cut into parts, since long functions compile slowly.
const CALLS_IN_ONE: usize = 40;

/// `forward`, which runs the whole network.
pub(super) fn forward(artifact: Artifact<'_>) -> Vec<TokenStream> {
    let parts: Vec<&[Call]> = artifact.plan.calls.chunks(CALLS_IN_ONE).collect();
    let body = |calls: &[Call]| calls.iter().map(|c| call(artifact, c)).collect::<TokenStream>();
    if let [calls] = parts.as_slice() {
        let body = body(calls);
        return vec![quote! {
            /// One inference: every block in order, its weights and its places in the arena.
            fn forward(run: &mut Run<'_>) { #body }
        }];
    }
    let names: Vec<Ident> = (1..=parts.len()).map(|i| format_ident!("forward_part{i}")).collect();
    let mut items = vec![quote! {
        /// One inference: every block in order, its weights and its places in the arena.
        fn forward(run: &mut Run<'_>) { #(#names(run);)* }
    }];
    items.extend(parts.iter().zip(&names).map(|(calls, name)| {
        let body = body(calls);
        quote! { fn #name(run: &mut Run<'_>) { #body } }
    }));
    items
}

fn call(artifact: Artifact<'_>, call: &Call) -> TokenStream {
    let function = &artifact.plan.functions[call.function];
    let name = format_ident!("{}", function.name);
    let places: Vec<usize> = call.buffers.iter().map(|b| artifact.plan.buffers[b.index()]).collect();
    let places = array(&places);
    let (weights, size) = (number(call.weights), number(function.weights_size));
    let words = match (call.prefix.as_str(), call.count) {
        ("", _) => None,
        (prefix, 1) => Some(prefix.replace("{}", &call.number.to_string())),
        (prefix, count) => {
            Some(prefix.replace("{}", &format!("{}..{}", call.number, call.number + count - 1)))
        }
    };
    let words = words.map(|w| comment(&w));
    let takes_weights = function.weights_size > 0;
    match (call.count, takes_weights) {
        (1, true) => quote! { #words #name(run, #weights, #places); },
        (1, false) => quote! { #words #name(run, #places); },
        (count, true) => {
            let count = number(count);
            quote! { #words for i in 0..#count { #name(run, #weights + i * #size, #places); } }
        }
        (count, false) => {
            let count = number(count);
            quote! { #words for _ in 0..#count { #name(run, #places); } }
        }
    }
}

/// A block's function.
pub(super) fn function(artifact: Artifact<'_>, block: &Block<'_>) -> TokenStream {
    let function = block.function;
    let names = Names::new(artifact, block);
    let name = format_ident!("{}", function.name);
    let parameters = function.buffers.iter().map(|b| &names.buffers[b]);
    let count = number(function.buffers.len());
    let consts = names.consts.iter().map(|(name, view)| {
        let view = self::view(view);
        quote! { const #name: View = #view; }
    });
    let steps = block.steps.iter().map(|step| {
        let words = comment(&step.comment);
        let at = step.pack.map(|p| block.offset(artifact, p));
        let call = step_call(artifact, step, at, &names);
        quote! { #words #call }
    });
    let weights = (function.weights_size > 0).then(|| quote! { w: usize, });
    let docs = format!(" {}", docs(artifact, block));
    quote! {
        #[doc = #docs]
        fn #name(run: &mut Run<'_>, #weights [#(#parameters),*]: [usize; #count]) {
            #(#consts)*
            #(#steps)*
        }
    }
}

fn docs(artifact: Artifact<'_>, block: &Block<'_>) -> String {
    let shape = |id: ValueId| {
        let v = artifact.program.values[id.index()].view;
        format!("{}x{}x{}", v.height, v.width, v.channels)
    };
    let from = block.steps.iter().find_map(|s| s.inputs.first()).map(|&v| shape(v));
    let to = block.steps.last().map(|s| shape(s.output));
    let times = if block.times == 1 { String::new() } else { format!(", {} times", block.times) };
    let what = match block.prefix.as_str() {
        "" => "Operations of the net itself".to_owned(),
        prefix => format!("`{prefix}`"),
    };
    match (from, to) {
        (Some(from), Some(to)) => format!("{what}: {from} to {to}{times}."),
        _ => format!("{what}{times}."),
    }
}

/// The names of a function's parameters and constants.
struct Names {
    buffers: BTreeMap<BufferId, Ident>,
    views: BTreeMap<ValueId, Ident>,
    consts: Vec<(Ident, View)>,
}

impl Names {
    fn new(artifact: Artifact<'_>, block: &Block<'_>) -> Names {
        let program = artifact.program;
        let mut written = BTreeSet::new();
        let mut entering = BTreeSet::new();
        for step in block.steps {
            for input in &step.inputs {
                let buffer = program.values[input.index()].buffer;
                if !written.contains(&buffer) {
                    entering.insert(buffer);
                }
            }
            written.insert(program.values[step.output.index()].buffer);
        }
        let mut buffers = BTreeMap::new();
        let (mut inputs, mut others) = (0, 0);
        for &buffer in &block.function.buffers {
            let name = if entering.contains(&buffer) {
                inputs += 1;
                if inputs == 1 { format_ident!("x") } else { format_ident!("x{inputs}") }
            } else {
                others += 1;
                format_ident!("t{others}")
            };
            buffers.insert(buffer, name);
        }
        let mut views = BTreeMap::new();
        let mut consts: Vec<(Ident, View)> = Vec::new();
        for step in block.steps {
            for &id in step.inputs.iter().chain([&step.output]) {
                if views.contains_key(&id) {
                    continue;
                }
                let value = &program.values[id.index()];
                let stem = if id == step.output {
                    constant_name(block.local(&value.name))
                } else {
                    buffers.get(&value.buffer).map_or("X".to_owned(), |b| b.to_string().to_uppercase())
                };
                let free = |name: &str| !consts.iter().any(|(n, _)| n == name);
                let name = (1..)
                    .map(|i| if i == 1 { stem.clone() } else { format!("{stem}_{i}") })
                    .find(|n| free(n))
                    .unwrap_or(stem);
                let name = format_ident!("{name}");
                consts.push((name.clone(), value.view));
                views.insert(id, name);
            }
        }
        Names { buffers, views, consts }
    }
}

/// `residual1.conv2` as `RESIDUAL1_CONV2`.
pub(super) fn constant_name(path: &str) -> String {
    let name: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("V_{name}") }
}

fn step_call(artifact: Artifact<'_>, step: &Step, pack: Option<usize>, names: &Names) -> TokenStream {
    let at = |id: ValueId| {
        let value = &artifact.program.values[id.index()];
        let (view, buffer) = (&names.views[&id], &names.buffers[&value.buffer]);
        quote! { #view.at(#buffer) }
    };
    let inputs: Vec<TokenStream> = step.inputs.iter().map(|&i| at(i)).collect();
    let x = inputs.first();
    let second = inputs.get(1);
    let residual = second.map_or(quote! { None }, |r| quote! { Some(#r) });
    let y = at(step.output);
    let w = match pack {
        Some(0) | None => quote! { w },
        Some(offset) => {
            let offset = number(offset);
            quote! { w + #offset }
        }
    };
    match &step.kernel {
        Kernel::Conv(op) => {
            let op = conv(op);
            quote! { run.conv(&#op, #w, #x, #residual, #y); }
        }
        Kernel::Dense(op) => {
            let then = activation(op.activation);
            quote! { run.dense(&Dense { activation: #then }, #w, #x, #residual, #y); }
        }
        Kernel::Pool(op) => {
            let op = pool(op);
            quote! { run.pool(&#op, #x, #y); }
        }
        Kernel::GlobalPool(kind) => {
            let kind = pool_kind(*kind);
            quote! { run.global_pool(#kind, #x, #y); }
        }
        Kernel::Affine(op) => {
            let then = activation(op.activation);
            quote! { run.affine(&Affine { activation: #then }, #w, #x, #y); }
        }
        Kernel::Rescale(op) => {
            let (scale, offset) = (float(op.scale), float(op.offset));
            quote! { run.rescale(&Rescale { scale: #scale, offset: #offset }, #x, #y); }
        }
        Kernel::Lrn(op) => {
            let size = number(op.size);
            let (alpha, beta, k) = (float(op.alpha), float(op.beta), float(op.k));
            quote! { run.lrn(&Lrn { size: #size, alpha: #alpha, beta: #beta, k: #k }, #x, #y); }
        }
        Kernel::Softmax => quote! { run.softmax(#x, #y); },
        Kernel::Activate(function) => {
            let function = activation(*function);
            quote! { run.activate(#function, #x, #y); }
        }
        Kernel::Add(function) => {
            let function = activation(*function);
            quote! { run.add(#function, #x, #second, #y); }
        }
        Kernel::Multiply => quote! { run.multiply(#x, #second, #y); },
        Kernel::Copy { top, left } => {
            let (top, left) = (number(*top), number(*left));
            quote! { run.copy(#top, #left, #x, #y); }
        }
        Kernel::Flatten => quote! { run.flatten(#x, #y); },
        Kernel::Shuffle { groups } => {
            let groups = number(*groups);
            quote! { run.shuffle(#groups, #x, #y); }
        }
        Kernel::Upsample { factor } => {
            let factor = array(factor);
            quote! { run.upsample(#factor, #x, #y); }
        }
        Kernel::Clear => quote! { run.clear(#y); },
    }
}

/// A finite f32 as a literal; a sign in front of it is an operator of its own.
fn float(x: f32) -> TokenStream {
    let literal = proc_macro2::Literal::f32_unsuffixed(x.abs());
    if x.is_sign_negative() {
        quote! { -#literal }
    } else {
        quote! { #literal }
    }
}
