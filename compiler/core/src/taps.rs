//! Taps: the values of operations that stay in memory to the end of a run, for those who look into a network; and what
//! became of the operations that have none.

use crate::ir::{Graph, NodeId, Op};
use crate::lir::Program;
use crate::lower;
use std::collections::{BTreeMap, BTreeSet};

/// Every operation of `graph`, as written, whose value the passes have left in `fused`, in the order of the text.
pub fn wanted(graph: &Graph, fused: &Graph) -> Vec<lower::Wanted> {
    let written =
        homes(fused).into_iter().filter(|&(written, _)| !matches!(graph.node(written).op, Op::Input(_)));
    let tap =
        |(written, node)| lower::Wanted { name: graph.path(written), shape: graph.node(written).shape, node };
    written.map(tap).collect()
}

/// By operation of the text, the node that has its value.
fn homes(fused: &Graph) -> BTreeMap<NodeId, NodeId> {
    let of = |node| fused.lineage().values(node).into_iter().map(move |written| (written, node));
    fused.ids().flat_map(of).collect()
}

/// What became of an operation of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its value is a tap.
    Kept,
    /// It is computed together with others, and this is the operation whose value is in memory.
    FusedInto(String),
    /// Nothing that leaves the network needs it.
    Unused,
}

/// What became of each operation of `graph`, in the order of [`Graph::ids`], in a program that was lowered from `fused`
/// with the taps that are [`wanted`].
pub fn fates(graph: &Graph, fused: &Graph, program: &Program) -> Vec<(NodeId, Fate)> {
    let kept: BTreeSet<&str> = program.taps.iter().map(|tap| tap.name.as_str()).collect();
    let homes = homes(fused);
    let is_kept = |id: NodeId| kept.contains(graph.path(id).as_str());
    let fate = |id: NodeId| {
        if is_kept(id) {
            return Fate::Kept;
        }
        // A kernel may compute two nodes of the fused graph; then the second is the only reader of the first.
        let mut node = homes.get(&id).copied().or_else(|| fused.lineage().fused_into(id));
        while let Some(host) = node {
            if let Some(&last) = fused.lineage().values(host).iter().find(|&&v| is_kept(v)) {
                return Fate::FusedInto(graph.path(last));
            }
            node = fused.sole_consumer(host).map(|(reader, _)| reader);
        }
        Fate::Unused
    };
    graph.ids().map(|id| (id, fate(id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::expand::{Files, ReadError, Request, expand, load};
    use crate::passes;
    use crate::source::SourceMap;

    struct Text(&'static str);

    impl Files for Text {
        fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
            Ok(self.0.as_bytes().to_vec())
        }
    }

    /// `NAME` or `NAME in HOST` or `NAME unused`, for each operation.
    fn told(text: &'static str) -> Vec<String> {
        let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
        let request = Request::new("test.arch");
        let loaded = load(&request, &mut Text(text), &mut sources, &mut diagnostics).expect("it is read");
        let graph = expand(&loaded, &request, &mut diagnostics).expect("it is right");
        let mut fused = graph.clone();
        passes::run(&mut fused, None).expect("the passes keep the invariants");
        let program = lower::lower_with_taps(&fused, crate::mode::Mode::F32, &wanted(&graph, &fused));
        let line = |(id, fate)| match fate {
            Fate::Kept => graph.path(id),
            Fate::FusedInto(host) => format!("{} in {host}", graph.path(id)),
            Fate::Unused => format!("{} unused", graph.path(id)),
        };
        fates(&graph, &fused, &program).into_iter().skip(1).map(line).collect()
    }

    #[test]
    fn the_last_of_a_fused_group_is_there() {
        assert_eq!(
            told(
                "net N { input 8x8x3  conv 3x3 16 bn relu dropout 0.5  let x  conv 3x3 16  add x  relu  let y  \
                 conv 1x1 4  from y  zeropad 1  conv 3x3 16 pad=valid bn  add x  flatten  dense 5 softmax }"
            ),
            [
                "conv1 in relu1",
                "bn1 in relu1",
                "relu1",
                "dropout1",
                "conv2 in relu2",
                "add1 in relu2",
                "relu2",
                "conv3 unused",
                "zeropad1 in add2",
                "conv4 in add2",
                "bn2 in add2",
                "add2",
                "flatten1",
                "dense1",
                "softmax1",
            ]
        );
        // One kernel that the passes do not know of, a concatenation inside of another, and an identity behind the input.
        assert_eq!(
            told(
                "net N { input 8x8x3  dropout 0.5  let x  bn relu dropout 0.5  concat x  concat x  maxpool 2  output maxpool1, concat2 }"
            ),
            ["dropout1", "bn1 in relu1", "relu1", "dropout2", "concat1 in concat2", "concat2", "maxpool1"]
        );
    }
}
