//! TLS of the built program: the same answers as without, renewals while it runs, and a stop.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::authority::{Authority, Mounted, Secured, shown};
use crate::built::{Ended, Installation, Live, Reply, token_head, token_request, until};

/// A server that speaks TLS with these files.
fn serve(installation: &Installation, mounted: &Mounted) -> Live {
    let files = mounted.files();
    let (cert, key) = (files.cert.display().to_string(), files.key.display().to_string());
    installation.serve_with(&["--tls-cert", &cert, "--tls-key", &key, "--log", "info,server=debug"])
}

fn get(mut stream: Secured, path: &str) -> Reply {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    Reply::read(&mut stream)
}

#[test]
fn health_and_tokens_are_answered_and_a_stop_waits_for_nobody() {
    let authority = Authority::new();
    let installation = Installation::with_admin();
    let client = installation.with_orders();
    let mounted = Mounted::with(&authority.pair());
    let mut live = serve(&installation, &mounted);
    let connect = || authority.secure(live.connect());
    assert_eq!(get(connect().unwrap(), "/health/ready").status, 200);
    let metadata = get(connect().unwrap(), "/.well-known/oauth-authorization-server").body;
    assert!(
        metadata.contains("\"token_endpoint\":\"https://localhost:3000/oauth/token\""),
        "{metadata}"
    );

    let body = token_request(&client);
    let mut stream = connect().unwrap();
    write!(stream, "{}Connection: close\r\n\r\n{body}", token_head(&body)).unwrap();
    let reply = Reply::read(&mut stream);
    assert_eq!(reply.status, 200, "{}", reply.body);

    assert!(Authority::new().secure(live.connect()).is_err(), "of an authority that is not trusted");
    // Without TLS there is no answer in HTTP, only the end of the connection.
    let mut plain = live.connect();
    write!(plain, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let ended = plain.read_to_end(&mut answer);
    assert!(ended.is_err() || !answer.starts_with(b"HTTP"), "{answer:?}");

    // One request is in flight; one connection is idle, one has not said anything yet.
    let mut asking = connect().unwrap();
    let (first, rest) = body.split_at(body.len() / 2);
    write!(asking, "{}Connection: close\r\nExpect: 100-continue\r\n\r\n", token_head(&body)).unwrap();
    let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    asking.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"));
    let (_idle, _silent) = (connect().unwrap(), live.connect());
    live.signal("TERM");
    until("new connections to be refused", || {
        TcpStream::connect(live.address).is_err().then_some(())
    });
    write!(asking, "{first}{rest}").unwrap();
    assert_eq!(Reply::read(&mut asking).status, 200);
    assert!(live.ended().success());
    let log = fs::read_to_string(installation.log()).unwrap();
    assert!(log.contains("stopping") && !log.contains("did not finish in time"), "{log}");
    assert!(log.contains("DEBUG") && log.contains("a TLS handshake failed"), "{log}");
    assert!(
        !log.contains("the TLS handshake took too long"),
        "the silent one was not waited for: {log}"
    );
}

#[test]
fn a_renewal_needs_no_restart_and_a_broken_one_breaks_nothing() {
    let authority = Authority::new();
    let (old, new) = (authority.pair(), authority.pair());
    let mounted = Mounted::with(&old);
    let installation = Installation::with_admin();
    let live = serve(&installation, &mounted);
    let connect = || authority.secure(live.connect()).unwrap();
    let open = connect();
    assert_eq!(shown(&open), old.der);

    let warned = || {
        fs::read_to_string(installation.log())
            .unwrap()
            .matches("the new certificate can't be used")
            .count()
    };
    mounted.put(&new.cert[..new.cert.len() / 2], &new.key);
    until("a warning", || (warned() == 1).then_some(()));
    assert_eq!(shown(&connect()), old.der);

    mounted.put(&new.cert, &new.key);
    until("the new certificate", || (shown(&connect()) == new.der).then_some(()));
    assert_eq!(get(open, "/health/live").status, 200);
    assert_eq!(warned(), 1);
}

#[test]
fn a_key_of_another_certificate_is_refused_before_anything_is_done() {
    let authority = Authority::new();
    let mounted = Mounted::with(&authority.pair());
    mounted.put(&authority.pair().cert, &authority.pair().key);
    let files = mounted.files();
    let installation = Installation::new();
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("TESSERA_TLS_CERT", files.cert).env("TESSERA_TLS_KEY", files.key);
    let text = Ended::of(&mut command).failed();
    assert!(text.starts_with("TESSERA_TLS_KEY (--tls-key): the private key in "), "{text}");
    assert!(!installation.data_dir().exists(), "nothing was done");
}
