//! APIs: the list, the form that creates one, and the tabs of one API.
//!
//! Each tab is a route, so it has an address and works without script. What is open on a page (the row of a client, the scope being
//! edited, the quickstart that is read) stands in the query of that address for the same reason.

mod access;
mod access_row;
pub(crate) mod code;
mod create;
pub(crate) mod curl;
mod danger;
mod detail;
pub(crate) mod dpop;
#[cfg(feature = "ssr")]
pub(crate) mod explain;
mod guard;
#[cfg(feature = "ssr")]
mod guard_report;
mod introspection;
mod list;
mod quickstart;
#[cfg(feature = "ssr")]
pub mod rendered;
pub(crate) mod run;
mod scope_row;
mod scopes;
pub mod server_fns;
mod settings;
mod signing_secret;
#[cfg(feature = "ssr")]
mod signing_secrets;
mod test;
mod token_shape;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::{ParentRoute, Route};
use leptos_router::path;

use crate::chunk::page;
use access::AccessTab;
use create::NewApiPage;
use detail::{ApiLayout, ApiStart};
use guard::GuardTab;
use list::ApisPage;
use quickstart::QuickstartTab;
use scopes::ScopesTab;
use settings::SettingsTab;
#[cfg(feature = "ssr")]
pub(crate) use settings::parse_lifetime;
use test::TestTab;

/// Every page under `/apis`.
#[component(transparent)]
pub fn ApisRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/apis") view=page!(apis, ApisPage) />
        <Route path=path!("/apis/new") view=page!(apis, NewApiPage) />
        <ParentRoute path=path!("/apis/:id") view=page!(apis, ApiLayout)>
            <Route path=path!("") view=page!(apis, ApiStart) />
            <Route path=path!("quickstart") view=page!(apis_use, QuickstartTab) />
            <Route path=path!("settings") view=page!(apis_edit, SettingsTab) />
            <Route path=path!("scopes") view=page!(apis_scopes, ScopesTab) />
            <Route path=path!("clients") view=page!(apis_clients, AccessTab) />
            <Route path=path!("test") view=page!(apis_use, TestTab) />
            <Route path=path!("guard") view=page!(apis_use, GuardTab) />
        </ParentRoute>
    }
    .into_inner()
    .into_any_nested_route()
}
