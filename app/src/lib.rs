//! What people see: the pages of the dashboard and their server functions.
//!
//! Every address of a page stands in [`App`]. A noun's folder holds its pages, and in `server_fns` all of its wire calls, each of
//! which starts at [`gate::Admin::required`]. `ui` holds the parts that know no word of our domain.
//!
//! Two features, one at a time: `ssr` renders on the server, `hydrate` takes over in the browser. The switch stands on whole items
//! only, never inside a function. `split`, beside `hydrate`, puts pages into [`chunk`]s.

pub mod apis;
mod brand;
mod chunk;
pub mod clients;
pub mod error;
#[cfg(feature = "ssr")]
pub mod gate;
#[cfg(feature = "ssr")]
mod hints;
#[cfg(not(feature = "ssr"))]
#[path = "no_hints.rs"]
mod hints;
mod home;
pub mod keys;
mod layout;
pub mod logs;
mod not_found;
mod palette;
pub mod reference;
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod status;
#[cfg(not(feature = "ssr"))]
#[path = "no_status.rs"]
mod status;
pub mod ui;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use apis::ApisRoutes;
use clients::ClientsRoutes;
use home::HomePage;
use keys::KeysRoutes;
use layout::Layout;
use logs::LogsRoutes;
use not_found::NotFound;
use reference::ReferenceRoutes;
use session::SessionRoutes;

#[cfg(feature = "ssr")]
pub use hints::Chunks;
#[cfg(feature = "ssr")]
pub use shell::{shell, theme};

/// The attribute of `<body>` once the browser's half has taken over: from then on, buttons that need script work.
pub const HYDRATED: &str = "data-hydrated";

/// The dashboard: every route.
///
/// Pages are rendered whole (`SsrMode::Async`), so that they work without script and can answer with the right status.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Tessera".to_owned() } else { format!("{page} · Tessera") } />
        <Router>
            <Routes fallback=NotFound>
                <SessionRoutes />
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("") view=HomePage />
                    <ClientsRoutes />
                    <ApisRoutes />
                    <KeysRoutes />
                    <LogsRoutes />
                    <ReferenceRoutes />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
