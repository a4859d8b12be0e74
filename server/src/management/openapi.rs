//! The OpenAPI 3.1 document, made of the same table that the routes are made of.

use std::collections::BTreeMap;

use engine::Engine;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::FAILURES;
use super::endpoint::Endpoint;
use super::{endpoints, error};

/// The document for the server at this address.
pub(super) fn document(engine: &Engine) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let endpoints = endpoints();
    for endpoint in &endpoints {
        let method = endpoint.method.as_str().to_lowercase();
        paths.entry(endpoint.path).or_default().insert(method, operation(endpoint));
    }
    let scopes: BTreeMap<&str, &str> = endpoints.iter().flat_map(|endpoint| endpoint.scopes).map(|scope| (*scope, "")).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tessera Management API",
            "version": "2",
            "description": "Everything that the dashboard does, for programs. Paths, members, paging, scopes and errors are those of Auth0's Management API v2; what Auth0 does not have is in members called `tessera` and below `/tessera`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": engine.issuer().join("api/v2") }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "flows": { "clientCredentials": { "tokenUrl": engine.issuer().join("oauth/token"), "scopes": scopes } },
                },
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "schemas": { "Error": error::schema() },
            "headers": {
                "x-ratelimit-limit": { "description": "The most calls at once.", "schema": { "type": "integer" } },
                "x-ratelimit-remaining": { "description": "Calls that are left now.", "schema": { "type": "integer" } },
                "x-ratelimit-reset": { "description": "When all are there again, in seconds since 1970.", "schema": { "type": "integer" } },
                "retry-after": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let in_path = endpoint.path_params();
    let in_path = in_path.iter().map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": { "type": "string", "minLength": 1, "maxLength": super::call::PATH_PART_MAX },
        })
    });
    let in_query = endpoint.query.iter().map(|param| {
        let schema = param.shape.schema();
        let schema = if param.repeats {
            json!({ "type": "array", "items": schema, "maxItems": 50 })
        } else {
            schema
        };
        json!({ "name": param.name, "in": "query", "required": false, "description": param.summary, "schema": schema })
    });
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "tags": [endpoint.path.split('/').nth(1).unwrap_or_default()],
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": responses(endpoint),
        // One of the scopes is enough, so each stands alone.
        "security": security(endpoint),
    });
    if let Some(shape) = &endpoint.body {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": shape.schema() } } });
    }
    operation
}

fn security(endpoint: &Endpoint) -> Value {
    let by_client = endpoint.scopes.iter().map(|scope| json!({ "client": [scope] }));
    by_client.chain([json!({ "token": [] })]).collect()
}

fn responses(endpoint: &Endpoint) -> Value {
    let headers = json!({
        "x-ratelimit-limit": { "$ref": "#/components/headers/x-ratelimit-limit" },
        "x-ratelimit-remaining": { "$ref": "#/components/headers/x-ratelimit-remaining" },
        "x-ratelimit-reset": { "$ref": "#/components/headers/x-ratelimit-reset" },
    });
    let (status, shape) = &endpoint.answer;
    let mut answered = json!({ "description": reason(*status), "headers": headers });
    if let Some(shape) = shape {
        answered["content"] = json!({ "application/json": { "schema": shape.schema() } });
    }
    let mut responses = Map::from_iter([(status.as_u16().to_string(), answered)]);
    let mut failures: Vec<StatusCode> = FAILURES.into_iter().chain(endpoint.failures.iter().copied()).collect();
    if endpoint.body.is_some() {
        failures.extend([StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE]);
    }
    failures.push(StatusCode::SERVICE_UNAVAILABLE);
    for status in failures {
        let mut answered = json!({
            "description": reason(status),
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
        });
        if status == StatusCode::TOO_MANY_REQUESTS {
            answered["headers"] = headers.clone();
            answered["headers"]["retry-after"] = json!({ "$ref": "#/components/headers/retry-after" });
        }
        responses.insert(status.as_u16().to_string(), answered);
    }
    responses.into()
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Answer")
}
