//! `/tessera/resource-servers/{id}/introspectors`: which clients may ask what tokens of an API are worth (RFC 7662).

use engine::Error;
use http::{Method, StatusCode};
use model::introspection::{INTROSPECTORS_MAX, Introspector};
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone};
use super::error::Failure;
use super::resource_servers::find;
use super::shape::{Shape, required};

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || Shape::Open(vec![required("client_id", Shape::Text(1, 100)), required("name", Shape::Text(1, 200))]);
    let most = usize::try_from(INTROSPECTORS_MAX).unwrap_or_default();
    let not_there = &[StatusCode::NOT_FOUND];
    vec![
        Endpoint {
            method: Method::GET,
            path: "/tessera/resource-servers/{id}/introspectors",
            id: "tessera_get_introspectors",
            summary: "Lists the clients that may introspect tokens of a resource server.",
            scopes: &["read:resource_servers"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer()), most))),
            failures: not_there,
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::PUT,
            path: "/tessera/resource-servers/{id}/introspectors/{client_id}",
            id: "tessera_put_introspector",
            summary: "Lets a client introspect tokens of a resource server. One that may already still may.",
            scopes: &["update:resource_servers"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(add(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/resource-servers/{id}/introspectors/{client_id}",
            id: "tessera_delete_introspector",
            summary: "Takes that right away. One that does not have it counts as done.",
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
    let introspectors = call.engine.introspectors(&api.id).await?;
    Ok(Reply::ok(introspectors.iter().map(written).collect()))
}

async fn add(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let client = call.engine.client(call.path("client_id")).await?;
    match call.engine.add_introspector(&call.manager.actor, &api.id, &client.client_id).await {
        // Of two that ask for the same at the same time both get it.
        Ok(_) | Err(Error::Conflict(_)) => Ok(Reply::ok(json!({ "client_id": client.client_id, "name": client.name }))),
        Err(error) => Err(Failure::of_state(error)),
    }
}

async fn remove(call: Call) -> Result<Reply, Failure> {
    let removed = match find(&call.engine, call.path("id")).await {
        Ok(api) => {
            let client_id = call.path("client_id");
            call.engine.remove_introspector(&call.manager.actor, &api.id, client_id).await
        }
        Err(error) => Err(error),
    };
    gone(removed.map_err(Failure::of_state))
}

fn written(introspector: &Introspector) -> Value {
    json!({ "client_id": introspector.client_id, "name": introspector.client_name })
}
