//! A graph in the making: nodes, constants, and values in one of two forms.

use crate::initializer::{Data, Initializer, Layout};
use crate::proto::{self, AttributeProto, NodeProto};
use archc_core::ir::op::Weight;
use std::collections::{BTreeMap, BTreeSet};

/// How a value lies in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `[N, channels, rows, columns]`
    Plane,
    /// `[N, channels]`, for values of 1x1 only.
    Vector,
}

/// In which order the numbers of a vector are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// In archc's.
    Same,
    /// Those of a flattened plane, channels first, where archc has them last.
    ChannelsFirst { pixels: usize, channels: usize },
}

/// A value of the model.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) form: Form,
    pub(crate) order: Order,
}

impl Value {
    pub(crate) fn plane(name: String) -> Value {
        Value { name, form: Form::Plane, order: Order::Same }
    }

    pub(crate) fn vector(name: String) -> Value {
        Value { name, form: Form::Vector, order: Order::Same }
    }
}

/// The parts of a model. Names that are made up here have a `/`, which no path has.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) nodes: Vec<NodeProto>,
    pub(crate) initializers: Vec<Initializer>,
    /// Names of constants that are there.
    shared: BTreeSet<String>,
    /// The other form of a value, by its name, where a node makes it.
    converted: BTreeMap<String, String>,
    /// Names that outputs of the network will have.
    reserved: BTreeSet<String>,
}

impl Builder {
    /// Keeps names of outputs free for them.
    pub(crate) fn new(reserved: BTreeSet<String>) -> Builder {
        Builder { reserved, ..Builder::default() }
    }

    /// The name of a value that archc calls so.
    pub(crate) fn value_name(&self, path: &str) -> String {
        if self.reserved.contains(path) { format!("{path}/value") } else { path.to_owned() }
    }

    /// Adds a node; the value that it computes has its name.
    pub(crate) fn node(
        &mut self,
        name: &str,
        op_type: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.value_name(name);
        self.node_to(name, op_type, inputs, attributes, output.clone());
        output
    }

    /// Adds a node whose value has a name of its own.
    pub(crate) fn node_to(
        &mut self,
        name: &str,
        op_type: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
        output: String,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&i| i.to_owned()).collect(),
            output: vec![output],
            name: Some(name.to_owned()),
            op_type: Some(op_type.to_owned()),
            attribute,
        });
    }

    /// The value as `[N, channels, rows, columns]`.
    pub(crate) fn as_plane(&mut self, value: &Value) -> String {
        match value.form {
            Form::Plane => value.name.clone(),
            Form::Vector => {
                let axes = self.integers(&[2, 3]);
                self.convert(&value.name, "plane", "Unsqueeze", &[&value.name, &axes], vec![])
            }
        }
    }

    /// The value, of 1x1, as `[N, channels]`.
    pub(crate) fn as_vector(&mut self, value: &Value) -> String {
        match value.form {
            Form::Vector => value.name.clone(),
            Form::Plane => {
                let axis = vec![proto::int("axis", 1)];
                self.convert(&value.name, "vector", "Flatten", &[&value.name], axis)
            }
        }
    }

    fn convert(
        &mut self,
        name: &str,
        form: &str,
        op_type: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        if let Some(there) = self.converted.get(name) {
            return there.clone();
        }
        let there = self.node(&format!("{name}/{form}"), op_type, inputs, attributes);
        self.converted.insert(name.to_owned(), there.clone());
        there
    }

    /// A tensor of weights, under its own name.
    pub(crate) fn weights(&mut self, weight: &Weight, dims: &[usize], layout: Layout) -> String {
        let name = match layout {
            Layout::Same | Layout::OutputsFirst { .. } => weight.name(),
            Layout::Deviations => format!("{}/deviation", weight.owner),
        };
        let data = Data::Weights { name: weight.name(), shape: weight.shape.clone(), layout };
        let dims = dims.iter().map(|&n| proto::size(n)).collect();
        self.initializers.push(Initializer { name: name.clone(), dims, data });
        name
    }

    /// A single number; nodes share it.
    pub(crate) fn scalar(&mut self, value: f64) -> String {
        let value = value as f32;
        self.constant(format!("/{value}"), vec![], Data::Floats(vec![value]))
    }

    /// So many ones.
    pub(crate) fn ones(&mut self, count: usize) -> String {
        self.constant(format!("/1x{count}"), vec![proto::size(count)], Data::Floats(vec![1.0; count]))
    }

    /// Integers, as a shape or a list of axes.
    pub(crate) fn integers(&mut self, values: &[usize]) -> String {
        let name = format!("/{values:?}").replace(' ', "");
        let values: Vec<i64> = values.iter().map(|&n| proto::size(n)).collect();
        self.constant(name, vec![proto::size(values.len())], Data::Integers(values))
    }

    /// Numbers in a row.
    pub(crate) fn floats(&mut self, values: &[f32]) -> String {
        let name = format!("/{values:?}").replace(' ', "");
        self.constant(name, vec![proto::size(values.len())], Data::Floats(values.to_vec()))
    }

    fn constant(&mut self, name: String, dims: Vec<i64>, data: Data) -> String {
        if self.shared.insert(name.clone()) {
            self.initializers.push(Initializer { name: name.clone(), dims, data });
        }
        name
    }
}
