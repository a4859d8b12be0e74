//! `tessera guard` and `tessera testkit` of the built program: what they print, write and end with.

use std::fs;

use engine::clock::{Clock, SystemClock};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use insta::{assert_json_snapshot, assert_snapshot};
use model::api::SigningAlg;
use serde_json::{Value, json};

use crate::broken_api::{Api, Knowledge, Mistake};
use crate::built::Installation;
use crate::house::ORDERS;

const ISSUER: &str = "http://localhost:3000/";
const SCOPE: &str = "read:orders";

/// An installation with the API, and the program that serves it with a mistake.
async fn shop(mistake: Mistake) -> (Installation, Api) {
    let installation = Installation::new();
    let create = ["api", "create", "--name", "Orders", "--identifier", ORDERS, "--signing-alg", "ES256"];
    installation.json(&[&create[..], &["--scope", SCOPE]].concat());
    let engine = installation.engine().await;
    let known = Knowledge {
        issuer: ISSUER.to_owned(),
        audience: ORDERS.to_owned(),
        alg: "ES256",
        jwks: serde_json::from_slice(&engine.jwks().body).unwrap(),
        secret: None,
        scope: Some(SCOPE),
        now: SystemClock.now(),
        mistake,
    };
    engine.close().await;
    (installation, Api::start(known).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_status_is_what_a_build_needs() {
    for (mistake, code) in [
        (Mistake::None, 0),
        (Mistake::NoChallenge, 0),
        (Mistake::SkipsExp, 1),
        (Mistake::RefusesAll, 1),
        (Mistake::FailsOnGarbage, 1),
    ] {
        let (installation, api) = shop(mistake).await;
        let ended = installation.run(&["guard", &api.url(), "--audience", ORDERS, "--scope", SCOPE]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""), "{mistake:?}: {ended:?}");
    }
    let (installation, api) = shop(Mistake::None).await;
    let url = api.url();
    for (arguments, words) in [
        (&["guard", &url, "--audience", "urn:unknown"][..], "no such API"),
        (&["guard", &url, "--audience", ORDERS, "--scope", "fly"], "does not define the scope fly"),
        (&["guard", &url, "--audience", ORDERS, "--client-id", "nobody"], "no such client"),
        (
            &["guard", "http://169.254.169.254/", "--audience", ORDERS],
            "TESSERA_GUARD_ADDRESSES=any allows it",
        ),
        (&["guard", "http://127.0.0.1:1/", "--audience", ORDERS], "There is no connection"),
        (&["guard", &url], "--audience"),
        (&["guard", "--audience", ORDERS], "Usage:"),
    ] {
        let ended = installation.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(api.seen().len(), 0, "nothing was sent");
}

/// The setting lets an address be tried; nothing is there in a test, so that only the words change.
#[test]
fn the_setting_allows_what_is_refused() {
    let installation = Installation::new();
    installation.json(&["api", "create", "--name", "Orders", "--identifier", ORDERS]);
    let guard = ["guard", "http://[::]:1/", "--audience", ORDERS];
    let refused = installation.run(&guard).stderr;
    assert!(refused.contains(":: is no address of a host"), "{refused}");
    let tried = installation.run(&[&guard[..], &["--guard-addresses", "any"]].concat()).stderr;
    assert!(tried.contains("There is no connection with ::"), "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_for_people_and_for_programs() {
    let (installation, api) = shop(Mistake::SkipsExp).await;
    let url = api.url();
    let guard = ["guard", &url, "--audience", ORDERS, "--scope", SCOPE];
    assert_snapshot!("guard_text", installation.run(&guard).stdout.replace(&url, "[url]"));
    let ended = installation.run(&[&guard[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let expired = checks.iter().find(|check| check["name"] == "expired").unwrap();
    assert_json_snapshot!("guard_expired", expired);
    assert_eq!(
        (&report["url"], &report["audience"], &report["passed"], checks.len()),
        (&json!(url), &json!(ORDERS), &json!(false), 33)
    );
    assert_eq!(
        (&report["danger"], &report["fault"], &report["warning"], &report["fine"]),
        (&json!(1), &json!(0), &json!(0), &json!(32))
    );
}

/// Every token of a kit is what its label says, at an API that trusts the kit.
#[test]
fn kits_hold_what_their_labels_say() {
    for alg in SigningAlg::ALL {
        let installation = Installation::new();
        let folder = installation.data_dir().with_file_name("kit");
        let out = folder.display().to_string();
        let make = ["testkit", "--audience", ORDERS, "--alg", alg.as_str(), "--scope", SCOPE, "--out", &out];
        let written = installation.json(&[&make[..], &["--valid-for", "2h"]].concat());
        assert!(!installation.data_dir().exists(), "no database is needed");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let kit: Value = serde_json::from_str(&read("tokens.json")).unwrap();
        let now = kit["expires_at"].as_i64().unwrap() - 7_200;
        let hmac = alg == SigningAlg::HS256;
        let mut known = Knowledge {
            issuer: ISSUER.to_owned(),
            audience: ORDERS.to_owned(),
            alg: alg.as_str(),
            jwks: if hmac {
                Value::Null
            } else {
                serde_json::from_str(&read("jwks.json")).unwrap()
            },
            secret: hmac.then(|| (kit["kid"].as_str().unwrap().to_owned(), read("secret.txt"))),
            scope: Some(SCOPE),
            now,
            mistake: Mistake::None,
        };
        let answer = |known: &Knowledge, token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            known.check(&headers).err().unwrap_or(StatusCode::OK).as_u16()
        };
        let tokens = kit["tokens"].as_array().unwrap();
        assert_eq!(written["tokens"], tokens.len());
        let readme = read("README.md");
        let mut good = Vec::new();
        for token in tokens {
            let (name, text) = (token["name"].as_str().unwrap(), token["token"].as_str().unwrap());
            assert_eq!(answer(&known, text), token["expected_status"], "{alg:?} {name}");
            assert_eq!(read(&format!("tokens/{name}.jwt")), text);
            assert!(readme.contains(&format!("| `{name}` |")), "{name}");
            if token["expected_status"] == 200 {
                good.push(name);
            }
        }
        assert_eq!(good, ["valid", "valid_audience_list"]);
        assert_eq!(fs::read_dir(folder.join("tokens")).unwrap().count(), tokens.len());
        known.now = now + 7_200;
        for token in tokens.iter().filter(|token| token["name"] != "no_expiry") {
            assert_eq!(
                answer(&known, token["token"].as_str().unwrap()),
                401,
                "{alg:?} {}: its time is over",
                token["name"]
            );
        }
    }
}

#[test]
fn kits_are_written_to_empty_folders_only() {
    let installation = Installation::new();
    let folder = installation.data_dir().with_file_name("kit");
    let out = folder.display().to_string();
    let make = ["testkit", "--audience", ORDERS, "--alg", "ES256", "--out", &out];
    let text = installation.run(&make).succeeded();
    assert!(text.contains("Verified with") && text.contains("jwks.json"), "{text}");
    let count = || fs::read_dir(&folder).unwrap().count();
    assert_eq!(count(), 4);
    let refused = installation.run(&make).failed();
    assert!(refused.contains("it is not empty"), "{refused}");
    assert_eq!(count(), 4);
    let elsewhere = folder.with_file_name("other").display().to_string();
    for (arguments, code, words) in [
        (&["--valid-for", "30"][..], 2, "30d"),
        (&["--valid-for", "5s"], 1, "1 minute to 3650 days"),
        (&["--valid-for", "3651d"], 1, "1 minute to 3650 days"),
        (&["--scope", "a b"], 1, "scope"),
        (&["--alg", "none"], 2, "none"),
    ] {
        let ended = installation.run(&[&["testkit", "--audience", ORDERS, "--out", &elsewhere], arguments].concat());
        assert!(ended.code == Some(code) && ended.stderr.contains(words), "{arguments:?}: {ended:?}");
    }
    let ended = installation.run(&["testkit", "--audience", "", "--out", &elsewhere]);
    assert!(ended.code == Some(1) && ended.stderr.contains("audience"), "{ended:?}");
    assert!(!folder.with_file_name("other").exists(), "nothing was written");
}
