//! The Guard tab: an API that is really called.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{apis::guard_report, clients::flash, gate::Admin};

/// What the Guard tab starts from, in HTML of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardSetup {
    /// The clients to choose from.
    pub options: String,
    /// What will be sent.
    pub note: String,
    /// What a form that was posted without script just before has found; empty otherwise.
    pub report: String,
}

/// The form of the Guard tab, and what was found for a form that was posted without script just before.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn get_guard(id: String, url: String, scope: String, client_id: String) -> Result<GuardSetup, AppError> {
    let session = Admin::required().await?;
    let engine = &session.engine;
    let api = engine.api(&id).await?;
    let clients = super::access::authorized_clients(engine, &id, model::page::MAX_PER_PAGE).await?;
    let report = if flash::redeem_at(engine.issuer(), &page(&id), PROMISED) {
        match run(&session, &id, url, scope, &client_id).await {
            Ok(report) => report,
            // Beside the form, which keeps what was entered.
            Err(error) => guard_report::refusal(&error),
        }
    } else {
        String::new()
    };
    Ok(GuardSetup {
        options: guard_report::options(&clients.items, &client_id),
        note: guard_report::note(&api),
        report,
    })
}

/// Sends good and bad tokens to an API: what was found, in HTML of the server. A form posted without script gets it on the page that it
/// is sent to.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id, or no client that one; [`AppError::Invalid`] on `url` if the address can't be called, on
/// `scope` or `client_id` if no such token would be issued.
#[server]
pub async fn run_guard(
    id: String,
    url: String,
    #[server(default)] scope: String,
    #[server(default)] client_id: String,
) -> Result<Option<String>, AppError> {
    let session = Admin::required().await?;
    if flash::is_plain_form() {
        let page = page(&session.engine.api(&id).await?.id);
        flash::promise_at(session.engine.issuer(), &page, PROMISED);
        let typed = [("url", url.as_str()), ("scope", &scope), ("client", &client_id)];
        leptos_axum::redirect(&crate::ui::address(&page, &typed));
        return Ok(None);
    }
    run(&session, &id, url, scope, &client_id).await.map(Some)
}

/// What the cookie promises: one run.
#[cfg(feature = "ssr")]
const PROMISED: &str = "run";

/// The page that shows what was found.
#[cfg(feature = "ssr")]
fn page(id: &str) -> String {
    format!("/apis/{id}/guard")
}

#[cfg(feature = "ssr")]
async fn run(session: &crate::gate::Session, id: &str, url: String, scope: String, client_id: &str) -> Result<String, AppError> {
    let request = engine::GuardRequest {
        url: url.trim().to_owned(),
        scope: scope.trim().to_owned(),
        client_id: client_id.to_owned(),
        ..Default::default()
    };
    let report = session.engine.guard(&session.actor, id, request).await?;
    Ok(guard_report::render(id, &report))
}
