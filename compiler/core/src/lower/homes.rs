//! Where every value lies: concatenations and zero padding in place, and the halo of each buffer.
//!
//! A concatenation is one buffer, and a part of it is written straight into its channels; a padded plane is a buffer
//! with zeros around what is written into it. A part that was computed by a kernel lives there and nowhere else, so
//! that its other readers read a slice of the buffer. Going backwards, the outermost concatenation places its parts
//! first, and what is inside them follows. A part that already lives elsewhere is copied.

use super::layouts::{task_need, with_halo};
use super::select::{Selection, Task, Work};
use crate::ir::op::Op;
use crate::ir::{Graph, NodeId, Shape};
use crate::lir::{Buffer, BufferId, Need, Target};
use archc_runtime::layout::{Halo, Layout, View};
use std::collections::{HashMap, HashSet};

/// Values of fewer channels lie in NHWC: a block would be more than half padding lanes. Kernels take a little longer for
/// them; at half a block and more, time counts more than memory.
const NARROW: usize = 8;

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Home {
    pub(super) buffer: BufferId,
    /// The buffer's channel at which it starts.
    pub(super) first_channel: usize,
    /// Rows and columns of the buffer's plane around it.
    pub(super) inset: Halo,
}

/// The homes of all values.
#[derive(Debug)]
pub(super) struct Homes {
    pub(super) target: Target,
    pub(super) buffers: Vec<Buffer>,
    /// Rows and columns of each buffer's plane around those that all its parts have in common.
    borders: Vec<Halo>,
    pub(super) of: HashMap<NodeId, Home>,
    /// Values that leave the network, the logits among them.
    pub(super) leaving: HashSet<NodeId>,
    /// What the softmax that ends the first output received.
    pub(super) logits: Option<NodeId>,
    /// The zeros that convolutions read around the input of the network.
    pub(super) input_halo: Halo,
}

impl Homes {
    /// A value's view of its buffer.
    pub(super) fn view(&self, id: NodeId, shape: Shape) -> View {
        let Home { buffer, first_channel, inset } = self.of[&id];
        let buffer = &self.buffers[buffer.index()];
        let halo = buffer.layout.halo;
        let halo = Halo {
            top: halo.top + inset.top,
            bottom: halo.bottom + inset.bottom,
            left: halo.left + inset.left,
            right: halo.right + inset.right,
        };
        View {
            height: shape.height,
            width: shape.width,
            channels: shape.channels,
            layout: Layout { halo, ..buffer.layout },
            first_channel,
            buffer_channels: buffer.channels,
        }
    }
}

/// Places the values of all tasks.
pub(super) fn place(graph: &Graph, selection: &Selection, target: Target) -> Homes {
    let logits = graph.outputs.first().and_then(|output| {
        let id = selection.resolve(output.node);
        let is_softmax = matches!(graph.node(id).op, Op::Softmax(_));
        graph.inputs(id).first().filter(|_| is_softmax).map(|&i| selection.resolve(i))
    });
    let outputs = graph.outputs.iter().map(|o| selection.resolve(o.node));
    let mut homes = Homes {
        target,
        buffers: Vec::new(),
        borders: Vec::new(),
        of: HashMap::new(),
        leaving: outputs.chain(logits).collect(),
        logits,
        input_halo: Halo::NONE,
    };
    let readers = Readers::new(graph, selection, target);
    for task in selection.tasks.iter().rev() {
        homes.place_task(graph, task, &readers);
    }
    homes.add_halos(&readers);
    homes
}

/// What is asked of each value, by all who read it.
struct Readers {
    needs: HashMap<NodeId, Vec<Need>>,
    inputs: HashSet<NodeId>,
}

impl Readers {
    fn new(graph: &Graph, selection: &Selection, target: Target) -> Readers {
        let mut readers = Readers { needs: HashMap::new(), inputs: HashSet::new() };
        for task in &selection.tasks {
            if task.work == Work::Input {
                readers.inputs.insert(task.node);
            }
            let y = graph.node(task.node).shape;
            let x = task.inputs.first().map_or(y, |&i| graph.node(i).shape);
            for (port, &input) in task.inputs.iter().enumerate() {
                readers.needs.entry(input).or_default().push(task_need(task, target, port, x, y));
            }
        }
        readers
    }

    fn of(&self, id: NodeId) -> &[Need] {
        self.needs.get(&id).map_or(&[], Vec::as_slice)
    }
}

impl Homes {
    fn place_task(&mut self, graph: &Graph, task: &Task, readers: &Readers) {
        let shape = graph.node(task.node).shape;
        let home = match self.of.get(&task.node) {
            Some(home) => *home,
            None => {
                let view = self.own_view(task, shape, readers);
                let buffer = BufferId(self.buffers.len() as u32);
                self.buffers.push(Buffer {
                    height: view.height,
                    width: view.width,
                    channels: view.channels,
                    layout: view.layout,
                });
                self.borders.push(Halo::NONE);
                let home = Home { buffer, first_channel: 0, inset: Halo::NONE };
                self.of.insert(task.node, home);
                home
            }
        };
        match task.work {
            Work::Input | Work::Kernel(_) => {}
            Work::Concat => {
                let mut first_channel = home.first_channel;
                for &part in &task.inputs {
                    self.move_in(part, Home { first_channel, ..home }, readers);
                    first_channel += graph.node(part).shape.channels;
                }
            }
            Work::ZeroPad { top, left } => {
                for &part in &task.inputs {
                    let inner = graph.node(part).shape;
                    let inset = Halo {
                        top: home.inset.top + top,
                        bottom: home.inset.bottom + shape.height.saturating_sub(inner.height + top),
                        left: home.inset.left + left,
                        right: home.inset.right + shape.width.saturating_sub(inner.width + left),
                    };
                    self.move_in(part, Home { inset, ..home }, readers);
                }
            }
        }
    }

    /// Gives a part its place, unless it has one or is the user's.
    fn move_in(&mut self, part: NodeId, home: Home, readers: &Readers) {
        if readers.inputs.contains(&part) || self.of.contains_key(&part) {
            return;
        }
        // What is around the planes of all parts starts as zeros; they have to have pixels in common.
        let buffer = &self.buffers[home.buffer.index()];
        let border = self.borders[home.buffer.index()].union(home.inset);
        if border.top + border.bottom < buffer.height && border.left + border.right < buffer.width {
            self.borders[home.buffer.index()] = border;
            self.of.insert(part, home);
        }
    }

    /// The view, without a halo, of a value that has a buffer of its own.
    fn own_view(&self, task: &Task, shape: Shape, readers: &Readers) -> View {
        let nhwc = View::nhwc(shape.height, shape.width, shape.channels);
        let leaves_directly = self.leaving.contains(&task.node)
            && matches!(task.work, Work::Kernel(_))
            && readers.of(task.node).iter().all(|need| need.accepts(&nhwc));
        if task.work == Work::Input || leaves_directly { nhwc } else { self.usual_view(shape) }
    }

    /// The view, without a halo, of a value that nobody outside looks at.
    pub(super) fn usual_view(&self, Shape { height, width, channels }: Shape) -> View {
        match self.target {
            Target::Cpu if channels >= NARROW => View::blocked(height, width, channels),
            Target::Cpu => View::nhwc(height, width, channels),
            Target::Cuda(number) => {
                let view = View::nhwc(height, width, channels);
                View { layout: Layout { element: number.element(), ..view.layout }, ..view }
            }
        }
    }

    /// Gives every buffer the halo that is read of the values in it.
    fn add_halos(&mut self, readers: &Readers) {
        for (&id, home) in &self.of {
            let mut halo = Halo::NONE;
            for need in readers.of(id) {
                match need {
                    Need::Plane(zeros) => halo = halo.union(*zeros),
                    Need::Any | Need::Whole => {}
                }
            }
            if readers.inputs.contains(&id) {
                self.input_halo = halo;
                continue;
            }
            // The plane around the value holds zeros as well.
            let halo = Halo {
                top: halo.top.saturating_sub(home.inset.top),
                bottom: halo.bottom.saturating_sub(home.inset.bottom),
                left: halo.left.saturating_sub(home.inset.left),
                right: halo.right.saturating_sub(home.inset.right),
            };
            let buffer = &mut self.buffers[home.buffer.index()];
            buffer.layout = with_halo(buffer.layout, buffer.width, buffer.layout.halo.union(halo));
        }
    }
}
