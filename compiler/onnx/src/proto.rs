//! The messages of ONNX's `onnx.proto` that a model takes, by their names there, and short ways to make them.
//!
//! Fields that archc neither writes nor reads are left out; they are skipped when a model is read. Numbers are not packed,
//! as in proto2.

use prost::Message;

/// A model. Initializers and their numbers are written one by one (`write.rs`), so that those of the graph are empty until
/// a model is read back.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct ModelProto {
    #[prost(int64, optional, tag = "1")]
    pub ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub producer_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub producer_version: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
}

/// A version of a set of operators.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct OperatorSetIdProto {
    /// Empty for ONNX's own operators.
    #[prost(string, optional, tag = "1")]
    pub domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub version: Option<i64>,
}

/// Nodes, each behind its inputs, and what enters and leaves.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// An operation.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct NodeProto {
    /// Names of values; an empty one is an optional input that is not there.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
}

/// An attribute of a node; `type` says which of the others it is.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub s: Option<Vec<u8>>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    pub r#type: Option<i32>,
}

/// A tensor.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub data_type: Option<i32>,
    #[prost(string, optional, tag = "8")]
    pub name: Option<String>,
    /// Little-endian.
    #[prost(bytes = "vec", optional, tag = "9")]
    pub raw_data: Option<Vec<u8>>,
}

/// A value that enters or leaves.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct ValueInfoProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
}

/// A type: always that of a tensor here.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorType>,
}

/// The type of a tensor, `TypeProto.Tensor` in `onnx.proto`.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct TensorType {
    #[prost(int32, optional, tag = "1")]
    pub elem_type: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// The shape of a tensor.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// A number or a name, `TensorShapeProto.Dimension` in `onnx.proto`.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs, reason = "documented in onnx.proto")]
pub struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
}

/// `TensorProto.DataType.FLOAT`
pub const FLOAT: i32 = 1;
/// `TensorProto.DataType.INT64`
pub const INT64: i32 = 7;

/// A size as the format has it. What does not fit is far beyond what a model may hold.
pub(crate) fn size(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(crate) fn float(name: &str, value: f64) -> AttributeProto {
    let value = Some(value as f32);
    AttributeProto { name: Some(name.to_owned()), f: value, r#type: Some(1), ..AttributeProto::default() }
}

pub(crate) fn int(name: &str, value: usize) -> AttributeProto {
    let value = Some(size(value));
    AttributeProto { name: Some(name.to_owned()), i: value, r#type: Some(2), ..AttributeProto::default() }
}

pub(crate) fn string(name: &str, value: &str) -> AttributeProto {
    let value = Some(value.as_bytes().to_vec());
    AttributeProto { name: Some(name.to_owned()), s: value, r#type: Some(3), ..AttributeProto::default() }
}

pub(crate) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|&n| size(n)).collect();
    AttributeProto { name: Some(name.to_owned()), ints, r#type: Some(7), ..AttributeProto::default() }
}

/// A tensor of f32 whose first dimension is the batch.
pub(crate) fn batched(name: &str, dims: &[usize]) -> ValueInfoProto {
    let batch = Dimension { dim_param: Some("N".to_owned()), dim_value: None };
    let number = |&n: &usize| Dimension { dim_value: Some(size(n)), dim_param: None };
    let shape = TensorShapeProto { dim: std::iter::once(batch).chain(dims.iter().map(number)).collect() };
    let tensor_type = Some(TensorType { elem_type: Some(FLOAT), shape: Some(shape) });
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type }) }
}
