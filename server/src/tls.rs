//! TLS on our own listener: a certificate and its key from two files, which are looked at now and then so that a renewal needs no restart.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::crypto::aws_lc_rs::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, InconsistentKeys, ServerConfig};
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::config::ConfigError;

/// The longest time that a TLS handshake may take.
pub const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// The most bytes of the file of the certificate chain, and of that of the key. No client takes a longer chain anyway.
pub const FILE_MAX: usize = 64 * 1024;
/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(2);
/// What is spoken inside, as ALPN names it (RFC 7301).
const PROTOCOL: &[u8] = b"http/1.1";

/// Where the certificate chain and its private key lie, each as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of this server, then those between it and a root.
    pub cert: PathBuf,
    /// The private key of the first of them.
    pub key: PathBuf,
}

/// What new connections are secured with. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    files: TlsFiles,
    serving: ArcSwap<ServerConfig>,
    /// What was found at the last look, usable or not: only a change is worth a word.
    seen: Mutex<Result<Fingerprint, ConfigError>>,
}

/// What a look at the files brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Looked {
    /// What was there at the last look too.
    Same,
    /// Another pair: it serves the connections that come now.
    Renewed,
    /// Something else that can't be used: the pair from before goes on.
    Unusable(ConfigError),
}

impl Tls {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] naming the setting whose file can't be used.
    pub fn open(files: TlsFiles) -> Result<Self, ConfigError> {
        let pair = Pair::read(&files)?;
        Ok(Self(Arc::new(Shared {
            serving: ArcSwap::from_pointee(pair.config(&files)?),
            seen: Mutex::new(Ok(pair.fingerprint())),
            files,
        })))
    }

    /// Performs the handshake of a connection, for at most [`HANDSHAKE_MAX`].
    ///
    /// # Errors
    /// [`io::Error`] if the other end does not speak TLS, wants what we don't have, breaks off or takes too long.
    pub async fn secure<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let handshake = TlsAcceptor::from(self.0.serving.load_full()).accept(stream);
        let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long"));
        timeout(HANDSHAKE_MAX, handshake).await.unwrap_or_else(late)
    }

    /// Looks at the files again, and serves what they hold now if it can be used.
    pub async fn look_again(&self) -> Looked {
        let shared = self.0.clone();
        // Files may lie on a disk that does not answer. A look that did not end found nothing new.
        let looked = tokio::task::spawn_blocking(move || shared.look()).await;
        looked.unwrap_or(Looked::Same)
    }

    /// Looks again and again, for as long as it is polled, and logs what came of it.
    pub(crate) async fn follow(&self) {
        let mut looks = interval(LOOKED_AT_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            match self.look_again().await {
                Looked::Same => {}
                Looked::Renewed => tracing::info!(file = %self.0.files.cert.display(), "new connections get the new certificate"),
                Looked::Unusable(error) => tracing::warn!(%error, "the new certificate can't be used, so the one from before is served on"),
            }
        }
    }
}

impl Shared {
    fn look(&self) -> Looked {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = Pair::read(&self.files);
        let found = pair.as_ref().map(Pair::fingerprint).map_err(Clone::clone);
        if *seen == found {
            return Looked::Same;
        }
        *seen = found;
        match pair.and_then(|pair| pair.config(&self.files)) {
            Ok(config) => {
                self.serving.store(Arc::new(config));
                Looked::Renewed
            }
            Err(error) => Looked::Unusable(error),
        }
    }
}

/// SHA-256 of both files: what is compared holds no key. Neither time nor inode says as much, whichever way files are replaced.
type Fingerprint = [Vec<u8>; 2];

/// What the two files hold. They may be one, with both in it.
struct Pair {
    cert: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
}

impl Pair {
    fn read(files: &TlsFiles) -> Result<Self, ConfigError> {
        Ok(Self {
            cert: read(&files.cert).map_err(of_cert)?,
            key: read(&files.key).map_err(of_key)?,
        })
    }

    fn fingerprint(&self) -> Fingerprint {
        [self.cert.as_slice(), self.key.as_slice()].map(|bytes| digest(&SHA256, bytes).as_ref().to_vec())
    }

    /// Both taken apart and held against each other.
    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, ConfigError> {
        let (cert, key) = (files.cert.display(), files.key.display());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .map_err(|error| of_cert(format!("{cert} {}.", malformed(&error))))?;
        if chain.is_empty() {
            return Err(of_cert(format!("{cert} holds no certificate in PEM form.")));
        }
        let der = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| of_key(format!("{key} {}.", unreadable_key(&error))))?;
        let signer = any_supported_type(&Zeroizing::new(der))
            .map_err(|_| of_key(format!("the private key in {key} is none of RSA, ECDSA or Ed25519 that can be used.")))?;
        let pair = CertifiedKey::new(chain, signer);
        match pair.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                return Err(of_key(format!(
                    "the private key in {key} does not belong to the first certificate in {cert}."
                )));
            }
            Err(error) => return Err(of_cert(format!("the first certificate in {cert} can't be read: {error}."))),
        }
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
        let mut config = builder
            .map_err(|error| of_cert(format!("TLS can't be spoken: {error}.")))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(config)
    }
}

/// A whole file of at most [`FILE_MAX`] bytes, or what is wrong with it. Wiped afterwards, since it may hold a key.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let unread = |error: io::Error| format!("{} can't be read: {error}.", path.display());
    // Asked first, since opening a pipe would wait for whoever writes to it.
    if !path.metadata().map_err(unread)?.is_file() {
        return Err(format!("give the path of a file; {} is none.", path.display()));
    }
    // Large enough at once, so that it never moves and leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_MAX + 1));
    let most = FILE_MAX as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(unread)?;
    if bytes.len() > FILE_MAX {
        return Err(format!("{} is longer than {} KiB.", path.display(), FILE_MAX / 1024));
    }
    Ok(bytes)
}

/// In words of ours: those of the parser may repeat a line of the file.
fn malformed(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "ends in the middle of a section (BEGIN without END)",
        _ => "is not well-formed PEM",
    }
}

fn unreadable_key(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::NoItemsFound => "holds no private key in PEM form without a password (PKCS#8, PKCS#1 or SEC1)",
        error => malformed(error),
    }
}

fn of_cert(message: String) -> ConfigError {
    ConfigError::Malformed {
        variable: "TESSERA_TLS_CERT",
        flag: "--tls-cert",
        message,
    }
}

fn of_key(message: String) -> ConfigError {
    ConfigError::Malformed {
        variable: "TESSERA_TLS_KEY",
        flag: "--tls-key",
        message,
    }
}
