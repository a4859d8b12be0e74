//! The reference of the Management API as an admin uses it: every operation is there, and what is tried is really called, by a client, with
//! a token that is worth little to anybody else.

use http::StatusCode;
use http::header::SET_COOKIE;
use model::api::system_identifier;
use model::client::ClientChanges;
use model::log::{ActorKind, LogEntry, LogQuery, LogType};
use model::page::ListQuery;
use serde_json::{Value, json};
use server::management::{openapi, operations};

use crate::house::{Answer, ClientPersona, House, NOW, Way, form};

const PAGE: &str = "/reference";
const CALL: &str = "/_fn/call_operation";

/// A house with an admin who is signed in, and a client that may do some things.
struct Desk {
    house: House,
    cookie: String,
    client: ClientPersona,
}

impl Desk {
    async fn with(scopes: &[&str]) -> Self {
        let house = House::new().await;
        let cookie = house.admin().await;
        let client = house.client("Deploy tool").await;
        house.grant(&client, &system_identifier(house.engine.issuer()), scopes).await;
        Self { house, cookie, client }
    }

    async fn open(&self, query: &str) -> Answer {
        self.house.get_as(&self.cookie, &format!("{PAGE}{query}")).await
    }

    /// The fields of a form of this operation.
    fn fields(&self, op: &str, more: &[(&str, &str)]) -> String {
        form(&[&[("op", op), ("client_id", self.client.id.as_str())], more].concat())
    }

    /// Sends the form by script.
    async fn send(&self, op: &str, more: &[(&str, &str)]) -> Answer {
        self.house.call(Way::Fetch, Some(&self.cookie), CALL, self.fields(op, more)).await
    }

    /// What came of it: the words about it, and its body.
    async fn answered(&self, op: &str, more: &[(&str, &str)]) -> (String, String) {
        let answer = self.send(op, more).await;
        assert_eq!(answer.status, StatusCode::OK, "{op}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        let said = answer.json();
        assert_eq!(said["op"], op);
        (said["head"].as_str().unwrap().to_owned(), said["body"].as_str().unwrap().to_owned())
    }

    /// Sends the form without script: where that leads, and the cookie that comes along.
    async fn post(&self, op: &str, more: &[(&str, &str)]) -> (String, String) {
        let answer = self.house.call(Way::Form, Some(&self.cookie), CALL, self.fields(op, more)).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{op}: {}", answer.body);
        let cookie = answer
            .headers
            .get(SET_COOKIE)
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .unwrap_or_default();
        (answer.header("location").to_owned(), cookie)
    }

    /// The page that such a form ends on, and the same page again: what it shows, it shows once.
    async fn shown_once(&self, op: &str, more: &[(&str, &str)]) -> (String, String) {
        let (location, cookie) = self.post(op, more).await;
        assert_eq!(location, format!("{PAGE}?op={op}&client={}", self.client.id));
        assert!(cookie.ends_with("; Path=/reference; Max-Age=60; HttpOnly; SameSite=Strict"), "{cookie}");
        let cookies = format!("{}; {}", self.cookie, cookie.split(';').next().unwrap());
        let first = self.house.get_as(&cookies, &location).await;
        first.is_page(&location);
        assert_eq!(first.header("cache-control"), "no-store");
        assert!(first.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        let second = self.house.get_as(&self.cookie, &location).await;
        second.is_page(&location);
        (first.body, second.body)
    }

    /// The log, the newest entry first.
    async fn log(&self) -> Vec<LogEntry> {
        self.house.engine.list_logs(&LogQuery::default()).await.unwrap().items
    }

    async fn issued(&self) -> usize {
        self.log().await.iter().filter(|entry| entry.kind == LogType::TokenIssued).count()
    }

    async fn clients(&self) -> Vec<String> {
        let page = self.house.engine.list_clients(&ListQuery::default()).await.unwrap();
        page.items.into_iter().map(|summary| summary.client.name).collect()
    }
}

#[tokio::test]
async fn every_operation_has_its_page() {
    let desk = Desk::with(&["read:clients"]).await;
    let all = desk.open("").await;
    all.is_page(PAGE);
    let document = openapi(&desk.house.engine);
    let mut count = 0;
    for operation in operations() {
        let path = operation.path.strip_prefix("/api/v2").unwrap();
        let said = &document["paths"][path][operation.method.as_str().to_lowercase()];
        let op = said["operationId"].as_str().unwrap();
        assert!(all.body.contains(&format!("href=\"{PAGE}?op={op}\"")), "{op} is in the list");
        let address = format!("?op={op}");
        let page = desk.open(&address).await;
        page.is_page(&address);
        assert_eq!(page.body.matches("aria-current=\"page\"").count(), 1, "{op}: of the list, this one");
        for scope in operation.scopes {
            assert!(page.body.contains(scope), "{op} says {scope}");
        }
        let params = said["parameters"].as_array().unwrap();
        for name in params.iter().map(|param| param["name"].as_str().unwrap()) {
            assert!(page.body.contains(&format!("name=\"params[{name}]\"")), "{op} asks for {name}");
        }
        for member in said["requestBody"]["content"]["application/json"]["schema"]["properties"]
            .as_object()
            .into_iter()
            .flatten()
        {
            assert!(
                page.body.contains(&format!("<code class=\"mono\">{}<", member.0)),
                "{op} tells of {}",
                member.0
            );
        }
        assert_eq!(page.body.contains("name=\"sure\""), operation.method != "GET", "{op}");
        count += 1;
    }
    assert!(all.body.contains(&format!("{count} operations")), "{count}");
    let filtered = desk.open("?q=rotate").await.body;
    assert!(
        filtered.contains("op=post_rotate-secret&amp;q=rotate") && !filtered.contains("op=get_logs"),
        "{filtered}"
    );
    assert!(desk.open("?q=nothing-is-called-so").await.body.contains("No operation matches"));
    assert_eq!(desk.open("?op=get_nothing").await.status, StatusCode::NOT_FOUND);
}

/// One that only reads: with script it is answered at once, without on the page that follows.
#[tokio::test]
async fn a_call_that_reads_is_made_by_the_client_with_a_token_for_it_alone() {
    let desk = Desk::with(&["read:clients", "read:logs", "update:clients"]).await;
    let id = desk.client.id.clone();
    let (head, body) = desk
        .answered("get_clients_by_id", &[("params[id]", &id), ("params[fields]", "name")])
        .await;
    assert!(
        head.contains("200 OK") && head.contains("x-ratelimit-remaining") && !head.contains("retry-after"),
        "{head}"
    );
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({ "name": "Deploy tool" }));
    let newest = desk.log().await.remove(0);
    assert_eq!(
        (newest.kind, newest.actor.kind, newest.client_id.as_str()),
        (LogType::TokenIssued, ActorKind::Admin, id.as_str())
    );
    assert_eq!(newest.scope, "read:clients", "of its grant what the operation wants, and no more");

    let (first, second) = desk
        .shown_once("get_clients_by_id", &[("params[id]", &id), ("params[fields]", "name")])
        .await;
    assert!(first.contains("200 OK") && first.contains("\"name\": \"Deploy tool\""), "{first}");
    assert!(first.contains(&format!("value=\"{id}\"")), "what was typed is there");
    assert!(!second.contains("200 OK"));
    assert_eq!(desk.issued().await, 2, "the second look has called nothing");

    let (first, _) = desk
        .shown_once("get_clients_by_id", &[("params[id]", " "), ("params[fields]", "name")])
        .await;
    assert!(first.contains("Enter id") && first.contains("value=\"name\""), "{first}");
    assert_eq!(desk.issued().await, 2);
}

/// One that changes something: it is made once, whichever way the form comes, and only by whoever says that they know.
#[tokio::test]
async fn a_call_that_changes_something_is_made_once() {
    let desk = Desk::with(&["create:clients"]).await;
    let body = r#"{"name":"Made here"}"#;
    for sure in [&[][..], &[("sure", "false")]] {
        let answer = desk.send("post_clients", &[&[("body", body)], sure].concat()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        assert!(answer.body.contains("Tick the box"), "{}", answer.body);
    }
    let (location, cookie) = desk.post("post_clients", &[("body", body)]).await;
    assert!(location.contains("__err=") && cookie.is_empty(), "{location} {cookie}");
    assert_eq!((desk.clients().await, desk.issued().await), (vec!["Deploy tool".to_owned()], 0));

    let (head, answer) = desk.answered("post_clients", &[("body", body), ("sure", "true")]).await;
    assert!(head.contains("201 Created"), "{head}");
    let made: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(made["name"], "Made here");
    let secret = made["client_secret"].as_str().unwrap();
    let log = desk.log().await;
    let created = log
        .iter()
        .find(|entry| entry.kind == LogType::Changed && entry.client_id == made["client_id"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        (created.actor.kind, created.actor.id.as_str()),
        (ActorKind::Client, desk.client.id.as_str())
    );
    let issued = log.iter().find(|entry| entry.kind == LogType::TokenIssued).unwrap();
    assert_eq!((issued.actor.kind, issued.scope.as_str()), (ActorKind::Admin, "create:clients"));
    assert!(
        !serde_json::to_string(&log).unwrap().contains(secret),
        "the answer holds a secret, the log does not"
    );

    let (first, second) = desk
        .shown_once("post_clients", &[("body", r#"{"name":"Made without script"}"#), ("sure", "true")])
        .await;
    assert!(first.contains("201 Created") && first.contains("Made without script"), "{first}");
    assert!(!second.contains("Made without script"));
    let mut clients = desk.clients().await;
    clients.sort();
    assert_eq!(clients, ["Deploy tool", "Made here", "Made without script"], "once each");
}

/// The API speaks for itself about what it does not take.
#[tokio::test]
async fn what_the_api_refuses_is_shown_as_it_says_it() {
    let desk = Desk::with(&["create:clients", "read:clients"]).await;
    let sure = ("sure", "true");
    for (op, fields, words) in [
        ("post_clients", vec![sure, ("body", "{name}")], "The body is not valid JSON"),
        ("post_clients", vec![sure, ("body", "{}")], "Missing required property: name"),
        ("get_clients", vec![("params[page]", "x")], "Expected type integer"),
        ("get_clients_by_id", vec![("params[id]", "../logs?x=1")], "The client does not exist"),
    ] {
        let (head, body) = desk.answered(op, &fields).await;
        let said: Value = serde_json::from_str(&body).unwrap();
        assert!(said["message"].as_str().unwrap().contains(words), "{op}: {body}");
        assert!(head.contains(&format!("{} ", said["statusCode"])) && head.contains("chip bad"), "{head}");
    }
    let (first, _) = desk.shown_once("post_clients", &[sure, ("body", "{name}")]).await;
    assert!(
        first.contains("400 Bad Request") && first.contains("The body is not valid JSON"),
        "{first}"
    );
}

/// What can't be sent at all makes no token.
#[tokio::test]
async fn what_can_not_be_sent_is_refused_before_there_is_a_token() {
    let desk = Desk::with(&["read:clients", "create:clients"]).await;
    let long = "x".repeat(app::reference::BODY_MAX + 1);
    let endless = "x".repeat(20_000);
    for (op, fields, status, words) in [
        ("get_nothing", vec![], StatusCode::NOT_FOUND, "operation"),
        (
            "get_clients_by_id",
            vec![("params[id]", " ")],
            StatusCode::UNPROCESSABLE_ENTITY,
            "Enter id",
        ),
        (
            "get_clients_by_id",
            vec![("params[id]", endless.as_str())],
            StatusCode::UNPROCESSABLE_ENTITY,
            "too long",
        ),
        (
            "post_clients",
            vec![("sure", "true"), ("body", long.as_str())],
            StatusCode::UNPROCESSABLE_ENTITY,
            "64 KiB",
        ),
    ] {
        let answer = desk.send(op, &fields).await;
        assert_eq!(answer.status, status, "{op}: {}", answer.body);
        assert!(answer.body.contains(words), "{op}: {}", answer.body);
    }
    assert_eq!(desk.issued().await, 0);
}

#[tokio::test]
async fn a_client_that_can_not_be_used_is_told_why() {
    let desk = Desk::with(&["read:clients"]).await;
    let (head, body) = desk.answered("get_logs", &[]).await;
    assert!(
        head.contains("The grant does not hold: read:logs") && head.contains("scope_not_granted") && body.is_empty(),
        "{head}"
    );
    let newest = desk.log().await.remove(0);
    assert_eq!((newest.kind, newest.actor.kind), (LogType::TokenRefused, ActorKind::Admin));

    let change = async |kept: Value, dpop_required| {
        let changes = ClientChanges {
            kept: serde_json::from_value(kept).unwrap(),
            dpop_required: Some(dpop_required),
            ..ClientChanges::default()
        };
        desk.house
            .engine
            .update_client(&model::log::Actor::command(), &desk.client.id, changes)
            .await
            .unwrap();
    };
    change(json!({ "grant_types": ["implicit"] }), false).await;
    let (head, _) = desk.answered("get_clients", &[]).await;
    assert!(head.contains("grant_type_not_allowed"), "{head}");
    assert!(desk.open("?op=get_clients").await.body.contains("gets no tokens"));

    change(json!({ "grant_types": null }), true).await;
    let answer = desk.send("get_clients", &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert!(answer.body.contains("must be bound to a key (DPoP)"), "{}", answer.body);
    assert!(desk.open("?op=get_clients").await.body.contains("must be bound to a key (DPoP)"));
    assert_eq!(desk.issued().await, 0);
}

#[tokio::test]
async fn without_a_client_the_page_says_how_to_get_one() {
    let house = House::new().await;
    let cookie = house.admin().await;
    let api = house.engine.api_by_identifier(&system_identifier(house.engine.issuer())).await.unwrap();
    let page = house.get_as(&cookie, "/reference?op=get_clients").await;
    page.is_page(PAGE);
    assert!(
        page.body.contains("No client is authorized yet") && page.body.contains(&format!("/apis/{}/clients", api.id)),
        "{}",
        page.body
    );
    assert!(!page.body.contains("id=\"try-head\""));
}

/// The token of a call is thrown away, so its life is shown by the one that is made to be taken along.
#[tokio::test]
async fn a_token_for_the_shell_lives_an_hour_and_is_shown_once() {
    let desk = Desk::with(&["read:clients", "create:clients"]).await;
    let claims = async |token: &str| {
        let verified = desk.house.engine.verify(token).await.unwrap();
        serde_json::from_str::<Value>(&verified.claims_json).unwrap()
    };
    // Nothing is called, so nothing need be known.
    let (head, token) = desk.answered("post_clients", &[("token", "true")]).await;
    assert!(head.contains("It carries create:clients."), "{head}");
    let said = claims(&token).await;
    assert_eq!(
        (&said["iat"], &said["exp"], &said["scope"]),
        (&json!(NOW), &json!(NOW + 3_600), &json!("create:clients"))
    );
    let (_, token) = desk.answered("tessera_get_openapi", &[("token", "true")]).await;
    assert_eq!(
        claims(&token).await.get("scope"),
        None,
        "an operation for any token is given one that holds nothing"
    );

    let (first, second) = desk.shown_once("get_clients", &[("token", "true")]).await;
    let is_token = |page: &str| page.contains("eyJ");
    assert!(is_token(&first) && !is_token(&second));
    assert_eq!(desk.clients().await, ["Deploy tool"]);
}

/// A call counts like any other of the client, and knows where the admin is.
#[tokio::test]
async fn calls_from_the_page_are_counted() {
    let rate = engine::CallRate {
        burst: 2.try_into().unwrap(),
        per_second: 1.try_into().unwrap(),
    };
    let house = House::with_calls(rate).await;
    let cookie = house.admin().await;
    let client = house.client("Deploy tool").await;
    house.grant(&client, &system_identifier(house.engine.issuer()), &["read:clients"]).await;
    let desk = Desk { house, cookie, client };
    for _ in 0..2 {
        assert!(desk.answered("get_clients", &[]).await.0.contains("200 OK"));
    }
    let (head, _) = desk.answered("get_clients", &[]).await;
    assert!(head.contains("429 Too Many Requests") && head.contains("retry-after"), "{head}");
}
