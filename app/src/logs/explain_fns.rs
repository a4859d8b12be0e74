//! Wire calls of the page that explains what is pasted.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::apis::server_fns::Member;
use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{clients::flash, gate::Admin};

/// Where the page is.
#[cfg(feature = "ssr")]
const PAGE: &str = "/logs/explain";

/// What a pasted text means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// How it stands.
    pub verdict: Verdict,
    /// The same in a few words.
    pub title: String,
    /// What follows from it, in a sentence or two.
    pub text: String,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// Header of a token.
    pub header: Vec<Member>,
    /// Claims of a token.
    pub claims: Vec<Member>,
    /// What may have been the reason of an error that does not say it.
    pub reasons: Vec<Reason>,
}

/// How it stands with what was pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It holds.
    Good,
    /// That depends, or can't be said.
    Unclear,
    /// It does not hold.
    Bad,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// In words.
    pub value: String,
    /// The page about it.
    pub href: Option<String>,
}

/// Why a request may have been refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its code, see [`model::refusal::CODES`].
    pub code: String,
    /// What puts it right.
    pub fix: String,
}

/// Explains a pasted text, or goes to the log entry that it names. A form posted without script gets the answer on the page that it is
/// sent to.
///
/// # Errors
/// [`AppError::Invalid`] on `pasted` if there is nothing to explain.
#[server]
pub async fn explain(pasted: String) -> Result<Option<Explanation>, AppError> {
    use model::pasted::{PASTED_MAX, Pasted, recognize};
    let session = Admin::required().await?;
    if pasted.len() > PASTED_MAX {
        return Err(model::Invalid::new("pasted", format!("Paste at most {} kB.", PASTED_MAX / 1024)).into());
    }
    if pasted.trim().is_empty() {
        return Err(model::Invalid::new("pasted", "Paste a token, or what the caller was answered.").into());
    }
    let pasted = recognize(&pasted);
    if let Pasted::LogId(log_id) = &pasted
        && session.engine.log(log_id).await.is_ok()
    {
        leptos_axum::redirect(&format!("/logs/{log_id}"));
        return Ok(None);
    }
    if flash::is_plain_form() {
        let text = serde_json::to_string(&pasted).unwrap_or_default();
        if !flash::leave_at(session.engine.issuer(), PAGE, &text) {
            return Err(model::Invalid::new("pasted", "This is too long to be explained without JavaScript.").into());
        }
        leptos_axum::redirect(PAGE);
        return Ok(None);
    }
    super::explaining::explain(&session.engine, pasted).await.map(Some)
}

/// What a form that was posted without script has left to be explained.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn take_explanation() -> Result<Option<Explanation>, AppError> {
    let session = Admin::required().await?;
    let left = flash::take_at(session.engine.issuer(), PAGE);
    match left.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(pasted) => super::explaining::explain(&session.engine, pasted).await.map(Some),
        None => Ok(None),
    }
}
