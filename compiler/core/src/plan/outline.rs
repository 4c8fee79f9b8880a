//! Functions: the steps are cut into occurrences along the scopes of the text, and occurrences that are alike but for
//! addresses, names and weights share a function.

use crate::ir::op::Role;
use crate::ir::{ScopeId, ScopeKind, Scopes};
use crate::lir::{BufferId, Kernel, PackKind, Program, Step, TensorId, ValueId};
use archc_runtime::layout::View;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The most steps of one function; longer ones are cut into parts, since long functions are hard to read and slow to
/// compile.
const MOST_STEPS: usize = 60;

/// The functions, and where they occur.
#[derive(Debug)]
pub(super) struct Outline {
    /// In the order of their first occurrence.
    pub(super) functions: Vec<Outlined>,
    /// In order; together they cover every step once.
    pub(super) occurrences: Vec<Occurrence>,
}

/// A function that has no name yet.
#[derive(Debug)]
pub(super) struct Outlined {
    /// What it is called after.
    pub(super) base: Base,
    /// Which part, from 1, and of how many.
    pub(super) part: (usize, usize),
    /// The steps of its first occurrence.
    pub(super) steps: Range<usize>,
    /// The buffers that these touch, in the order of their first use.
    pub(super) buffers: Vec<BufferId>,
}

/// What a function is called after.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Base {
    /// A block's name.
    Block(String),
    /// A loop's name and the number of the iteration.
    Iteration(String, String),
    /// Steps of the net itself.
    Trunk,
}

/// A run of steps that belong together.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) function: usize,
    pub(super) steps: Range<usize>,
    /// The prefix of its tensors' names; empty at the root, and where a name has another.
    pub(super) prefix: String,
    /// In the order of [`Outlined::buffers`].
    pub(super) buffers: Vec<BufferId>,
}

/// Cuts a program into functions.
pub(super) fn outline(program: &Program) -> Outline {
    let units = Units::new(program);
    let mut outline = Outline { functions: Vec::new(), occurrences: Vec::new() };
    let mut shapes: HashMap<Fingerprint, Vec<(Shape, usize)>> = HashMap::new();
    let mut start = 0;
    while start < program.steps.len() {
        let unit = units.of(&program.steps[start]);
        let same = program.steps[start..].iter().take_while(|s| units.of(s) == unit).count();
        let count = same.div_ceil(MOST_STEPS);
        for part in 0..count {
            let steps = start + same * part / count..start + same * (part + 1) / count;
            let (base, prefix) = named(&program.scopes, unit);
            let prefix = if lies_inside(program, steps.clone(), &prefix) { prefix } else { String::new() };
            let shape = Shape::new(program, steps.clone(), &prefix);
            let buffers = shape.buffers.clone();
            let alike = shapes.entry(shape.fingerprint(&base, part)).or_default();
            let function = match alike.iter().find(|(s, _)| s.is_like(&shape)) {
                Some((_, function)) => *function,
                None => {
                    let function = outline.functions.len();
                    let (steps, buffers) = (steps.clone(), buffers.clone());
                    outline.functions.push(Outlined { base, part: (part + 1, count), steps, buffers });
                    alike.push((shape, function));
                    function
                }
            };
            outline.occurrences.push(Occurrence { function, steps, prefix, buffers });
        }
        start += same;
    }
    outline
}

/// Which scope each step's function is cut along.
struct Units<'a> {
    scopes: &'a Scopes,
    /// How many steps are inside each scope.
    steps: HashMap<ScopeId, usize>,
    /// Scopes with a loop over blocks inside: rather than a function of its own, each is several.
    sequences: HashSet<ScopeId>,
}

impl<'a> Units<'a> {
    fn new(program: &'a Program) -> Units<'a> {
        let mut units = Units { scopes: &program.scopes, steps: HashMap::new(), sequences: HashSet::new() };
        for step in &program.steps {
            let (mut block, mut loop_over_block) = (false, false);
            for (id, scope) in program.scopes.outward(step.scope) {
                *units.steps.entry(id).or_default() += 1;
                if loop_over_block {
                    units.sequences.insert(id);
                }
                match scope.kind {
                    ScopeKind::Block(_) => block = true,
                    ScopeKind::Iteration => loop_over_block |= block,
                    ScopeKind::Root
                    | ScopeKind::Loop
                    | ScopeKind::Residual
                    | ScopeKind::Shortcut
                    | ScopeKind::Branch
                    | ScopeKind::Gate
                    | ScopeKind::Compound => {}
                }
            }
        }
        units
    }

    /// The outermost block that a step is in, else the outermost iteration; of those, one that is not too long and is
    /// no sequence of blocks itself. `None` for the net itself.
    fn of(&self, step: &Step) -> Option<ScopeId> {
        let mut block = None;
        let mut iteration = None;
        for (id, scope) in self.scopes.outward(step.scope) {
            let fits = self.steps.get(&id).is_some_and(|&n| n <= MOST_STEPS) && !self.sequences.contains(&id);
            match scope.kind {
                ScopeKind::Block(_) if fits => block = Some(id),
                ScopeKind::Iteration if fits => iteration = Some(id),
                ScopeKind::Block(_)
                | ScopeKind::Iteration
                | ScopeKind::Root
                | ScopeKind::Loop
                | ScopeKind::Residual
                | ScopeKind::Shortcut
                | ScopeKind::Branch
                | ScopeKind::Gate
                | ScopeKind::Compound => {}
            }
        }
        block.or(iteration)
    }
}

/// What a function of these steps is called after, and the prefix of its names.
fn named(scopes: &Scopes, unit: Option<ScopeId>) -> (Base, String) {
    let Some(id) = unit else { return (Base::Trunk, String::new()) };
    let scope = scopes.get(id);
    let base = match &scope.kind {
        ScopeKind::Block(name) => Base::Block(name.clone()),
        ScopeKind::Root
        | ScopeKind::Iteration
        | ScopeKind::Loop
        | ScopeKind::Residual
        | ScopeKind::Shortcut
        | ScopeKind::Branch
        | ScopeKind::Gate
        | ScopeKind::Compound => {
            let of = scope.parent.map_or(String::new(), |p| scopes.get(p).segment.clone());
            Base::Iteration(of, scope.segment.clone())
        }
    };
    (base, scopes.path(id, ""))
}

fn packs(program: &Program, steps: Range<usize>) -> impl Iterator<Item = &crate::lir::Pack> {
    program.steps[steps].iter().filter_map(|s| s.pack).map(|id| &program.packs[id.index()])
}

/// Whether the names of all tensors start with the prefix.
fn lies_inside(program: &Program, steps: Range<usize>, prefix: &str) -> bool {
    let mut tensors = packs(program, steps).flat_map(|p| p.kind.tensors());
    tensors.all(|id| local_name(&program.tensors[id.index()].name, prefix).is_some())
}

/// A name behind a prefix and a dot.
fn local_name<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() { Some(name) } else { name.strip_prefix(prefix)?.strip_prefix('.') }
}

/// Steps without addresses, with buffers and tensors by the order of their first use.
#[derive(Debug)]
struct Shape {
    steps: Vec<StepShape>,
    /// Names behind the prefix.
    tensors: Vec<(String, Role, Vec<usize>)>,
    buffers: Vec<BufferId>,
}

#[derive(Debug, PartialEq)]
struct StepShape {
    kernel: Kernel,
    inputs: Vec<(usize, View)>,
    output: (usize, View),
    pack: Option<PackKind>,
}

/// What alike shapes have in common, for a first look.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Fingerprint {
    /// Functions of differently named blocks stay apart. Of a loop's iterations, each may be like another's.
    name: Option<String>,
    part: usize,
    views: Vec<View>,
}

impl Shape {
    fn new(program: &Program, steps: Range<usize>, prefix: &str) -> Shape {
        let mut shape = Shape { steps: Vec::new(), tensors: Vec::new(), buffers: Vec::new() };
        let mut tensors: HashMap<TensorId, TensorId> = HashMap::new();
        let mut buffers: HashMap<BufferId, usize> = HashMap::new();
        for step in &program.steps[steps] {
            let mut place = |id: ValueId| {
                let value = &program.values[id.index()];
                let number = *buffers.entry(value.buffer).or_insert_with(|| {
                    shape.buffers.push(value.buffer);
                    shape.buffers.len() - 1
                });
                (number, value.view)
            };
            let inputs = step.inputs.iter().map(|&id| place(id)).collect();
            let output = place(step.output);
            let pack = step.pack.map(|id| {
                program.packs[id.index()].kind.map_tensors(|id| {
                    *tensors.entry(id).or_insert_with(|| {
                        let tensor = &program.tensors[id.index()];
                        let name = local_name(&tensor.name, prefix).unwrap_or(&tensor.name);
                        shape.tensors.push((name.to_owned(), tensor.role, tensor.shape.clone()));
                        TensorId(shape.tensors.len() as u32 - 1)
                    })
                })
            });
            shape.steps.push(StepShape { kernel: step.kernel, inputs, output, pack });
        }
        shape
    }

    fn is_like(&self, other: &Shape) -> bool {
        self.steps == other.steps && self.tensors == other.tensors
    }

    fn fingerprint(&self, base: &Base, part: usize) -> Fingerprint {
        let name = match base {
            Base::Block(name) | Base::Iteration(name, _) => Some(name.clone()),
            Base::Trunk => None,
        };
        Fingerprint { name, part, views: self.steps.iter().map(|s| s.output.1).collect() }
    }
}
