//! The issuer: the address of this authorization server, as tokens name it.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// An `https` or `http` address with a host and a trailing slash, without query or fragment (RFC 8414 §2).
///
/// Auth0 writes its issuers with a trailing slash, and verifiers compare exactly: so the slash is part of the type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer(String);

impl Issuer {
    /// Takes an address; a missing trailing slash is added.
    ///
    /// # Errors
    /// [`Invalid`] on field `issuer` if the text is not such an address.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = |message: &str| Err(Invalid::new("issuer", message));
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return wrong("Give an address that starts with https:// (or http:// for local use), for example https://auth.example.com/.");
        };
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() || host.contains('@') {
            return wrong("Give an address with a host name and without a user, for example https://auth.example.com/.");
        }
        if text.len() > 500 || text.contains(['?', '#', '\\', '"', '<', '>']) || text.chars().any(|c| !c.is_ascii_graphic()) {
            return wrong("Give an address of at most 500 characters without query, fragment or spaces (RFC 8414 section 2).");
        }
        Ok(Self(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }))
    }

    /// The address with its trailing slash, as it stands in `iss`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of `path` (without leading slash) under this issuer.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether browsers reach it over TLS: decides on `Secure` cookies and their `__Host-` prefix.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Host, and port if it has one.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin().split_once("://").map_or(self.origin(), |(_, host)| host)
    }

    /// Scheme, host and port without a path, as browsers send it in `Origin` (RFC 6454 §6.2).
    #[must_use]
    pub fn origin(&self) -> &str {
        let start = if self.is_https() { 8 } else { 7 };
        let end = self.0[start..].find('/').map_or(self.0.len(), |slash| start + slash);
        &self.0[..end]
    }
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_is_added() {
        let issuer = Issuer::parse("https://auth.example.com").unwrap();
        assert_eq!(issuer.as_str(), "https://auth.example.com/");
        assert_eq!(issuer.join("oauth/token"), "https://auth.example.com/oauth/token");
        assert_eq!(issuer.origin(), "https://auth.example.com");
        assert_eq!(issuer.host(), "auth.example.com");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "auth.example.com",
            "ftp://a/",
            "https://",
            "https:///x",
            "https://a/?q",
            "https://a/#f",
            "https://u@a/",
            "https://a b/",
        ] {
            assert!(Issuer::parse(text).is_err(), "{text:?}");
        }
    }
}
