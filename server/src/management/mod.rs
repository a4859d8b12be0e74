//! The Management API: everything that the dashboard does, for programs, in the words of Auth0's Management API v2.
//!
//! Each file of a noun has two tables: of its members (`table`), each with its form and what becomes of it, and of its operations
//! (`endpoints`). Routes, checks of what comes in, the OpenAPI document and the page about compatibility are made of these. A call passes
//! [`call`] (who, whether they may, what they say), then the operation, which asks the engine, then [`error`] if it was refused.

mod access;
pub(crate) mod call;
mod client_grants;
mod clients;
mod credentials;
mod endpoint;
mod error;
mod fields;
mod introspectors;
mod logs;
mod moment;
mod openapi;
mod ours;
mod paging;
mod resource_servers;
mod rotation;
mod secrets;
mod shape;
mod signing_keys;
mod signing_secrets;
mod stats;
mod tenant;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRef, Request, State};
use axum::routing::{MethodFilter, MethodRouter, any, on};
use engine::Engine;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::telemetry::RequestId;
pub(crate) use clients::written_quota;
use endpoint::{Endpoint, Reply};
use error::{Failure, NOTHING};
use fields::Effect;
pub(crate) use resource_servers::written_scope;
use shape::Shape;

/// Every operation.
fn endpoints() -> Vec<Endpoint> {
    [
        clients::endpoints(),
        credentials::endpoints(),
        secrets::endpoints(),
        access::endpoints(),
        resource_servers::endpoints(),
        signing_secrets::endpoints(),
        introspectors::endpoints(),
        client_grants::endpoints(),
        signing_keys::endpoints(),
        rotation::endpoints(),
        tenant::endpoints(),
        logs::endpoints(),
        stats::endpoints(),
        vec![Endpoint {
            method: Method::GET,
            path: "/openapi.json",
            id: "tessera_get_openapi",
            summary: "This document.",
            scopes: &[],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::Open(Vec::new()))),
            failures: &[],
            run: |call| Box::pin(async move { Ok(Reply::ok(openapi::document(&call.engine))) }),
        }],
    ]
    .concat()
}

/// The routes, by path.
pub(crate) fn routes<S>() -> Vec<(String, MethodRouter<S>)>
where
    S: Clone + Send + Sync + 'static,
    Engine: FromRef<S>,
{
    let mut by_path: BTreeMap<String, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints() {
        by_path.entry(endpoint.address()).or_default().push(endpoint);
    }
    let route = |(path, endpoints): (String, Vec<Endpoint>)| {
        let methods: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.method.as_str()).collect();
        let allowed = methods.join(", ");
        let mut methods = MethodRouter::new();
        for endpoint in endpoints {
            methods = methods.merge(of(endpoint));
        }
        let other = move |request: Request| {
            let failure = Failure::Method(allowed.clone());
            async move { failure.respond(RequestId::of(request.extensions())) }
        };
        (path, methods.fallback(other))
    };
    let nothing = |request: Request| async move { NOTHING.respond(RequestId::of(request.extensions())) };
    let nowhere = ["/api/v2", "/api/v2/", "/api/v2/{*rest}"].map(|path| (path.to_owned(), any(nothing)));
    by_path.into_iter().map(route).chain(nowhere).collect()
}

fn of<S>(endpoint: Endpoint) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Engine: FromRef<S>,
{
    // Each method of the table is one that axum knows.
    let filter = MethodFilter::try_from(endpoint.method.clone()).unwrap_or(MethodFilter::GET);
    let endpoint = Arc::new(endpoint);
    on(filter, move |State(engine): State<Engine>, request: Request| {
        let endpoint = endpoint.clone();
        async move { call::answer(engine, &endpoint, request).await }
    })
}

/// An operation as tests see it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its whole path, with parameters as `{id}`.
    pub path: String,
    /// One of these a token must hold; none stands for any token of the Management API.
    pub scopes: &'static [&'static str],
}

/// Every operation, for the test that tries each with every bad token.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let operation = |endpoint: Endpoint| Operation {
        path: endpoint.address(),
        method: endpoint.method,
        scopes: endpoint.scopes,
    };
    endpoints().into_iter().map(operation).collect()
}

/// The names of what is kept without effect with a client.
pub(crate) fn kept_of_clients() -> Vec<&'static str> {
    fields::kept_names(&clients::table())
}

/// The same of a resource server.
pub(crate) fn kept_of_resource_servers() -> Vec<&'static str> {
    fields::kept_names(&resource_servers::table())
}

/// The same of a client grant.
pub(crate) fn kept_of_client_grants() -> Vec<&'static str> {
    fields::kept_names(&client_grants::table())
}

/// The OpenAPI document.
#[must_use]
pub fn openapi(engine: &Engine) -> Value {
    openapi::document(engine)
}

/// The page `docs/COMPATIBILITY.md`: each member of each object and what becomes of it.
#[must_use]
pub fn compatibility() -> String {
    let objects = [
        ("Client", "/clients", clients::table()),
        ("Client credential", "/clients/{client_id}/credentials", credentials::table()),
        ("Resource server", "/resource-servers", resource_servers::table()),
        ("Client grant", "/client-grants", client_grants::table()),
        ("Signing key", "/keys/signing", signing_keys::table()),
        ("Tenant settings", "/tenants/settings", tenant::table()),
        ("Log entry", "/logs", logs::table()),
        ("Day", "/stats/daily", stats::table()),
        ("Client secret", "/tessera/clients/{client_id}/secrets", secrets::table()),
    ];
    let mut page = String::from(COMPATIBILITY);
    for (name, path, table) in objects {
        page.push_str(&format!("\n## {name}\n\n`{path}`\n\n| member | here | remark |\n|---|---|---|\n"));
        for field in table {
            let (effect, why) = match field.effect {
                Effect::Works => ("works", ""),
                Effect::Kept => ("kept, without effect", ""),
                Effect::Told => ("in answers only", ""),
                Effect::Refused(why) => ("refused", why),
                Effect::Ours => ("ours", ""),
            };
            let remark = [why, field.note]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            page.push_str(&format!("| `{}` | {effect} | {remark} |\n", field.name));
        }
    }
    page.push_str("\n## Operations of ours\n\nWhat Auth0 has no operation for, below `/api/v2`.\n\n| operation | what it does |\n|---|---|\n");
    for endpoint in endpoints().into_iter().filter(|endpoint| endpoint.id.starts_with("tessera_")) {
        page.push_str(&format!("| `{} {}` | {} |\n", endpoint.method, endpoint.path, endpoint.summary));
    }
    page
}

const COMPATIBILITY: &str = "\
# Compatibility of the Management API

What becomes here of each member of Auth0's objects, for whoever moves from there. This page is made of the tables that check every call; a test
fails when it is old.

- **works**: it does here what it does at Auth0.
- **kept, without effect**: it is stored and given back as it was sent, so that tools find what they wrote; it changes nothing.
- **in answers only**: it can't be set.
- **refused**: any value but `null` is answered with 400, since it would promise what does not happen.
- **ours**: Auth0 has nothing of this name.

Members that are in no table are refused with 400, which names them.
";
