//! Quickstarts with the values of an API in them.

use engine::Engine;
use model::api::Api;
use model::quickstart::{Kind, Quickstart, QuickstartView};
use model::signing_secret::{SigningSecret, SigningSecretState};
use quickstarts::{Broken, Rendered, Values};

use super::server_fns::{AskingProgram, authorized_clients};
use crate::error::AppError;

/// The quickstart `slug` for `api`: what is shown of it, and its files.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such quickstart.
pub async fn quickstart(engine: &Engine, api: &Api, slug: &str) -> Result<Rendered, AppError> {
    let values = values(engine, api).await?;
    there(quickstarts::render(slug, api.signing_alg, &values))
}

/// The program `slug` that asks for a token of `api` in the name of `client_id`, which may have `scope`.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such program.
pub(crate) fn for_client(engine: &Engine, api: &Api, client_id: &str, scope: Option<String>, slug: &str) -> Result<QuickstartView, AppError> {
    let values = values_of_client(engine, api, client_id, scope);
    there(quickstarts::render(slug, api.signing_alg, &values)).map(|rendered| rendered.view)
}

/// What takes the places of the sentinels: the first scope of the API, and the first client that may ask for its tokens.
async fn values(engine: &Engine, api: &Api) -> Result<Values, AppError> {
    let clients = authorized_clients(engine, &api.id, 1).await?;
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
    let values = values_of_client(engine, api, client_id, None);
    let section = |name| there(quickstarts::section(slug, name, api.signing_alg, &values));
    Ok(AskingProgram {
        ask: section("ask")?,
        call: section("call")?,
    })
}

/// What a client's own program knows: no signing secret.
fn values_of_client(engine: &Engine, api: &Api, client_id: &str, scope: Option<String>) -> Values {
    Values {
        issuer: engine.issuer().as_str().to_owned(),
        identifier: api.identifier.clone(),
        scope,
        client_id: Some(client_id.to_owned()),
        kid: None,
        second_kid: None,
    }
}

/// What was found, or that there is no such quickstart.
fn there<T>(found: Result<Option<T>, Broken>) -> Result<T, AppError> {
    found.map_err(|broken| AppError::internal(&broken))?.ok_or_else(|| AppError::NotFound {
        what: "quickstart".to_owned(),
    })
}
