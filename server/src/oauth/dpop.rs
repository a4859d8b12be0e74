//! The headers of DPoP (RFC 9449): the proof that comes with a request, and the nonce that goes with its answer.

use axum::response::Response;
use engine::Engine;
use http::{HeaderMap, HeaderName, HeaderValue};
use model::dpop::Flaw;
use model::refusal::Refusal;
use model::secret::Secret;

/// Carries a proof (RFC 9449 §4.1).
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// Carries the nonce for the next proof (RFC 9449 §8).
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The proof of a request, if it carries one.
///
/// # Errors
/// [`Refusal::DpopFlawed`] if there are several.
pub(super) fn proof(headers: &HeaderMap) -> Result<Option<Secret>, Refusal> {
    let mut values = headers.get_all(DPOP).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refusal::DpopFlawed(Flaw::Repeated));
    }
    // What is no text is no proof either, and is found to be none.
    Ok(Some(Secret::new(String::from_utf8_lossy(value.as_bytes()))))
}

/// Gives the client the nonce for its next proof, if it sent one now and the server wants nonces (RFC 9449 §8.2).
pub(super) fn with_nonce(engine: &Engine, request: &HeaderMap, mut response: Response) -> Response {
    let nonce = engine.dpop_nonce().filter(|_| request.contains_key(DPOP));
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    response
}
