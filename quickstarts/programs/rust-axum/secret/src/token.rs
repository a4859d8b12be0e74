use std::collections::HashMap;
use std::env::var;
use std::error::Error;

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "https://api.example/";

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
                verifier.verify(token)
            }
            _ => Err(Refusal::NoToken),
        }
    }
}

#[derive(Clone)]
pub struct Verifier {
    /// The secrets by their key IDs.
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl Verifier {
    /// The secrets that sign the tokens also verify them. They come from the environment,
    /// never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let mut keys = HashMap::new();
        for pair in var("SIGNING_SECRETS")?.split(',') {
            let (kid, secret) = pair.split_once(':').ok_or("give each secret as KEY_ID:SECRET")?;
            keys.insert(kid.to_owned(), DecodingKey::from_secret(secret.as_bytes()));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        Ok(Self { keys, validation })
    }

    fn verify(&self, token: &str) -> Result<Token, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::InvalidToken)?;
        let key = header.kid.and_then(|kid| self.keys.get(&kid));
        let key = key.ok_or(Refusal::InvalidToken)?;
        let token =
            decode(token, key, &self.validation).map_err(|_| Refusal::InvalidToken)?;
        // Extensions that a token calls critical and we do not know make it invalid (RFC 7515).
        if token.header.crit.is_some() {
            return Err(Refusal::InvalidToken);
        }
        Ok(token.claims)
    }
}

/// Why a request is not let in, with the answer that RFC 6750 has for it.
pub enum Refusal {
    NoToken,
    InvalidToken,
    MissingScope(&'static str),
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
        };
        (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}
