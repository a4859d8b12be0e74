//! Quickstarts of an API.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::quickstart::{Quickstart, QuickstartView};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// The quickstarts that there are, and the chosen one with the reader's values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickstartPage {
    /// Every quickstart, in order.
    pub all: Vec<Quickstart>,
    /// Slugs of those that don't know the algorithm of this API.
    pub unsupported: Vec<String>,
    /// The one that is read.
    pub chosen: QuickstartView,
    /// What the program lacks where tokens must be bound to a key; empty where they need not.
    pub dpop: String,
}

/// A quickstart for an API; an empty `slug` is the first one.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id, or no quickstart this slug.
#[server]
pub async fn get_quickstart(id: String, slug: String) -> Result<QuickstartPage, AppError> {
    let session = Admin::required().await?;
    let api = session.engine.api(&id).await?;
    let recipes = quickstarts::recipes().map_err(|broken| AppError::internal(&broken))?;
    let slug = match recipes.first() {
        Some(first) if slug.is_empty() => first.quickstart.slug.clone(),
        _ => slug,
    };
    let chosen = crate::apis::rendered::quickstart(&session.engine, &api, &slug).await?.view;
    let unsupported = recipes.iter().filter(|recipe| recipe.unsupported.contains_key(api.signing_alg.as_str()));
    let dpop = match chosen.kind {
        _ if !api.dpop_required => "",
        model::quickstart::Kind::Protect => crate::apis::dpop::PROTECT,
        model::quickstart::Kind::Ask => crate::apis::dpop::ASK,
    };
    Ok(QuickstartPage {
        unsupported: unsupported.map(|recipe| recipe.quickstart.slug.clone()).collect(),
        all: recipes.into_iter().map(|recipe| recipe.quickstart).collect(),
        chosen,
        dpop: dpop.to_owned(),
    })
}
