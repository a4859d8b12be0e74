//! A whole server without a socket, on a database of its own, and the personas that call it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use engine::chance::Chance;
use engine::clock::ManualClock;
use engine::{CallRate, Config, Database, Engine, MasterKey};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, REFERER};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use model::api::{Api, NewApi, SigningAlg};
use model::client::NewClient;
use model::client_secret::SecretFields;
use model::grant::{NewGrant, ScopeChoice};
use model::issuer::Issuer;
use model::lockout::OF_CLIENT;
use model::log::Actor;
use model::quota::TokenQuota;
use model::scope::Scope;
use model::secret::Secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use server::{Options, router};
use tempfile::TempDir;
use tower::ServiceExt;

/// Where the clock of a house stands.
pub const NOW: i64 = 1_800_000_000;
/// The identifier of the API that most tests ask for.
pub const ORDERS: &str = "https://orders.example.com/";
/// Who the admin is.
pub const EMAIL: &str = "ada@example.com";
/// Their password.
pub const PASSWORD: &str = "marble otter lantern";
/// What a form is sent as.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// What JSON is sent as.
pub const JSON: &str = "application/json";

/// The server under test.
pub struct House {
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
    router: Router,
    _data: TempDir,
}

/// How a browser calls a server function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The code of the page does.
    Fetch,
    /// A form was posted without script.
    Form,
}

/// A client that can prove who it is.
pub struct ClientPersona {
    pub id: String,
    pub secret: Secret,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl House {
    /// An empty server on http.
    pub async fn new() -> Self {
        Self::at("http://localhost:3000/").await
    }

    /// An empty server at this address.
    pub async fn at(issuer: &str) -> Self {
        Self::with(issuer, Options::default()).await
    }

    /// An empty server at this address that answers in this way.
    pub async fn with(issuer: &str, options: Options) -> Self {
        Self::open(issuer, options, false, CallRate::default()).await
    }

    /// An empty server on http that lets clients make so many calls of the Management API.
    pub async fn with_calls(rate: CallRate) -> Self {
        Self::open("http://localhost:3000/", Options::default(), false, rate).await
    }

    /// An empty server on http that wants a nonce in DPoP proofs.
    pub async fn with_nonces() -> Self {
        Self::open("http://localhost:3000/", Options::default(), true, CallRate::default()).await
    }

    async fn open(issuer: &str, options: Options, dpop_nonce: bool, management_rate: CallRate) -> Self {
        let data = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::open(Config {
            database: Database::SqliteInDataDir,
            data_dir: data.path().to_owned(),
            master_key: MasterKey::InDataDir,
            issuer: Issuer::parse(issuer).unwrap(),
            dpop_nonce,
            guard_any_address: false,
            management_rate,
            clock: clock.clone(),
            chance: Chance::seeded(7),
        })
        .await
        .unwrap();
        Self {
            router: router(engine.clone(), options),
            engine,
            clock,
            _data: data,
        }
    }

    /// A client of this name.
    pub async fn client(&self, name: &str) -> ClientPersona {
        let new = NewClient {
            name: name.to_owned(),
            ..NewClient::default()
        };
        let actor = Actor::command();
        let id = self.engine.create_client(&actor, new).await.unwrap().client_id;
        let secret = self.engine.reveal_client_secret(&actor, &id).await.unwrap();
        ClientPersona { id, secret }
    }

    /// Another secret of a client, beside those that it has.
    pub async fn add_secret(&self, client: &ClientPersona, expires_at: Option<i64>) -> Secret {
        let fields = SecretFields {
            expires_at,
            ..SecretFields::default()
        };
        self.engine.add_client_secret(&Actor::command(), &client.id, fields).await.unwrap().1
    }

    /// An API with these scopes.
    pub async fn api(&self, identifier: &str, signing_alg: SigningAlg, scopes: &[&str]) -> Api {
        let new = NewApi {
            name: "Orders".to_owned(),
            identifier: identifier.to_owned(),
            signing_alg,
            scopes: scopes
                .iter()
                .map(|value| Scope {
                    value: (*value).to_owned(),
                    description: String::new(),
                })
                .collect(),
            ..NewApi::default()
        };
        self.engine.create_api(&Actor::command(), new).await.unwrap().api
    }

    /// Joins the two.
    pub async fn grant(&self, client: &ClientPersona, audience: &str, scopes: &[&str]) {
        let new = NewGrant {
            client_id: client.id.clone(),
            audience: audience.to_owned(),
            scope: ScopeChoice::Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            ..NewGrant::default()
        };
        self.engine.create_grant(&Actor::command(), new).await.unwrap();
    }

    /// An API that defines `read:orders` and `write:orders`, and a client that is granted the first.
    pub async fn with_orders() -> (Self, ClientPersona) {
        let house = Self::new().await;
        let client = house.orders().await;
        (house, client)
    }

    /// Adds the API [`ORDERS`] with two scopes, and a client that is authorized for the first of them.
    pub async fn orders(&self) -> ClientPersona {
        let client = self.client("Billing worker").await;
        self.api(ORDERS, SigningAlg::RS256, &["read:orders", "write:orders"]).await;
        self.grant(&client, ORDERS, &["read:orders"]).await;
        client
    }

    /// A client that is granted [`ORDERS`] and may ask for so many tokens in an hour.
    pub async fn with_quota(&self, per_hour: i64, enforce: bool) -> ClientPersona {
        let client = self.client("Limited").await;
        self.grant(&client, ORDERS, &[]).await;
        let quota = TokenQuota {
            per_hour: Some(per_hour),
            per_day: None,
            enforce,
        };
        self.engine.set_token_quota(&Actor::command(), &client.id, quota).await.unwrap();
        client
    }

    /// Sends wrong secrets of this client, which need not be there, until none is looked at any more.
    pub async fn lock_out(&self, client_id: &str) {
        let stranger = ClientPersona {
            id: client_id.to_owned(),
            secret: Secret::new("wrong"),
        };
        for _ in 0..OF_CLIENT.failures {
            assert_eq!(self.ask_with(&stranger, json!({})).await.status, StatusCode::UNAUTHORIZED);
        }
    }

    /// The same from an address.
    pub async fn lock_out_from(&self, client_id: &str, address: &str) {
        let fields = form(&[("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", "wrong")]);
        for _ in 0..OF_CLIENT.failures {
            let mut request = Request::post("/oauth/token")
                .header(CONTENT_TYPE, FORM)
                .body(Body::from(fields.clone()))
                .unwrap();
            request
                .extensions_mut()
                .insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 4711)));
            assert_eq!(self.send(request).await.status, StatusCode::UNAUTHORIZED);
        }
    }

    /// Creates an admin.
    pub async fn create_admin(&self) {
        self.engine.create_admin(&Actor::command(), EMAIL, &Secret::new(PASSWORD)).await.unwrap();
    }

    /// Starts a session of the admin: the value of `Cookie`.
    pub async fn session(&self) -> String {
        let session = self.engine.sign_in(EMAIL, &Secret::new(PASSWORD), "192.0.2.1").await.unwrap();
        format!("{}={}", app::gate::cookie_name(self.engine.issuer()), session.secret.reveal())
    }

    /// Creates an admin and starts their session: the value of `Cookie`.
    pub async fn admin(&self) -> String {
        self.create_admin().await;
        self.session().await
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// `GET` as a stranger.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// `GET` with a cookie.
    pub async fn get_as(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// Calls a server function.
    pub async fn call(&self, way: Way, cookie: Option<&str>, path: &str, body: impl Into<Body>) -> Answer {
        self.send(call(way, cookie, path, body)).await
    }

    /// A token request with this body.
    pub async fn ask(&self, content_type: &str, body: impl Into<Body>) -> Answer {
        self.post("/oauth/token", content_type, body).await
    }

    /// `POST` of a program.
    pub async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, content_type);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// A token request as JSON, with fields of `changes` in place of the usual ones; `null` leaves a field out.
    pub async fn ask_with(&self, client: &ClientPersona, changes: Value) -> Answer {
        let mut fields = json!({
            "grant_type": "client_credentials",
            "client_id": client.id,
            "client_secret": client.secret,
            "audience": ORDERS,
        });
        for (name, value) in changes.as_object().unwrap() {
            fields[name] = value.clone();
        }
        self.ask(JSON, fields.to_string()).await
    }
}

impl Answer {
    /// The body as JSON. An `error_id`, which differs each time, is looked at and put aside.
    pub fn json(&self) -> Value {
        let mut json: Value = serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body));
        if let Some(id) = json.get_mut("error_id") {
            let text = id.as_str().unwrap();
            assert!(text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
            *id = "[error_id]".into();
        }
        json
    }

    /// The id under which the log has a refused request.
    pub fn error_id(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap();
        json["error_id"]
            .as_str()
            .unwrap_or_else(|| panic!("no error_id in {}", self.body))
            .to_owned()
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// What a snapshot keeps: the status, the headers that belong to the protocol, and the body.
    pub fn wire(&self) -> Value {
        let names = [
            "content-type",
            "cache-control",
            "pragma",
            "www-authenticate",
            "allow",
            "access-control-allow-origin",
            "location",
            "retry-after",
            "auth0-client-quota-limit",
        ];
        let headers: BTreeMap<&str, &str> = names
            .into_iter()
            .filter(|name| self.headers.contains_key(*name))
            .map(|name| (name, self.header(name)))
            .collect();
        json!({ "status": self.status.as_u16(), "headers": headers, "body": self.json() })
    }
}

/// A call of a server function as a browser sends it from a page of ours.
pub fn call(way: Way, cookie: Option<&str>, path: &str, body: impl Into<Body>) -> Request<Body> {
    let accept = match way {
        Way::Fetch => "application/json",
        Way::Form => "text/html,application/xhtml+xml,*/*;q=0.8",
    };
    let mut request = Request::post(path)
        .header(ACCEPT, accept)
        .header(CONTENT_TYPE, FORM)
        .header(REFERER, "http://localhost:3000/page")
        .header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    request.body(body.into()).unwrap()
}

/// Fields as a form encodes them.
pub fn form(fields: &[(&str, &str)]) -> String {
    let encoded = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    encoded.collect::<Vec<_>>().join("&")
}

/// A request without body.
pub fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}
