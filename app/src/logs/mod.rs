//! Logs: tokens issued and refused, and every change of the configuration.

#[cfg(feature = "ssr")]
mod changes;
mod entry;
mod explain;
pub mod explain_fns;
#[cfg(feature = "ssr")]
mod explaining;
mod filter;
#[cfg(feature = "ssr")]
mod fixing;
mod list;
mod reason;
#[cfg(feature = "ssr")]
mod remedy;
pub mod server_fns;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::path;

use crate::chunk::page;
use entry::LogPage;
use explain::ExplainPage;
use list::LogsPage;

/// Every page under `/logs`.
#[component(transparent)]
pub fn LogsRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/logs") view=page!(logs, LogsPage) />
        <Route path=path!("/logs/explain") view=page!(explain, ExplainPage) />
        <Route path=path!("/logs/:log_id") view=page!(logs, LogPage) />
    }
    .into_inner()
    .into_any_nested_route()
}
