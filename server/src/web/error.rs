//! What the web surface says when it refuses by itself; what pages and server functions refuse is theirs to say.

use app::error::AppError;
use axum::Json;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

/// The request came from a page of another site.
pub(super) fn other_origin() -> Response {
    let text = "This request came from another site. Open the dashboard at its own address and try again there.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

/// A call to a server function without a session, in the words that the dashboard understands.
pub(super) fn signed_out() -> Response {
    (StatusCode::UNAUTHORIZED, Json(AppError::SignedOut)).into_response()
}

/// The body is longer than `limit` bytes.
pub(super) fn too_large(limit: usize) -> Response {
    let text = format!("This is too much at once: send at most {} KiB.\n", limit / 1024);
    (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
}

/// The connection ended inside the body.
pub(super) fn broken_off() -> Response {
    (StatusCode::BAD_REQUEST, "The request ended before all of it had arrived.\n").into_response()
}

/// There is no such file or function.
pub(super) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response()
}

/// Something is wrong on our side; the log has the details under `id`.
pub(super) fn failed(id: &str) -> Response {
    let text = format!("Something went wrong here. The log of the server has the details under {id}.\n");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

/// Go there by `GET`.
pub(super) fn see_other(location: &str) -> Response {
    Redirect::to(location).into_response()
}

/// A page that was rendered for an address that is none.
pub(super) fn page_not_found(mut page: Response) -> Response {
    if page.status() == StatusCode::OK {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}
