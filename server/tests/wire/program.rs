//! The built program: each command as people and as scripts read it, and how commands fail.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_json_snapshot;
use serde_json::Value;

use crate::built::{Installation, first_line};
use crate::house::{EMAIL, ORDERS, PASSWORD};

/// Every command but `serve`.
const COMMANDS: [&[&str]; 19] = [
    &["admin", "create"],
    &["api", "create"],
    &["api", "secret"],
    &["client", "create"],
    &["client", "secret"],
    &["client", "key"],
    &["client", "auth"],
    &["client", "quota"],
    &["client", "revoke-tokens"],
    &["grant", "create"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["keys", "schedule"],
    &["keys", "revoke"],
    &["token"],
    &["guard"],
    &["testkit"],
    &["apply"],
    &["export"],
];
const CREATE_ADMIN: [&str; 5] = ["admin", "create", "--email", EMAIL, "--password-stdin"];
const CREATE_API: [&str; 6] = ["api", "create", "--name", "Orders", "--identifier", ORDERS];

/// The names that stand below "Commands:" in a help text.
fn listed(help: &str) -> Vec<&str> {
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| line.starts_with("  "));
    lines.map(|line| line.split_whitespace().next().unwrap()).collect()
}

/// The labels and values of a text answer.
fn rows(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .map(|line| line.split_once("  ").map(|(label, value)| (label, value.trim())).unwrap())
        .collect()
}

#[test]
fn every_command_is_in_the_help_and_in_the_readme() {
    let installation = Installation::new();
    let mut verbs: BTreeMap<&str, Vec<&str>> = BTreeMap::from([("serve", vec![])]);
    for command in COMMANDS {
        verbs.entry(command[0]).or_default().extend(&command[1..]);
        let help = installation.run(&[command, &["--help"]].concat()).succeeded();
        assert!(help.contains(&format!("Usage: tessera {}", command.join(" "))), "{help}");
    }
    let help = installation.run(&["--help"]).succeeded();
    let mut names = listed(&help);
    names.sort_unstable();
    assert_eq!(names, verbs.keys().copied().collect::<Vec<_>>());
    for (command, expect) in verbs.iter().filter(|(_, verbs)| !verbs.is_empty()) {
        let help = installation.run(&[command, "--help"]).succeeded();
        assert_eq!(listed(&help), *expect, "{command}");
    }
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, section) = readme.split_once("## Commands").unwrap();
    for (command, verbs) in &verbs {
        let verbs = verbs.join(" | ");
        assert!(
            section.contains(format!("`{command} {verbs}").trim_end()) || section.contains(&format!("tessera {command}")),
            "{command} {verbs}"
        );
    }
}

#[test]
fn version() {
    let expect = format!("tessera {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(Installation::new().run(&["--version"]).succeeded(), expect);
}

#[test]
fn objects_have_the_field_names_of_the_management_api() {
    let installation = Installation::new();
    let admin = installation.run_with(&[&CREATE_ADMIN[..], &["--json"]].concat(), PASSWORD).object();
    assert_json_snapshot!("admin_create", admin, { ".id" => "[id]" });
    let api = installation.json(&[&CREATE_API[..], &["--scope", "read:orders", "--scope", "write:orders"]].concat());
    assert_json_snapshot!("api_create", api, { ".id" => "[id]" });
    let hs256 = ["--signing-alg", "HS256", "--token-lifetime", "60"];
    let stock = installation.json(&[&["api", "create", "--name", "Stock", "--identifier", "urn:stock"][..], &hs256].concat());
    assert_json_snapshot!("api_create_hs256", stock, {
        ".id" => "[id]", ".signing_secret" => "[secret]", ".signing_secret_kid" => "[kid]",
    });
    let client = installation.json(&["client", "create", "--name", "Billing worker", "--description", "Sends bills"]);
    assert_json_snapshot!("client_create", client, { ".client_id" => "[client_id]", ".client_secret" => "[secret]" });

    let id = client["client_id"].as_str().unwrap();
    let grant = ["grant", "create", "--client-id", id, "--audience", ORDERS, "--scope", "read:orders"];
    assert_json_snapshot!("grant_create", installation.json(&grant), { ".id" => "[id]", ".client_id" => "[client_id]" });
    let token = installation.json(&["token", "--client-id", id, "--audience", ORDERS]);
    assert_json_snapshot!("token", token, { ".access_token" => "[token]" });

    let bound = installation.json(&["api", "create", "--name", "Bound", "--identifier", "urn:bound", "--require-dpop"]);
    assert_json_snapshot!("api_create_dpop", bound, { ".id" => "[id]" });
    installation.json(&["grant", "create", "--client-id", id, "--audience", "urn:bound", "--all-scopes"]);
    let ended = installation.run(&["token", "--client-id", id, "--audience", "urn:bound"]);
    assert!(
        ended.stderr.starts_with("note: the token is bound to a key that was thrown away"),
        "{ended:?}"
    );
    assert_eq!(ended.succeeded().trim_end().split('.').count(), 3, "the token alone");
    let auth = ["client", "auth", "--client-id", id, "--method", "client_secret_post"];
    let strict = installation.json(&[&auth[..], &["--require-dpop"]].concat());
    assert_json_snapshot!("client_auth", strict, { ".client_id" => "[client_id]" });
    assert_eq!(
        installation.json(&auth)["require_proof_of_possession"],
        true,
        "it stays unless it is named"
    );
    let freed = installation.json(&[&auth[..], &["--require-dpop=false"]].concat());
    assert_eq!(freed["require_proof_of_possession"], false);

    let cut_off = installation.json(&["client", "revoke-tokens", "--client-id", id]);
    assert_json_snapshot!("client_revoke_tokens", cut_off, { ".client_id" => "[client_id]", ".tokens_valid_from" => "[time]" });

    installation.json(&["keys", "rotate"]);
    let keys = installation.json(&["keys", "list"]);
    let previous = keys["keys"][2]["kid"].as_str().unwrap();
    let revoked = installation.json(&["keys", "revoke", previous]);
    for (name, keys) in [("keys_list", &keys), ("keys_revoke", &revoked)] {
        assert_json_snapshot!(name, keys, {
            ".keys[].kid" => "[kid]", ".keys[].current_since" => "[time]", ".keys[].current_until" => "[time]", ".keys[].revoked_at" => "[time]",
        });
    }
}

#[test]
fn quotas_are_set_shown_and_cleared() {
    let installation = Installation::new();
    let help = installation.run(&["client", "quota", "--help"]).succeeded();
    assert_eq!(listed(&help), ["show", "set", "clear"]);
    let client = installation.json(&["client", "create", "--name", "Billing worker"]);
    let id = client["client_id"].as_str().unwrap();
    let quota = |verb: &str, rest: &[&str]| installation.run(&[&["client", "quota", verb, "--client-id", id], rest].concat());
    assert_eq!(rows(&quota("show", &[]).succeeded())["Quota"], "none");
    let text = quota("set", &["--per-hour", "100", "--per-day", "1000", "--enforce"]).succeeded();
    assert_eq!(rows(&text)["Quota"], "100 an hour, 1000 a day (enforced)");
    let shown = installation.json(&["client", "quota", "set", "--client-id", id, "--per-day", "50"]);
    assert_json_snapshot!("client_quota", shown, { ".client_id" => "[client_id]" });
    let refused = quota("set", &["--per-hour", "0"]).failed();
    assert!(refused.contains("Enter a whole number from 1 to 1000000000"), "{refused}");
    assert_eq!(rows(&quota("show", &[]).succeeded())["Quota"], "50 a day (observed)", "nothing changed");
    let no_limit = quota("set", &["--enforce"]);
    assert!(
        no_limit.code == Some(2) && no_limit.stderr.contains("--per-hour"),
        "a limit is needed: {no_limit:?}"
    );
    assert_eq!(rows(&quota("clear", &[]).succeeded())["Quota"], "none");
}

#[tokio::test]
async fn secrets_are_listed_added_and_removed() {
    let installation = Installation::new();
    let help = installation.run(&["client", "secret", "--help"]).succeeded();
    assert_eq!(listed(&help), ["list", "add", "remove"]);
    let client = installation.json(&["client", "create", "--name", "Billing worker"]);
    let id = client["client_id"].as_str().unwrap();
    let secret = |verb, arguments: &[&'static str]| {
        let line = [&["client", "secret", verb, "--client-id", id], arguments].concat();
        line.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let json = |line: Vec<String>| installation.json(&line.iter().map(String::as_str).collect::<Vec<_>>());
    let added = json(secret("add", &["--name", "Second", "--expires-at", "2100-12-31"]));
    let redacted = |name: &str, value: &Value| {
        assert_json_snapshot!(name, value, {
            ".**.id" => "[id]", ".**.client_id" => "[client_id]", ".**.client_secret" => "[secret]", ".**.created_at" => "[time]",
        });
    };
    redacted("secret_add", &added);
    let all = json(secret("list", &[]));
    redacted("secret_list", &all);
    assert_eq!(all["secrets"][1]["id"], added["id"]);
    let engine = installation.engine().await;
    for plain in [&client["client_secret"], &added["client_secret"]] {
        let plain = model::secret::Secret::new(plain.as_str().unwrap());
        let found = engine.find_client_secret(&plain).await.unwrap();
        assert!(matches!(found, model::client_secret::Finding::Of(_)), "{found:?}");
        assert!(!all.to_string().contains(plain.reveal()));
    }
    engine.close().await;

    let text = installation.run(&["client", "secret", "add", "--client-id", id]).succeeded();
    assert_eq!(
        (rows(&text)["Name"], rows(&text)["Client secret"].len(), rows(&text)["Expires"]),
        ("Secret 3", 64, "never")
    );
    let first = all["secrets"][0]["id"].as_str().unwrap();
    let left = installation.json(&["client", "secret", "remove", "--client-id", id, "--secret-id", first]);
    assert_eq!(left["secrets"].as_array().unwrap().len(), 2);
    let text = installation.run(&["client", "secret", "list", "--client-id", id]).succeeded();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("live     cs_") && lines[0].ends_with("  Second: never used, expires 2100-12-31T00:00:00Z"),
        "{text}"
    );
    assert!(lines[1].ends_with("  Secret 3: never used"), "{text}");
}

#[tokio::test]
async fn signing_secrets_are_rotated_with_an_overlap_and_at_once() {
    let installation = Installation::new();
    let help = installation.run(&["api", "secret", "--help"]).succeeded();
    assert_eq!(listed(&help), ["list", "start", "complete", "cancel", "remove", "rotate"]);
    let create = ["api", "create", "--name", "Stock", "--identifier", "urn:stock", "--signing-alg", "HS256"];
    let api = installation.json(&create);
    let line = |verb| ["api", "secret", verb, "--identifier", "urn:stock"];
    let redacted = |name: &str, value: &Value| {
        assert_json_snapshot!(name, value, {
            ".**.kid" => "[kid]", ".**.signing_secret" => "[secret]", ".**.created_at" => "[time]", ".**.current_since" => "[time]",
            ".**.current_until" => "[time]", ".**.tokens_until" => "[time]",
        });
    };
    let started = installation.json(&line("start"));
    redacted("signing_secret_start", &started);
    let listed = installation.json(&line("list"));
    redacted("signing_secret_list", &listed);
    assert!(!listed.to_string().contains(started["signing_secret"].as_str().unwrap()));
    assert_eq!(
        (&listed["secrets"][0]["kid"], &listed["secrets"][1]["kid"]),
        (&started["kid"], &api["signing_secret_kid"])
    );
    let completed = installation.json(&line("complete"));
    redacted("signing_secret_complete", &completed);
    assert_eq!(
        (&completed["secrets"][0]["kid"], &completed["secrets"][1]["kid"]),
        (&started["kid"], &api["signing_secret_kid"])
    );
    let engine = installation.engine().await;
    let signs = engine
        .reveal_signing_secret(&model::log::Actor::command(), api["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(signs.reveal(), started["signing_secret"].as_str().unwrap());
    engine.close().await;

    let text = installation.run(&line("start")).succeeded();
    assert_eq!((rows(&text)["State"], rows(&text)["Signing secret"].len()), ("next", 64));
    let text = installation.run(&line("list")).succeeded();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("next      ss_") && lines[0].ends_with(", signs nothing yet"),
        "{text}"
    );
    assert!(lines[1].starts_with("current   ss_") && lines[1].contains("  signs since "), "{text}");
    assert!(lines[2].starts_with("previous  ss_") && lines[2].contains("  accepted until "), "{text}");
    assert_eq!(installation.json(&line("cancel"))["secrets"], completed["secrets"]);
    let previous = ["--kid", api["signing_secret_kid"].as_str().unwrap()];
    let left = installation.json(&[&line("remove")[..], &previous].concat());
    assert_eq!(left["secrets"].as_array().unwrap().len(), 1);
    let rotated = installation.json(&line("rotate"));
    assert_eq!(
        (&rotated["state"], rotated["signing_secret"].as_str().unwrap().len()),
        (&"current".into(), 64)
    );
    let only = installation.json(&line("list"));
    assert_eq!(
        (only["secrets"].as_array().unwrap().len(), &only["secrets"][0]["kid"]),
        (1, &rotated["kid"])
    );
}

#[test]
fn ids_and_secrets_have_their_lengths() {
    let installation = Installation::new();
    let client = installation.json(&["client", "create", "--name", "Billing worker"]);
    assert_eq!(client["client_id"].as_str().unwrap().len(), 32);
    assert_eq!(client["client_secret"].as_str().unwrap().len(), 64);
    let api = installation.json(&["api", "create", "--name", "Stock", "--identifier", "urn:stock", "--signing-alg", "HS256"]);
    assert_eq!(api["id"].as_str().unwrap().len(), 24);
    assert_eq!(api["signing_secret"].as_str().unwrap().len(), 64);
}

#[test]
fn texts_are_for_people() {
    let installation = Installation::new();
    let text = installation
        .run_with(&CREATE_ADMIN, &format!("{PASSWORD}\nnot the password\n"))
        .succeeded();
    assert_eq!(rows(&text)["E-mail"], EMAIL);
    let text = installation.run(&[&CREATE_API[..], &["--scope", "read:orders"]].concat()).succeeded();
    let api = rows(&text);
    for (label, value) in [
        ("Name", "Orders"),
        ("Identifier", ORDERS),
        ("Signing algorithm", "RS256"),
        ("Token lifetime", "1 day"),
        ("Scopes", "read:orders"),
    ] {
        assert_eq!(api[label], value, "{text}");
    }
    let text = installation.run(&["client", "create", "--name", "Billing worker"]).succeeded();
    let client = rows(&text);
    assert_eq!(client["Name"], "Billing worker");
    assert_eq!(client["Client secret"].len(), 64);
    let text = installation
        .run(&["grant", "create", "--client-id", client["Client ID"], "--audience", ORDERS])
        .succeeded();
    assert_eq!(rows(&text)["Scopes"], "none");
    for (command, states) in [("list", &["current", "next"][..]), ("rotate", &["current", "next", "previous"])] {
        let text = installation.run(&["keys", command]).succeeded();
        assert_eq!(
            text.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect::<Vec<_>>(),
            states
        );
    }
}

#[test]
fn keys_of_any_algorithm_are_rotated_by_hand_and_by_schedule() {
    let installation = Installation::new();
    let create = [
        "api",
        "create",
        "--name",
        "Stock",
        "--identifier",
        "urn:stock",
        "--signing-alg",
        "ES256",
        "--token-dialect",
        "rfc9068_profile",
    ];
    assert_eq!(installation.json(&create)["token_dialect"], "rfc9068_profile");
    let keys = installation.json(&["keys", "rotate", "--alg", "ES256", "--revoke"]);
    let states = |alg: &str| {
        let of = keys["keys"].as_array().unwrap().iter().filter(|key| key["alg"] == alg);
        of.map(|key| ["current", "next", "revoked"].into_iter().find(|state| key[*state] == true).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (states("ES256"), states("RS256")),
        (vec!["current", "next", "revoked"], vec!["current", "next"])
    );
    installation.run(&["keys", "schedule", "--period", "30", "--announce", "60"]).succeeded();
    installation.run(&["keys", "schedule", "--off"]).succeeded();
    for (arguments, words) in [
        (&["--period", "0"][..], "1 to 365 days"),
        (&["--period", "30", "--announce", "9"], "10 minutes"),
    ] {
        let refused = installation.run(&[&["keys", "schedule"], arguments].concat()).failed();
        assert!(refused.contains(words), "{refused}");
    }
}

#[tokio::test]
async fn the_printed_token_verifies() {
    let installation = Installation::new();
    let client = installation.with_orders();
    let id = client["client_id"].as_str().unwrap();
    let token = installation
        .run(&["token", "--client-id", id, "--audience", ORDERS, "--scope", "read:orders"])
        .succeeded();
    let verified = installation.engine().await.verify(token.trim_end()).await;
    let claims: Value = serde_json::from_str(&verified.expect("an independent library accepts it").claims_json).unwrap();
    assert_eq!(
        (&claims["azp"], &claims["aud"], &claims["scope"]),
        (&client["client_id"], &ORDERS.into(), &"read:orders".into())
    );
}

#[tokio::test]
async fn the_password_is_the_first_line_of_stdin() {
    let installation = Installation::new();
    installation.run_with(&CREATE_ADMIN, &format!("{PASSWORD}\r\nsecond line\n")).succeeded();
    let engine = installation.engine().await;
    let password = model::secret::Secret::new(PASSWORD);
    assert!(engine.sign_in(EMAIL, &password, "").await.is_ok());
}

#[test]
fn usage_errors_end_with_status_2() {
    let installation = Installation::new();
    for arguments in [
        &["fly"][..],
        &["--fly"],
        &["api"],
        &["api", "create"],
        &["api", "create", "--name", "Orders"],
        &["api", "create", "--name", "Orders", "--identifier", ORDERS, "--signing-alg", "none"],
        &["api", "create", "--name", "Orders", "--identifier", ORDERS, "--token-lifetime", "soon"],
        &["admin", "create", "--email", EMAIL],
        &["admin", "create", "--email", EMAIL, "--password", PASSWORD],
        &[
            "grant",
            "create",
            "--client-id",
            "x",
            "--audience",
            ORDERS,
            "--scope",
            "a",
            "--all-scopes",
        ],
        &["keys", "revoke"],
        &["api", "secret"],
        &["api", "secret", "start"],
        &["api", "secret", "remove", "--identifier", "urn:x"],
        &["token", "--client-id", "x"],
        &["testkit", "--audience", "urn:x"],
    ] {
        let ended = installation.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(
            ended.stderr.starts_with("error: ") || ended.stderr.contains("Usage:"),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    assert!(!installation.data_dir().exists(), "nothing was done");
}

#[test]
fn failures_say_what_is_wrong_and_end_with_status_1() {
    let installation = Installation::with_admin();
    let client = installation.with_orders();
    let id = client["client_id"].as_str().unwrap();
    let secrets = installation.json(&["client", "secret", "list", "--client-id", id]);
    let only = secrets["secrets"][0]["id"].as_str().unwrap();
    let keys = installation.json(&["keys", "list"]);
    let [current, next] = [0, 1].map(|at| keys["keys"][at]["kid"].as_str().unwrap());
    installation.json(&["api", "create", "--name", "Stock", "--identifier", "urn:stock"]);
    installation.json(&["api", "create", "--name", "Hmac", "--identifier", "urn:hmac", "--signing-alg", "HS256"]);
    let mut failures = BTreeMap::new();
    for (case, arguments) in [
        ("API that exists", &CREATE_API[..]),
        ("API without a name", &["api", "create", "--name", "", "--identifier", "urn:x"]),
        (
            "API with a token lifetime of years",
            &["api", "create", "--name", "X", "--identifier", "urn:x", "--token-lifetime", "99999999"],
        ),
        (
            "API with a scope that has a space",
            &["api", "create", "--name", "X", "--identifier", "urn:x", "--scope", "a b"],
        ),
        ("client without a name", &["client", "create", "--name", " "]),
        (
            "secret that never was live",
            &["client", "secret", "add", "--client-id", id, "--expires-at", "1999-12-31"],
        ),
        (
            "secret that expires at no time",
            &["client", "secret", "add", "--client-id", id, "--expires-at", "soon"],
        ),
        ("secret of an unknown client", &["client", "secret", "list", "--client-id", "nobody"]),
        (
            "remove an unknown secret",
            &["client", "secret", "remove", "--client-id", id, "--secret-id", "cs_x"],
        ),
        (
            "remove the only secret",
            &["client", "secret", "remove", "--client-id", id, "--secret-id", only],
        ),
        ("signing secrets of an unknown API", &["api", "secret", "list", "--identifier", "urn:x"]),
        (
            "signing secret of an API with a public key",
            &["api", "secret", "start", "--identifier", "urn:stock"],
        ),
        (
            "complete no rotation of a signing secret",
            &["api", "secret", "complete", "--identifier", "urn:hmac"],
        ),
        (
            "remove an unknown signing secret",
            &["api", "secret", "remove", "--identifier", "urn:hmac", "--kid", "ss_x"],
        ),
        (
            "revoke the tokens of an unknown client",
            &["client", "revoke-tokens", "--client-id", "nobody"],
        ),
        ("grant that exists", &["grant", "create", "--client-id", id, "--audience", ORDERS]),
        (
            "grant for an unknown client",
            &["grant", "create", "--client-id", "nobody", "--audience", ORDERS],
        ),
        ("grant for an unknown API", &["grant", "create", "--client-id", id, "--audience", "urn:x"]),
        (
            "grant of an unknown scope",
            &["grant", "create", "--client-id", id, "--audience", "urn:stock", "--scope", "fly"],
        ),
        ("revoke the current key", &["keys", "revoke", current]),
        ("revoke the next key", &["keys", "revoke", next]),
        ("revoke an unknown key", &["keys", "revoke", "nothing"]),
        ("token without a grant", &["token", "--client-id", id, "--audience", "urn:stock"]),
        ("token for an unknown client", &["token", "--client-id", "nobody", "--audience", ORDERS]),
        ("token for an unknown API", &["token", "--client-id", id, "--audience", "urn:x"]),
        (
            "token with a scope that is not granted",
            &["token", "--client-id", id, "--audience", ORDERS, "--scope", "fly"],
        ),
    ] {
        let json = installation.run(&[arguments, &["--json"]].concat()).failed();
        assert_eq!(json, installation.run(arguments).failed(), "{case}: one text for both forms");
        failures.insert(case, json.replace(current, "[kid]").replace(next, "[kid]"));
    }
    let short = ["admin", "create", "--email", "bea@example.com", "--password-stdin"];
    failures.insert("admin with a short password", installation.run_with(&short, "hunter2").failed());
    failures.insert("admin without a password", installation.run(&short).failed());
    failures.insert("admin that exists", installation.run_with(&CREATE_ADMIN, PASSWORD).failed());
    let no_address = ["admin", "create", "--email", "ada", "--password-stdin"];
    failures.insert("admin without an address", installation.run_with(&no_address, PASSWORD).failed());
    for (case, text) in &failures {
        assert!(!text.contains("hunter2") && !text.contains(PASSWORD), "{case}: {text}");
    }
    assert_json_snapshot!("failures", failures);
}

#[test]
fn a_port_in_use_is_named() {
    let installation = Installation::with_admin();
    let live = installation.serve();
    let address = live.address.to_string();
    let text = Installation::new().run(&["serve", "--listen", &address]).failed();
    assert!(
        text.starts_with(&format!("TESSERA_LISTEN (--listen): can't listen on {address}: ")),
        "{text}"
    );
}

#[test]
fn the_first_start_prints_the_address_to_begin_at() {
    let installation = Installation::new();
    let mut server = installation
        .command(&["--listen", "127.0.0.1:0", "--issuer", "https://auth.example.com"])
        .spawn()
        .unwrap();
    let line = first_line(&mut server);
    server.kill().unwrap();
    server.wait().unwrap();
    let code = line
        .strip_prefix("Open https://auth.example.com/setup?code=")
        .and_then(|rest| rest.strip_suffix(" to create the first admin\n"));
    let code = code.unwrap_or_else(|| panic!("{line:?}"));
    assert!(code.len() == 20 && code.chars().all(|c| c.is_ascii_alphanumeric()), "{line}");
}
