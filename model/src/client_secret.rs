//! Secrets of clients: several may be live at once, so that one can be replaced while the program still sends the other.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::client::Client;
use crate::invalid::{check_no_angle_brackets, check_text};
use crate::time::{self, DAY, Timestamp};

/// The most secrets of a client; the least is one.
pub const SECRETS_MAX: usize = 20;
/// The most characters of a name.
pub const SECRET_NAME_MAX: usize = 60;
/// Characters of a secret that we make: prefix, random part and checksum.
pub const SECRET_LENGTH: usize = PREFIX.len() + RANDOM_LENGTH + CHECKSUM_LENGTH;
/// How a secret that we make begins, so that scanners find it where it does not belong.
pub const PREFIX: &str = "tessera_cs_";
/// Letters and digits that are drawn at random: 5.95 bits each, 279 bits in all.
pub const RANDOM_LENGTH: usize = 47;
/// Letters and digits at the end that follow from what precedes them.
pub const CHECKSUM_LENGTH: usize = 6;
/// The most characters that may be pasted to find out whose secret it is.
pub const PASTED_MAX: usize = 1_000;
/// Days without use after which a secret may be called safe to remove.
pub const UNUSED_CHOICES: [i64; 3] = [1, UNUSED_DEFAULT, 30];
/// Days without use after which a secret is called safe to remove where nothing else was chosen.
pub const UNUSED_DEFAULT: i64 = 7;

/// The digits of the checksum by their value.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A secret of a client, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// `cs_` and 16 letters and digits; longer for a secret that is older than several at once.
    pub id: String,
    /// The client that it is of.
    pub client_id: String,
    /// Shown to admins.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Id of the secret that it takes over from, while that rotation is under way.
    pub replaces: Option<String>,
    /// When it last proved the client.
    pub last_used: Option<LastUse>,
}

/// When a secret last proved its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// Address that the request came from; may be empty.
    pub ip: String,
}

impl ClientSecret {
    /// Whether it is accepted at `now`: up to but not including the second in which it expires.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }

    /// Whether removing it can be called safe: not used for `days`, while another secret is live or was used, and not the
    /// only live one. A secret that is younger than `days` has not been unused for as long.
    #[must_use]
    pub fn is_safe_to_remove(&self, all: &[Self], days: i64, now: Timestamp) -> bool {
        let since = self.last_used.as_ref().map_or(self.created_at, |used| used.at.max(self.created_at));
        let mut others = all.iter().filter(|other| other.id != self.id);
        now - since >= days * DAY && !self.is_only_live(all, now) && others.any(|other| other.is_live(now) || other.last_used.is_some())
    }

    /// Whether no program of the client could get a token without it.
    #[must_use]
    pub fn is_only_live(&self, all: &[Self], now: Timestamp) -> bool {
        self.is_live(now) && !all.iter().any(|other| other.id != self.id && other.is_live(now))
    }

    /// The secret that takes over from another, and that other, if a rotation is under way.
    #[must_use]
    pub fn rotation(all: &[Self]) -> Option<(&Self, &Self)> {
        all.iter().find_map(|new| {
            let old = new.replaces.as_ref()?;
            Some((new, all.iter().find(|secret| secret.id == *old)?))
        })
    }
}

/// Whether a secret that expires then is accepted at `now`.
#[must_use]
pub fn is_live(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_none_or(|at| now < at)
}

/// What is needed to add a secret, or to change one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFields {
    /// Shown to admins; an empty one is filled in for a new secret.
    pub name: String,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// One to [`SECRET_NAME_MAX`] characters without `<` and `>`.
///
/// # Errors
/// [`Invalid`] on `name`.
pub fn check_secret_name(name: &str) -> Result<(), Invalid> {
    check_text("name", "a name", name, SECRET_NAME_MAX)?;
    check_no_angle_brackets("name", "the name", name)
}

/// A secret that is refused from the start would help nobody.
///
/// # Errors
/// [`Invalid`] on `expires_at` if it is not later than `now`.
pub fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), Invalid> {
    if is_live(expires_at, now) {
        return Ok(());
    }
    Err(Invalid::new(
        "expires_at",
        "Choose a time to come; a secret that is to end at once is removed.",
    ))
}

/// Reads when a secret expires: a day (its start, UTC), an exact moment, or nothing for never.
///
/// # Errors
/// [`Invalid`] on `expires_at`.
pub fn parse_expiry(text: &str) -> Result<Option<Timestamp>, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    time::parse(text).map(Some).ok_or_else(|| {
        Invalid::new(
            "expires_at",
            "Write a day as 2030-12-31 or a moment as 2030-12-31T09:00:00Z, both in UTC, or nothing for a secret that does not expire.",
        )
    })
}

/// Name of the secret at this position of its client, counted from 1, where nobody gave one.
#[must_use]
pub fn default_name(position: i64) -> String {
    if position == 1 {
        "First secret".to_owned()
    } else {
        format!("Secret {position}")
    }
}

/// A whole secret from its random part, which is [`RANDOM_LENGTH`] letters and digits.
#[must_use]
pub fn assemble(random: &str) -> String {
    let body = format!("{PREFIX}{random}");
    let sum = checksum(&body);
    body + &sum
}

/// What a text looks like, apart from whether any client has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Not as we make secrets: chosen elsewhere, or made before they had a prefix.
    Foreign,
    /// As we make secrets, but a character is wrong, missing or too many.
    Mistyped,
    /// As we make secrets.
    Whole,
}

/// What `text` looks like.
#[must_use]
pub fn look(text: &str) -> Look {
    if !text.starts_with(PREFIX) {
        return Look::Foreign;
    }
    let whole = text.len() == SECRET_LENGTH && text[PREFIX.len()..].bytes().all(|byte| byte.is_ascii_alphanumeric());
    let holds = whole && {
        let (body, sum) = text.split_at(SECRET_LENGTH - CHECKSUM_LENGTH);
        checksum(body) == sum
    };
    if holds { Look::Whole } else { Look::Mistyped }
}

/// The secret in what somebody pasted: the first word with our prefix, or all of it without white space and quotes around it.
#[must_use]
pub fn in_pasted(pasted: &str) -> &str {
    let Some(start) = pasted.find(PREFIX) else {
        return pasted.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';'));
    };
    let rest = &pasted[start..];
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// Refuses what is too long or too short to be a secret.
///
/// # Errors
/// [`Invalid`] on `secret`; the text does not repeat what was pasted.
pub fn check_pasted(pasted: &str) -> Result<(), Invalid> {
    if in_pasted(pasted).is_empty() {
        return Err(Invalid::new("secret", "Paste the secret that you found."));
    }
    if pasted.chars().count() > PASTED_MAX {
        return Err(Invalid::new(
            "secret",
            format!("Paste the secret alone: this is longer than {PASTED_MAX} characters."),
        ));
    }
    Ok(())
}

/// What is known about a secret that somebody found somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// It has not the form of our secrets, and no client has it.
    NotOurs,
    /// It has our prefix, but its checksum does not hold.
    Mistyped,
    /// It has the form of our secrets, but no client has it, or no longer.
    Unknown,
    /// A client has it.
    Of(Box<Owner>),
}

/// Whose secret it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The client.
    pub client: Client,
    /// The secret.
    pub secret: ClientSecret,
    /// Whether it is accepted.
    pub is_live: bool,
    /// Whether the client would be left without a live secret if this one were removed.
    pub is_only_live: bool,
    /// When this was read.
    pub as_of: Timestamp,
}

/// CRC-32 of the text in base 62, padded with `0` to [`CHECKSUM_LENGTH`] digits.
fn checksum(text: &str) -> String {
    let mut rest = crc32(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// The CRC-32 of zlib, PNG and Ethernet (ISO 3309): reflected, polynomial 0x04C11DB7.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = 1_800_000_000;

    fn secret(id: &str, created_at: Timestamp, used_at: Option<Timestamp>, expires_at: Option<Timestamp>) -> ClientSecret {
        ClientSecret {
            id: id.to_owned(),
            client_id: "c1".to_owned(),
            name: id.to_owned(),
            created_at,
            expires_at,
            replaces: None,
            last_used: used_at.map(|at| LastUse { at, ip: String::new() }),
        }
    }

    #[test]
    fn the_check_value_of_crc32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_documented_example() {
        let example = assemble("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk");
        assert_eq!(example.len(), 64);
        let documented = include_str!("../../docs/SECRETS.md");
        assert!(documented.contains(&example), "{example}");
        assert!(documented.contains(&format!("\\b{PREFIX}[0-9A-Za-z]{{{}}}\\b", RANDOM_LENGTH + CHECKSUM_LENGTH)));
    }

    #[test]
    fn looks() {
        let whole = assemble(&"x".repeat(RANDOM_LENGTH));
        assert_eq!(look(&whole), Look::Whole);
        for text in [
            &whole[..63],
            &format!("{whole}0"),
            &whole.replace("xx", "xé"),
            &whole.replacen('x', "y", 1),
            &whole.replacen('x', "-", 1),
            PREFIX,
        ] {
            assert_eq!(look(text), Look::Mistyped, "{text}");
        }
        for text in ["", "x", "TESSERA_CS_", &"a".repeat(64)] {
            assert_eq!(look(text), Look::Foreign, "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_noticed(random in "[0-9A-Za-z]{47}", at in PREFIX.len()..SECRET_LENGTH, other in "[0-9A-Za-z]") {
            let whole = assemble(&random);
            prop_assert_eq!(look(&whole), Look::Whole);
            let mut wrong = whole.clone();
            wrong.replace_range(at..=at, &other);
            prop_assert_eq!(look(&wrong) == Look::Whole, wrong == whole);
        }

        #[test]
        fn nothing_that_is_pasted_breaks_the_reader(pasted in ".*") {
            let _ = (look(in_pasted(&pasted)), check_pasted(&pasted));
        }
    }

    #[test]
    fn secrets_are_found_in_what_surrounds_them() {
        let whole = assemble(&"x".repeat(RANDOM_LENGTH));
        for pasted in [
            whole.clone(),
            format!("  {whole}\n"),
            format!("CLIENT_SECRET=\"{whole}\""),
            format!("{{\"client_secret\": \"{whole}\", \"audience\": \"x\"}}"),
        ] {
            assert_eq!(in_pasted(&pasted), whole, "{pasted}");
        }
        assert_eq!(in_pasted(" 'old secret' "), "old secret");
        for nothing in ["", " \n", "\"\""] {
            assert!(check_pasted(nothing).is_err(), "{nothing:?}");
        }
        let error = check_pasted(&"s3cret".repeat(PASTED_MAX)).unwrap_err();
        assert!(!error.message.contains("s3cret"));
    }

    #[test]
    fn a_secret_is_live_until_the_second_in_which_it_expires() {
        let secret = secret("a", NOW, None, Some(NOW + 10));
        assert!(secret.is_live(NOW + 9) && !secret.is_live(NOW + 10));
        assert!(check_expiry(None, NOW).is_ok() && check_expiry(Some(NOW + 1), NOW).is_ok());
        assert_eq!(check_expiry(Some(NOW), NOW).unwrap_err().field, "expires_at");
    }

    #[test]
    fn expiries_are_read() {
        assert_eq!(parse_expiry(" ").unwrap(), None);
        assert_eq!(parse_expiry("2026-03-01T09:15:07Z").unwrap(), Some(1_772_356_507));
        assert_eq!(parse_expiry("soon").unwrap_err().field, "expires_at");
    }

    #[test]
    fn safe_to_remove() {
        let day = |days: i64| NOW - days * DAY;
        let fresh = secret("new", day(1), Some(NOW), None);
        let verdict = |candidate: &ClientSecret, others: &[&ClientSecret], days| {
            let all: Vec<_> = others.iter().copied().chain([candidate]).cloned().collect();
            candidate.is_safe_to_remove(&all, days, NOW)
        };
        let old = secret("old", day(90), Some(day(7)), None);
        assert!(verdict(&old, &[&fresh], 7), "at the very second");
        assert!(!verdict(&secret("old", day(90), Some(day(7) + 1), None), &[&fresh], 7), "one second less");
        assert!(verdict(&old, &[&fresh], 1));
        assert!(!verdict(&old, &[&fresh], 30));
        assert!(!verdict(&old, &[], 7), "the only one");
        assert!(verdict(&secret("never", day(8), None, None), &[&fresh], 7), "never used");
        assert!(!verdict(&secret("never", day(6), None, None), &[&fresh], 7), "too young to say");
        assert!(verdict(&old, &[&secret("unused", day(1), None, None)], 7), "the other is live");
        let expired = secret("expired", day(90), Some(day(8)), Some(day(1)));
        assert!(!verdict(&old, &[&expired], 7), "the only live one");
        assert!(verdict(&expired, &[&fresh], 7));
        assert!(
            !verdict(&expired, &[&secret("dead", day(90), None, Some(day(2)))], 7),
            "the other never worked"
        );
    }

    #[test]
    fn the_rotation_under_way() {
        let old = secret("old", NOW, None, None);
        let new = ClientSecret {
            replaces: Some("old".to_owned()),
            ..secret("new", NOW, None, None)
        };
        assert_eq!(ClientSecret::rotation(&[old.clone(), new.clone()]), Some((&new, &old)));
        assert_eq!(ClientSecret::rotation(&[new]), None);
        assert_eq!(ClientSecret::rotation(&[old]), None);
    }

    #[test]
    fn names() {
        assert_eq!((default_name(1).as_str(), default_name(7).as_str()), ("First secret", "Secret 7"));
        for name in ["", "<b>", "a\nb", &"x".repeat(SECRET_NAME_MAX + 1)] {
            assert!(check_secret_name(name).is_err(), "{name}");
        }
    }
}
