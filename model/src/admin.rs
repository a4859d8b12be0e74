//! Admins: the people who may use the dashboard.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::time::Timestamp;

/// The fewest characters of a password (NIST SP 800-63B §5.1.1.2 asks for 8; a second factor is not yet offered, so more).
pub const PASSWORD_MIN: usize = 12;
/// The most characters of a password; hashing more is only work.
pub const PASSWORD_MAX: usize = 256;
/// The most characters of an e-mail address (RFC 5321 §4.5.3.1).
pub const EMAIL_MAX: usize = 254;

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// `adm_` and 16 letters and digits.
    pub id: String,
    /// Address in lower case, the name at sign-in.
    pub email: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How hard a password is to guess: a hint, never a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Strength {
    /// Shorter than [`PASSWORD_MIN`]: refused.
    TooShort,
    /// Long enough, yet of few different characters or a well-known pattern.
    Weak,
    /// Long enough.
    Fair,
    /// Long, of many different characters.
    Strong,
}

impl Strength {
    /// What the form says beside the password.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::TooShort => "Use at least 12 characters. A few words are easy to remember.",
            Self::Weak => "Weak: it repeats itself or follows a well-known pattern.",
            Self::Fair => "Fair. A few more characters make it strong.",
            Self::Strong => "Strong.",
        }
    }
}

/// Rates a password by length, distinct characters and a few well-known patterns.
#[must_use]
pub fn strength(password: &str) -> Strength {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Strength::TooShort;
    }
    let mut distinct: Vec<char> = password.to_ascii_lowercase().chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let lower = password.to_ascii_lowercase();
    let known = ["password", "123456", "qwerty", "abcdef", "letmein", "tessera", "admin"]
        .iter()
        .any(|pattern| lower.contains(pattern));
    match (known, distinct.len(), length) {
        (true, ..) => Strength::Weak,
        (_, distinct, _) if distinct < 6 => Strength::Weak,
        (_, distinct, length) if length >= 16 && distinct >= 9 => Strength::Strong,
        _ => Strength::Fair,
    }
}

/// [`PASSWORD_MIN`] to [`PASSWORD_MAX`] characters; no rule about which.
///
/// # Errors
/// [`Invalid`] on `password`.
pub fn check_password(password: &str) -> Result<(), Invalid> {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(Invalid::new(
            "password",
            format!("Use at least {PASSWORD_MIN} characters; there are {length}."),
        ));
    }
    if length > PASSWORD_MAX {
        return Err(Invalid::new("password", format!("Use at most {PASSWORD_MAX} characters.")));
    }
    Ok(())
}

/// The address as it is stored: trimmed and in lower case.
///
/// # Errors
/// [`Invalid`] on `email` if it has not the shape `name@host`.
pub fn normal_email(email: &str) -> Result<String, Invalid> {
    let email = email.trim().to_lowercase();
    let well_formed = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && email.len() <= EMAIL_MAX
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || ['<', '>', '"'].contains(&c));
    if well_formed {
        Ok(email)
    } else {
        Err(Invalid::new("email", "Enter an e-mail address, for example ada@example.com."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_by_length_only() {
        assert!(check_password("aaaaaaaaaaaa").is_ok());
        assert_eq!(check_password("short").unwrap_err().message, "Use at least 12 characters; there are 5.");
        assert!(check_password(&"x".repeat(PASSWORD_MAX + 1)).is_err());
    }

    #[test]
    fn strength_is_a_hint() {
        for (password, expect) in [
            ("short", Strength::TooShort),
            ("aaaaaaaaaaaaaaaa", Strength::Weak),
            ("my-password-is-good", Strength::Weak),
            ("marble otter", Strength::Fair),
            ("correct horse battery", Strength::Strong),
        ] {
            assert_eq!(strength(password), expect, "{password}");
        }
    }

    #[test]
    fn emails() {
        assert_eq!(normal_email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for email in ["", "ada", "@x", "a@", "a b@c", "a@b@c"] {
            assert!(normal_email(email).is_err(), "{email}");
        }
    }
}
