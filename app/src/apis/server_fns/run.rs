//! The Test tab: who can be tested, and a request that is really made.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::grant::ClientAccess;
use model::quickstart::{Part, Quickstart};
use model::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{clients::flash, gate::Admin};

/// What the Test tab starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSetup {
    /// Address of the token endpoint.
    pub token_url: String,
    /// Clients that are authorized, at most 100.
    pub clients: Vec<ClientAccess>,
    /// How many there are in all.
    pub total: i64,
    /// The client that asks; may have lost its grant since the address was made.
    pub chosen: Option<ClientAccess>,
    /// What the shown request lacks where the token must be bound to a key; empty where it need not.
    pub dpop: String,
    /// The answer to a form that was posted without script just before.
    pub run: Option<TestRun>,
    /// Programs that ask for a token.
    pub languages: Vec<Quickstart>,
    /// What the chosen one does for the chosen client.
    pub program: Option<AskingProgram>,
}

/// The two parts of a program that matter here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskingProgram {
    /// How it asks for a token and keeps it.
    pub ask: Part,
    /// How it calls an API with it.
    pub call: Part,
}

/// What the token endpoint would have answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestRun {
    /// A token.
    Issued(Issued),
    /// No token.
    Refused {
        /// The client that asked.
        client_id: String,
        /// Code of the reason.
        code: String,
        /// What happened.
        reason: String,
        /// What would make the request succeed.
        fix: String,
    },
}

impl TestRun {
    /// The client that asked.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::Issued(issued) => &issued.client_id,
            Self::Refused { client_id, .. } => client_id,
        }
    }
}

/// A token with all that can be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The client that asked.
    pub client_id: String,
    /// The token.
    pub token: Secret,
    /// Body of the answer, indented; carries the token.
    pub body: Secret,
    /// Header of the token.
    pub header: Vec<Member>,
    /// Claims of the token.
    pub claims: Vec<Member>,
    /// What the independent check found, if it did not accept the token.
    pub fault: Option<String>,
    /// Why no API can be called with it, if so; empty otherwise.
    pub for_looking: String,
}

/// A member of a token's header or claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its value as JSON.
    pub value: String,
    /// What it is for and what this value means, in a sentence.
    pub meaning: String,
}

/// The clients to choose from, and the chosen one; an only authorized client is chosen by itself. `language` is the slug of a program
/// that asks for a token, or empty for a command.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id, no client that one, or no such program that language.
#[server]
pub async fn get_test(id: String, client_id: String, scope: String, language: String) -> Result<TestSetup, AppError> {
    let session = Admin::required().await?;
    let engine = &session.engine;
    let clients = super::access::authorized_clients(engine, &id, model::page::MAX_PER_PAGE).await?;
    let chosen = if client_id.is_empty() {
        (clients.total == 1).then(|| clients.items.first().cloned()).flatten()
    } else {
        let access = super::access::access_of(engine, &id, &client_id).await?;
        Some(access.ok_or_else(|| AppError::NotFound { what: "client".to_owned() })?)
    };
    let page = format!("/apis/{id}/test");
    let run = match &chosen {
        Some(access) if flash::redeem_at(engine.issuer(), &page, &access.client_id) => Some(run(&session, &id, &access.client_id, &scope).await?),
        _ => None,
    };
    let api = engine.api(&id).await?;
    let program = match &chosen {
        Some(access) if !language.is_empty() => Some(crate::apis::rendered::asking(engine, &api, &access.client_id, &language)?),
        _ => None,
    };
    let required = match &chosen {
        Some(access) => api.dpop_required || engine.client(&access.client_id).await?.dpop_required,
        None => false,
    };
    Ok(TestSetup {
        dpop: if required { crate::apis::dpop::ASK } else { "" }.to_owned(),
        token_url: engine.issuer().join("oauth/token"),
        clients: clients.items,
        total: clients.total,
        chosen,
        run,
        languages: crate::apis::rendered::languages()?,
        program,
    })
}

/// Asks for a token as the client would. A form posted without script gets the answer on the page that it is sent to.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id or no client that one; [`AppError::TooMany`] while all signers are busy.
#[server]
pub async fn run_test(
    id: String,
    client_id: String,
    #[server(default)] scope: String,
    #[server(default)] language: String,
) -> Result<Option<TestRun>, AppError> {
    let session = Admin::required().await?;
    if flash::is_plain_form() {
        let api = session.engine.api(&id).await?;
        let client = session.engine.client(&client_id).await?;
        let page = format!("/apis/{}/test", api.id);
        flash::promise_at(session.engine.issuer(), &page, &client.client_id);
        let query = [("client", client.client_id.as_str()), ("scope", &scope), ("language", &language)];
        leptos_axum::redirect(&crate::ui::address(&page, &query));
        return Ok(None);
    }
    Ok(Some(run(&session, &id, &client_id, &scope).await?))
}

/// Makes the request and takes the answer apart.
#[cfg(feature = "ssr")]
async fn run(session: &crate::gate::Session, id: &str, client_id: &str, scope: &str) -> Result<TestRun, AppError> {
    let request = model::token::TokenRequest {
        grant_type: Some(model::token::CLIENT_CREDENTIALS.to_owned()),
        audience: Some(session.engine.api(id).await?.identifier),
        scope: Some(scope.trim().to_owned()).filter(|scope| !scope.is_empty()),
    };
    let answer = session.engine.issue_for(&session.actor, client_id, request).await;
    let response = match answer {
        Ok(response) => response,
        Err(engine::IssueError::Refused(refusal)) => {
            return Ok(TestRun::Refused {
                client_id: client_id.to_owned(),
                code: refusal.code().to_owned(),
                reason: refusal.for_log(),
                fix: refusal.fix().to_owned(),
            });
        }
        // Only the wire takes proofs.
        Err(engine::IssueError::NonceWanted | engine::IssueError::Busy) => return Err(AppError::TooMany { retry_after: 1 }),
        Err(engine::IssueError::Failed(error)) => return Err(error.into()),
    };
    let (header, claims, fault) = match session.engine.verify(response.access_token.reveal()).await {
        Ok(verified) => (
            crate::apis::explain::header(&verified.header_json),
            crate::apis::explain::claims(&verified.claims_json, session.engine.now()),
            None,
        ),
        Err(unverified) => (Vec::new(), Vec::new(), Some(unverified.to_string())),
    };
    Ok(TestRun::Issued(Issued {
        client_id: client_id.to_owned(),
        body: crate::apis::explain::body(&response),
        for_looking: if response.token_type == model::dpop::TOKEN_TYPE {
            crate::apis::dpop::FOR_LOOKING
        } else {
            ""
        }
        .to_owned(),
        token: response.access_token,
        header,
        claims,
        fault,
    }))
}
