//! `tessera export` and `tessera apply` with the built program: a server is moved, kept as a file says, and told what is wrong with one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::client::NewClient;
use model::log::{Actor, LogQuery};
use model::page::PageRequest;
use serde_json::{Value, json};
use server::configuration::carry_out::carry_out;
use server::configuration::document::{Format, read};
use server::configuration::file::File;
use server::configuration::plan::plan;
use server::configuration::state::{Held, State};

use crate::built::{Installation, until};
use crate::house::ORDERS;

const SECRET: &str = "a-secret-of-my-own-that-is-long-enough-0123456789";
const FILE: &str = "
version: 1
resource_servers:
  - identifier: https://orders.example.com/
    name: Orders
    scopes: [{ value: 'read:orders', description: Read orders }, { value: 'write:orders' }]
    allow_offline_access: true
    tessera: { introspectors: [{ client: Gateway }], metadata_published: true }
  - { identifier: 'urn:stock', name: Stock, signing_alg: HS256 }
clients:
  - name: Billing worker
    client_id: billing
    client_secret: a-secret-of-my-own-that-is-long-enough-0123456789
    client_metadata: { team: '007', note: 'yes' }
    token_quota: { client_credentials: { per_hour: 1000 } }
    logo_uri: https://example.com/logo.png
    tessera: { custom_claims: { 'https://example.com/team': { client_metadata: team } } }
  - name: Gateway
client_grants:
  - { client_id: billing, audience: 'https://orders.example.com/', scope: ['read:orders'] }
  - { client: Gateway, audience: 'urn:stock', allow_all_scopes: true }
key_rotation: { period: 7776000, announce: 86400, retire: 7200 }
tenant_settings: { friendly_name: Example, support_email: help@example.com }
";

/// The path of a file of this installation.
fn path(installation: &Installation, name: &str) -> String {
    installation.data_dir().with_file_name(name).to_str().unwrap().to_owned()
}

fn written(installation: &Installation, name: &str, content: &str) -> String {
    installation.file(name, content).to_str().unwrap().to_owned()
}

/// One that is as [`FILE`] says.
fn as_the_file_says() -> Installation {
    let installation = Installation::with_admin();
    installation.run(&["apply", &written(&installation, "in.yaml", FILE)]).succeeded();
    installation
}

fn counts(answer: &Value) -> [i64; 3] {
    ["create", "change", "delete"].map(|name| answer[name].as_i64().unwrap())
}

/// All log entries as text, and how many.
async fn log(installation: &Installation) -> (usize, String) {
    let engine = installation.engine().await;
    let query = LogQuery {
        page: PageRequest::new(0, 100),
        ..LogQuery::default()
    };
    let entries = engine.list_logs(&query).await.unwrap();
    engine.close().await;
    assert_eq!(i64::try_from(entries.items.len()), Ok(entries.total), "one page holds them");
    (entries.items.len(), format!("{:?}", entries.items))
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_server_is_moved_with_its_secrets() {
    let old = as_the_file_says();
    let out = written(&old, "out.yaml", "readable by others");
    let ended = old.run(&["export", "--secrets", "--out", &out]);
    assert!(ended.stderr.contains("holds client secrets and signing secrets"), "{ended:?}");
    assert_eq!(mode(&out), 0o600, "also where there was a file");
    let exported = fs::read_to_string(&out).unwrap();
    assert!(exported.contains(SECRET) && !ended.succeeded().contains(SECRET));

    let new = Installation::with_admin();
    let ended = new.run(&["apply", &out]);
    assert!(ended.stderr.contains("+ client Billing worker: client_secret of the file\n"), "{ended:?}");
    assert!(ended.stderr.ends_with("Plan: 7 to create, 2 to change, 0 to delete.\n"), "{ended:?}");
    assert_eq!(ended.succeeded(), "Done: 7 created, 2 changed, 0 deleted.\n");
    let again = path(&new, "again.yaml");
    new.run(&["export", "--secrets", "--out", &again]).succeeded();
    assert_eq!(fs::read_to_string(&again).unwrap(), exported);

    let (json_out, newest) = (path(&old, "out.json"), Installation::with_admin());
    let told = old.json(&["export", "--secrets", "--out", &json_out]);
    assert_eq!(
        told,
        json!({ "file": json_out, "resource_servers": 3, "clients": 2, "client_grants": 2, "secrets": true })
    );
    newest.run(&["apply", &json_out]).succeeded();
    assert_eq!(newest.run(&["export", "--secrets"]).succeeded(), exported, "JSON and YAML say the same");

    let live = new.serve();
    let reply = live.ask(&json!({ "client_id": "billing", "client_secret": SECRET }));
    assert_eq!(reply.status, 200, "{reply:?}");
    let signing = async |installation: &Installation| {
        let engine = installation.engine().await;
        let api = engine.api_by_identifier("urn:stock").await.unwrap();
        let secret = engine.reveal_signing_secret(&Actor::command(), &api.id).await.unwrap();
        engine.close().await;
        secret
    };
    assert_eq!(signing(&old).await, signing(&new).await);
}

#[tokio::test]
async fn applying_a_file_twice_changes_nothing_and_shows_no_secret() {
    let installation = Installation::with_admin();
    let file = written(&installation, "in.yaml", FILE);
    let first = installation.run(&["apply", &file, "--json"]);
    let second = installation.run(&["apply", &file, "--json"]);
    for ended in [&first, &second] {
        assert!(!ended.stdout.contains(SECRET) && ended.stderr.is_empty(), "{ended:?}");
    }
    assert_eq!(counts(&first.object()), [7, 2, 0]);
    let (entries, text) = log(&installation).await;
    assert!(!text.contains(SECRET));
    let second = second.object();
    assert_eq!((counts(&second), &second["changes"]), ([0, 0, 0], &json!([])));
    for flags in [&["--prune"][..], &["--dry-run"], &["--json", "--prune"]] {
        installation.run(&[&["apply", &file][..], flags].concat()).succeeded();
    }
    assert_eq!(log(&installation).await, (entries, text));

    let out = path(&installation, "out.yaml");
    installation.run(&["export", "--out", &out]).succeeded();
    assert!(!fs::read_to_string(&out).unwrap().contains(SECRET));
    assert_eq!(counts(&installation.json(&["apply", &out, "--prune"])), [0, 0, 0]);
    assert_eq!(log(&installation).await.0, entries, "an export without secrets shows nothing");
    let other = FILE.replace("0123456789", "9876543210");
    let told = installation.run(&["apply", &written(&installation, "other.yaml", &other)]);
    assert!(told.stderr.starts_with("~ client Billing worker: client_secret replaced\n"), "{told:?}");
}

#[tokio::test]
async fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let installation = as_the_file_says();
    let before = log(&installation).await;
    let changed = FILE
        .replace("name: Orders", "name: Purchases")
        .replace("  - name: Gateway\n", "  - name: Gateway\n  - name: Third\n");
    let file = written(&installation, "changed.yaml", &changed);
    let ended = installation.run(&["apply", &file, "--dry-run"]);
    assert_eq!(
        ended.stderr,
        format!("~ resource server {ORDERS}: name \"Orders\" -> \"Purchases\"\n+ client Third\nPlan: 1 to create, 1 to change, 0 to delete.\n")
    );
    assert_eq!(ended.succeeded(), "Nothing was changed: this was a dry run.\n");
    let answer = installation.json(&["apply", &file, "--dry-run"]);
    assert_eq!(
        answer,
        json!({ "dry_run": true, "create": 1, "change": 1, "delete": 0, "changes": [
            { "action": "change", "object": "resource_server", "name": ORDERS, "details": ["name \"Orders\" -> \"Purchases\""] },
            { "action": "create", "object": "client", "name": "Third", "details": [] },
        ] })
    );
    assert_eq!(log(&installation).await, before);
}

#[test]
fn pruning_deletes_what_the_file_does_not_name() {
    let installation = as_the_file_says();
    installation.json(&["client", "create", "--name", "Left over"]);
    let left_out = "{ version: 1, resource_servers: [{ identifier: 'https://orders.example.com/' }], client_grants: [] }";
    let file = written(&installation, "small.yaml", left_out);
    assert_eq!(counts(&installation.json(&["apply", &file])), [0, 0, 0]);
    let ended = installation.run(&["apply", &file, "--prune"]);
    assert_eq!(
        ended.stderr.lines().collect::<Vec<_>>(),
        [
            "- grant Billing worker for https://orders.example.com/",
            "- grant Gateway for urn:stock",
            "- resource server urn:stock",
            "Plan: 0 to create, 0 to change, 3 to delete.",
        ]
    );
    ended.succeeded();
    let file = written(
        &installation,
        "clients.json",
        r#"{ "version": 1, "clients": [{ "client_id": "billing" }] }"#,
    );
    assert_eq!(counts(&installation.json(&["apply", &file, "--prune"])), [0, 0, 2]);
    let left = installation.json(&["export"]);
    let names = |section: &str, member: &str| {
        left[section]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object[member].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("resource_servers", "identifier"), [ORDERS, "http://localhost:3000/api/v2/"]);
    assert_eq!(
        (names("clients", "client_id"), names("client_grants", "audience")),
        (vec![json!("billing")], vec![])
    );
    assert_eq!(
        left["resource_servers"][0]["tessera"]["introspectors"],
        json!([]),
        "who is gone introspects no more"
    );
}

#[tokio::test]
async fn a_file_with_a_mistake_changes_nothing() {
    let installation = as_the_file_says();
    let before = log(&installation).await;
    let broken = FILE
        .replace("  - name: Gateway\n", "  - { name: Gateway, foo: 1 }\n")
        .replace("signing_alg: HS256", "signing_alg: none");
    let file = written(&installation, "broken.yaml", &broken);
    let told = installation.run(&["apply", &file]).failed();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], format!("{file} can't be applied, and nothing was changed."));
    assert_eq!(
        lines[1],
        "resource_servers[1].signing_alg: Write one of: RS256, PS256, ES256, EdDSA, HS256."
    );
    assert_eq!(lines[2..], ["clients[1].foo: Remove this: there is no such member."]);
    for (name, content, expect) in [
        ("no.toml", "", "The name must end in .yaml, .yml or .json."),
        ("list.json", "[]", "The file must hold one object"),
        ("text.json", "{", "The JSON can't be read at line 1"),
        (
            "secret.yaml",
            "{ version: 1, clients: [{ name: A, client_secret: [hidden-s3cret] }] }",
            "clients[0].client_secret: Write a text",
        ),
    ] {
        let told = installation.run(&["apply", &written(&installation, name, content)]).failed();
        assert!(told.contains(expect) && !told.contains("s3cret"), "{told}");
    }
    let absent = path(&installation, "absent.yaml");
    assert!(installation.run(&["apply", &absent]).failed().starts_with(&absent));
    assert!(
        installation
            .run(&["export", "--out", "x.toml"])
            .failed()
            .starts_with("x.toml: The name must end in")
    );
    assert!(!Path::new("x.toml").exists());
    assert_eq!(log(&installation).await, before);
}

#[test]
fn a_live_server_honours_what_comes_from_stdin() {
    let installation = Installation::with_admin();
    let live = installation.serve();
    let client = json!({ "client_id": "billing", "client_secret": SECRET });
    assert_eq!(live.ask(&client).status, 401, "no such client yet");
    let answer = installation.run_with(&["apply", "-", "--json"], FILE).object();
    assert_eq!(counts(&answer), [7, 2, 0]);
    until("a token", || (live.ask(&client).status == 200).then_some(()));
    let none = r#"{ "version": 1, "client_grants": [] }"#;
    assert_eq!(
        counts(&installation.run_with(&["apply", "-", "--prune", "--json"], none).object()),
        [0, 0, 2]
    );
    until("the grant to be gone", || (live.ask(&client).status == 403).then_some(()));
}

#[tokio::test]
async fn what_fails_on_the_way_is_told_with_what_was_done() {
    let installation = Installation::new();
    let engine = installation.engine().await;
    let file = File::of(&read(FILE, Format::Yaml).unwrap()).unwrap();
    let state = State::read(&engine).await.unwrap();
    let held = Held::of(&engine, &file, &state).await.unwrap().unwrap();
    let planned = plan(&file, &state, &held, engine.issuer(), false).unwrap();
    // Somebody else is faster.
    let new = NewClient {
        name: "Other".to_owned(),
        client_id: Some("billing".to_owned()),
        ..NewClient::default()
    };
    engine.create_client(&Actor::system(), new).await.unwrap();
    let ended = carry_out(&engine, &Actor::command(), planned).await.unwrap_err();
    assert_eq!(
        ended.done,
        [format!("+ resource server {ORDERS}"), "+ resource server urn:stock".to_owned()]
    );
    assert_eq!(ended.failed, "+ client Billing worker: client_secret of the file");
    assert_eq!((ended.left.len(), ended.left[0].as_str()), (6, "+ client Gateway"));
    let text = ended.to_string();
    assert!(text.contains("a client with this one exists") && !text.contains(SECRET), "{text}");

    let state = State::read(&engine).await.unwrap();
    let held = Held::of(&engine, &file, &state).await.unwrap().unwrap();
    let rest = plan(&file, &state, &held, engine.issuer(), false).unwrap();
    carry_out(&engine, &Actor::command(), rest).await.unwrap();
    let state = State::read(&engine).await.unwrap();
    let held = Held::of(&engine, &file, &state).await.unwrap().unwrap();
    assert!(plan(&file, &state, &held, engine.issuer(), true).unwrap().steps.is_empty());
    engine.close().await;
}
