//! How objects are written into a file. The same form tells what two of them differ in.

use std::collections::BTreeMap;

use model::api::Api;
use model::client::{AppType, Client};
use model::grant::Grant;
use model::introspection::Introspector;
use model::quota::TokenQuota;
use serde_json::{Map, Value, json};

use super::OURS;
use super::file::VERSION;
use super::state::{Secrets, State};
use crate::management::{written_quota, written_scope};

/// The members of an object.
pub(super) type Object = Map<String, Value>;

/// The whole file: every object of its kind in an order that does not depend on when it was made.
#[must_use]
pub fn export(state: &State, secrets: Option<&Secrets>) -> Value {
    let mut apis: Vec<&Api> = state.apis.iter().collect();
    apis.sort_by_key(|api| (api.is_system, &api.identifier));
    let mut clients: Vec<&Client> = state.clients.iter().collect();
    clients.sort_by_key(|client| (&client.name, &client.client_id));
    let places: BTreeMap<&str, usize> = (0..).zip(&clients).map(|(at, client)| (client.client_id.as_str(), at)).collect();
    let mut grants: Vec<&Grant> = state.grants.iter().collect();
    grants.sort_by_key(|grant| (places.get(grant.client_id.as_str()), &grant.audience));
    json!({
        "version": VERSION,
        "tenant_settings": state.tenant_settings,
        "key_rotation": state.key_rotation,
        "resource_servers": apis.into_iter().map(|api| whole_api(api, state, secrets)).collect::<Vec<_>>(),
        "clients": clients.into_iter().map(|client| whole_client(client, secrets)).collect::<Vec<_>>(),
        "client_grants": grants.into_iter().map(whole_grant).collect::<Vec<_>>(),
    })
}

fn whole_api(api: &Api, state: &State, secrets: Option<&Secrets>) -> Object {
    let mut object = self::api(api);
    if api.is_system {
        return object;
    }
    if let Some(secret) = secrets.and_then(|secrets| secrets.of_apis.get(&api.identifier)) {
        object.insert("signing_secret".to_owned(), secret.reveal().into());
    }
    let mut introspectors: Vec<&Introspector> = state.introspectors.get(&api.identifier).into_iter().flatten().collect();
    introspectors.sort_by_key(|introspector| &introspector.client_id);
    let introspectors = introspectors
        .into_iter()
        .map(|introspector| json!({ "client_id": introspector.client_id }));
    if let Some(ours) = object.get_mut(OURS).and_then(Value::as_object_mut) {
        ours.insert("introspectors".to_owned(), introspectors.collect());
    }
    object
}

fn whole_client(client: &Client, secrets: Option<&Secrets>) -> Object {
    let mut object = self::client(client);
    object.insert("client_id".to_owned(), client.client_id.as_str().into());
    if let Some(secret) = secrets.and_then(|secrets| secrets.of_clients.get(&client.client_id)) {
        object.insert("client_secret".to_owned(), secret.reveal().into());
    }
    object
}

fn whole_grant(grant: &Grant) -> Object {
    let mut object = self::grant(grant);
    object.insert("client_id".to_owned(), grant.client_id.as_str().into());
    object.insert("audience".to_owned(), grant.audience.as_str().into());
    object
}

/// An API without its signing secret and its introspectors.
pub(super) fn api(api: &Api) -> Object {
    if api.is_system {
        // The rest of it is fixed.
        let object = json!({ "identifier": api.identifier, "is_system": true, "token_lifetime": api.token_lifetime });
        return members(object);
    }
    let mut object = api.kept.members().clone();
    let said = object.get("proof_of_possession").is_some_and(|possession| possession["required"] == true);
    // What decides is in the API, also where it was set in the dashboard.
    if api.dpop_required && !said {
        object.insert("proof_of_possession".to_owned(), json!({ "mechanism": "dpop", "required": true }));
    } else if api.dpop_required != said || !object.contains_key("proof_of_possession") {
        object.insert("proof_of_possession".to_owned(), Value::Null);
    }
    object.extend(members(json!({
        "identifier": api.identifier,
        "name": api.name,
        "signing_alg": api.signing_alg.as_str(),
        "token_lifetime": api.token_lifetime,
        "token_dialect": api.token_dialect.as_str(),
        "scopes": api.scopes.iter().map(written_scope).collect::<Vec<_>>(),
        OURS: { "custom_claims": api.custom_claims, "metadata_published": api.metadata_published },
    })));
    object
}

/// A client without its id and its secret.
pub(super) fn client(client: &Client) -> Object {
    let mut object = client.kept.members().clone();
    let app_type = match client.app_type {
        AppType::Other => object.remove("app_type").unwrap_or_default(),
        known => json!(known),
    };
    object.extend(members(json!({
        "name": client.name,
        "description": client.description,
        "app_type": app_type,
        "client_metadata": client.client_metadata,
        "is_first_party": !client.third_party,
        "require_proof_of_possession": client.dpop_required,
        "token_quota": quota(client.token_quota),
        OURS: {
            "auth_methods": client.auth_methods,
            "custom_claims": client.custom_claims,
            "strict_assertions": client.strict_assertions,
            "token_lifetime": client.token_lifetime,
        },
    })));
    object
}

fn quota(quota: TokenQuota) -> Value {
    if quota.is_none() { Value::Null } else { written_quota(quota) }
}

/// What a grant grants.
pub(super) fn grant(grant: &Grant) -> Object {
    let mut object = grant.kept.members().clone();
    object.extend(members(if grant.all_scopes {
        json!({ "allow_all_scopes": true })
    } else {
        json!({ "scope": grant.scope })
    }));
    object
}

fn members(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        _ => Object::new(),
    }
}
