//! `/tessera/clients/{client_id}/secrets`: the secrets of a client one by one, of which Auth0 has one only.

use engine::Error;
use http::{Method, StatusCode};
use model::client_secret::{ClientSecret, SECRET_NAME_MAX, SecretFields};
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::moment;
use super::resource_servers::text;
use super::shape::Shape;

/// The members of a client secret.
pub(super) fn table() -> Vec<Field> {
    let ours = |name, shape| field(name, shape, Effect::Ours);
    vec![
        ours("id", Shape::Text(1, 100)).when(When::Never),
        ours("name", Shape::Text(0, SECRET_NAME_MAX)),
        ours("expires_at", Shape::Moment).note("From then on it is refused."),
        ours("secret", Shape::Text(1, 300))
            .when(When::Never)
            .note("Only in the answer to its creation."),
        ours("created_at", Shape::Moment).when(When::Never),
        ours("last_used_at", Shape::Moment).when(When::Never),
        ours("replaces", Shape::Text(1, 100)).when(When::Never),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &["id", "name", "created_at"]);
    let not_there = &[StatusCode::NOT_FOUND];
    vec![
        Endpoint {
            method: Method::GET,
            path: "/tessera/clients/{client_id}/secrets",
            id: "tessera_get_secrets",
            summary: "Lists the secrets of a client, without their values.",
            scopes: &["read:client_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer()), 100))),
            failures: not_there,
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/tessera/clients/{client_id}/secrets",
            id: "tessera_post_secrets",
            summary: "Adds a secret to those that a client has; all are accepted.",
            scopes: &["create:client_keys"],
            query: Vec::new(),
            body: Some(fields::creation(&table())),
            answer: (StatusCode::CREATED, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(create(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/tessera/clients/{client_id}/secrets/{id}",
            id: "tessera_patch_secrets_by_id",
            summary: "Changes name and expiry of a secret.",
            scopes: &["update:client_keys"],
            query: Vec::new(),
            body: Some(fields::change(&table())),
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(update(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/clients/{client_id}/secrets/{id}",
            id: "tessera_delete_secrets_by_id",
            summary: "Removes a secret. The last live one stays; one that is not there counts as removed.",
            scopes: &["delete:client_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(delete(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let secrets = call.engine.client_secrets(call.path("client_id")).await?;
    Ok(Reply::ok(secrets.iter().map(written).collect()))
}

async fn create(call: Call) -> Result<Reply, Failure> {
    let fields = SecretFields {
        name: text(&call.body, "name").unwrap_or_default(),
        expires_at: call.body.get("expires_at").and_then(Value::as_str).and_then(moment::parse),
    };
    let (secret, plain) = call
        .engine
        .add_client_secret(&call.manager.actor, call.path("client_id"), fields)
        .await
        .map_err(refused)?;
    let mut object = written(&secret);
    object["secret"] = plain.reveal().into();
    Ok(Reply::created(object))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    let (client_id, id) = (call.path("client_id"), call.path("id"));
    let secrets = call.engine.client_secrets(client_id).await?;
    let before = secrets.into_iter().find(|secret| secret.id == id).ok_or(Error::NotFound("secret"))?;
    let fields = SecretFields {
        name: text(&call.body, "name").unwrap_or(before.name),
        expires_at: match call.body.get("expires_at") {
            None => before.expires_at,
            Some(value) => value.as_str().and_then(moment::parse),
        },
    };
    let secret = call
        .engine
        .update_client_secret(&call.manager.actor, client_id, id, fields)
        .await
        .map_err(refused)?;
    Ok(Reply::ok(written(&secret)))
}

async fn delete(call: Call) -> Result<Reply, Failure> {
    let (client_id, id) = (call.path("client_id"), call.path("id"));
    let removed = call.engine.remove_client_secret(&call.manager.actor, client_id, id).await;
    gone(removed.map_err(refused))
}

/// What is refused about a secret as such is no member of the body.
fn refused(error: Error) -> Failure {
    match error {
        Error::Invalid(invalid) if invalid.field == "secret_id" => Failure::Unsupported(invalid.message),
        error => error.into(),
    }
}

fn written(secret: &ClientSecret) -> Value {
    let mut object = json!({ "id": secret.id, "name": secret.name, "created_at": moment::write(secret.created_at) });
    let last_used = secret.last_used.as_ref().map(|last| last.at);
    for (name, at) in [("expires_at", secret.expires_at), ("last_used_at", last_used)] {
        if let Some(at) = at {
            object[name] = moment::write(at).into();
        }
    }
    if let Some(replaced) = &secret.replaces {
        object["replaces"] = replaced.as_str().into();
    }
    object
}
