//! A certificate authority of one test, clients that trust it, and the two files that it renews.

use std::cell::Cell;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, SignatureAlgorithm};
use server::tls::TlsFiles;
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Signs certificates for localhost and 127.0.0.1.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

/// A certificate with its private key.
pub struct Pair {
    /// As PEM.
    pub cert: String,
    /// PKCS#8 as PEM.
    pub key: String,
    /// The same key in DER.
    pub key_der: Vec<u8>,
    /// The certificate as clients see it.
    pub der: CertificateDer<'static>,
}

/// Two files behind a link, which a renewal replaces in one step, as Kubernetes does.
pub struct Mounted {
    folder: TempDir,
    version: Cell<u32>,
}

/// A connection of a client that does not return before it has what it asked for.
pub type Secured = StreamOwned<ClientConnection, TcpStream>;

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of a test");
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        Self {
            issuer: Issuer::new(params, key),
            root,
        }
    }

    /// Another certificate with a key of its own.
    pub fn pair(&self) -> Pair {
        self.pair_with(&PKCS_ECDSA_P256_SHA256)
    }

    /// One with a key of this kind.
    pub fn pair_with(&self, algorithm: &'static SignatureAlgorithm) -> Pair {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            cert: certificate.pem(),
            key: key.serialize_pem(),
            key_der: key.serialize_der(),
            der: certificate.der().clone(),
        }
    }

    /// What a client does that trusts this authority and no other.
    pub fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
        Arc::new(config.unwrap().with_root_certificates(roots).with_no_client_auth())
    }

    /// Performs the handshake on a connection.
    ///
    /// # Errors
    /// Whatever the handshake fails with.
    pub fn secure(&self, mut stream: TcpStream) -> std::io::Result<Secured> {
        let mut connection = ClientConnection::new(self.client(), localhost()).unwrap();
        connection.complete_io(&mut stream)?;
        Ok(StreamOwned::new(connection, stream))
    }
}

impl Mounted {
    /// Starts with this pair.
    pub fn with(pair: &Pair) -> Self {
        let mounted = Self {
            folder: TempDir::new().unwrap(),
            version: Cell::new(0),
        };
        mounted.put(&pair.cert, &pair.key);
        mounted
    }

    /// Replaces both files at once.
    pub fn put(&self, cert: &str, key: &str) {
        self.version.set(self.version.get() + 1);
        let version = self.folder.path().join(self.version.get().to_string());
        fs::create_dir(&version).unwrap();
        fs::write(version.join("server.pem"), cert).unwrap();
        fs::write(version.join("server.key"), key).unwrap();
        let link = self.folder.path().join("link");
        symlink(&version, &link).unwrap();
        fs::rename(link, self.folder.path().join("live")).unwrap();
    }

    /// Where they are, whichever they are.
    pub fn files(&self) -> TlsFiles {
        let live = self.folder.path().join("live");
        TlsFiles {
            cert: live.join("server.pem"),
            key: live.join("server.key"),
        }
    }
}

/// The name that the certificates are for.
pub fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

/// The certificate that the server showed.
pub fn shown(stream: &Secured) -> CertificateDer<'static> {
    stream.conn.peer_certificates().unwrap()[0].clone()
}
