//! Wire calls of the reference: the page, and a call that is really made. Each starts at the gate.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{
    clients::flash,
    gate::Admin,
    reference::{ManagementApi, call, document, render, trying},
};

/// The page, in HTML of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The operations, by what they belong to.
    pub list: String,
    /// The chosen one, or what to know before one is chosen.
    pub about: String,
    /// The command that calls it; empty while none is chosen.
    pub curl: String,
    /// The fields of its form; empty if nobody could call it.
    pub form: String,
    /// The answer to a form that was posted without script just before.
    pub answered: Option<Answered>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The operation that was called.
    pub op: String,
    /// How it went, in HTML of the server.
    pub head: String,
    /// What the body is.
    pub title: String,
    /// The body, or the token that was asked for; may be empty, and may hold secrets.
    pub body: Secret,
}

/// The reference: the operations that match `q`, and what is said of the one that `op` names. `client_id` is chosen in the form.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such operation.
#[server]
pub async fn get_reference(op: String, q: String, client_id: String) -> Result<Reference, AppError> {
    let session = Admin::required().await?;
    let api = ManagementApi::provided()?;
    let operations = document::operations(&api.document);
    let list = render::list(&operations, &q, &op);
    let base = document::base(&api.document);
    if op.is_empty() {
        return Ok(Reference {
            list,
            about: render::start(base),
            curl: String::new(),
            form: String::new(),
            answered: None,
        });
    }
    let operation = chosen(&operations, &op)?;
    let left = trying::Left::take(session.engine.issuer()).filter(|left| left.op() == op);
    let (outcome, typed) = match left {
        Some(trying::Left::Call(asked)) => (Some(call::send(&session, &api, operation, &asked).await), asked.params),
        Some(trying::Left::Token(asked)) => (Some(call::take_along(&session, operation, &asked.client_id).await), asked.params),
        Some(trying::Left::Outcome(_, outcome)) => (Some(Ok(outcome)), BTreeMap::new()),
        None => (None, BTreeMap::new()),
    };
    // What can't be called is said below the form, which keeps what was typed.
    let answered = outcome.map(|outcome| match outcome {
        Ok(outcome) => render::outcome(&op, outcome),
        Err(error) => render::refusal(&op, &error),
    });
    let callers = trying::Callers::read(&session.engine, &client_id).await?;
    let mut about = render::operation(operation);
    let form = if callers.list.is_empty() {
        about.push_str(&render::nobody(&callers.api_id));
        String::new()
    } else {
        render::fields(operation, &callers, &client_id, &typed)
    };
    Ok(Reference {
        list,
        about,
        curl: render::curl(operation, base),
        form,
        answered,
    })
}

/// Calls an operation as the client would, with a token that lives a minute and holds no more than the operation needs; or makes a `token`
/// for an hour. What changes something needs `sure`. A form posted without script gets the answer on the page that it is sent to.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such operation or client; [`AppError::Invalid`] if it can't be called like this.
#[server]
pub async fn call_operation(
    op: String,
    client_id: String,
    #[server(default)] token: bool,
    #[server(default)] sure: bool,
    #[server(default)] params: BTreeMap<String, String>,
    #[server(default)] body: String,
) -> Result<Option<Answered>, AppError> {
    let session = Admin::required().await?;
    let api = ManagementApi::provided()?;
    let operations = document::operations(&api.document);
    let operation = chosen(&operations, &op)?;
    if !token && !operation.reads() && !sure {
        return Err(model::Invalid::new(
            "sure",
            "This operation changes the installation. Tick the box that says so, then send it.",
        )
        .into());
    }
    let asked = call::Asked { op, client_id, params, body };
    let outcome = async || {
        if token {
            call::take_along(&session, operation, &asked.client_id).await
        } else {
            call::send(&session, &api, operation, &asked).await
        }
    };
    if !flash::is_plain_form() {
        return Ok(Some(render::outcome(&asked.op, outcome().await?)));
    }
    let page = crate::ui::address(trying::PAGE, &[("op", asked.op.as_str()), ("client", &asked.client_id)]);
    let left = if token {
        trying::Left::Token(asked)
    } else if operation.reads() {
        trying::Left::Call(asked)
    } else {
        trying::Left::Outcome(asked.op.clone(), outcome().await?)
    };
    if !left.leave(session.engine.issuer()) {
        return Err(model::Invalid::new("params", "This is too long to be sent without JavaScript.").into());
    }
    leptos_axum::redirect(&page);
    Ok(None)
}

#[cfg(feature = "ssr")]
fn chosen<'a>(operations: &'a [document::Operation], op: &str) -> Result<&'a document::Operation, AppError> {
    let operation = operations.iter().find(|operation| operation.id == op);
    operation.ok_or_else(|| AppError::NotFound {
        what: "operation".to_owned(),
    })
}
