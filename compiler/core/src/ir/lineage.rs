//! What became of the values of a graph while passes rewrote it: which node has a value now, or into which operation it
//! disappeared.

use super::NodeId;
use std::collections::BTreeMap;

/// The values of a graph as written, seen from the graph that passes made of it. Empty for one that none has changed.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// The nodes as written whose value a node has, where that is not its own alone.
    values: BTreeMap<NodeId, Vec<NodeId>>,
    /// Nodes as written whose value is nowhere any more, and the node that computes across it, if one does.
    lost: BTreeMap<NodeId, Option<NodeId>>,
    /// For nodes that are gone, who took their places.
    heirs: BTreeMap<NodeId, NodeId>,
}

impl Lineage {
    /// The nodes as written whose value a node has: the last of those that it computes, then identities behind it.
    pub fn values(&self, node: NodeId) -> Vec<NodeId> {
        self.values.get(&node).cloned().unwrap_or_else(|| vec![node])
    }

    /// The node that computes across a value as written, which is therefore nowhere; `None` where the value is there, or
    /// where nothing needs it.
    pub fn fused_into(&self, written: NodeId) -> Option<NodeId> {
        let mut node = (*self.lost.get(&written)?)?;
        while let Some(&heir) = self.heirs.get(&node) {
            node = heir;
        }
        Some(node)
    }

    /// `host` goes on to compute the value of `old`, and its own is lost.
    pub(crate) fn takes_over(&mut self, host: NodeId, old: NodeId) {
        for written in self.take(host) {
            self.lost.insert(written, Some(host));
        }
        let values = self.take(old);
        self.values.insert(host, values);
        self.heirs.insert(old, host);
    }

    /// `new` has the numbers of `old`, which goes.
    pub(crate) fn equals(&mut self, old: NodeId, new: NodeId) {
        let mut values = self.take(new);
        values.extend(self.take(old));
        self.values.insert(new, values);
        self.heirs.insert(old, new);
    }

    /// `old` goes, and its value with it; `host` computes across it.
    pub(crate) fn loses(&mut self, old: NodeId, host: Option<NodeId>) {
        for written in self.take(old) {
            self.lost.insert(written, host);
        }
        if let Some(host) = host {
            self.heirs.insert(old, host);
        }
    }

    fn take(&mut self, node: NodeId) -> Vec<NodeId> {
        self.values.remove(&node).unwrap_or_else(|| vec![node])
    }
}
