//! The guard tester's way to an API: one GET request on a connection of its own.
//!
//! It is a client by hand, so that what it must not do it can't: it follows no redirects, keeps no cookies and no connections, and asks
//! no proxy. The name is looked up once, every address that it has is looked at, and only those are connected to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, HeaderValue, USER_AGENT, WWW_AUTHENTICATE};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use model::Invalid;
use model::guard::check_url;
use model::guard_report::Outcome;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::guard_address::{is_metadata_name, refusal};

/// The most bytes of an answer that are read; only its head says something.
pub const ANSWER_MAX: usize = 64 * 1024;
/// How long the rest of an answer is read: only so that APIs don't see their connection broken.
const REST_MAX: Duration = Duration::from_secs(1);
/// How this program names itself.
const AGENT: &str = concat!("Tessera-Guard/", env!("CARGO_PKG_VERSION"));

/// An API whose address was looked up and may be called.
pub(crate) struct Target {
    host: String,
    authority: String,
    path: String,
    addresses: Vec<SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Why there is no connection; in words for the person who typed the address.
#[derive(Debug)]
pub(crate) struct Unreachable(pub(crate) String);

impl From<Unreachable> for Invalid {
    fn from(unreachable: Unreachable) -> Self {
        Self::new("url", unreachable.0)
    }
}

impl Target {
    /// Reads the address of an API and looks up its host. Unless `any` is set, addresses are refused that no API should have.
    ///
    /// # Errors
    /// [`Invalid`] on `url`.
    pub(crate) async fn find(url: &str, any: bool, patience: Duration) -> Result<Self, Invalid> {
        check_url(url)?;
        let unreadable = || Invalid::new("url", "Enter an address that can be read, for example https://orders.example.com/orders.");
        let uri: Uri = url.parse().map_err(|_| unreadable())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(unreadable)?;
        let is_https = uri.scheme_str() == Some("https");
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let port = match authority.strip_prefix(host) {
            Some("") if is_https => 443,
            Some("") => 80,
            // A port that is no number of 16 bits is not left out in silence.
            rest => rest.and_then(|rest| rest.strip_prefix(':')?.parse().ok()).ok_or_else(unreadable)?,
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if !any && is_metadata_name(bare) {
            return Err(refused(bare, "the metadata service of a cloud"));
        }
        let addresses = look_up(bare, port, patience).await?;
        if let Some((address, why)) = addresses
            .iter()
            .find_map(|address| Some((address, refusal(address.ip())?)))
            .filter(|_| !any)
        {
            return Err(refused(&address.ip().to_string(), why));
        }
        Ok(Self {
            tls: if is_https { Some(tls(bare).await?) } else { None },
            host: bare.to_owned(),
            authority,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            addresses,
        })
    }

    /// Sends one request and reads what comes back, within `patience`.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no connection, or what is there does not speak HTTP.
    pub(crate) async fn call(&self, token: Option<&str>, patience: Duration) -> Result<Outcome, Unreachable> {
        let request = self.request(token)?;
        let until = Instant::now() + patience;
        let connected = timeout_at(until, self.connect()).await;
        let stream = connected.unwrap_or_else(|_| Err(self.no_connection("it did not answer in time")))?;
        // Ends with the set, however this function ends.
        let mut driver = JoinSet::new();
        let answer = match timeout_at(until, answer(stream, request, &mut driver)).await {
            Err(_) => return Ok(Outcome::TimedOut),
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_parse() => {
                return Err(Unreachable(
                    "What answers there does not speak HTTP. If it speaks TLS, start the address with https://.".to_owned(),
                ));
            }
            Ok(Err(_)) => return Ok(Outcome::Cut),
        };
        let outcome = Outcome::Answered {
            status: answer.status().as_u16(),
            challenge: answer.headers().get_all(WWW_AUTHENTICATE).iter().any(|value| !value.is_empty()),
        };
        // What it says is not looked at, and whether it comes in time neither.
        let _ = timeout(REST_MAX, read_rest(answer)).await;
        Ok(outcome)
    }

    fn request(&self, token: Option<&str>) -> Result<Request<Empty<Bytes>>, Unreachable> {
        let unwritable = |_: http::Error| Unreachable("The address can't be sent as it is: write it in its encoded form.".to_owned());
        let mut request = Request::get(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close");
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| unwritable(error.into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        request.body(Empty::new()).map_err(unwritable)
    }

    /// A connection, with TLS if the address asks for it.
    async fn connect(&self) -> Result<Box<dyn Connection>, Unreachable> {
        let stream = self.connect_to_any().await?;
        let Some((connector, name)) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let stream = connector.connect(name.clone(), stream).await.map_err(|error| {
            Unreachable(format!(
                "There is no TLS connection with {}: {error}. If its certificate is of your own authority, put that one into the certificates of \
                 the system, or name its file in SSL_CERT_FILE.",
                self.host
            ))
        })?;
        Ok(Box::new(stream))
    }

    /// A connection with the first of the addresses that takes one.
    async fn connect_to_any(&self) -> Result<TcpStream, Unreachable> {
        let mut last = None;
        for address in &self.addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(format!("{address}: {error}")),
            }
        }
        Err(self.no_connection(&last.unwrap_or_else(|| "it has no address".to_owned())))
    }

    fn no_connection(&self, why: &str) -> Unreachable {
        Unreachable(format!("There is no connection with {}: {why}.", self.host))
    }
}

/// A connection, with or without TLS.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// The head of the answer to a request; `driver` keeps the connection going.
async fn answer(
    stream: Box<dyn Connection>,
    request: Request<Empty<Bytes>>,
    driver: &mut JoinSet<hyper::Result<()>>,
) -> hyper::Result<Response<Incoming>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    driver.spawn(connection);
    sender.send_request(request).await
}

async fn read_rest(answer: Response<Incoming>) {
    let mut body = answer.into_body();
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= ANSWER_MAX {
            return;
        }
    }
}

async fn look_up(host: &str, port: u16, patience: Duration) -> Result<Vec<SocketAddr>, Invalid> {
    let unknown = |why: &str| Invalid::new("url", format!("The host {host} is not found{why}."));
    let found = timeout(patience, lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) => return Err(unknown("")),
        Err(_) => return Err(unknown(" in time")),
    };
    if addresses.is_empty() { Err(unknown("")) } else { Ok(addresses) }
}

fn refused(address: &str, why: &str) -> Invalid {
    Invalid::new(
        "url",
        format!("{address} is {why}. The guard tester does not call it, unless TESSERA_GUARD_ADDRESSES=any allows it."),
    )
}

/// Trusts the certificates of the system and those that browsers know.
async fn tls(host: &str) -> Result<(TlsConnector, ServerName<'static>), Invalid> {
    let failed = |why: String| Invalid::new("url", format!("No TLS connection can be made: {why}."));
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
    // Reads files.
    let roots = tokio::task::spawn_blocking(roots).await.map_err(|error| failed(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // What can't be read is not trusted; the error of the connection says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
