//! A house with something on every page, and the way through all of its pages.

use http::StatusCode;
use http::header::LOCATION;
use model::api::{Api, SigningAlg};
use model::client_key::NewClientKey;
use model::key::KeyAlg;
use model::log::{Actor, LogEntry, LogQuery};
use model::page::{MAX_PER_PAGE, PageRequest};
use model::secret::Secret;
use serde_json::json;
use server::router::page_paths;

use crate::house::{Answer, ClientPersona, EMAIL, House, NOW, ORDERS, PASSWORD};

/// The identifier of the API that signs with HS256.
pub const STOCK: &str = "https://stock.example.com/";
/// What a client sent that mistook something else for its secret.
const WRONG_SECRET: &str = "a-password-of-somewhere-else";

/// The house, its admin, and what is in it.
pub struct Tour {
    pub house: House,
    /// The admin's `Cookie`.
    pub cookie: String,
    /// Signs with RS256.
    pub orders: Api,
    /// Signs with HS256.
    pub stock: Api,
    /// Is granted both.
    pub client: ClientPersona,
    /// Id of its public key.
    pub key: String,
    /// What nobody may see who did not ask for it, each with a name.
    pub secrets: Vec<(&'static str, String)>,
}

impl Tour {
    /// Builds it: everything has been created, used, changed and looked at once.
    pub async fn new() -> Self {
        let house = House::new().await;
        let cookie = house.admin().await;
        let session = cookie.split('=').nth(1).unwrap().to_owned();
        let mut secrets = vec![
            ("password", PASSWORD.to_owned()),
            ("session token", session),
            ("wrong secret", WRONG_SECRET.to_owned()),
        ];
        let actor = Actor::command();
        let mut client = house.client("Billing worker").await;
        secrets.push(("former client secret", client.secret.reveal().to_owned()));
        client.secret = house.engine.rotate_client_secret(&actor, &client.id).await.unwrap();
        secrets.push(("client secret", client.secret.reveal().to_owned()));

        let orders = house.api(ORDERS, SigningAlg::RS256, &["read:orders"]).await;
        let stock = house.api(STOCK, SigningAlg::HS256, &["read:stock"]).await;
        let signing = house.engine.reveal_signing_secret(&actor, &stock.id).await.unwrap();
        secrets.push(("former signing secret", signing.reveal().to_owned()));
        let signing = house.engine.rotate_signing_secret(&actor, &stock.id).await.unwrap();
        secrets.push(("signing secret", signing.reveal().to_owned()));
        house.engine.start_signing_secret_rotation(&actor, &stock.id).await.unwrap();
        house.engine.complete_signing_secret_rotation(&actor, &stock.id).await.unwrap();
        let signing = house.engine.reveal_signing_secret(&actor, &stock.id).await.unwrap();
        secrets.push(("second signing secret", signing.reveal().to_owned()));
        let (_, signing) = house.engine.start_signing_secret_rotation(&actor, &stock.id).await.unwrap();
        secrets.push(("signing secret to come", signing.reveal().to_owned()));

        let second = house.add_secret(&client, Some(NOW + 60)).await;
        secrets.push(("second client secret", second.reveal().to_owned()));

        for (audience, scope) in [(ORDERS, "read:orders"), (STOCK, "read:stock")] {
            house.grant(&client, audience, &[scope]).await;
            let answer = house.ask_with(&client, json!({ "audience": audience })).await;
            secrets.push(("access token", answer.json()["access_token"].as_str().unwrap().to_owned()));
        }
        for other in [WRONG_SECRET, second.reveal()] {
            house.ask_with(&client, json!({ "client_secret": other })).await;
            house.engine.find_client_secret(&Secret::new(other)).await.unwrap();
        }
        let first = house.engine.client_secrets(&client.id).await.unwrap().remove(0);
        let (third, plain) = house.engine.start_secret_rotation(&actor, &client.id, &first.id).await.unwrap();
        house.engine.reveal_one_client_secret(&actor, &client.id, &third.id).await.unwrap();
        secrets.push(("client secret to come", plain.reveal().to_owned()));
        house.engine.sign_in(EMAIL, &Secret::new(WRONG_SECRET), "192.0.2.1").await.unwrap_err();
        house.engine.rotate_keys(&actor, KeyAlg::RS256, false).await.unwrap();
        let new = NewClientKey {
            name: "Laptop".to_owned(),
            key: r#"{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned(),
            ..NewClientKey::default()
        };
        let key = house.engine.add_client_key(&actor, &client.id, new).await.unwrap().id;
        Self {
            house,
            cookie,
            orders,
            stock,
            client,
            key,
            secrets,
        }
    }

    /// The whole log.
    pub async fn log(&self) -> Vec<LogEntry> {
        let query = LogQuery {
            page: PageRequest::new(0, MAX_PER_PAGE),
            ..LogQuery::default()
        };
        let page = self.house.engine.list_logs(&query).await.unwrap();
        assert_eq!(page.total as usize, page.items.len(), "one page holds it");
        page.items
    }

    /// The address of every page, for every API and log entry; files to take along are no pages.
    pub async fn addresses(&self) -> Vec<String> {
        let log = self.log().await;
        let entry_ids: Vec<&str> = log.iter().map(|entry| entry.log_id.as_str()).collect();
        let api_ids = [self.orders.id.as_str(), &self.stock.id];
        let known = [
            ("{id}", &api_ids[..]),
            ("{client_id}", &[self.client.id.as_str()]),
            ("{log_id}", &entry_ids),
        ];
        page_paths()
            .iter()
            .filter(|path| !path.ends_with("{file}"))
            .flat_map(|path| match known.iter().find(|(parameter, _)| path.contains(parameter)) {
                Some((parameter, ids)) => ids.iter().map(|id| path.replace(parameter, id)).collect(),
                None => vec![path.clone()],
            })
            .collect()
    }

    /// What the admin sees at this address, wherever it leads.
    pub async fn open(&self, address: &str) -> Answer {
        let mut answer = self.house.get_as(&self.cookie, address).await;
        for _ in 0..3 {
            if !answer.status.is_redirection() {
                break;
            }
            let location = answer.headers[LOCATION].to_str().unwrap().to_owned();
            answer = self.house.get_as(&self.cookie, &location).await;
        }
        answer
    }
}

impl Answer {
    /// Proves that it is a page that was found.
    pub fn is_page(&self, address: &str) {
        assert_eq!(self.status, StatusCode::OK, "{address}: {}", self.body);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{address}");
    }
}
