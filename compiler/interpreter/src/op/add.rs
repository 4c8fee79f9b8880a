//! The sum of two values.

use super::activation::activate;
use crate::run::Value;
use archc_core::ir::op::Add;

pub(crate) fn add(op: &Add, a: &Value, b: &Value) -> Value {
    let sums = a.data.iter().zip(&b.data).map(|(a, b)| a + b);
    let data = match op.activation {
        None => sums.collect(),
        Some(activation) => sums.map(|x| activate(activation, x)).collect(),
    };
    Value { shape: a.shape, data }
}
