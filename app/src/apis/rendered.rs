//! Quickstarts with the values of an API in them.

use engine::Engine;
use model::api::Api;
use model::grant::AccessQuery;
use model::page::PageRequest;
use model::quickstart::{Kind, Quickstart};
use model::signing_secret::{SigningSecret, SigningSecretState};
use quickstarts::{Rendered, Values};

use super::server_fns::AskingProgram;
use crate::error::AppError;

/// The quickstart `slug` for `api`: what is shown of it, and its files.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such quickstart.
pub async fn quickstart(engine: &Engine, api: &Api, slug: &str) -> Result<Rendered, AppError> {
    let values = values(engine, api).await?;
    let rendered = quickstarts::render(slug, api.signing_alg, &values).map_err(|broken| AppError::internal(&broken))?;
    rendered.ok_or_else(|| AppError::NotFound {
        what: "quickstart".to_owned(),
    })
}

/// What takes the places of the sentinels: the first scope of the API, and the first client that may ask for its tokens.
async fn values(engine: &Engine, api: &Api) -> Result<Values, AppError> {
    let authorized = AccessQuery {
        authorized_only: true,
        page: PageRequest::new(0, 1),
        ..Default::default()
    };
    let clients = engine.clients_of_api(&api.id, &authorized).await?;
    let secrets = engine.signing_secrets(&api.id).await?;
    let kid = |state| SigningSecret::in_state(&secrets, state).map(|secret| secret.kid.clone());
    Ok(Values {
        issuer: engine.issuer().as_str().to_owned(),
        identifier: api.identifier.clone(),
        scope: api.scopes.first().map(|scope| scope.value.clone()),
        client_id: clients.items.into_iter().next().map(|access| access.client_id),
        kid: kid(SigningSecretState::Current),
        // Before the rotation is completed the one that takes over, and afterwards the former one.
        second_kid: kid(SigningSecretState::Next).or_else(|| kid(SigningSecretState::Previous)),
    })
}

/// Programs that ask for a token, but for the script that does by several lines what the page shows as one command.
pub(crate) fn languages() -> Result<Vec<Quickstart>, AppError> {
    let all = quickstarts::all().map_err(|broken| AppError::internal(&broken))?;
    let asks = |quickstart: &Quickstart| quickstart.kind == Kind::Ask && quickstart.slug != "curl";
    Ok(all.into_iter().filter(asks).collect())
}

/// How the program `slug` asks for a token in the name of `client_id`, and calls an API with it.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such program.
pub(crate) fn asking(engine: &Engine, api: &Api, client_id: &str, slug: &str) -> Result<AskingProgram, AppError> {
    let values = Values {
        issuer: engine.issuer().as_str().to_owned(),
        identifier: api.identifier.clone(),
        scope: None,
        client_id: Some(client_id.to_owned()),
        // Clients know no signing secret.
        kid: None,
        second_kid: None,
    };
    let section = |name| {
        let part = quickstarts::section(slug, name, api.signing_alg, &values).map_err(|broken| AppError::internal(&broken))?;
        part.ok_or_else(|| AppError::NotFound {
            what: "quickstart".to_owned(),
        })
    };
    Ok(AskingProgram {
        ask: section("ask")?,
        call: section("call")?,
    })
}
