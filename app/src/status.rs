//! Which status code an error gets: the one place of this floor that picks one.

use http::StatusCode;
use http::header::ACCEPT;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::error::AppError;

/// The code that says the same as the error (RFC 9110 §15.5, RFC 6585 §4).
fn code(error: &AppError) -> StatusCode {
    match error {
        AppError::SignedOut => StatusCode::UNAUTHORIZED,
        AppError::Forbidden { .. } => StatusCode::FORBIDDEN,
        AppError::NotFound { .. } => StatusCode::NOT_FOUND,
        AppError::Invalid { .. } | AppError::SignIn { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        AppError::Conflict { .. } => StatusCode::CONFLICT,
        AppError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        AppError::Offline(_) | AppError::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Sets the status of a server function's answer. A form posted without script is answered with a redirect instead.
pub(crate) fn of_answer(error: &AppError) {
    let (Some(request), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
        return;
    };
    let wants_page = request
        .headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_page {
        response.set_status(code(error));
    }
}

/// Sets the status of a page that shows the error in the place of what was asked for.
pub(crate) fn of_page(error: &AppError) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(code(error));
    }
}
