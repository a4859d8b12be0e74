//! `/resource-servers`: APIs, by id or by identifier.

use engine::{Engine, Error};
use http::{Method, StatusCode};
use model::api::{Api, ApiChanges, IDENTIFIER_MAX, NAME_MAX, NewApi, SigningAlg, TOKEN_LIFETIME_DEFAULT, TOKEN_LIFETIME_MAX};
use model::claims::CustomClaims;
use model::client::{OWN_SECRET_MAX, OWN_SECRET_MIN};
use model::scope::{DESCRIPTION_MAX, SCOPES_MAX, Scope, VALUE_MAX};
use model::secret::Secret;
use model::token::TokenDialect;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Param, Reply, gone, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::ours;
use super::paging::{by_page, list, shape_of_list, window};
use super::shape::{Shape, optional, required};

/// Auth0's names of our dialects.
const DIALECTS: [&str; 2] = ["access_token", "rfc9068_profile"];
const ALGS: [&str; 5] = ["RS256", "PS256", "ES256", "EdDSA", "HS256"];
const POLICIES: [&str; 3] = ["allow_all", "require_client_grant", "deny_all"];

/// The members of a resource server.
pub(super) fn table() -> Vec<Field> {
    let scope = Shape::Object(vec![
        required("value", Shape::Text(1, VALUE_MAX)),
        optional("description", Shape::Text(0, DESCRIPTION_MAX).or_null()),
    ]);
    let possession = Shape::Object(vec![
        required("mechanism", Shape::Choice(&["dpop"])),
        required("required", Shape::Bool),
        optional("required_for", Shape::Choice(&["public_clients", "all_clients"])),
    ]);
    let policy = |choices| Shape::Object(vec![optional("policy", Shape::Choice(choices))]);
    let policies = Shape::Object(vec![
        optional("user", policy(&POLICIES)),
        optional("client", policy(&["require_client_grant"])),
    ]);
    vec![
        field("id", Shape::Text(24, 24), Effect::Told).when(When::Never),
        field("name", Shape::Name(1, NAME_MAX), Effect::Works).note("Without one, the identifier is the name."),
        field("identifier", Shape::Text(1, IDENTIFIER_MAX), Effect::Works)
            .when(When::Needed)
            .note("Never changes."),
        field("scopes", Shape::List(Box::new(scope), SCOPES_MAX), Effect::Works),
        field("signing_alg", Shape::Choice(&ALGS), Effect::Works).note("RS512 is refused; ES256 and EdDSA are ours."),
        field("signing_secret", Shape::Text(OWN_SECRET_MIN, OWN_SECRET_MAX), Effect::Works)
            .note("At least 32 characters (Auth0: 16). Only with HS256; a new one takes the place of all at once."),
        field("token_lifetime", Shape::Whole(1, TOKEN_LIFETIME_MAX), Effect::Works).note("At least 1 second (Auth0: 0)."),
        field("token_dialect", Shape::Choice(&DIALECTS), Effect::Works).note("The dialects that end in _authz are refused."),
        field("proof_of_possession", possession, Effect::Works).note("Only DPoP; mTLS is refused. required_for is kept without effect."),
        field("subject_type_authorization", policies, Effect::Kept)
            .note("Clients always need a grant: for them only require_client_grant is taken. The policy for users is kept."),
        field("token_lifetime_for_web", Shape::Whole(0, TOKEN_LIFETIME_MAX), Effect::Kept),
        field("allow_offline_access", Shape::Bool, Effect::Kept),
        field("allow_online_access", Shape::Bool, Effect::Kept),
        field("allow_online_access_with_ephemeral_sessions", Shape::Bool, Effect::Kept),
        field("enforce_policies", Shape::Bool, Effect::Kept),
        field("skip_consent_for_verifiable_first_party_clients", Shape::Bool, Effect::Kept),
        field("consent_policy", Shape::Text(0, 100), Effect::Kept),
        field("authorization_details", Shape::List(Box::new(Shape::Any), 100), Effect::Kept),
        field("authorization_policy", Shape::Map(Box::new(Shape::Any), 100), Effect::Kept),
        field("verification_location", Shape::Text(0, 2_000), Effect::Kept),
        field("token_encryption", Shape::Null, Effect::Refused("Tokens are not encrypted.")),
        field("is_system", Shape::Bool, Effect::Told).when(When::Never),
        field("client_id", Shape::Text(0, 100), Effect::Told).when(When::Never),
        field(ours::NAME, ours::api(), Effect::Ours),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &["id", "identifier", "signing_alg", "token_lifetime"]);
    let mut query = by_page();
    query.push(Param {
        repeats: true,
        ..param(
            "identifiers",
            Shape::Text(1, IDENTIFIER_MAX),
            "Only the resource servers with these identifiers.",
        )
    });
    query.push(param("include_fields", Shape::Bool, "Without effect here, as at Auth0 without `fields`."));
    let one = [param("include_fields", Shape::Bool, "Without effect here, as at Auth0 without `fields`.")];
    vec![
        Endpoint {
            method: Method::GET,
            path: "/resource-servers",
            id: "get_resource-servers",
            summary: "Lists resource servers.",
            scopes: &["read:resource_servers"],
            query,
            body: None,
            answer: (StatusCode::OK, Some(shape_of_list("resource_servers", answer()))),
            failures: &[],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/resource-servers",
            id: "post_resource-servers",
            summary: "Creates a resource server.",
            scopes: &["create:resource_servers"],
            query: Vec::new(),
            body: Some(fields::creation(&table())),
            answer: (StatusCode::CREATED, Some(answer())),
            failures: &[StatusCode::CONFLICT],
            run: |call| Box::pin(create(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/resource-servers/{id}",
            id: "get_resource-servers_by_id",
            summary: "Reads a resource server by its id or its percent-encoded identifier.",
            scopes: &["read:resource_servers"],
            query: one.to_vec(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/resource-servers/{id}",
            id: "patch_resource-servers_by_id",
            summary: "Changes a resource server. A list of scopes takes the place of the one that it has.",
            scopes: &["update:resource_servers"],
            query: Vec::new(),
            body: Some(fields::change(&changeable())),
            answer: (StatusCode::OK, Some(answer())),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(update(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/resource-servers/{id}",
            id: "delete_resource-servers_by_id",
            summary: "Deletes a resource server with its grants. One that is not there counts as deleted.",
            scopes: &["delete:resource_servers"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(delete(call)),
        },
    ]
}

/// All but the identifier, which never changes.
fn changeable() -> Vec<Field> {
    table().into_iter().filter(|field| field.name != "identifier").collect()
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let window = window(&call)?;
    let slice = call.engine.apis_in(&call.queries("identifiers"), &window).await?;
    let mut items = Vec::new();
    for api in &slice.items {
        items.push(written(&call, api).await?);
    }
    Ok(Reply::ok(list::<Api>(&call, &window, "resource_servers", slice, items)))
}

async fn create(call: Call) -> Result<Reply, Failure> {
    let identifier = text(&call.body, "identifier").unwrap_or_default();
    let changes = changes(&call.body)?;
    let new = NewApi {
        name: changes.name.clone().unwrap_or_else(|| identifier.chars().take(NAME_MAX).collect()),
        identifier,
        signing_alg: changes.signing_alg.unwrap_or_default(),
        scopes: changes.scopes.clone().unwrap_or_default(),
        set: ApiChanges {
            // Trimmed with the rest of what is new.
            name: None,
            scopes: None,
            ..changes
        },
        ..NewApi::default()
    };
    let created = call.engine.create_api(&call.manager.actor, new).await?;
    Ok(Reply::created(written(&call, &created.api).await?))
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    Ok(Reply::ok(written(&call, &api).await?))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    let api = find(&call.engine, call.path("id")).await?;
    let changes = changes(&call.body)?;
    let api = call
        .engine
        .update_api(&call.manager.actor, &api.id, changes)
        .await
        .map_err(|error| match error {
            Error::System(why) => Failure::Unsupported(format!("System resource servers cannot be patched. {why}")),
            error => error.into(),
        })?;
    Ok(Reply::ok(written(&call, &api).await?))
}

async fn delete(call: Call) -> Result<Reply, Failure> {
    let deleted = match find(&call.engine, call.path("id")).await {
        Ok(api) => call.engine.delete_api(&call.manager.actor, &api.id).await,
        Err(error) => Err(error),
    };
    gone(deleted.map_err(|error| match error {
        Error::System(_) => Failure::Unsupported("System resource servers cannot be deleted.".to_owned()),
        error => error.into(),
    }))
}

/// By id or by identifier. No identifier can be taken for an id of another API: ids are asked first.
pub(super) async fn find(engine: &Engine, id: &str) -> Result<Api, Error> {
    match engine.api(id).await {
        Err(Error::NotFound(_)) => engine.api_by_identifier(id).await,
        found => found,
    }
}

/// What a body says of an API; `null` is what a new API has.
fn changes(body: &Map<String, Value>) -> Result<ApiChanges, Failure> {
    let given = |name: &str| body.get(name);
    let scopes = given("scopes").map(|scopes| scopes.as_array().into_iter().flatten().map(scope).collect());
    let possession = given("proof_of_possession").map(|value| value["required"] == true);
    let lifetime = given("token_lifetime").map(|value| value.as_f64().map_or(TOKEN_LIFETIME_DEFAULT, whole));
    let mut kept = fields::kept(&table(), body);
    if let Some(value) = given("proof_of_possession") {
        kept.insert("proof_of_possession".to_owned(), value.clone());
    }
    let ours = given(ours::NAME);
    Ok(ApiChanges {
        name: text(body, "name"),
        token_lifetime: lifetime,
        signing_alg: given("signing_alg").map(|value| value.as_str().and_then(SigningAlg::parse).unwrap_or_default()),
        token_dialect: given("token_dialect").map(|value| value.as_str().and_then(TokenDialect::parse).unwrap_or_default()),
        custom_claims: ours::claims(ours)?,
        metadata_published: ours::said(ours, "metadata_published").map(|value| value.is_some_and(|value| *value == true)),
        dpop_required: possession,
        scopes,
        signing_secret: text(body, "signing_secret").map(Secret::new),
        kept,
    })
}

fn scope(value: &Value) -> Scope {
    let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Scope {
        value: part("value"),
        description: part("description"),
    }
}

/// A number that the table has found to be whole and within its bounds.
#[expect(clippy::cast_possible_truncation, reason = "the table bounds it")]
pub(super) fn whole(number: f64) -> i64 {
    number as i64
}

/// A text of the body.
pub(super) fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    body.get(name)?.as_str().map(str::to_owned)
}

/// A scope as Auth0 writes it.
pub(crate) fn written_scope(scope: &Scope) -> Value {
    if scope.description.is_empty() {
        return json!({ "value": scope.value });
    }
    json!({ "value": scope.value, "description": scope.description })
}

/// An API as Auth0 writes it.
async fn written(call: &Call, api: &Api) -> Result<Value, Failure> {
    let mut object = json!({
        "allow_offline_access": false,
        "skip_consent_for_verifiable_first_party_clients": false,
        "subject_type_authorization": { "user": { "policy": "allow_all" }, "client": { "policy": "require_client_grant" } },
        "token_lifetime_for_web": api.token_lifetime.min(7_200),
    });
    for (name, value) in api.kept.members() {
        object[name] = value.clone();
    }
    object["id"] = api.id.as_str().into();
    object["name"] = api.name.as_str().into();
    object["identifier"] = api.identifier.as_str().into();
    object["signing_alg"] = api.signing_alg.as_str().into();
    object["token_lifetime"] = api.token_lifetime.into();
    object["scopes"] = api.scopes.iter().map(written_scope).collect();
    object["is_system"] = api.is_system.into();
    if api.token_dialect != TokenDialect::default() {
        object["token_dialect"] = api.token_dialect.as_str().into();
    }
    // What decides is in the API, also where it was set in the dashboard.
    let said = object["proof_of_possession"]["required"] == true;
    if api.dpop_required != said {
        object["proof_of_possession"] = if api.dpop_required {
            json!({ "mechanism": "dpop", "required": true })
        } else {
            Value::Null
        };
    }
    if object["proof_of_possession"].is_null()
        && let Some(object) = object.as_object_mut()
    {
        object.remove("proof_of_possession");
    }
    if api.signing_alg == SigningAlg::HS256 {
        let secret = call.engine.reveal_signing_secret(&call.manager.actor, &api.id).await?;
        object["signing_secret"] = secret.reveal().into();
    }
    let mut ours = Map::new();
    if api.custom_claims != CustomClaims::default() {
        ours.insert("custom_claims".to_owned(), json!(api.custom_claims));
    }
    if api.metadata_published {
        ours.insert("metadata_published".to_owned(), true.into());
    }
    if !ours.is_empty() {
        object[ours::NAME] = ours.into();
    }
    Ok(object)
}
