//! The names that are in sight, brace by brace.

use std::collections::{BTreeMap, HashMap};

use crate::source::Span;
use crate::syntax::ast::Ident;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Parameter,
    Constant,
    Index,
    Element,
    /// Of `let`, in a namespace of its own.
    Value,
}

impl Role {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Role::Parameter => "the parameter",
            Role::Constant => "the constant",
            Role::Index => "the index",
            Role::Element => "the name",
            Role::Value => "the value",
        }
    }
}

/// A name and whether something uses it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) span: Span,
    pub(super) role: Role,
    pub(super) used: bool,
}

#[derive(Debug, Default)]
struct Brace<'a> {
    names: HashMap<&'a str, Known>,
    values: HashMap<&'a str, Known>,
    /// Whether what is outside is out of sight.
    boundary: bool,
}

/// What is in sight.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    braces: Vec<Brace<'a>>,
    /// Where values stood that ended with their brace, since the last boundary.
    ended: HashMap<&'a str, Span>,
}

impl<'a> Names<'a> {
    pub(super) fn open(&mut self, boundary: bool) {
        if boundary {
            self.ended.clear();
        }
        self.braces.push(Brace { boundary, ..Brace::default() });
    }

    /// Ends the innermost braces and gives what they defined, in the order of the text.
    pub(super) fn close(&mut self) -> Vec<(&'a str, Known)> {
        let Some(brace) = self.braces.pop() else { return Vec::new() };
        self.ended.extend(brace.values.iter().map(|(name, known)| (*name, known.span)));
        let all = brace.names.into_iter().chain(brace.values);
        let ordered: BTreeMap<u32, (&str, Known)> =
            all.map(|(name, known)| (known.span.start, (name, known))).collect();
        ordered.into_values().collect()
    }

    /// Defines a name between the innermost braces; the place of the first if there is one already.
    pub(super) fn define(&mut self, name: &'a Ident, role: Role) -> Option<Span> {
        let brace = self.braces.last_mut()?;
        let space = if role == Role::Value { &mut brace.values } else { &mut brace.names };
        if let Some(first) = space.get(name.value.as_str()) {
            return Some(first.span);
        }
        space.insert(&name.value, Known { span: name.span, role, used: false });
        None
    }

    /// The braces in sight, innermost first.
    fn visible(&self) -> impl Iterator<Item = &Brace<'a>> {
        let mut inside = true;
        self.braces.iter().rev().take_while(move |brace| std::mem::replace(&mut inside, !brace.boundary))
    }

    /// Looks a name up and marks it as used.
    pub(super) fn use_name(&mut self, name: &str) -> Option<Role> {
        self.find(name, |brace| &mut brace.names)
    }

    /// Looks a value of `let` up and marks it as used.
    pub(super) fn use_value(&mut self, name: &str) -> bool {
        self.find(name, |brace| &mut brace.values).is_some()
    }

    fn find(
        &mut self,
        name: &str,
        space: for<'b> fn(&'b mut Brace<'a>) -> &'b mut HashMap<&'a str, Known>,
    ) -> Option<Role> {
        for brace in self.braces.iter_mut().rev() {
            let boundary = brace.boundary;
            if let Some(known) = space(brace).get_mut(name) {
                known.used = true;
                return Some(known.role);
            }
            if boundary {
                break;
            }
        }
        None
    }

    /// Every name in sight.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.visible().flat_map(|brace| brace.names.keys().copied())
    }

    /// Every value of `let` in sight.
    pub(super) fn values(&self) -> impl Iterator<Item = &'a str> {
        self.visible().flat_map(|brace| brace.values.keys().copied())
    }

    /// Where a value stood that has ended with its brace.
    pub(super) fn ended(&self, name: &str) -> Option<Span> {
        self.ended.get(name).copied()
    }
}
