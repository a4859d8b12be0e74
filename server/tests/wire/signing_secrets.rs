//! The signing secrets of an API at the dashboard, as a browser without scripts goes through a rotation.

use http::StatusCode;
use http::header::LOCATION;
use model::api::SigningAlg;
use model::introspection::Introspection;
use model::signing_secret::SigningSecret;
use serde_json::json;

use crate::house::{ClientPersona, House, Way, form};
use crate::token::token_of;

const STOCK: &str = "https://stock.example.com/";

/// An admin's browser before the Settings tab of an HS256 API.
struct Desk {
    house: House,
    cookie: String,
    id: String,
    client: ClientPersona,
}

impl Desk {
    async fn open() -> Self {
        let house = House::new().await;
        let cookie = house.admin().await;
        let id = house.api(STOCK, SigningAlg::HS256, &["read:stock"]).await.id;
        let client = house.client("Billing worker").await;
        house.grant(&client, STOCK, &["read:stock"]).await;
        house
            .engine
            .add_introspector(&model::log::Actor::command(), &id, &client.id)
            .await
            .unwrap();
        Self { house, cookie, id, client }
    }

    async fn secrets(&self) -> Vec<SigningSecret> {
        self.house.engine.signing_secrets(&self.id).await.unwrap()
    }

    /// Posts a form of the tab; answers where it leads, and what the page there says.
    async fn post(&self, function: &str, more: &[(&str, &str)]) -> (String, String) {
        let fields = form(&[&[("id", self.id.as_str())], more].concat());
        let answer = self.house.call(Way::Form, Some(&self.cookie), &format!("/_fn/{function}"), fields).await;
        assert!(answer.status.is_redirection(), "{function}: {}", answer.body);
        let location = answer.headers[LOCATION].to_str().unwrap().to_owned();
        // What is refused leads back to where the form stood, which tests call /page.
        let page = match location.split_once("/page?") {
            Some((_, why)) => self.get(&format!("/apis/{}/settings?{why}", self.id)).await,
            None => self.get(&location).await,
        };
        (location, page)
    }

    async fn get(&self, address: &str) -> String {
        let page = self.house.get_as(&self.cookie, address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        page.body
    }

    /// A token and the `kid` that it names.
    async fn token(&self) -> (String, String) {
        let answer = self.house.ask_with(&self.client, json!({ "audience": STOCK })).await;
        let kid = token_of(&answer)["header"]["kid"].as_str().unwrap().to_owned();
        (answer.json()["access_token"].as_str().unwrap().to_owned(), kid)
    }

    /// What `POST /oauth/introspect` says.
    async fn is_active(&self, token: &str) -> bool {
        let fields = form(&[
            ("client_id", &self.client.id),
            ("client_secret", self.client.secret.reveal()),
            ("token", token),
        ]);
        let answer = self.house.post("/oauth/introspect", "application/x-www-form-urlencoded", fields).await;
        serde_json::from_value::<Introspection>(answer.json()).unwrap().active
    }
}

#[tokio::test]
async fn a_rotation_is_started_completed_and_cancelled() {
    let desk = Desk::open().await;
    let settings = format!("/apis/{}/settings", desk.id);
    let leads = |saved: &str| format!("{settings}?saved={saved}");
    let quickstart = format!("/apis/{}/quickstart?stack=python-flask", desk.id);
    let (of_first, first) = desk.token().await;
    let page = desk.get(&settings).await;
    assert!(page.contains(&first) && page.contains("Start rotation") && !page.contains("Complete rotation"));
    assert!(!desk.get(&quickstart).await.contains("Add the other secret"));

    let (location, page) = desk.post("start_signing_secret_rotation", &[]).await;
    assert_eq!(location, leads("rotation-started"));
    let next = desk.secrets().await[0].kid.clone();
    for words in [
        &next,
        "The rotation has begun.",
        "Complete rotation",
        "Cancel rotation",
        "Signs nothing until",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Start rotation"));
    assert_eq!(desk.token().await.1, first);
    let page = desk.get(&quickstart).await;
    assert!(page.contains("Add the other secret") && page.contains(&first) && page.contains(&next));
    let (_, page) = desk.post("start_signing_secret_rotation", &[]).await;
    assert!(page.contains("Complete or cancel the rotation that is under way first."));

    let (location, page) = desk.post("complete_signing_secret_rotation", &[]).await;
    assert_eq!(location, leads("rotation-completed"));
    assert!(page.contains("Still accepted") && page.contains("Accepted until its last token expires, in 1 d"));
    let (of_second, second) = desk.token().await;
    assert_eq!(second, next);
    assert!(desk.is_active(&of_first).await && desk.is_active(&of_second).await);
    assert!(
        desk.get(&quickstart).await.contains(&first),
        "the former one is needed for its last tokens"
    );

    desk.post("start_signing_secret_rotation", &[]).await;
    let (location, page) = desk.post("cancel_signing_secret_rotation", &[]).await;
    assert_eq!(location, leads("rotation-cancelled"));
    assert!(page.contains("It has signed nothing.") && page.contains(&second));
    let (_, page) = desk.post("cancel_signing_secret_rotation", &[]).await;
    assert!(page.contains("No rotation is under way"));

    let (_, page) = desk.post("remove_signing_secret", &[("kid", &second)]).await;
    assert!(page.contains("Rotate first: this secret signs tokens now."));
    let (location, page) = desk.post("remove_signing_secret", &[("kid", &first)]).await;
    assert_eq!(location, leads("secret-removed"));
    assert!(!page.contains(&first));
    assert!(!desk.is_active(&of_first).await && desk.is_active(&of_second).await);

    let (location, page) = desk.post("rotate_signing_secret", &[]).await;
    assert_eq!(location, leads("secret"));
    assert!(page.contains("The API has a new signing secret.") && !page.contains(&second));
    assert!(!desk.is_active(&of_second).await && desk.is_active(&desk.token().await.0).await);
}

#[tokio::test]
async fn an_api_with_a_public_key_has_no_section_for_secrets() {
    let desk = Desk::open().await;
    let orders = desk.house.api("https://orders.example.com/", SigningAlg::ES256, &[]).await;
    let page = desk.get(&format!("/apis/{}/settings", orders.id)).await;
    assert!(!page.contains("Signing secret") && !page.contains("Start rotation"));
    let fields = form(&[("id", &orders.id)]);
    let answer = desk
        .house
        .call(Way::Fetch, Some(&desk.cookie), "/_fn/start_signing_secret_rotation", fields)
        .await;
    assert!(answer.body.contains("Only APIs that are signed with HS256"), "{}", answer.body);
}
