//! Members of Auth0's objects that mean nothing here: kept as they came and given back, so that what tools wrote they find again.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::Invalid;

/// The most bytes of what is kept with one object, written as JSON.
pub const KEPT_MAX: usize = 64 * 1024;

/// Members that may hold secrets of other services: never part of a log entry.
const UNSHOWN: [&str; 1] = ["addons"];

/// What is kept with one object, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(Map<String, Value>);

impl Kept {
    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Each of `changes` takes the place of the member of its name; `null` takes that member away.
    #[must_use]
    pub fn with(mut self, changes: Map<String, Value>) -> Self {
        for (name, value) in changes {
            if value.is_null() {
                self.0.remove(&name);
            } else {
                self.0.insert(name, value);
            }
        }
        self
    }

    /// Writes what may be seen in a log entry.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn shown<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hidden = Value::from("(not shown)");
        let seen = |name: &str, value| if UNSHOWN.contains(&name) { &hidden } else { value };
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, seen(name, value))))
    }

    /// At most [`KEPT_MAX`] bytes of JSON.
    ///
    /// # Errors
    /// [`Invalid`] on the largest member.
    pub fn check(&self) -> Result<(), Invalid> {
        let size = |value: &Value| value.to_string().len();
        let total: usize = self.0.iter().map(|(name, value)| name.len() + size(value)).sum();
        if total <= KEPT_MAX {
            return Ok(());
        }
        let largest = self.0.iter().max_by_key(|(_, value)| size(value)).map_or("kept", |(name, _)| name);
        Err(Invalid::new(
            largest,
            format!("Shorten this: what is kept with an object may have {KEPT_MAX} bytes in all."),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn null_takes_away() {
        let kept = Kept::default().with(map(json!({ "a": 1, "b": { "c": null } })));
        assert_eq!(
            kept.clone().with(map(json!({ "a": null, "d": [] }))).0,
            map(json!({ "b": { "c": null }, "d": [] }))
        );
        assert!(kept.with(map(json!({ "a": null, "b": null }))).is_empty());
    }

    #[test]
    fn secrets_of_other_services_are_not_logged() {
        let client = crate::client::Client {
            kept: Kept::default().with(map(json!({ "addons": { "aws": { "key": "s3cret" } }, "logo_uri": "https://a/" }))),
            ..Default::default()
        };
        let logged = serde_json::to_value(&client).unwrap();
        assert_eq!(logged["kept"], json!({ "addons": "(not shown)", "logo_uri": "https://a/" }));
    }

    #[test]
    fn the_largest_is_named() {
        let kept = Kept::default().with(map(json!({ "a": 1, "b": "x".repeat(KEPT_MAX) })));
        assert_eq!(kept.check().unwrap_err().field, "b");
        assert_eq!(Kept::default().check(), Ok(()));
    }
}
