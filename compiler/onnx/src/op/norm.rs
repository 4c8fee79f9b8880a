//! Normalizations by stored statistics.

use super::Site;
use crate::builder::{Builder, Form, Value};
use crate::initializer::Layout;
use crate::proto::float;
use archc_core::ir::op::{BatchNorm, Role};

pub(super) fn batch_norm(b: &mut Builder, site: &Site<'_>, o: &BatchNorm) -> Value {
    let channels = site.out.channels;
    let [gamma, beta, mean, variance] = [Role::Gamma, Role::Beta, Role::Mean, Role::Variance]
        .map(|role| weight(b, site, role, &[channels], Layout::Same).unwrap_or_else(|| b.ones(channels)));
    let inputs = [&site.inputs[0].name, &gamma, &beta, &mean, &variance].map(String::as_str);
    site.like_input(b.node(site.path, "BatchNormalization", &inputs, vec![float("epsilon", o.eps)]))
}

pub(super) fn normalize(b: &mut Builder, site: &Site<'_>) -> Value {
    let channels = site.out.channels;
    let dims = match site.inputs[0].form {
        Form::Plane => vec![channels, 1, 1],
        Form::Vector => vec![channels],
    };
    let x = &site.inputs[0].name;
    let mean = weight(b, site, Role::Mean, &dims, Layout::Same).unwrap_or_default();
    let centred = b.node(&site.inner("centred"), "Sub", &[x, &mean], vec![]);
    let deviation = weight(b, site, Role::Variance, &dims, Layout::Deviations).unwrap_or_default();
    site.like_input(b.node(site.path, "Div", &[&centred, &deviation], vec![]))
}

/// The tensor of a role, if the operator has it.
fn weight(b: &mut Builder, site: &Site<'_>, role: Role, dims: &[usize], layout: Layout) -> Option<String> {
    let weight = site.weights.iter().find(|w| w.role == role)?;
    Some(b.weights(weight, dims, layout))
}
