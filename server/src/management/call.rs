//! From a request to a call that may be carried out: who makes it, whether they may, and what they say; in this order, so that a stranger
//! learns nothing and costs little.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Query, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use engine::{Allowance, Engine, Manager};
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::endpoint::{Endpoint, Param};
use super::error::Failure;
use super::shape::{Problem, Shape};
use crate::telemetry::{RequestId, client_address};

/// The most bytes of a body (Auth0's limit).
pub const BODY_MAX: usize = 1024 * 1024;
/// The most seconds in which a body must arrive.
pub const BODY_SECONDS: u64 = 10;
/// The most characters of a part of the path.
pub const PATH_PART_MAX: usize = 2_000;
/// The most query parameters.
pub const QUERY_MAX: usize = 100;

/// A call that may be carried out.
pub(super) struct Call {
    /// What carries it out.
    pub(super) engine: Engine,
    /// Who makes it.
    pub(super) manager: Manager,
    /// The parameters of the path.
    path: BTreeMap<String, String>,
    /// The query, by the names of the table.
    query: BTreeMap<String, Vec<String>>,
    /// The body; empty where the operation reads none.
    pub(super) body: Map<String, Value>,
}

impl Call {
    /// A parameter of the path.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.last().map(String::as_str)
    }

    /// All values of a query parameter.
    pub(super) fn queries(&self, name: &str) -> Vec<String> {
        self.query.get(name).cloned().unwrap_or_default()
    }

    /// A query parameter that is a whole number, by the table.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.query(name)?.parse().ok()
    }

    /// A query parameter that is a truth value, by the table.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        self.query(name).map(|text| text == "true")
    }
}

/// Answers a request of an operation.
pub(super) async fn answer(engine: Engine, endpoint: &Endpoint, request: Request) -> Response {
    let id = RequestId::of(request.extensions()).to_owned();
    let token = bearer(request.headers()).map(str::to_owned);
    let ip = client_address(request.extensions());
    let (allowance, answer) = match admit(&engine, endpoint, token, &ip).await {
        Ok((manager, allowance)) => (Some(allowance), carry_out(engine, endpoint, manager, request).await),
        Err((allowance, failure)) => (allowance, Err(failure)),
    };
    let mut response = answer.unwrap_or_else(|failure| respond(&failure, &id));
    if let Some(allowance) = allowance {
        add_allowance(response.headers_mut(), allowance);
    }
    // Answers hold secrets, and what is true now only.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to a failure; what is ours goes to our log.
pub(super) fn respond(failure: &Failure, id: &str) -> Response {
    if let Failure::Failed(error) | Failure::Unavailable(error) = failure {
        tracing::error!(id, %error, "a call of the Management API failed");
    }
    failure.respond(id)
}

/// Who calls, if they may.
async fn admit(
    engine: &Engine,
    endpoint: &Endpoint,
    token: Result<String, Failure>,
    ip: &str,
) -> Result<(Manager, Allowance), (Option<Allowance>, Failure)> {
    let before = |failure| (None, failure);
    let manager = engine.manager(&token.map_err(before)?, ip).await.map_err(|error| before(error.into()))?;
    let allowance = engine
        .take_call(&manager.actor.id)
        .map_err(|allowance| (Some(allowance), Failure::TooMany(allowance)))?;
    if endpoint.scopes.is_empty() || manager.holds_any(endpoint.scopes) {
        Ok((manager, allowance))
    } else {
        Err((Some(allowance), Failure::Scope(endpoint.scopes)))
    }
}

/// The token of the request (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Err(Failure::NoToken);
    };
    let parts = header.to_str().ok().and_then(|text| text.trim().split_once(' '));
    match parts {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().contains(' ') && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(Failure::MalformedHeader),
    }
}

async fn carry_out(engine: Engine, endpoint: &Endpoint, manager: Manager, request: Request) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let path = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        Err(_) => return Err(Failure::Path("path")),
    };
    check_path(&path)?;
    let query = read_query(&endpoint.query, &parts.uri)?;
    let body = match &endpoint.body {
        Some(shape) => read_body(shape, body).await?,
        None => Map::new(),
    };
    let call = Call {
        engine,
        manager,
        path,
        query,
        body,
    };
    let reply = (endpoint.run)(call).await?;
    Ok(match reply.body {
        Some(body) => (reply.status, axum::Json(body)).into_response(),
        None => reply.status.into_response(),
    })
}

fn check_path(path: &BTreeMap<String, String>) -> Result<(), Failure> {
    for (name, value) in path {
        if value.is_empty() || value.chars().count() > PATH_PART_MAX {
            return Err(Failure::Path(if name == "kid" { "kid" } else { "id" }));
        }
    }
    Ok(())
}

/// Every parameter must be in the table, in its form.
fn read_query(params: &[Param], uri: &http::Uri) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return Err(Failure::query("", "The query string can't be read"));
    };
    if pairs.len() > QUERY_MAX {
        return Err(Failure::query("", format!("Too many parameters, maximum {QUERY_MAX}")));
    }
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in pairs {
        let Some(param) = params.iter().find(|param| param.name == name) else {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            return Err(Failure::query("", format!("Additional properties not allowed: {shown}")));
        };
        let value = value_of(&param.shape, &text);
        param.shape.check(&value).map_err(|problem| Failure::query(param.name, problem.what))?;
        let values = query.entry(name).or_default();
        if !param.repeats && !values.is_empty() {
            return Err(Failure::query(param.name, "The parameter is there more than once"));
        }
        values.push(text);
    }
    Ok(query)
}

/// The text of a query as the value that its form expects.
fn value_of(shape: &Shape, text: &str) -> Value {
    match shape {
        Shape::Whole(..) if !text.starts_with('+') => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Shape::Bool if text == "true" || text == "false" => (text == "true").into(),
        _ => text.into(),
    }
}

async fn read_body(shape: &Shape, body: Body) -> Result<Map<String, Value>, Failure> {
    let whole = timeout(Duration::from_secs(BODY_SECONDS), collect(body)).await;
    let bytes = whole.unwrap_or(Err(Failure::TooSlow(BODY_SECONDS)))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::Body(Problem {
            what: format!("The body is not valid JSON: {error}"),
            at: String::new(),
        })
    })?;
    shape.check(&value).map_err(Failure::Body)?;
    match value {
        Value::Object(body) => Ok(body),
        _ => Err(Failure::body("", "Expected type object")),
    }
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        // Whoever breaks the connection off reads no answer.
        let Ok(frame) = frame else {
            return Err(Failure::body("", "The body broke off"));
        };
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > BODY_MAX {
                return Err(Failure::TooLarge(BODY_MAX));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn add_allowance(headers: &mut HeaderMap, allowance: Allowance) {
    let values = [
        ("x-ratelimit-limit", i64::from(allowance.limit)),
        ("x-ratelimit-remaining", i64::from(allowance.remaining)),
        ("x-ratelimit-reset", allowance.reset),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// What can go wrong with every operation.
pub(super) const FAILURES: [StatusCode; 4] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::management::endpoint::param;

    fn query(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
        let params = [
            param("page", Shape::Whole(0, 10), ""),
            param("include_totals", Shape::Bool, ""),
            Param {
                repeats: true,
                ..param("identifiers", Shape::Text(1, 5), "")
            },
        ];
        read_query(&params, &format!("/x?{text}").parse().unwrap()).map_err(|failure| match failure {
            Failure::Query(problem) => format!("{} at {}", problem.what, problem.at),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn queries_are_read_by_their_table() {
        let read = query("page=2&identifiers=a%2F&identifiers=b&include_totals=true").unwrap();
        assert_eq!(read["identifiers"], ["a/", "b"]);
        assert_eq!((read["page"][0].as_str(), read["include_totals"][0].as_str()), ("2", "true"));
        for (text, expect) in [
            ("pages=2", "Additional properties not allowed: pages at "),
            ("page=11", "Value 11 is greater than maximum 10 at page"),
            ("page=x", "Expected type integer but found type string at page"),
            ("page=", "Expected type integer but found type string at page"),
            ("page=+1", "Expected type integer but found type string at page"),
            ("page=1&page=2", "The parameter is there more than once at page"),
            ("include_totals=1", "Expected type boolean but found type string at include_totals"),
            ("identifiers=", "String is too short (0 chars), minimum 1 at identifiers"),
        ] {
            assert_eq!(query(text), Err(expect.to_owned()), "{text}");
        }
    }

    #[test]
    fn rfc6750_section_2_1_the_header() {
        let of = |text: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(text).unwrap())]);
            bearer(&headers).map(str::to_owned).ok()
        };
        assert_eq!(of("Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(of("bearer  a.b.c ").as_deref(), Some("a.b.c"));
        for text in ["a.b.c", "Bearer", "Bearer ", "Basic YQ==", "Bearer a b", "DPoP a.b.c"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
