//! Clients: applications that ask for tokens in their own name (RFC 6749 §4.4), Auth0's type "Non Interactive".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Invalid;
use crate::api::check_token_lifetime;
use crate::claims::CustomClaims;
use crate::invalid::{check_no_angle_brackets, check_optional_text, check_text};
use crate::kept::Kept;
use crate::quota::TokenQuota;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::CLIENT_CREDENTIALS;
use crate::usage::Counts;

/// Characters of a client id that we make (letters and digits).
pub const CLIENT_ID_LENGTH: usize = 32;
/// The most characters of a client id that is brought along, as from another server.
pub const OWN_CLIENT_ID_MAX: usize = 64;
/// The most characters of a name.
pub const NAME_MAX: usize = 200;
/// The most characters of a description (Auth0's limit).
pub const DESCRIPTION_MAX: usize = 140;
/// The most entries of `client_metadata` (Auth0's limit).
pub const METADATA_MAX: usize = 10;
/// The fewest characters of a client secret of somebody's own choosing.
pub const OWN_SECRET_MIN: usize = 32;
/// The most characters of one.
pub const OWN_SECRET_MAX: usize = 255;
/// The most characters of a metadata key or value (Auth0's limit).
pub const METADATA_TEXT_MAX: usize = 255;

/// A client without its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Public identifier: [`CLIENT_ID_LENGTH`] letters and digits, unless one was brought along.
    pub client_id: String,
    /// Shown to admins.
    pub name: String,
    /// Shown to admins; may be empty.
    pub description: String,
    /// The kind of application.
    pub app_type: AppType,
    /// Free key-value pairs of the admin.
    pub client_metadata: BTreeMap<String, String>,
    /// How it may prove itself; at least one way.
    pub auth_methods: Vec<AuthMethod>,
    /// Whether its assertions must name this server as their only audience, see [`crate::assertion::Assertion::check`].
    pub strict_assertions: bool,
    /// Whether it must bind each of its tokens to a key of its own (RFC 9449; Auth0's `require_proof_of_possession`).
    #[serde(default)]
    pub dpop_required: bool,
    /// Seconds that its tokens are valid at most; `None` leaves that to each API.
    pub token_lifetime: Option<i64>,
    /// Claims that its tokens carry beside those of the API.
    pub custom_claims: CustomClaims,
    /// Tokens that were issued before this second are no longer active; `None` until the client is cut off for the first time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens_valid_from: Option<Timestamp>,
    /// How many tokens it may ask for.
    #[serde(skip_serializing_if = "TokenQuota::is_none", default)]
    pub token_quota: TokenQuota,
    /// Whether it gets no tokens, by what is kept of Auth0's settings, see [`Client::is_barred_by`].
    #[serde(skip_serializing_if = "std::ops::Not::not", skip_deserializing)]
    pub barred: bool,
    /// Whether it is somebody else's (the opposite of Auth0's `is_first_party`); lists can be filtered by it.
    #[serde(skip_serializing_if = "std::ops::Not::not", skip_deserializing)]
    pub third_party: bool,
    /// What else Auth0's tools have set. The pages have no use for it.
    #[serde(skip_serializing_if = "Kept::is_empty", skip_deserializing, serialize_with = "Kept::shown")]
    pub kept: Kept,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Whether a client gets no tokens: Auth0's `grant_types` leave `client_credentials` out, or it is a public one, which has nothing to prove
    /// itself with (RFC 6749 §4.4).
    #[must_use]
    pub fn is_barred_by(kept: &Kept) -> bool {
        let kept = kept.members();
        let grant_types = kept.get("grant_types").and_then(Value::as_array);
        grant_types.is_some_and(|types| !types.iter().any(|name| name == CLIENT_CREDENTIALS))
            || kept.get("token_endpoint_auth_method").is_some_and(|method| method == "none")
    }
}

/// The kind of application a client is (Auth0's `app_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// A service, job or command that acts for itself: client credentials only.
    #[default]
    NonInteractive,
    /// An app on a device.
    Native,
    /// A page that runs in the browser.
    Spa,
    /// A web application with a server.
    RegularWeb,
    /// Any other of Auth0's types, or none.
    Other,
}

/// Auth0's kinds of applications by their names; those that [`AppType`] has no variant for are kept by name only.
pub const AUTH0_APP_TYPES: [&str; 26] = [
    "non_interactive",
    "native",
    "spa",
    "regular_web",
    "resource_server",
    "express_configuration",
    "rms",
    "box",
    "cloudbees",
    "concur",
    "dropbox",
    "mscrm",
    "echosign",
    "egnyte",
    "newrelic",
    "office365",
    "salesforce",
    "sentry",
    "sharepoint",
    "slack",
    "springcm",
    "sso_integration",
    "zendesk",
    "zoom",
    "oag",
    "other",
];

impl AppType {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::NonInteractive, Self::Native, Self::Spa, Self::RegularWeb, Self::Other];

    /// The name in the database, and on the wire where it is Auth0's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonInteractive => "non_interactive",
            Self::Native => "native",
            Self::Spa => "spa",
            Self::RegularWeb => "regular_web",
            Self::Other => "other",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app_type| app_type.as_str() == name)
    }

    /// The kind that Auth0 calls so: [`AppType::Other`] for all that we have no kind for.
    #[must_use]
    pub fn of_auth0(name: &str) -> Self {
        Self::parse(name).unwrap_or(Self::Other)
    }

    /// The name that the dashboard shows.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NonInteractive => "Non Interactive",
            Self::Native => "Native",
            Self::Spa => "Single Page App",
            Self::RegularWeb => "Regular Web App",
            Self::Other => "Other",
        }
    }
}

/// How a client proves itself (RFC 7591 §2 `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Its secret, in the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// Its secret, in the body.
    ClientSecretPost,
    /// An assertion that it signs with its own key (RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];
    /// What a new client may use: libraries try both places for a secret.
    pub const DEFAULT: [Self; 2] = [Self::ClientSecretBasic, Self::ClientSecretPost];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// What is needed to create a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewClient {
    /// Shown to admins.
    pub name: String,
    /// May be empty.
    #[serde(default)]
    pub description: String,
    /// The kind of application.
    #[serde(default)]
    pub app_type: AppType,
    /// An id that is brought along, as from another server; without one it gets a fresh one. Not for the pages.
    #[serde(skip)]
    pub client_id: Option<String>,
    /// What else is set at once.
    #[serde(skip)]
    pub set: ClientChanges,
}

impl NewClient {
    /// Trims what a person typed around the texts.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            ..self
        }
    }

    /// The rules of each field.
    ///
    /// # Errors
    /// [`Invalid`] on the field that breaks one.
    pub fn check(&self) -> Result<(), Invalid> {
        check_name(&self.name)?;
        check_description(&self.description)?;
        self.client_id.as_deref().map_or(Ok(()), check_client_id)?;
        self.set.check()
    }
}

/// What of a client may change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientChanges {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// The whole new metadata.
    pub client_metadata: Option<BTreeMap<String, String>>,
    /// All ways in which it may prove itself.
    pub auth_methods: Option<Vec<AuthMethod>>,
    /// Whether its assertions must name this server as their only audience.
    pub strict_assertions: Option<bool>,
    /// Whether it must bind each of its tokens to a key of its own.
    pub dpop_required: Option<bool>,
    /// The new longest life of its tokens in seconds; `Some(None)` leaves that to each API.
    pub token_lifetime: Option<Option<i64>>,
    /// All its new custom claims.
    pub custom_claims: Option<CustomClaims>,
    /// Single entries of the metadata: `None` takes one away.
    pub metadata_entries: BTreeMap<String, Option<String>>,
    /// Another kind of application.
    pub app_type: Option<AppType>,
    /// How many tokens it may ask for.
    pub token_quota: Option<TokenQuota>,
    /// Ids of the keys that it may prove itself with from now on: these and no others.
    pub keys: Option<Vec<String>>,
    /// A secret of the caller's own choosing, in place of all that it has.
    pub client_secret: Option<Secret>,
    /// Whether it is somebody else's.
    pub third_party: Option<bool>,
    /// What else Auth0's tools set; `null` takes a member away.
    pub kept: Map<String, Value>,
}

impl ClientChanges {
    /// The rules of each field that is given.
    ///
    /// # Errors
    /// [`Invalid`] on `name`, `description`, `client_metadata`, `token_lifetime` or `custom_claims`.
    pub fn check(&self) -> Result<(), Invalid> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        self.description.as_deref().map_or(Ok(()), check_description)?;
        self.client_metadata.as_ref().map_or(Ok(()), check_metadata)?;
        if self.auth_methods.as_ref().is_some_and(Vec::is_empty) {
            return Err(Invalid::new("auth_methods", "Leave the client at least one way to prove itself."));
        }
        self.token_lifetime.flatten().map_or(Ok(()), check_token_lifetime)?;
        self.token_quota.map_or(Ok(()), |quota| quota.check())?;
        self.client_secret
            .as_ref()
            .map_or(Ok(()), |secret| check_own_secret("client_secret", secret))?;
        self.custom_claims.as_ref().map_or(Ok(()), CustomClaims::check)
    }

    /// The client with these changes, `client_secret` and `keys` apart, which are not part of it.
    ///
    /// # Errors
    /// [`Invalid`] where only the whole breaks a rule: `client_metadata`, or what is kept.
    pub fn apply(self, client: Client) -> Result<Client, Invalid> {
        let mut after = client;
        after.name = self.name.unwrap_or(after.name);
        after.description = self.description.unwrap_or(after.description);
        after.app_type = self.app_type.unwrap_or(after.app_type);
        after.client_metadata = self.client_metadata.unwrap_or(after.client_metadata);
        for (key, value) in self.metadata_entries {
            match value {
                Some(value) => after.client_metadata.insert(key, value),
                None => after.client_metadata.remove(&key),
            };
        }
        check_metadata(&after.client_metadata)?;
        after.token_lifetime = self.token_lifetime.unwrap_or(after.token_lifetime);
        after.auth_methods = self.auth_methods.unwrap_or(after.auth_methods);
        after.auth_methods.sort_unstable();
        after.auth_methods.dedup();
        after.strict_assertions = self.strict_assertions.unwrap_or(after.strict_assertions);
        after.dpop_required = self.dpop_required.unwrap_or(after.dpop_required);
        after.custom_claims = self.custom_claims.unwrap_or(after.custom_claims);
        after.token_quota = self.token_quota.unwrap_or(after.token_quota);
        after.third_party = self.third_party.unwrap_or(after.third_party);
        after.kept = after.kept.with(self.kept);
        after.kept.check()?;
        after.barred = Client::is_barred_by(&after.kept);
        Ok(after)
    }
}

/// One to [`NAME_MAX`] characters without `<` and `>`.
///
/// # Errors
/// [`Invalid`] on `name`.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    check_text("name", "a name", name, NAME_MAX)?;
    check_no_angle_brackets("name", "the name", name)
}

/// One to [`OWN_CLIENT_ID_MAX`] letters, digits, `-` and `_`: what stands unchanged in addresses, headers and forms.
///
/// # Errors
/// [`Invalid`] on `client_id`.
pub fn check_client_id(client_id: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=OWN_CLIENT_ID_MAX).contains(&client_id.len()) && client_id.bytes().all(plain) {
        return Ok(());
    }
    Err(Invalid::new(
        "client_id",
        format!("Use 1 to {OWN_CLIENT_ID_MAX} letters, digits, - and _."),
    ))
}

/// [`OWN_SECRET_MIN`] to [`OWN_SECRET_MAX`] printable ASCII characters: who chooses a secret must not choose one that can be guessed
/// (RFC 6749 §10.10), nor an HS256 key of less than 256 bits (RFC 7518 §3.2).
///
/// # Errors
/// [`Invalid`] on `field`.
pub fn check_own_secret(field: &str, secret: &Secret) -> Result<(), Invalid> {
    let text = secret.reveal();
    if (OWN_SECRET_MIN..=OWN_SECRET_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Invalid::new(
        field,
        format!("Choose {OWN_SECRET_MIN} to {OWN_SECRET_MAX} printable ASCII characters without spaces."),
    ))
}

/// At most [`DESCRIPTION_MAX`] characters.
///
/// # Errors
/// [`Invalid`] on `description`.
pub fn check_description(description: &str) -> Result<(), Invalid> {
    check_optional_text("description", "the description", description, DESCRIPTION_MAX)
}

/// At most [`METADATA_MAX`] pairs, keys and values of at most [`METADATA_TEXT_MAX`] characters, no empty key.
///
/// # Errors
/// [`Invalid`] on `client_metadata`.
pub fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), Invalid> {
    if metadata.len() > METADATA_MAX {
        return Err(Invalid::new(
            "client_metadata",
            format!("Keep at most {METADATA_MAX} entries; there are {}.", metadata.len()),
        ));
    }
    for (key, value) in metadata {
        check_text("client_metadata", "a key", key, METADATA_TEXT_MAX)?;
        check_optional_text("client_metadata", &format!("the value of {key}"), value, METADATA_TEXT_MAX)?;
    }
    Ok(())
}

/// The metadata as a person edits it: one `key=value` a line.
#[must_use]
pub fn metadata_to_lines(metadata: &BTreeMap<String, String>) -> String {
    metadata
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Reads `key=value` lines; blank lines are skipped, the last of two equal keys is refused.
///
/// # Errors
/// [`Invalid`] on `client_metadata` that names the line.
pub fn metadata_from_lines(lines: &str) -> Result<BTreeMap<String, String>, Invalid> {
    let mut metadata = BTreeMap::new();
    for (number, line) in lines.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let Some((key, value)) = line.split_once('=') else {
            return Err(Invalid::new("client_metadata", format!("Write line {} as key=value.", number + 1)));
        };
        if metadata.insert(key.trim().to_owned(), value.trim().to_owned()).is_some() {
            return Err(Invalid::new(
                "client_metadata",
                format!("Remove line {}: the key {} is there twice.", number + 1, key.trim()),
            ));
        }
    }
    check_metadata(&metadata)?;
    Ok(metadata)
}

/// Which clients a program reads; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Only of these kinds; none asks for all.
    pub app_types: Vec<AppType>,
    /// Only those that are somebody else's, or only those that are not.
    pub third_party: Option<bool>,
}

/// A client in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSummary {
    /// The client.
    pub client: Client,
    /// APIs that it is authorized for.
    pub apis: i64,
    /// What it asked for in the last 24 hours.
    pub last_24_hours: Counts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions() {
        assert!(check_name("Billing worker").is_ok());
        for name in ["", " ", "<b>", &"x".repeat(NAME_MAX + 1)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_description(&"x".repeat(DESCRIPTION_MAX)).is_ok());
        assert!(check_description(&"x".repeat(DESCRIPTION_MAX + 1)).is_err());
    }

    #[test]
    fn metadata_round_trip() {
        let metadata = metadata_from_lines("team = billing\n\nurl=https://x/?a=b").unwrap();
        assert_eq!(metadata["url"], "https://x/?a=b");
        assert_eq!(metadata_from_lines(&metadata_to_lines(&metadata)).unwrap(), metadata);
    }

    #[test]
    fn metadata_limits() {
        assert_eq!(metadata_from_lines("a").unwrap_err().message, "Write line 1 as key=value.");
        assert!(metadata_from_lines("a=1\na=2").unwrap_err().message.contains("twice"));
        let many: String = (0..=METADATA_MAX).map(|n| format!("k{n}=v\n")).collect();
        assert!(metadata_from_lines(&many).is_err());
        assert!(metadata_from_lines(&format!("k={}", "x".repeat(METADATA_TEXT_MAX + 1))).is_err());
    }

    #[test]
    fn who_gets_no_tokens() {
        for (kept, barred) in [
            (serde_json::json!({}), false),
            (serde_json::json!({ "grant_types": ["implicit", "client_credentials"] }), false),
            (serde_json::json!({ "grant_types": ["implicit"] }), true),
            (serde_json::json!({ "grant_types": [] }), true),
            (serde_json::json!({ "token_endpoint_auth_method": "client_secret_post" }), false),
            (serde_json::json!({ "token_endpoint_auth_method": "none" }), true),
        ] {
            let changes = ClientChanges {
                kept: serde_json::from_value(kept.clone()).unwrap(),
                ..ClientChanges::default()
            };
            assert_eq!(changes.apply(Client::default()).unwrap().barred, barred, "{kept}");
        }
    }

    #[test]
    fn app_type_on_the_wire() {
        assert_eq!(serde_json::to_string(&AppType::NonInteractive).unwrap(), "\"non_interactive\"");
    }
}
