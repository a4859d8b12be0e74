//! Every input that `make fuzz` has kept, sent once more.

#[path = "../../../fuzz/src/house.rs"]
mod house;

use std::fs;

use http::StatusCode;

/// Sends the inputs of one folder. Some of them must succeed, or they would say nothing about what succeeds.
fn send(folder: &str, to: impl Fn(&[u8]) -> Option<StatusCode>) {
    let folder = format!("{}/../fuzz/corpus/{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(folder).unwrap();
    let statuses: Vec<_> = files.filter_map(|file| to(&fs::read(file.unwrap().path()).unwrap())).collect();
    assert!(statuses.contains(&StatusCode::OK), "{statuses:?}");
}

#[test]
fn kept_requests_break_nothing() {
    let house = house::House::open();
    send("request", |data| house.request(data));
}

#[test]
fn kept_assertions_get_a_token_only_if_they_are_right() {
    let house = house::House::open();
    send("assertion", |data| house.assertion(data));
}
