//! Pages and server functions: the one place where the wire meets `app`.

use std::sync::{Arc, LazyLock};

use app::gate::ClientAddr;
use app::{App, Chunks, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use engine::Engine;
use http::Method;
use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list, render_app_async_with_context};

use super::error;
use super::files::Site;
use super::reference::Management;
use crate::telemetry::client_address;

/// The name of the bundle, as in the `[[workspace.metadata.leptos]]` of the workspace.
const BUNDLE: &str = "tessera";

/// Listed once in a process, before its first page: while Leptos lists routes it holds up every load of the process, and one
/// that begins meanwhile never ends.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Every page and server function, and a page for every other address.
pub(super) fn router(engine: Engine, site: &Site) -> Router {
    let options = LeptosOptions::builder().output_name(BUNDLE).site_pkg_dir(site.pkg_dir()).build();
    let chunks = Chunks(Arc::new(site.chunks()));
    let management = Management::new(engine.clone());
    let context = move || {
        let asked = use_context::<Parts>().map(|parts| parts.extensions).unwrap_or_default();
        provide_context(ClientAddr(client_address(&asked)));
        provide_context(management.within(&asked));
        provide_context(engine.clone());
        provide_context(chunks.clone());
    };
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let no_page = render_app_async_with_context(context.clone(), page.clone());
    Router::new()
        .leptos_routes_with_context(&options, ROUTES.clone(), context, page)
        .fallback(move |request: Request| {
            let rendered = is_for_people(&request).then(|| no_page(request));
            async move {
                match rendered {
                    Some(page) => error::page_not_found(page.await),
                    None => error::not_found(),
                }
            }
        })
        .with_state(options)
}

/// The paths of all pages.
pub(crate) fn page_paths() -> Vec<String> {
    ROUTES.iter().map(|route| route.path().to_owned()).collect()
}

/// Whether a page is a fitting answer.
fn is_for_people(request: &Request<Body>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) && !request.uri().path().starts_with("/_fn")
}
