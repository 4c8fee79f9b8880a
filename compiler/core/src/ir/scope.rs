//! Where a node comes from: the tree of scopes that names it, and the places in the text.

use crate::source::Span;

/// A scope of a [`Scopes`] tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(u32);

/// What opened a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The net itself.
    Root,
    /// A call of the block of that name.
    Block(String),
    /// `stack` or `for`, all of its iterations.
    Loop,
    /// One iteration of a loop; its segment is its index.
    Iteration,
    /// `residual`
    Residual,
    /// `shortcut`, inside its residual.
    Shortcut,
    /// `branch` of an `inception`.
    Branch,
    /// `gate`
    Gate,
    /// An operation that expands into several, as `separable` does.
    Compound,
}

/// One scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The scope around it; `None` for the root.
    pub parent: Option<ScopeId>,
    /// What opened it.
    pub kind: ScopeKind,
    /// Its part of a name: `bottleneck2`, `layer1`, `0`. Empty for the root.
    pub segment: String,
}

/// The tree of scopes of a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Scopes {
    scopes: Vec<Scope>,
}

impl Default for Scopes {
    fn default() -> Self {
        Scopes { scopes: vec![Scope { parent: None, kind: ScopeKind::Root, segment: String::new() }] }
    }
}

impl Scopes {
    /// The root.
    pub const ROOT: ScopeId = ScopeId(0);

    /// Opens a scope inside another.
    pub fn open(&mut self, parent: ScopeId, kind: ScopeKind, segment: impl Into<String>) -> ScopeId {
        let id = ScopeId(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        self.scopes.push(Scope { parent: Some(parent), kind, segment: segment.into() });
        id
    }

    /// How many scopes there are, the root among them.
    pub fn count(&self) -> usize {
        self.scopes.len()
    }

    /// Every scope, each behind the one around it.
    pub fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(i, s)| (ScopeId(i as u32), s))
    }

    /// A scope.
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// The scope and those around it, innermost first, the root last.
    pub fn outward(&self, id: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let scope = self.get(id);
            next = scope.parent;
            Some((id, scope))
        })
    }

    /// Whether the scope is one of this tree.
    pub fn contains(&self, id: ScopeId) -> bool {
        (id.0 as usize) < self.scopes.len()
    }

    /// The full name of something called `local` in a scope: `layer1.0.conv2`.
    pub fn path(&self, id: ScopeId, local: &str) -> String {
        let mut parts: Vec<&str> =
            self.outward(id).map(|(_, s)| s.segment.as_str()).filter(|s| !s.is_empty()).collect();
        parts.reverse();
        if !local.is_empty() {
            parts.push(local);
        }
        parts.join(".")
    }
}

/// Where in the text a node comes from.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Origin {
    /// The operation. `None` for a graph that was not made from text.
    pub span: Option<Span>,
    /// The block calls that led to it, innermost first: the block's name and the place of the call.
    pub calls: Vec<(String, Span)>,
}
