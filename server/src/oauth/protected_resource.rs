//! `GET /.well-known/oauth-protected-resource?resource=…`: what a client must know to call an API (RFC 9728 §2).
//!
//! RFC 9728 §3.1 looks for the document at the API's own host. APIs have hosts of their own, so it is made here, and whoever runs the API
//! serves or proxies it from there. Only the APIs whose admins chose so have one; all else is answered as if it were not there.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use http::HeaderMap;
use model::api::Api;
use model::issuer::Issuer;
use serde::Serialize;

use super::discovery::algs_of_clients;
use super::request::form_decode;
use crate::document;
use crate::router::not_found;

/// Answers with the document of the API that the query names.
pub(crate) async fn protected_resource(State(engine): State<Engine>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let named = query.as_deref().and_then(resource);
    let Some(api) = named.and_then(|identifier| engine.published_api(&identifier)) else {
        return not_found().await.into_response();
    };
    let body = serde_json::to_vec(&Metadata::of(&api, engine.issuer())).unwrap_or_default();
    document::respond(&headers, &document::etag(&body), body)
}

/// The only parameter `resource`; two of them name nothing.
fn resource(query: &str) -> Option<String> {
    let mut values = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| form_decode(name).as_deref() == Some("resource"));
    let (_, value) = values.next()?;
    if values.next().is_some() { None } else { form_decode(value) }
}

/// `jwks_uri` and `resource_signing_alg_values_supported` are left out: they are about keys of the API itself, with which it signs its
/// answers (RFC 9728 §2). The keys that verify tokens stand in the metadata of the authorization server.
#[derive(Serialize)]
struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    /// RFC 9728 §3.2: left out rather than empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'a str,
    /// What proofs at the API may be signed with: by the keys that its tokens are bound to. Whether an API that does not require DPoP checks
    /// proofs at all is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_signing_alg_values_supported: Option<[&'static str; 5]>,
    /// Left out where it has its default, false.
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_bound_access_tokens_required: Option<bool>,
}

impl<'a> Metadata<'a> {
    fn of(api: &'a Api, issuer: &'a Issuer) -> Self {
        Self {
            resource: &api.identifier,
            authorization_servers: [issuer.as_str()],
            scopes_supported: api.scopes.iter().map(|scope| scope.value.as_str()).collect(),
            bearer_methods_supported: ["header"],
            resource_name: &api.name,
            dpop_signing_alg_values_supported: api.dpop_required.then(algs_of_clients),
            dpop_bound_access_tokens_required: api.dpop_required.then_some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::resource;

    #[test]
    fn the_query_names_one_resource() {
        for (query, expect) in [
            ("resource=https%3A%2F%2Fa%2F", Some("https://a/")),
            ("resource=https://a/?b=c", Some("https://a/?b=c")),
            ("x=1&resource=a&y", Some("a")),
            ("res%6Furce=a", Some("a")),
            ("resource=a&resource=a", None),
            ("resource=%FF", None),
            ("resource", None),
            ("", None),
        ] {
            assert_eq!(resource(query).as_deref(), expect, "{query}");
        }
    }
}
