//! What a client learns of its quota with each token, and when it has none left: Auth0's header, in both profiles.

use axum::response::Response;
use http::{HeaderName, HeaderValue};
use model::quota::QuotaStanding;

/// The name of the header.
const HEADER: HeaderName = HeaderName::from_static("auth0-client-quota-limit");

/// Adds the header to an answer.
pub(super) fn tell(response: &mut Response, standing: &QuotaStanding) {
    if let Ok(value) = HeaderValue::from_str(&standing.header()) {
        response.headers_mut().insert(HEADER, value);
    }
}
