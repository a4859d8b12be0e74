use std::env::{VarError, var};

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
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
    key: DecodingKey,
    validation: Validation,
}

impl Verifier {
    /// The secret that signs the tokens also verifies them: it comes from the environment, never from the source.
    pub fn new() -> Result<Self, VarError> {
        let key = DecodingKey::from_secret(var("SIGNING_SECRET")?.as_bytes());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        Ok(Self { key, validation })
    }

    fn verify(&self, token: &str) -> Result<Token, Refusal> {
        let token =
            decode(token, &self.key, &self.validation).map_err(|_| Refusal::InvalidToken)?;
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
