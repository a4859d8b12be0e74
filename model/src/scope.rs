//! Scopes: what a token may be used for at an API (RFC 6749 §3.3).

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::check_optional_text;

/// The most characters of a scope value (Auth0's limit).
pub const VALUE_MAX: usize = 280;
/// The most characters of a description (Auth0's limit).
pub const DESCRIPTION_MAX: usize = 500;
/// The most scopes of one API (Auth0's limit).
pub const SCOPES_MAX: usize = 1000;

/// Values that OpenID Connect gives a meaning of their own; Auth0 refuses them on APIs.
pub const RESERVED: [&str; 15] = [
    "address",
    "created_at",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "identities",
    "name",
    "nickname",
    "offline_access",
    "openid",
    "phone",
    "picture",
    "profile",
    "updated_at",
];

/// One scope that an API defines.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// What stands in the token, for example `read:orders`.
    pub value: String,
    /// What it lets a client do, for people; may be empty.
    #[serde(default)]
    pub description: String,
}

impl Scope {
    /// Trims what a person typed around the value and the description.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self {
            value: self.value.trim().to_owned(),
            description: self.description.trim().to_owned(),
        }
    }

    /// Both rules: of the value and of the description.
    ///
    /// # Errors
    /// [`Invalid`] on `value` or `description`.
    pub fn check(&self) -> Result<(), Invalid> {
        check_value(&self.value)?;
        check_optional_text("description", "the description", &self.description, DESCRIPTION_MAX)
    }
}

/// A scope token of RFC 6749 §3.3 that is not [`RESERVED`], at most [`VALUE_MAX`] characters.
///
/// # Errors
/// [`Invalid`] on `value`.
pub fn check_value(value: &str) -> Result<(), Invalid> {
    let wrong = |message: String| Err(Invalid::new("value", message));
    if value.is_empty() {
        return wrong("Enter a scope, for example read:orders.".to_owned());
    }
    if value.len() > VALUE_MAX {
        return wrong(format!(
            "Shorten the scope to at most {VALUE_MAX} characters; it has {}.",
            value.chars().count()
        ));
    }
    if value.contains(' ') {
        return wrong("Remove the spaces: a scope is one word, and spaces separate scopes in a token.".to_owned());
    }
    if !value.chars().all(is_scope_char) {
        return wrong("Use printable ASCII characters without \" and \\ (RFC 6749 section 3.3), for example read:orders.".to_owned());
    }
    if RESERVED.contains(&value) {
        return wrong(format!(
            "Choose another word: {value} is reserved by OpenID Connect. For example read:{value}."
        ));
    }
    Ok(())
}

/// Splits a space-delimited list into its values, in order, each once.
#[must_use]
pub fn split(list: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in list.split(' ').filter(|value| !value.is_empty()) {
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    values
}

/// `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
fn is_scope_char(c: char) -> bool {
    c.is_ascii_graphic() && c != '"' && c != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_section_3_3_values() {
        for value in ["read:orders", "a", "https://example.com/x", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"] {
            assert!(check_value(value).is_ok(), "{value}");
        }
        for value in ["", "a b", "a\"b", "a\\b", "é", "a\n", "openid", "profile"] {
            assert!(check_value(value).is_err(), "{value}");
        }
        assert!(check_value(&"x".repeat(VALUE_MAX)).is_ok());
        assert!(check_value(&"x".repeat(VALUE_MAX + 1)).is_err());
    }

    #[test]
    fn split_keeps_order_and_drops_repeats() {
        assert_eq!(split(" b a  b "), ["b", "a"]);
        assert!(split("").is_empty());
    }
}
