//! The dashboard on the wire: pages, server functions and static files, behind the layers that guard them.
//!
//! A request meets, in order: static files and the pages about refusals (for everyone), the same-origin check, the door for strangers, the limit of its
//! body, and then the page or the server function, which asks for the session itself.

pub(crate) mod body;
mod download;
mod error;
mod files;
pub(crate) mod headers;
mod pages;
mod reference;
mod same_origin;
mod strangers;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use engine::Engine;

use crate::docs;

/// The paths of everything that only a signed-in admin is shown.
pub(crate) fn page_paths() -> Vec<String> {
    pages::page_paths().into_iter().chain([download::PATH.to_owned()]).collect()
}

/// Everything that people see; also answers what no route knows. With `live_reload` nothing of the bundle is remembered.
pub(crate) fn router(engine: Engine, live_reload: bool) -> Router {
    let site = files::Site::open(live_reload);
    let pkg_dir = site.pkg_dir();
    let issuer = engine.issuer().clone();
    pages::router(engine.clone(), &site)
        .merge(download::router(engine.clone()))
        .layer(from_fn(body::read))
        .layer(from_fn(move |request: Request, next: Next| {
            let engine = engine.clone();
            async move { strangers::turn_away(&engine, request, next).await }
        }))
        .layer(from_fn(move |request: Request, next: Next| {
            let issuer = issuer.clone();
            async move { same_origin::check(&issuer, request, next).await }
        }))
        .layer(from_fn(move |request: Request, next: Next| {
            let pkg_dir = pkg_dir.clone();
            async move { docs::serve(&pkg_dir, request, next).await }
        }))
        .layer(from_fn(move |request: Request, next: Next| {
            let site = site.clone();
            async move { files::serve(&site, request, next).await }
        }))
}
