//! A change as rows that a person can read: one for each field, before and after.

use std::collections::BTreeMap;

use model::time::exact;
use serde_json::Value;

use super::server_fns::{Change, Line};

/// The fields of the objects `before` and `after` (JSON; empty for "not there"); changed ones first, then by name.
pub(super) fn changes(before: &str, after: &str) -> Vec<Change> {
    let (before, after) = (fields(before), fields(after));
    let mut rows: Vec<Change> = before
        .keys()
        .chain(after.keys().filter(|field| !before.contains_key(*field)))
        .map(|field| {
            let of = |side: &BTreeMap<String, Vec<String>>| side.get(field).cloned().unwrap_or_default();
            let (was, is) = (of(&before), of(&after));
            Change {
                field: field.clone(),
                before: marked(&was, &is),
                after: marked(&is, &was),
            }
        })
        .collect();
    rows.sort_by(|a, b| (!a.is_changed(), &a.field).cmp(&(!b.is_changed(), &b.field)));
    rows
}

/// Each line with whether the other side lacks it.
fn marked(lines: &[String], other: &[String]) -> Vec<Line> {
    lines
        .iter()
        .map(|text| Line {
            text: text.clone(),
            changed: !other.contains(text),
        })
        .collect()
}

fn fields(json: &str) -> BTreeMap<String, Vec<String>> {
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => object.iter().map(|(field, value)| (field.clone(), lines(field, value))).collect(),
        _ => BTreeMap::new(),
    }
}

/// A value in lines: a list has one for each item, an object one for each pair.
fn lines(field: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| words("", item)).collect(),
        Value::Object(pairs) => pairs.iter().map(|(key, value)| format!("{key} = {}", words(key, value))).collect(),
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        other => vec![words(field, other)],
    }
}

/// A value in one line.
fn words(field: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => match number.as_i64() {
            Some(at) if field.ends_with("_at") || field.ends_with("_since") || field.ends_with("_until") || field.ends_with("_from") => exact(at),
            _ => number.to_string(),
        },
        Value::Array(items) => items.iter().map(|item| words("", item)).collect::<Vec<_>>().join(", "),
        Value::Object(pairs) => {
            // A scope reads better as "read:orders – Read orders" than as two pairs.
            if let (Some(Value::String(name)), Some(Value::String(text)), 2) = (pairs.get("value"), pairs.get("description"), pairs.len()) {
                return if text.is_empty() { name.clone() } else { format!("{name} – {text}") };
            }
            pairs
                .iter()
                .map(|(key, value)| format!("{key} = {}", words(key, value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> Vec<String> {
        let side = |lines: &[Line]| {
            lines
                .iter()
                .map(|line| format!("{}{}", if line.changed { "!" } else { "" }, line.text))
                .collect::<Vec<_>>()
                .join("; ")
        };
        changes(before, after)
            .iter()
            .map(|change| format!("{}: {} -> {}", change.field, side(&change.before), side(&change.after)))
            .collect()
    }

    #[test]
    fn moments_are_shown_as_such() {
        let rows = shown("", r#"{"created_at":0,"token_lifetime":60,"tokens_valid_from":86400}"#);
        let expect = [
            "created_at:  -> !1970-01-01T00:00:00Z",
            "token_lifetime:  -> !60",
            "tokens_valid_from:  -> !1970-01-02T00:00:00Z",
        ];
        assert_eq!(rows, expect);
    }

    #[test]
    fn changed_fields_come_first() {
        assert_eq!(
            shown(r#"{"a":"same","name":"Orders"}"#, r#"{"a":"same","name":"Orders 2"}"#),
            ["name: !Orders -> !Orders 2", "a: same -> same"]
        );
    }

    #[test]
    fn lists_are_compared_item_by_item() {
        assert_eq!(
            shown(
                r#"{"scopes":[{"value":"read:orders","description":"Read orders"},{"value":"list:orders","description":""}]}"#,
                r#"{"scopes":[{"value":"read:orders","description":"Read orders"}]}"#
            ),
            ["scopes: read:orders – Read orders; !list:orders -> read:orders – Read orders"]
        );
    }

    #[test]
    fn creation_and_deletion_have_one_side() {
        assert_eq!(
            shown(
                "",
                r#"{"created_at":0,"is_system":false,"client_metadata":{"team":"billing"},"description":""}"#
            ),
            [
                "client_metadata:  -> !team = billing",
                "created_at:  -> !1970-01-01T00:00:00Z",
                "is_system:  -> !no",
                "description:  -> "
            ]
        );
        assert_eq!(shown(r#"{"name":"Orders"}"#, ""), ["name: !Orders -> "]);
        assert!(shown("", "not JSON").is_empty());
    }
}
