//! From a source to packed weights: all differences first, then tensor by tensor.

use super::error::LoadError;
use super::mismatch::{Mismatch, order};
use super::pack::pack;
use super::source::{Numbers, Source};
use super::spec::{Instance, Tensor};
use crate::spec::Network;
use crate::sys::Arena;
use std::collections::HashSet;

/// The packed weights of a network.
pub(crate) fn load(network: &Network, source: &dyn Source) -> Result<Arena, LoadError> {
    let mismatch = compare(network, source);
    if !mismatch.is_empty() {
        return Err(LoadError::Mismatch(mismatch));
    }
    let mut packed = Arena::zeroed(network.weights_size);
    for instance in network.instances {
        let group = instance.group;
        for repetition in 0..instance.count {
            let start = instance.offset + repetition * group.size;
            let weights = &mut packed[start..start + group.size];
            for (offset, how) in group.packs {
                let read = |index: usize| read(source, &name(instance, repetition, &group.tensors[index]));
                pack(how, group.tensors, &read, &mut weights[*offset..])?;
            }
        }
    }
    Ok(packed)
}

/// Every tensor of a network with its full name.
pub(super) fn tensors(network: &Network) -> impl Iterator<Item = (String, Tensor)> {
    network.instances.iter().flat_map(|instance| {
        (0..instance.count).flat_map(move |repetition| {
            instance.group.tensors.iter().map(move |tensor| (name(instance, repetition, tensor), *tensor))
        })
    })
}

/// The full name of a tensor in a repetition.
fn name(instance: &Instance, repetition: usize, tensor: &Tensor) -> String {
    if instance.prefix.is_empty() {
        return tensor.name.to_owned();
    }
    let number = (instance.first + repetition).to_string();
    format!("{}.{}", instance.prefix.replace("{}", &number), tensor.name)
}

/// Every difference between what the network needs and what the source has.
fn compare(network: &Network, source: &dyn Source) -> Mismatch {
    let mut mismatch = Mismatch { network: network.name, ..Mismatch::default() };
    let mut wanted = HashSet::new();
    for (name, tensor) in tensors(network) {
        match source.info(&name) {
            None => mismatch.missing.push((name.clone(), tensor.shape.to_vec())),
            Some(info) if info.shape != tensor.shape => {
                mismatch.shapes.push((name.clone(), tensor.shape.to_vec(), info.shape));
            }
            Some(info) if info.dtype.size().is_none() => mismatch.dtypes.push((name.clone(), info.dtype)),
            Some(_) => {}
        }
        wanted.insert(name);
    }
    let extra = source.names().into_iter().filter(|name| !wanted.contains(*name));
    let shape = |name: &str| source.info(name).map_or(Vec::new(), |info| info.shape);
    mismatch.extra = extra.map(|name| (name.to_owned(), shape(name))).collect();
    mismatch.extra.sort_by_cached_key(|(name, _)| order(name));
    mismatch
}

fn read<'s>(source: &'s dyn Source, name: &str) -> Result<Numbers<'s>, LoadError> {
    let bytes = source.read(name)?;
    source
        .info(name)
        .and_then(|info| Numbers::new(bytes, &info.dtype, info.shape.iter().product()))
        .ok_or_else(|| LoadError::Format {
            message: format!("{} is shorter than its shape", name.escape_debug()),
        })
}
