//! From a source to packed weights: all differences first, then tensor by tensor.

use super::error::LoadError;
use super::mismatch::Mismatch;
use super::pack::pack;
use super::source::Source;
use super::spec::Tensor;
use super::tensors::Tensors;
use crate::spec::Network;
use crate::sys::Arena;
use alloc::string::String;

/// The packed weights of a network.
pub(crate) fn load(network: &Network, source: &dyn Source) -> Result<Arena, LoadError> {
    let needed = tensors(network).map(|(name, tensor)| (name, tensor.shape.to_vec()));
    let mismatch = Mismatch::between(network.name, needed, source);
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
