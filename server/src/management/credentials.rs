//! `/clients/{client_id}/credentials`: public keys that a client proves itself with.

use engine::Error;
use http::{Method, StatusCode};
use model::client_key::{ClientKey, NAME_MAX, NewClientKey, TEXT_MAX};
use model::key::KeyAlg;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::moment;
use super::resource_servers::text;
use super::shape::Shape;

/// What a credential without a name is called.
const UNNAMED: &str = "Credential";
/// There is none of this id.
const NOT_THERE: Failure = Failure::NotThere("inexistent_credential", "Credential does not exist");

/// The members of a credential.
pub(super) fn table() -> Vec<Field> {
    vec![
        field("id", Shape::Text(1, 100), Effect::Told).when(When::Never),
        field("credential_type", Shape::Choice(&["public_key"]), Effect::Works)
            .when(When::Needed)
            .note("x509_cert and cert_subject_dn, which mTLS needs, are refused. A certificate may stand in `pem`."),
        field("name", Shape::Name(0, NAME_MAX), Effect::Works).when(When::Creation),
        field("pem", Shape::Text(1, TEXT_MAX), Effect::Works)
            .when(When::Creation)
            .note("A public key or a certificate. Never in answers."),
        field("alg", Shape::Choice(&["RS256", "PS256", "ES256", "EdDSA"]), Effect::Works)
            .when(When::Creation)
            .note("RS384 is refused; ES256 and EdDSA are ours. Without one it follows from the key."),
        field("kid", Shape::Text(1, 255), Effect::Works).when(When::Creation),
        field("expires_at", Shape::Moment, Effect::Works),
        field("parse_expiry_from_cert", Shape::Choice(&[]), Effect::Refused("Send expires_at.")).when(When::Never),
        field("created_at", Shape::Moment, Effect::Told).when(When::Never),
        field("updated_at", Shape::Moment, Effect::Told).when(When::Never),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &["id", "credential_type", "kid", "alg"]);
    let not_there = &[StatusCode::NOT_FOUND];
    let paging = || {
        let mut params = super::paging::by_page();
        params
            .iter_mut()
            .for_each(|param| param.summary = "Without effect, as at Auth0: the answer is the whole list.");
        params
    };
    let expiry: Vec<Field> = table().into_iter().filter(|field| field.name == "expires_at").collect();
    vec![
        Endpoint {
            method: Method::GET,
            path: "/clients/{client_id}/credentials",
            id: "get_credentials",
            summary: "Lists the credentials of a client.",
            scopes: &["read:client_credentials"],
            query: paging(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer()), 100))),
            failures: not_there,
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/clients/{client_id}/credentials",
            id: "post_credentials",
            summary: "Adds a public key to a client, who may use it once `client_authentication_methods` name it.",
            scopes: &["create:client_credentials"],
            query: Vec::new(),
            body: Some(fields::creation(&table())),
            answer: (StatusCode::CREATED, Some(answer())),
            failures: &[StatusCode::NOT_FOUND, StatusCode::CONFLICT],
            run: |call| Box::pin(create(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/clients/{client_id}/credentials/{credential_id}",
            id: "get_credentials_by_credential_id",
            summary: "Reads a credential.",
            scopes: &["read:client_credentials"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/clients/{client_id}/credentials/{credential_id}",
            id: "patch_credentials_by_credential_id",
            summary: "Changes when a credential expires.",
            scopes: &["update:client_credentials"],
            query: Vec::new(),
            body: Some(fields::change(&expiry)),
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(update(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/clients/{client_id}/credentials/{credential_id}",
            id: "delete_credentials_by_credential_id",
            summary: "Deletes a credential. One that is not there counts as deleted.",
            scopes: &["delete:client_credentials"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(delete(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let keys = call.engine.client_keys(call.path("client_id")).await?;
    Ok(Reply::ok(keys.iter().map(written).collect()))
}

async fn create(call: Call) -> Result<Reply, Failure> {
    let Some(pem) = text(&call.body, "pem") else {
        return Err(Failure::body("", "Missing required property: pem"));
    };
    let new = NewClientKey {
        name: text(&call.body, "name")
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| UNNAMED.to_owned()),
        key: pem,
        alg: text(&call.body, "alg").and_then(|alg| KeyAlg::parse(&alg)),
        kid: text(&call.body, "kid"),
        expires_at: expiry(&call),
        // As at Auth0, until `client_authentication_methods` of the client name it.
        unused: true,
    };
    let key = call.engine.add_client_key(&call.manager.actor, call.path("client_id"), new).await;
    Ok(Reply::created(written(&key.map_err(as_sent)?)))
}

/// Errors name the member as it is called here.
fn as_sent(error: Error) -> Failure {
    match error {
        Error::Invalid(invalid) if invalid.field == "key" => Failure::body("pem", invalid.message),
        error => error.into(),
    }
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let keys = call.engine.client_keys(call.path("client_id")).await?;
    let key = keys.iter().find(|key| key.id == call.path("credential_id")).ok_or(NOT_THERE)?;
    Ok(Reply::ok(written(key)))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    if !call.body.contains_key("expires_at") {
        return read(call).await;
    }
    let (client_id, id) = (call.path("client_id"), call.path("credential_id"));
    let key = call.engine.expire_client_key(&call.manager.actor, client_id, id, expiry(&call)).await;
    Ok(Reply::ok(written(&key.map_err(not_there)?)))
}

async fn delete(call: Call) -> Result<Reply, Failure> {
    let (client_id, id) = (call.path("client_id"), call.path("credential_id"));
    gone(call.engine.remove_client_key(&call.manager.actor, client_id, id).await)
}

fn not_there(error: Error) -> Failure {
    match error {
        Error::NotFound("key") => NOT_THERE,
        error => error.into(),
    }
}

fn expiry(call: &Call) -> Option<Timestamp> {
    call.body.get("expires_at")?.as_str().and_then(moment::parse)
}

fn written(key: &ClientKey) -> Value {
    let mut object = json!({
        "id": key.id,
        "credential_type": "public_key",
        "kid": key.kid,
        "alg": key.alg.as_str(),
        "name": key.name,
        "created_at": moment::write(key.created_at),
        "updated_at": moment::write(key.created_at),
    });
    if let Some(at) = key.expires_at {
        object["expires_at"] = moment::write(at).into();
    }
    object
}
