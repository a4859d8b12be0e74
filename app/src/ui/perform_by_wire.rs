//! In the browser a page calls its functions over the wire, all of them in the same way.

use leptos::server_fn::ServerFn;

use super::answer::send;
use super::load::Perform;

/// Calls whatever is at the path.
#[expect(clippy::extra_unused_type_parameters, reason = "on the server the function itself is called")]
pub(super) fn perform<S: ServerFn>() -> Perform {
    |path, form| Box::pin(send(path, form))
}
