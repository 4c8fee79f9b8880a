//! From a framework's file to safetensors under archc's names: finds each tensor's place, and writes them one by one.

use crate::framework::Framework;
use crate::mapping::{MapErrors, Mapping, map_names};
use crate::maps::maps;
use crate::names::NameMap;
use crate::propose::propose;
use crate::read::{ReadError, WeightsFile};
use archc_core::ir::Graph;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::collections::HashMap;
use std::io::Write;

/// How to find the tensors' places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// A map of the caller's, in place of all others.
    pub map: Option<NameMap>,
    /// Maps that lie beside the network, with their paths; each is tried before those that travel with archc.
    pub beside: Vec<(String, NameMap)>,
    /// Where no map fits: whether layers may be matched by their order.
    pub accept_order: bool,
}

/// Which tensor of a file becomes which of a network's.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// One for each tensor of the network, in its order.
    pub mappings: Vec<Mapping>,
    /// By what they were found.
    pub by: MatchedBy,
}

/// By what tensors found their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The caller's map.
    GivenMap,
    /// A map beside the network: its path.
    MapBeside(String),
    /// A map that travels with archc: its file's name.
    ZooMap(&'static str),
    /// The names are archc's own.
    SameNames,
    /// The order of the layers: a map's lines that say the same.
    Order(Vec<String>),
}

/// Why a file's tensors are not a network's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MatchError {
    /// The map that fits best does not fit.
    #[error("{errors}")]
    Map {
        /// Its path, that of the zoo's within archc; none where it is the caller's.
        map: Option<String>,
        /// What does not fit.
        errors: MapErrors,
    },
    /// There is no map, and the layers' order, which would fit, was not accepted: a map's lines.
    #[error("no map tells how the framework calls the layers of this network")]
    Unconfirmed(Vec<String>),
    /// There is no map, and the order of the layers does not fit either.
    #[error(
        "no map tells how the framework calls the layers of this network, and by their order they do not fit: {0}"
    )]
    Order(String),
}

/// Finds for every tensor of a network the one of a file that it is made of.
///
/// # Errors
/// Every tensor that has no place, on either side, by the map that fits best.
pub fn match_tensors(
    graph: &Graph,
    framework: Framework,
    file: &WeightsFile,
    options: &Options,
) -> Result<Match, MatchError> {
    let theirs: Vec<(String, Vec<usize>)> =
        file.tensors().iter().map(|t| (t.name.clone(), t.shape.clone())).collect();
    let by_map = |map: &NameMap| map_names(graph, map, framework, &theirs);
    if let Some(map) = &options.map {
        return match by_map(map) {
            Ok(mappings) => Ok(Match { mappings, by: MatchedBy::GivenMap }),
            Err(errors) => Err(MatchError::Map { map: None, errors }),
        };
    }
    if let Ok(mappings) = by_map(&NameMap::default()) {
        return Ok(Match { mappings, by: MatchedBy::SameNames });
    }
    let beside = options.beside.iter().map(|(path, map)| (MatchedBy::MapBeside(path.clone()), map.clone()));
    let zoo = maps(graph, framework).into_iter().map(|(file, map)| (MatchedBy::ZooMap(file), map));
    let mut closest: Option<(String, MapErrors)> = None;
    for (by, map) in beside.chain(zoo) {
        let path = match &by {
            MatchedBy::ZooMap(file) => format!("archs/names/{file}"),
            MatchedBy::MapBeside(path) => path.clone(),
            MatchedBy::GivenMap | MatchedBy::SameNames | MatchedBy::Order(_) => continue,
        };
        match by_map(&map) {
            Ok(mappings) => return Ok(Match { mappings, by }),
            Err(errors) => {
                if closest.as_ref().is_none_or(|(_, least)| errors.0.len() < least.0.len()) {
                    closest = Some((path, errors));
                }
            }
        }
    }
    // A map that names most layers is the right one, and the file differs; where it names few, the file has other names. One
    // that was written for the network is meant.
    let known = closest.filter(|(_, errors)| !options.beside.is_empty() || errors.0.len() < theirs.len());
    if let (Some((path, errors)), false) = (known, options.accept_order) {
        return Err(MatchError::Map { map: Some(path), errors });
    }
    let lines = propose(graph, framework, file.tensors()).map_err(MatchError::Order)?;
    let map = NameMap::parse(&lines.join("\n"))
        .map_err(|_| MatchError::Order("its layers have names that no map can hold".into()))?;
    match by_map(&map) {
        Ok(mappings) if options.accept_order => Ok(Match { mappings, by: MatchedBy::Order(lines) }),
        Ok(_) => Err(MatchError::Unconfirmed(lines)),
        Err(errors) => Err(MatchError::Order(errors.to_string())),
    }
}

/// Why a network's weights could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A tensor of the framework's file cannot be read, or is wrong.
    #[error(transparent)]
    Read(ReadError),
    /// The output takes no more.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// Writes the tensors as safetensors, in f32, each read when it is its turn.
///
/// # Errors
/// Where a tensor cannot be read or the output takes no more: what was written until then is no whole file.
pub fn write(file: &WeightsFile, found: &Match, net: &str, out: &mut dyn Write) -> Result<(), WriteError> {
    let indices: HashMap<&str, usize> =
        file.tensors().iter().enumerate().map(|(i, t)| (t.name.as_str(), i)).collect();
    // As the format's own writer orders tensors of one type.
    let mut mappings: Vec<(String, &Mapping)> = found.mappings.iter().map(|m| (m.ours.name(), m)).collect();
    mappings.sort_by(|(a, _), (b, _)| a.cmp(b));
    let header = header(&mappings, net)
        .map_err(|e| WriteError::Read(ReadError::new(format!("cannot be safetensors: {e}"))))?;
    out.write_all(&header)?;
    for (_, mapping) in mappings {
        let theirs = match &mapping.theirs {
            Some(name) => {
                let index = indices.get(name.as_str()).copied().unwrap_or(usize::MAX);
                file.read(index).map_err(WriteError::Read)?
            }
            None => Vec::new(),
        };
        let ours = mapping.convert(theirs);
        for piece in ours.chunks(1 << 14) {
            let bytes: Vec<u8> = piece.iter().flat_map(|x| x.to_le_bytes()).collect();
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// The front of a file of safetensors: the header's length, and the header, padded so that numbers are aligned.
fn header(mappings: &[(String, &Mapping)], net: &str) -> Result<Vec<u8>, SafeTensorError> {
    let mut end = 0;
    let mut tensors = Vec::with_capacity(mappings.len());
    for (name, mapping) in mappings {
        let start = end;
        end += 4 * mapping.ours.size();
        let shape = mapping.ours.shape.clone();
        tensors.push((name.clone(), TensorInfo { dtype: Dtype::F32, shape, data_offsets: (start, end) }));
    }
    // One entry: the order of several would differ from run to run.
    let about = HashMap::from([("net".to_owned(), net.to_owned())]);
    let mut json = serde_json::to_vec(&Metadata::new(Some(about), tensors)?)?;
    json.resize(json.len().next_multiple_of(8), b' ');
    Ok([&(json.len() as u64).to_le_bytes(), json.as_slice()].concat())
}
