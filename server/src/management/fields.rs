//! The members of Auth0's objects, each with its form and what becomes of it here. One table for each object says what a body may hold, what is
//! kept, and what the page about compatibility tells.

use serde_json::{Map, Value};

use super::shape::{Member, Shape, optional, required};

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It does here what it does at Auth0.
    Works,
    /// It is kept and given back, and changes nothing.
    Kept,
    /// It is in answers only.
    Told,
    /// Another value than the one that stands for "off" is refused: it would promise what does not happen. The sentence says what.
    Refused(&'static str),
    /// It is ours; Auth0 has none of this name.
    Ours,
}

/// Where a member may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At creation, where it must be there.
    Needed,
    /// At creation and in changes.
    Always,
    /// At creation only.
    Creation,
    /// Never.
    Never,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// Its form.
    pub(super) shape: Shape,
    /// What becomes of it.
    pub(super) effect: Effect,
    /// Where it may be sent.
    pub(super) when: When,
    /// What a person who moves should know.
    pub(super) note: &'static str,
}

/// A member that may be sent at any time.
pub(super) fn field(name: &'static str, shape: Shape, effect: Effect) -> Field {
    Field {
        name,
        shape,
        effect,
        when: When::Always,
        note: "",
    }
}

impl Field {
    /// The same, to be sent then.
    pub(super) fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// The same with a remark.
    pub(super) fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    fn member(&self, is_change: bool) -> Option<Member> {
        let may_come = match self.when {
            When::Needed | When::Always => true,
            When::Creation => !is_change,
            When::Never => false,
        };
        let shape = self.shape.clone();
        may_come.then(|| {
            // `null` clears, as at Auth0; what is needed can't be cleared.
            match self.when {
                When::Needed if is_change => optional(self.name, shape),
                When::Needed => required(self.name, shape),
                _ => optional(self.name, shape.or_null()),
            }
        })
    }
}

/// The form of a body that creates an object.
pub(super) fn creation(fields: &[Field]) -> Shape {
    Shape::Object(fields.iter().filter_map(|field| field.member(false)).collect())
}

/// The form of a body that changes an object.
pub(super) fn change(fields: &[Field]) -> Shape {
    Shape::Object(fields.iter().filter_map(|field| field.member(true)).collect())
}

/// The form of an object in answers.
pub(super) fn answer(fields: &[Field], always: &[&str]) -> Shape {
    let member = |field: &Field| Member {
        name: field.name,
        shape: field.shape.clone(),
        required: always.contains(&field.name),
    };
    Shape::Open(fields.iter().map(member).collect())
}

/// The names of what is kept without effect.
pub(super) fn kept_names(fields: &[Field]) -> Vec<&'static str> {
    fields
        .iter()
        .filter(|field| field.effect == Effect::Kept)
        .map(|field| field.name)
        .collect()
}

/// The members of a body that are kept without effect.
pub(super) fn kept(fields: &[Field], body: &Map<String, Value>) -> Map<String, Value> {
    let is_kept = |name: &str| fields.iter().any(|field| field.name == name && field.effect == Effect::Kept);
    body.iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
