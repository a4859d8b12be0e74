//! TLS on our own listener: who is let in, what a renewal changes and what it doesn't, and which files are refused.

use std::fs;
use std::io;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{PKCS_ED25519, PKCS_RSA_SHA256};
use server::limits::{HANDSHAKE_MAX, TLS_FILE_MAX};
use server::tls::{Looked, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::{TlsConnector, client, server as served};

use crate::authority::{Authority, Mounted, Pair, localhost};

type ClientEnd = client::TlsStream<DuplexStream>;
type ServerEnd = served::TlsStream<DuplexStream>;

/// A handshake of both ends.
async fn meet(tls: &Tls, config: Arc<ClientConfig>) -> (io::Result<ClientEnd>, io::Result<ServerEnd>) {
    let (near, far) = duplex(16 * 1024);
    let connector = TlsConnector::from(config);
    tokio::join!(connector.connect(localhost(), near), tls.secure(far))
}

/// A handshake that succeeds, and shows this certificate.
async fn met(tls: &Tls, authority: &Authority, pair: &Pair) -> (ClientEnd, ServerEnd) {
    let (client, server) = meet(tls, authority.client()).await;
    let client = client.unwrap();
    assert_eq!(client.get_ref().1.peer_certificates().unwrap()[0], pair.der);
    (client, server.unwrap())
}

/// Sends a word from one end to the other.
async fn say(word: &str, client: &mut ClientEnd, server: &mut ServerEnd) {
    client.write_all(word.as_bytes()).await.unwrap();
    client.flush().await.unwrap();
    let mut heard = vec![0; word.len()];
    server.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, word.as_bytes());
}

/// Why these files are refused at the start. Paths of this run are left out.
fn refused(cert: &str, key: &str) -> String {
    let mounted = Mounted::with(&Authority::new().pair());
    mounted.put(cert, key);
    let files = mounted.files();
    let folder = files.cert.parent().unwrap().display().to_string();
    let error = Tls::open(files).err().unwrap();
    error.to_string().replace(&folder, "[folder]")
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

#[tokio::test]
async fn who_trusts_the_authority_is_let_in_and_who_trusts_another_is_not() {
    let authority = Authority::new();
    let pair = authority.pair();
    let tls = Tls::open(Mounted::with(&pair).files()).unwrap();
    let (mut client, mut server) = met(&tls, &authority, &pair).await;
    say("hello", &mut client, &mut server).await;

    let (client, server) = meet(&tls, Authority::new().client()).await;
    let error = client.unwrap_err().to_string();
    assert!(error.starts_with("invalid peer certificate"), "{error}");
    assert!(server.is_err());
}

#[tokio::test]
async fn only_http_1_is_agreed_on() {
    let authority = Authority::new();
    let tls = Tls::open(Mounted::with(&authority.pair()).files()).unwrap();
    let speaks = |protocols: &[&str]| {
        let mut config = Arc::unwrap_or_clone(authority.client());
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    };
    let (client, _server) = meet(&tls, speaks(&["h2", "http/1.1"])).await;
    assert_eq!(client.unwrap().get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(meet(&tls, speaks(&["h2"])).await.0.is_err());
}

#[tokio::test]
async fn keys_of_every_usual_kind_and_form_are_taken() {
    let authority = Authority::new();
    let (ecdsa, ed25519) = (authority.pair(), authority.pair_with(&PKCS_ED25519));
    let rsa = authority.pair_with(&PKCS_RSA_SHA256);
    let parsed = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &ecdsa.key_der).unwrap();
    let sec1: EcPrivateKeyRfc5915Der = parsed.private_key().as_der().unwrap();
    let sec1 = pem("EC PRIVATE KEY", sec1.as_ref());
    // What PKCS#8 puts before an RSA key of 2048 bits: two lengths, a version and the name of the algorithm.
    let pkcs1 = pem("RSA PRIVATE KEY", &rsa.key_der[26..]);
    for (pair, key) in [
        (&ecdsa, &ecdsa.key),
        (&ecdsa, &sec1),
        (&rsa, &rsa.key),
        (&rsa, &pkcs1),
        (&ed25519, &ed25519.key),
    ] {
        let mounted = Mounted::with(pair);
        mounted.put(&pair.cert, key);
        met(&Tls::open(mounted.files()).unwrap(), &authority, pair).await;
    }
}

#[tokio::test]
async fn a_renewed_pair_serves_the_next_connection_and_open_ones_go_on() {
    let authority = Authority::new();
    let (old, new) = (authority.pair(), authority.pair());
    let mounted = Mounted::with(&old);
    let tls = Tls::open(mounted.files()).unwrap();
    let (mut client, mut server) = met(&tls, &authority, &old).await;
    assert_eq!(tls.look_again().await, Looked::Same);

    mounted.put(&new.cert, &new.key);
    met(&tls, &authority, &old).await;
    assert_eq!(tls.look_again().await, Looked::Renewed);
    assert_eq!(tls.look_again().await, Looked::Same);
    met(&tls, &authority, &new).await;
    say("still here", &mut client, &mut server).await;

    // Files that are written in place are seen as well.
    fs::write(mounted.files().key, &old.key).unwrap();
    assert!(matches!(tls.look_again().await, Looked::Unusable(_)));
    fs::write(mounted.files().cert, &old.cert).unwrap();
    assert_eq!(tls.look_again().await, Looked::Renewed);
    met(&tls, &authority, &old).await;
}

#[tokio::test]
async fn a_renewal_that_can_not_be_used_is_told_once_and_keeps_the_old_pair() {
    let authority = Authority::new();
    let (old, new) = (authority.pair(), authority.pair());
    let mounted = Mounted::with(&old);
    let tls = Tls::open(mounted.files()).unwrap();
    let half = &new.cert[..new.cert.len() / 2];
    let half_of_chain = format!("{}{half}", new.cert);
    for (cert, key, expect) in [
        (half, new.key.as_str(), "TESSERA_TLS_CERT (--tls-cert): "),
        (&half_of_chain, &new.key, "TESSERA_TLS_CERT (--tls-cert): "),
        ("", "", "TESSERA_TLS_CERT (--tls-cert): "),
        (&new.cert, &new.key[..new.key.len() / 2], "TESSERA_TLS_KEY (--tls-key): "),
        (&new.cert, &old.key, "TESSERA_TLS_KEY (--tls-key): "),
    ] {
        mounted.put(cert, key);
        let Looked::Unusable(error) = tls.look_again().await else {
            panic!("{cert} {key}");
        };
        assert!(error.to_string().starts_with(expect), "{error}");
        assert_eq!(tls.look_again().await, Looked::Same, "once for each change");
        met(&tls, &authority, &old).await;
    }
    fs::remove_file(mounted.files().cert).unwrap();
    assert!(matches!(tls.look_again().await, Looked::Unusable(_)));
    assert_eq!(tls.look_again().await, Looked::Same);
    mounted.put(&new.cert, &new.key);
    assert_eq!(tls.look_again().await, Looked::Renewed);
    met(&tls, &authority, &new).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_limit_and_what_is_no_tls_fails_at_once() {
    let tls = Tls::open(Mounted::with(&Authority::new().pair()).files()).unwrap();
    let begun = Instant::now();
    // Neither end is closed while it is waited for.
    let (mut plain, end) = duplex(16 * 1024);
    plain.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(tls.secure(end).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert!(begun.elapsed().is_zero());

    let (mut slow, end) = duplex(16 * 1024);
    // The beginning of a record of a handshake.
    slow.write_all(&[22, 3, 1]).await.unwrap();
    assert_eq!(tls.secure(end).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs(), HANDSHAKE_MAX.as_secs());
}

#[test]
fn files_that_can_not_be_used_are_refused_by_setting_and_without_what_they_hold() {
    let authority = Authority::new();
    let (pair, other) = (authority.pair(), authority.pair());
    let long = "x".repeat(TLS_FILE_MAX + 1);
    let locked = pem("ENCRYPTED PRIVATE KEY", b"hunter2");
    for (cert, key, expect) in [
        (
            "",
            pair.key.as_str(),
            "TESSERA_TLS_CERT (--tls-cert): [folder]/server.pem holds no certificate in PEM form.",
        ),
        (
            &pair.cert,
            "",
            "TESSERA_TLS_KEY (--tls-key): [folder]/server.key holds no private key in PEM form without a password (PKCS#8, PKCS#1 or SEC1).",
        ),
        (
            &pair.cert,
            &locked,
            "TESSERA_TLS_KEY (--tls-key): [folder]/server.key holds no private key in PEM form without a password (PKCS#8, PKCS#1 or SEC1).",
        ),
        (
            &pair.key,
            &pair.cert,
            "TESSERA_TLS_CERT (--tls-cert): [folder]/server.pem holds no certificate in PEM form.",
        ),
        (
            &pair.cert,
            &other.key,
            "TESSERA_TLS_KEY (--tls-key): the private key in [folder]/server.key does not belong to the first certificate in [folder]/server.pem.",
        ),
        (
            &long,
            &pair.key,
            "TESSERA_TLS_CERT (--tls-cert): [folder]/server.pem is longer than 64 KiB.",
        ),
        (
            &pair.cert,
            &long,
            "TESSERA_TLS_KEY (--tls-key): [folder]/server.key is longer than 64 KiB.",
        ),
        (
            &pair.cert,
            &pair.key.replace("-----END", "hunter2"),
            "TESSERA_TLS_KEY (--tls-key): [folder]/server.key ends in the middle of a section (BEGIN without END).",
        ),
        (
            &pair.cert,
            "-----BEGIN hunter2",
            "TESSERA_TLS_KEY (--tls-key): [folder]/server.key is not well-formed PEM.",
        ),
        (
            &pair.cert,
            &pem("PRIVATE KEY", b"hunter2"),
            "TESSERA_TLS_KEY (--tls-key): the private key in [folder]/server.key is none of RSA, ECDSA or Ed25519 that can be used.",
        ),
    ] {
        assert_eq!(refused(cert, key), expect);
    }
    let text = refused(&pem("CERTIFICATE", b"hunter2"), &pair.key);
    assert!(
        text.starts_with("TESSERA_TLS_CERT (--tls-cert): the first certificate in [folder]/server.pem can't be read: "),
        "{text}"
    );
    let mounted = Mounted::with(&pair);
    let mut files = mounted.files();
    files.key = std::env::temp_dir();
    let text = Tls::open(files).err().unwrap().to_string();
    assert!(text.starts_with("TESSERA_TLS_KEY (--tls-key): give the path of a file"), "{text}");
}
