//! Assertions by which a client proves itself without a secret: the rules of `private_key_jwt` (RFC 7521 §4.2, RFC 7523 §3). No IO:
//! the signature is checked elsewhere.

use serde::{Deserialize, Serialize};

use crate::issuer::Issuer;
use crate::time::{MINUTE, Timestamp};

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The most bytes of an assertion (Auth0 takes 2,048; a key ID or a long issuer may need more).
pub const ASSERTION_MAX: usize = 4_096;
/// The most characters of `iss`, `sub` and `jti`.
pub const TEXT_MAX: usize = 255;
/// The longest life of an assertion in seconds (Auth0's limit).
pub const LIFETIME_MAX: i64 = 5 * MINUTE;
/// Seconds by which the clock of a client may differ from ours (Auth0's limit).
pub const SKEW: i64 = 10;

/// What an assertion says (RFC 7523 §3); unknown claims are left alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Assertion {
    /// Issuer: the client.
    pub iss: Option<String>,
    /// Subject: the client too.
    pub sub: Option<String>,
    /// Who it is for: one name or several.
    #[serde(default)]
    pub aud: Option<Audience>,
    /// Expires at.
    pub exp: Option<Timestamp>,
    /// Issued at.
    pub iat: Option<Timestamp>,
    /// Not valid before.
    pub nbf: Option<Timestamp>,
    /// Its id, which may be used once.
    pub jti: Option<String>,
}

/// `aud` (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// Why an assertion proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// No client has the id that it names.
    Unknown,
    /// `iss` or `sub` is not the client.
    Client,
    /// `aud` is not this server.
    Audience,
    /// `exp` is missing or has passed.
    Expired,
    /// It lives for more than [`LIFETIME_MAX`].
    TooLong,
    /// `iat` or `nbf` is in the future.
    NotYet,
    /// The client has no live key that it names or that has its algorithm.
    Key,
    /// The signature is not of that key.
    Signature,
    /// It has been used before.
    Replayed,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Client,
        Self::Audience,
        Self::Expired,
        Self::TooLong,
        Self::NotYet,
        Self::Key,
        Self::Signature,
        Self::Replayed,
    ];

    /// A stable code for logs and filters.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "assertion_client_unknown",
            Self::Client => "assertion_client",
            Self::Audience => "assertion_audience",
            Self::Expired => "assertion_expired",
            Self::TooLong => "assertion_too_long",
            Self::NotYet => "assertion_not_yet",
            Self::Key => "assertion_key",
            Self::Signature => "assertion_signature",
            Self::Replayed => "assertion_replayed",
        }
    }

    /// What happened, for an admin who reads the log.
    #[must_use]
    pub fn for_log(self) -> &'static str {
        match self {
            Self::Unknown => "No client has the id that the client assertion names",
            Self::Client => "iss or sub of the client assertion is not the client",
            Self::Audience => "The client assertion is for another audience than this server",
            Self::Expired => "The client assertion has expired, or does not say when",
            Self::TooLong => "The client assertion lives for more than 5 minutes",
            Self::NotYet => "The client assertion is from the future",
            Self::Key => "The client has no live key that the client assertion names",
            Self::Signature => "The client assertion is signed by another key",
            Self::Replayed => "The client assertion was used before",
        }
    }
}

impl Assertion {
    /// Every rule that needs no key: whose it is, whom it is for, and when.
    ///
    /// `strict` takes the issuer as the only audience, to the letter, as RFC 7523bis demands; otherwise its last slash may be missing
    /// and it may stand in a list of one, as several SDKs write it.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub fn check(&self, client_id: &str, issuer: &Issuer, strict: bool, now: Timestamp) -> Result<(), Flaw> {
        if self.iss.as_deref() != Some(client_id) || self.sub.as_deref() != Some(client_id) {
            return Err(Flaw::Client);
        }
        if !self.is_for(issuer, strict) {
            return Err(Flaw::Audience);
        }
        let exp = self.exp.ok_or(Flaw::Expired)?;
        if exp <= now.saturating_sub(SKEW) {
            return Err(Flaw::Expired);
        }
        if [self.iat, self.nbf].into_iter().flatten().any(|from| from > now.saturating_add(SKEW)) {
            return Err(Flaw::NotYet);
        }
        let from = self.iat.unwrap_or(now);
        if exp.saturating_sub(from) > LIFETIME_MAX || exp > now.saturating_add(LIFETIME_MAX + SKEW) {
            return Err(Flaw::TooLong);
        }
        Ok(())
    }

    fn is_for(&self, issuer: &Issuer, strict: bool) -> bool {
        let name = match &self.aud {
            Some(Audience::One(name)) => name,
            Some(Audience::Many(names)) if !strict && names.len() == 1 => &names[0],
            _ => return false,
        };
        let issuer = issuer.as_str();
        name == issuer || (!strict && issuer.strip_suffix('/') == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 1_800_000_000;

    fn good() -> Assertion {
        Assertion {
            iss: Some("c1".to_owned()),
            sub: Some("c1".to_owned()),
            aud: Some(Audience::One("https://auth.example.com/".to_owned())),
            exp: Some(NOW + 120),
            iat: Some(NOW),
            nbf: None,
            jti: Some("1".to_owned()),
        }
    }

    fn check(assertion: &Assertion, strict: bool) -> Result<(), Flaw> {
        assertion.check("c1", &Issuer::parse("https://auth.example.com/").unwrap(), strict, NOW)
    }

    #[test]
    fn rfc7523_section_3_rules() {
        assert_eq!((check(&good(), false), check(&good(), true)), (Ok(()), Ok(())));
        for (assertion, flaw) in [
            (Assertion { iss: None, ..good() }, Flaw::Client),
            (
                Assertion {
                    sub: Some("c2".to_owned()),
                    ..good()
                },
                Flaw::Client,
            ),
            (Assertion { aud: None, ..good() }, Flaw::Audience),
            (
                Assertion {
                    aud: Some(Audience::One("https://auth.example.com/oauth/token".to_owned())),
                    ..good()
                },
                Flaw::Audience,
            ),
            (Assertion { exp: None, ..good() }, Flaw::Expired),
            (
                Assertion {
                    exp: Some(NOW - SKEW),
                    ..good()
                },
                Flaw::Expired,
            ),
            (
                Assertion {
                    exp: Some(NOW + LIFETIME_MAX + 1),
                    ..good()
                },
                Flaw::TooLong,
            ),
            (
                Assertion {
                    iat: None,
                    exp: Some(NOW + LIFETIME_MAX + SKEW + 1),
                    ..good()
                },
                Flaw::TooLong,
            ),
            (
                Assertion {
                    iat: Some(NOW + SKEW + 1),
                    ..good()
                },
                Flaw::NotYet,
            ),
            (
                Assertion {
                    nbf: Some(NOW + SKEW + 1),
                    ..good()
                },
                Flaw::NotYet,
            ),
            (
                Assertion {
                    exp: Some(i64::MAX),
                    iat: Some(i64::MIN),
                    ..good()
                },
                Flaw::TooLong,
            ),
        ] {
            assert_eq!(check(&assertion, false), Err(flaw), "{assertion:?}");
        }
        for assertion in [
            Assertion {
                exp: Some(NOW - SKEW + 1),
                ..good()
            },
            Assertion {
                iat: Some(NOW + SKEW),
                nbf: Some(NOW + SKEW),
                ..good()
            },
            Assertion {
                iat: None,
                jti: None,
                ..good()
            },
        ] {
            assert_eq!(check(&assertion, false), Ok(()), "{assertion:?}");
        }
    }

    #[test]
    fn the_strict_audience_is_the_issuer_alone_and_to_the_letter() {
        let without_slash = || "https://auth.example.com".to_owned();
        for (aud, lenient) in [
            (Audience::One(without_slash()), true),
            (Audience::Many(vec!["https://auth.example.com/".to_owned()]), true),
            (Audience::Many(vec![without_slash()]), true),
            (
                Audience::Many(vec!["https://auth.example.com/".to_owned(), "https://other.example/".to_owned()]),
                false,
            ),
            (Audience::Many(vec![]), false),
        ] {
            let assertion = Assertion { aud: Some(aud), ..good() };
            assert_eq!(check(&assertion, false).is_ok(), lenient, "{assertion:?}");
            assert_eq!(check(&assertion, true), Err(Flaw::Audience), "{assertion:?}");
        }
    }
}
