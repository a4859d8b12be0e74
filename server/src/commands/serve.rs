//! `tessera serve`: the server, until SIGTERM or SIGINT.

use std::io;
use std::net::SocketAddr;

use engine::Engine;
use server::Options;
use server::tls::{Tls, TlsFiles};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;
use super::output::Output;

/// Set by `cargo leptos watch` while it rebuilds the bundle under us.
const LIVE_RELOAD: &str = "LEPTOS_WATCH";

/// Listens, says where, and serves until a signal.
pub(super) async fn serve(
    listen: SocketAddr,
    tls: Option<TlsFiles>,
    config: engine::Config,
    options: Options,
    output: Output,
) -> Result<(), Failure> {
    let failed = |what: String| move |error: io::Error| Failure::Io { what, error };
    // Before anything else, so that a signal during the start is not lost.
    let stop = Stop::new().map_err(failed("Signals can't be caught".to_owned()))?;
    // Before the engine opens, so that files that can't be used or a port in use change nothing.
    let tls = tls.map(Tls::open).transpose()?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(failed(format!("TESSERA_LISTEN (--listen): can't listen on {listen}")))?;
    let address = listener.local_addr().map_err(failed("The address is not known".to_owned()))?;
    let engine = Engine::open(config).await?;
    engine.adopt_issuer().await?;
    output.line(&greeting(&engine, address).await?);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, issuer = %engine.issuer(), tls = tls.is_some(), "listening");
    let options = Options {
        live_reload: std::env::var_os(LIVE_RELOAD).is_some(),
        ..options
    };
    server::serve(listener, tls, engine, options, stop.asked()).await;
    Ok(())
}

/// The one line on stdout: what to open first, or that we are there.
async fn greeting(engine: &Engine, address: SocketAddr) -> Result<String, Failure> {
    Ok(match engine.setup_code().await? {
        Some(code) => format!(
            "Open {} to create the first admin",
            engine.issuer().join(&format!("setup?code={}", code.reveal()))
        ),
        None => format!("Tessera {} listens on {address} as {}", env!("CARGO_PKG_VERSION"), engine.issuer()),
    })
}

/// The two signals that ask us to stop.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
