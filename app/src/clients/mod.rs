//! Clients: the list, the form that creates one, and a client with its tabs.

mod access;
pub mod auth_fns;
mod authentication;
mod create;
mod cut_off;
mod danger;
mod detail;
#[cfg(feature = "ssr")]
pub(crate) mod flash;
#[cfg(feature = "ssr")]
mod found;
mod leaked;
pub(crate) mod list;
mod quickstart;
mod secret;
pub mod secret_fns;
#[cfg(feature = "ssr")]
mod secrets;
pub mod server_fns;
mod settings;
mod usage;
pub mod usage_fns;
#[cfg(feature = "ssr")]
mod usage_view;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::{ParentRoute, Route};
use leptos_router::path;

use crate::chunk::page;
use access::AccessTab;
use authentication::AuthenticationTab;
use create::NewClientPage;
use detail::{ClientLayout, ClientStart};
use leaked::LeakedPage;
use list::ClientsPage;
use quickstart::QuickstartTab;
use secret::SecretTab;
use settings::SettingsTab;
use usage::UsageTab;

/// Every page under `/clients`; the tabs of a client are routes, so that each has an address.
#[component(transparent)]
pub fn ClientsRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/clients") view=page!(clients, ClientsPage)/>
        <Route path=path!("/clients/new") view=page!(clients, NewClientPage)/>
        <Route path=path!("/clients/leaked") view=page!(clients, LeakedPage)/>
        <ParentRoute path=path!("/clients/:client_id") view=page!(clients, ClientLayout)>
            <Route path=path!("") view=page!(clients, ClientStart)/>
            <Route path=path!("settings") view=page!(clients_edit, SettingsTab)/>
            <Route path=path!("secret") view=page!(clients, SecretTab)/>
            <Route path=path!("authentication") view=page!(clients_edit, AuthenticationTab)/>
            <Route path=path!("apis") view=page!(clients, AccessTab)/>
            <Route path=path!("usage") view=page!(clients_usage, UsageTab)/>
            <Route path=path!("quickstart") view=page!(clients, QuickstartTab)/>
        </ParentRoute>
    }
    .into_inner()
    .into_any_nested_route()
}
