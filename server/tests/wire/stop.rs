//! Stopping: who is being answered gets the answer, who comes later is refused, and what was to be logged is written.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use model::log::{LogQuery, LogType};

use crate::built::{Installation, Reply, token_head, token_request, until};

#[test]
fn sigterm_lets_a_request_finish_and_accepts_no_other() {
    let installation = Installation::with_admin();
    let client = installation.with_orders();
    let mut live = installation.serve();
    let body = token_request(&client);
    let (first, rest) = body.split_at(body.len() / 2);

    let mut stream = live.connect();
    write!(stream, "{}Expect: 100-continue\r\n\r\n", token_head(&body)).unwrap();
    // The server says this once it wants the body, so the request is in flight from here on.
    let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).unwrap();

    live.signal("TERM");
    until("new connections to be refused", || {
        TcpStream::connect(live.address).is_err().then_some(())
    });

    stream.write_all(rest.as_bytes()).unwrap();
    let reply = Reply::read(&mut stream);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(live.ended().success());
}

#[test]
fn an_idle_connection_holds_nothing_up() {
    for signal in ["TERM", "INT"] {
        let installation = Installation::with_admin();
        let mut live = installation.serve();
        let mut idle = live.connect();
        write!(idle, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = [0; "HTTP/1.1 200".len()];
        idle.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        live.signal(signal);
        assert!(live.ended().success(), "{signal}");
        let log = fs::read_to_string(installation.log()).unwrap();
        assert!(log.contains("stopping") && !log.contains("did not finish in time"), "{log}");
    }
}

#[tokio::test]
async fn the_log_holds_what_was_answered_just_before() {
    let installation = Installation::with_admin();
    let client = installation.with_orders();
    let mut live = installation.serve();
    for _ in 0..20 {
        assert_eq!(live.ask(&client).status, 200);
    }
    live.signal("TERM");
    assert!(live.ended().success());
    let issued = LogQuery {
        kind: Some(LogType::TokenIssued),
        ..LogQuery::default()
    };
    let log = installation.engine().await.list_logs(&issued).await.unwrap().items;
    assert_eq!(log.len(), 20);
    assert!(log.iter().all(|entry| entry.actor.ip == "127.0.0.1"), "with the address of the caller");
}
