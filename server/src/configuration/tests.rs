//! The file, the plan, and that the two agree.

use model::api::{Api, SigningAlg, system_identifier, system_scopes};
use model::client::{AppType, AuthMethod, Client};
use model::grant::Grant;
use model::introspection::Introspector;
use model::issuer::Issuer;
use model::kept::Kept;
use model::quota::TokenQuota;
use model::rotation::RotationSchedule;
use model::scope::Scope;
use model::secret::Secret;
use model::token::TokenDialect;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::document::{FILE_MAX, Format, read, write};
use super::export::export;
use super::file::File;
use super::mistakes::Mistakes;
use super::plan::{Plan, plan};
use super::state::{Held, Secrets, State};

const FORMATS: [Format; 2] = [Format::Yaml, Format::Json];
const OWN_SECRET: &str = "a-secret-of-my-own-that-is-long-enough-0123456789";

fn issuer() -> Issuer {
    Issuer::parse("https://auth.example.com/").unwrap()
}

fn planned(value: &Value, state: &State, prune: bool) -> Result<Plan, Mistakes> {
    plan(&File::of(value)?, state, &Held::default(), &issuer(), prune)
}

/// The lines of the plan of a YAML text, without the last.
fn lines(yaml: &str, state: &State, prune: bool) -> Vec<String> {
    let plan = planned(&read(yaml, Format::Yaml).unwrap(), state, prune).unwrap();
    let mut lines = plan.lines();
    lines.pop();
    lines
}

/// What is wrong with a YAML text: a line for each mistake.
fn mistakes(yaml: &str, state: &State) -> String {
    let value = match read(yaml, Format::Yaml) {
        Ok(value) => value,
        Err(mistakes) => return mistakes.to_string(),
    };
    planned(&value, state, true).map(|plan| plan.lines()).unwrap_err().to_string()
}

fn scope(value: &str) -> Scope {
    Scope {
        value: value.to_owned(),
        description: String::new(),
    }
}

fn api(identifier: &str, scopes: &[&str]) -> Api {
    Api {
        id: format!("id of {identifier}"),
        name: "Orders".to_owned(),
        identifier: identifier.to_owned(),
        signing_alg: SigningAlg::RS256,
        token_lifetime: 86_400,
        token_dialect: TokenDialect::AccessToken,
        custom_claims: Default::default(),
        scopes: scopes.iter().map(|value| scope(value)).collect(),
        is_system: false,
        metadata_published: false,
        dpop_required: false,
        kept: Kept::default(),
        created_at: 0,
        updated_at: 0,
    }
}

fn system() -> Api {
    Api {
        name: "Tessera Management API".to_owned(),
        scopes: system_scopes(),
        is_system: true,
        ..api(&system_identifier(&issuer()), &[])
    }
}

fn client(id: &str, name: &str) -> Client {
    Client {
        client_id: id.to_owned(),
        name: name.to_owned(),
        auth_methods: AuthMethod::DEFAULT.to_vec(),
        ..Client::default()
    }
}

fn grant(client_id: &str, audience: &str, scope: &[&str]) -> Grant {
    Grant {
        id: format!("{client_id} {audience}"),
        client_id: client_id.to_owned(),
        audience: audience.to_owned(),
        scope: scope.iter().map(|&value| value.to_owned()).collect(),
        ..Grant::default()
    }
}

/// Two APIs beside the system's, two clients of one name and one of another, a grant, somebody who introspects.
fn state() -> State {
    State {
        apis: vec![system(), api("urn:orders", &["read", "write"]), api("urn:stock", &[])],
        introspectors: [("urn:orders".to_owned(), vec![introspector("urn:orders", "b1")])].into(),
        clients: vec![client("b1", "Billing"), client("t1", "Twin"), client("t2", "Twin")],
        grants: vec![grant("b1", "urn:orders", &["read"]), grant("t1", "urn:stock", &[])],
        tenant_settings: Kept::default().with(map(json!({ "friendly_name": "Ours" }))),
        key_rotation: None,
    }
}

fn introspector(audience: &str, client_id: &str) -> Introspector {
    Introspector {
        audience: audience.to_owned(),
        client_id: client_id.to_owned(),
        client_name: String::new(),
    }
}

fn map(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn what_is_new_is_created_and_what_differs_is_changed() {
    let yaml = "
version: 1
resource_servers:
  - identifier: urn:orders
    token_lifetime: 3600
    scopes: [{ value: read, description: Read orders }, { value: list }]
    tessera: { introspectors: [{ client: Invoices }] }
  - identifier: urn:new
    signing_alg: ES256
clients:
  - name: Billing
    description: Sends bills
    tessera: { token_lifetime: 60 }
  - name: Invoices
client_grants:
  - { client: Billing, audience: 'urn:orders', scope: [list, read] }
  - { client: Invoices, audience: 'urn:new', allow_all_scopes: true }
key_rotation: { period: 7776000, announce: 86400, retire: 7200 }
tenant_settings: { friendly_name: null, support_email: help@example.com }
";
    assert_eq!(
        lines(yaml, &state(), false),
        [
            "~ resource server urn:orders: scopes ~read +list -write, token_lifetime 86400 -> 3600",
            "+ resource server urn:new",
            r#"~ client Billing: description "" -> "Sends bills", token_lifetime null -> 60"#,
            "+ client Invoices",
            "~ grant Billing for urn:orders: scope +list",
            "+ grant Invoices for urn:new: all scopes",
            "- introspector Billing of urn:orders",
            "+ introspector Invoices of urn:orders",
            "~ key rotation: announce (none) -> 86400, period (none) -> 7776000, retire (none) -> 7200",
            r#"~ tenant settings: friendly_name "Ours" -> (none), support_email (none) -> "help@example.com""#,
        ]
    );
}

#[test]
fn only_pruning_deletes_and_only_what_a_section_leaves_out() {
    let yaml = "
version: 1
resource_servers: [{ identifier: 'urn:orders' }]
clients: [{ client_id: b1 }, { client_id: t2 }]
client_grants: [{ client_id: b1, audience: 'urn:orders' }]
";
    assert!(lines(yaml, &state(), false).is_empty());
    assert_eq!(
        lines(yaml, &state(), true),
        ["- grant Twin for urn:stock", "- client Twin", "- resource server urn:stock"]
    );
    assert!(lines("version: 1", &state(), true).is_empty());
    assert_eq!(
        lines("version: 1\nresource_servers: []", &state(), true),
        ["- resource server urn:orders", "- resource server urn:stock"],
        "never the Management API"
    );
    let gone = "{ version: 1, clients: [{ client_id: b1 }], client_grants: [{ client_id: t1, audience: 'urn:stock' }] }";
    assert!(mistakes(gone, &state()).starts_with("client_grants[0].client_id: There is no such client"));
}

#[test]
fn the_management_api_of_another_server_is_this_one() {
    let yaml = "
version: 1
resource_servers: [{ identifier: 'https://old.example.com/api/v2/', is_system: true, token_lifetime: 60 }]
client_grants: [{ client_id: b1, audience: 'https://old.example.com/api/v2/', scope: ['read:clients'] }]
";
    assert_eq!(
        lines(yaml, &state(), true)[..3],
        [
            "- grant Billing for urn:orders",
            "- grant Twin for urn:stock",
            "- resource server urn:orders",
        ]
    );
    assert_eq!(
        lines(yaml, &state(), false),
        [
            "~ resource server https://auth.example.com/api/v2/: token_lifetime 86400 -> 60",
            "+ grant Billing for https://auth.example.com/api/v2/: scope read:clients",
        ]
    );
    let renamed = "{ version: 1, resource_servers: [{ identifier: 'https://auth.example.com/api/v2/', name: Mine }] }";
    assert!(mistakes(renamed, &state()).contains("resource_servers[0]: This is the Management API"));
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let long = "x".repeat(201);
    for (yaml, expect) in [
        ("[]", "The file must hold one object"),
        ("{}", "version: Write version: 1"),
        ("{ version: 2 }", "version: Write version: 1"),
        ("{ version: 1, foo: 1 }", "foo: Remove this"),
        ("{ version: 1, clients: 1 }", "clients: Write a list"),
        ("{ version: 1, clients: null }", "clients: Write a list"),
        ("{ version: 1, clients: [1] }", "clients[0]: Write an object"),
        ("{ version: 1, clients: [{ name: A, foo: 1 }] }", "clients[0].foo: Remove this"),
        (
            "{ version: 1, clients: [{ name: A, tessera: { foo: 1 } }] }",
            "clients[0].tessera.foo: Remove this",
        ),
        (
            "{ version: 1, clients: [{ name: A, tessera: null }] }",
            "clients[0].tessera: Write an object",
        ),
        (
            "{ version: 1, clients: [{ name: A, name: B }] }",
            "clients[0].name: Keep this member once",
        ),
        ("{ version: 1, clients: [{ name: 1 }] }", "clients[0].name: Write a text"),
        ("{ version: 1, clients: [{ client_id: 'a b' }] }", "clients[0].client_id: Use 1 to 64"),
        ("{ version: 1, clients: [{ client_id: n1 }] }", "clients[0].name: Add this member"),
        ("{ version: 1, clients: [{ description: x }] }", "clients[0]: Name the client"),
        (
            "{ version: 1, clients: [{ name: Twin }] }",
            "clients[0].name: Name the client by client_id: 2 clients",
        ),
        ("{ version: 1, clients: [{ name: A }, { name: A }] }", "clients[1]: Keep one of the two"),
        (
            "{ version: 1, clients: [{ client_id: b1 }, { name: Billing }] }",
            "clients[1]: Keep one of the two",
        ),
        (
            "{ version: 1, clients: [{ name: A, client_secret: short }] }",
            "clients[0].client_secret: Choose 32 to 255",
        ),
        (
            "{ version: 1, clients: [{ name: A, app_type: toaster }] }",
            "clients[0].app_type: Write one of",
        ),
        (
            "{ version: 1, clients: [{ name: A, client_metadata: { a: 1 } }] }",
            "clients[0].client_metadata.a: Write a text",
        ),
        (
            "{ version: 1, clients: [{ name: A, token_quota: { client_credentials: { per_hour: 0 } } }] }",
            "clients[0].token_quota.client_credentials.per_hour: Enter a whole number",
        ),
        (
            "{ version: 1, clients: [{ name: A, tessera: { token_lifetime: 0 } }] }",
            "clients[0].tessera.token_lifetime: Enter",
        ),
        (
            "{ version: 1, clients: [{ name: A, tessera: { auth_methods: [mtls] } }] }",
            "clients[0].tessera.auth_methods: Write only",
        ),
        (
            "{ version: 1, clients: [{ name: A, tessera: { auth_methods: [] } }] }",
            "clients[0].tessera.auth_methods: Leave",
        ),
        (
            "{ version: 1, clients: [{ name: A, grant_types: client_credentials }] }",
            "clients[0].grant_types: Write a list",
        ),
        (
            "{ version: 1, resource_servers: [{ name: A }] }",
            "resource_servers[0].identifier: Add this member",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: a b }] }",
            "resource_servers[0].identifier: Use a URL",
        ),
        (
            &format!("{{ version: 1, resource_servers: [{{ identifier: u, name: {long} }}] }}"),
            "resource_servers[0].name: Shorten a name to at most 200",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, scopes: [{ value: a }, { value: openid }] }] }",
            "resource_servers[0].scopes[1].value: Choose another word",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, token_lifetime: 1.5 }] }",
            "resource_servers[0].token_lifetime: Write a whole",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, signing_alg: none }] }",
            "resource_servers[0].signing_alg: Write one of",
        ),
        (
            &format!("{{ version: 1, resource_servers: [{{ identifier: u, signing_secret: {OWN_SECRET} }}] }}"),
            "resource_servers[0].signing_secret: Only APIs that are signed with HS256",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, proof_of_possession: { mechanism: mtls, required: true } }] }",
            "resource_servers[0].proof_of_possession.mechanism: Write dpop",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, tessera: { introspectors: [{ client: Nobody }] } }] }",
            "resource_servers[0].tessera.introspectors[0].client: There is no such client",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, tessera: { custom_claims: { sub: { value: 1 } } } }] }",
            "resource_servers[0].tessera.custom_claims: Choose another name than sub",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u, tessera: { metadata_published: true } }] }",
            "resource_servers[0].tessera.metadata_published: Metadata has a place only",
        ),
        (
            "{ version: 1, resource_servers: [{ identifier: u }, { identifier: u }] }",
            "resource_servers[1].identifier: Keep one",
        ),
        (
            "{ version: 1, client_grants: [{ audience: 'urn:orders' }] }",
            "client_grants[0]: Name the client by",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, client: Billing, audience: x }] }",
            "client_grants[0]: Name the client by",
        ),
        (
            "{ version: 1, client_grants: [{ client: Twin, audience: 'urn:orders' }] }",
            "client_grants[0].client: Name the client by client_id",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, audience: 'urn:no' }] }",
            "client_grants[0].audience: There is no such",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, audience: 'urn:orders', scope: [fly] }] }",
            "client_grants[0].scope: Choose scopes that the resource server defines; it does not define: fly.",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, audience: 'urn:orders', scope: [], allow_all_scopes: true }] }",
            "client_grants[0].scope: Leave this out",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, audience: 'urn:orders' }, { client: Billing, audience: 'urn:orders' }] }",
            "client_grants[1]: Keep one of the two",
        ),
        (
            "{ version: 1, client_grants: [{ client_id: b1, audience: 'urn:orders', subject_type: user }] }",
            "client_grants[0].subject_type",
        ),
        (
            "{ version: 1, key_rotation: { period: 1, announce: 1, retire: 1 } }",
            "key_rotation.period: Let a key sign",
        ),
        (
            "{ version: 1, key_rotation: { period: 7776000, retire: 0 } }",
            "key_rotation.announce: Add this member",
        ),
        ("{ version: 1, tenant_settings: [] }", "tenant_settings: Write an object"),
    ] {
        let told = mistakes(yaml, &state());
        assert!(
            told.lines().any(|line| line.starts_with(expect)),
            "{yaml}\n  gave {told}\n  expected {expect}"
        );
        assert!(!told.contains(OWN_SECRET), "{told}");
    }
}

#[test]
fn a_scope_that_an_api_will_define_can_be_granted_and_one_that_it_loses_cannot() {
    let yaml = "{ version: 1, resource_servers: [{ identifier: 'urn:orders', scopes: [{ value: write }] }], client_grants: [GRANT] }";
    let grant = |scope: &str| yaml.replace("GRANT", &format!("{{ client_id: b1, audience: 'urn:orders', scope: [{scope}] }}"));
    assert!(mistakes(&grant("read"), &state()).contains("client_grants[0].scope"));
    assert_eq!(
        lines(&grant("write"), &state(), false),
        [
            "~ resource server urn:orders: scopes -read",
            "~ grant Billing for urn:orders: scope +write"
        ]
    );
    assert_eq!(
        lines(&grant(""), &state(), false),
        ["~ resource server urn:orders: scopes -read"],
        "the grant loses it with the API"
    );
}

#[test]
fn secrets_are_set_where_they_differ_and_shown_nowhere() {
    let yaml = format!("{{ version: 1, clients: [{{ client_id: b1, client_secret: {OWN_SECRET} }}, {{ name: New, client_secret: {OWN_SECRET} }}] }}");
    let value = read(&yaml, Format::Yaml).unwrap();
    assert_eq!(
        lines(&yaml, &state(), false),
        ["~ client Billing: client_secret replaced", "+ client New: client_secret of the file"]
    );
    let held = Held(["clients[0]".to_owned()].into());
    let file = File::of(&value).unwrap();
    let plan = plan(&file, &state(), &held, &issuer(), false).unwrap();
    assert_eq!(plan.lines()[0], "+ client New: client_secret of the file");
    assert!(!format!("{file:?}{plan:?}").contains(OWN_SECRET));
}

#[test]
fn what_can_not_be_read_is_told_by_line_and_not_by_value() {
    for (text, format) in [
        ("version: 1\nclients:\n - name: *hidden-s3cret\n", Format::Yaml),
        ("version: 1\nclients: [\n", Format::Yaml),
        ("version: 1\n---\nversion: 1\n", Format::Yaml),
        ("{\"version\": 1,\n \"clients\": [s3cret]}", Format::Json),
        ("{\"version\": 1} s3cret", Format::Json),
    ] {
        let told = read(text, format).unwrap_err().to_string();
        assert!(told.contains("can't be read") && !told.contains("s3cret"), "{told}");
    }
    let told = read("{\"version\": 1,\n \"clients\": [s3cret]}", Format::Json).unwrap_err().to_string();
    assert!(told.contains("line 2"), "{told}");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(read(&bomb, Format::Yaml).is_err());
    assert!(read(&"[".repeat(100_000), Format::Yaml).is_err() && read(&"[".repeat(100_000), Format::Json).is_err());
    let long = format!("version: 1 #{}", "x".repeat(FILE_MAX));
    assert_eq!(read(&long, Format::Yaml).unwrap_err().to_string(), "The file may have at most 8 MiB.");
}

#[test]
fn aliases_and_merges_are_followed() {
    let yaml = "
version: 1
clients:
  - &worker { name: One, description: A worker }
  - { <<: *worker, name: Two }
";
    assert_eq!(lines(yaml, &state(), false), ["+ client One", "+ client Two"]);
    assert_eq!(
        read(yaml, Format::Yaml).unwrap()["clients"][1],
        json!({ "name": "Two", "description": "A worker" })
    );
}

#[test]
fn files_are_in_the_order_in_which_people_read() {
    let secrets = Secrets {
        of_clients: [("b1".to_owned(), Secret::new(OWN_SECRET))].into(),
        ..Secrets::default()
    };
    let value = export(&state(), Some(&secrets));
    let yaml = write(&value, Format::Yaml).unwrap();
    let order = [
        "version:",
        "tenant_settings:",
        "resource_servers:",
        "- identifier:",
        "clients:",
        "\n- client_id:",
        OWN_SECRET,
        "client_grants:",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|text| yaml.find(text).unwrap_or_else(|| panic!("{text}: {yaml}")))
        .collect();
    assert!(places.is_sorted(), "{yaml}");
    let without = write(&export(&state(), None), Format::Yaml).unwrap();
    assert!(!without.contains("client_secret:") && !without.contains(OWN_SECRET));
}

/// Texts that a careless writer or reader of YAML takes for something else.
fn text() -> impl Strategy<Value = String> {
    let tricky = [
        "yes",
        "No",
        "null",
        "~",
        "1.0",
        "0x1F",
        "0o7",
        "1e3",
        "- a",
        "a: b",
        "#x",
        "a #b",
        "it's",
        "\"q\"",
        "2020-01-01",
        "=",
        "!t",
        "&a",
        "*a",
        "%d",
        "@x",
        "`x",
        "{a}",
        "[b]",
        "|",
        "a:",
        "?",
        ".inf",
        "12:30:45",
        "-",
        "true",
        "\u{feff}x",
        "…",
        "1_000",
    ];
    prop_oneof![
        proptest::sample::select(tricky.to_vec()).prop_map(str::to_owned),
        "[ -;=?-~äß€]{1,20}"
            .prop_map(|text| text.trim().to_owned())
            .prop_filter("empty", |text| !text.is_empty()),
    ]
}

/// A text with anything in it.
fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        any::<String>(),
        Just("a\nb\n".to_owned()),
        Just(" a\tb\u{0}\u{85}\u{2028} ".to_owned()),
        Just("<<".to_owned())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|quarters| json!(f64::from(quarters) / 4.0)),
        wild().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(wild(), inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

fn kept(names: Vec<&'static str>) -> impl Strategy<Value = Kept> {
    let members = proptest::collection::btree_map(proptest::sample::select(names), value(), 0..3);
    members.prop_map(|members| Kept::default().with(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

fn any_api(at: usize) -> impl Strategy<Value = Api> {
    let scopes = proptest::collection::btree_map("[a-z]{1,3}:[a-z]{1,3}", "[ -~]{0,10}", 0..4);
    let whether = (any::<bool>(), any::<bool>(), any::<bool>());
    let alg = proptest::sample::select(SigningAlg::ALL.to_vec());
    (
        text(),
        scopes,
        whether,
        alg,
        1_i64..2_592_000,
        value(),
        kept(super::kept::of_resource_servers()),
    )
        .prop_map(
            move |(name, scopes, (metadata_published, dpop_required, rfc9068), signing_alg, token_lifetime, claim, kept)| Api {
                name,
                signing_alg,
                token_lifetime,
                metadata_published,
                dpop_required,
                token_dialect: if rfc9068 {
                    TokenDialect::Rfc9068Profile
                } else {
                    TokenDialect::AccessToken
                },
                custom_claims: serde_json::from_value(json!({ "https://a/b": { "value": short(claim) } })).unwrap(),
                scopes: scopes
                    .into_iter()
                    .map(|(value, description)| Scope { value, description }.trimmed())
                    .collect(),
                kept,
                ..api(&format!("https://api{at}.example.com/"), &[])
            },
        )
}

/// A value that a claim may have.
fn short(value: Value) -> Value {
    if value.to_string().chars().count() > 500 { Value::Null } else { value }
}

fn any_client(at: usize) -> impl Strategy<Value = Client> {
    // Those of `kept::of_clients` that must be of one type.
    const PLAIN: &[&str] = &["addons", "callbacks", "jwt_configuration", "logo_uri", "refresh_token", "sso"];
    let metadata = proptest::collection::btree_map(text(), text(), 0..3);
    let kind = proptest::sample::select(vec![
        AppType::NonInteractive,
        AppType::Native,
        AppType::Spa,
        AppType::RegularWeb,
        AppType::Other,
    ]);
    let methods = proptest::sample::subsequence(AuthMethod::ALL.to_vec(), 1..=3);
    let quota = (proptest::option::of(1_i64..100), proptest::option::of(100_i64..200), any::<bool>());
    let whether = (any::<bool>(), any::<bool>(), any::<bool>());
    let texts = (text(), "[ -~]{0,20}", proptest::option::of(1_i64..86_400));
    (texts, metadata, kind, methods, quota, whether, kept(PLAIN.to_vec())).prop_map(
        move |((name, description, token_lifetime), client_metadata, app_type, auth_methods, quota, whether, kept)| {
            let grants = if whether.0 { json!({ "grant_types": ["implicit"] }) } else { json!({}) };
            Client {
                description: description.trim().to_owned(),
                app_type,
                client_metadata,
                auth_methods,
                strict_assertions: whether.0,
                dpop_required: whether.1,
                third_party: whether.2,
                token_lifetime,
                barred: whether.0,
                token_quota: TokenQuota {
                    per_hour: quota.0,
                    per_day: quota.1,
                    enforce: quota.2,
                },
                kept: kept.with(map(grants)),
                ..client(&format!("client-{at}"), &name)
            }
        },
    )
}

fn any_state() -> impl Strategy<Value = State> {
    let apis = (any_api(0), any_api(1));
    let clients = (any_client(0), any_client(1), any_client(2));
    let schedule = proptest::option::of((86_400_i64..864_000, 600_i64..86_400, 0_i64..86_400));
    let settings = kept(vec!["friendly_name", "support_email", "flags"]);
    (
        apis,
        clients,
        schedule,
        settings,
        any::<[bool; 4]>(),
        kept(super::kept::of_client_grants()),
    )
        .prop_map(|(apis, clients, schedule, tenant_settings, whether, kept)| {
            let audience = apis.0.identifier.clone();
            let scope: Vec<&str> = apis.0.scopes.iter().map(|scope| scope.value.as_str()).filter(|_| whether[0]).collect();
            let mut grants = vec![
                grant("client-0", &audience, &scope),
                grant("client-1", &system().identifier, &["read:clients"]),
            ];
            grants[0].kept = kept;
            grants[0].all_scopes = whether[1];
            State {
                introspectors: [(audience.clone(), vec![introspector(&audience, "client-1")])].into(),
                apis: vec![apis.0, system(), apis.1],
                clients: vec![clients.0, clients.1, clients.2],
                grants,
                tenant_settings,
                key_rotation: schedule.map(|(period, announce, retire)| RotationSchedule { period, announce, retire }),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn applying_what_was_exported_changes_nothing(state in any_state()) {
        let value = export(&state, None);
        for format in FORMATS {
            let text = write(&value, format).unwrap();
            let again = read(&text, format).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
            prop_assert_eq!(&again, &value, "{}", text);
            for prune in [false, true] {
                let plan = planned(&again, &state, prune).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
                prop_assert!(plan.steps.is_empty(), "{:?}\n{}", plan.lines(), text);
            }
        }
    }

    #[test]
    fn a_file_from_elsewhere_names_all_that_differs(state in any_state(), other in any_state()) {
        let plan = planned(&export(&other, None), &state, true).unwrap();
        let [create, change, _] = plan.counts();
        let is_same = export(&other, None) == export(&state, None);
        prop_assert!(is_same || create + change + plan.counts()[2] > 0);
        // Ids and identifiers are the same on both.
        prop_assert!(plan.lines().iter().all(|line| !line.starts_with("+ client")), "{:?}", plan.lines());
    }

    #[test]
    fn no_text_makes_it_fail_otherwise_than_by_saying_so(text in wild(), value in value()) {
        for format in FORMATS {
            let read = read(&text, format);
            let _ = read.map(|value| planned(&value, &state(), true));
        }
        let _ = planned(&value, &state(), true);
    }
}
