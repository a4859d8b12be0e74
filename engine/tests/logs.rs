//! The log: what every verb leaves in it, how it is searched, and that nothing callers send can stop it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use engine::{Caller, Engine, Error, GuardRequest};
use model::api::{ApiChanges, NewApi, SigningAlg};
use model::client::{ClientChanges, NewClient};
use model::client_key::NewClientKey;
use model::client_secret::SecretFields;
use model::grant::{GrantChanges, NewGrant, ScopeChoice};
use model::issuer::Issuer;
use model::key::KeyAlg;
use model::lockout::OF_CLIENT;
use model::log::{Actor, ActorKind, LogEntry, LogQuery, LogType};
use model::page::{MAX_PER_PAGE, PageRequest};
use model::quota::TokenQuota;
use model::refusal::Refusal;
use model::rotation::RotationSchedule;
use model::scope::Scope;
use model::secret::Secret;
use model::signing_secret::SigningSecret;
use model::token::{Credentials, TokenRequest};
use serde::Serialize;
use support::{House, NOW, admin, new_api, scope};
use tokio::net::TcpListener;

/// Public methods of the engine that change nothing which the log is about: all others must be in the table.
const SILENT: [&str; 55] = [
    "active_admins",
    "api",
    "api_by_identifier",
    "apis_in",
    "apis_of_client",
    "certificates",
    "client",
    "client_keys",
    "client_secret_owner",
    "client_secrets",
    "client_usage",
    "clients_in",
    "clients_of_api",
    "close",
    "daily",
    "dpop_nonce",
    "explain",
    "find_client_secret",
    "fix_of",
    "grant",
    "grant_by_id",
    "grants_in",
    "has_admin",
    "introspectors",
    "is_client_secret",
    "is_fixed",
    "is_signing_secret",
    "issuer",
    "jwks",
    "keys",
    "list_apis",
    "list_clients",
    "list_logs",
    "lockouts",
    "log",
    "log_id",
    "logs_after",
    "manager",
    "now",
    "open",
    "preview_token",
    "progress",
    "published_api",
    "ready",
    "refresh",
    "revisions",
    "rotation_schedule",
    "scope_holders",
    "session",
    "setup_code",
    "signing_algs",
    "signing_secrets",
    "take_call",
    "tenant_settings",
    "verify",
];

/// What an entry says, apart from who and when.
#[derive(Debug, PartialEq)]
struct Told {
    kind: LogType,
    description: String,
    client_id: String,
    audience: String,
    scope: String,
    before: String,
    after: String,
}

impl Told {
    fn of(entry: LogEntry) -> Self {
        Self {
            kind: entry.kind,
            description: entry.description,
            client_id: entry.client_id,
            audience: entry.audience,
            scope: entry.scope,
            before: entry.before,
            after: entry.after,
        }
    }
}

fn told(kind: LogType, description: &str) -> Told {
    Told {
        kind,
        description: description.to_owned(),
        client_id: String::new(),
        audience: String::new(),
        scope: String::new(),
        before: String::new(),
        after: String::new(),
    }
}

fn fields(name: &str) -> SecretFields {
    SecretFields {
        name: name.to_owned(),
        expires_at: None,
    }
}

fn changed(description: &str) -> Told {
    told(LogType::Changed, description)
}

fn json(object: &impl Serialize) -> String {
    serde_json::to_string(object).unwrap()
}

/// Follows the log verb by verb.
struct Journal {
    house: House,
    known: i64,
    verbs: BTreeSet<&'static str>,
}

impl Journal {
    async fn begin(house: &House) -> Self {
        Self {
            house: house.clone(),
            known: all(&house.engine).await.len().try_into().unwrap(),
            verbs: BTreeSet::new(),
        }
    }

    /// Since the last look, `verb` has left exactly these entries, of now and by `actor`.
    async fn says<const N: usize>(&mut self, verb: &'static str, actor: &Actor, expect: [Told; N]) {
        let page = self.house.engine.list_logs(&LogQuery::default()).await.unwrap();
        let new = usize::try_from(page.total - self.known).unwrap();
        let entries: Vec<LogEntry> = page.items.into_iter().take(new).rev().collect();
        for entry in &entries {
            assert_eq!((&entry.actor, entry.date), (actor, self.house.engine.now()), "{verb}");
        }
        assert_eq!(entries.into_iter().map(Told::of).collect::<Vec<_>>(), expect, "{verb}");
        self.known = page.total;
        self.verbs.insert(verb);
        self.house.clock.advance(1);
    }
}

/// The whole log, newest first.
async fn all(engine: &Engine) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    for number in 0.. {
        let page = engine.list_logs(&at_page(number, MAX_PER_PAGE)).await.unwrap();
        if page.items.is_empty() {
            break;
        }
        entries.extend(page.items);
    }
    entries
}

fn at_page(page: i64, per_page: i64) -> LogQuery {
    LogQuery {
        page: PageRequest::new(page, per_page),
        ..LogQuery::default()
    }
}

/// Descriptions of the entries that a query finds, newest first.
async fn found(house: &House, query: LogQuery) -> Vec<String> {
    let page = house.engine.list_logs(&query).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    page.items.into_iter().map(|entry| entry.description).collect()
}

fn search(text: &str) -> LogQuery {
    LogQuery {
        search: text.to_owned(),
        ..LogQuery::default()
    }
}

/// Names of the public methods of the engine, read from its source.
fn public_methods() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        let blocks = source.split("\nimpl Engine {\n").skip(1);
        for line in blocks.flat_map(|block| block.split("\n}\n").next().unwrap().lines()) {
            let name = line.strip_prefix("    pub async fn ").or_else(|| line.strip_prefix("    pub fn "));
            names.extend(name.map(|name| name.split('(').next().unwrap().to_owned()));
        }
    }
    names
}

fn request(audience: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    }
}

/// Address of an API that closes every connection.
async fn closing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    url
}

fn refusal(name: &str) -> Refusal {
    Refusal::ClientUnknown(name.to_owned())
}

on_both! {
    /// The table of all verbs. A verb that is not in it fails the test, as does one that forgets its entry.
    async fn every_verb_says_what_it_did(house: House) {
        let (engine, by) = (&house.engine, admin());
        let mut journal = Journal::begin(&house).await;
        let mut secrets: Vec<Secret> = Vec::new();

        let new = NewClient { name: "Billing".to_owned(), ..NewClient::default() };
        let client = engine.create_client(&by, new).await.unwrap();
        let id = client.client_id.clone();
        let about = |description: &str| Told { client_id: id.clone(), ..changed(description) };
        journal.says("create_client", &by, [Told { after: json(&client), ..about("Client Billing created") }]).await;

        let changes = ClientChanges { name: Some("Invoices".to_owned()), ..ClientChanges::default() };
        let after = engine.update_client(&by, &id, changes).await.unwrap();
        journal.says("update_client", &by, [Told { before: json(&client), after: json(&after), ..about("Client Invoices changed") }]).await;

        secrets.push(engine.reveal_client_secret(&by, &id).await.unwrap());
        journal.says("reveal_client_secret", &by, [Told { kind: LogType::SecretShown, ..about("Client secret of Invoices shown") }]).await;

        let before = after;
        secrets.push(engine.rotate_client_secret(&by, &id).await.unwrap());
        let client = engine.client(&id).await.unwrap();
        journal.says("rotate_client_secret", &by, [Told { before: json(&before), after: json(&client), ..about("Client secret of Invoices rotated") }]).await;

        let first = engine.client_secrets(&id).await.unwrap().remove(0);
        assert_eq!(first.name, "Secret 2");
        let (second, plain) = engine.add_client_secret(&by, &id, fields("Second")).await.unwrap();
        secrets.push(plain);
        journal.says("add_client_secret", &by, [Told { after: json(&second), ..about("Secret \"Second\" added to Invoices") }]).await;

        let after = engine.update_client_secret(&by, &id, &second.id, fields("Spare")).await.unwrap();
        journal.says("update_client_secret", &by, [Told {
            before: json(&second),
            after: json(&after),
            ..about("Secret \"Spare\" of Invoices changed")
        }]).await;

        let shown = engine.reveal_one_client_secret(&by, &id, &second.id).await.unwrap();
        assert_eq!(Some(&shown), secrets.last());
        journal.says("reveal_one_client_secret", &by, [Told {
            kind: LogType::SecretShown,
            ..about("Client secret \"Spare\" of Invoices shown")
        }]).await;

        engine.remove_client_secret(&by, &id, &second.id).await.unwrap();
        journal.says("remove_client_secret", &by, [Told { before: json(&after), ..about("Secret \"Spare\" of Invoices removed") }]).await;

        let (new, plain) = engine.start_secret_rotation(&by, &id, &first.id).await.unwrap();
        secrets.push(plain);
        journal.says("start_secret_rotation", &by, [Told {
            after: json(&new),
            ..about("Rotation of secret \"Secret 2\" of Invoices started")
        }]).await;

        engine.cancel_secret_rotation(&by, &id).await.unwrap();
        journal.says("cancel_secret_rotation", &by, [Told {
            before: json(&new),
            ..about("Rotation of secret \"Secret 2\" of Invoices cancelled")
        }]).await;

        let (new, plain) = engine.start_secret_rotation(&by, &id, &first.id).await.unwrap();
        secrets.push(plain.clone());
        journal.says("start_secret_rotation", &by, [Told {
            after: json(&new),
            ..about("Rotation of secret \"Secret 2\" of Invoices started")
        }]).await;
        let after = engine.complete_secret_rotation(&by, &id).await.unwrap();
        journal.says("complete_secret_rotation", &by, [Told {
            before: json(&first),
            after: json(&after),
            ..about("Rotation of secret \"Secret 2\" of Invoices completed")
        }]).await;

        let replaced = engine.revoke_client_secret(&by, &id, &after.id, true).await.unwrap().unwrap();
        journal.says("revoke_client_secret", &by, [Told {
            before: json(&after),
            after: json(&replaced),
            ..about(&format!("Secret \"{}\" of Invoices replaced: it was reported as leaked", after.name))
        }]).await;
        secrets.insert(1, engine.reveal_client_secret(&by, &id).await.unwrap());
        journal.says("reveal_client_secret", &by, [Told { kind: LogType::SecretShown, ..about("Client secret of Invoices shown") }]).await;

        let new = NewApi { test_client: true, ..new_api("Orders", &["read:orders"]) };
        let created = engine.create_api(&by, new).await.unwrap();
        let (api, test_client) = (created.api, created.test_client.unwrap());
        let audience = api.identifier.clone();
        let grant = engine.grant(&test_client.client_id, &audience).await.unwrap().unwrap();
        let about = |description: &str| Told { audience: audience.clone(), ..changed(description) };
        journal.says("create_api", &by, [
            Told { after: json(&api), ..about("API Orders created") },
            Told {
                client_id: test_client.client_id.clone(),
                after: json(&test_client),
                ..changed("Client Orders (Test Client) created")
            },
            Told {
                client_id: test_client.client_id.clone(),
                scope: "read:orders".to_owned(),
                after: json(&grant),
                ..about("Client Orders (Test Client) authorized for Orders with read:orders")
            },
        ]).await;

        let changes = ApiChanges { signing_alg: Some(SigningAlg::HS256), ..ApiChanges::default() };
        let after = engine.update_api(&by, &api.id, changes).await.unwrap();
        journal.says("update_api", &by, [Told { before: json(&api), after: json(&after), ..about("API Orders changed") }]).await;

        secrets.push(engine.reveal_signing_secret(&by, &api.id).await.unwrap());
        journal.says("reveal_signing_secret", &by, [Told { kind: LogType::SecretShown, ..about("Signing secret of Orders shown") }]).await;

        let signing = async || engine.signing_secrets(&api.id).await.unwrap();
        let before = signing().await.remove(0);
        secrets.push(engine.rotate_signing_secret(&by, &api.id).await.unwrap());
        let first = signing().await.remove(0);
        journal.says("rotate_signing_secret", &by, [Told { before: json(&before), after: json(&first), ..about("Signing secret of Orders rotated") }]).await;

        let started = |next: &SigningSecret| Told { after: json(next), ..about("Rotation of the signing secret of Orders started") };
        let (next, plain) = engine.start_signing_secret_rotation(&by, &api.id).await.unwrap();
        secrets.push(plain);
        journal.says("start_signing_secret_rotation", &by, [started(&next)]).await;
        engine.reveal_one_signing_secret(&by, &api.id, &next.kid).await.unwrap();
        let shown = format!("Signing secret {} of Orders shown", next.kid);
        journal.says("reveal_one_signing_secret", &by, [Told { kind: LogType::SecretShown, ..about(&shown) }]).await;
        engine.cancel_signing_secret_rotation(&by, &api.id).await.unwrap();
        let cancelled = Told { before: json(&next), ..about("Rotation of the signing secret of Orders cancelled") };
        journal.says("cancel_signing_secret_rotation", &by, [cancelled]).await;

        let (mut before, mut previous) = (first, Vec::new());
        for _ in 0..2 {
            let (next, plain) = engine.start_signing_secret_rotation(&by, &api.id).await.unwrap();
            secrets.push(plain);
            journal.says("start_signing_secret_rotation", &by, [started(&next)]).await;
            let after = engine.complete_signing_secret_rotation(&by, &api.id).await.unwrap();
            let completed = Told { before: json(&before), after: json(&after), ..about("Rotation of the signing secret of Orders completed") };
            journal.says("complete_signing_secret_rotation", &by, [completed]).await;
            previous.push(signing().await.into_iter().find(|secret| secret.kid == before.kid).unwrap());
            before = after;
        }
        engine.remove_signing_secret(&by, &api.id, &previous[0].kid).await.unwrap();
        let removed = format!("Previous signing secret {} of Orders removed", previous[0].kid);
        journal.says("remove_signing_secret", &by, [Told { before: json(&previous[0]), ..about(&removed) }]).await;
        house.clock.advance(40 * 86_400);
        engine.tend_signing_secrets().await.unwrap();
        let retired = format!("Previous signing secret {} of Orders retired", previous[1].kid);
        journal.says("tend_signing_secrets", &Actor::system(), [Told { before: json(&previous[1]), ..about(&retired) }]).await;
        let api = engine.api(&api.id).await.unwrap();

        let about_scope = |description: &str| Told { scope: "write:orders".to_owned(), ..about(description) };
        let before = api;
        let api = engine.add_scope(&by, &before.id, scope("write:orders")).await.unwrap();
        journal.says("add_scope", &by, [Told { before: json(&before), after: json(&api), ..about_scope("Scope write:orders added to Orders") }]).await;

        let before = api;
        let api = engine.describe_scope(&by, &before.id, "write:orders", "Change orders").await.unwrap();
        journal.says("describe_scope", &by, [Told {
            before: json(&before),
            after: json(&api),
            ..about_scope("Description of scope write:orders of Orders changed")
        }]).await;

        let about_grant = |description: &str| Told { client_id: id.clone(), ..about(description) };
        let new = NewGrant { client_id: id.clone(), audience: audience.clone(), scope: ScopeChoice::Some(Vec::new()), ..NewGrant::default() };
        let grant = engine.create_grant(&by, new).await.unwrap();
        journal.says("create_grant", &by, [Told { after: json(&grant), ..about_grant("Client Invoices authorized for Orders with no scopes") }]).await;

        let before = grant;
        let grant = engine.update_grant(&by, &id, &audience, vec!["write:orders".to_owned()]).await.unwrap();
        journal.says("update_grant", &by, [Told {
            scope: "write:orders".to_owned(),
            before: json(&before),
            after: json(&grant),
            ..about_grant("Grant of Invoices for Orders changed to write:orders")
        }]).await;

        let before = grant;
        let changes = GrantChanges { scope: Some(ScopeChoice::Always), ..GrantChanges::default() };
        let grant = engine.change_grant(&by, &before.id, changes).await.unwrap();
        journal.says("change_grant", &by, [Told {
            scope: "read:orders write:orders".to_owned(),
            before: json(&before),
            after: json(&grant),
            ..about_grant("Grant of Invoices for Orders changed to read:orders, write:orders")
        }]).await;
        engine.update_grant(&by, &id, &audience, vec!["write:orders".to_owned()]).await.unwrap();
        journal.known += 1;

        let revealed = engine.reveal_client_secrets(&by, &[&id]).await.unwrap();
        secrets.extend(revealed.into_values());
        journal.says("reveal_client_secrets", &by, [told(LogType::SecretShown, "Client secrets of 1 clients shown")]).await;

        let settings = serde_json::from_value(serde_json::json!({ "friendly_name": "Acme" })).unwrap();
        let kept = engine.update_tenant_settings(&by, settings).await.unwrap();
        journal.says("update_tenant_settings", &by, [Told { before: "{}".to_owned(), after: json(&kept), ..changed("Tenant settings changed") }]).await;

        let credentials = Credentials { client_id: id.clone(), client_secret: Some(secrets[1].clone()), ..Credentials::default() };
        let caller = Caller { ip: "192.0.2.7".to_owned(), user_agent: "billing/1.0".to_owned(), ..Caller::default() };
        secrets.push(engine.issue(Some(credentials), request(&audience), &caller).await.unwrap().access_token);
        let itself = Actor { kind: ActorKind::Client, id: id.clone(), name: "Invoices".to_owned(), ip: caller.ip.clone() };
        let issued = || Told { kind: LogType::TokenIssued, scope: "write:orders".to_owned(), ..about_grant("Access token issued") };
        journal.says("issue", &itself, [issued()]).await;

        secrets.push(engine.issue_briefly(&by, &id, request(&audience), 60).await.unwrap().access_token);
        journal.says("issue_briefly", &by, [Told { scope: String::new(), ..issued() }]).await;

        secrets.push(engine.issue_for(&by, &id, request(&audience)).await.unwrap().access_token);
        journal.says("issue_for", &by, [issued()]).await;

        let url = closing().await;
        let asked = GuardRequest { url: url.clone(), ..GuardRequest::default() };
        engine.guard(&by, &api.id, asked).await.unwrap();
        journal.says("guard", &by, [Told {
            kind: LogType::ApiTested,
            ..about(&format!("Guard of Orders tested at {url}: 0 let in wrongly, 31 faults, 0 warnings, 0 as expected"))
        }]).await;

        let unreadable = Refusal::Malformed("not JSON".to_owned());
        engine.refuse(&unreadable, Some("somebody"), None, &caller);
        let stranger = |ip: &str| Actor { kind: ActorKind::Stranger, id: String::new(), name: String::new(), ip: ip.to_owned() };
        journal.says("refuse", &stranger(&caller.ip), [Told {
            client_id: "somebody".to_owned(),
            ..told(LogType::TokenRefused, &unreadable.for_log())
        }]).await;

        let introspector = engine.add_introspector(&by, &api.id, &id).await.unwrap();
        journal.says("add_introspector", &by, [Told {
            after: json(&introspector),
            ..about_grant("Client Invoices may introspect tokens of Orders")
        }]).await;

        engine.remove_introspector(&by, &api.id, &id).await.unwrap();
        journal.says("remove_introspector", &by, [Told {
            before: json(&introspector),
            ..about_grant("Client Invoices may no longer introspect tokens of Orders")
        }]).await;

        let credentials = Credentials { client_id: id.clone(), client_secret: Some(secrets[1].clone()), ..Credentials::default() };
        let token = secrets[secrets.len() - 1].clone();
        let refused = || told(LogType::CallRefused, "Invoices may not introspect tokens of Orders");
        engine.introspect(Some(&credentials), Some(token.reveal()), &caller).await.unwrap();
        journal.says("introspect", &itself, [Told { client_id: id.clone(), audience: audience.clone(), ..refused() }]).await;

        engine.revoke(Some(&credentials), Some(token.reveal()), &caller).await.unwrap();
        journal.says("revoke", &itself, [Told {
            kind: LogType::TokenRevoked,
            scope: "write:orders".to_owned(),
            ..about_grant("Token of Invoices for Orders revoked")
        }]).await;

        engine.refuse_call(&unreadable, Some("somebody"), &caller);
        journal.says("refuse_call", &stranger(&caller.ip), [Told {
            client_id: "somebody".to_owned(),
            ..told(LogType::CallRefused, &unreadable.for_log())
        }]).await;

        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let new = NewClientKey { name: "Laptop".to_owned(), key: jwk.to_owned(), ..NewClientKey::default() };
        let key = engine.add_client_key(&by, &id, new).await.unwrap();
        let about_keys = |description| Told { client_id: id.clone(), ..changed(description) };
        journal.says("add_client_key", &by, [Told { after: json(&key), ..about_keys("Key \"Laptop\" added to Invoices") }]).await;
        let before = key;
        let key = engine.expire_client_key(&by, &id, &before.id, Some(engine.now() + 900)).await.unwrap();
        journal.says("expire_client_key", &by, [Told {
            before: json(&before),
            after: json(&key),
            ..about_keys("Expiry of key \"Laptop\" of Invoices changed")
        }]).await;
        engine.remove_client_key(&by, &id, &key.id).await.unwrap();
        journal.says("remove_client_key", &by, [Told { before: json(&key), ..about_keys("Key \"Laptop\" removed from Invoices") }]).await;

        let before = engine.client(&id).await.unwrap();
        let quota = TokenQuota { per_hour: Some(100), per_day: Some(1_000), enforce: true };
        let client = engine.set_token_quota(&by, &id, quota).await.unwrap();
        journal.says("set_token_quota", &by, [Told {
            client_id: id.clone(),
            before: json(&before),
            after: json(&client),
            ..changed("Token quota of Invoices set to 100 an hour, 1000 a day (enforced)")
        }]).await;

        let wrong = Credentials { client_id: id.clone(), client_secret: Some(Secret::new("wrong")), ..Credentials::default() };
        for _ in 0..OF_CLIENT.failures {
            engine.issue(Some(wrong.clone()), request(&audience), &caller).await.unwrap_err();
        }
        journal.known = all(engine).await.len().try_into().unwrap();
        engine.lift_lockout(&by, Some(&id), &caller.ip).await.unwrap();
        journal.says("lift_lockout", &by, [Told {
            client_id: id.clone(),
            ..changed("Lock-out of Invoices from 192.0.2.7 lifted")
        }]).await;

        let before = engine.client(&id).await.unwrap();
        let client = engine.revoke_client_tokens(&by, &id).await.unwrap();
        journal.says("revoke_client_tokens", &by, [Told {
            client_id: id.clone(),
            before: json(&before),
            after: json(&client),
            ..changed("All tokens of Invoices revoked")
        }]).await;

        let before = api;
        let api = engine.remove_scope(&by, &before.id, "write:orders").await.unwrap();
        journal.says("remove_scope", &by, [Told {
            before: json(&before),
            after: json(&api),
            ..about_scope("Scope write:orders removed from Orders and from 1 grant")
        }]).await;

        let before = engine.grant(&id, &audience).await.unwrap().unwrap();
        engine.delete_grant_by_id(&by, &before.id).await.unwrap();
        journal.says("delete_grant_by_id", &by, [Told { before: json(&before), ..about_grant("Client Invoices no longer authorized for Orders") }]).await;
        let new = NewGrant { client_id: id.clone(), audience: audience.clone(), scope: ScopeChoice::Some(vec![]), ..NewGrant::default() };
        engine.create_grant(&by, new).await.unwrap();
        journal.known += 1;
        let before = engine.grant(&id, &audience).await.unwrap().unwrap();
        engine.delete_grant(&by, &id, &audience).await.unwrap();
        journal.says("delete_grant", &by, [Told { before: json(&before), ..about_grant("Client Invoices no longer authorized for Orders") }]).await;

        assert!(engine.issue_for(&by, &id, request(&audience)).await.is_err());
        let no_grant = about_grant("No grant authorizes the client for https://orders.example.com/");
        journal.says("issue_for", &by, [Told { kind: LogType::TokenRefused, ..no_grant }]).await;
        let log_id = all(engine).await.remove(0).log_id;
        let fix = engine.apply_fix(&by, &log_id).await.unwrap();
        let grant = engine.grant(&id, &audience).await.unwrap().unwrap();
        journal.says("apply_fix", &by, [Told {
            scope: "read:orders".to_owned(),
            after: json(&grant),
            ..about_grant("Client Invoices authorized for Orders with read:orders")
        }]).await;
        engine.undo_fix(&by, &log_id, &fix).await.unwrap();
        journal.says("undo_fix", &by, [Told {
            scope: "read:orders".to_owned(),
            before: json(&grant),
            ..about_grant("Client Invoices no longer authorized for Orders")
        }]).await;

        let client = engine.client(&id).await.unwrap();
        engine.delete_client(&by, &id).await.unwrap();
        journal.says("delete_client", &by, [Told { client_id: id.clone(), before: json(&client), ..changed("Client Invoices deleted") }]).await;

        engine.delete_api(&by, &api.id).await.unwrap();
        journal.says("delete_api", &by, [Told { before: json(&api), ..about("API Orders deleted") }]).await;

        let before = engine.keys().await.unwrap();
        let after = engine.rotate_keys(&by, KeyAlg::RS256, false).await.unwrap();
        journal.says("rotate_keys", &by, [Told { before: json(&before[0]), after: json(&after[0]), ..changed("RS256 signing key rotated") }]).await;

        let revoked = engine.revoke_key(&by, &after[2].kid).await.unwrap();
        journal.says("revoke_key", &by, [Told { before: json(&after[2]), after: json(&revoked[2]), ..changed("RS256 signing key revoked") }]).await;

        let schedule = RotationSchedule::default();
        engine.set_rotation_schedule(&by, Some(schedule)).await.unwrap();
        journal.says("set_rotation_schedule", &by, [Told { after: json(&schedule), ..changed("Rotation schedule set") }]).await;

        let before = engine.keys().await.unwrap();
        house.clock.advance(schedule.period);
        engine.tend_keys().await.unwrap();
        let after = engine.keys().await.unwrap();
        journal.says("tend_keys", &Actor::system(), [Told { before: json(&before[0]), after: json(&after[0]), ..changed("RS256 signing key rotated") }]).await;

        secrets.push(engine.setup_code().await.unwrap().unwrap());
        secrets.push(Secret::new("marble otter lantern"));
        let (code, password) = (secrets[secrets.len() - 2].clone(), secrets[secrets.len() - 1].clone());
        let token = engine.set_up(code.reveal(), &by.name, &password, &by.ip).await.unwrap();
        let by = Actor { id: token.admin.id.clone(), ..by };
        journal.says("set_up", &by, [
            Told { after: json(&token.admin), ..changed("Admin ada@example.com created") },
            told(LogType::SignedIn, "ada@example.com signed in"),
        ]).await;

        let second = engine.sign_in(&by.name, &password, &by.ip).await.unwrap();
        journal.says("sign_in", &by, [told(LogType::SignedIn, "ada@example.com signed in")]).await;

        engine.sign_out(second.secret.reveal(), &by.ip).await.unwrap();
        journal.says("sign_out", &by, [told(LogType::SignedOut, "ada@example.com signed out")]).await;
        secrets.extend([token.secret, second.secret]);

        let made = engine.create_admin(&by, "eve@example.com", &password).await.unwrap();
        journal.says("create_admin", &by, [Told { after: json(&made), ..changed("Admin eve@example.com created") }]).await;

        let moved = house.reopen(|config| config.issuer = Issuer::parse("https://id.example.org/").unwrap()).await.unwrap();
        let before = moved.api_by_identifier("https://auth.example.com/api/v2/").await.unwrap();
        moved.adopt_issuer().await.unwrap();
        let after = moved.api(&before.id).await.unwrap();
        journal.says("adopt_issuer", &Actor::system(), [Told {
            audience: after.identifier.clone(),
            before: json(&before),
            after: json(&after),
            ..changed("Identifier of Tessera Management API changed to https://id.example.org/api/v2/, after the issuer")
        }]).await;
        moved.close().await;

        let verbs: BTreeSet<String> = journal.verbs.iter().map(ToString::to_string).collect();
        let silent = SILENT.iter().map(ToString::to_string);
        assert_eq!(public_methods(), verbs.into_iter().chain(silent).collect(), "a verb is missing in this test");

        let (entries, stolen) = (format!("{:?}", all(engine).await), house.stolen().await);
        for secret in &secrets {
            assert!(!entries.contains(secret.reveal()) && !stolen.contains(secret.reveal()));
        }
    }

    async fn what_is_refused_or_changes_nothing_leaves_no_entry(house: House) {
        let (engine, by) = (&house.engine, admin());
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["a"]).await);
        let new = NewGrant { client_id: client.client_id.clone(), audience: api.identifier.clone(), scope: ScopeChoice::All, ..NewGrant::default() };
        let grant = engine.create_grant(&by, new.clone()).await.unwrap();
        let (before, revision) = (all(engine).await, *engine.revisions().borrow());
        house.clock.advance(1);

        engine.update_client(&by, &client.client_id, ClientChanges::default()).await.unwrap();
        let secret = engine.client_secrets(&client.client_id).await.unwrap().remove(0);
        engine.update_client_secret(&by, &client.client_id, &secret.id, fields(&secret.name)).await.unwrap();
        engine.update_api(&by, &api.id, ApiChanges::default()).await.unwrap();
        engine.describe_scope(&by, &api.id, "a", "  ").await.unwrap();
        engine.update_grant(&by, &client.client_id, &api.identifier, grant.scope).await.unwrap();
        engine.set_token_quota(&by, &client.client_id, TokenQuota::default()).await.unwrap();
        engine.adopt_issuer().await.unwrap();
        engine.sign_out("nothing", "").await.unwrap();

        assert!(engine.create_client(&by, NewClient::default()).await.is_err());
        assert!(engine.remove_client_secret(&by, &client.client_id, &secret.id).await.is_err());
        assert!(engine.revoke_client_secret(&by, &client.client_id, &secret.id, false).await.is_err());
        assert!(engine.complete_secret_rotation(&by, &client.client_id).await.is_err());
        assert!(engine.create_api(&by, new_api("Orders", &[])).await.is_err());
        assert!(engine.create_grant(&by, new).await.is_err());
        assert!(engine.add_scope(&by, &api.id, scope("a")).await.is_err());
        assert!(engine.remove_scope(&by, &api.id, "b").await.is_err());
        assert!(engine.reveal_signing_secret(&by, &api.id).await.is_err());
        assert!(engine.start_signing_secret_rotation(&by, &api.id).await.is_err());
        engine.tend_signing_secrets().await.unwrap();
        assert!(engine.delete_client(&by, "nobody").await.is_err());
        assert!(engine.set_token_quota(&by, "nobody", TokenQuota::default()).await.is_err());
        let none = TokenQuota { per_hour: Some(0), ..TokenQuota::default() };
        assert!(engine.set_token_quota(&by, &client.client_id, none).await.is_err());
        assert!(engine.lift_lockout(&by, Some(&client.client_id), "192.0.2.1").await.is_err());
        assert!(engine.revoke_key(&by, "none").await.is_err());
        assert!(engine.create_admin(&by, "ada", &Secret::new("x")).await.is_err());

        engine.refresh().await.unwrap();
        assert_eq!((all(engine).await, *engine.revisions().borrow()), (before, revision));
    }

    async fn the_log_is_filtered_by_type_client_and_api(house: House) {
        let (engine, by) = (&house.engine, admin());
        let client = house.client("Billing").await;
        let api = house.api("Orders", &[]).await;
        engine.create_grant(&by, NewGrant { client_id: client.client_id.clone(), audience: api.identifier.clone(), scope: ScopeChoice::All, ..NewGrant::default() }).await.unwrap();
        engine.reveal_client_secret(&by, &client.client_id).await.unwrap();
        engine.issue_for(&by, &client.client_id, request(&api.identifier)).await.unwrap();
        engine.refuse(&Refusal::AudienceMissing, Some(&client.client_id), None, &Caller::default());

        let (authorized, shown, issued, refused) = (
            "Client Billing authorized for Orders with no scopes",
            "Client secret of Billing shown",
            "Access token issued",
            Refusal::AudienceMissing.for_log(),
        );
        let of = |kind| LogQuery { kind: Some(kind), ..LogQuery::default() };
        assert_eq!(found(&house, of(LogType::TokenIssued)).await, [issued]);
        assert_eq!(found(&house, of(LogType::TokenRefused)).await, [refused.as_str()]);
        assert_eq!(found(&house, of(LogType::SecretShown)).await, [shown]);
        assert_eq!(found(&house, of(LogType::Changed)).await, [authorized, "API Orders created", "Client Billing created", "API Tessera Management API created"]);
        assert!(found(&house, of(LogType::SignedIn)).await.is_empty());

        let of_client = LogQuery { client_id: client.client_id.clone(), ..LogQuery::default() };
        assert_eq!(found(&house, of_client.clone()).await, [refused.as_str(), issued, shown, authorized, "Client Billing created"]);
        let of_api = LogQuery { audience: api.identifier.clone(), ..LogQuery::default() };
        assert_eq!(found(&house, of_api.clone()).await, [issued, authorized, "API Orders created"]);
        assert_eq!(found(&house, LogQuery { client_id: client.client_id.clone(), ..of_api.clone() }).await, [issued, authorized]);
        assert_eq!(found(&house, LogQuery { kind: Some(LogType::Changed), search: "BILLING".to_owned(), ..of_api.clone() }).await, [authorized]);
        for part in [
            LogQuery { client_id: client.client_id[1..].to_owned(), ..LogQuery::default() },
            LogQuery { audience: api.identifier.to_uppercase(), ..LogQuery::default() },
            LogQuery { client_id: "a\0b".to_owned(), audience: "a\0b".to_owned(), search: "a\0b".to_owned(), ..LogQuery::default() },
        ] {
            assert!(found(&house, part.clone()).await.is_empty(), "{part:?}");
        }
    }

    async fn the_log_is_searched_for_the_very_text(house: House) {
        let by = Actor { name: "eve_1@example.com".to_owned(), ..admin() };
        for name in ["half 50%", "under_score", "back\\slash", "plain"] {
            let new = NewClient { name: name.to_owned(), description: "needle".to_owned(), ..NewClient::default() };
            house.engine.create_client(&Actor::command(), new).await.unwrap();
        }
        house.engine.create_api(&by, NewApi { scopes: vec![Scope { value: "a".to_owned(), description: "needle".to_owned() }], ..new_api("Orders", &[]) }).await.unwrap();
        house.engine.refuse(&Refusal::ClientMissing, None, Some("https://orders.example.com/"), &Caller::default());

        let missing = Refusal::ClientMissing.for_log();
        for (text, expect) in [
            ("%", vec!["Client half 50% created"]),
            ("50%", vec!["Client half 50% created"]),
            ("r_s", vec!["Client under_score created"]),
            ("k\\s", vec!["Client back\\slash created"]),
            (" PLAIN ", vec!["Client plain created"]),
            ("eve_", vec!["API Orders created"]),
            ("client_miss", vec![missing.as_str()]),
            ("orders", vec![missing.as_str(), "API Orders created"]),
            ("a' OR '1'='1", vec![]),
            // What is told of an object is not searched.
            ("needle", vec![]),
        ] {
            assert_eq!(found(&house, search(text)).await, expect, "{text:?}");
        }
        let entry = house.engine.list_logs(&LogQuery::default()).await.unwrap().items.remove(0);
        assert_eq!(found(&house, search(&entry.log_id)).await, [missing.as_str()]);
        assert!(found(&house, search(&entry.log_id[1..])).await.is_empty(), "only a whole id");
        assert_eq!(house.engine.log(&entry.log_id).await.unwrap(), entry);
        for unknown in ["", "0", "a\0b"] {
            assert!(matches!(house.engine.log(unknown).await, Err(Error::NotFound("log entry"))), "{unknown:?}");
        }
    }

    async fn pages_go_from_new_to_old_in_the_order_of_what_happened(house: House) {
        let other = house.another().await;
        let mut happened = vec!["API Tessera Management API created".to_owned()];
        for number in 0..20 {
            // In turn by two processes, now and then within one second.
            let engine = if number % 2 == 0 { &house.engine } else { &other };
            house.clock.advance(1);
            for part in ["a", "b"] {
                let name = format!("{number}{part}");
                engine.create_client(&admin(), NewClient { name: name.clone(), ..NewClient::default() }).await.unwrap();
                happened.insert(0, format!("Client {name} created"));
            }
        }
        other.close().await;
        let mut pages = Vec::new();
        for number in 0..6 {
            let page = house.engine.list_logs(&at_page(number, 7)).await.unwrap();
            assert_eq!((page.total, page.page, page.per_page, page.as_of), (41, number, 7, NOW + 20));
            assert_eq!(page.items.len(), if number == 5 { 6 } else { 7 });
            pages.extend(page.items);
        }
        assert!(house.engine.list_logs(&at_page(6, 7)).await.unwrap().items.is_empty());
        assert_eq!(pages.iter().map(|entry| entry.description.clone()).collect::<Vec<_>>(), happened);
        assert!(pages.is_sorted_by(|newer, older| newer.log_id > older.log_id && newer.date >= older.date));
        assert!(pages.iter().all(|entry| entry.log_id.len() == 24 && entry.log_id.chars().all(|c| c.is_ascii_digit())));
    }

    async fn queued_entries_can_be_read_at_once_and_in_order(house: House) {
        // More than one statement writes.
        for number in 0..450 {
            house.engine.refuse(&refusal(&number.to_string()), None, None, &Caller::default());
        }
        let refused = LogQuery { kind: Some(LogType::TokenRefused), ..at_page(0, 1) };
        let newest = house.engine.list_logs(&refused).await.unwrap();
        assert_eq!((newest.total, newest.items[0].description.clone()), (450, refusal("449").for_log()));
        let told: Vec<_> = all(&house.engine).await.into_iter().map(|entry| entry.description).take(450).collect();
        assert_eq!(told, (0..450).rev().map(|number| refusal(&number.to_string()).for_log()).collect::<Vec<_>>());
    }

    async fn closing_writes_what_is_queued(house: House) {
        let other = house.another().await;
        for number in 0..450 {
            other.refuse(&refusal(&number.to_string()), None, None, &Caller::default());
        }
        other.close().await;
        assert_eq!(house.engine.list_logs(&search("client_unknown")).await.unwrap().total, 450);
    }

    async fn nothing_that_callers_send_stops_the_log(house: House) {
        // Four bytes each and not to be compressed: the longest rows that an index must take.
        let long: String = (0..5_000).filter_map(|n| char::from_u32(0x2_0000 + n * 7_919 % 40_000)).collect();
        let caller = Caller { ip: format!("\0{long}"), user_agent: format!("\0{long}"), ..Caller::default() };
        house.engine.refuse(&refusal(&long), Some(&long), Some(&long), &caller);
        let refused = house.engine.list_logs(&LogQuery::default()).await.unwrap().items.remove(0);
        assert_eq!((refused.kind, refused.client_id.chars().count(), refused.audience.chars().count()), (LogType::TokenRefused, 100, 600));

        let actor = Actor { id: format!("\0{long}"), name: format!("a\0{long}"), ip: caller.ip.clone(), ..admin() };
        let client = house.engine.create_client(&actor, NewClient { name: "Billing".to_owned(), ..NewClient::default() }).await.unwrap();
        house.engine.reveal_client_secret(&actor, &client.client_id).await.unwrap();
        let wrong = house.engine.sign_in("eve@example.com", &Secret::new("x"), &caller.ip).await;
        assert!(wrong.is_err());
        for entry in house.engine.list_logs(&LogQuery::default()).await.unwrap().items.into_iter().take(4) {
            let texts = [&entry.actor.id, &entry.actor.name, &entry.actor.ip, &entry.user_agent, &entry.description];
            assert!(texts.iter().all(|text| text.chars().count() <= 1_000 && !text.contains('\0')), "{entry:?}");
            assert!(entry.actor.ip.starts_with('\u{fffd}') && entry.actor.ip.chars().count() == 1_000);
        }
    }
}
