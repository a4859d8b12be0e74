//! From a listener to answers, until a signal; requests in flight are finished.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use engine::Engine;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use crate::router::{Options, router};
use crate::tls::Tls;

/// The longest time in which the head of a request must arrive, and that an idle connection is kept.
pub const HEAD_MAX: Duration = Duration::from_secs(30);
/// The most bytes of the head of a request.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The longest time that requests in flight may take once we are asked to stop.
pub const STOP_MAX: Duration = Duration::from_secs(30);
/// The most connections at a time; more wait in the queue of the system.
pub const CONNECTIONS_MAX: usize = 8_192;
/// How long to wait when the system can give us no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection is given.
#[derive(Clone)]
struct Shared {
    router: Router,
    tls: Option<Tls>,
    /// Closed once we are asked to stop.
    stopping: watch::Receiver<()>,
}

/// Serves until `stop` resolves, then lets requests in flight finish and closes the engine. With `tls` it speaks nothing else.
pub async fn serve(listener: TcpListener, tls: Option<Tls>, engine: Engine, options: Options, stop: impl Future<Output = ()>) {
    let (until_stop, stopping) = watch::channel(());
    let shared = Shared {
        router: router(engine.clone(), options),
        tls,
        stopping,
    };
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::select! {
        () = accept(&listener, &shared, &connections, &room) => {}
        () = follow(shared.tls.as_ref()) => {}
        () = stop => {}
    }
    // Closed at once, so that a load balancer or a successor gets the next connection.
    drop(listener);
    drop(until_stop);
    tracing::info!(connections = connections.count(), "stopping");
    if tokio::time::timeout(STOP_MAX, connections.shutdown()).await.is_err() {
        tracing::warn!(seconds = STOP_MAX.as_secs(), "some requests did not finish in time");
    }
    engine.close().await;
}

/// Never ends: without TLS there is nothing to look at.
async fn follow(tls: Option<&Tls>) {
    match tls {
        Some(tls) => tls.follow().await,
        None => std::future::pending().await,
    }
}

async fn accept(listener: &TcpListener, shared: &Shared, connections: &GracefulShutdown, room: &Arc<Semaphore>) {
    // The semaphore is never closed, so this loop only ends with the caller.
    while let Ok(place) = room.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, address)) => {
                tokio::spawn(converse(stream, address, shared.clone(), connections.watcher(), place));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted now");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Secures one connection if we speak TLS, and answers its requests.
async fn converse(stream: TcpStream, address: SocketAddr, shared: Shared, watcher: Watcher, _place: OwnedSemaphorePermit) {
    // Answers are small and whole: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let Shared { router, tls, mut stopping } = shared;
    let Some(tls) = tls else {
        return answer(stream, address, router, watcher).await;
    };
    let secured = tokio::select! {
        secured = tls.secure(stream) => secured,
        // Nothing has been asked yet, so nothing is lost, and a slow handshake holds no stop up.
        _ = stopping.changed() => return,
    };
    match secured {
        Ok(stream) => answer(stream, address, router, watcher).await,
        Err(error) => tracing::debug!(%error, %address, "a TLS handshake failed"),
    }
}

/// Answers the requests of one connection.
async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, address: SocketAddr, router: Router, watcher: Watcher) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Whether the other end was gone before we answered, which says nothing about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
