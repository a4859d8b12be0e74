//! `/reference`: what each operation of the Management API takes and answers, and a form that calls it with a token of a minute.
//!
//! All of it is made of the OpenAPI document, which the floor above hands in with the way to call the API ([`ManagementApi`]). It is words
//! and one form, so the server renders it and the browser's half holds little more than the frame.

#[cfg(feature = "ssr")]
mod call;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod management;
mod page;
#[cfg(feature = "ssr")]
mod render;
pub mod server_fns;
#[cfg(feature = "ssr")]
mod trying;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::path;

use crate::chunk::page;
#[cfg(feature = "ssr")]
pub use call::{ANSWER_MAX, BODY_MAX, CALL_LIFETIME, SHELL_LIFETIME};
#[cfg(feature = "ssr")]
pub use management::ManagementApi;
use page::ReferencePage;

/// The page `/reference`.
#[component(transparent)]
pub fn ReferenceRoutes() -> AnyNestedRoute {
    view! { <Route path=path!("/reference") view=page!(reference, ReferencePage) /> }
        .into_inner()
        .into_any_nested_route()
}
