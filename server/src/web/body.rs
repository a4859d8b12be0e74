//! Bodies of the web surface are small forms: each is read whole, up to a limit, before anybody works with it.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::error;

/// The most bytes of a body.
pub const MAX: usize = 256 * 1024;

/// Hands on the whole body, or says why it can't be read.
pub(super) async fn read(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match Limited::new(body, MAX).collect().await {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body.to_bytes()))).await,
        Err(error) if error.is::<LengthLimitError>() => error::too_large(MAX),
        Err(_) => error::broken_off(),
    }
}
