//! Why a value from outside is refused: the field, and words that say what would be right.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A value that breaks a rule of its noun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// Name of the field as the forms and the Management API spell it.
    pub field: String,
    /// What would be right, in a sentence for the person who typed the value.
    pub message: String,
}

impl Invalid {
    /// Names `field` and says in `message` what would be right.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

/// Refuses a text that is empty, longer than `max` characters, or holds control characters.
///
/// # Errors
/// [`Invalid`] with the limit in its message.
pub fn check_text(field: &str, label: &str, value: &str, max: usize) -> Result<(), Invalid> {
    if value.trim().is_empty() {
        return Err(Invalid::new(field, format!("Enter {label}.")));
    }
    check_optional_text(field, label, value, max)
}

/// As [`check_text`], but an empty text is allowed.
///
/// # Errors
/// [`Invalid`] with the limit in its message.
pub fn check_optional_text(field: &str, label: &str, value: &str, max: usize) -> Result<(), Invalid> {
    let length = value.chars().count();
    if length > max {
        return Err(Invalid::new(
            field,
            format!("Shorten {label} to at most {max} characters; it has {length}."),
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(Invalid::new(field, format!("Remove line breaks and control characters from {label}.")));
    }
    Ok(())
}

/// Refuses `<` and `>`, as Auth0 does for names of clients and APIs.
///
/// # Errors
/// [`Invalid`] that names the two characters.
pub fn check_no_angle_brackets(field: &str, label: &str, value: &str) -> Result<(), Invalid> {
    if value.contains(['<', '>']) {
        return Err(Invalid::new(field, format!("Remove < and > from {label}.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_counted_in_characters() {
        assert!(check_text("name", "a name", &"é".repeat(10), 10).is_ok());
        let error = check_text("name", "a name", &"é".repeat(11), 10).unwrap_err();
        assert_eq!(error.message, "Shorten a name to at most 10 characters; it has 11.");
    }

    #[test]
    fn blank_and_control_characters_are_refused() {
        assert_eq!(check_text("name", "a name", "  ", 10).unwrap_err().message, "Enter a name.");
        assert!(check_text("name", "a name", "a\nb", 10).is_err());
        assert!(check_optional_text("name", "a name", "", 10).is_ok());
        assert!(check_no_angle_brackets("name", "the name", "a<b").is_err());
    }
}
