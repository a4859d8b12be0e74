//! APIs: what tokens are for (Auth0's and RFC 6749's resource server).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Invalid;
use crate::claims::CustomClaims;
use crate::client::{Client, check_own_secret};
use crate::invalid::{check_no_angle_brackets, check_text};
use crate::issuer::Issuer;
use crate::kept::Kept;
use crate::key::KeyAlg;
use crate::scope::{SCOPES_MAX, Scope};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::TokenDialect;

/// The most characters of a name (Auth0's limit).
pub const NAME_MAX: usize = 200;
/// The most characters of an identifier (Auth0's limit).
pub const IDENTIFIER_MAX: usize = 600;
/// Seconds that a token is valid if the admin says nothing: a day.
pub const TOKEN_LIFETIME_DEFAULT: i64 = 86_400;
/// The longest life of a token in seconds: 30 days.
pub const TOKEN_LIFETIME_MAX: i64 = 2_592_000;
/// Characters of the id of an API (hexadecimal digits).
pub const ID_LENGTH: usize = 24;
/// Name of the API that is there from the start.
pub const SYSTEM_NAME: &str = "Tessera Management API";

/// An API without its signing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// [`ID_LENGTH`] hexadecimal digits.
    pub id: String,
    /// Shown to admins.
    pub name: String,
    /// What clients send as `audience` and tokens carry as `aud`; never changes, exact to the slash.
    pub identifier: String,
    /// How its tokens are signed.
    pub signing_alg: SigningAlg,
    /// Seconds that a token is valid.
    pub token_lifetime: i64,
    /// Which claims and header its tokens have.
    pub token_dialect: TokenDialect,
    /// Claims that every token carries besides.
    pub custom_claims: CustomClaims,
    /// The scopes that it defines, in the order of definition.
    pub scopes: Vec<Scope>,
    /// The Management API: can't be deleted.
    pub is_system: bool,
    /// Whether strangers may read its metadata (RFC 9728): name and scopes.
    #[serde(default)]
    pub metadata_published: bool,
    /// Whether each of its tokens must be bound to a key of the client's (RFC 9449; Auth0's `proof_of_possession`).
    #[serde(default)]
    pub dpop_required: bool,
    /// What else Auth0's tools have set. The pages have no use for it.
    #[serde(skip_serializing_if = "Kept::is_empty", skip_deserializing, serialize_with = "Kept::shown")]
    pub kept: Kept,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

impl Api {
    /// The scope with this value.
    #[must_use]
    pub fn scope(&self, value: &str) -> Option<&Scope> {
        self.scopes.iter().find(|scope| scope.value == value)
    }
}

/// How tokens of an API are signed (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on the curve P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
    /// HMAC with SHA-256: verified with the secret of the API.
    HS256,
}

impl SigningAlg {
    /// Every algorithm: the recommended one first, the one with a shared secret last.
    pub const ALL: [Self; 5] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA, Self::HS256];

    /// The name in `alg` headers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
        }
    }

    /// The algorithm with this name, exactly as in `alg`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The key pairs of this server that sign so; `None` where each API has a secret of its own.
    #[must_use]
    pub fn key_alg(self) -> Option<KeyAlg> {
        match self {
            Self::RS256 => Some(KeyAlg::RS256),
            Self::PS256 => Some(KeyAlg::PS256),
            Self::ES256 => Some(KeyAlg::ES256),
            Self::EdDSA => Some(KeyAlg::EdDSA),
            Self::HS256 => None,
        }
    }

    /// What the choice means for whoever verifies tokens, in one or two sentences.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::RS256 => {
                "RSA. Your API verifies tokens with a public key that it fetches from this server, so it keeps no secret and follows key rotation by itself. Every library knows it."
            }
            Self::PS256 => "RSA with the newer padding (PSS) that financial-grade profiles ask for. Verified with a public key from this server too.",
            Self::ES256 => {
                "Elliptic curve P-256, verified with a public key from this server. Tokens are some 250 characters shorter than with RSA, and signing is much faster."
            }
            Self::EdDSA => {
                "Ed25519, verified with a public key from this server. As short and fast as the elliptic curve P-256; look whether your library knows it."
            }
            Self::HS256 => {
                "Your API verifies tokens with a secret of its own that only it and this server know; whoever holds that secret can also forge tokens."
            }
        }
    }
}

/// What is needed to create an API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApi {
    /// Shown to admins.
    pub name: String,
    /// Never changes afterwards.
    pub identifier: String,
    /// How its tokens are signed.
    #[serde(default)]
    pub signing_alg: SigningAlg,
    /// Seconds; `None` takes [`TOKEN_LIFETIME_DEFAULT`].
    #[serde(default)]
    pub token_lifetime: Option<i64>,
    /// Which claims and header its tokens have.
    #[serde(default)]
    pub token_dialect: TokenDialect,
    /// Whether each of its tokens must be bound to a key of the client's.
    #[serde(default)]
    pub dpop_required: bool,
    /// Scopes to define at once.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Also create a client "… (Test Client)" that is authorized with all scopes.
    #[serde(default)]
    pub test_client: bool,
    /// What else is set at once.
    #[serde(skip)]
    pub set: ApiChanges,
}

impl NewApi {
    /// Trims what a person typed around the texts.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self {
            name: self.name.trim().to_owned(),
            identifier: self.identifier.trim().to_owned(),
            ..self
        }
    }

    /// The rules of each field.
    ///
    /// # Errors
    /// [`Invalid`] on the field that breaks one.
    pub fn check(&self, issuer: &Issuer) -> Result<(), Invalid> {
        check_name(&self.name)?;
        check_identifier(&self.identifier)?;
        if self.identifier == system_identifier(issuer) {
            return Err(Invalid::new(
                "identifier",
                "Choose another identifier: this one belongs to the Management API.",
            ));
        }
        self.token_lifetime.map_or(Ok(()), check_token_lifetime)?;
        check_scopes(&self.scopes)?;
        self.set.check()
    }
}

/// What of an API may change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiChanges {
    /// New name.
    pub name: Option<String>,
    /// New life of tokens in seconds.
    pub token_lifetime: Option<i64>,
    /// New way of signing; HS256 makes a signing secret if there is none yet.
    pub signing_alg: Option<SigningAlg>,
    /// New claims and header.
    pub token_dialect: Option<TokenDialect>,
    /// All new custom claims.
    pub custom_claims: Option<CustomClaims>,
    /// Whether strangers may read its metadata, see [`metadata_address`].
    pub metadata_published: Option<bool>,
    /// Whether each of its tokens must be bound to a key of the client's.
    pub dpop_required: Option<bool>,
    /// All scopes that it defines from now on; those that are left out are taken from every grant.
    pub scopes: Option<Vec<Scope>>,
    /// A signing secret of the caller's own choosing, in place of all that it has at once; only with HS256.
    pub signing_secret: Option<Secret>,
    /// What else Auth0's tools set; `null` takes a member away.
    pub kept: Map<String, Value>,
}

impl ApiChanges {
    /// The rules of each field that is given.
    ///
    /// # Errors
    /// [`Invalid`] on the field that breaks one.
    pub fn check(&self) -> Result<(), Invalid> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        self.token_lifetime.map_or(Ok(()), check_token_lifetime)?;
        self.scopes.as_deref().map_or(Ok(()), check_scopes)?;
        self.signing_secret
            .as_ref()
            .map_or(Ok(()), |secret| check_own_secret("signing_secret", secret))?;
        self.custom_claims.as_ref().map_or(Ok(()), CustomClaims::check)
    }

    /// The API with these changes, `signing_secret` apart, which is not part of it.
    ///
    /// # Errors
    /// [`Invalid`] where only the whole breaks a rule: `metadata_published`, `signing_secret`, or what is kept.
    pub fn apply(self, api: Api) -> Result<Api, Invalid> {
        let mut after = api;
        after.name = self.name.unwrap_or(after.name);
        after.token_lifetime = self.token_lifetime.unwrap_or(after.token_lifetime);
        after.signing_alg = self.signing_alg.unwrap_or(after.signing_alg);
        after.token_dialect = self.token_dialect.unwrap_or(after.token_dialect);
        after.custom_claims = self.custom_claims.unwrap_or(after.custom_claims);
        after.metadata_published = self.metadata_published.unwrap_or(after.metadata_published);
        after.dpop_required = self.dpop_required.unwrap_or(after.dpop_required);
        after.scopes = self.scopes.unwrap_or(after.scopes);
        after.kept = after.kept.with(self.kept);
        after.kept.check()?;
        if after.metadata_published {
            metadata_address(&after.identifier)?;
        }
        if self.signing_secret.is_some() && after.signing_alg != SigningAlg::HS256 {
            return Err(Invalid::new(
                "signing_secret",
                "Only APIs that are signed with HS256 have a signing secret.",
            ));
        }
        Ok(after)
    }
}

/// What was created with an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedApi {
    /// The API.
    pub api: Api,
    /// The test client, if one was asked for.
    pub test_client: Option<Client>,
}

/// An API in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiSummary {
    /// The API.
    pub api: Api,
    /// Clients that are authorized for it.
    pub clients: i64,
}

/// Identifier of the Management API under `issuer` (Auth0's `https://DOMAIN/api/v2/`).
#[must_use]
pub fn system_identifier(issuer: &Issuer) -> String {
    issuer.join("api/v2/")
}

/// The scopes of the Management API, with the descriptions that Auth0 gives them.
#[must_use]
pub fn system_scopes() -> Vec<Scope> {
    const OBJECTS: [(&str, &str, &str); 9] = [
        ("clients", "Clients", "crud"),
        ("client_keys", "Client Keys", "crud"),
        ("client_credentials", "Client Credentials", "crud"),
        ("client_grants", "Client Grants", "crud"),
        ("resource_servers", "Resource Servers", "crud"),
        ("signing_keys", "Signing Keys", "cru"),
        ("tenant_settings", "Tenant Settings", "ru"),
        ("logs", "Logs", "r"),
        ("stats", "Stats", "r"),
    ];
    const VERBS: [(char, &str, &str); 4] = [
        ('r', "read", "Read"),
        ('c', "create", "Create"),
        ('u', "update", "Update"),
        ('d', "delete", "Delete"),
    ];
    let mut scopes = Vec::new();
    for (object, label, allowed) in OBJECTS {
        for (letter, verb, name) in VERBS {
            if allowed.contains(letter) {
                scopes.push(Scope {
                    value: format!("{verb}:{object}"),
                    description: format!("{name} {label}"),
                });
            }
        }
    }
    scopes
}

/// One to [`NAME_MAX`] characters without `<` and `>`.
///
/// # Errors
/// [`Invalid`] on `name`.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    check_text("name", "a name", name, NAME_MAX)?;
    check_no_angle_brackets("name", "the name", name)
}

/// One to [`IDENTIFIER_MAX`] printable ASCII characters without spaces, quotes, backslashes and angle brackets.
///
/// Auth0 advises a URL or URN but takes any such text.
///
/// # Errors
/// [`Invalid`] on `identifier`.
pub fn check_identifier(identifier: &str) -> Result<(), Invalid> {
    check_text(
        "identifier",
        "an identifier, for example https://orders.example.com/",
        identifier,
        IDENTIFIER_MAX,
    )?;
    if !identifier.chars().all(|c| c.is_ascii_graphic() && !['"', '\\', '<', '>'].contains(&c)) {
        return Err(Invalid::new(
            "identifier",
            "Use a URL or URN of printable ASCII characters without spaces, quotes, backslashes, < and >, for example https://orders.example.com/.",
        ));
    }
    Ok(())
}

/// Where clients look for the metadata of the API with this identifier: below its host, before its own path (RFC 9728 §3.1).
///
/// There is such a place only for an `https` or `http` address with a host and without a fragment. That RFC asks for `https`; `http` is for
/// local use.
///
/// # Errors
/// [`Invalid`] on `metadata_published`.
pub fn metadata_address(identifier: &str) -> Result<String, Invalid> {
    let host_at = ["https://", "http://"]
        .into_iter()
        .find(|scheme| identifier.starts_with(scheme))
        .map(str::len);
    let host_at =
        host_at.filter(|at| !identifier[*at..].is_empty() && !identifier[*at..].starts_with(['/', '?', ':', '@']) && !identifier.contains('#'));
    if let Some(at) = host_at {
        let end = identifier[at..].find(['/', '?']).map_or(identifier.len(), |length| at + length);
        let (origin, rest) = identifier.split_at(end);
        let rest = if rest == "/" || rest.starts_with("/?") { &rest[1..] } else { rest };
        return Ok(format!("{origin}/.well-known/oauth-protected-resource{rest}"));
    }
    Err(Invalid::new(
        "metadata_published",
        "Metadata has a place only where the identifier is an address: https:// or http://, a host, no #. The identifier of this API is none.",
    ))
}

/// 1 to [`TOKEN_LIFETIME_MAX`] seconds.
///
/// # Errors
/// [`Invalid`] on `token_lifetime`.
pub fn check_token_lifetime(seconds: i64) -> Result<(), Invalid> {
    if (1..=TOKEN_LIFETIME_MAX).contains(&seconds) {
        return Ok(());
    }
    Err(Invalid::new(
        "token_lifetime",
        format!("Enter a number of seconds from 1 to {TOKEN_LIFETIME_MAX} (30 days)."),
    ))
}

/// At most [`SCOPES_MAX`] well-formed scopes, each value once.
///
/// # Errors
/// [`Invalid`] on `scopes`, `value` or `description`.
pub fn check_scopes(scopes: &[Scope]) -> Result<(), Invalid> {
    if scopes.len() > SCOPES_MAX {
        return Err(Invalid::new(
            "scopes",
            format!("Define at most {SCOPES_MAX} scopes; there are {}.", scopes.len()),
        ));
    }
    for (position, scope) in scopes.iter().enumerate() {
        scope.check()?;
        if scopes[..position].iter().any(|earlier| earlier.value == scope.value) {
            return Err(Invalid::new("value", format!("Name each scope once: {} is there twice.", scope.value)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("http://localhost:3000/").unwrap()
    }

    fn new_api() -> NewApi {
        NewApi {
            name: "Orders".to_owned(),
            identifier: "https://orders.example.com/".to_owned(),
            ..NewApi::default()
        }
    }

    #[test]
    fn defaults_pass() {
        assert!(new_api().check(&issuer()).is_ok());
    }

    #[test]
    fn identifiers_are_free_but_clean() {
        for identifier in ["urn:orders", "orders", "https://orders.example.com", "https://a/%2F?x=1"] {
            assert!(check_identifier(identifier).is_ok(), "{identifier}");
        }
        for identifier in ["", "a b", "a\"", "a\\", "<a>", "ü", &"x".repeat(IDENTIFIER_MAX + 1)] {
            assert!(check_identifier(identifier).is_err(), "{identifier}");
        }
    }

    #[test]
    fn rfc9728_section_3_1_where_metadata_is() {
        for (identifier, address) in [
            (
                "https://orders.example.com/",
                "https://orders.example.com/.well-known/oauth-protected-resource",
            ),
            (
                "https://orders.example.com",
                "https://orders.example.com/.well-known/oauth-protected-resource",
            ),
            (
                "http://localhost:8080/v1",
                "http://localhost:8080/.well-known/oauth-protected-resource/v1",
            ),
            ("https://a/b/?c=/d", "https://a/.well-known/oauth-protected-resource/b/?c=/d"),
            ("https://a/?c", "https://a/.well-known/oauth-protected-resource?c"),
            ("https://[::1]/", "https://[::1]/.well-known/oauth-protected-resource"),
        ] {
            assert_eq!(metadata_address(identifier).as_deref(), Ok(address), "{identifier}");
        }
        for identifier in [
            "urn:orders",
            "orders",
            "https://",
            "https:///x",
            "https://?x",
            "https://#f",
            "https://a/#f",
            "ftp://a/",
            "HTTPS://a/",
            "https://:1/",
        ] {
            assert_eq!(metadata_address(identifier).unwrap_err().field, "metadata_published", "{identifier}");
        }
    }

    #[test]
    fn the_system_identifier_is_taken() {
        let api = NewApi {
            identifier: "http://localhost:3000/api/v2/".to_owned(),
            ..new_api()
        };
        assert_eq!(api.check(&issuer()).unwrap_err().field, "identifier");
    }

    #[test]
    fn lifetimes() {
        for seconds in [1, TOKEN_LIFETIME_DEFAULT, TOKEN_LIFETIME_MAX] {
            assert!(check_token_lifetime(seconds).is_ok());
        }
        for seconds in [-1, 0, TOKEN_LIFETIME_MAX + 1] {
            assert!(check_token_lifetime(seconds).is_err());
        }
    }

    #[test]
    fn scopes_once_each() {
        let twice = vec![
            Scope {
                value: "a".to_owned(),
                ..Scope::default()
            };
            2
        ];
        assert!(check_scopes(&twice).unwrap_err().message.contains("twice"));
        assert!(check_scopes(&system_scopes()).is_ok());
    }

    #[test]
    fn algorithms_by_exact_name() {
        assert_eq!(SigningAlg::parse("HS256"), Some(SigningAlg::HS256));
        assert_eq!(SigningAlg::parse("hs256"), None);
        assert_eq!(SigningAlg::parse("none"), None);
    }
}
