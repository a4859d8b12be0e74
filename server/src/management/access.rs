//! `/tessera/clients/{client_id}/tokens` and `/lockouts`: what a client holds is taken back, and what keeps it out is lifted.

use http::{Method, StatusCode};
use model::lockout::Lockout;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone, param};
use super::error::Failure;
use super::moment;
use super::shape::{Shape, optional, required};

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let lockout = Shape::Open(vec![
        required("address", Shape::Text(0, 100)),
        required("since", Shape::Moment),
        required("until", Shape::Moment),
        required("refused", Shape::Whole(0, i64::MAX)),
        optional("client_id", Shape::Text(1, 100)),
    ]);
    let address = param("address", Shape::Text(1, 100), "Where the attempts came from, as the list has it.");
    vec![
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/clients/{client_id}/tokens",
            id: "tessera_delete_tokens",
            summary: "Takes all tokens of a client back that were issued until now: introspection calls them inactive from now on.",
            scopes: &["update:clients"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::Open(vec![required("tokens_valid_from", Shape::Moment)]))),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(cut_off(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/tessera/clients/{client_id}/lockouts",
            id: "tessera_get_lockouts",
            summary: "Lists from where no attempt to prove the client is looked at for now, as this server knows it.",
            scopes: &["read:clients"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(lockout), 10_000))),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/clients/{client_id}/lockouts",
            id: "tessera_delete_lockout",
            summary: "Lifts the lock-out of a client from an address. One that is not there counts as lifted.",
            scopes: &["update:clients"],
            query: vec![address],
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(lift(call)),
        },
    ]
}

async fn cut_off(call: Call) -> Result<Reply, Failure> {
    let client = call.engine.revoke_client_tokens(&call.manager.actor, call.path("client_id")).await?;
    let from = client.tokens_valid_from.unwrap_or_default();
    Ok(Reply::ok(json!({ "tokens_valid_from": moment::write(from) })))
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let client = call.engine.client(call.path("client_id")).await?;
    Ok(Reply::ok(call.engine.lockouts(&client.client_id).iter().map(written).collect()))
}

async fn lift(call: Call) -> Result<Reply, Failure> {
    let Some(address) = call.query("address") else {
        return Err(Failure::query("", "Missing required property: address"));
    };
    let client = call.engine.client(call.path("client_id")).await?;
    gone(call.engine.lift_lockout(&call.manager.actor, Some(&client.client_id), address).await)
}

fn written(lockout: &Lockout) -> Value {
    let mut object = json!({
        "address": lockout.address,
        "since": moment::write(lockout.since),
        "until": moment::write(lockout.until),
        "refused": lockout.refused,
    });
    if let Some(client_id) = &lockout.client_id {
        object["client_id"] = client_id.as_str().into();
    }
    object
}
