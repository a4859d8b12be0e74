//! No page and no log entry holds a secret that nobody asked to see.

use http::header::SET_COOKIE;

use crate::house::{Way, form};
use crate::tour::Tour;

/// How the private half of an RSA key begins: PKCS #8 in PEM, in base64, and a private member of a JWK.
const PRIVATE_KEY: [&str; 3] = ["PRIVATE KEY", "MIIEv", "\"qi\""];

/// The secrets in this text, by name.
fn found<'a>(tour: &'a Tour, text: &str) -> Vec<&'a str> {
    let secrets = tour
        .secrets
        .iter()
        .filter(|(_, secret)| text.contains(secret.as_str()))
        .map(|(name, _)| *name);
    secrets.chain(PRIVATE_KEY.into_iter().filter(|mark| text.contains(mark))).collect()
}

#[tokio::test]
async fn no_page_holds_a_secret() {
    let tour = Tour::new().await;
    for address in tour.addresses().await {
        let page = tour.open(&address).await;
        page.is_page(&address);
        assert_eq!(found(&tour, &page.body), [""; 0], "{address}");
        assert_eq!(found(&tour, &format!("{:?}", page.headers)), [""; 0], "{address}");
    }
}

#[tokio::test]
async fn no_log_entry_holds_a_secret() {
    let tour = Tour::new().await;
    let log = tour.log().await;
    let text = serde_json::to_string(&log).unwrap();
    assert!(
        text.contains(&tour.client.id) && log.iter().any(|entry| !entry.after.is_empty()),
        "it is the log"
    );
    assert_eq!(found(&tour, &text), [""; 0]);
}

/// Also proves that the search above would find one.
#[tokio::test]
async fn a_secret_that_was_asked_for_is_shown_once() {
    let tour = Tour::new().await;
    let (client, stock) = (&tour.client.id, &tour.stock.id);
    for (function, field, id, page, name) in [
        (
            "/_fn/reveal_client_secret",
            "client_id",
            client,
            format!("/clients/{client}/secret"),
            "client secret",
        ),
        (
            "/_fn/reveal_signing_secret",
            "id",
            stock,
            format!("/apis/{stock}/settings"),
            "signing secret",
        ),
    ] {
        let fields = form(&[(field, id)]);
        let fetched = tour.house.call(Way::Fetch, Some(&tour.cookie), function, fields.clone()).await;
        assert_eq!(found(&tour, &fetched.body), [name]);
        assert_eq!(fetched.header("cache-control"), "no-store");

        let posted = tour.house.call(Way::Form, Some(&tour.cookie), function, fields).await;
        assert_eq!(posted.header("location"), page);
        let promise = posted.headers[SET_COOKIE].to_str().unwrap();
        assert_eq!(
            promise,
            format!("tessera_show_secret={id}; Path={page}; Max-Age=60; HttpOnly; SameSite=Strict"),
            "it holds no secret, and no other page and no other site gets it"
        );
        let cookies = format!("{}; {}", tour.cookie, promise.split(';').next().unwrap());
        let shown = tour.house.get_as(&cookies, &page).await;
        shown.is_page(&page);
        assert!(found(&tour, &shown.body).contains(&name));
        assert_eq!(shown.header("cache-control"), "no-store");
        let taken_back = shown.headers[SET_COOKIE].to_str().unwrap();
        assert!(
            taken_back.starts_with("tessera_show_secret=;") && taken_back.contains("Max-Age=0"),
            "{taken_back}"
        );
        assert_eq!(found(&tour, &tour.house.get_as(&tour.cookie, &page).await.body), [""; 0], "hidden again");
    }
}

/// The promise alone opens nothing.
#[tokio::test]
async fn a_promise_without_a_session_shows_nothing() {
    let tour = Tour::new().await;
    let page = format!("/clients/{}/secret", tour.client.id);
    let answer = tour.house.get_as(&format!("tessera_show_secret={}", tour.client.id), &page).await;
    assert!(answer.status.is_redirection());
    assert_eq!(answer.body, "");
}
