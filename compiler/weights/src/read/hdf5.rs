//! Keras's HDF5 files: the older `.h5`, whose attributes name every weight, and Keras 3's `.weights.h5`, which numbers them.

use super::keras_names::{Described, class_of, weights_of};
use super::{FileTensor, Numbers, ReadError, WeightsFile, size};
use crate::dtype::Dtype;
use crate::framework::GAMMA_OR_BETA;
use hdf5_pure::{AttrValue, Dataset, Datatype, DatatypeByteOrder, FormatError, Group, Source};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// Groups within groups: nested models nest their groups.
const DEEPEST: usize = 32;

/// The most groups and datasets of a file.
const MOST: usize = 1 << 16;

/// A file, or a piece of one.
pub(super) struct Piece {
    file: Mutex<File>,
    start: u64,
    len: u64,
}

impl Piece {
    pub(super) fn new(file: File, start: u64, len: u64) -> Piece {
        Piece { file: Mutex::new(file), start, len }
    }
}

impl Source for Piece {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let failed = |e: std::io::Error| FormatError::Source(e.to_string());
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.len) {
            return Err(FormatError::Source("the file ends too early".into()));
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + offset)).map_err(failed)?;
        file.read_exact(buffer).map_err(failed)
    }
}

/// What the description of a `.keras` file says about the layers of Keras 3's groups, by the path of the group.
pub(super) type Layers = HashMap<String, Described>;

pub(super) fn open(file: File) -> Result<WeightsFile, ReadError> {
    let len = file.metadata()?.len();
    open_source(Piece::new(file, 0, len), &Layers::new())
}

/// Opens what Keras wrote to HDF5. `layers` says what the file itself does not, where there is more.
pub(super) fn open_source(
    source: impl Source + Send + Sync + 'static,
    layers: &Layers,
) -> Result<WeightsFile, ReadError> {
    let opened = guard(|| hdf5_pure::File::from_source(source).map_err(damaged))?;
    let mut found = Found::default();
    guard(|| {
        let root = opened.root();
        let weights = root.group("model_weights").unwrap_or(root);
        match strings(&weights, "layer_names")? {
            Some(names) => legacy(&weights, &names, &mut found),
            None => numbered(&weights, "", layers, 0, &mut found),
        }
    })?;
    if found.tensors.is_empty() {
        return Err(ReadError::new("it is an HDF5 file without weights of Keras")
            .help("`model.save`, `save_weights` and Keras 3's `.weights.h5` are read"));
    }
    let undecided =
        found.tensors.iter().filter_map(|t| t.name.strip_suffix(GAMMA_OR_BETA)?.strip_suffix('/'));
    if let Some(first) = undecided.clone().next() {
        let others = match undecided.count() {
            1 => "has".to_owned(),
            count => format!("and {} more have", count - 1),
        };
        found.notes.push(format!(
            "`{first}` {others} either gamma or beta, and the file does not say which: taken for what the network has"
        ));
    }
    let numbers = Box::new(Datasets { file: opened, sets: found.sets });
    Ok(WeightsFile { tensors: found.tensors, notes: found.notes, numbers })
}

/// The reader of HDF5 is another's, and has been fuzzed less than files can be wrong: should it panic, that is an error of
/// the file's.
fn guard<T>(read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged("it cannot be understood")))
}

fn damaged(e: impl std::fmt::Display) -> ReadError {
    ReadError::new(format!("it is not a whole HDF5 file: {e}"))
}

#[derive(Default)]
struct Found {
    tensors: Vec<FileTensor>,
    sets: Vec<Dataset>,
    notes: Vec<String>,
    seen: HashSet<String>,
    visited: usize,
}

impl Found {
    fn add(&mut self, name: String, set: Dataset) -> Result<(), ReadError> {
        let shape: Option<Vec<usize>> =
            set.shape().map_err(damaged)?.into_iter().map(|n| usize::try_from(n).ok()).collect();
        let Some(shape) = shape.filter(|shape| size(shape).is_some()) else {
            return Err(damaged(format!("`{name}` has more numbers than any memory")));
        };
        if !self.seen.insert(name.clone()) {
            return Err(ReadError::new(format!("it has two weights called `{name}`")));
        }
        self.tensors.push(FileTensor { name, shape });
        self.sets.push(set);
        Ok(())
    }

    fn visit(&mut self) -> Result<(), ReadError> {
        self.visited += 1;
        if self.visited > MOST { Err(damaged("more groups than any network has")) } else { Ok(()) }
    }
}

/// An attribute that is a list of texts. Long lists are cut into `NAME0`, `NAME1`, and so on.
fn strings(group: &Group, name: &str) -> Result<Option<Vec<String>>, ReadError> {
    let attributes = group.attrs().map_err(damaged)?;
    if let Some(value) = attributes.get(name) {
        return Ok(Some(texts(value)));
    }
    let pieces: Vec<&AttrValue> = (0..).map_while(|i: usize| attributes.get(&format!("{name}{i}"))).collect();
    Ok((!pieces.is_empty()).then(|| pieces.into_iter().flat_map(texts).collect()))
}

/// Fixed in length or not, one or several; an empty list is one of f64.
fn texts(value: &AttrValue) -> Vec<String> {
    value.as_strings().unwrap_or_default().to_vec()
}

/// Layers in the order of `layer_names`, their weights in that of `weight_names`.
fn legacy(weights: &Group, layers: &[String], found: &mut Found) -> Result<(), ReadError> {
    for layer in layers {
        found.visit()?;
        let group = weights.group(layer).map_err(damaged)?;
        for weight in strings(&group, "weight_names")?.unwrap_or_default() {
            found.visit()?;
            let set = group.dataset(&weight).map_err(damaged)?;
            let (front, role) = weight.rsplit_once('/').unwrap_or((layer, &weight));
            let owner = if front == layer || is_renumbered(front, layer) {
                layer
            } else {
                // Of a model within the model, `model/conv1/kernel:0`: the layer is the last part but one.
                front.rsplit('/').next().unwrap_or(front)
            };
            found.add(format!("{owner}/{role}"), set)?;
        }
    }
    Ok(())
}

/// Whether a layer's weights are called after it and a number, `conv1_2/kernel:0`, as those of a model that one process built
/// several times.
fn is_renumbered(front: &str, layer: &str) -> bool {
    let number = front.strip_prefix(layer).and_then(|rest| rest.strip_prefix('_'));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Groups with a group `vars` each, whose datasets are numbered; `vars` knows the layer's own name in newer files.
fn numbered(
    group: &Group,
    path: &str,
    layers: &Layers,
    depth: usize,
    found: &mut Found,
) -> Result<(), ReadError> {
    if depth > DEEPEST {
        return Err(damaged("groups within groups without end"));
    }
    let mut inner = group.groups().map_err(damaged)?;
    inner.sort_by_key(|name| natural(name));
    for name in inner {
        found.visit()?;
        let next = group.group(&name).map_err(damaged)?;
        if name == "vars" {
            variables(&next, path, layers, found)?;
        } else if name != "optimizer" {
            numbered(&next, &join(path, &name), layers, depth + 1, found)?;
        }
    }
    Ok(())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// `conv2d_10` behind `conv2d_9`.
fn natural(name: &str) -> (String, u64) {
    let class = class_of(name);
    let number = name.strip_prefix(class).and_then(|rest| rest.strip_prefix('_')?.parse().ok());
    (class.to_owned(), number.map_or(0, |n: u64| n.saturating_add(1)))
}

fn variables(vars: &Group, path: &str, layers: &Layers, found: &mut Found) -> Result<(), ReadError> {
    let mut sets = vars.datasets().map_err(damaged)?;
    sets.sort_by_key(|name| name.parse::<u64>().unwrap_or(u64::MAX));
    if sets.is_empty() {
        return Ok(());
    }
    let group = path.rsplit('/').next().unwrap_or(path);
    let own = vars.attrs().map_err(damaged)?.get("name").and_then(AttrValue::as_str).map(str::to_owned);
    let Described { name, vector } = layers.get(path).cloned().unwrap_or_default();
    let layer = name.or(own).unwrap_or_else(|| group.to_owned());
    // A model may call an attribute after itself, `stem`, and the layer tells no class by its group: its own name may.
    let known = [group, layer.as_str()].into_iter().find_map(|n| weights_of(class_of(n), sets.len(), vector));
    for (i, name) in sets.iter().enumerate() {
        found.visit()?;
        let set = vars.dataset(name).map_err(damaged)?;
        let role = match known.and_then(|known| known.get(i)) {
            Some(role) => (*role).to_owned(),
            None => guess(&set, i, sets.len()).unwrap_or_else(|| format!("vars/{name}")),
        };
        found.add(format!("{layer}/{role}"), set)?;
    }
    Ok(())
}

/// What a weight is, by its shape: a convolution or dense layer has a kernel and maybe a bias.
fn guess(set: &Dataset, index: usize, count: usize) -> Option<String> {
    let rank = set.shape().ok()?.len();
    match (index, count, rank) {
        (0, 1..=2, 2 | 4) => Some("kernel".to_owned()),
        (1, 2, 1) => Some("bias".to_owned()),
        _ => None,
    }
}

struct Datasets {
    file: hdf5_pure::File,
    sets: Vec<Dataset>,
}

impl Numbers for Datasets {
    fn read(&self, index: usize) -> Result<Vec<f32>, ReadError> {
        let set = self.sets.get(index).ok_or_else(|| ReadError::new("there is no such weight"))?;
        guard(|| {
            // A compressed dataset may declare any size: what it could hold at deflate's best is a bound.
            let width = u64::from(set.datatype().map_err(damaged)?.type_size());
            let declared =
                set.shape().map_err(damaged)?.iter().fold(width, |n, &side| n.saturating_mul(side));
            if declared > self.file.file_size().saturating_mul(1032) {
                return Err(damaged("a weight has more bytes than the file can hold"));
            }
            match kept_as(set)? {
                None => set.read_f32().map_err(damaged),
                Some(dtype) => Ok(dtype.to_f32(&set.read_raw().map_err(damaged)?)),
            }
        })
    }
}

/// The type of a weight's numbers where it is one that the reader of HDF5 does not convert: 16 bits. `None` where it does.
fn kept_as(set: &Dataset) -> Result<Option<Dtype>, ReadError> {
    let datatype = set.datatype().map_err(damaged)?;
    match &datatype {
        Datatype::FloatingPoint { size: 4 | 8, .. } | Datatype::FixedPoint { size: 1 | 2 | 4 | 8, .. } => {
            return Ok(None);
        }
        Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout } => {
            match (layout.exponent_size, layout.mantissa_size) {
                (5, 10) => return Ok(Some(Dtype::F16)),
                (8, 7) => return Ok(Some(Dtype::Bf16)),
                _ => {}
            }
        }
        // HDF5 has no bfloat16; Keras keeps its bits, and says so.
        Datatype::Opaque { size: 2, .. } => {
            let attributes = set.attrs().map_err(damaged)?;
            if attributes.get("dtype").and_then(AttrValue::as_str) == Some("bfloat16") {
                return Ok(Some(Dtype::Bf16));
            }
        }
        _ => {}
    }
    let kind = set.dtype().map_err(damaged)?;
    Err(ReadError::new(format!("it holds {kind}, which archc does not read")))
}
