//! Name maps: what a framework calls the layers of a network. They are data, `archs/names/NET.keras` and `NET.torch`.
//!
//! A line says that an operation of ours is a layer of theirs:
//!
//! ```text
//! // Keras's ResNet-50. Comments run to the end of the line.
//! conv1 = conv1_conv
//! stage.{i}.unit.{j}.bottleneck1.residual1.conv{k} = conv{i+2}_block{j+1}_{k}_conv
//! - AuxLogits.*
//! ```
//!
//! The parts of a tensor's name that say what it is for (`kernel`, `running_mean`, `:0`) belong to the framework; a line
//! names operations and layers only. On the left, `{i}` is a number, `{i+1}` a number one larger than `i`, and
//! `{i:0-2}` a number from 0 to 2. On the right stand sums of those: `{i+1}`, `{7*i+j-5}`. `{i:a}` is a letter, `a` for
//! 0. `#{n}`, at the end of a name, is the layer of rank `n`, from 0, among those that a framework numbered by itself:
//! Keras's `conv2d`, `conv2d_1`, ... begin at another number with every model built. A line whose right side would hold
//! a number below 0 does not apply.
//!
//! Frameworks count blocks through all stages where we count them in each. `(i,j)` is the rank, from 0, of the numbers
//! `i` and `j` together among all pairs that the network has there, in its order:
//!
//! ```text
//! stage.{i:1-6}.unit.{j}.bottleneck1.conv1 = block_{(i,j)+1}_expand
//! ```
//!
//! It has those with which the name of an operation with weights begins as the left side does, up to the last of these
//! numbers: here all in `stage.{i:1-6}.unit.{j}`, whatever follows.
//!
//! `conv1 = a | b` is `b` where the file has `b` and no `a`: frameworks have renamed layers since they wrote their files.
//!
//! `OURS.ROLE := NUMBERS` is what a tensor of ours holds where the file has none for it: a number for each of its
//! channels, or one for all.
//!
//! `- PATTERN` drops tensors of theirs: `*` stands for anything, and the pattern for a whole name or for its last parts
//! (`num_batches_tracked`). An operation that no line names has the same name there.
//! Operations without weights may be named as well, for who compares values of layers (`archc verify`).

mod expression;
mod parse;
mod pattern;

use expression::Term;
use pattern::{Ours, Theirs, Tuples};
use std::collections::BTreeMap;

/// A parsed name map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NameMap {
    lines: Vec<Line>,
    constants: Vec<Constant>,
    dropped: Vec<String>,
}

/// `OURS = THEIRS | THEIRS`
#[derive(Clone, Debug, PartialEq)]
struct Line {
    number: usize,
    ours: Ours,
    theirs: Vec<Theirs>,
}

/// `OURS.ROLE := NUMBERS`
#[derive(Clone, Debug, PartialEq)]
struct Constant {
    ours: Ours,
    numbers: Vec<f32>,
}

/// What is wrong with a line of a name map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct MapSyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl NameMap {
    /// The map as it applies to a network: the names of its operations with weights, in order, and of all of their layers.
    pub(crate) fn apply<'a>(
        &'a self,
        operations: &[String],
        layers: impl IntoIterator<Item = &'a str>,
    ) -> AppliedMap<'a> {
        let tuples = |line: &'a Line| {
            let ranks = line.theirs.iter().flat_map(Theirs::terms).filter_map(|term| match term {
                Term::Variable(_) => None,
                Term::Rank(variables) => Some((term, line.ours.tuples(variables, operations))),
            });
            ranks.collect()
        };
        AppliedMap {
            lines: self.lines.iter().map(|line| (line, tuples(line))).collect(),
            ranks: Ranks::new(layers),
        }
    }

    /// What a tensor of ours of that full name and size holds where the file has none for it.
    pub(crate) fn constant(&self, tensor: &str, size: usize) -> Option<Vec<f32>> {
        let constant = self.constants.iter().find(|constant| constant.ours.matches(tensor).is_some())?;
        match constant.numbers[..] {
            [one] => Some(vec![one; size]),
            ref all => (all.len() == size).then(|| all.to_vec()),
        }
    }

    /// Whether a `- PATTERN` drops a tensor of theirs.
    pub(crate) fn drops(&self, tensor: &str, separator: char) -> bool {
        let tails = tensor.match_indices(separator).map(|(i, s)| &tensor[i + s.len()..]);
        std::iter::once(tensor)
            .chain(tails)
            .any(|name| self.dropped.iter().any(|pattern| pattern::glob(pattern, name)))
    }
}

/// A map with the numbers that it takes from a network and from the names of a file.
#[derive(Debug)]
pub(crate) struct AppliedMap<'a> {
    /// Each with the ranks that its right side asks for.
    lines: Vec<(&'a Line, BTreeMap<&'a Term, Tuples>)>,
    ranks: Ranks,
}

impl AppliedMap<'_> {
    /// The layers that the lines give an operation, each with its line's number; more than one is a mistake in the map.
    pub(crate) fn layers(&self, operation: &str) -> Vec<(usize, String)> {
        let mut layers: Vec<(usize, String)> = Vec::new();
        for (line, tuples) in &self.lines {
            let Some(bindings) = line.ours.matches(operation) else { continue };
            let choices: Vec<String> =
                line.theirs.iter().filter_map(|t| t.render(&bindings, tuples, &self.ranks)).collect();
            let known = choices.iter().find(|layer| self.ranks.has(layer));
            let Some(layer) = known.or(choices.first()).cloned() else { continue };
            if layers.iter().all(|(_, l)| *l != layer) {
                layers.push((line.number, layer));
            }
        }
        layers
    }
}

/// The layers that a framework numbered by itself, in order: those called `stem` or `stem_` and a number.
#[derive(Debug, Default)]
struct Ranks {
    by_stem: BTreeMap<String, BTreeMap<u64, String>>,
}

impl Ranks {
    /// Of the names of all layers.
    fn new<'a>(layers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ranks = Ranks::default();
        for layer in layers {
            let (stem, number) = Ranks::split(layer);
            ranks.by_stem.entry(stem.to_owned()).or_default().insert(number, layer.to_owned());
        }
        ranks
    }

    /// A layer's stem and number.
    fn split(layer: &str) -> (&str, u64) {
        let numbered = layer.rsplit_once('_').and_then(|(stem, n)| Some((stem, n.parse().ok()?)));
        numbered.unwrap_or((layer, 0))
    }

    /// Whether there is a layer of that name.
    fn has(&self, layer: &str) -> bool {
        let (stem, number) = Ranks::split(layer);
        self.by_stem.get(stem).and_then(|numbers| numbers.get(&number)).is_some_and(|l| l == layer)
    }

    fn get(&self, stem: &str, rank: u64) -> Option<&str> {
        let rank = usize::try_from(rank).ok()?;
        self.by_stem.get(stem)?.values().nth(rank).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(map: &str, operation: &str, layers: &[&str]) -> Vec<String> {
        layer_in(map, operation, &[], layers)
    }

    fn layer_in(map: &str, operation: &str, operations: &[&str], layers: &[&str]) -> Vec<String> {
        let map = NameMap::parse(map).expect("the map is right");
        let operations: Vec<String> = operations.iter().map(|&o| o.to_owned()).collect();
        map.apply(&operations, layers.iter().copied()).layers(operation).into_iter().map(|(_, l)| l).collect()
    }

    #[test]
    fn numbers_and_sums() {
        let map =
            "stage.{i}.unit.{j}.conv{k} = conv{i+2}_block{j+1}_{k}_conv // and a comment\n\nfc = predictions";
        assert_eq!(layer(map, "stage.0.unit.11.conv3", &[]), ["conv2_block12_3_conv"]);
        assert_eq!(layer(map, "fc", &[]), ["predictions"]);
        for other in [
            "stage.0.unit.1.conv",
            "stage.0.unit.x.conv1",
            "stage.0.unit.1.conv1.x",
            "fc1",
            "xfc",
            "stage.01.unit.1.conv1",
        ] {
            assert_eq!(layer(map, other, &[]), [""; 0], "{other}");
        }
        assert_eq!(layer("a.{i}.b{j} = {7*i+2*j-5+i}", "a.2.b3", &[]), ["17"]);
        assert_eq!(layer("a{i+1}.b{i} = x{i}", "a5.b4", &[]), ["x4"]);
        assert_eq!(layer("a{i+1}.b{i} = x{i}", "a5.b5", &[]), [""; 0]);
        assert_eq!(layer("a{i} = x{i-2}", "a1", &[]), [""; 0]);
    }

    #[test]
    fn ranges() {
        let map = "mixed{i:0-2}.conv = a{i}\nmixed{i:3-3}.conv = b{i}\nmixed{i:10-12}.conv = c";
        for (operation, expected) in [("mixed0.conv", "a0"), ("mixed2.conv", "a2"), ("mixed3.conv", "b3")] {
            assert_eq!(layer(map, operation, &[]), [expected]);
        }
        assert_eq!(layer(map, "mixed4.conv", &[]), [""; 0]);
        assert_eq!(layer(map, "mixed11.conv", &[]), ["c"]);
    }

    #[test]
    fn letters() {
        assert_eq!(layer("s{i}.{j} = block{i+1}{j:a}_conv", "s1.1", &[]), ["block2b_conv"]);
        assert_eq!(layer("s{j} = block{j:a}", "s26", &[]), [""; 0]);
        assert_eq!(layer("s{j} = block{j+1:A}", "s0", &[]), ["blockB"]);
    }

    #[test]
    fn ranks_are_by_number_whatever_they_begin_with() {
        let fresh = ["conv2d_10", "conv2d", "conv2d_2", "conv2d_1", "dense", "conv2d_bn"];
        assert_eq!(layer("c{i} = conv2d#{i}", "c0", &fresh), ["conv2d"]);
        assert_eq!(layer("c{i} = conv2d#{i}", "c3", &fresh), ["conv2d_10"]);
        let later = ["conv2d_94", "conv2d_100", "conv2d_95"];
        assert_eq!(layer("c{i} = conv2d#{i}", "c0", &later), ["conv2d_94"]);
        assert_eq!(layer("c{i} = conv2d#{i}", "c2", &later), ["conv2d_100"]);
        // Beyond the last, the name tells which one is missing.
        assert_eq!(layer("c{i} = conv2d#{i}", "c3", &later), ["conv2d#3"]);
    }

    #[test]
    fn ranks_of_several_numbers() {
        // Not in the order of numbers, to tell it from the network's, and operations of one block several times.
        let operations = [
            "conv1",
            "s.0.u.0.conv1",
            "s.0.u.0.bn1",
            "s.2.u.0.conv1",
            "s.2.u.1.relu1",
            "s.2.u.10.relu1",
            "s.1.u.0",
            "s.1.x.0",
            "t.1.u.0",
        ];
        let ranked = |map: &str, operation: &str| layer_in(map, operation, &operations, &[]);
        let map = "s.{i}.u.{j}.conv1 = b{(i,j)}";
        for (operation, expected) in [
            ("s.0.u.0.conv1", "b0"),
            ("s.2.u.0.conv1", "b1"),
            ("s.2.u.1.conv1", "b2"),
            ("s.2.u.10.conv1", "b3"),
            ("s.1.u.0.conv1", "b4"),
        ] {
            assert_eq!(ranked(map, operation), [expected], "{operation}");
        }
        // What does not occur in the network has no rank.
        assert_eq!(ranked(map, "s.2.u.2.conv1"), [""; 0]);
        // What is outside of a range is not counted.
        let map = "s.{i:1-2}.u.{j}.conv1 = b{(i,j)}";
        assert_eq!(ranked(map, "s.1.u.0.conv1"), ["b3"]);
        assert_eq!(ranked(map, "s.0.u.0.conv1"), [""; 0]);
        // In sums, as letters, among offsets, and beside a number behind the counted ones.
        let map = "s.{i}.u.{j}.conv{k} = {2*(i,j)+i - 1}.{(i, j)+1:a}.{k}";
        assert_eq!(ranked(map, "s.2.u.10.conv7"), ["7.e.7"]);
        assert_eq!(ranked("s.{i+1}.u.{j} = b{(i,j)}", "s.1.u.0"), ["b3"]);
        assert_eq!(ranked("s.{i}.u.{j} = b{(j,i)}", "s.1.u.0"), ["b4"]);
        let numbered = ["c_7", "c_8", "c_9"];
        assert_eq!(layer_in("s.{i}.u.{j}.x = c#{(i,j)}", "s.2.u.1.x", &operations, &numbered), ["c_9"]);
    }

    #[test]
    fn older_names() {
        let map = "c{i} = conv_{i} | old{i+1} | older#{i}\nd = dense | dense";
        assert_eq!(layer(map, "c0", &["conv_0", "old1"]), ["conv_0"]);
        assert_eq!(layer(map, "c0", &["conv_1", "old1", "older_7"]), ["old1"]);
        assert_eq!(layer(map, "c1", &["older_7", "older_8"]), ["older_8"]);
        // Where the file has none of them, the newest name tells what is missing.
        assert_eq!(layer(map, "c2", &["conv_1", "old1", "older_7"]), ["conv_2"]);
        assert_eq!(layer(map, "d", &[]), ["dense"]);
        // `conv_01` has the number of `conv_1` and is another layer.
        assert_eq!(layer(map, "c1", &["conv_01", "old2"]), ["old2"]);
        // An older name may count.
        let operations = ["s.0.u.0", "s.0.u.1", "s.1.u.0"];
        assert_eq!(layer_in("s.{i}.u.{j} = s{i}_{j} | b{(i,j)}", "s.1.u.0", &operations, &["b2"]), ["b2"]);
    }

    #[test]
    fn constants() {
        let map = NameMap::parse("n{i}.mean := 0 // begins so\nn{i}.variance := 1 0.25 -3e-2")
            .expect("the map is right");
        assert_eq!(map.constant("n1.mean", 2), Some(vec![0.0; 2]));
        assert_eq!(map.constant("n2.variance", 3), Some(vec![1.0, 0.25, -0.03]));
        assert_eq!(map.constant("n2.variance", 2), None);
        assert_eq!(map.constant("n1", 1), None);
    }

    #[test]
    fn dropping() {
        let map =
            NameMap::parse("- AuxLogits.*\n- num_batches_tracked\n- fc.*.bias").expect("the map is right");
        for name in ["AuxLogits.conv0.weight", "a.b.num_batches_tracked", "fc.1.bias", "head.fc.x.bias"] {
            assert!(map.drops(name, '.'), "{name}");
        }
        for name in ["AuxLogits", "num_batches_tracked.x", "fc.bias", "xfc.1.bias", "fc.1.bias2"] {
            assert!(!map.drops(name, '.'), "{name}");
        }
    }
}
