//! From a source to packed weights: all differences first, then tensor by tensor.

use super::error::LoadError;
use super::mismatch::{Mismatch, order};
use super::pack::pack;
use super::source::Source;
use super::spec::Tensor;
use super::tensors::Tensors;
use crate::spec::Network;
use crate::sys::Arena;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

/// The packed weights of a network.
pub(crate) fn load(network: &Network, source: &dyn Source) -> Result<Arena, LoadError> {
    let mismatch = compare(network, source);
    if !mismatch.is_empty() {
        return Err(LoadError::Mismatch(mismatch));
    }
    let mut packed = Arena::zeroed(network.weights_size);
    for instance in network.instances {
        let group = instance.group;
        let mut tensors = Tensors::new(source, instance);
        for repetition in 0..instance.count {
            tensors.repeat(repetition);
            let start = instance.offset + repetition * group.size;
            let weights = &mut packed[start..start + group.size];
            for (offset, how) in group.packs {
                pack(how, &mut tensors, &mut weights[*offset..])?;
            }
        }
    }
    Ok(packed)
}

/// Every tensor of a network with its full name.
pub(super) fn tensors(network: &Network) -> impl Iterator<Item = (String, Tensor)> {
    network.instances.iter().flat_map(|instance| {
        (0..instance.count).flat_map(move |repetition| {
            instance.group.tensors.iter().map(move |tensor| (instance.name(repetition, tensor), *tensor))
        })
    })
}

/// Every difference between what the network needs and what the source has.
fn compare(network: &Network, source: &dyn Source) -> Mismatch {
    let mut mismatch = Mismatch { network: network.name, ..Mismatch::default() };
    let mut wanted = BTreeSet::new();
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
