//! What is wrong with a file, each with the place where it stands.

use std::cell::RefCell;
use std::fmt::{Display, Formatter, Result as Written};

use model::Invalid;
use thiserror::Error;

/// The most mistakes that are told; one that was made everywhere need not be read everywhere.
const TOLD_MAX: usize = 20;

/// A place in the file, and what would be right there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// For example `clients[2].name`; empty for the file as a whole.
    pub path: String,
    /// A sentence for the person who wrote the file.
    pub message: String,
}

/// All that is wrong with a file; at least one thing.
#[derive(Debug, Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// The file as a whole is wrong.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self(vec![Mistake {
            path: String::new(),
            message: message.into(),
        }])
    }
}

impl Display for Mistakes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let lines = self.0.iter().take(TOLD_MAX).map(|mistake| match mistake.path.as_str() {
            "" => mistake.message.clone(),
            path => format!("{path}: {}", mistake.message),
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))?;
        match self.0.len().saturating_sub(TOLD_MAX) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// Collects mistakes while a file is read.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<Mistake>>);

impl Notes {
    /// Notes a mistake.
    pub(super) fn add(&self, path: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Mistake {
            path: path.into(),
            message: message.into(),
        });
    }

    /// Notes the rule of a noun that the object at `path` breaks; `of` gives the member's place in the object.
    pub(super) fn broken(&self, path: &str, invalid: &Invalid, of: fn(&str) -> &str) {
        self.add(format!("{path}.{}", of(&invalid.field)), invalid.message.as_str());
    }

    /// `value`, unless there was a mistake.
    pub(super) fn unless_any<T>(self, value: T) -> Result<T, Mistakes> {
        let mistakes = self.0.into_inner();
        if mistakes.is_empty() { Ok(value) } else { Err(Mistakes(mistakes)) }
    }
}
