//! Writes the steps, and a copy wherever a kernel needs another layout than a value has.

use super::Wanted;
use super::describe::{describe, local_name};
use super::homes::Homes;
use super::layouts::{task_need, with_halo};
use super::select::{Selection, Task, Work};
use super::weights;
use crate::ir::{Graph, NodeId, ScopeId, Shape};
use crate::lir::{Buffer, BufferId, Kernel, Need, Program, Step, Tap, Target, Value, ValueId};
use archc_runtime::layout::{Layout, View};
use archc_runtime::op::{Conv, Pool, PoolKind};
use std::collections::HashMap;

/// The program, without clears, every value in its own home.
pub(super) fn emit(graph: &Graph, selection: &Selection, homes: &Homes, taps: &[Wanted]) -> Program {
    let program = Program {
        name: graph.name.clone(),
        target: homes.target,
        scopes: graph.scopes.clone(),
        buffers: homes.buffers.clone(),
        values: Vec::new(),
        steps: Vec::new(),
        tensors: Vec::new(),
        packs: Vec::new(),
        input: ValueId(0),
        outputs: Vec::new(),
        logits: None,
        taps: Vec::new(),
    };
    let empty = HashMap::new;
    let mut emitter = Emitter {
        graph,
        homes,
        program,
        own: empty(),
        copies: HashMap::new(),
        thinned: HashMap::new(),
        left: empty(),
    };
    for task in &selection.tasks {
        emitter.task(task);
    }
    let Emitter { mut program, own, left, .. } = emitter;
    let input = graph.input().expect("a verified graph has an input");
    program.input = own[&input];
    let outputs = graph.outputs.iter();
    program.outputs = outputs.map(|o| (o.name.clone(), left[&selection.resolve(o.node)])).collect();
    program.logits = homes.logits.map(|id| left[&id]);
    let tap = |tap: &Wanted| {
        let value = *own.get(&selection.resolve(tap.node))?;
        Some(Tap { name: tap.name.clone(), shape: tap.shape, value })
    };
    program.taps = taps.iter().filter_map(tap).collect();
    program
}

/// A change of layout.
const PLAIN_COPY: Kernel = Kernel::Copy { top: 0, left: 0 };

/// Outputs from which on a copy of the input saves more time than it takes: the input is read once for every 64 of them.
const OFTEN: usize = 128;

struct Emitter<'a> {
    graph: &'a Graph,
    homes: &'a Homes,
    program: Program,
    /// Values in their homes.
    own: HashMap<NodeId, ValueId>,
    /// Copies in other layouts.
    copies: HashMap<NodeId, Vec<ValueId>>,
    /// Copies of every so many rows and columns.
    thinned: HashMap<(NodeId, [usize; 2]), ValueId>,
    /// Values as they leave the network.
    left: HashMap<NodeId, ValueId>,
}

impl Emitter<'_> {
    fn task(&mut self, task: &Task) {
        let node = self.graph.node(task.node);
        let output = self.value(task.node, self.homes.of[&task.node].buffer, self.home_view(task.node));
        match task.work {
            Work::Input => {}
            Work::Kernel(kernel) => {
                let x = task.inputs.first().map_or(node.shape, |&i| self.graph.node(i).shape);
                let mut inputs = Vec::with_capacity(task.inputs.len());
                for (port, &input) in task.inputs.iter().enumerate() {
                    inputs.push(self.read(
                        input,
                        task_need(task, self.homes.target, port, x, node.shape),
                        task.owner,
                    ));
                }
                let kernel = self.without_gaps(kernel, task, node.shape, &mut inputs);
                let pack = inputs.first().and_then(|x| {
                    let view = self.program.values[x.index()].view;
                    weights::pack(self.graph, task.owner, kernel, &view, &mut self.program)
                });
                let then = (task.owner != task.node).then_some(task.node);
                let comment = describe(self.graph, task.owner, then);
                let scope = self.graph.node(task.owner).scope;
                self.program.steps.push(Step { kernel, inputs, output, pack, scope, comment });
            }
            Work::Concat => {
                let whole = self.program.values[output.index()].clone();
                let mut first_channel = whole.view.first_channel;
                for &part in &task.inputs {
                    let channels = self.graph.node(part).shape.channels;
                    let view = View { first_channel, channels, ..whole.view };
                    if !self.lies_at(part, whole.buffer, &view) {
                        let to = self.value(part, whole.buffer, view);
                        self.copy_part(task, part, PLAIN_COPY, to);
                    }
                    first_channel += channels;
                }
            }
            Work::ZeroPad { top, left } => {
                let outer = self.program.values[output.index()].clone();
                for &part in &task.inputs {
                    let view = inside(outer.view, self.graph.node(part).shape, top, left);
                    if !self.lies_at(part, outer.buffer, &view) {
                        self.copy_part(task, part, Kernel::Copy { top, left }, output);
                    }
                }
            }
        }
        self.own.insert(task.node, output);
        if self.homes.leaving.contains(&task.node) {
            self.leave(task, output);
        }
    }

    /// Whether a value was computed at this place.
    fn lies_at(&self, id: NodeId, buffer: BufferId, view: &View) -> bool {
        let value = &self.program.values[self.own[&id].index()];
        value.buffer == buffer && value.view == *view
    }

    /// Copies a part of a concatenation or padded plane to where it belongs.
    fn copy_part(&mut self, task: &Task, part: NodeId, kernel: Kernel, to: ValueId) {
        let node = self.graph.node(task.node);
        let comment = format!("{}: {}, a copy", local_name(self.graph, task.node), self.relative(part));
        self.copy(kernel, self.own[&part], to, node.scope, comment);
    }

    /// The value in a layout that its reader takes, copied there before if need be.
    fn read(&mut self, id: NodeId, need: Need, reader: NodeId) -> ValueId {
        let made = self.copies.get(&id).into_iter().flatten();
        let mut all = [self.own[&id]].into_iter().chain(made.copied());
        if let Some(value) = all.find(|v| need.accepts(&self.program.values[v.index()].view)) {
            return value;
        }
        let shape = self.graph.node(id).shape;
        let Shape { height, width, channels } = shape;
        let (view, layout) = match need {
            Need::Plane(_) => {
                // Only the network's input has no halo although a convolution reads one.
                let mut view = View::nhwc(height, width, channels);
                view.layout = with_halo(view.layout, width, self.homes.input_halo);
                (view, "with a border of zeros")
            }
            Need::Whole | Need::Any => (self.homes.usual_view(shape), "without a border"),
        };
        let to = self.fresh(id, view);
        let from = self.own[&id];
        let comment = format!("{}: {} {layout}", local_name(self.graph, reader), self.relative(id));
        self.copy(PLAIN_COPY, from, to, self.graph.node(reader).scope, comment);
        self.copies.entry(id).or_default().push(to);
        to
    }

    /// A convolution of single pixels that skips some reads what is left of them side by side, where it has so many outputs that
    /// its input is read often. The copy is made once for all such readers, as a residual block's both branches are.
    fn without_gaps(&mut self, kernel: Kernel, task: &Task, y: Shape, inputs: &mut [ValueId]) -> Kernel {
        let (Kernel::Conv(conv), Some(x), Some(&id)) = (kernel, inputs.first_mut(), task.inputs.first())
        else {
            return kernel;
        };
        let dense = conv.stride([1, 1]);
        let x_shape = self.graph.node(id).shape;
        // Padding at the bottom or right, which the kernel finds in the halo, shows in the last row or column only.
        let [rows, columns] = conv.stride;
        let is_inside = (y.height - 1) * rows < x_shape.height && (y.width - 1) * columns < x_shape.width;
        let is_plain = dense == Conv::new([1, 1]).then(conv.activation) && is_inside;
        if self.homes.target != Target::Cpu || dense == conv || !is_plain || y.channels < OFTEN {
            return kernel;
        }
        let of_stride = self.thinned.get(&(id, conv.stride)).copied();
        *x = of_stride.unwrap_or_else(|| {
            let to = self.fresh(id, View::blocked(y.height, y.width, x_shape.channels));
            let comment = format!(
                "{}: every {rows}x{columns}th pixel of {}",
                local_name(self.graph, task.owner),
                self.relative(id)
            );
            let pool = Kernel::Pool(Pool::new(PoolKind::Max, [1, 1], conv.stride));
            self.copy(pool, *x, to, self.graph.node(task.owner).scope, comment);
            self.thinned.insert((id, conv.stride), to);
            to
        });
        Kernel::Conv(dense)
    }

    /// Makes the value leave the network: as it is where it is NHWC and the network's own, else as a copy.
    fn leave(&mut self, task: &Task, value: ValueId) {
        let Shape { height, width, channels } = self.graph.node(task.node).shape;
        let nhwc = View::nhwc(height, width, channels);
        let is_own = self.program.values[value.index()].view == nhwc && task.work != Work::Input;
        let left = if is_own {
            value
        } else {
            let to = self.fresh(task.node, nhwc);
            let comment = format!("{}: out of the network", local_name(self.graph, task.node));
            self.copy(PLAIN_COPY, value, to, self.graph.node(task.node).scope, comment);
            to
        };
        self.left.insert(task.node, left);
    }

    fn copy(&mut self, kernel: Kernel, from: ValueId, to: ValueId, scope: ScopeId, comment: String) {
        self.program.steps.push(Step { kernel, inputs: vec![from], output: to, pack: None, scope, comment });
    }

    /// The name of a value in a comment of another node.
    fn relative(&self, id: NodeId) -> String {
        format!("`{}`", local_name(self.graph, id))
    }

    fn home_view(&self, id: NodeId) -> View {
        self.homes.view(id, self.graph.node(id).shape)
    }

    /// A value in a buffer of its own.
    fn fresh(&mut self, id: NodeId, view: View) -> ValueId {
        let View { height, width, channels, layout, .. } = view;
        let buffer = BufferId(self.program.buffers.len() as u32);
        self.program.buffers.push(Buffer { height, width, channels, layout });
        self.value(id, buffer, view)
    }

    fn value(&mut self, id: NodeId, buffer: BufferId, view: View) -> ValueId {
        let value = ValueId(self.program.values.len() as u32);
        self.program.values.push(Value { buffer, view, name: self.graph.path(id) });
        value
    }
}

/// The view of a plane that lies inside another, with its corner at a row and column.
fn inside(outer: View, shape: Shape, top: usize, left: usize) -> View {
    let mut halo = outer.layout.halo;
    halo.top += top;
    halo.bottom += outer.height.saturating_sub(shape.height + top);
    halo.left += left;
    halo.right += outer.width.saturating_sub(shape.width + left);
    View { height: shape.height, width: shape.width, layout: Layout { halo, ..outer.layout }, ..outer }
}
