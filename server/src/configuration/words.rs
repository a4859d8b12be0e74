//! What two forms of an object differ in, in words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::OURS;
use super::export::Object;

/// The most characters of a value that is shown.
const SHOWN_MAX: usize = 80;
/// Members that may hold secrets of other services.
const UNSHOWN: [&str; 1] = ["addons"];

/// One text for each member that differs.
pub(super) fn differences(before: &Object, after: &Object) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut told = Vec::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        match (name.as_str(), old, new) {
            (OURS, Some(Value::Object(old)), Some(Value::Object(new))) => told.extend(differences(old, new)),
            ("scopes" | "scope", Some(Value::Array(old)), Some(Value::Array(new))) => told.push(format!("{name} {}", lists(old, new))),
            _ => told.push(change(name, old, new)),
        }
    }
    told
}

fn change(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let shown = |value: Option<&Value>| match value {
        None => Some("(none)".to_owned()),
        Some(value) => Some(value.to_string()).filter(|text| text.chars().count() <= SHOWN_MAX),
    };
    match (shown(old), shown(new)) {
        (Some(old), Some(new)) if !UNSHOWN.contains(&name) => format!("{name} {old} -> {new}"),
        _ => format!("{name} changed"),
    }
}

/// `+new -gone ~described`, of scopes or of their values.
fn lists(old: &[Value], new: &[Value]) -> String {
    let value = |scope: &Value| scope.get("value").unwrap_or(scope).as_str().unwrap_or_default().to_owned();
    let find = |list: &[Value], scope: &Value| list.iter().find(|other| value(other) == value(scope)).cloned();
    let mut told = Vec::new();
    for scope in new {
        match find(old, scope) {
            None => told.push(format!("+{}", value(scope))),
            Some(before) if before != *scope => told.push(format!("~{}", value(scope))),
            Some(_) => {}
        }
    }
    told.extend(
        old.iter()
            .filter(|scope| find(new, scope).is_none())
            .map(|scope| format!("-{}", value(scope))),
    );
    if told.is_empty() {
        return "in another order".to_owned();
    }
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: Value, after: Value) -> Vec<String> {
        differences(before.as_object().unwrap(), after.as_object().unwrap())
    }

    #[test]
    fn each_member_that_differs_is_told() {
        let before = json!({ "name": "A", "token_lifetime": 60, "tessera": { "strict_assertions": false, "same": 1 } });
        let after = json!({ "name": "A", "token_lifetime": 90, "tessera": { "strict_assertions": true, "same": 1 }, "logo_uri": "https://a/" });
        assert_eq!(
            told(before, after),
            [
                r#"logo_uri (none) -> "https://a/""#,
                "strict_assertions false -> true",
                "token_lifetime 60 -> 90"
            ]
        );
    }

    #[test]
    fn scopes_are_told_one_by_one() {
        let before = json!({ "scopes": [{ "value": "a" }, { "value": "b" }, { "value": "c" }] });
        let after = json!({ "scopes": [{ "value": "c", "description": "x" }, { "value": "d" }, { "value": "a" }] });
        assert_eq!(told(before, after), ["scopes ~c +d -b"]);
        assert_eq!(
            told(json!({ "scope": ["a", "b"] }), json!({ "scope": ["b", "a"] })),
            ["scope in another order"]
        );
    }

    #[test]
    fn long_values_and_those_that_may_be_secret_are_not_shown() {
        let (before, after) = (
            json!({ "addons": { "key": "s3cret" }, "x": "y".repeat(100) }),
            json!({ "addons": {}, "x": "y" }),
        );
        assert_eq!(told(before, after), ["addons changed", "x changed"]);
    }
}
