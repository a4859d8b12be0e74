//! The Management API as clients meet it: who gets in, what each object can do, and that nothing is lost.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU32;

use axum::body::Body;
use engine::CallRate;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use model::api::{SigningAlg, system_identifier};
use model::client::ClientChanges;
use model::key::KeyAlg;
use model::log::{Actor, ActorKind, LogQuery, LogType};
use model::token::TokenRequest;
use serde_json::{Value, json};
use server::management::{compatibility, openapi, operations};

use crate::house::{Answer, ClientPersona, FORM, House, JSON, ORDERS, Way, form};

/// A house, and a client that may do everything.
struct Managed {
    house: House,
    client: ClientPersona,
    token: String,
}

impl Managed {
    async fn new() -> Self {
        Self::of(House::new().await).await
    }

    async fn of(house: House) -> Self {
        let client = house.client("Deploy tool").await;
        let token = manager(&house, &client, &all_scopes(&house).await).await;
        Self { house, client, token }
    }

    /// Asks for another token, which the key of now signs.
    async fn renew(&mut self) {
        let audience = system_identifier(self.house.engine.issuer());
        self.token = token(&self.house, &self.client, &audience).await;
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        send(&self.house, Some(&self.token), method, path, body).await
    }

    /// The answer of a call that must go well.
    async fn must(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.call(method.clone(), path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
        if answer.status == StatusCode::NO_CONTENT {
            Value::Null
        } else {
            answer.json()
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.must(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.must(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Value {
        self.must(Method::PATCH, path, Some(body)).await
    }

    /// Status, code and message of a call that must fail.
    async fn refused(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String, String) {
        let answer = self.call(method, path, body).await;
        said(&answer)
    }
}

async fn all_scopes(house: &House) -> Vec<String> {
    let api = house.engine.api_by_identifier(&system_identifier(house.engine.issuer())).await.unwrap();
    api.scopes.into_iter().map(|scope| scope.value).collect()
}

/// Grants the client these scopes of the Management API, and asks for its token.
async fn manager(house: &House, client: &ClientPersona, scopes: &[String]) -> String {
    let audience = system_identifier(house.engine.issuer());
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    house.grant(client, &audience, &scopes).await;
    token(house, client, &audience).await
}

async fn token(house: &House, client: &ClientPersona, audience: &str) -> String {
    let answer = house.ask_with(client, json!({ "audience": audience })).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn send(house: &House, token: Option<&str>, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/api/v2{path}"));
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = match body {
        Some(body) => {
            request = request.header(CONTENT_TYPE, JSON);
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    house.send(request.body(body).unwrap()).await
}

/// An error as SDKs read it: its members agree with the status.
fn said(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let status = answer.status;
    assert_eq!(body["statusCode"], status.as_u16(), "{body}");
    assert_eq!(body["error"], status.canonical_reason().unwrap(), "{body}");
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (status.as_u16(), text("errorCode"), text("message"))
}

/// An address of an operation; what is in it makes no difference to who may not call it.
fn address(path: &str) -> String {
    path.strip_prefix("/api/v2").unwrap().replace(['{', '}'], "")
}

/// Each operation × each token that must not open it, from the table that the routes are made of.
#[tokio::test]
async fn no_operation_opens_for_a_token_that_must_not() {
    let managed = Managed::new().await;
    let house = &managed.house;
    let orders = house.orders().await;
    let elsewhere = House::new().await;
    let other = elsewhere.client("Deploy tool").await;
    let other_key = manager(&elsewhere, &other, &all_scopes(&elsewhere).await).await;
    let deleted = house.client("Deleted").await;
    let of_deleted = manager(house, &deleted, &all_scopes(house).await).await;
    house.engine.delete_client(&Actor::command(), &deleted.id).await.unwrap();
    let cut_off = house.client("Cut off").await;
    let of_cut_off = manager(house, &cut_off, &all_scopes(house).await).await;
    house.engine.revoke_client_tokens(&Actor::command(), &cut_off.id).await.unwrap();
    let ungranted = house.client("No longer authorized").await;
    let of_ungranted = manager(house, &ungranted, &all_scopes(house).await).await;
    let audience = system_identifier(house.engine.issuer());
    house.engine.delete_grant(&Actor::command(), &ungranted.id, &audience).await.unwrap();
    let revoked = managed.token.clone();
    let fields = form(&[
        ("client_id", &managed.client.id),
        ("client_secret", managed.client.secret.reveal()),
        ("token", &revoked),
    ]);
    house.clock.advance(1);
    let good = token(house, &managed.client, &audience).await;
    assert_eq!(house.post("/oauth/revoke", FORM, fields).await.status, StatusCode::OK);
    // A character in the midst of the signature, which stays well-formed.
    let (start, end) = good.split_at(good.len() - 20);
    let altered = format!("{start}{}{}", if end.starts_with('A') { "B" } else { "A" }, &end[1..]);
    let bound = house.client("Bound").await;
    house.grant(&bound, &audience, &["read:clients"]).await;
    let dpop = ClientChanges {
        dpop_required: Some(true),
        ..ClientChanges::default()
    };
    house.engine.update_client(&Actor::command(), &bound.id, dpop).await.unwrap();
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.clone()),
        scope: None,
    };
    let of_bound = house.engine.issue_for(&Actor::command(), &bound.id, request).await.unwrap().access_token;
    let wrong_audience = token(house, &orders, ORDERS).await;
    let before = house.engine.list_logs(&LogQuery::default()).await.unwrap().total;

    let operations = operations();
    assert!(operations.len() > 25, "the table is whole");
    for operation in &operations {
        let path = address(&operation.path);
        let call = async |token: Option<&str>| send(house, token, operation.method.clone(), &path, None).await;
        for (who, token, message) in [
            ("no token", None, "Missing authentication"),
            ("nonsense", Some("a.b.c"), "Invalid token"),
            ("wrong key", Some(other_key.as_str()), "Invalid token"),
            ("altered", Some(&altered), "Invalid signature received for JSON Web Token validation"),
            ("wrong audience", Some(&wrong_audience), "Bad audience"),
            ("deleted client", Some(&of_deleted), "Invalid token"),
            ("client that was cut off", Some(&of_cut_off), "Invalid token"),
            ("revoked", Some(&revoked), "Invalid token"),
            (
                "bound to a key",
                Some(of_bound.reveal()),
                "The token is bound to a key; the Management API takes bearer tokens",
            ),
        ] {
            let answer = call(token).await;
            let at = format!("{who}: {} {path}", operation.method);
            assert_eq!(said(&answer), (401, String::new(), message.to_owned()), "{at}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{at}");
        }
        // Of a client that has no grant any more, nothing of what its token says is left.
        let answer = call(Some(&of_ungranted)).await;
        if operation.scopes.is_empty() {
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            continue;
        }
        let expect = format!("Insufficient scope, expected any of: {}", operation.scopes.join(","));
        assert_eq!(
            said(&answer),
            (403, "insufficient_scope".to_owned(), expect),
            "{} {path}",
            operation.method
        );
    }
    assert_eq!(
        house.engine.list_logs(&LogQuery::default()).await.unwrap().total,
        before,
        "nothing has happened"
    );

    house.clock.advance(model::api::TOKEN_LIFETIME_DEFAULT);
    for operation in &operations {
        let answer = send(house, Some(&good), operation.method.clone(), &address(&operation.path), None).await;
        let message = "Expired token received for JSON Web Token validation".to_owned();
        assert_eq!(said(&answer), (401, String::new(), message), "{} {}", operation.method, operation.path);
    }
}

/// A client that holds all scopes but those of an operation is refused it, and one that holds just one of them is not.
#[tokio::test]
async fn each_operation_wants_one_of_its_scopes() {
    let managed = Managed::new().await;
    let all = all_scopes(&managed.house).await;
    let mut tokens = Vec::new();
    for operation in operations().into_iter().filter(|operation| !operation.scopes.is_empty()) {
        let others: Vec<String> = all.iter().filter(|scope| !operation.scopes.contains(&scope.as_str())).cloned().collect();
        let client = managed.house.client(&format!("Without {}", operation.scopes.join(" "))).await;
        tokens.push((operation, manager(&managed.house, &client, &others).await));
    }
    for (operation, token) in tokens {
        for scope in operation.scopes {
            assert!(all.contains(&(*scope).to_owned()), "{scope} is no scope of the Management API");
        }
        let answer = send(&managed.house, Some(&token), operation.method.clone(), &address(&operation.path), None).await;
        assert_eq!(said(&answer).0, 403, "{} {}", operation.method, operation.path);
        let answer = managed.call(operation.method.clone(), &address(&operation.path), None).await;
        assert!(
            ![401, 403].contains(&answer.status.as_u16()),
            "{} {}: {}",
            operation.method,
            operation.path,
            answer.body
        );
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{} {}", operation.method, operation.path);
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_malformed() {
    let house = House::new().await;
    for header in ["abc", "Basic YTpi", "Bearer", "Bearer a b"] {
        let request = Request::get("/api/v2/clients").header(AUTHORIZATION, header).body(Body::empty()).unwrap();
        let answer = house.send(request).await;
        assert_eq!(
            said(&answer),
            (400, String::new(), "Bad HTTP authentication header format".to_owned()),
            "{header}"
        );
    }
}

#[tokio::test]
async fn the_life_of_a_client() {
    let managed = Managed::new().await;
    let made = managed
        .post("/clients", json!({ "name": "  Worker ", "app_type": "non_interactive" }))
        .await;
    let id = made["client_id"].as_str().unwrap();
    let path = format!("/clients/{id}");
    assert_eq!(made["name"], "Worker");
    insta::assert_json_snapshot!("client_created", made, { ".client_id" => "[id]", ".client_secret" => "[secret]" });
    assert_eq!(managed.get(&path).await, made);

    let changed = managed
        .patch(
            &path,
            json!({ "description": "Bills", "client_metadata": { "team": "a", "cost": "b" }, "callbacks": ["https://a/"],
                "token_quota": { "client_credentials": { "enforce": true, "per_hour": 5 } }, "tessera": { "token_lifetime": 60 } }),
        )
        .await;
    assert_eq!(changed["client_secret"], made["client_secret"]);
    let changed = managed
        .patch(&path, json!({ "client_metadata": { "team": null }, "callbacks": null }))
        .await;
    assert_eq!(changed["client_metadata"], json!({ "cost": "b" }));
    assert_eq!(changed.get("callbacks"), None);
    assert_eq!(
        changed["token_quota"],
        json!({ "client_credentials": { "enforce": true, "per_hour": 5 } })
    );
    assert_eq!(changed["tessera"], json!({ "token_lifetime": 60 }));
    let cleared = managed
        .patch(
            &path,
            json!({ "token_quota": null, "tessera": null, "description": null, "client_metadata": null }),
        )
        .await;
    for name in ["token_quota", "tessera", "description", "client_metadata"] {
        assert_eq!(cleared.get(name), None, "{name}");
    }

    let rotated = managed.must(Method::POST, &format!("{path}/rotate-secret"), None).await;
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    let own = "LUFqPx+sRLjbL7peYRPFmFu-bbvE7u7og4YUNe_C345=683341";
    assert_eq!(managed.patch(&path, json!({ "client_secret": own })).await["client_secret"], own);
    let client = ClientPersona {
        id: id.to_owned(),
        secret: model::secret::Secret::new(own),
    };
    managed.house.api(ORDERS, SigningAlg::RS256, &["read:orders"]).await;
    managed.house.grant(&client, ORDERS, &["read:orders"]).await;
    assert_eq!(
        managed.house.ask_with(&client, json!({})).await.status,
        StatusCode::OK,
        "the secret is in effect"
    );

    managed.must(Method::DELETE, &path, None).await;
    let gone = (404, "inexistent_client".to_owned(), "The client does not exist".to_owned());
    assert_eq!(managed.refused(Method::GET, &path, None).await, gone);
    assert_eq!(managed.refused(Method::PATCH, &path, Some(json!({}))).await, gone);
    managed.must(Method::DELETE, &path, None).await;
}

#[tokio::test]
async fn a_client_without_the_grant_type_gets_no_tokens() {
    let managed = Managed::new().await;
    let client = managed.house.orders().await;
    let path = format!("/clients/{}", client.id);
    for (change, status) in [
        (json!({ "grant_types": ["authorization_code"] }), StatusCode::FORBIDDEN),
        (json!({ "grant_types": ["client_credentials"] }), StatusCode::OK),
        (json!({ "token_endpoint_auth_method": "none" }), StatusCode::FORBIDDEN),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), StatusCode::OK),
    ] {
        managed.patch(&path, change.clone()).await;
        let answer = managed.house.ask_with(&client, json!({})).await;
        assert_eq!(answer.status, status, "{change}: {}", answer.body);
        if status == StatusCode::FORBIDDEN {
            assert_eq!(answer.json()["error"], "unauthorized_client");
            assert_eq!(
                answer.json()["error_description"],
                "Grant type 'client_credentials' not allowed for the client."
            );
        }
    }
}

#[tokio::test]
async fn the_life_of_a_credential() {
    let managed = Managed::new().await;
    let id = managed.post("/clients", json!({ "name": "Signer" })).await["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/clients/{id}/credentials");
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let body = json!({ "credential_type": "public_key", "name": "Laptop", "pem": pem, "alg": "EdDSA", "expires_at": "2030-01-01T00:00:00.000Z" });
    let made = managed.post(&path, body.clone()).await;
    insta::assert_json_snapshot!("credential_created", made, { ".id" => "[id]" });
    assert_eq!(managed.get(&path).await, json!([made]));
    assert_eq!(
        managed.get(&format!("{path}?include_totals=true&per_page=50")).await,
        json!([made]),
        "never an object"
    );
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(managed.get(&one).await, made);
    assert_eq!(managed.refused(Method::POST, &path, Some(body)).await.0, 409);
    let later = managed.patch(&one, json!({ "expires_at": "2031-01-01T00:00:00Z" })).await;
    assert_eq!(later["expires_at"], "2031-01-01T00:00:00.000Z");
    assert_eq!(managed.patch(&one, json!({ "expires_at": null })).await.get("expires_at"), None);

    let client = format!("/clients/{id}");
    let by_key = json!({ "client_authentication_methods": { "private_key_jwt": { "credentials": [{ "id": made["id"] }] } }, "token_endpoint_auth_method": null });
    let proven = managed.patch(&client, by_key).await;
    assert_eq!(
        proven["client_authentication_methods"]["private_key_jwt"]["credentials"],
        json!([{ "id": made["id"] }])
    );
    assert_eq!((proven.get("client_secret"), proven.get("token_endpoint_auth_method")), (None, None));
    assert_eq!(
        managed.refused(Method::POST, &format!("{client}/rotate-secret"), None).await.1,
        "operation_not_supported"
    );
    let back = json!({ "client_authentication_methods": null, "signed_request_object": null, "token_endpoint_auth_method": "client_secret_post" });
    let back = managed.patch(&client, back).await;
    assert_eq!(back["token_endpoint_auth_method"], "client_secret_post");
    assert!(back["client_secret"].is_string());

    let unknown = json!({ "client_authentication_methods": { "private_key_jwt": { "credentials": [{ "id": "cred_x" }] } } });
    assert_eq!(
        managed.refused(Method::PATCH, &client, Some(unknown)).await.2,
        "Payload validation error: 'Credential does not exist' on property client_authentication_methods."
    );
    managed.must(Method::DELETE, &one, None).await;
    managed.must(Method::DELETE, &one, None).await;
    assert_eq!(
        managed.refused(Method::GET, &one, None).await,
        (404, "inexistent_credential".to_owned(), "Credential does not exist".to_owned())
    );
}

#[tokio::test]
async fn the_life_of_a_resource_server() {
    let managed = Managed::new().await;
    let made = managed
        .post("/resource-servers", json!({ "identifier": "https://stock.example.com/v1/a" }))
        .await;
    insta::assert_json_snapshot!("resource_server_created", made, { ".id" => "[id]" });
    let id = format!("/resource-servers/{}", made["id"].as_str().unwrap());
    let encoded = "/resource-servers/https:%2F%2Fstock.example.com%2Fv1%2Fa";
    for path in [&id, encoded, "/resource-servers/https%3A%2F%2Fstock.example.com%2Fv1%2Fa"] {
        assert_eq!(managed.get(path).await, made, "{path}");
    }
    let taken = managed
        .refused(
            Method::POST,
            "/resource-servers",
            Some(json!({ "identifier": "https://stock.example.com/v1/a" })),
        )
        .await;
    assert_eq!(
        taken,
        (
            409,
            "conflict".to_owned(),
            "A resource server with the same identifier already exists.".to_owned()
        )
    );

    let scopes = json!([{ "value": "read:a", "description": "Read" }, { "value": "write:a" }]);
    let changed = managed
        .patch(
            encoded,
            json!({ "name": "Stock", "scopes": scopes, "signing_alg": "HS256", "enforce_policies": true }),
        )
        .await;
    assert_eq!((&changed["scopes"], &changed["enforce_policies"]), (&scopes, &json!(true)));
    assert!(changed["signing_secret"].as_str().unwrap().len() >= 32);
    let own = "0123456789abcdef0123456789abcdef";
    assert_eq!(managed.patch(&id, json!({ "signing_secret": own })).await["signing_secret"], own);

    managed
        .house
        .grant(&managed.client, "https://stock.example.com/v1/a", &["read:a", "write:a"])
        .await;
    managed
        .patch(&id, json!({ "scopes": [{ "value": "write:a" }, { "value": "new:a" }] }))
        .await;
    let grants = managed.get("/client-grants?audience=https%3A%2F%2Fstock.example.com%2Fv1%2Fa").await;
    assert_eq!(
        grants[0]["scope"],
        json!(["write:a"]),
        "a scope that is left out leaves the grants, one that stays does not"
    );

    let bound = managed
        .patch(&id, json!({ "proof_of_possession": { "mechanism": "dpop", "required": true } }))
        .await;
    assert_eq!(bound["proof_of_possession"], json!({ "mechanism": "dpop", "required": true }));
    assert_eq!(
        managed
            .patch(&id, json!({ "proof_of_possession": null }))
            .await
            .get("proof_of_possession"),
        None
    );

    let system = managed.get("/resource-servers?include_totals=true").await;
    let system = system["resource_servers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|api| api["is_system"] == true)
        .unwrap();
    let path = format!("/resource-servers/{}", system["id"].as_str().unwrap());
    assert_eq!(managed.refused(Method::DELETE, &path, None).await.1, "operation_not_supported");
    assert_eq!(
        managed.refused(Method::PATCH, &path, Some(json!({ "name": "X" }))).await.1,
        "operation_not_supported"
    );
    assert_eq!(managed.patch(&path, json!({ "token_lifetime": 600 })).await["token_lifetime"], 600);

    managed.must(Method::DELETE, encoded, None).await;
    let gone = managed.refused(Method::GET, encoded, None).await;
    assert_eq!(
        gone,
        (
            404,
            "inexistent_resource_server".to_owned(),
            "The resource server does not exist".to_owned()
        )
    );
    managed.must(Method::DELETE, encoded, None).await;
}

#[tokio::test]
async fn the_life_of_a_client_grant() {
    let managed = Managed::new().await;
    let client = managed.house.client("Worker").await;
    let api = managed.house.api(ORDERS, SigningAlg::RS256, &["a", "b"]).await;
    let body = json!({ "client_id": client.id, "audience": ORDERS, "scope": ["b"] });
    let made = managed.post("/client-grants", body.clone()).await;
    let path = format!("/client-grants/{}", made["id"].as_str().unwrap());
    assert_eq!(
        made,
        json!({ "id": made["id"], "client_id": client.id, "audience": ORDERS, "scope": ["b"], "subject_type": "client" })
    );
    assert_eq!(managed.get(&path).await, made);
    assert_eq!(managed.refused(Method::POST, "/client-grants", Some(body)).await.0, 409);
    for (body, expect) in [
        (
            json!({ "client_id": "nobody", "audience": ORDERS, "scope": [] }),
            (404, "Client not found"),
        ),
        (
            json!({ "client_id": client.id, "audience": "urn:none", "scope": [] }),
            (404, "Resource server not found"),
        ),
        (
            json!({ "client_id": client.id, "audience": ORDERS }),
            (400, "Payload validation error: 'Missing required property: scope'."),
        ),
        (
            json!({ "client_id": client.id, "audience": ORDERS, "scope": ["c"] }),
            (
                400,
                "Payload validation error: 'Choose scopes that the API defines; it does not define: c.' on property scope.",
            ),
        ),
    ] {
        let refused = managed.refused(Method::POST, "/client-grants", Some(body.clone())).await;
        assert_eq!((refused.0, refused.2.as_str()), expect, "{body}");
    }
    assert_eq!(
        managed.patch(&path, json!({ "scope": ["a", "b"], "organization_usage": "deny" })).await["organization_usage"],
        "deny"
    );
    let all = managed.patch(&path, json!({ "allow_all_scopes": true })).await;
    assert_eq!((&all["allow_all_scopes"], &all["scope"]), (&json!(true), &json!(["a", "b"])));
    managed
        .patch(
            &format!("/resource-servers/{}", api.id),
            json!({ "scopes": [{ "value": "a" }, { "value": "later" }] }),
        )
        .await;
    let answer = managed.house.ask_with(&client, json!({})).await;
    assert_eq!(answer.json()["scope"], "a later", "scopes that are defined later are granted");
    let narrowed = managed.patch(&path, json!({ "allow_all_scopes": false, "scope": [] })).await;
    assert_eq!((&narrowed["allow_all_scopes"], &narrowed["scope"]), (&json!(false), &json!([])));
    managed.must(Method::DELETE, &path, None).await;
    assert_eq!(
        managed.refused(Method::GET, &path, None).await,
        (404, "inexistent_client_grant".to_owned(), "The grant does not exist.".to_owned())
    );
    managed.must(Method::DELETE, &path, None).await;
}

#[tokio::test]
async fn signing_keys_rotate_and_are_revoked() {
    let mut managed = Managed::new().await;
    managed.house.api(ORDERS, SigningAlg::ES256, &[]).await;
    let keys = managed.get("/keys/signing").await;
    let state = |keys: &Value| -> Vec<String> {
        let of = |key: &Value| {
            format!(
                "{} {}",
                key["tessera"]["alg"].as_str().unwrap(),
                key["tessera"]["state"].as_str().unwrap()
            )
        };
        keys.as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(state(&keys), ["RS256 current", "RS256 next", "ES256 current", "ES256 next"]);
    for key in keys.as_array().unwrap() {
        assert!(key["cert"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{key}");
        assert!(key["pkcs7"].as_str().unwrap().starts_with("-----BEGIN PKCS7-----"), "{key}");
        assert_eq!(key["fingerprint"].as_str().unwrap().len(), 59);
    }
    assert_eq!(managed.get("/keys/signing").await, keys, "a certificate is made once");
    let (current, next) = (keys[0]["kid"].as_str().unwrap(), keys[1]["kid"].as_str().unwrap());
    let fresh = managed.must(Method::POST, "/keys/signing/rotate", None).await;
    let rotated = managed.get("/keys/signing").await;
    assert_eq!(rotated[0]["kid"], next);
    assert_eq!((&rotated[1]["kid"], &rotated[1]["cert"]), (&fresh["kid"], &fresh["cert"]));
    assert_eq!((&rotated[2]["kid"], &rotated[2]["previous"]), (&json!(current), &json!(true)));
    assert_eq!(
        managed.refused(Method::PUT, &format!("/keys/signing/{next}/revoke"), None).await.1,
        "operation_not_supported"
    );
    managed.renew().await;
    let revoked = managed.must(Method::PUT, &format!("/keys/signing/{current}/revoke"), None).await;
    assert_eq!(revoked, json!({ "kid": current, "cert": keys[0]["cert"] }));
    managed.must(Method::PUT, &format!("/keys/signing/{current}/revoke"), None).await;
    let one = managed.get(&format!("/keys/signing/{current}")).await;
    assert_eq!((&one["revoked"], &one["cert"]), (&json!(true), &keys[0]["cert"]));
    let missing = (404, "inexistent_signing_key".to_owned(), "Signing key not found.".to_owned());
    assert_eq!(managed.refused(Method::GET, "/keys/signing/nothing", None).await, missing);
    managed
        .must(Method::POST, "/keys/signing/rotate?tessera_alg=ES256&tessera_revoke=true", None)
        .await;
    assert_eq!(
        managed
            .house
            .engine
            .keys()
            .await
            .unwrap()
            .iter()
            .filter(|key| key.alg == KeyAlg::ES256)
            .count(),
        3
    );
}

#[tokio::test]
async fn lists_in_all_three_forms() {
    let managed = Managed::new().await;
    for number in 0..5 {
        let third = number == 3;
        managed.house.clock.advance(1);
        managed
            .post(
                "/clients",
                json!({ "name": format!("c{number}"), "app_type": "spa", "is_first_party": !third }),
            )
            .await;
    }
    let names = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|client| client["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&managed.get("/clients").await), ["Deploy tool", "c0", "c1", "c2", "c3", "c4"]);
    let page = managed.get("/clients?page=1&per_page=2&include_totals=true").await;
    assert_eq!((&page["total"], &page["start"], &page["limit"]), (&json!(6), &json!(2), &json!(2)));
    assert_eq!(names(&page["clients"]), ["c1", "c2"]);
    assert_eq!(
        managed.get("/clients?page=9&per_page=50&include_totals=true").await["clients"],
        json!([]),
        "past the end"
    );
    assert_eq!(managed.get("/clients?per_page=0").await, json!([]));

    let mut seen = Vec::new();
    let mut address = "/clients?page=0&per_page=50&include_totals=true&take=2".to_owned();
    loop {
        let slice = managed.get(&address).await;
        assert_eq!(slice.get("total"), None, "take wins");
        seen.extend(names(&slice["clients"]));
        managed.house.clock.advance(1);
        managed.house.client("Late").await;
        let Some(next) = slice.get("next") else { break };
        address = format!("/clients?take=2&from={}", next.as_str().unwrap());
        assert!(seen.len() < 20, "it comes to an end");
    }
    assert_eq!(seen[..6], ["Deploy tool", "c0", "c1", "c2", "c3", "c4"]);

    assert_eq!(names(&managed.get("/clients?is_first_party=false").await), ["c3"]);
    assert_eq!(
        names(&managed.get("/clients?app_type=spa%2Cnative&is_first_party=true").await),
        ["c0", "c1", "c2", "c4"]
    );
    assert_eq!(managed.get("/clients?is_global=true").await, json!([]));
    let chosen = managed
        .get("/clients?fields=client_id%2Capp_type&include_fields=true&app_type=spa&per_page=1")
        .await;
    assert_eq!(chosen[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["app_type", "client_id"]);
    let without = managed.get("/clients?fields=name&include_fields=false&per_page=1").await;
    assert!(without[0].get("name").is_none() && without[0].get("client_id").is_some());

    for query in [
        "page=-1",
        "per_page=101",
        "take=0",
        "take=x",
        "from=x",
        "pages=1",
        "include_totals=yes",
        "app_type=x",
        "page=1&page=2",
    ] {
        let refused = managed.refused(Method::GET, &format!("/clients?{query}"), None).await;
        assert_eq!((refused.0, refused.1.as_str()), (400, "invalid_query_string"), "{query}");
        let name = query.split('=').next().unwrap();
        assert!(refused.2.contains(name), "{query}: {}", refused.2);
    }
}

#[tokio::test]
async fn what_a_body_must_not_say() {
    let managed = Managed::new().await;
    let id = managed.client.id.clone();
    for (method, path, body, expect) in [
        (Method::POST, "/clients".to_owned(), json!({}), "'Missing required property: name'."),
        (
            Method::POST,
            "/clients".to_owned(),
            json!({ "name": "a", "is_global": true }),
            "'Additional properties not allowed: is_global'.",
        ),
        (
            Method::POST,
            "/clients".to_owned(),
            json!([]),
            "'Expected type object but found type array'.",
        ),
        (
            Method::POST,
            "/clients".to_owned(),
            json!({ "name": "<b>" }),
            "'String does not match pattern ^[^<>]*$' on property name.",
        ),
        (
            Method::POST,
            "/clients".to_owned(),
            json!({ "name": "a\nb" }),
            "'Remove line breaks and control characters from a name.' on property name.",
        ),
        (
            Method::PATCH,
            format!("/clients/{id}"),
            json!({ "client_id": "x" }),
            "'Additional properties not allowed: client_id'.",
        ),
        (
            Method::PATCH,
            format!("/clients/{id}"),
            json!({ "signed_request_object": {} }),
            "'Only null is supported' on property signed_request_object.",
        ),
        (
            Method::PATCH,
            format!("/clients/{id}"),
            json!({ "client_secret": "short" }),
            "'String is too short (5 chars), minimum 32' on property client_secret.",
        ),
        (
            Method::POST,
            "/resource-servers".to_owned(),
            json!({ "identifier": "a", "scopes": [{ "value": "x" }, {}] }),
            "'Missing required property: value' on property scopes[1].",
        ),
        (
            Method::POST,
            "/resource-servers".to_owned(),
            json!({ "identifier": "a", "token_encryption": { "format": "compact-nested-jwe" } }),
            "'Only null is supported' on property token_encryption.",
        ),
        (
            Method::POST,
            "/resource-servers".to_owned(),
            json!({ "identifier": "a", "token_lifetime": 2_592_001 }),
            "'Value 2592001 is greater than maximum 2592000' on property token_lifetime.",
        ),
        (
            Method::PATCH,
            "/tenants/settings".to_owned(),
            json!({ "friendly_name": 7 }),
            "'Expected type string but found type number' on property friendly_name.",
        ),
    ] {
        let refused = managed.refused(method, &path, Some(body.clone())).await;
        assert_eq!(
            refused,
            (400, "invalid_body".to_owned(), format!("Payload validation error: {expect}")),
            "{path} {body}"
        );
    }
    let raw = |body: &'static str| {
        let request = Request::post("/api/v2/clients").header(AUTHORIZATION, format!("Bearer {}", managed.token));
        managed.house.send(request.body(Body::from(body)).unwrap())
    };
    for body in ["", "{", "{\"name\":\"a\"} x", "null", "\u{0}"] {
        assert_eq!(said(&raw(body).await).1, "invalid_body", "{body:?}");
    }
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let request = Request::post("/api/v2/clients").header(AUTHORIZATION, format!("Bearer {}", managed.token));
    assert_eq!(
        managed.house.send(request.body(Body::from(deep)).unwrap()).await.status,
        StatusCode::BAD_REQUEST
    );
    let long = json!({ "name": "a", "logo_uri": "x".repeat(1024 * 1024) }).to_string();
    let request = Request::post("/api/v2/clients").header(AUTHORIZATION, format!("Bearer {}", managed.token));
    let answer = managed.house.send(request.body(Body::from(long)).unwrap()).await;
    assert_eq!(
        said(&answer),
        (413, "payload_too_large".to_owned(), "The body is longer than 1048576 bytes.".to_owned())
    );
    for path in [
        "/resource-servers/%FF",
        "/clients/%00",
        "/logs/a%00b",
        "/client-grants/%00",
        "/keys/signing/%00",
    ] {
        let status = managed.call(Method::GET, path, None).await.status.as_u16();
        assert!([400, 404].contains(&status), "{path}: {status}");
    }
    assert_eq!(managed.refused(Method::PUT, "/clients", None).await.0, 405);
    assert_eq!(managed.refused(Method::GET, "/nothing/here", None).await.0, 404);
}

/// Whatever Auth0's tools write they read again, though it means nothing here.
#[tokio::test]
async fn what_is_kept_comes_back_as_it_was_sent() {
    let managed = Managed::new().await;
    let client = json!({
        "name": "Everything", "app_type": "regular_web", "logo_uri": "https://a/l.png", "oidc_conformant": true, "is_first_party": false,
        "callbacks": ["https://a/c"], "allowed_origins": ["https://a"], "web_origins": ["https://a"], "client_aliases": ["x"],
        "allowed_clients": ["y"], "allowed_logout_urls": ["https://a/o"], "grant_types": ["client_credentials", "implicit"],
        "jwt_configuration": { "alg": "RS256", "lifetime_in_seconds": 60, "secret_encoded": false }, "sso_disabled": true,
        "custom_login_page_on": false, "addons": { "aws": { "principal": "arn" } }, "mobile": { "ios": { "team_id": "9" } },
        "refresh_token": { "rotation_type": "rotating", "expiration_type": "expiring" }, "organization_usage": "allow",
        "default_organization": { "organization_id": "org_1", "flows": ["client_credentials"] }, "par_request_expiry": 30,
        "token_exchange": { "allow_any_profile_of_type": ["custom_authentication"] }, "compliance_level": "none",
    });
    let api = json!({
        "identifier": "urn:kept", "name": "Kept", "allow_offline_access": true, "enforce_policies": true, "token_lifetime_for_web": 60,
        "skip_consent_for_verifiable_first_party_clients": true, "consent_policy": "transactional-authorization-with-mfa",
        "authorization_details": [{ "type": "payment" }],
        "subject_type_authorization": { "user": { "policy": "deny_all" }, "client": { "policy": "require_client_grant" } },
    });
    let settings = json!({ "friendly_name": "Acme", "support_email": "a@b.c", "session_lifetime": 168, "flags": { "enable_apis_section": true } });
    let agrees = |sent: &Value, got: &Value| {
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(&got[name], value, "{name}");
        }
    };
    let made = managed.post("/clients", client.clone()).await;
    agrees(&client, &made);
    let path = format!("/clients/{}", made["client_id"].as_str().unwrap());
    agrees(&client, &managed.patch(&path, json!({ "description": "x" })).await);
    let made = managed.post("/resource-servers", api.clone()).await;
    agrees(&api, &made);
    agrees(&api, &managed.patch("/resource-servers/urn:kept", json!({ "name": "Kept" })).await);
    agrees(&settings, &managed.patch("/tenants/settings", settings.clone()).await);
    agrees(&settings, &managed.get("/tenants/settings").await);
    assert_eq!(
        managed.get("/tenants/settings?fields=friendly_name").await,
        json!({ "friendly_name": "Acme" })
    );
    let logged = managed.get("/logs?take=100").await.to_string();
    assert!(!logged.contains("arn"), "addons may hold secrets of others");
}

/// Changes from both sides go through the same verbs: each sees the other's, and the log names who it was.
#[tokio::test]
async fn the_dashboard_and_the_api_see_each_others_changes() {
    let managed = Managed::new().await;
    let cookie = managed.house.admin().await;
    let made = managed
        .post(
            "/clients",
            json!({ "name": "From the API", "app_type": "non_interactive", "logo_uri": "https://a/" }),
        )
        .await;
    let id = made["client_id"].as_str().unwrap().to_owned();
    let page = managed.house.get_as(&cookie, &format!("/clients/{id}")).await;
    assert!(page.body.contains("From the API"), "{}", page.status);

    let fields = form(&[
        ("client_id", &id),
        ("name", "From the dashboard"),
        ("description", "Both"),
        ("client_metadata", "team=a"),
        ("token_lifetime", ""),
        ("custom_claims", ""),
    ]);
    let answer = managed.house.call(Way::Fetch, Some(&cookie), "/_fn/update_client", fields).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    let read = managed.get(&format!("/clients/{id}")).await;
    assert_eq!(
        (&read["name"], &read["description"], &read["client_metadata"]),
        (&json!("From the dashboard"), &json!("Both"), &json!({ "team": "a" }))
    );
    assert_eq!(read["logo_uri"], "https://a/", "what the dashboard does not know it does not lose");

    let entries = managed.get(&format!("/logs?q=type:sapi%20AND%20client_id:{id}")).await;
    let actors: Vec<(&str, &str)> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let actor = &entry["details"]["actor"];
            (actor["kind"].as_str().unwrap(), actor["name"].as_str().unwrap())
        })
        .collect();
    assert_eq!(actors, [("admin", "ada@example.com"), ("client", "Deploy tool")]);
    let entry = format!("/logs/{}", entries[0]["log_id"].as_str().unwrap());
    assert_eq!(managed.get(&entry).await, entries[0]);
    assert_eq!(
        managed.house.get_as(&cookie, &entry).await.status,
        StatusCode::OK,
        "the dashboard has the entry too"
    );
}

/// Every operation that changes something leaves an entry with the client that did it.
#[tokio::test]
async fn every_change_is_in_the_log_with_its_client() {
    let mut managed = Managed::new().await;
    let by_us = async |managed: &Managed| {
        let query = LogQuery {
            kind: Some(LogType::Changed),
            page: model::page::PageRequest::new(0, 100),
            ..LogQuery::default()
        };
        let entries = managed.house.engine.list_logs(&query).await.unwrap().items;
        entries
            .into_iter()
            .filter(|entry| entry.actor.kind == ActorKind::Client && entry.actor.id == managed.client.id)
            .count()
    };
    let mut changed = BTreeSet::new();
    let mut count = 0;
    let client = managed.post("/clients", json!({ "name": "c" })).await["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    managed.house.api(ORDERS, SigningAlg::RS256, &["a"]).await;
    let stock = managed.house.api("urn:stock", SigningAlg::HS256, &[]).await;
    let former = managed.house.engine.signing_secrets(&stock.id).await.unwrap().remove(0).kid;
    managed.house.lock_out_from(&client, "192.0.2.7").await;
    let steps = [
        (Method::PATCH, format!("/clients/{client}"), "/clients/{id}", Some(json!({ "name": "d" }))),
        (
            Method::POST,
            format!("/clients/{client}/rotate-secret"),
            "/clients/{id}/rotate-secret",
            None,
        ),
        (
            Method::POST,
            format!("/clients/{client}/credentials"),
            "/clients/{client_id}/credentials",
            Some(json!({ "credential_type": "public_key", "pem": pem })),
        ),
        (
            Method::PATCH,
            format!("/clients/{client}/credentials/ID"),
            "/clients/{client_id}/credentials/{credential_id}",
            Some(json!({ "expires_at": "2040-01-01T00:00:00Z" })),
        ),
        (
            Method::DELETE,
            format!("/clients/{client}/credentials/ID"),
            "/clients/{client_id}/credentials/{credential_id}",
            None,
        ),
        (
            Method::POST,
            format!("/tessera/clients/{client}/secrets"),
            "/tessera/clients/{client_id}/secrets",
            Some(json!({ "name": "Second" })),
        ),
        (
            Method::PATCH,
            format!("/tessera/clients/{client}/secrets/ID"),
            "/tessera/clients/{client_id}/secrets/{id}",
            Some(json!({ "name": "Third" })),
        ),
        (
            Method::DELETE,
            format!("/tessera/clients/{client}/secrets/ID"),
            "/tessera/clients/{client_id}/secrets/{id}",
            None,
        ),
        (
            Method::POST,
            "/resource-servers".to_owned(),
            "/resource-servers",
            Some(json!({ "identifier": "urn:x" })),
        ),
        (
            Method::PATCH,
            "/resource-servers/urn:x".to_owned(),
            "/resource-servers/{id}",
            Some(json!({ "name": "X" })),
        ),
        (Method::DELETE, "/resource-servers/urn:x".to_owned(), "/resource-servers/{id}", None),
        (
            Method::POST,
            "/client-grants".to_owned(),
            "/client-grants",
            Some(json!({ "client_id": client, "audience": ORDERS, "scope": [] })),
        ),
        (
            Method::PATCH,
            "/client-grants/ID".to_owned(),
            "/client-grants/{id}",
            Some(json!({ "scope": ["a"] })),
        ),
        (Method::DELETE, "/client-grants/ID".to_owned(), "/client-grants/{id}", None),
        (Method::POST, "/keys/signing/rotate".to_owned(), "/keys/signing/rotate", None),
        (
            Method::PUT,
            "/keys/signing/PREVIOUS/revoke".to_owned(),
            "/keys/signing/{kid}/revoke",
            None,
        ),
        (
            Method::PATCH,
            "/tenants/settings".to_owned(),
            "/tenants/settings",
            Some(json!({ "friendly_name": "x" })),
        ),
        (
            Method::PUT,
            format!("/tessera/resource-servers/STOCK/introspectors/{client}"),
            "/tessera/resource-servers/{id}/introspectors/{client_id}",
            None,
        ),
        (
            Method::DELETE,
            format!("/tessera/resource-servers/STOCK/introspectors/{client}"),
            "/tessera/resource-servers/{id}/introspectors/{client_id}",
            None,
        ),
        (
            Method::POST,
            "/tessera/resource-servers/STOCK/signing-secrets/rotate".to_owned(),
            "/tessera/resource-servers/{id}/signing-secrets/rotate",
            None,
        ),
        (
            Method::POST,
            "/tessera/resource-servers/STOCK/signing-secrets/cancel".to_owned(),
            "/tessera/resource-servers/{id}/signing-secrets/cancel",
            None,
        ),
        (
            Method::POST,
            "/tessera/resource-servers/STOCK/signing-secrets/rotate".to_owned(),
            "/tessera/resource-servers/{id}/signing-secrets/rotate",
            None,
        ),
        (
            Method::POST,
            "/tessera/resource-servers/STOCK/signing-secrets/complete".to_owned(),
            "/tessera/resource-servers/{id}/signing-secrets/complete",
            None,
        ),
        (
            Method::DELETE,
            "/tessera/resource-servers/STOCK/signing-secrets/FORMER".to_owned(),
            "/tessera/resource-servers/{id}/signing-secrets/{kid}",
            None,
        ),
        (
            Method::PUT,
            "/tessera/keys/rotation".to_owned(),
            "/tessera/keys/rotation",
            Some(json!({ "period": 86_400, "announce": 3_600, "retire": 0 })),
        ),
        (Method::DELETE, "/tessera/keys/rotation".to_owned(), "/tessera/keys/rotation", None),
        (
            Method::DELETE,
            format!("/tessera/clients/{client}/lockouts?address=192.0.2.7"),
            "/tessera/clients/{client_id}/lockouts",
            None,
        ),
        (
            Method::DELETE,
            format!("/tessera/clients/{client}/tokens"),
            "/tessera/clients/{client_id}/tokens",
            None,
        ),
        (Method::DELETE, format!("/clients/{client}"), "/clients/{id}", None),
    ];
    changed.insert(("POST".to_owned(), "/api/v2/clients".to_owned()));
    count += 1;
    assert_eq!(by_us(&managed).await, count);
    let mut last = String::new();
    for (method, path, route, body) in steps {
        let previous = managed
            .house
            .engine
            .keys()
            .await
            .unwrap()
            .into_iter()
            .find(|key| key.state == model::key::KeyState::Previous);
        let path = path
            .replace("STOCK", &stock.id)
            .replace("FORMER", &former)
            .replace("ID", &last)
            .replace("PREVIOUS", &previous.map(|key| key.kid).unwrap_or_default());
        if path.ends_with("/revoke") {
            // Its own token is signed with the key that goes.
            managed.renew().await;
        }
        let answer = managed.must(method.clone(), &path, body).await;
        if let Some(id) = answer["id"].as_str() {
            last = id.to_owned();
        }
        count += 1;
        assert_eq!(by_us(&managed).await, count, "{method} {path}");
        changed.insert((method.to_string(), format!("/api/v2{route}")));
    }
    let writes: BTreeSet<(String, String)> = operations()
        .into_iter()
        .filter(|operation| operation.method != Method::GET)
        .map(|operation| (operation.method.to_string(), operation.path))
        .collect();
    assert_eq!(changed, writes, "an operation that changes something is missing in this test");
}

#[tokio::test]
async fn changes_at_the_same_time_lose_nothing() {
    let managed = Managed::new().await;
    let path = format!("/clients/{}", managed.client.id);
    let changes = (0..8).map(|number| {
        let body = json!({ "client_metadata": { format!("k{number}"): "v" } });
        managed.patch(&path, body)
    });
    futures_util::future::join_all(changes).await;
    let metadata = managed.get(&path).await["client_metadata"].clone();
    assert_eq!(metadata.as_object().unwrap().len(), 8, "{metadata}");
}

#[tokio::test]
async fn secrets_are_for_those_who_may_see_them() {
    let managed = Managed::new().await;
    let house = &managed.house;
    let of = async |name: &str, scopes: &[&str]| {
        let client = house.client(name).await;
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        manager(house, &client, &scopes).await
    };
    let path = format!("/clients/{}", managed.client.id);
    let reader = of("Reader", &["read:clients"]).await;
    let keys = of("Keys", &["read:client_keys"]).await;
    let credentials = of("Credentials", &["read:client_credentials"]).await;
    let read = async |token: &str, path: &str| send(house, Some(token), Method::GET, path, None).await.json();
    assert_eq!(read(&reader, &path).await.get("client_secret"), None);
    assert_eq!(read(&reader, "/clients").await[0].get("client_secret"), None);
    assert!(read(&keys, &path).await["client_secret"].is_string());
    let few = read(&credentials, &path).await;
    assert_eq!(
        few.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["app_type", "client_id", "client_secret", "name"]
    );

    let shown = async || {
        let query = LogQuery {
            kind: Some(LogType::SecretShown),
            ..LogQuery::default()
        };
        house.engine.list_logs(&query).await.unwrap().total
    };
    let before = shown().await;
    read(&reader, &path).await;
    read(&keys, &format!("{path}?fields=name")).await;
    assert_eq!(shown().await, before, "nothing was shown");
    read(&keys, &path).await;
    assert_eq!(shown().await, before + 1);

    let updater = of("Updater", &["update:clients"]).await;
    let change = async |body: Value| send(house, Some(&updater), Method::PATCH, &path, Some(body)).await;
    assert_eq!(change(json!({ "description": "x" })).await.json().get("client_secret"), None);
    assert_eq!(
        change(json!({ "client_secret": "0123456789abcdef0123456789abcdef" })).await.status,
        StatusCode::FORBIDDEN
    );
    let by_key = json!({ "client_authentication_methods": null });
    assert_eq!(change(by_key).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn calls_are_limited_for_each_client() {
    let rate = |number| NonZeroU32::new(number).unwrap();
    let managed = Managed::of(
        House::with_calls(CallRate {
            burst: rate(3),
            per_second: rate(2),
        })
        .await,
    )
    .await;
    for remaining in ["2", "1", "0"] {
        let answer = managed.call(Method::GET, "/tenants/settings", None).await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")),
            (StatusCode::OK, "3", remaining)
        );
    }
    let answer = managed.call(Method::GET, "/tenants/settings", None).await;
    assert_eq!(
        said(&answer),
        (429, "too_many_requests".to_owned(), "Global limit has been reached".to_owned())
    );
    assert_eq!((answer.header("retry-after"), answer.header("x-ratelimit-remaining")), ("1", "0"));
    let reset: i64 = answer.header("x-ratelimit-reset").parse().unwrap();
    assert_eq!(reset, managed.house.engine.now() + 2);
    let other = managed.house.client("Other").await;
    let other = manager(&managed.house, &other, &["read:tenant_settings".to_owned()]).await;
    assert_eq!(
        send(&managed.house, Some(&other), Method::GET, "/tenants/settings", None).await.status,
        StatusCode::OK
    );
    managed.house.clock.advance(1);
    assert_eq!(managed.call(Method::GET, "/tenants/settings", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_auth0_has_no_operation_for() {
    let managed = Managed::new().await;
    let client = managed.house.client("Worker").await;
    let api = managed.house.api("urn:stock", SigningAlg::HS256, &[]).await;
    let path = format!("/tessera/resource-servers/{}", api.id);

    let introspector = json!({ "client_id": client.id, "name": "Worker" });
    for id in [api.id.as_str(), "urn:stock", "urn%3Astock"] {
        let path = format!("/tessera/resource-servers/{id}/introspectors");
        assert_eq!(
            managed.must(Method::PUT, &format!("{path}/{}", client.id), None).await,
            introspector,
            "{id}"
        );
        assert_eq!(managed.get(&path).await, json!([introspector]));
    }
    assert_eq!(
        managed.refused(Method::PUT, &format!("{path}/introspectors/nobody"), None).await.1,
        "inexistent_client"
    );
    managed.must(Method::DELETE, &format!("{path}/introspectors/{}", client.id), None).await;
    managed.must(Method::DELETE, &format!("{path}/introspectors/{}", client.id), None).await;
    assert_eq!(managed.get(&format!("{path}/introspectors")).await, json!([]));

    let secrets = format!("{path}/signing-secrets");
    let first = managed.get(&format!("/resource-servers/{}", api.id)).await["signing_secret"].clone();
    assert_eq!(
        managed.refused(Method::POST, &format!("{secrets}/complete"), None).await.1,
        "operation_not_supported"
    );
    let next = managed.must(Method::POST, &format!("{secrets}/rotate"), None).await;
    assert_eq!((&next["state"], next["signing_secret"] == first), (&json!("next"), false));
    managed.must(Method::POST, &format!("{secrets}/complete"), None).await;
    assert_eq!(
        managed.get(&format!("/resource-servers/{}", api.id)).await["signing_secret"],
        next["signing_secret"]
    );
    let listed = managed.get(&secrets).await;
    assert_eq!((&listed[0]["state"], &listed[1]["state"]), (&json!("current"), &json!("previous")));
    assert!(!listed.to_string().contains(next["signing_secret"].as_str().unwrap()), "no values");
    managed
        .must(Method::DELETE, &format!("{secrets}/{}", listed[1]["kid"].as_str().unwrap()), None)
        .await;
    assert_eq!(managed.get(&secrets).await.as_array().unwrap().len(), 1);
    let current = format!("{secrets}/{}", listed[0]["kid"].as_str().unwrap());
    assert_eq!(managed.refused(Method::DELETE, &current, None).await.1, "operation_not_supported");
    let orders = managed.house.api(ORDERS, SigningAlg::RS256, &[]).await;
    let path = format!("/tessera/resource-servers/{}/signing-secrets/rotate", orders.id);
    assert_eq!(managed.refused(Method::POST, &path, None).await.1, "operation_not_supported");

    let schedule = json!({ "period": 86_400, "announce": 3_600, "retire": 0 });
    assert_eq!(
        managed.refused(Method::GET, "/tessera/keys/rotation", None).await.1,
        "inexistent_rotation"
    );
    assert_eq!(
        managed.must(Method::PUT, "/tessera/keys/rotation", Some(schedule.clone())).await,
        schedule
    );
    assert_eq!(managed.get("/tessera/keys/rotation").await, schedule);
    let wrong = json!({ "period": 1, "announce": 3_600, "retire": 0 });
    let refused = managed.refused(Method::PUT, "/tessera/keys/rotation", Some(wrong)).await;
    assert_eq!(
        refused.2,
        "Payload validation error: 'Let a key sign for 1 to 365 days.' on property period."
    );
    managed.must(Method::DELETE, "/tessera/keys/rotation", None).await;
    assert_eq!(managed.refused(Method::GET, "/tessera/keys/rotation", None).await.0, 404);

    managed.house.lock_out_from(&client.id, "192.0.2.7").await;
    let path = format!("/tessera/clients/{}/lockouts", client.id);
    let lockouts = managed.get(&path).await;
    assert_eq!(
        (&lockouts[0]["address"], &lockouts[0]["client_id"]),
        (&json!("192.0.2.7"), &json!(client.id))
    );
    assert_eq!(managed.refused(Method::DELETE, &path, None).await.1, "invalid_query_string");
    managed.must(Method::DELETE, &format!("{path}?address=192.0.2.7"), None).await;
    managed.must(Method::DELETE, &format!("{path}?address=192.0.2.7"), None).await;
    assert_eq!(managed.get(&path).await, json!([]));

    let cut_off = managed
        .must(Method::DELETE, &format!("/tessera/clients/{}/tokens", client.id), None)
        .await;
    let from = managed.house.engine.client(&client.id).await.unwrap().tokens_valid_from.unwrap();
    assert_eq!(
        cut_off["tokens_valid_from"],
        format!("{}", model::time::exact(from).replace('Z', ".000Z"))
    );
}

#[tokio::test]
async fn logs_and_stats() {
    let managed = Managed::new().await;
    managed.house.orders().await;
    let bare = managed.get("/logs").await;
    assert!(bare.as_array().unwrap().len() > 3);
    assert!(bare[0]["date"].as_str().unwrap() >= bare[1]["date"].as_str().unwrap());
    let page = managed.get("/logs?page=0&per_page=2&include_totals=true&sort=date:1").await;
    assert_eq!(
        (page["limit"].as_i64(), page["length"].as_i64(), page["logs"].as_array().unwrap().len()),
        (Some(2), Some(2), 2)
    );
    let first = page["logs"][0]["log_id"].as_str().unwrap();
    let after = managed.get(&format!("/logs?from={first}&take=1")).await;
    assert_eq!(after, json!([page["logs"][1]]), "checkpoints are bare lists, oldest first");
    assert_eq!(
        managed.refused(Method::GET, "/logs?page=10&per_page=100", None).await.1,
        "invalid_query_string"
    );
    assert_eq!(managed.refused(Method::GET, "/logs?q=type:nothing", None).await.1, "invalid_query_string");
    assert_eq!(
        managed.refused(Method::GET, "/logs/1", None).await,
        (404, "inexistent_log".to_owned(), "Log not found.".to_owned())
    );

    let cookie = managed.house.admin().await;
    assert_eq!(managed.get("/stats/active-users").await, json!(1), "{cookie}");
    let day = &model::time::day(managed.house.engine.now()).replace('-', "");
    let days = managed.get(&format!("/stats/daily?from={day}&to={day}")).await;
    assert_eq!((days.as_array().unwrap().len(), &days[0]["logins"]), (1, &json!(1)));
    assert_eq!(managed.get("/stats/daily").await.as_array().unwrap().len(), 30);
    for query in ["from=2026", "from=20260101&to=20250101", "from=20200101&to=20260101"] {
        assert_eq!(
            managed.refused(Method::GET, &format!("/stats/daily?{query}"), None).await.1,
            "invalid_query_string",
            "{query}"
        );
    }
}

/// The document names every operation with its scopes, and nothing else is answered.
#[tokio::test]
async fn the_document_and_the_routes_are_one() {
    let managed = Managed::new().await;
    let document = managed.get("/openapi.json").await;
    assert_eq!(document, openapi(&managed.house.engine));
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            documented.insert((method.to_uppercase(), format!("/api/v2{path}")));
            let named: Vec<&str> = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|param| param["in"] == "path")
                .map(|param| param["name"].as_str().unwrap())
                .collect();
            assert_eq!(named.len(), path.matches('{').count(), "{path}");
        }
        for method in [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            let known = methods.get(method.as_str().to_lowercase()).is_some();
            let status = managed.call(method.clone(), &address(&format!("/api/v2{path}")), None).await.status;
            assert_eq!(status == StatusCode::METHOD_NOT_ALLOWED, !known, "{method} {path}: {status}");
        }
    }
    let routes: BTreeSet<(String, String)> = operations()
        .into_iter()
        .map(|operation| (operation.method.to_string(), operation.path))
        .collect();
    assert_eq!(documented, routes);
    let ids: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), routes.len(), "each has an id of its own");
}

#[test]
fn the_page_about_compatibility_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/COMPATIBILITY.md");
    let page = compatibility();
    if fs::read_to_string(path).unwrap_or_default() != page {
        fs::write(path, page).unwrap();
        panic!("docs/COMPATIBILITY.md was old; it has been written anew");
    }
}
