//! Commands beside a live server: it honours them without being told.
//!
//! That this takes less than a second follows from how often the engine looks (`engine/src/snapshot.rs`). Here other work on the
//! machine may slow the processes down, so these tests wait until it has happened, however long that takes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::built::{Installation, until};
use crate::house::ORDERS;

fn kids(jwks: &Value) -> Vec<String> {
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The key that `keys …` printed as being in this state.
fn kid_in(keys: &Value, state: &str) -> String {
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key[state] == true);
    key.unwrap()["kid"].as_str().unwrap().to_owned()
}

/// The key that signed the token in an answer of the token endpoint.
fn signed_by(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    let header = body["access_token"].as_str().unwrap().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_client_and_its_grant_are_honoured() {
    let installation = Installation::with_admin();
    let live = installation.serve();
    installation.json(&["api", "create", "--name", "Orders", "--identifier", ORDERS]);
    let client = installation.json(&["client", "create", "--name", "Billing worker"]);
    // What it remembers of a client without a grant must not outlive the grant's creation.
    until("the client to be known", || (live.ask(&client).status == 403).then_some(()));
    let id = client["client_id"].as_str().unwrap();
    installation.json(&["grant", "create", "--client-id", id, "--audience", ORDERS]);
    until("a token", || (live.ask(&client).status == 200).then_some(()));
}

#[test]
fn rotated_and_revoked_keys_are_honoured() {
    let installation = Installation::with_admin();
    let client = installation.with_orders();
    let live = installation.serve();
    let first = installation.json(&["keys", "list"]);
    let old = kid_in(&first, "current");
    assert_eq!(kids(&live.jwks()), [old.clone(), kid_in(&first, "next")]);
    assert_eq!(signed_by(&live.ask(&client).body), old);

    let rotated = installation.json(&["keys", "rotate"]);
    let now = kid_in(&rotated, "current");
    assert_eq!(now, kid_in(&first, "next"));
    until("the new next key to be published", || {
        kids(&live.jwks()).contains(&kid_in(&rotated, "next")).then_some(())
    });
    assert!(kids(&live.jwks()).contains(&old), "tokens of the old key still verify");
    assert_eq!(signed_by(&live.ask(&client).body), now);

    installation.json(&["keys", "revoke", &old]);
    until("the old key to be gone", || (!kids(&live.jwks()).contains(&old)).then_some(()));
}

#[test]
fn two_servers_share_one_data_folder() {
    let installation = Installation::with_admin();
    let (one, other) = (installation.serve(), installation.serve());
    let client = installation.with_orders();
    for live in [&one, &other] {
        until("a token", || (live.ask(&client).status == 200).then_some(()));
    }
}
