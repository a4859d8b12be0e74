//! What every request of a client is made of: parameters, credentials, and where it came from.

use axum::response::Response;
use engine::{Caller, Engine};
use http::header::{CACHE_CONTROL, PRAGMA, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use model::refusal::Refusal;
use model::token::Credentials;

use super::client_auth;
use super::request::{self, Parameters};
use crate::telemetry::client_address;

/// The most characters kept of a `User-Agent`.
const USER_AGENT_MAX: usize = 300;

/// A request that could be read.
pub(super) struct Asked {
    /// How the client proves who it is, if it says so at all.
    pub(super) credentials: Option<Credentials>,
    /// The rest of what it sent.
    pub(super) parameters: Parameters,
    /// The client used the `Authorization` header.
    pub(super) by_header: bool,
}

/// A request that could not, with what the log can say of it.
pub(super) struct Unread {
    /// Why not.
    pub(super) refusal: Refusal,
    /// The client that it names.
    pub(super) client_id: Option<String>,
    /// The API that it names.
    pub(super) audience: Option<String>,
    /// The client used the `Authorization` header.
    pub(super) by_header: bool,
}

impl Asked {
    /// Takes a request apart.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Unread> {
        let mut unread = Unread {
            refusal: Refusal::ClientMissing,
            client_id: None,
            audience: None,
            by_header: true,
        };
        let because = |unread: Unread, refusal| Unread { refusal, ..unread };
        let header = match client_auth::from_header(headers) {
            Ok(header) => header,
            Err(refusal) => return Err(because(unread, refusal)),
        };
        unread.by_header = header.is_some();
        unread.client_id = header.as_ref().map(|credentials| credentials.client_id.clone());
        let parameters = match request::read(headers, body) {
            Ok(parameters) => parameters,
            Err(refusal) => return Err(because(unread, refusal)),
        };
        unread.client_id = unread.client_id.or_else(|| parameters.client_id.clone());
        unread.audience = parameters.audience().map(str::to_owned);
        match client_auth::credentials(header, &parameters) {
            Ok(credentials) => Ok(Self {
                credentials,
                parameters,
                by_header: unread.by_header,
            }),
            Err(refusal) => Err(because(unread, refusal)),
        }
    }
}

/// Who sent a request, and under which id the log has it if it is refused.
pub(super) fn caller(engine: &Engine, parts: &Parts) -> Caller {
    Caller {
        ip: client_address(&parts.extensions),
        user_agent: user_agent(&parts.headers),
        log_id: engine.log_id(),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(value)
        .chars()
        .filter(|c| !c.is_control())
        .take(USER_AGENT_MAX)
        .collect()
}

/// RFC 6749 §5.1: no cache may keep a token, nor a refusal, nor what is said of a token (RFC 7662 §4).
pub(super) fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
