//! How large packed weights are.

use super::{PackKind, Tensor, TensorId};
use archc_runtime::weights::spec;

impl PackKind {
    /// Numbers that the weights of a kernel take when packed, where these are the program's tensors: a multiple of 16.
    pub fn size(&self, tensors: &[Tensor]) -> usize {
        let shape = |id: TensorId| tensors.get(id.index()).map_or(&[][..], |t| t.shape.as_slice());
        match self {
            PackKind::Conv { weight, groups, packing, .. } => {
                let Ok(shape) = <[usize; 4]>::try_from(shape(*weight)) else { return 0 };
                spec::conv_size(shape, (*groups).max(1), *packing)
            }
            PackKind::Dense { weight, input, .. } => {
                let &[_, outputs] = shape(*weight) else { return 0 };
                spec::dense_size(input, outputs)
            }
            PackKind::Affine { norms } => {
                norms.first().map_or(0, |n| spec::affine_size(shape(n.mean).iter().product()))
            }
            PackKind::Normalize { mean, .. } => spec::affine_size(shape(*mean).iter().product()),
        }
    }

    /// The tensors that it is made of, in the order in which they were added to the program.
    pub fn tensors(&self) -> Vec<TensorId> {
        let own: Vec<TensorId> = match self {
            PackKind::Conv { weight, bias, .. } | PackKind::Dense { weight, bias, .. } => {
                [*weight].into_iter().chain(*bias).collect()
            }
            PackKind::Affine { .. } => Vec::new(),
            PackKind::Normalize { mean, variance } => vec![*mean, *variance],
        };
        let norms = self.norms().iter().flat_map(|n| n.gamma.into_iter().chain([n.beta, n.mean, n.variance]));
        own.into_iter().chain(norms).collect()
    }

    /// The same kind with other tensors in place of its own.
    #[must_use]
    pub fn map_tensors(&self, mut to: impl FnMut(TensorId) -> TensorId) -> PackKind {
        let mut kind = self.clone();
        match &mut kind {
            PackKind::Conv { weight, bias, .. } | PackKind::Dense { weight, bias, .. } => {
                *weight = to(*weight);
                *bias = bias.map(&mut to);
            }
            PackKind::Affine { .. } => {}
            PackKind::Normalize { mean, variance } => {
                *mean = to(*mean);
                *variance = to(*variance);
            }
        }
        match &mut kind {
            PackKind::Conv { norms, .. } | PackKind::Dense { norms, .. } | PackKind::Affine { norms } => {
                for norm in norms {
                    norm.gamma = norm.gamma.map(&mut to);
                    for id in [&mut norm.beta, &mut norm.mean, &mut norm.variance] {
                        *id = to(*id);
                    }
                }
            }
            PackKind::Normalize { .. } => {}
        }
        kind
    }

    fn norms(&self) -> &[super::Norm] {
        match self {
            PackKind::Conv { norms, .. } | PackKind::Dense { norms, .. } | PackKind::Affine { norms } => {
                norms
            }
            PackKind::Normalize { .. } => &[],
        }
    }
}
