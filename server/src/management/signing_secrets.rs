//! `/tessera/resource-servers/{id}/signing-secrets`: the secrets of an HS256 API one by one, and the rotation from one to the next without an
//! outage.

use http::{Method, StatusCode};
use model::signing_secret::{SIGNING_SECRETS_MAX, SigningSecret};
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Answer, Endpoint, Reply, gone};
use super::error::Failure;
use super::moment;
use super::resource_servers::find;
use super::shape::{Shape, optional, required};

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || {
        Shape::Open(vec![
            required("kid", Shape::Text(1, 100)),
            required("state", Shape::Choice(&["next", "current", "previous"])),
            required("created_at", Shape::Moment),
            optional("current_since", Shape::Moment),
            optional("current_until", Shape::Moment),
            optional("tokens_until", Shape::Moment),
            optional("signing_secret", Shape::Text(1, 300)),
        ])
    };
    let step = |path: &'static str, id: &'static str, summary: &'static str, status: StatusCode, run: fn(Call) -> Answer| Endpoint {
        method: Method::POST,
        path,
        id,
        summary,
        scopes: &["update:resource_servers"],
        query: Vec::new(),
        body: None,
        answer: (status, Some(answer())),
        failures: &[StatusCode::NOT_FOUND],
        run,
    };
    vec![
        Endpoint {
            method: Method::GET,
            path: "/tessera/resource-servers/{id}/signing-secrets",
            id: "tessera_get_signing_secrets",
            summary: "Lists the signing secrets of a resource server, without their values.",
            scopes: &["read:resource_servers"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer()), SIGNING_SECRETS_MAX))),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(read_all(call)),
        },
        step(
            "/tessera/resource-servers/{id}/signing-secrets/rotate",
            "tessera_post_signing_secret_rotate",
            "Begins a rotation: answers with the next secret, to be carried to the API before the rotation is completed.",
            StatusCode::CREATED,
            |call| Box::pin(start(call)),
        ),
        step(
            "/tessera/resource-servers/{id}/signing-secrets/complete",
            "tessera_post_signing_secret_complete",
            "Completes the rotation: the next secret signs from now on.",
            StatusCode::OK,
            |call| Box::pin(complete(call)),
        ),
        step(
            "/tessera/resource-servers/{id}/signing-secrets/cancel",
            "tessera_post_signing_secret_cancel",
            "Gives the rotation up: the next secret is erased.",
            StatusCode::OK,
            |call| Box::pin(cancel(call)),
        ),
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/resource-servers/{id}/signing-secrets/{kid}",
            id: "tessera_delete_signing_secret",
            summary: "Erases a previous secret before its last token has expired. One that is not there counts as erased.",
            scopes: &["update:resource_servers"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(remove(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let secrets = call.engine.signing_secrets(&api.id).await?;
    Ok(Reply::ok(secrets.iter().map(written).collect()))
}

async fn start(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let started = call.engine.start_signing_secret_rotation(&call.manager.actor, &api.id).await;
    let (secret, plain) = started.map_err(Failure::of_state)?;
    let mut object = written(&secret);
    object["signing_secret"] = plain.reveal().into();
    Ok(Reply::created(object))
}

async fn complete(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let completed = call.engine.complete_signing_secret_rotation(&call.manager.actor, &api.id).await;
    Ok(Reply::ok(written(&completed.map_err(Failure::of_state)?)))
}

async fn cancel(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let cancelled = call.engine.cancel_signing_secret_rotation(&call.manager.actor, &api.id).await;
    Ok(Reply::ok(written(&cancelled.map_err(Failure::of_state)?)))
}

async fn remove(call: Call) -> Result<Reply, Failure> {
    let removed = match find(&call.engine, call.path("id")).await {
        Ok(api) => call.engine.remove_signing_secret(&call.manager.actor, &api.id, call.path("kid")).await,
        Err(error) => Err(error),
    };
    gone(removed.map_err(Failure::of_state))
}

fn written(secret: &SigningSecret) -> Value {
    let mut object = json!({ "kid": secret.kid, "state": secret.state.as_str(), "created_at": moment::write(secret.created_at) });
    for (name, at) in [
        ("current_since", secret.current_since),
        ("current_until", secret.current_until),
        ("tokens_until", secret.tokens_until),
    ] {
        if let Some(at) = at {
            object[name] = moment::write(at).into();
        }
    }
    object
}
