//! Setting up, signing in and out, and what every page shows around its content.

pub mod server_fns;
mod set_up;
mod sign_in;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::{SsrMode, path};

use set_up::SetUpPage;
use sign_in::SignInPage;

/// The pages for those who are not signed in.
#[component(transparent)]
pub fn SessionRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async />
        <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
    }
    .into_inner()
    .into_any_nested_route()
}

/// The card in the middle of the page that both forms stand in.
#[component]
fn SessionCard(
    /// The page's only `<h1>`.
    title: &'static str,
    /// What happens here, in a sentence.
    text: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    view! {
        <leptos_meta::Title text=title />
        <main class="session" id="main">
            <div class="session-card">
                <crate::brand::Brand />
                <h1>{title}</h1>
                <p class="session-text">{text}</p>
                {children()}
            </div>
        </main>
    }
    .into_any()
}
