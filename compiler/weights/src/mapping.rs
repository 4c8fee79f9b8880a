//! Matches every tensor of a network with one of a framework's.

use crate::framework::{Framework, GAMMA_OR_BETA};
use crate::layout::Layout;
use crate::names::{AppliedMap, NameMap};
use crate::order::{Orders, orders};
use crate::seeded;
use archc_core::ir::op::Weight;
use archc_core::ir::{Graph, NodeId, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A tensor of ours and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Ours: its name, role and shape.
    pub ours: Weight,
    /// The full name of theirs; `None` where they have none and the map gives the numbers.
    pub theirs: Option<String>,
    conversion: Conversion,
}

/// How a tensor of ours is made.
#[derive(Clone, Debug, PartialEq)]
enum Conversion {
    Layout(Layout),
    Constant(Vec<f32>),
}

impl Mapping {
    /// Their numbers in our order; of no matter where there is no tensor of theirs.
    pub fn convert(&self, theirs: Vec<f32>) -> Vec<f32> {
        match &self.conversion {
            Conversion::Layout(layout) => layout.convert(theirs),
            Conversion::Constant(numbers) => numbers.clone(),
        }
    }

    /// The seeded numbers of their name, in our order.
    pub fn seeded(&self, salt: &str, gain: f64) -> Vec<f32> {
        let ours = &self.ours;
        let numbers = self
            .theirs
            .as_ref()
            .map(|name| seeded::numbers(salt, name, ours.role, ours.size(), seeded::fan_in(ours), gain));
        self.convert(numbers.unwrap_or_default())
    }
}

/// Everything that keeps a framework's tensors from being a network's.
#[derive(Clone, Debug, PartialEq)]
pub struct MapErrors(pub Vec<MapProblem>);

/// One of the reasons.
#[derive(Clone, Debug, PartialEq)]
pub enum MapProblem {
    /// None of theirs has a name that ours would have there.
    Missing {
        /// The full name of ours.
        ours: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The names that it would have there.
        theirs: Vec<String>,
    },
    /// No tensor of ours is made of it, and no line of the map drops it.
    Extra {
        /// The full name of theirs.
        theirs: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Theirs has a shape that cannot become ours.
    Shape {
        /// The full name of ours.
        ours: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The full name of theirs.
        theirs: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// Several of theirs could be ours.
    Ambiguous {
        /// The full name of ours.
        ours: String,
        /// What it could be, with the map's lines where these differ.
        choices: Vec<String>,
    },
    /// One of theirs is the gamma or the beta of a batch normalization, and ours has both.
    Undecided {
        /// The full name of theirs.
        theirs: String,
        /// Our operation.
        owner: String,
    },
    /// No order of its weights makes an operation what it is in PyTorch.
    Order {
        /// The full name of the operation.
        operation: String,
        /// What keeps it.
        reason: &'static str,
    },
    /// One of theirs is made into several of ours.
    Shared {
        /// The full name of theirs.
        theirs: String,
        /// The full names of ours.
        ours: Vec<String>,
    },
}

impl fmt::Display for MapProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MapProblem::Missing { ours, shape, theirs } => {
                write!(f, "`{ours}` {shape:?} is missing: there is no {}", list(theirs))
            }
            MapProblem::Extra { theirs, shape } => write!(f, "`{theirs}` {shape:?} belongs to nothing"),
            MapProblem::Shape { ours, expected, theirs, found } => {
                write!(f, "`{ours}` is {expected:?}, which `{theirs}` {found:?} cannot become")
            }
            MapProblem::Ambiguous { ours, choices } => write!(f, "`{ours}` could be {}", list(choices)),
            MapProblem::Undecided { theirs, owner } => write!(
                f,
                "`{theirs}` is the one or the other, the file does not say which, and `{owner}` has both: a line \
                 `{owner}.beta := 0` of a map says that there is no beta, `{owner}.gamma := 1` that there is no gamma"
            ),
            MapProblem::Order { operation, reason } => write!(
                f,
                "`{operation}` is another operation in PyTorch, where `flatten` puts channels first: {reason}. A `flatten` \
                 behind it, or a `global_avgpool` in place of the `flatten`, is the same in both"
            ),
            MapProblem::Shared { theirs, ours } => {
                write!(f, "`{theirs}` would become each of {}", list(ours))
            }
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or ")
}

impl fmt::Display for MapErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tensors do not fit:", self.0.len())?;
        let left: Vec<(&str, usize)> = self
            .0
            .iter()
            .filter_map(|p| match p {
                MapProblem::Extra { theirs, shape } => Some((theirs.as_str(), shape.iter().product())),
                _ => None,
            })
            .collect();
        // Every distance takes time, and where nearly all names differ, none of them was mistyped.
        let few = self.0.len() <= 400;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
            if let (MapProblem::Missing { shape, theirs, .. }, true) = (problem, few)
                && let Some(near) = nearest(theirs, shape.iter().product(), &left)
            {
                write!(f, "; did you mean `{near}`?")?;
            }
        }
        Ok(())
    }
}

/// The tensor that has one of these names with something in front of it, or nearly one of them, and as many numbers.
fn nearest<'a>(names: &[String], size: usize, left: &[(&'a str, usize)]) -> Option<&'a str> {
    let candidates = || left.iter().filter(|(_, n)| *n == size).map(|(name, _)| *name);
    let behind = |name: &str| {
        let front = |name: &str, own: &str| name.strip_suffix(own).is_some_and(|f| f.ends_with(['.', '/']));
        names.iter().any(|own| front(name, own))
    };
    candidates().find(|name| behind(name)).or_else(|| {
        let distances = candidates().flat_map(|name| {
            let allowed = |own: &&String| own.len().abs_diff(name.len()) <= 3;
            names.iter().filter(allowed).map(move |own| (strsim::damerau_levenshtein(own, name), name))
        });
        distances.filter(|(distance, _)| *distance <= 3).min().map(|(_, name)| name)
    })
}

impl std::error::Error for MapErrors {}

/// Every tensor that a network reads, in the order of its nodes, each with its node.
pub(crate) fn weights(graph: &Graph) -> Vec<(NodeId, Weight)> {
    let of = |id: NodeId| {
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
        graph.node(id).op.weights(&graph.path(id), &shapes).into_iter().map(move |w| (id, w))
    };
    graph.ids().flat_map(of).collect()
}

/// Matches every tensor of a network with one of `theirs`, given by full names and shapes, in the order of the
/// network's nodes.
///
/// # Errors
/// Every tensor that is missing, left over, wrongly shaped or ambiguous, together.
pub fn map_names(
    graph: &Graph,
    map: &NameMap,
    framework: Framework,
    theirs: &[(String, Vec<usize>)],
) -> Result<Vec<Mapping>, MapErrors> {
    let mut problems = Vec::new();
    let mut matcher = Matcher::new(graph, map, framework, theirs, &mut problems);
    let mut mappings = Vec::new();
    for (node, ours) in weights(graph) {
        match matcher.find(node, &ours) {
            Ok(mapping) => mappings.push(mapping),
            Err(problem) => problems.push(problem),
        }
    }
    matcher.finish(&mut problems);
    if problems.is_empty() { Ok(mappings) } else { Err(MapErrors(problems)) }
}

/// The operation whose beta and gamma these are.
fn one_norm(ours: &[String]) -> Option<&str> {
    let [beta, gamma] = ours else { return None };
    let owner = beta.strip_suffix(".beta")?;
    (gamma.strip_suffix(".gamma") == Some(owner)).then_some(owner)
}

/// The tensors of theirs, by layer and suffix, and who has claimed them.
struct Matcher<'a> {
    graph: &'a Graph,
    map: &'a NameMap,
    framework: Framework,
    theirs: &'a [(String, Vec<usize>)],
    by_layer: BTreeMap<(&'a str, &'a str), usize>,
    applied: AppliedMap<'a>,
    orders: Orders,
    /// Which of ours were made of each of theirs, or could not be.
    claims: BTreeMap<usize, BTreeSet<String>>,
}

impl<'a> Matcher<'a> {
    fn new(
        graph: &'a Graph,
        map: &'a NameMap,
        framework: Framework,
        theirs: &'a [(String, Vec<usize>)],
        problems: &mut Vec<MapProblem>,
    ) -> Self {
        let mut by_layer = BTreeMap::new();
        for (i, (name, shape)) in theirs.iter().enumerate() {
            // The same layer and suffix a second time: one name had a `:0`, or both are the same.
            if by_layer.insert(framework.split(name), i).is_some() {
                problems.push(MapProblem::Extra { theirs: name.clone(), shape: shape.clone() });
            }
        }
        let orders = match framework {
            Framework::Keras => Orders::default(),
            Framework::Torch => orders(graph),
        };
        let refused = orders.refused.iter();
        problems
            .extend(refused.map(|&(node, reason)| MapProblem::Order { operation: graph.path(node), reason }));
        let operations: Vec<String> = weights(graph).into_iter().map(|(_, w)| w.owner).collect();
        let applied = map.apply(&operations, by_layer.keys().map(|(layer, _)| *layer));
        Matcher { graph, map, framework, theirs, by_layer, applied, orders, claims: BTreeMap::new() }
    }

    /// The one of theirs that becomes `ours`.
    fn find(&mut self, node: NodeId, ours: &Weight) -> Result<Mapping, MapProblem> {
        let op = &self.graph.node(node).op;
        let layer = self.layer(ours)?;
        let suffixes = self.framework.suffixes(op, ours.role);
        let mut named: Vec<usize> =
            suffixes.iter().filter_map(|s| self.by_layer.get(&(layer.as_str(), *s)).copied()).collect();
        if named.is_empty() {
            if let Some(numbers) = self.map.constant(&ours.name(), ours.size()) {
                let conversion = Conversion::Constant(numbers);
                return Ok(Mapping { ours: ours.clone(), theirs: None, conversion });
            }
            let undecided = self.framework.undecided(ours.role);
            named.extend(undecided.and_then(|s| self.by_layer.get(&(layer.as_str(), s)).copied()));
        }
        let order = self.orders.inputs.get(&node);
        let layout = |&i: &usize| {
            let (name, shape) = self.theirs.get(i)?;
            Layout::new(self.framework, op, ours, shape, order).map(|layout| (i, name, layout))
        };
        let fitting: Vec<_> = named.iter().filter_map(layout).collect();
        let problem = match (<[_; 1]>::try_from(fitting), named.first().and_then(|&i| self.theirs.get(i))) {
            (Ok([(i, theirs, layout)]), _) => {
                self.claims.entry(i).or_default().insert(ours.name());
                let conversion = Conversion::Layout(layout);
                return Ok(Mapping { ours: ours.clone(), theirs: Some(theirs.clone()), conversion });
            }
            (Err(several), _) if !several.is_empty() => {
                let choices = several.into_iter().map(|(_, name, _)| name.clone()).collect();
                MapProblem::Ambiguous { ours: ours.name(), choices }
            }
            (Err(_), Some((theirs, found))) => MapProblem::Shape {
                ours: ours.name(),
                expected: ours.shape.clone(),
                theirs: theirs.clone(),
                found: found.clone(),
            },
            (Err(_), None) => {
                let separator = self.framework.separator();
                let theirs = suffixes.iter().map(|s| format!("{layer}{separator}{s}")).collect();
                MapProblem::Missing { ours: ours.name(), shape: ours.shape.clone(), theirs }
            }
        };
        // They have been told about, and are not left over as well.
        for i in named {
            self.claims.entry(i).or_default();
        }
        Err(problem)
    }

    /// The layer of theirs that the operation of a tensor is.
    fn layer(&self, ours: &Weight) -> Result<String, MapProblem> {
        match <[_; 1]>::try_from(self.applied.layers(&ours.owner)) {
            Ok([(_, layer)]) => Ok(layer),
            Err(none) if none.is_empty() => Ok(ours.owner.clone()),
            Err(several) => {
                let choices = several.into_iter().map(|(line, layer)| format!("{layer} (line {line})"));
                Err(MapProblem::Ambiguous { ours: ours.name(), choices: choices.collect() })
            }
        }
    }

    /// What is left over or claimed twice.
    fn finish(self, problems: &mut Vec<MapProblem>) {
        for (&(_, suffix), i) in &self.by_layer {
            let Some((name, shape)) = self.theirs.get(*i) else { continue };
            match self.claims.get(i) {
                Some(ours) if ours.len() > 1 => {
                    let theirs = name.clone();
                    let ours: Vec<String> = ours.iter().cloned().collect();
                    problems.push(match one_norm(&ours).filter(|_| suffix == GAMMA_OR_BETA) {
                        Some(owner) => MapProblem::Undecided { theirs, owner: owner.to_owned() },
                        None => MapProblem::Shared { theirs, ours },
                    });
                }
                Some(_) => {}
                None if self.framework.is_bookkeeping(suffix) => {}
                None if self.map.drops(name, self.framework.separator()) => {}
                None => problems.push(MapProblem::Extra { theirs: name.clone(), shape: shape.clone() }),
            }
        }
    }
}
