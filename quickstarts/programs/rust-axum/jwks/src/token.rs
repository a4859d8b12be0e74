use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::sync::Mutex;

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "https://api.example/";

/// Keys are fetched anew after this time, so that a revoked one is dropped.
const KEYS_MAX_AGE: Duration = Duration::from_secs(300);
/// A token with an unknown key makes us fetch at most this often, so that nobody can make us flood the issuer.
const KEYS_COOLDOWN: Duration = Duration::from_secs(30);

/// The claims of a valid token. A handler that takes one answers 401 to requests without.
#[derive(Deserialize)]
pub struct Token {
    pub sub: Option<String>,
    #[serde(default)]
    scope: String,
}

impl Token {
    /// Answers 403 if the token lacks this scope.
    pub fn require_scope(&self, scope: &'static str) -> Result<(), Refusal> {
        let found = self.scope.split(' ').any(|known| known == scope);
        found.then_some(()).ok_or(Refusal::MissingScope(scope))
    }
}

impl FromRequestParts<Verifier> for Token {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, verifier: &Verifier) -> Result<Self, Refusal> {
        let Some(header) = parts.headers.get(header::AUTHORIZATION) else {
            return Err(Refusal::NoToken);
        };
        let header = header.to_str().map_err(|_| Refusal::InvalidToken)?;
        match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                verifier.verify(token).await
            }
            _ => Err(Refusal::NoToken),
        }
    }
}

#[derive(Clone)]
pub struct Verifier {
    http: reqwest::Client,
    keys: Arc<Mutex<Keys>>,
    validation: Validation,
}

#[derive(Default)]
struct Keys {
    by_kid: HashMap<String, DecodingKey>,
    fetched: Option<Instant>,
}

impl Verifier {
    pub fn new() -> reqwest::Result<Self> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            http,
            keys: Arc::default(),
            validation,
        })
    }

    async fn verify(&self, token: &str) -> Result<Token, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::InvalidToken)?;
        // Extensions that a token calls critical and we do not know make it invalid (RFC 7515).
        if header.alg != Algorithm::RS256 || header.crit.is_some() {
            return Err(Refusal::InvalidToken);
        }
        let key = self.key(&header.kid.ok_or(Refusal::InvalidToken)?).await?;
        let token = decode(token, &key, &self.validation).map_err(|_| Refusal::InvalidToken)?;
        Ok(token.claims)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Refusal> {
        let mut keys = self.keys.lock().await;
        let patience = if keys.by_kid.contains_key(kid) {
            KEYS_MAX_AGE
        } else {
            KEYS_COOLDOWN
        };
        if keys.fetched.is_none_or(|at| at.elapsed() > patience) {
            keys.by_kid = self.fetch().await.map_err(|_| Refusal::NoKeys)?;
            keys.fetched = Some(Instant::now());
        }
        keys.by_kid.get(kid).cloned().ok_or(Refusal::InvalidToken)
    }

    async fn fetch(&self) -> reqwest::Result<HashMap<String, DecodingKey>> {
        let url = format!("{ISSUER}.well-known/jwks.json");
        let set: JwkSet = self
            .http
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let keys = set
            .keys
            .iter()
            .filter_map(|jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?)));
        Ok(keys.collect())
    }
}

/// Why a request is not let in, with the answer that RFC 6750 has for it.
pub enum Refusal {
    NoToken,
    InvalidToken,
    MissingScope(&'static str),
    NoKeys,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "Bearer".to_owned()),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer error="invalid_token""#.to_owned(),
            ),
            Self::MissingScope(scope) => (
                StatusCode::FORBIDDEN,
                format!(r#"Bearer error="insufficient_scope", scope="{scope}""#),
            ),
            Self::NoKeys => (StatusCode::SERVICE_UNAVAILABLE, "Bearer".to_owned()),
        };
        (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}
