//! What keeps the tensors of a source from being those of a network: every difference, named.

use super::source::{Dtype, Source};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

/// Every difference between the tensors of a source and those of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// The network.
    pub network: String,
    /// Names and shapes of tensors that the source lacks, in the network's order.
    pub missing: Vec<(String, Vec<usize>)>,
    /// Names and shapes of tensors that the network does not have, by name.
    pub extra: Vec<(String, Vec<usize>)>,
    /// Names, shapes in the network, shapes in the source, in the network's order.
    pub shapes: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Names and types of tensors whose numbers are not floating point, in the network's order.
    pub dtypes: Vec<(String, Dtype)>,
}

impl Mismatch {
    /// Compares the tensors that a network needs, by full names and shapes, with those of a source.
    pub fn between(
        network: &str,
        needed: impl IntoIterator<Item = (String, Vec<usize>)>,
        source: &dyn Source,
    ) -> Mismatch {
        let mut mismatch = Mismatch { network: network.to_owned(), ..Mismatch::default() };
        let mut names = BTreeSet::new();
        for (name, shape) in needed {
            match source.info(&name) {
                None => mismatch.missing.push((name.clone(), shape)),
                Some(info) if info.shape != shape => mismatch.shapes.push((name.clone(), shape, info.shape)),
                Some(info) if info.dtype.size().is_none() => mismatch.dtypes.push((name.clone(), info.dtype)),
                Some(_) => {}
            }
            names.insert(name);
        }
        let extra = source.names().into_iter().filter(|name| !names.contains(*name));
        let shape = |name: &str| source.info(name).map_or(Vec::new(), |info| info.shape);
        mismatch.extra = extra.map(|name| (name.to_owned(), shape(name))).collect();
        mismatch.extra.sort_by_cached_key(|(name, _)| order(name));
        mismatch
    }

    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.shapes.is_empty() && self.dtypes.is_empty()
    }

    /// What to do about it, from what is wrong.
    fn remedy(&self) -> &'static str {
        if !self.missing.is_empty() && !self.extra.is_empty() {
            "names are those of the .arch file, and tensors lie as rows, columns, inputs, outputs: a \
             framework's file must be brought into this form first"
        } else if !self.missing.is_empty() {
            "the file is of another network, or of a part of this one"
        } else if !self.extra.is_empty() {
            "the file is of a larger network; leave out what this one does not have"
        } else if !self.shapes.is_empty() {
            "the file is of a network with other sizes: build with the sizes of the file (`--set classes=...`)"
        } else {
            "save the tensors as F32, F16, BF16 or F64"
        }
    }

    /// What the source may call a tensor that is missing: a name with something in front of it, or a similar one of the
    /// same shape.
    fn perhaps(&self, name: &str, shape: &[usize]) -> Option<&str> {
        let same_shape = || self.extra.iter().filter(|(_, s)| s == shape).map(|(extra, _)| extra.as_str());
        let prefixed =
            |extra: &&str| extra.strip_suffix(name).is_some_and(|prefix| prefix.ends_with(['.', '/', ':']));
        same_shape().find(prefixed).or_else(|| {
            // Many names that differ are of another scheme, not misspelt.
            if self.missing.len().max(self.extra.len()) > 64 {
                return None;
            }
            let near = same_shape().map(|extra| (distance(name, extra), extra));
            near.min().filter(|(distance, _)| *distance <= name.len() / 4).map(|(_, extra)| extra)
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these are not the weights of {}", self.network)?;
        section(f, "missing", &self.missing, |(name, shape)| match self.perhaps(name, shape) {
            Some(other) => format!("{name} {}, perhaps called {} here", sizes(shape), other.escape_debug()),
            None => format!("{name} {}", sizes(shape)),
        })?;
        section(f, "not in the network", &self.extra, |(name, shape)| {
            format!("{} {}", name.escape_debug(), sizes(shape))
        })?;
        section(f, "of another shape", &self.shapes, |(name, wanted, found)| {
            format!("{name} is {}, and must be {}", sizes(found), sizes(wanted))
        })?;
        section(f, "not of floating point", &self.dtypes, |(name, dtype)| format!("{name} is {dtype}"))?;
        write!(f, "\nhelp: {}", self.remedy())
    }
}

fn section<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    all: &[T],
    line: impl Fn(&T) -> String,
) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    write!(f, "\n  {title} ({}):", all.len())?;
    all.iter().try_for_each(|item| write!(f, "\n    {}", line(item)))
}

/// A shape for people: `3x3x64x128`.
fn sizes(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".to_owned();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// How many bytes must be changed, added or left out to make one name the other (Levenshtein); very long names are far
/// from everything.
fn distance(a: &str, b: &str) -> usize {
    const LONG: usize = 256;
    if a.len().max(b.len()) > LONG {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// What orders names as people count, numbers in them by their value: `block.2` is in front of `block.10`.
fn order(name: &str) -> impl Ord + use<> {
    let mut parts: Vec<(u8, u64)> = Vec::new();
    for byte in name.bytes() {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        match (byte.is_ascii_digit(), parts.last_mut()) {
            (true, Some((b'0', number))) => *number = number.saturating_mul(10).saturating_add(digit),
            (true, _) => parts.push((b'0', digit)),
            (false, _) => parts.push((byte, 0)),
        }
    }
    (parts, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted() {
        assert_eq!(distance("conv1", "conv1"), 0);
        assert_eq!(distance("conv1", "cnv1"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = ["b.10", "b.2", "a", "b.2.x", "b", "b.99999999999999999999", "b.02"];
        names.sort_by_cached_key(|name| order(name));
        assert_eq!(names, ["a", "b", "b.02", "b.2", "b.2.x", "b.10", "b.99999999999999999999"]);
    }
}
