//! `/clients`: applications.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use model::claims::CustomClaims;
use model::client::{
    AUTH0_APP_TYPES, AppType, AuthMethod, Client, ClientChanges, ClientFilter, DESCRIPTION_MAX, METADATA_MAX, METADATA_TEXT_MAX, NAME_MAX, NewClient,
    OWN_SECRET_MAX, OWN_SECRET_MIN,
};
use model::page::Slice;
use model::quota::{QUOTA_MAX, TokenQuota};
use model::secret::Secret;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, gone, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::ours;
use super::paging::{TEXT_MAX, by_page_or_mark, choosing, chosen, list, shape_of_list, window};
use super::resource_servers::{text, whole};
use super::shape::{Shape, optional, required, texts};

/// Any of these reads clients; what more than their names is told depends on which.
const READ: &[&str] = &["read:clients", "read:client_keys", "read:client_credentials"];
/// These see the secret.
const SEES_SECRETS: &[&str] = &["read:client_keys", "read:client_credentials"];
/// These see more than the summary.
const SEES_ALL: &[&str] = &["read:clients", "read:client_keys"];
/// What everybody sees who may read clients at all.
const SUMMARY: [&str; 4] = ["client_id", "app_type", "name", "description"];

/// The members of a client.
pub(super) fn table() -> Vec<Field> {
    let urls = || texts(2_000, 1_000);
    let object = || Shape::Map(Box::new(Shape::Any), 100);
    let kept = |name, shape| field(name, shape, Effect::Kept);
    let quota = Shape::Object(vec![
        optional("enforce", Shape::Bool),
        optional("per_hour", Shape::Whole(1, QUOTA_MAX)),
        optional("per_day", Shape::Whole(1, QUOTA_MAX)),
    ]);
    let key = Shape::Object(vec![required("id", Shape::Text(1, 100))]);
    let methods = Shape::Object(vec![required(
        "private_key_jwt",
        Shape::Object(vec![required("credentials", Shape::List(Box::new(key), 10))]),
    )]);
    vec![
        field("client_id", Shape::Text(1, 100), Effect::Told).when(When::Never),
        field("name", Shape::Name(1, NAME_MAX), Effect::Works).when(When::Needed),
        field("description", Shape::Text(0, DESCRIPTION_MAX), Effect::Works),
        field("client_secret", Shape::Text(OWN_SECRET_MIN, OWN_SECRET_MAX), Effect::Works)
            .note("One of your own takes the place of all that the client has. 32 to 255 printable ASCII characters."),
        field("app_type", Shape::Choice(&AUTH0_APP_TYPES), Effect::Works).note("Shown in the dashboard; it changes nothing else."),
        field(
            "client_metadata",
            Shape::Map(Box::new(Shape::Text(0, METADATA_TEXT_MAX).or_null()), METADATA_MAX * 2),
            Effect::Works,
        )
        .note("At most 10 entries. `null` takes an entry away."),
        field("grant_types", texts(100, 50), Effect::Works).note("Without client_credentials the client gets no tokens; the others have no effect."),
        field(
            "token_endpoint_auth_method",
            Shape::Choice(&["none", "client_secret_post", "client_secret_basic"]),
            Effect::Works,
        )
        .note("With none the client gets no tokens. Of the other two both ways are accepted; `tessera.auth_methods` narrows that."),
        field("client_authentication_methods", methods, Effect::Works)
            .note("Only private_key_jwt, with the credentials that are named; not at creation, as there are none then. mTLS is refused."),
        field("token_quota", Shape::Object(vec![required("client_credentials", quota)]), Effect::Works),
        field("require_proof_of_possession", Shape::Bool, Effect::Works).note("By DPoP."),
        field("is_first_party", Shape::Bool, Effect::Works).note("Lists can be filtered by it; it changes nothing else."),
        field(ours::NAME, ours::client(), Effect::Ours),
        field("tenant", Shape::Text(0, 1_000), Effect::Told).when(When::Never),
        field("global", Shape::Bool, Effect::Told).when(When::Never),
        field("callback_url_template", Shape::Bool, Effect::Told).when(When::Never),
        kept("logo_uri", Shape::Text(0, 2_000)),
        kept("oidc_conformant", Shape::Bool),
        kept("callbacks", urls()),
        kept("allowed_origins", urls()),
        kept("web_origins", urls()),
        kept("client_aliases", urls()),
        kept("allowed_clients", urls()),
        kept("allowed_logout_urls", urls()),
        kept("oidc_logout", object()),
        kept("oidc_backchannel_logout", object()),
        kept("session_transfer", object()),
        kept("jwt_configuration", object()).note("Lifetime and algorithm of access tokens are those of the API."),
        kept("encryption_key", object()),
        kept("sso", Shape::Bool),
        kept("sso_disabled", Shape::Bool),
        kept("cross_origin_auth", Shape::Bool),
        kept("cross_origin_authentication", Shape::Bool),
        kept("cross_origin_loc", Shape::Text(0, 2_000)),
        kept("custom_login_page_on", Shape::Bool),
        kept("custom_login_page", Shape::Text(0, 50_000)),
        kept("custom_login_page_preview", Shape::Text(0, 50_000)),
        kept("form_template", Shape::Text(0, 50_000)),
        kept("addons", object()).note("May hold secrets of other services, so log entries leave it out."),
        kept("mobile", object()),
        kept("initiate_login_uri", Shape::Text(0, 2_000)),
        kept("native_social_login", object()),
        kept("fedcm_login", object()),
        kept("refresh_token", Shape::Map(Box::new(Shape::Any), 100)).note("There are no refresh tokens in this flow."),
        kept("default_organization", object()),
        kept("organization_usage", Shape::Choice(&["deny", "allow", "require"])),
        kept(
            "organization_require_behavior",
            Shape::Choice(&["no_prompt", "pre_login_prompt", "post_login_prompt"]),
        ),
        kept("organization_discovery_methods", texts(100, 10)),
        kept("is_token_endpoint_ip_header_trusted", Shape::Bool),
        kept("require_pushed_authorization_requests", Shape::Bool),
        kept("compliance_level", Shape::Text(0, 100)),
        kept("skip_non_verifiable_callback_uri_confirmation_prompt", Shape::Bool),
        kept("token_exchange", object()),
        kept("par_request_expiry", Shape::Number),
        kept("resource_server_identifier", Shape::Text(0, 600)),
        kept("express_configuration", object()),
        kept("my_organization_configuration", object()),
        kept("third_party_security_mode", Shape::Text(0, 100)),
        kept("redirection_policy", Shape::Text(0, 100)),
        kept("async_approval_notification_channels", texts(100, 10)),
        field(
            "signed_request_object",
            Shape::Null,
            Effect::Refused("There is no authorization endpoint to send one to."),
        ),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &[]);
    let mut query = by_page_or_mark();
    query.extend(choosing());
    query.extend([
        param("is_global", Shape::Bool, "Auth0's global client; there is none here."),
        param("is_first_party", Shape::Bool, "Only clients of which this is so."),
        param(
            "app_type",
            Shape::Text(1, TEXT_MAX),
            "Only clients of these types, with commas between them.",
        ),
        param(
            "external_client_id",
            Shape::Text(1, 120),
            "Clients of other installations; there are none here.",
        ),
    ]);
    let one = || choosing().to_vec();
    let not_there = &[StatusCode::NOT_FOUND];
    vec![
        Endpoint {
            method: Method::GET,
            path: "/clients",
            id: "get_clients",
            summary: "Lists clients.",
            scopes: READ,
            query,
            body: None,
            answer: (StatusCode::OK, Some(shape_of_list("clients", answer()))),
            failures: &[],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/clients",
            id: "post_clients",
            summary: "Creates a client.",
            scopes: &["create:clients"],
            query: Vec::new(),
            body: Some(fields::creation(&creatable())),
            answer: (StatusCode::CREATED, Some(answer())),
            failures: &[],
            run: |call| Box::pin(create(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/clients/{id}",
            id: "get_clients_by_id",
            summary: "Reads a client.",
            scopes: READ,
            query: one(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/clients/{id}",
            id: "patch_clients_by_id",
            summary: "Changes a client: what the body names, and nothing else.",
            scopes: &["update:clients", "update:client_keys", "update:client_credentials"],
            query: Vec::new(),
            body: Some(fields::change(&table())),
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(update(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/clients/{id}",
            id: "delete_clients_by_id",
            summary: "Deletes a client with its grants. One that is not there counts as deleted.",
            scopes: &["delete:clients"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(delete(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/clients/{id}/rotate-secret",
            id: "post_rotate-secret",
            summary: "Puts a new secret in the place of all that a client has, at once.",
            scopes: &["update:client_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(rotate(call)),
        },
    ]
}

/// A new client gets credentials once it is there, so it can't name any.
fn creatable() -> Vec<Field> {
    table()
        .into_iter()
        .filter(|field| field.name != "client_authentication_methods")
        .collect()
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let window = window(&call)?;
    let none = call.truth("is_global") == Some(true) || call.query("external_client_id").is_some();
    let app_types = match call.query("app_type") {
        Some(text) => app_types(text)?,
        None => Vec::new(),
    };
    let filter = ClientFilter {
        app_types,
        third_party: call.truth("is_first_party").map(|first| !first),
    };
    let slice = if none {
        Slice {
            items: Vec::new(),
            total: 0,
            next: None,
        }
    } else {
        call.engine.clients_in(&filter, &window).await?
    };
    let items = written_all(&call, &slice.items).await?;
    Ok(Reply::ok(list::<Client>(&call, &window, "clients", slice, items)))
}

fn app_types(text: &str) -> Result<Vec<AppType>, Failure> {
    text.split(',')
        .map(|name| match AUTH0_APP_TYPES.contains(&name) {
            true => Ok(AppType::of_auth0(name)),
            false => Err(Failure::query(
                "app_type",
                format!("No enum match for the value; it must be one of: {}", AUTH0_APP_TYPES.join(", ")),
            )),
        })
        .collect()
}

async fn create(call: Call) -> Result<Reply, Failure> {
    let changes = changes(&call.body, None)?;
    let new = NewClient {
        name: changes.name.clone().unwrap_or_default(),
        description: changes.description.clone().unwrap_or_default(),
        app_type: changes.app_type.unwrap_or(AppType::Other),
        client_id: None,
        set: ClientChanges {
            // Trimmed with the rest of what is new.
            name: None,
            description: None,
            ..changes
        },
    };
    let client = call.engine.create_client(&call.manager.actor, new).await?;
    // Whoever creates a client is told its secret: there is no other way to use it.
    let secret = call.engine.reveal_client_secret(&call.manager.actor, &client.client_id).await?;
    let mut object = written(&call, &client, Some(&secret)).await?;
    object["client_secret"] = secret.reveal().into();
    Ok(Reply::created(object))
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let client = call.engine.client(call.path("id")).await?;
    Ok(Reply::ok(chosen(&call, one(&call, &client).await?)))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    check_scopes(&call)?;
    let id = call.path("id").to_owned();
    let client = call.engine.client(&id).await?;
    let changes = changes(&call.body, Some(&client))?;
    let client = call.engine.update_client(&call.manager.actor, &id, changes).await?;
    Ok(Reply::ok(one(&call, &client).await?))
}

/// Each part of a client has a scope of its own that changes it.
fn check_scopes(call: &Call) -> Result<(), Failure> {
    const OF_SECRET: &[&str] = &["update:client_keys"];
    const OF_METHODS: &[&str] = &["update:client_credentials"];
    const OF_REST: &[&str] = &["update:clients"];
    for name in call.body.keys() {
        let scopes = match name.as_str() {
            "client_secret" => OF_SECRET,
            "client_authentication_methods" => OF_METHODS,
            // What stands in the way of the other kind of proof goes with it.
            "token_endpoint_auth_method" | "signed_request_object" if call.body.contains_key("client_authentication_methods") => OF_METHODS,
            _ => OF_REST,
        };
        if !call.manager.holds_any(scopes) {
            return Err(Failure::Scope(scopes));
        }
    }
    Ok(())
}

/// The ids of the credentials that a body names.
fn keys(body: &Map<String, Value>) -> Result<Option<Vec<String>>, Failure> {
    let Some(methods) = body.get("client_authentication_methods").filter(|methods| !methods.is_null()) else {
        return Ok(None);
    };
    let named = methods["private_key_jwt"]["credentials"].as_array().into_iter().flatten();
    let ids: Vec<String> = named.filter_map(|key| key["id"].as_str().map(str::to_owned)).collect();
    if ids.is_empty() {
        return Err(Failure::body(
            "client_authentication_methods.private_key_jwt.credentials",
            "Name at least one credential of the client",
        ));
    }
    Ok(Some(ids))
}

async fn delete(call: Call) -> Result<Reply, Failure> {
    gone(call.engine.delete_client(&call.manager.actor, call.path("id")).await)
}

async fn rotate(call: Call) -> Result<Reply, Failure> {
    let id = call.path("id").to_owned();
    let client = call.engine.client(&id).await?;
    if client.auth_methods == [AuthMethod::PrivateKeyJwt] {
        return Err(Failure::Unsupported(
            "The client proves itself by private_key_jwt and has no secret that could be rotated.".to_owned(),
        ));
    }
    let secret = call.engine.rotate_client_secret(&call.manager.actor, &id).await?;
    let client = call.engine.client(&id).await?;
    let mut object = written(&call, &client, Some(&secret)).await?;
    object["client_secret"] = secret.reveal().into();
    Ok(Reply::ok(object))
}

/// What a body says of a client; `null` is what a new client has.
fn changes(body: &Map<String, Value>, before: Option<&Client>) -> Result<ClientChanges, Failure> {
    let given = |name: &str| body.get(name);
    let mut kept = fields::kept(&table(), body);
    for name in ["grant_types", "token_endpoint_auth_method", "app_type"] {
        if let Some(value) = given(name) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    let ours = given(ours::NAME);
    Ok(ClientChanges {
        name: text(body, "name"),
        description: given("description").map(|value| value.as_str().unwrap_or_default().to_owned()),
        app_type: given("app_type").map(|value| value.as_str().map_or(AppType::Other, AppType::of_auth0)),
        client_metadata: given("client_metadata").filter(|value| value.is_null()).map(|_| BTreeMap::new()),
        metadata_entries: metadata(given("client_metadata")),
        auth_methods: auth_methods(body, before)?,
        strict_assertions: ours::said(ours, "strict_assertions").map(|value| value.is_some_and(|value| *value == true)),
        dpop_required: given("require_proof_of_possession").map(|value| *value == true),
        token_lifetime: ours::said(ours, "token_lifetime").map(|value| value.and_then(Value::as_f64).map(whole)),
        custom_claims: ours::claims(ours)?,
        token_quota: given("token_quota").map(quota),
        keys: keys(body)?,
        client_secret: text(body, "client_secret").map(Secret::new),
        third_party: given("is_first_party").map(|value| *value == false),
        kept,
    })
}

fn metadata(value: Option<&Value>) -> BTreeMap<String, Option<String>> {
    let entries = value.and_then(Value::as_object);
    entries
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().map(str::to_owned)))
        .collect()
}

fn quota(value: &Value) -> TokenQuota {
    let quota = &value["client_credentials"];
    let number = |name: &str| quota[name].as_f64().map(whole);
    TokenQuota {
        per_hour: number("per_hour"),
        per_day: number("per_day"),
        enforce: !value.is_null() && quota["enforce"] != false,
    }
}

/// The ways to prove itself that follow from what a body sets: our own list, private_key_jwt, or secrets.
fn auth_methods(body: &Map<String, Value>, before: Option<&Client>) -> Result<Option<Vec<AuthMethod>>, Failure> {
    if let Some(said) = ours::said(body.get(ours::NAME), "auth_methods") {
        return Ok(Some(match said {
            None => AuthMethod::DEFAULT.to_vec(),
            Some(list) => list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|name| AuthMethod::parse(name.as_str()?))
                .collect(),
        }));
    }
    let by_key = body.get("client_authentication_methods");
    let by_secret = body.get("token_endpoint_auth_method").is_some_and(Value::is_string);
    match by_key {
        Some(methods) if !methods.is_null() => {
            if by_secret {
                return Err(Failure::body(
                    "token_endpoint_auth_method",
                    "It can't be set together with client_authentication_methods",
                ));
            }
            Ok(Some(vec![AuthMethod::PrivateKeyJwt]))
        }
        Some(_) => Ok(Some(AuthMethod::DEFAULT.to_vec())),
        None if by_secret && before.is_some_and(|client| client.auth_methods == [AuthMethod::PrivateKeyJwt]) => Err(Failure::body(
            "token_endpoint_auth_method",
            "Set client_authentication_methods to null with it: the client proves itself by private_key_jwt",
        )),
        None => Ok(None),
    }
}

/// A client as Auth0 writes it, with its secret for those who may see it.
async fn one(call: &Call, client: &Client) -> Result<Value, Failure> {
    let mut all = written_all(call, std::slice::from_ref(client)).await?;
    Ok(all.pop().unwrap_or_default())
}

async fn written_all(call: &Call, clients: &[Client]) -> Result<Vec<Value>, Failure> {
    let wanted = call.manager.holds_any(SEES_SECRETS) && shows(call, "client_secret");
    let by_secret = clients.iter().filter(|client| client.auth_methods != [AuthMethod::PrivateKeyJwt]);
    let ids: Vec<&str> = by_secret.filter(|_| wanted).map(|client| client.client_id.as_str()).collect();
    let secrets = call.engine.reveal_client_secrets(&call.manager.actor, &ids).await?;
    let mut objects = Vec::new();
    for client in clients {
        objects.push(written(call, client, secrets.get(&client.client_id)).await?);
    }
    Ok(objects)
}

/// Whether a member will be in the answer: nothing is revealed, and logged as such, that nobody asked for.
fn shows(call: &Call, name: &str) -> bool {
    chosen(call, json!({ name: true })).get(name).is_some()
}

async fn written(call: &Call, client: &Client, secret: Option<&Secret>) -> Result<Value, Failure> {
    let mut object = defaults(client);
    for (name, value) in client.kept.members() {
        object[name] = value.clone();
    }
    if let Some(configuration) = object["jwt_configuration"].as_object_mut() {
        configuration.entry("secret_encoded").or_insert(Value::Bool(false));
    }
    object["client_id"] = client.client_id.as_str().into();
    object["name"] = client.name.as_str().into();
    object["tenant"] = call.engine.issuer().host().into();
    object["is_first_party"] = (!client.third_party).into();
    if !client.description.is_empty() {
        object["description"] = client.description.as_str().into();
    }
    if client.app_type == AppType::NonInteractive {
        object["app_type"] = "non_interactive".into();
    }
    if !client.client_metadata.is_empty() {
        object["client_metadata"] = json!(client.client_metadata);
    }
    if client.dpop_required {
        object["require_proof_of_possession"] = true.into();
    }
    if !client.token_quota.is_none() {
        object["token_quota"] = written_quota(client.token_quota);
    }
    if client.auth_methods == [AuthMethod::PrivateKeyJwt] {
        if let Some(members) = object.as_object_mut() {
            members.remove("token_endpoint_auth_method");
        }
        if call.manager.holds_any(SEES_SECRETS) {
            let keys = call.engine.client_keys(&client.client_id).await?;
            let keys: Vec<Value> = keys.iter().filter(|key| !key.unused).map(|key| json!({ "id": key.id })).collect();
            object["client_authentication_methods"] = json!({ "private_key_jwt": { "credentials": keys } });
        }
    } else if let Some(secret) = secret {
        object["client_secret"] = secret.reveal().into();
    }
    let ours = written_ours(client);
    if !ours.is_empty() {
        object[ours::NAME] = ours.into();
    }
    if !call.manager.holds_any(SEES_ALL)
        && !call.manager.holds_any(&["create:clients", "update:clients", "update:client_keys"])
        && let Some(members) = object.as_object_mut()
    {
        let seen = |name: &str| SUMMARY.contains(&name) || name == "client_authentication_methods" || name == "client_secret";
        members.retain(|name, _| seen(name));
    }
    Ok(object)
}

/// What Auth0 answers where nothing was set.
fn defaults(client: &Client) -> Value {
    let long = matches!(client.app_type, AppType::NonInteractive | AppType::RegularWeb);
    json!({
        "global": false,
        "callback_url_template": false,
        "is_token_endpoint_ip_header_trusted": false,
        "oidc_conformant": false,
        "sso_disabled": false,
        "cross_origin_auth": false,
        "cross_origin_authentication": false,
        "custom_login_page_on": true,
        "jwt_configuration": { "secret_encoded": false, "lifetime_in_seconds": 36_000 },
        "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
        "refresh_token": {
            "rotation_type": "non-rotating",
            "expiration_type": "non-expiring",
            "leeway": 0,
            "token_lifetime": if long { 31_557_600 } else { 2_592_000 },
            "idle_token_lifetime": if long { 2_592_000 } else { 1_296_000 },
            "infinite_token_lifetime": true,
            "infinite_idle_token_lifetime": true,
        },
    })
}

/// A quota as Auth0 writes it.
pub(crate) fn written_quota(quota: TokenQuota) -> Value {
    let mut limits = json!({ "enforce": quota.enforce });
    for (name, limit) in [("per_hour", quota.per_hour), ("per_day", quota.per_day)] {
        if let Some(limit) = limit {
            limits[name] = limit.into();
        }
    }
    json!({ "client_credentials": limits })
}

fn written_ours(client: &Client) -> Map<String, Value> {
    let mut ours = Map::new();
    if client.custom_claims != CustomClaims::default() {
        ours.insert("custom_claims".to_owned(), json!(client.custom_claims));
    }
    if let Some(lifetime) = client.token_lifetime {
        ours.insert("token_lifetime".to_owned(), lifetime.into());
    }
    if client.strict_assertions {
        ours.insert("strict_assertions".to_owned(), true.into());
    }
    if client.auth_methods != AuthMethod::DEFAULT && client.auth_methods != [AuthMethod::PrivateKeyJwt] {
        ours.insert("auth_methods".to_owned(), json!(client.auth_methods));
    }
    ours
}
