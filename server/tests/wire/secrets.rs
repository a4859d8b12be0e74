//! No page and no log entry holds a secret that nobody asked to see.

use http::header::SET_COOKIE;
use serde_json::json;

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
    let first = &tour.house.engine.client_secrets(client).await.unwrap()[0].id;
    let signing = tour.house.engine.signing_secrets(stock).await.unwrap();
    let [next, current, previous] = [0, 1, 2].map(|at| signing[at].kid.as_str());
    let page = format!("/clients/{client}/secret");
    let settings = format!("/apis/{stock}/settings");
    let signing = "/_fn/reveal_signing_secret";
    let reveal = "/_fn/reveal_client_secret";
    for (function, fields, id, page, name) in [
        (
            reveal,
            vec![("client_id", client.as_str())],
            client.as_str(),
            &page,
            "client secret to come",
        ),
        (
            reveal,
            vec![("client_id", client.as_str()), ("secret_id", first)],
            first.as_str(),
            &page,
            "client secret",
        ),
        (signing, vec![("id", stock.as_str())], current, &settings, "second signing secret"),
        (
            signing,
            vec![("id", stock.as_str()), ("kid", next)],
            next,
            &settings,
            "signing secret to come",
        ),
        (
            signing,
            vec![("id", stock.as_str()), ("kid", previous)],
            previous,
            &settings,
            "signing secret",
        ),
    ] {
        let fields = form(&fields);
        let fetched = tour.house.call(Way::Fetch, Some(&tour.cookie), function, fields.clone()).await;
        assert_eq!(found(&tour, &fetched.body), [name]);
        assert_eq!(fetched.header("cache-control"), "no-store");

        let posted = tour.house.call(Way::Form, Some(&tour.cookie), function, fields).await;
        assert_eq!(posted.header("location"), *page);
        let promise = posted.headers[SET_COOKIE].to_str().unwrap();
        assert_eq!(
            promise,
            format!("tessera_show_secret={id}; Path={page}; Max-Age=60; HttpOnly; SameSite=Strict"),
            "it holds no secret, and no other page and no other site gets it"
        );
        let cookies = format!("{}; {}", tour.cookie, promise.split(';').next().unwrap());
        let shown = tour.house.get_as(&cookies, page).await;
        shown.is_page(page);
        assert!(found(&tour, &shown.body).contains(&name));
        assert_eq!(shown.header("cache-control"), "no-store");
        let taken_back = shown.headers[SET_COOKIE].to_str().unwrap();
        assert!(
            taken_back.starts_with("tessera_show_secret=;") && taken_back.contains("Max-Age=0"),
            "{taken_back}"
        );
        assert_eq!(found(&tour, &tour.house.get_as(&tour.cookie, page).await.body), [""; 0], "hidden again");
    }
}

/// What was pasted is in no answer, no address and no log entry, whatever became of it.
#[tokio::test]
async fn a_found_secret_is_named_by_its_id_only() {
    let tour = Tour::new().await;
    let client = &tour.client.id;
    let secret = tour.client.secret.reveal().to_owned();
    let first = tour.house.engine.client_secrets(client).await.unwrap().remove(0);
    let long = secret.repeat(20);
    let typo = format!("{}-{}", &secret[..30], &secret[31..]);
    for (pasted, leads_to) in [
        (secret.as_str(), Some(format!("/clients/leaked?client={client}&secret={}", first.id))),
        (&typo, Some("/clients/leaked?result=mistyped".to_owned())),
        (&tour.secrets[0].1, Some("/clients/leaked?result=foreign".to_owned())),
        (&tour.secrets[3].1, Some("/clients/leaked?result=unknown".to_owned())),
        (&long, None),
    ] {
        for way in [Way::Fetch, Way::Form] {
            let answer = tour
                .house
                .call(way, Some(&tour.cookie), "/_fn/find_client_secret", form(&[("secret", pasted)]))
                .await;
            let told = format!("{:?} {}", answer.headers, answer.body);
            assert!(!told.contains(&pasted[..30.min(pasted.len())]), "{way:?} {told}");
            let Some(leads_to) = &leads_to else {
                assert!(
                    told.contains("longer%20than") || told.contains("longer than") || told.contains("longer+than"),
                    "{told}"
                );
                continue;
            };
            assert_eq!(answer.header("location"), leads_to);
            let page = tour.open(leads_to).await;
            page.is_page(leads_to);
            assert_eq!(found(&tour, &page.body), [""; 0], "{leads_to}");
        }
    }
    let page = tour.open(&format!("/clients/leaked?client={client}&secret={}", first.id)).await;
    for words in ["Billing worker", "Secret 2", "It is live", "Remove secret"] {
        assert!(page.body.contains(words), "{words}");
    }
    let revoke = form(&[("client_id", client), ("secret_id", &first.id), ("replace", "false")]);
    let answer = tour.house.call(Way::Form, Some(&tour.cookie), "/_fn/revoke_client_secret", revoke).await;
    assert_eq!(answer.header("location"), format!("/clients/{client}/settings?saved=secret-revoked"));
    assert_eq!(
        tour.log().await[0].description,
        "Secret \"Secret 2\" of Billing worker removed: it was reported as leaked"
    );
    assert_eq!(tour.house.ask_with(&tour.client, json!({})).await.status, 401);
}

/// What is HTML of the server escapes what people typed.
#[tokio::test]
async fn names_of_secrets_stay_texts() {
    let tour = Tour::new().await;
    let name = r#"O'Neil & "Co""#;
    let fields = form(&[("client_id", &tour.client.id), ("name", name), ("expires_at", "")]);
    let answer = tour.house.call(Way::Form, Some(&tour.cookie), "/_fn/add_client_secret", fields).await;
    let settings = format!("/clients/{}/settings", tour.client.id);
    assert_eq!(answer.header("location"), format!("{settings}?saved=secret-added"));
    let page = tour.open(&settings).await;
    for text in ["<h3>O'Neil &amp; \"Co\"<!></h3>", "value=\"O'Neil &amp; &quot;Co&quot;\""] {
        assert!(page.body.contains(text), "{text}");
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
