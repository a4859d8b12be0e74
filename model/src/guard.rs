//! The guard tester: what is sent to an API to find out whether it checks its tokens, and what the API must answer.
//!
//! A [`Probe`] is one request. Here stands everything that is known about it without sending it; what an answer means is in
//! [`crate::guard_report`].

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::api::SigningAlg;

/// The most characters of the address of an API.
pub const URL_MAX: usize = 2_000;
/// The most scopes that one run asks about.
pub const SCOPES_MAX: usize = 20;
/// The step of every Quickstart that makes an API refuse what it must.
pub const STEP: &str = "Check the token on every request";

/// One request, named after what is wrong with its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is described in `about`, where it can be shown")]
pub enum Probe {
    Valid,
    ValidAudienceList,
    MissingScope,
    NoToken,
    Expired,
    NotYetValid,
    NoExpiry,
    WrongAudience,
    OtherApi,
    AudienceList,
    NoAudience,
    WrongIssuer,
    SimilarIssuer,
    NoIssuer,
    OtherKey,
    UnknownKid,
    NoKid,
    AlgNone,
    AlgNoneCase,
    AlgNoneSigned,
    EmptySignature,
    #[serde(rename = "hs256_public_key")]
    PublicKeyPem,
    #[serde(rename = "hs256_public_key_pkcs1")]
    PublicKeyPkcs1,
    #[serde(rename = "hs256_public_key_der")]
    PublicKeyDer,
    #[serde(rename = "hs256_public_key_number")]
    PublicKeyNumber,
    OtherAlg,
    OtherHash,
    EmptySecret,
    KidOfObjects,
    KidList,
    HeaderJwk,
    HeaderJku,
    ChangedClaims,
    ChangedSignature,
    UnknownCrit,
    Truncated,
    TwoParts,
    Garbage,
    Dots,
    Oversized,
}

/// What an API must do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Let it in: 2xx.
    Accept,
    /// 401 with a challenge (RFC 6750 §3.1).
    Refuse,
    /// As [`Expected::Refuse`], and 400 is right too: it is no token at all (RFC 6750 §3.1, `invalid_request`).
    RefuseMalformed,
    /// As [`Expected::RefuseMalformed`], and so is a refusal by whatever stands before the program: 413, 414, 431 or a closed connection.
    RefuseOversized,
    /// 403: the token is good, but not for this (RFC 6750 §3.1, `insufficient_scope`).
    Forbid,
}

impl Expected {
    /// For people and for the labels of a test kit.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Accept => 200,
            Self::Refuse | Self::RefuseMalformed | Self::RefuseOversized => 401,
            Self::Forbid => 403,
        }
    }
}

/// What is known about a probe.
#[derive(Clone, Copy, Debug)]
struct About {
    name: &'static str,
    title: &'static str,
    expected: Expected,
    danger: &'static str,
    fix: &'static str,
}

impl Probe {
    /// Every probe, in the order of reports.
    pub const ALL: [Self; 40] = [
        Self::Valid,
        Self::ValidAudienceList,
        Self::MissingScope,
        Self::NoToken,
        Self::Expired,
        Self::NotYetValid,
        Self::NoExpiry,
        Self::WrongAudience,
        Self::OtherApi,
        Self::AudienceList,
        Self::NoAudience,
        Self::WrongIssuer,
        Self::SimilarIssuer,
        Self::NoIssuer,
        Self::OtherKey,
        Self::UnknownKid,
        Self::NoKid,
        Self::AlgNone,
        Self::AlgNoneCase,
        Self::AlgNoneSigned,
        Self::EmptySignature,
        Self::PublicKeyPem,
        Self::PublicKeyPkcs1,
        Self::PublicKeyDer,
        Self::PublicKeyNumber,
        Self::OtherAlg,
        Self::OtherHash,
        Self::EmptySecret,
        Self::KidOfObjects,
        Self::KidList,
        Self::HeaderJwk,
        Self::HeaderJku,
        Self::ChangedClaims,
        Self::ChangedSignature,
        Self::UnknownCrit,
        Self::Truncated,
        Self::TwoParts,
        Self::Garbage,
        Self::Dots,
        Self::Oversized,
    ];

    /// Stands in reports for programs and names the file in a test kit; it never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// What is sent, for people: goes on after "A request with".
    #[must_use]
    pub fn title(self) -> &'static str {
        self.about().title
    }

    /// What the API must do with it.
    #[must_use]
    pub fn expected(self) -> Expected {
        self.about().expected
    }

    /// What follows if the API does otherwise.
    #[must_use]
    pub fn danger(self) -> &'static str {
        self.about().danger
    }

    /// What the step [`STEP`] does against it.
    #[must_use]
    pub fn fix(self) -> &'static str {
        self.about().fix
    }

    /// Whether it means something at an API with this algorithm.
    #[must_use]
    pub fn fits(self, alg: SigningAlg) -> bool {
        match self {
            Self::PublicKeyPem | Self::PublicKeyDer | Self::PublicKeyNumber => alg != SigningAlg::HS256,
            Self::PublicKeyPkcs1 | Self::OtherHash => matches!(alg, SigningAlg::RS256 | SigningAlg::PS256),
            Self::EmptySecret | Self::KidOfObjects => alg == SigningAlg::HS256,
            _ => true,
        }
    }

    /// Whether it may be signed with the real key of an API and sent over the network.
    ///
    /// A token without an end could be used for ever, one without an audience at every API that does not look for one, and one for
    /// several APIs at each of them. This server never issues such tokens, so nobody has one to try: they stay in test kits, whose
    /// keys are thrown away.
    #[must_use]
    pub fn is_sent(self) -> bool {
        !matches!(self, Self::NoExpiry | Self::NoAudience | Self::ValidAudienceList)
    }

    fn about(self) -> About {
        // The order is that of `ALL`; one place for all texts, so that they can be read and compared.
        match self {
            Self::Valid => About {
                name: "valid",
                title: "a valid token",
                expected: Expected::Accept,
                danger: "Clients that are authorized can't use your API.",
                fix: "Compare issuer, audience and algorithm of your API with its Settings tab. If it introspects tokens, test it with those of a client that exists.",
            },
            Self::ValidAudienceList => About {
                name: "valid_audience_list",
                title: "a valid token for your API and another one",
                expected: Expected::Accept,
                danger: "An audience may be a list (RFC 7519 section 4.1.3): tokens of other issuers would be refused for their form.",
                fix: "Let your library compare `aud`: it knows both forms.",
            },
            Self::MissingScope => About {
                name: "missing_scope",
                title: "a valid token without the scope that this path needs",
                expected: Expected::Forbid,
                danger: "Every client that may call your API at all may do this: what you granted it makes no difference.",
                fix: "Look for the scope in the token before you do what was asked for, and answer 403 without it.",
            },
            Self::NoToken => About {
                name: "no_token",
                title: "no token",
                expected: Expected::Refuse,
                danger: "Anybody who finds the address can use it. Nothing checks tokens on this path.",
                fix: "Put the check before this path, too: it must run before your own code.",
            },
            Self::Expired => About {
                name: "expired",
                title: "a token that has expired",
                expected: Expected::Refuse,
                danger: "A token that leaked, from a log or a backup, works for ever; taking a client's access back changes nothing.",
                fix: "Let your library check `exp`, with at most a minute of tolerance.",
            },
            Self::NotYetValid => About {
                name: "not_yet_valid",
                title: "a token that is not valid yet",
                expected: Expected::Refuse,
                danger: "Tokens that were made for later (`nbf`) can be used at once.",
                fix: "Let your library check `nbf`; some do so only when they are told to.",
            },
            Self::NoExpiry => About {
                name: "no_expiry",
                title: "a token that never expires",
                expected: Expected::Refuse,
                danger: "A token without `exp` works for ever once it is out.",
                fix: "Require the claim `exp`; most libraries check it only where it is.",
            },
            Self::WrongAudience => About {
                name: "wrong_audience",
                title: "a token for an audience that begins like your API's",
                expected: Expected::Refuse,
                danger: "Clients of another API whose identifier begins the same can use yours.",
                fix: "Compare `aud` with the whole identifier of your API, to the last slash.",
            },
            Self::OtherApi => About {
                name: "other_api",
                title: "a token that was issued for another API",
                expected: Expected::Refuse,
                danger: "Every client of every API of this server can use yours, and so can every API that is handed a token.",
                fix: "Let your library check `aud`: give it the identifier of your API.",
            },
            Self::AudienceList => About {
                name: "audience_list",
                title: "a token for a list of other APIs",
                expected: Expected::Refuse,
                danger: "Whoever has a token for several other APIs can use yours.",
                fix: "Let your library check `aud`: a list must hold the identifier of your API.",
            },
            Self::NoAudience => About {
                name: "no_audience",
                title: "a token without an audience",
                expected: Expected::Refuse,
                danger: "A token that is for nobody, or for another use, is taken.",
                fix: "Require the claim `aud`; some libraries check it only where it is.",
            },
            Self::WrongIssuer => About {
                name: "wrong_issuer",
                title: "a token of another issuer",
                expected: Expected::Refuse,
                danger: "Tokens of another server, a test system for example, are taken where keys are shared or looked up by what the token says.",
                fix: "Let your library check `iss`: give it the issuer, with its slash.",
            },
            Self::SimilarIssuer => About {
                name: "similar_issuer",
                title: "a token of an issuer whose address begins like yours",
                expected: Expected::Refuse,
                danger: "Anybody can register an address that begins like that of your issuer.",
                fix: "Compare `iss` with the whole address of the issuer, not with its beginning.",
            },
            Self::NoIssuer => About {
                name: "no_issuer",
                title: "a token without an issuer",
                expected: Expected::Refuse,
                danger: "A token that says nothing of where it is from is taken.",
                fix: "Require the claim `iss`; some libraries check it only where it is.",
            },
            Self::OtherKey => About {
                name: "other_key",
                title: "a token that somebody else signed, under the key ID of your key",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens with any claims: the signature is not checked.",
                fix: "Verify the signature with the key from the JWKS (or with the signing secret), and read claims only afterwards.",
            },
            Self::UnknownKid => About {
                name: "unknown_kid",
                title: "a token that somebody else signed, under an unknown key ID",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: one whose key is not known is not checked.",
                fix: "Refuse tokens whose `kid` is not in the JWKS after it was fetched anew.",
            },
            Self::NoKid => About {
                name: "no_kid",
                title: "a token that somebody else signed, without a key ID",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: one that names no key is not checked.",
                fix: "Refuse tokens without `kid`.",
            },
            Self::AlgNone => About {
                name: "alg_none",
                title: "a token with `alg: none` and no signature",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens with any claims, without any key.",
                fix: "Give your library the one algorithm of your API; never take it from the token.",
            },
            Self::AlgNoneCase => About {
                name: "alg_none_case",
                title: "a token with `alg: nOnE` and no signature",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens without any key: `none` is refused by its spelling only.",
                fix: "Give your library the one algorithm of your API; a list of forbidden ones is never whole.",
            },
            Self::AlgNoneSigned => About {
                name: "alg_none_signed",
                title: "a token with `alg: none` and the signature of another one",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: what the header says switches the check of the signature off.",
                fix: "Give your library the one algorithm of your API; never take it from the token.",
            },
            Self::EmptySignature => About {
                name: "empty_signature",
                title: "a token with an empty signature",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens with any claims: an empty signature is not checked.",
                fix: "Verify the signature of every token, whatever its third part holds.",
            },
            Self::PublicKeyPem => About {
                name: "hs256_public_key",
                title: "an HS256 token signed with your public key as the secret (PEM)",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: the public key is public, and here it signs.",
                fix: "Give your library the one algorithm of your API, and keys of its kind only.",
            },
            Self::PublicKeyPkcs1 => About {
                name: "hs256_public_key_pkcs1",
                title: "an HS256 token signed with your public key as the secret (PEM, PKCS #1)",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: the public key is public, and here it signs.",
                fix: "Give your library the one algorithm of your API, and keys of its kind only.",
            },
            Self::PublicKeyDer => About {
                name: "hs256_public_key_der",
                title: "an HS256 token signed with your public key as the secret (DER)",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: the public key is public, and here it signs.",
                fix: "Give your library the one algorithm of your API, and keys of its kind only.",
            },
            Self::PublicKeyNumber => About {
                name: "hs256_public_key_number",
                title: "an HS256 token signed with the number in your public key as the secret",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: the public key is public, and here it signs.",
                fix: "Give your library the one algorithm of your API, and keys of its kind only.",
            },
            Self::OtherAlg => About {
                name: "other_alg",
                title: "a token with another algorithm than that of your API",
                expected: Expected::Refuse,
                danger: "Whoever makes a token chooses how it is checked: the weakest algorithm of your library protects your API.",
                fix: "Give your library the one algorithm of your API; never take it from the token.",
            },
            Self::OtherHash => About {
                name: "other_hash",
                title: "a token of the right key with SHA-512 instead of SHA-256",
                expected: Expected::Refuse,
                danger: "Whoever makes a token chooses how it is checked: a key must serve one algorithm only (RFC 8725 section 3.1).",
                fix: "Give your library the one algorithm of your API; never take it from the token.",
            },
            Self::EmptySecret => About {
                name: "empty_secret",
                title: "a token signed with an empty secret",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: your API runs without its signing secret.",
                fix: "Read the signing secret at the start, and stop if there is none.",
            },
            Self::KidOfObjects => About {
                name: "kid_of_objects",
                title: "a token whose key ID is `constructor`",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: secrets are looked up in an object that has this member anyway.",
                fix: "Look secrets up in a `Map`, or in an object without a prototype.",
            },
            Self::KidList => About {
                name: "kid_list",
                title: "a token whose key ID is a list",
                expected: Expected::Refuse,
                danger: "What is looked up is not what was compared: parts of your API can be made to see different keys.",
                fix: "Refuse tokens whose `kid` is no text.",
            },
            Self::HeaderJwk => About {
                name: "header_jwk",
                title: "a token that brings along the key it is signed with (`jwk`)",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens: your API verifies them with the key that came with them.",
                fix: "Take keys from the JWKS of your issuer only; never from the header of a token.",
            },
            Self::HeaderJku => About {
                name: "header_jku",
                title: "a token that says where its key is (`jku`)",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens, and make your API call addresses: it fetches keys from where the token says.",
                fix: "Take keys from the JWKS of your issuer only; never from an address in the header of a token.",
            },
            Self::ChangedClaims => About {
                name: "changed_claims",
                title: "a valid token whose claims were changed afterwards",
                expected: Expected::Refuse,
                danger: "Any client can give itself scopes: the signature is not checked.",
                fix: "Verify the signature over header and claims as they came, before you read them.",
            },
            Self::ChangedSignature => About {
                name: "changed_signature",
                title: "a valid token whose signature was changed",
                expected: Expected::Refuse,
                danger: "Anybody can make tokens with any claims: the signature is not checked.",
                fix: "Verify the signature of every token.",
            },
            Self::UnknownCrit => About {
                name: "unknown_crit",
                title: "a token with an unknown extension that it calls critical",
                expected: Expected::Refuse,
                danger: "A token says \"refuse me if you don't know this\" (`crit`, RFC 7515 section 4.1.11), and is taken all the same.",
                fix: "Refuse tokens with `crit`: this server never issues any.",
            },
            Self::Truncated => About {
                name: "truncated",
                title: "the first half of a valid token",
                expected: Expected::RefuseMalformed,
                danger: "Claims of a broken token are believed: the signature is not checked.",
                fix: "Verify the signature of every token, and refuse what can't be read.",
            },
            Self::TwoParts => About {
                name: "two_parts",
                title: "a valid token without its third part",
                expected: Expected::RefuseMalformed,
                danger: "Anybody can make tokens with any claims: a missing signature is not missed.",
                fix: "Verify the signature of every token, and refuse what can't be read.",
            },
            Self::Garbage => About {
                name: "garbage",
                title: "a text that is no token",
                expected: Expected::RefuseMalformed,
                danger: "Anybody can use your API: it only looks whether there is something.",
                fix: "Let your library read and verify the token.",
            },
            Self::Dots => About {
                name: "dots",
                title: "two dots with nothing between them",
                expected: Expected::RefuseMalformed,
                danger: "Anybody can use your API: it only looks at the form of the token.",
                fix: "Let your library read and verify the token.",
            },
            Self::Oversized => About {
                name: "oversized",
                title: "a forged token of 100 kB",
                expected: Expected::RefuseOversized,
                danger: "Anybody can make tokens, and keep your API busy with long ones.",
                fix: "Verify the signature of every token, and limit the size of request headers.",
            },
        }
    }
}

/// Refuses what is no address of an API: only `http` and `https`, a host, no user, no fragment.
///
/// # Errors
/// [`Invalid`] on field `url`.
pub fn check_url(url: &str) -> Result<(), Invalid> {
    let wrong = |message: String| Err(Invalid::new("url", message));
    if url.is_empty() {
        return wrong("Enter the address of your API with a path that needs a token, for example https://orders.example.com/orders.".to_owned());
    }
    if url.len() > URL_MAX {
        return wrong(format!("Shorten the address to at most {URL_MAX} characters."));
    }
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return wrong("Enter an address that starts with https:// or http://.".to_owned());
    };
    if url.contains('#') {
        return wrong("Remove the fragment (# and what follows): it is never sent.".to_owned());
    }
    if url.contains(['\\', '"', '<', '>']) || url.chars().any(|c| !c.is_ascii_graphic()) {
        return wrong("Enter the address without spaces; write other letters than a to z in their encoded form.".to_owned());
    }
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    if host.contains('@') {
        return wrong("Enter the address without a user or a password.".to_owned());
    }
    if host.is_empty() || host.starts_with(':') {
        return wrong("Enter the host of your API after the two slashes.".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_probe_has_a_name_of_its_own_which_serde_knows_too() {
        let names: BTreeSet<&str> = Probe::ALL.into_iter().map(Probe::name).collect();
        assert_eq!(names.len(), Probe::ALL.len());
        for probe in Probe::ALL {
            assert_eq!(serde_json::to_value(probe).unwrap(), probe.name());
            assert!(
                probe.name().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{probe:?}"
            );
            assert!(
                !probe.title().is_empty() && probe.danger().ends_with('.') && probe.fix().ends_with('.'),
                "{probe:?}"
            );
        }
    }

    #[test]
    fn all_holds_every_probe_once_in_order() {
        let mut sorted = Probe::ALL;
        sorted.sort();
        assert_eq!(sorted, Probe::ALL);
        assert_eq!(Probe::Oversized as usize + 1, Probe::ALL.len(), "the last one closes the list");
    }

    #[test]
    fn what_lives_for_ever_is_never_sent() {
        let kept: Vec<&str> = Probe::ALL.into_iter().filter(|probe| !probe.is_sent()).map(Probe::name).collect();
        assert_eq!(kept, ["valid_audience_list", "no_expiry", "no_audience"]);
    }

    #[test]
    fn probes_fit_the_algorithm() {
        let count = |alg| Probe::ALL.into_iter().filter(|probe| probe.fits(alg)).count();
        assert_eq!(
            SigningAlg::ALL.map(|alg| (alg.as_str(), count(alg))),
            [("RS256", 38), ("PS256", 38), ("ES256", 36), ("EdDSA", 36), ("HS256", 35)]
        );
    }

    #[test]
    fn addresses_of_apis() {
        for url in [
            "http://localhost:8080/orders",
            "https://orders.example.com",
            "HTTPS://Orders.Example.com/a?b=c@d",
            "http://[::1]:80/",
            "http://10.0.0.1/a",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        let long = format!("https://a/{}", "x".repeat(URL_MAX));
        for (url, words) in [
            ("", "Enter the address"),
            ("orders.example.com/", "https:// or http://"),
            ("ftp://orders.example.com/", "https:// or http://"),
            ("file:///etc/passwd", "https:// or http://"),
            ("https://ada:secret@orders.example.com/", "without a user"),
            ("https://orders.example.com/#a", "fragment"),
            ("https://orders.example.com/a b", "spaces"),
            ("https://ordérs.example.com/", "encoded"),
            ("https://evil.example\\@orders.example.com/", "encoded"),
            ("https:///orders", "host"),
            ("https://:80/", "host"),
            (&long, "2000 characters"),
        ] {
            let refused = check_url(url).unwrap_err();
            assert!(refused.field == "url" && refused.message.contains(words), "{url}: {}", refused.message);
        }
    }
}
