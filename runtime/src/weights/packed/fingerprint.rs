//! What decides how a network's packed weights lie, in one number: its tables.
//!
//! Every field is taken apart without `..`, so that a new one does not compile until it is counted.

use super::hash::Hash;
use crate::layout::{Element, Halo, Layout, Order, View};
use crate::op::Packing;
use crate::spec::Network;
use crate::weights::spec::{Group, Instance, Norm, Pack, Role, Tensor};

/// The same for the same tables, on any machine.
pub(super) fn fingerprint(network: &Network) -> u64 {
    Hash::new().size(network.weights_size).all(network.instances, instance).value()
}

fn instance(hash: Hash, &Instance { prefix, first, count, group, offset }: &Instance) -> Hash {
    let &Group { tensors, packs, size } = group;
    let hash = hash.bytes(prefix.as_bytes()).size(first).size(count).size(offset).size(size);
    hash.all(tensors, tensor).all(packs, |hash, (offset, how)| pack(hash.size(*offset), how))
}

fn tensor(hash: Hash, &Tensor { name, role, shape }: &Tensor) -> Hash {
    let role = match role {
        Role::Kernel => 0,
        Role::Bias => 1,
        Role::Gamma => 2,
        Role::Beta => 3,
        Role::Mean => 4,
        Role::Variance => 5,
    };
    hash.bytes(name.as_bytes()).word(role).all(shape, |hash, size| hash.size(*size))
}

fn pack(hash: Hash, how: &Pack) -> Hash {
    match *how {
        Pack::Conv { weight, bias, norms, groups, packing } => {
            let hash = optional(hash.word(0).size(weight), bias).all(norms, norm).size(groups);
            match packing {
                Packing::Plain => hash.word(0),
                Packing::Winograd { tile } => hash.word(1).size(tile),
            }
        }
        Pack::Dense { weight, bias, norms, input } => {
            view(optional(hash.word(1).size(weight), bias).all(norms, norm), &input)
        }
        Pack::Affine { norms } => hash.word(2).all(norms, norm),
        Pack::Normalize { mean, variance } => hash.word(3).size(mean).size(variance),
    }
}

fn norm(hash: Hash, &Norm { gamma, beta, mean, variance, eps }: &Norm) -> Hash {
    optional(hash, gamma).size(beta).size(mean).size(variance).word(eps.to_bits())
}

fn optional(hash: Hash, index: Option<usize>) -> Hash {
    match index {
        None => hash.word(0),
        Some(index) => hash.word(1).size(index),
    }
}

fn view(hash: Hash, view: &View) -> Hash {
    let &View { height, width, channels, layout, first_channel, buffer_channels } = view;
    let Layout { element, planes, block, order, halo, pitch } = layout;
    let Halo { top, bottom, left, right } = halo;
    let element = match element {
        Element::F32 => 0,
        Element::Bf16 => 1,
        Element::F16 => 2,
    };
    let order = match order {
        Order::Natural => 0,
    };
    let sizes = [
        height,
        width,
        channels,
        first_channel,
        buffer_channels,
        planes,
        block,
        top,
        bottom,
        left,
        right,
        pitch,
    ];
    hash.word(element).word(order).all(&sizes, |hash, size| hash.size(*size))
}
