//! Quickstarts as folders to take along.

use http::StatusCode;
use model::api::SigningAlg;

use crate::house::{Answer, House, ORDERS};
use crate::tour::Tour;

async fn zip(tour: &Tour, api: &str, file: &str) -> Answer {
    tour.house.get_as(&tour.cookie, &format!("/apis/{api}/quickstart/{file}")).await
}

#[tokio::test]
async fn a_program_with_its_lock_its_steps_and_the_readers_values() {
    let tour = Tour::new().await;
    let answer = zip(&tour, &tour.orders.id, "node-express.zip").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"node-express.zip\"");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    // Nothing in it is compressed, so that it can be read here.
    for text in [
        "PK\u{3}\u{4}",
        "node-express/server.mjs",
        "node-express/package-lock.json",
        "node-express/README.md",
        "- Install: `npm ci`",
        &format!("audience: '{ORDERS}'"),
        &format!("issuerBaseURL: '{}'", tour.house.engine.issuer().as_str()),
        "requiredScopes('read:orders')",
    ] {
        assert!(answer.body.contains(text), "{text}");
    }
    let again = zip(&tour, &tour.orders.id, "node-express.zip").await;
    assert_eq!(again.body, answer.body, "equal programs are equal files");
}

#[tokio::test]
async fn no_secret_travels_along() {
    let tour = Tour::new().await;
    let answer = zip(&tour, &tour.stock.id, "python-flask.zip").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("SIGNING_SECRETS"));
    for (what, secret) in &tour.secrets {
        assert!(!answer.body.contains(secret.as_str()), "{what}");
    }
}

#[tokio::test]
async fn there_is_nothing_of_what_does_not_exist() {
    let tour = Tour::new().await;
    let eddsa = tour.house.api("https://eddsa.example.com/", SigningAlg::EdDSA, &[]).await;
    for (api, file) in [
        (tour.orders.id.as_str(), "cobol.zip"),
        (&tour.orders.id, "node-express"),
        (&tour.orders.id, ".zip"),
        (&tour.orders.id, "..%2Fnode-express.zip"),
        ("nothing", "node-express.zip"),
        // Its library does not know the algorithm.
        (&eddsa.id, "csharp-aspnet.zip"),
    ] {
        let answer = zip(&tour, api, file).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{file} of {api}");
        assert_eq!(answer.body, "There is nothing at this address.\n");
    }
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in() {
    let house = House::new().await;
    house.admin().await;
    let api = house.api(ORDERS, SigningAlg::RS256, &[]).await;
    for file in ["node-express.zip", "cobol.zip"] {
        let answer = house.get(&format!("/apis/{}/quickstart/{file}", api.id)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.header("location").starts_with("/sign-in?next="));
    }
}
