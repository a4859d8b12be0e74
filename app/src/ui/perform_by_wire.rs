//! In the browser a page calls its functions over the wire, all of them in the same way.

use std::future::Future;
use std::pin::Pin;

use leptos::server_fn::ServerFn;

use super::answer::{Answer, send};
use crate::error::AppError;

/// How the function at a path is called with a form.
pub(super) type Perform = fn(&'static str, String) -> Pin<Box<dyn Future<Output = Result<Answer, AppError>> + Send>>;

/// Calls whatever is at the path.
#[expect(clippy::extra_unused_type_parameters, reason = "on the server the function itself is called")]
pub(super) fn perform<S: ServerFn>() -> Perform {
    |path, form| Box::pin(send(path, form))
}
