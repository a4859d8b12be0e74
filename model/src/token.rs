//! Token requests, and the rules that turn one into claims. No IO: who the client is has been proven before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::Api;
use crate::claims;
use crate::client::{AuthMethod, Client};
use crate::dpop::Confirmation;
use crate::grant::Grant;
use crate::issuer::Issuer;
use crate::quota::QuotaStanding;
use crate::refusal::Refusal;
use crate::scope;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The only grant type that is offered (RFC 6749 §4.4).
pub const CLIENT_CREDENTIALS: &str = "client_credentials";

/// What a client asks for at the token endpoint (RFC 6749 §4.4.2, RFC 8707 §2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// `grant_type`.
    pub grant_type: Option<String>,
    /// `audience`, or `resource` where there is no audience.
    pub audience: Option<String>,
    /// `scope`, space-delimited; `None` asks for all of the grant.
    pub scope: Option<String>,
}

/// How a client proves who it is: by its secret (RFC 6749 §2.3.1) or by an assertion (RFC 7521 §4.2); and which key it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Who it says it is.
    pub client_id: String,
    /// Its secret, if it sent one.
    pub client_secret: Option<Secret>,
    /// Whether the secret came in the `Authorization` header rather than in the body.
    pub in_header: bool,
    /// The signed assertion, if it sent one.
    pub client_assertion: Option<Secret>,
    /// The proof that it holds the key to bind its token to, if it sent one (RFC 9449 §4.1).
    pub dpop_proof: Option<Secret>,
}

impl Credentials {
    /// The way in which they prove the client; `None` if they prove nothing.
    #[must_use]
    pub fn method(&self) -> Option<AuthMethod> {
        if self.client_assertion.is_some() {
            return Some(AuthMethod::PrivateKeyJwt);
        }
        self.client_secret.as_ref().map(|_| {
            if self.in_header {
                AuthMethod::ClientSecretBasic
            } else {
                AuthMethod::ClientSecretPost
            }
        })
    }
}

/// Which claims and header the tokens of an API have (Auth0's `token_dialect`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenDialect {
    /// Auth0's own: `typ` is `JWT`, and `azp` and `gty` name client and grant.
    #[default]
    AccessToken,
    /// RFC 9068: `typ` is `at+jwt`, `client_id` names the client, and each token has a `jti`.
    Rfc9068Profile,
}

impl TokenDialect {
    /// Every dialect, the default first.
    pub const ALL: [Self; 2] = [Self::AccessToken, Self::Rfc9068Profile];

    /// Auth0's name of it, in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::Rfc9068Profile => "rfc9068_profile",
        }
    }

    /// The dialect with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }

    /// The `typ` of the header (RFC 9068 §2.1).
    #[must_use]
    pub fn typ(self) -> &'static str {
        match self {
            Self::AccessToken => "JWT",
            Self::Rfc9068Profile => "at+jwt",
        }
    }
}

/// Payload of an access token; the order of fields is the order in the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer (RFC 7519 §4.1.1).
    pub iss: String,
    /// `<client_id>@clients` in both dialects, as at Auth0: can't be confused with a user.
    pub sub: String,
    /// Identifier of the API (RFC 7519 §4.1.3).
    pub aud: String,
    /// Issued at, in seconds.
    pub iat: Timestamp,
    /// Expires at, in seconds.
    pub exp: Timestamp,
    /// Space-delimited; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// `client-credentials`, in Auth0's dialect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gty: Option<String>,
    /// The client that asked, in Auth0's dialect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub azp: Option<String>,
    /// The client that asked, in the dialect of RFC 9068 (§2.2).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    /// What no other token has (RFC 7519 §4.1.7), in the dialect of RFC 9068.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jti: Option<String>,
    /// The key that it is bound to, if it is, see [`crate::dpop::bind`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cnf: Option<Confirmation>,
    /// What the admin adds; none of these names is one of the above.
    #[serde(flatten)]
    pub custom: BTreeMap<String, Value>,
}

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The signed token.
    pub access_token: Secret,
    /// The scopes that it carries, space-delimited; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// `Bearer` (RFC 6750), or `DPoP` if it is bound to a key (RFC 9449 §5).
    pub token_type: String,
    /// How the quota of the client stands with this token, if it has one; told in a header.
    #[serde(skip)]
    pub quota: Option<QuotaStanding>,
}

impl Claims {
    /// The same made smaller than its client may have it: no scope that `request` does not name, and a lifetime of at most so many seconds.
    #[must_use]
    pub fn briefly(mut self, request: &TokenRequest, lifetime: i64) -> Self {
        // Who names no scope is given all; here it means none.
        self.scope = self
            .scope
            .filter(|_| request.scope.as_deref().is_some_and(|asked| !scope::split(asked).is_empty()));
        self.exp = self.exp.min(self.iat + lifetime);
        self
    }
}

/// Decides on a request of a client that has proven itself: the claims of its token, or why there is none.
///
/// `api` is the API that the audience names, if there is one; `grant` joins it with the client, if they are joined. `jti` draws what no
/// other token has.
///
/// # Errors
/// The first [`Refusal`] in the order grant type, audience, authorization, whether the client may have tokens, scope.
pub fn decide(
    request: &TokenRequest,
    issuer: &Issuer,
    client: &Client,
    api: Option<&Api>,
    grant: Option<&Grant>,
    now: Timestamp,
    jti: impl FnOnce() -> String,
) -> Result<Claims, Refusal> {
    check_grant_type(request)?;
    let audience = audience(request)?;
    // Looked at here too, so that no mistake of a caller can make a token for what was not asked for.
    let api = api.filter(|api| api.identifier == audience);
    let api = api.ok_or_else(|| Refusal::AudienceUnknown(audience.to_owned()))?;
    let grant = grant.filter(|grant| grant.audience == api.identifier && grant.client_id == client.client_id);
    let grant = grant.ok_or_else(|| Refusal::NotAuthorized {
        client_id: client.client_id.clone(),
        audience: api.identifier.clone(),
    })?;
    if client.barred {
        return Err(Refusal::GrantTypeNotAllowed(client.client_id.clone()));
    }
    let scopes = granted_scopes(request.scope.as_deref(), api, grant)?;
    // In the very second in which a client is cut off, a new token carries the next one: it would be dead on arrival otherwise.
    let issued_at = client.tokens_valid_from.map_or(now, |from| now.max(from));
    let lifetime = client.token_lifetime.map_or(api.token_lifetime, |most| most.min(api.token_lifetime));
    let of = |dialect, text: &str| (api.token_dialect == dialect).then(|| text.to_owned());
    Ok(Claims {
        iss: issuer.as_str().to_owned(),
        sub: format!("{}@clients", client.client_id),
        aud: api.identifier.clone(),
        iat: issued_at,
        exp: issued_at + lifetime,
        scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
        gty: of(TokenDialect::AccessToken, "client-credentials"),
        azp: of(TokenDialect::AccessToken, &client.client_id),
        client_id: of(TokenDialect::Rfc9068Profile, &client.client_id),
        jti: (api.token_dialect == TokenDialect::Rfc9068Profile).then(jti),
        cnf: None,
        custom: claims::resolve(&api.custom_claims, client),
    })
}

/// Refuses every grant type but client credentials; may be asked before the client has proven itself.
///
/// # Errors
/// [`Refusal::GrantTypeMissing`] or [`Refusal::GrantTypeUnsupported`].
pub fn check_grant_type(request: &TokenRequest) -> Result<(), Refusal> {
    match request.grant_type.as_deref() {
        Some(CLIENT_CREDENTIALS) => Ok(()),
        None | Some("") => Err(Refusal::GrantTypeMissing),
        Some(other) => Err(Refusal::GrantTypeUnsupported(other.chars().take(100).collect())),
    }
}

/// The identifier that the request names.
///
/// # Errors
/// [`Refusal::AudienceMissing`] if it names none.
pub fn audience(request: &TokenRequest) -> Result<&str, Refusal> {
    request
        .audience
        .as_deref()
        .filter(|audience| !audience.is_empty())
        .ok_or(Refusal::AudienceMissing)
}

/// All scopes of the grant that the API still defines, or the asked-for part of them (RFC 6749 §3.3).
fn granted_scopes(asked: Option<&str>, api: &Api, grant: &Grant) -> Result<Vec<String>, Refusal> {
    let held = |value: &str| api.scope(value).is_some() && grant.scope.iter().any(|granted| granted == value);
    let asked = asked.map(scope::split).unwrap_or_default();
    if asked.is_empty() {
        return Ok(grant.scope.iter().filter(|value| held(value)).cloned().collect());
    }
    let missing: Vec<String> = asked.iter().filter(|value| !held(value)).cloned().collect();
    if missing.is_empty() {
        Ok(asked)
    } else {
        Err(Refusal::ScopeNotGranted(missing))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::{SigningAlg, TOKEN_LIFETIME_MAX};
    use crate::claims::CustomClaims;
    use crate::kept::Kept;
    use crate::scope::Scope;

    const NOW: Timestamp = 1_800_000_000;

    fn issuer() -> Issuer {
        Issuer::parse("https://auth.example.com/").unwrap()
    }

    fn client() -> Client {
        Client {
            client_id: "c1".to_owned(),
            name: "Billing worker".to_owned(),
            ..Client::default()
        }
    }

    fn api(scopes: &[&str]) -> Api {
        Api {
            id: "a1".to_owned(),
            name: "Orders".to_owned(),
            identifier: "https://orders.example.com/".to_owned(),
            signing_alg: SigningAlg::RS256,
            token_lifetime: 3600,
            token_dialect: TokenDialect::AccessToken,
            custom_claims: CustomClaims::default(),
            scopes: scopes
                .iter()
                .map(|value| Scope {
                    value: (*value).to_owned(),
                    description: String::new(),
                })
                .collect(),
            is_system: false,
            metadata_published: false,
            dpop_required: false,
            kept: Kept::default(),
            created_at: 0,
            updated_at: 0,
        }
    }

    fn grant(scopes: &[&str]) -> Grant {
        Grant {
            id: "cgr_1".to_owned(),
            client_id: "c1".to_owned(),
            audience: "https://orders.example.com/".to_owned(),
            scope: scopes.iter().map(|value| (*value).to_owned()).collect(),
            ..Grant::default()
        }
    }

    fn request(scope: Option<&str>) -> TokenRequest {
        TokenRequest {
            grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
            audience: Some("https://orders.example.com/".to_owned()),
            scope: scope.map(str::to_owned),
        }
    }

    fn jti() -> String {
        "j1".to_owned()
    }

    #[test]
    fn a_brief_token_holds_nothing_that_was_not_named() {
        let decided = |asked| {
            let api = api(&["read:orders", "write:orders"]);
            let grant = grant(&["read:orders", "write:orders"]);
            decide(&request(asked), &issuer(), &client(), Some(&api), Some(&grant), NOW, jti).unwrap()
        };
        for (asked, scope) in [(None, None), (Some(" "), None), (Some("read:orders"), Some("read:orders"))] {
            let brief = decided(asked).briefly(&request(asked), 60);
            assert_eq!((brief.scope.as_deref(), brief.exp), (scope, NOW + 60), "{asked:?}");
        }
        // The lifetime of the API is not made longer.
        assert_eq!(decided(None).briefly(&request(None), 86_400).exp, NOW + 3600);
    }

    fn scopes_of(asked: Option<&str>, defined: &[&str], granted: &[&str]) -> Result<Option<String>, Refusal> {
        decide(
            &request(asked),
            &issuer(),
            &client(),
            Some(&api(defined)),
            Some(&grant(granted)),
            NOW,
            jti,
        )
        .map(|claims| claims.scope)
    }

    #[test]
    fn rfc6749_section_4_4_success() {
        let claims = decide(&request(None), &issuer(), &client(), Some(&api(&["a"])), Some(&grant(&["a"])), NOW, jti).unwrap();
        assert_eq!(
            serde_json::to_string(&claims).unwrap(),
            concat!(
                r#"{"iss":"https://auth.example.com/","sub":"c1@clients","aud":"https://orders.example.com/","iat":1800000000,"#,
                r#""exp":1800003600,"scope":"a","gty":"client-credentials","azp":"c1"}"#
            )
        );
    }

    #[test]
    fn rfc9068_section_2_2_claims() {
        let api = Api {
            token_dialect: TokenDialect::Rfc9068Profile,
            ..api(&["a"])
        };
        let claims = decide(&request(None), &issuer(), &client(), Some(&api), Some(&grant(&["a"])), NOW, jti).unwrap();
        assert_eq!(
            serde_json::to_string(&claims).unwrap(),
            concat!(
                r#"{"iss":"https://auth.example.com/","sub":"c1@clients","aud":"https://orders.example.com/","iat":1800000000,"#,
                r#""exp":1800003600,"scope":"a","client_id":"c1","jti":"j1"}"#
            )
        );
    }

    #[test]
    fn custom_claims_come_last_and_dialects_have_names() {
        let api = Api {
            custom_claims: CustomClaims::from_lines("https://orders.example.com/plan = gold").unwrap(),
            ..api(&[])
        };
        let claims = decide(&request(None), &issuer(), &client(), Some(&api), Some(&grant(&[])), NOW, jti).unwrap();
        let json = serde_json::to_string(&claims).unwrap();
        assert!(json.ends_with(r#","azp":"c1","https://orders.example.com/plan":"gold"}"#), "{json}");
        for dialect in TokenDialect::ALL {
            assert_eq!(TokenDialect::parse(dialect.as_str()), Some(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.as_str());
        }
    }

    #[test]
    fn a_token_is_never_older_than_the_cut_off() {
        let at = |from, now| {
            let client = Client {
                tokens_valid_from: from,
                ..client()
            };
            let claims = decide(&request(None), &issuer(), &client, Some(&api(&[])), Some(&grant(&[])), now, jti).unwrap();
            (claims.iat, claims.exp)
        };
        for (from, now, iat) in [
            (None, NOW, NOW),
            (Some(NOW + 1), NOW, NOW + 1),
            (Some(NOW + 1), NOW + 1, NOW + 1),
            (Some(NOW + 1), NOW + 9, NOW + 9),
        ] {
            assert_eq!(at(from, now), (iat, iat + 3_600), "{from:?} {now}");
        }
    }

    #[test]
    fn rfc6749_section_3_3_scopes() {
        let all = ["a", "b", "c"];
        for (asked, granted, expect) in [
            (None, &["a", "b"][..], Ok(Some("a b".to_owned()))),
            (Some(""), &["a"][..], Ok(Some("a".to_owned()))),
            (Some("b"), &["a", "b"][..], Ok(Some("b".to_owned()))),
            (Some("b a b"), &["a", "b"][..], Ok(Some("b a".to_owned()))),
            (None, &[][..], Ok(None)),
            (
                Some("a c d"),
                &["a", "b"][..],
                Err(Refusal::ScopeNotGranted(vec!["c".to_owned(), "d".to_owned()])),
            ),
        ] {
            assert_eq!(scopes_of(asked, &all, granted), expect, "{asked:?} of {granted:?}");
        }
    }

    #[test]
    fn a_scope_that_the_api_no_longer_defines_is_not_issued() {
        assert_eq!(scopes_of(None, &["a"], &["a", "gone"]), Ok(Some("a".to_owned())));
        assert_eq!(
            scopes_of(Some("gone"), &["a"], &["a", "gone"]),
            Err(Refusal::ScopeNotGranted(vec!["gone".to_owned()]))
        );
    }

    #[test]
    fn refusals_in_order() {
        let (issuer, client, api, grant) = (issuer(), client(), api(&[]), grant(&[]));
        let whole = request(None);
        let check = |request: TokenRequest, api, grant| decide(&request, &issuer, &client, api, grant, NOW, jti).unwrap_err();
        assert_eq!(
            check(
                TokenRequest {
                    grant_type: None,
                    ..whole.clone()
                },
                None,
                None
            ),
            Refusal::GrantTypeMissing
        );
        let password = TokenRequest {
            grant_type: Some("password".to_owned()),
            ..whole.clone()
        };
        assert_eq!(
            check(password, Some(&api), Some(&grant)),
            Refusal::GrantTypeUnsupported("password".to_owned())
        );
        assert_eq!(
            check(
                TokenRequest {
                    audience: Some(String::new()),
                    ..whole.clone()
                },
                None,
                None
            ),
            Refusal::AudienceMissing
        );
        assert_eq!(
            check(whole.clone(), None, None),
            Refusal::AudienceUnknown("https://orders.example.com/".to_owned())
        );
        assert_eq!(check(whole, Some(&api), None).code(), "client_not_authorized");
    }

    proptest! {
        #[test]
        fn a_token_never_carries_a_scope_outside_the_grant(
            asked in proptest::option::of(proptest::collection::vec("[a-f]", 0..6)),
            defined in proptest::collection::btree_set("[a-f]", 0..6),
            granted in proptest::collection::btree_set("[a-f]", 0..6),
        ) {
            let defined: Vec<&str> = defined.iter().map(String::as_str).collect();
            let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
            if let Ok(scope) = scopes_of(asked.map(|asked| asked.join(" ")).as_deref(), &defined, &granted) {
                for value in scope::split(&scope.unwrap_or_default()) {
                    prop_assert!(granted.contains(&value.as_str()) && defined.contains(&value.as_str()));
                }
            }
        }

        #[test]
        fn a_token_never_lives_longer_than_the_api_or_the_client_allows(of_api in 1..=TOKEN_LIFETIME_MAX, of_client in proptest::option::of(1..=TOKEN_LIFETIME_MAX)) {
            let api = Api { token_lifetime: of_api, ..api(&[]) };
            let client = Client { token_lifetime: of_client, ..client() };
            let claims = decide(&request(None), &issuer(), &client, Some(&api), Some(&grant(&[])), NOW, jti).unwrap();
            prop_assert_eq!(claims.exp - claims.iat, of_client.unwrap_or(of_api).min(of_api));
        }

        #[test]
        fn a_token_is_only_for_the_audience_that_was_asked_for_and_granted_to_this_client(
            asked in "urn:[ab]", known in "urn:[ab]", granted in "urn:[ab]", granted_to in "c[12]",
        ) {
            let request = TokenRequest { audience: Some(asked.clone()), ..request(None) };
            let api = Api { identifier: known.clone(), ..api(&[]) };
            let grant = Grant { audience: granted.clone(), client_id: granted_to.clone(), ..grant(&[]) };
            match decide(&request, &issuer(), &client(), Some(&api), Some(&grant), NOW, jti) {
                Ok(claims) => prop_assert!(claims.aud == asked && known == asked && granted == asked && granted_to == "c1"),
                Err(refusal) => prop_assert!(known != asked || granted != asked || granted_to != "c1", "{:?}", refusal),
            }
        }

        #[test]
        fn custom_claims_never_change_what_the_rules_decided(name in "[a-z_]{1,12}", value in "[a-z]{0,8}") {
            let Ok(custom_claims) = CustomClaims::from_lines(&format!("{name} = {value}")) else { return Ok(()) };
            let plain = decide(&request(None), &issuer(), &client(), Some(&api(&["a"])), Some(&grant(&["a"])), NOW, jti).unwrap();
            let api = Api { custom_claims, ..api(&["a"]) };
            let claims = decide(&request(None), &issuer(), &client(), Some(&api), Some(&grant(&["a"])), NOW, jti).unwrap();
            let (plain, mut with) = (serde_json::to_value(plain).unwrap(), serde_json::to_value(claims).unwrap());
            with.as_object_mut().unwrap().remove(&name).unwrap();
            prop_assert_eq!(with, plain);
        }
    }
}
