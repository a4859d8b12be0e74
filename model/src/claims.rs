//! Custom claims: what an admin adds to tokens without writing code. A claim has a fixed value or takes one of the client's metadata.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Invalid;
use crate::client::Client;
use crate::invalid::check_text;

/// The most custom claims of an API, and of a client.
pub const CLAIMS_MAX: usize = 10;
/// The most characters of the name of a claim.
pub const NAME_MAX: usize = 255;
/// The most characters of a value, written as JSON.
pub const VALUE_MAX: usize = 1_000;
/// How a line of the form names an entry of the client's metadata.
const METADATA_PREFIX: &str = "client_metadata.";

/// Names that mean something already, here or in the registry "JSON Web Token Claims" (RFC 7519 §10.1): a custom claim that took one
/// could make an API believe what no rule of this server has decided.
const REGISTERED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "scope",
    "scp",
    "client_id",
    "azp",
    "gty",
    "cnf",
    "act",
    "may_act",
    "permissions",
    "org_id",
    "org_name",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "acr",
    "amr",
    "sub_jwk",
    "sip_from_tag",
    "sip_date",
    "sip_callid",
    "sip_cseq_num",
    "sip_via_branch",
    "orig",
    "dest",
    "mky",
    "events",
    "toe",
    "txn",
    "rph",
    "sid",
    "vot",
    "vtm",
    "attest",
    "origid",
    "jcard",
    "at_use_nbr",
    "div",
    "opt",
    "vc",
    "vp",
    "sph",
    "ace_profile",
    "cnonce",
    "exi",
    "roles",
    "groups",
    "entitlements",
    "token_introspection",
    "authorization_details",
    "verified_claims",
    "place_of_birth",
    "nationalities",
    "htm",
    "htu",
    "ath",
    "atc",
    "sub_id",
    "rcd",
    "rcdi",
    "crn",
    "msgi",
    "_claim_names",
    "_claim_sources",
    "status",
    "active",
    "username",
    "token_type",
    "resource",
];

/// Custom claims by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomClaims(BTreeMap<String, ClaimSource>);

/// Where the value of a custom claim comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSource {
    /// It is the same in every token.
    Value(Value),
    /// It is the text under this key of the client's metadata; the claim is left out for clients without.
    ClientMetadata(String),
}

impl CustomClaims {
    /// Reads lines of `name = value`. A value that is JSON is taken as such, `client_metadata.KEY` refers to the metadata of the
    /// client, and anything else is a text. Blank lines are skipped.
    ///
    /// # Errors
    /// [`Invalid`] on `custom_claims` that names the line or the claim.
    pub fn from_lines(lines: &str) -> Result<Self, Invalid> {
        let mut claims = BTreeMap::new();
        for (number, line) in (1..).zip(lines.lines().map(str::trim)).filter(|(_, line)| !line.is_empty()) {
            let (name, value) = split_line(line).ok_or_else(|| invalid(format!("Write line {number} as name = value.")))?;
            if claims.insert(name.to_owned(), source(value)).is_some() {
                return Err(invalid(format!("Remove line {number}: the claim {name} is there twice.")));
            }
        }
        let claims = Self(claims);
        claims.check()?;
        Ok(claims)
    }

    /// The lines that [`CustomClaims::from_lines`] reads.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let lines = self.0.iter().map(|(name, source)| match source {
            ClaimSource::ClientMetadata(key) => format!("{name} = {METADATA_PREFIX}{key}"),
            ClaimSource::Value(value) => format!("{name} = {}", written(value)),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The rules of names and values.
    ///
    /// # Errors
    /// [`Invalid`] on `custom_claims`.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.0.len() > CLAIMS_MAX {
            return Err(invalid(format!("Add at most {CLAIMS_MAX} claims; there are {}.", self.0.len())));
        }
        for (name, source) in &self.0 {
            check_text("custom_claims", "the name of a claim", name, NAME_MAX)?;
            if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(invalid(format!("Write the name {name} without spaces.")));
            }
            if REGISTERED.contains(&name.as_str()) {
                return Err(invalid(format!(
                    "Choose another name than {name}: it is a registered claim with a meaning of its own. A URL of yours is safe, such as https://example.com/{name}."
                )));
            }
            let length = match source {
                ClaimSource::Value(value) => value.to_string().chars().count(),
                ClaimSource::ClientMetadata(key) => key.chars().count(),
            };
            if length > VALUE_MAX {
                return Err(invalid(format!(
                    "Shorten the value of {name} to {VALUE_MAX} characters; it has {length}."
                )));
            }
        }
        Ok(())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values in a token of `client`.
    fn of<'a>(&'a self, client: &'a Client) -> impl Iterator<Item = (String, Value)> + 'a {
        self.0.iter().filter_map(|(name, source)| {
            let value = match source {
                ClaimSource::Value(value) => value.clone(),
                ClaimSource::ClientMetadata(key) => Value::String(client.client_metadata.get(key)?.clone()),
            };
            Some((name.clone(), value))
        })
    }
}

/// The custom claims of a token: those of the API, and over them those of the client, which is the closer one.
#[must_use]
pub fn resolve(api: &CustomClaims, client: &Client) -> BTreeMap<String, Value> {
    api.of(client).chain(client.custom_claims.of(client)).collect()
}

/// Cuts at the first `=` that is not inside the name's URL, such as `https://a/?b=c = d`: one with spaces around it, else the first.
fn split_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(" = ").or_else(|| line.split_once('='))?;
    Some((name.trim(), value.trim()))
}

fn source(value: &str) -> ClaimSource {
    match value.strip_prefix(METADATA_PREFIX) {
        Some(key) => ClaimSource::ClientMetadata(key.to_owned()),
        None => ClaimSource::Value(serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))),
    }
}

/// A text stands as it is unless it would be read as something else.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if reads_as_itself(text) => text.clone(),
        other => other.to_string(),
    }
}

fn reads_as_itself(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.lines().count() == 1 && source(text) == ClaimSource::Value(Value::String(text.to_owned()))
}

fn invalid(message: String) -> Invalid {
    Invalid::new("custom_claims", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn client(metadata: &[(&str, &str)], claims: &str) -> Client {
        Client {
            client_metadata: metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            custom_claims: CustomClaims::from_lines(claims).unwrap(),
            ..Client::default()
        }
    }

    #[test]
    fn lines_become_values_texts_and_references() {
        let claims = CustomClaims::from_lines("plan = gold\n\nseats=5\nhttps://a/?b=c = [\"x\"]\nid = \"007\"\nteam = client_metadata.team").unwrap();
        let client = client(&[("team", "billing")], "");
        assert_eq!(
            serde_json::to_value(resolve(&claims, &client)).unwrap(),
            json!({"plan": "gold", "seats": 5, "https://a/?b=c": ["x"], "id": "007", "team": "billing"})
        );
        assert_eq!(CustomClaims::from_lines(&claims.to_lines()).unwrap(), claims);
    }

    #[test]
    fn a_client_without_the_metadata_has_no_such_claim_and_its_own_claims_win() {
        let api = CustomClaims::from_lines("team = client_metadata.team\nplan = gold").unwrap();
        let resolved = resolve(&api, &client(&[], "plan = silver"));
        assert_eq!(serde_json::to_value(resolved).unwrap(), json!({"plan": "silver"}));
    }

    #[test]
    fn what_is_refused_and_why() {
        let many: String = (0..=CLAIMS_MAX).map(|n| format!("n{n} = 1\n")).collect();
        let long = format!("a = {}", "x".repeat(VALUE_MAX));
        for (lines, words) in [
            ("plan", "Write line 1 as name = value."),
            ("a = 1\na = 2", "Remove line 2: the claim a is there twice."),
            ("sub = admin", "registered claim"),
            ("scope = all", "registered claim"),
            ("a b = 1", "without spaces"),
            (" = 1", "the name of a claim"),
            (&many, "at most 10"),
            (&long, "Shorten the value of a"),
        ] {
            let invalid = CustomClaims::from_lines(lines).unwrap_err();
            assert!(invalid.message.contains(words), "{lines}: {}", invalid.message);
            assert_eq!(invalid.field, "custom_claims");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(values in proptest::collection::btree_map("[a-z:/?=]{1,8}x", ".{0,20}", 0..CLAIMS_MAX)) {
            let claims = CustomClaims(values.into_iter().map(|(name, text)| (name, ClaimSource::Value(Value::String(text)))).collect());
            prop_assume!(claims.check().is_ok());
            prop_assert_eq!(CustomClaims::from_lines(&claims.to_lines()).unwrap(), claims);
        }

        #[test]
        fn any_lines_are_read_or_refused_with_the_field(lines in ".{0,200}") {
            if let Err(invalid) = CustomClaims::from_lines(&lines) {
                prop_assert_eq!(invalid.field, "custom_claims");
            }
        }
    }
}
