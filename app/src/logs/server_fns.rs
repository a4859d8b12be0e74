//! Wire calls of the log pages. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::log::{LogEntry, LogQuery};
use model::page::Page;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// A page of entries, and the refusal that most wants attention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogList {
    /// The entries, newest first.
    pub page: Page<LogEntry>,
    /// On the first page of all entries: the newest refusal of the last hour, unless the same request has succeeded since.
    pub refusal: Option<Refused>,
}

/// A refusal with what puts it right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The entry.
    pub entry: LogEntry,
    /// Where to go, if there is such a place.
    pub remedy: Option<Remedy>,
}

/// A place in the dashboard where a refusal is put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// Its address.
    pub href: String,
    /// What to do there.
    pub label: String,
}

/// What the list can be filtered by, each with its name: by name, at most a hundred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogChoices {
    /// Clients.
    pub clients: Vec<Choice>,
    /// APIs.
    pub apis: Vec<Choice>,
}

/// One thing to filter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Client id or identifier of the API.
    pub value: String,
    /// Its name.
    pub name: String,
}

/// An entry with everything that its page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDetail {
    /// The entry.
    pub entry: LogEntry,
    /// What was changed, field by field; empty if nothing was.
    pub changes: Vec<Change>,
    /// Whether the client that it names still exists.
    pub client_there: bool,
    /// Id of the API that it names, if that still exists.
    pub api_id: Option<String>,
    /// Where a refusal is put right.
    pub remedy: Option<Remedy>,
    /// What one button does about it.
    pub offer: Option<Offer>,
    /// What the button has done, with the way back.
    pub done: Option<Offer>,
    /// When this was read: what relative times on the page are seen from.
    pub as_of: Timestamp,
}

/// A button with what it does, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What the button says.
    pub label: String,
    /// What it does, in a sentence.
    pub text: String,
    /// What it takes back, for [`UndoFix`].
    pub fix: String,
}

/// A field of a changed object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub field: String,
    /// What it held before; lists in lines.
    pub before: Vec<Line>,
    /// What it holds since.
    pub after: Vec<Line>,
}

impl Change {
    /// Whether the two sides differ.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before.iter().chain(&self.after).any(|line| line.changed)
    }
}

/// A line of one side of a [`Change`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// Whether the other side lacks it.
    pub changed: bool,
}

/// A page of the log.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn list_logs(query: LogQuery) -> Result<LogList, AppError> {
    let session = Admin::required().await?;
    let everything = LogQuery::default();
    let page = session.engine.list_logs(&query).await?;
    let refusal = match super::remedy::open_refusal(&page) {
        Some(entry) if query == everything => {
            let place = place(&session.engine, entry).await?;
            Some(Refused {
                entry: entry.clone(),
                remedy: super::remedy::remedy(entry, place.client_there, place.api_id.as_deref()),
            })
        }
        _ => None,
    };
    Ok(LogList { page, refusal })
}

/// What the log can be filtered by.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn list_log_choices() -> Result<LogChoices, AppError> {
    let session = Admin::required().await?;
    let first = model::page::ListQuery {
        page: model::page::PageRequest::new(0, model::page::MAX_PER_PAGE),
        ..Default::default()
    };
    let clients = session.engine.list_clients(&first).await?;
    let apis = session.engine.list_apis(&first).await?;
    Ok(LogChoices {
        clients: clients
            .items
            .into_iter()
            .map(|summary| Choice {
                value: summary.client.client_id,
                name: summary.client.name,
            })
            .collect(),
        apis: apis
            .items
            .into_iter()
            .map(|summary| Choice {
                value: summary.api.identifier,
                name: summary.api.name,
            })
            .collect(),
    })
}

/// An entry of the log. `fixed` is what its button has just done, if it was pressed.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such entry.
#[server]
pub async fn get_log(log_id: String, #[server(default)] fixed: String) -> Result<LogDetail, AppError> {
    let session = Admin::required().await?;
    let entry = session.engine.log(&log_id).await?;
    let place = place(&session.engine, &entry).await?;
    let done = match parse_fix(&fixed) {
        Ok(fix) if session.engine.is_fixed(&entry, &fix).await? => Some(super::fixing::done(&fix, &entry)),
        // The address may be an old one: then there is nothing to take back.
        _ => None,
    };
    let fix = session.engine.fix_of(&entry).await?;
    Ok(LogDetail {
        offer: fix.map(|fix| super::fixing::offer(&fix, &entry)),
        done,
        changes: super::changes::changes(&entry.before, &entry.after),
        remedy: super::remedy::remedy(&entry, place.client_there, place.api_id.as_deref()),
        client_there: place.client_there,
        api_id: place.api_id,
        as_of: session.engine.now(),
        entry,
    })
}

/// Presses the button of a refusal.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such entry; [`AppError::Conflict`] if there is nothing to fix.
#[server]
pub async fn fix_refusal(log_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let fix = session.engine.apply_fix(&session.actor, &log_id).await?;
    let fixed = serde_json::to_string(&fix).unwrap_or_default();
    leptos_axum::redirect(&crate::ui::address(&format!("/logs/{log_id}"), &[("fixed", &fixed)]));
    Ok(())
}

/// Takes back what the button of a refusal did.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such entry; [`AppError::Conflict`] if things have changed since; [`AppError::Invalid`] on `fix`.
#[server]
pub async fn undo_fix(log_id: String, fix: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.undo_fix(&session.actor, &log_id, &parse_fix(&fix)?).await?;
    leptos_axum::redirect(&format!("/logs/{log_id}"));
    Ok(())
}

#[cfg(feature = "ssr")]
fn parse_fix(json: &str) -> Result<model::fix::Fix, AppError> {
    let wrong = || model::Invalid::new("fix", "There is nothing to undo. Load the page again.");
    if json.len() > model::fix::FIX_MAX {
        return Err(wrong().into());
    }
    serde_json::from_str(json).map_err(|_| wrong().into())
}

/// What of an entry's client and API still exists.
#[cfg(feature = "ssr")]
struct Place {
    client_there: bool,
    api_id: Option<String>,
}

#[cfg(feature = "ssr")]
async fn place(engine: &engine::Engine, entry: &LogEntry) -> Result<Place, AppError> {
    let client_there = !entry.client_id.is_empty() && found(engine.client(&entry.client_id).await)?.is_some();
    let api = match entry.audience.as_str() {
        "" => None,
        audience => found(engine.api_by_identifier(audience).await)?,
    };
    Ok(Place {
        client_there,
        api_id: api.map(|api| api.id),
    })
}

/// An answer in which "not there" is nothing special.
#[cfg(feature = "ssr")]
fn found<T>(answer: Result<T, engine::Error>) -> Result<Option<T>, AppError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(engine::Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
