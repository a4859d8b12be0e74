//! The signing keys of this server: what signs now, what signs next, and what no longer does.

mod page;
pub mod server_fns;

use leptos::prelude::*;
use leptos_router::components::Route;
use leptos_router::{MatchNestedRoutes, path};

use page::KeysPage;

/// The page `/keys`.
#[component(transparent)]
pub fn KeysRoutes() -> impl MatchNestedRoutes + Clone {
    view! { <Route path=path!("/keys") view=KeysPage /> }.into_inner()
}
