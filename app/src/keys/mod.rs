//! The signing keys of this server: what signs now, what signs next, and what no longer does.

mod page;
mod schedule;
pub mod server_fns;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::path;

use crate::chunk::page;
use page::KeysPage;

/// The page `/keys`.
#[component(transparent)]
pub fn KeysRoutes() -> AnyNestedRoute {
    view! { <Route path=path!("/keys") view=page!(keys, KeysPage) /> }
        .into_inner()
        .into_any_nested_route()
}
