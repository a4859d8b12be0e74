//! `/client-grants`: which client may ask for tokens of which API.

use engine::Error;
use http::{Method, StatusCode};
use model::api::IDENTIFIER_MAX;
use model::grant::{Grant, GrantChanges, GrantFilter, NewGrant, ScopeChoice};
use model::page::Slice;
use model::scope::{SCOPES_MAX, VALUE_MAX};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::paging::{by_page_or_mark, list, shape_of_list, window};
use super::resource_servers::text;
use super::shape::{Shape, texts};

/// The members of a client grant.
pub(super) fn table() -> Vec<Field> {
    let scopes = Shape::List(Box::new(Shape::Text(1, VALUE_MAX)), SCOPES_MAX);
    vec![
        field("id", Shape::Text(1, 100), Effect::Told).when(When::Never),
        field("client_id", Shape::Text(1, 100), Effect::Works).when(When::Needed),
        field("audience", Shape::Text(1, IDENTIFIER_MAX), Effect::Works).when(When::Needed),
        field("scope", scopes, Effect::Works).note("Scopes that the API does not define are refused."),
        field("allow_all_scopes", Shape::Bool, Effect::Works).note("`scope` in answers then lists all scopes of now."),
        field("subject_type", Shape::Choice(&["client"]), Effect::Works)
            .when(When::Creation)
            .note("Only client: there are no users here."),
        field("organization_usage", Shape::Choice(&["deny", "allow", "require"]), Effect::Kept),
        field("allow_any_organization", Shape::Bool, Effect::Kept),
        field("authorization_details_types", texts(255, 100), Effect::Kept),
        field("default_for", Shape::Null, Effect::Refused("Each client needs a grant of its own.")).when(When::Creation),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &["id", "client_id", "audience", "scope", "subject_type"]);
    let mut query = by_page_or_mark();
    query.extend([
        param("audience", Shape::Text(1, IDENTIFIER_MAX), "Only grants for this API."),
        param("client_id", Shape::Text(1, 100), "Only grants of this client."),
        param("subject_type", Shape::Choice(&["client", "user"]), "Grants for users are none."),
        param("allow_any_organization", Shape::Bool, "Grants for any organization are none."),
        param(
            "default_for",
            Shape::Choice(&["third_party_clients"]),
            "Grants for all third parties are none.",
        ),
    ]);
    let not_there = &[StatusCode::NOT_FOUND];
    let changeable: Vec<Field> = table()
        .into_iter()
        .filter(|field| !["client_id", "audience"].contains(&field.name))
        .collect();
    vec![
        Endpoint {
            method: Method::GET,
            path: "/client-grants",
            id: "get_client-grants",
            summary: "Lists client grants.",
            scopes: &["read:client_grants"],
            query,
            body: None,
            answer: (StatusCode::OK, Some(shape_of_list("client_grants", answer()))),
            failures: &[],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/client-grants",
            id: "post_client-grants",
            summary: "Authorizes a client for an API.",
            scopes: &["create:client_grants"],
            query: Vec::new(),
            body: Some(fields::creation(&table())),
            answer: (StatusCode::CREATED, Some(answer())),
            failures: &[StatusCode::NOT_FOUND, StatusCode::CONFLICT],
            run: |call| Box::pin(create(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/client-grants/{id}",
            id: "get_client-grants_by_id",
            summary: "Reads a client grant.",
            scopes: &["read:client_grants"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/client-grants/{id}",
            id: "patch_client-grants_by_id",
            summary: "Changes a client grant.",
            scopes: &["update:client_grants"],
            query: Vec::new(),
            body: Some(fields::change(&changeable)),
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(update(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/client-grants/{id}",
            id: "delete_client-grants_by_id",
            summary: "Deletes a client grant. One that is not there counts as deleted.",
            scopes: &["delete:client_grants"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(delete(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let window = window(&call)?;
    let none =
        call.query("subject_type") == Some("user") || call.truth("allow_any_organization") == Some(true) || call.query("default_for").is_some();
    let filter = GrantFilter {
        client_id: call.query("client_id").map(str::to_owned),
        audience: call.query("audience").map(str::to_owned),
    };
    let slice = if none { empty() } else { call.engine.grants_in(&filter, &window).await? };
    let items = slice.items.iter().map(written).collect();
    Ok(Reply::ok(list::<Grant>(&call, &window, "client_grants", slice, items)))
}

fn empty() -> Slice<Grant> {
    Slice {
        items: Vec::new(),
        total: 0,
        next: None,
    }
}

async fn create(call: Call) -> Result<Reply, Failure> {
    let Some(scope) = choice(&call.body) else {
        return Err(Failure::body("", "Missing required property: scope"));
    };
    let new = NewGrant {
        client_id: text(&call.body, "client_id").unwrap_or_default(),
        audience: text(&call.body, "audience").unwrap_or_default(),
        scope,
        kept: kept(&call.body),
    };
    let grant = call.engine.create_grant(&call.manager.actor, new).await.map_err(|error| match error {
        Error::NotFound("client") => Failure::NotThere("inexistent_client", "Client not found"),
        Error::NotFound("API") => Failure::NotThere("inexistent_resource_server", "Resource server not found"),
        Error::Conflict(_) => Failure::Conflict("A resource with the same client_id, audience and subject_type already exists.".to_owned()),
        error => error.into(),
    })?;
    Ok(Reply::created(written(&grant)))
}

async fn read(call: Call) -> Result<Reply, Failure> {
    Ok(Reply::ok(written(&call.engine.grant_by_id(call.path("id")).await?)))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    let id = call.path("id");
    let scope = match choice(&call.body) {
        // Switched off without a list: the scopes of now stay.
        None if call.body.get("allow_all_scopes").is_some_and(|all| *all != true) => {
            Some(ScopeChoice::Some(call.engine.grant_by_id(id).await?.scope))
        }
        scope => scope,
    };
    let changes = GrantChanges {
        scope,
        kept: kept(&call.body),
    };
    let grant = call.engine.change_grant(&call.manager.actor, id, changes).await?;
    Ok(Reply::ok(written(&grant)))
}

async fn delete(call: Call) -> Result<Reply, Failure> {
    gone(call.engine.delete_grant_by_id(&call.manager.actor, call.path("id")).await)
}

/// Which scopes a body asks for, if it says.
fn choice(body: &Map<String, Value>) -> Option<ScopeChoice> {
    if body.get("allow_all_scopes").is_some_and(|all| *all == true) {
        return Some(ScopeChoice::Always);
    }
    let scopes = body.get("scope")?.as_array()?;
    Some(ScopeChoice::Some(
        scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect(),
    ))
}

/// Also that `allow_all_scopes` was sent: once it was, answers have it. What it is stands in the grant itself; what is kept never says more.
fn kept(body: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = fields::kept(&table(), body);
    if body.contains_key("allow_all_scopes") {
        kept.insert("allow_all_scopes".to_owned(), false.into());
    }
    kept
}

fn written(grant: &Grant) -> Value {
    let mut object = json!({});
    for (name, value) in grant.kept.members() {
        object[name] = value.clone();
    }
    object["id"] = grant.id.as_str().into();
    object["client_id"] = grant.client_id.as_str().into();
    object["audience"] = grant.audience.as_str().into();
    object["scope"] = json!(grant.scope);
    object["subject_type"] = "client".into();
    if grant.all_scopes || grant.kept.members().contains_key("allow_all_scopes") {
        object["allow_all_scopes"] = grant.all_scopes.into();
    }
    object
}
