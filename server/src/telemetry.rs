//! What happened to each request: an id, a span, and an answer even where code panics.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{Extensions, HeaderName, HeaderValue, StatusCode};
use tracing::Instrument as _;
use tracing_subscriber::EnvFilter;

use crate::proxies::TrustedProxies;

/// Where the caller finds the id, to quote it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts logging to stderr; stdout belongs to the answers of commands.
pub fn start_logging(filter: EnvFilter) {
    let stderr = std::io::stderr;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // Colours are for people: in a file or a journal they are only noise. A second call would come from a test in the same
    // process; the first filter then stays.
    let _ = log.with_ansi(stderr().is_terminal()).try_init();
}

/// Names a request in the log and in answers about our own failures.
#[derive(Clone)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The id of the request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> &str {
        extensions.get::<Self>().map_or("-", |id| &id.0)
    }
}

/// Hands on what is known of a request to another that it makes within the house.
pub(crate) fn carry(from: &Extensions, to: &mut Extensions) {
    if let Some(id) = from.get::<RequestId>() {
        to.insert(id.clone());
    }
    if let Some(address) = from.get::<ClientAddress>() {
        to.insert(address.clone());
    }
}

/// Where a request came from.
#[derive(Clone)]
struct ClientAddress(String);

/// Where a request came from, as far as our proxies say; empty where there is no connection, as in tests without a socket.
pub(crate) fn client_address(extensions: &Extensions) -> String {
    extensions.get::<ClientAddress>().map(|address| address.0.clone()).unwrap_or_default()
}

/// Notes where the request came from.
pub(crate) fn find_address(proxies: &TrustedProxies, request: &mut Request) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if let Some(peer) = peer {
        let address = proxies.client(peer, request.headers()).to_string();
        request.extensions_mut().insert(ClientAddress(address));
    }
}

/// Makes ids that differ between requests and, by the time of start, between runs.
pub(crate) struct RequestIds {
    started: i64,
    count: AtomicU64,
}

impl RequestIds {
    /// `started` tells this run from others.
    pub(crate) fn new(started: i64) -> Self {
        Self {
            started,
            count: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        format!("{:x}-{:x}", self.started, self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// Gives the request an id, logs how it went, and turns a panic into an answer.
///
/// The log gets the path but never the query, where the set-up code stands, nor headers or bodies.
pub(crate) async fn observe(ids: &RequestIds, mut request: Request, next: Next) -> Response {
    let id = ids.next();
    let span = tracing::debug_span!("request", id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response = answered.unwrap_or_else(|_| {
        // The panic hook has printed where it was.
        tracing::error!(parent: &span, id, "a request failed by a panic");
        let text = format!("Something went wrong here. The log of the server has the details under {id}.\n");
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    });
    tracing::debug!(parent: &span, status = response.status().as_u16(), "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ() {
        let ids = RequestIds::new(0x10);
        assert_eq!((ids.next(), ids.next()), ("10-0".to_owned(), "10-1".to_owned()));
    }
}
