//! The members of an object of the file, each read by its name and type. What is wrong is noted with its path; what nobody asked for is too.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::join;
use super::mistakes::Notes;

/// An object that is being read.
pub(super) struct Members<'a> {
    /// Where it stands.
    pub(super) path: String,
    notes: &'a Notes,
    members: &'a Map<String, Value>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Members<'a> {
    /// The object at `path`; notes if it is none.
    pub(super) fn of(value: &'a Value, path: impl Into<String>, notes: &'a Notes) -> Option<Self> {
        let path = path.into();
        let Some(members) = value.as_object() else {
            notes.add(path, "Write an object here: members with names.");
            return None;
        };
        Some(Self {
            path,
            notes,
            members,
            asked: BTreeSet::new(),
        })
    }

    /// Where a member stands.
    pub(super) fn at(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// The member as it is.
    pub(super) fn any(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.members.get(name)
    }

    /// A text.
    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.any(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.notes.add(self.at(name), "Write a text here, in quotes if it looks like a number.");
        }
        text
    }

    /// A text, or `null`, which is `Some(None)`.
    pub(super) fn text_or_null(&mut self, name: &'static str) -> Option<Option<&'a str>> {
        if self.any(name)?.is_null() {
            Some(None)
        } else {
            self.text(name).map(Some)
        }
    }

    /// One of some texts, or `null`.
    pub(super) fn choice_or_null<T>(&mut self, name: &'static str, choices: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
        match self.text_or_null(name)? {
            None => Some(None),
            Some(text) => {
                let choice = parse(text);
                if choice.is_none() {
                    self.notes.add(self.at(name), format!("Write one of: {}.", choices.join(", ")));
                }
                choice.map(Some)
            }
        }
    }

    /// `true`, `false` or `null`.
    pub(super) fn flag_or_null(&mut self, name: &'static str) -> Option<Option<bool>> {
        match self.any(name)? {
            Value::Null => Some(None),
            Value::Bool(flag) => Some(Some(*flag)),
            _ => {
                self.notes.add(self.at(name), "Write true or false here.");
                None
            }
        }
    }

    /// A whole number, or `null`.
    pub(super) fn whole_or_null(&mut self, name: &'static str) -> Option<Option<i64>> {
        let value = self.any(name)?;
        if value.is_null() {
            return Some(None);
        }
        let number = value.as_i64();
        if number.is_none() {
            self.notes.add(self.at(name), "Write a whole number here.");
        }
        number.map(Some)
    }

    /// A list, each item with its path, or `null`.
    pub(super) fn list_or_null(&mut self, name: &'static str) -> Option<Option<Vec<(String, &'a Value)>>> {
        let value = self.any(name)?;
        if value.is_null() {
            return Some(None);
        }
        let Some(items) = value.as_array() else {
            self.notes.add(self.at(name), "Write a list here.");
            return None;
        };
        let path = self.at(name);
        let items = items.iter().enumerate();
        Some(Some(items.map(|(position, item)| (format!("{path}[{position}]"), item)).collect()))
    }

    /// A list of texts, or `null`.
    pub(super) fn texts_or_null(&mut self, name: &'static str) -> Option<Option<Vec<&'a str>>> {
        let Some(items) = self.list_or_null(name)? else { return Some(None) };
        let mut texts = Vec::new();
        for (path, item) in items {
            match item.as_str() {
                Some(text) => texts.push(text),
                None => self.notes.add(path, "Write a text here, in quotes if it looks like a number."),
            }
        }
        Some(Some(texts))
    }

    /// An object.
    pub(super) fn object(&mut self, name: &'static str) -> Option<Self> {
        let value = self.any(name)?;
        Self::of(value, self.at(name), self.notes)
    }

    /// An object, or `null`.
    pub(super) fn object_or_null(&mut self, name: &'static str) -> Option<Option<Self>> {
        let value = self.any(name)?;
        if value.is_null() {
            return Some(None);
        }
        Self::of(value, self.at(name), self.notes).map(Some)
    }

    /// Every member, as it is.
    pub(super) fn all(&self) -> Map<String, Value> {
        self.members.clone()
    }

    /// The names of the members that are there beside these.
    pub(super) fn beside(&self, names: &[&str]) -> Vec<&'a str> {
        self.members.keys().map(String::as_str).filter(|name| !names.contains(name)).collect()
    }

    /// Those of the members that nobody asked for which are `kept`; the others are mistakes.
    pub(super) fn rest(self, kept: &[&str]) -> Map<String, Value> {
        let mut rest = Map::new();
        for (name, value) in self.members.iter().filter(|(name, _)| !self.asked.contains(name.as_str())) {
            if kept.contains(&name.as_str()) {
                rest.insert(name.clone(), value.clone());
            } else {
                self.notes.add(self.at(name), "Remove this: there is no such member.");
            }
        }
        rest
    }
}
