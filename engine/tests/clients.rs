//! Clients: every verb and every query, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use engine::Error;
use model::client::{CLIENT_ID_LENGTH, ClientChanges, NewClient};
use model::client_secret::{SECRET_LENGTH, SecretFields};
use model::grant::{NewGrant, ScopeChoice};
use model::log::{Actor, LogQuery, LogType};
use model::page::{ListQuery, PageRequest, Sort};
use model::secret::Secret;
use support::{House, NOW, new_api};

fn named(name: &str) -> NewClient {
    NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    }
}

async fn names(house: &House, query: ListQuery) -> Vec<String> {
    let page = house.engine.list_clients(&query).await.unwrap();
    page.items.into_iter().map(|summary| summary.client.name).collect()
}

fn search(text: &str) -> ListQuery {
    ListQuery {
        search: text.to_owned(),
        ..ListQuery::default()
    }
}

on_both! {
    async fn created_clients_are_found_again(house: House) {
        let new = NewClient { name: "  Billing worker ".to_owned(), description: " Sends invoices ".to_owned(), ..NewClient::default() };
        let client = house.engine.create_client(&Actor::command(), new).await.unwrap();
        assert_eq!((client.name.as_str(), client.description.as_str()), ("Billing worker", "Sends invoices"));
        assert_eq!((client.created_at, client.updated_at), (NOW, NOW));
        assert_eq!(client.client_id.len(), CLIENT_ID_LENGTH);
        assert_eq!(house.engine.client(&client.client_id).await.unwrap(), client);
        for unknown in ["", "nobody", "a\0b"] {
            assert!(matches!(house.engine.client(unknown).await, Err(Error::NotFound("client"))), "{unknown:?}");
        }
    }

    async fn an_id_and_a_secret_can_be_brought_along(house: House) {
        let (engine, by) = (&house.engine, Actor::command());
        let secret = Secret::new("a-secret-from-another-server-0123456789");
        let set = ClientChanges { client_secret: Some(secret.clone()), ..ClientChanges::default() };
        let brought = NewClient { client_id: Some("from_Elsewhere-1".to_owned()), set, ..named("Billing") };
        let client = engine.create_client(&by, brought.clone()).await.unwrap();
        assert_eq!(client.client_id, "from_Elsewhere-1");
        assert_eq!(engine.client(&client.client_id).await.unwrap(), client);
        assert_eq!(engine.reveal_client_secret(&by, &client.client_id).await.unwrap(), secret);
        let taken = engine.create_client(&by, brought.clone()).await.unwrap_err();
        assert!(matches!(taken, Error::Conflict(invalid) if invalid.field == "client_id"));
        for wrong in ["", "a b", "a/b", "ä", &"x".repeat(65)] {
            let refused = engine.create_client(&by, NewClient { client_id: Some(wrong.to_owned()), ..named("B") }).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid(invalid) if invalid.field == "client_id"), "{wrong}");
        }

        engine.delete_client(&by, &client.client_id).await.unwrap();
        let again = engine.create_client(&by, brought).await.unwrap();
        assert_eq!(again.tokens_valid_from, Some(NOW + 1), "tokens of the one that had this id before are not its own");
    }

    async fn a_secret_is_compared_without_being_shown(house: House) {
        let (engine, by) = (&house.engine, Actor::command());
        let (client, other) = (house.client("Billing").await, house.client("Other").await);
        let secret = engine.reveal_client_secret(&by, &client.client_id).await.unwrap();
        let fields = SecretFields { name: "Second".to_owned(), expires_at: Some(NOW + 60) };
        let (_, second) = engine.add_client_secret(&by, &client.client_id, fields).await.unwrap();
        let entries = engine.list_logs(&LogQuery::default()).await.unwrap().total;
        let is = async |client_id: &str, secret: &Secret| engine.is_client_secret(client_id, secret).await.unwrap();
        assert!(is(&client.client_id, &secret).await && is(&client.client_id, &second).await);
        assert!(!is(&other.client_id, &secret).await && !is(&client.client_id, &Secret::new("")).await);
        assert!(matches!(engine.is_client_secret("nobody", &secret).await, Err(Error::NotFound("client"))));
        house.clock.advance(60);
        assert!(!is(&client.client_id, &second).await, "it has expired");
        assert_eq!(engine.list_logs(&LogQuery::default()).await.unwrap().total, entries);
    }

    async fn wrong_fields_are_refused(house: House) {
        for name in ["", "<b>", "a\nb", &"x".repeat(201)] {
            let error = house.engine.create_client(&Actor::command(), named(name)).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "name"), "{name}");
        }
        let client = house.client("Billing").await;
        let changes = ClientChanges { description: Some("x".repeat(141)), ..ClientChanges::default() };
        let error = house.engine.update_client(&Actor::command(), &client.client_id, changes).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "description"));
        assert_eq!(house.engine.client(&client.client_id).await.unwrap(), client);
    }

    async fn lists_are_sorted_searched_and_paged(house: House) {
        for name in ["beta 50%", "Alpha_1", "gamma\\x", "Delta"] {
            house.client(name).await;
            house.clock.advance(1);
        }
        let sorted = |sort| ListQuery { sort, ..ListQuery::default() };
        assert_eq!(names(&house, sorted(Sort::Name)).await, ["Alpha_1", "beta 50%", "Delta", "gamma\\x"]);
        assert_eq!(names(&house, sorted(Sort::NameDown)).await, ["gamma\\x", "Delta", "beta 50%", "Alpha_1"]);
        assert_eq!(names(&house, sorted(Sort::Newest)).await, ["Delta", "gamma\\x", "Alpha_1", "beta 50%"]);
        assert_eq!(names(&house, sorted(Sort::Oldest)).await, ["beta 50%", "Alpha_1", "gamma\\x", "Delta"]);

        for (text, expect) in [
            (" ALPHA", vec!["Alpha_1"]),
            ("50%", vec!["beta 50%"]),
            ("%", vec!["beta 50%"]),
            ("_", vec!["Alpha_1"]),
            ("\\", vec!["gamma\\x"]),
            ("a' OR '1'='1", vec![]),
            ("a\0lpha_", vec!["Alpha_1"]),
        ] {
            assert_eq!(names(&house, search(text)).await, expect, "{text:?}");
        }

        let page = PageRequest::new(1, 3);
        let second = house.engine.list_clients(&ListQuery { page, ..ListQuery::default() }).await.unwrap();
        assert_eq!((second.items.len(), second.total, second.page, second.per_page, second.pages()), (1, 4, 1, 3, 2));
        assert_eq!(second.items[0].client.name, "gamma\\x");
        let beyond = PageRequest { page: -5, per_page: 1_000_000 };
        assert_eq!(names(&house, ListQuery { page: beyond, ..ListQuery::default() }).await.len(), 4);
    }

    async fn clients_are_found_by_their_id(house: House) {
        let client = house.client("One").await;
        house.client("Two").await;
        let part = client.client_id[4..20].to_lowercase();
        assert_eq!(names(&house, search(&part)).await, ["One"]);
    }

    async fn lists_count_the_apis_of_a_client(house: House) {
        house.engine.create_api(&Actor::command(), model::api::NewApi { test_client: true, ..new_api("Orders", &["read:orders"]) }).await.unwrap();
        house.client("Lonely").await;
        let page = house.engine.list_clients(&ListQuery::default()).await.unwrap();
        let counts: Vec<_> = page.items.iter().map(|summary| (summary.client.name.as_str(), summary.apis)).collect();
        assert_eq!(counts, [("Lonely", 0), ("Orders (Test Client)", 1)]);
    }

    async fn changes_touch_the_given_fields_only(house: House) {
        let client = house.client("Billing").await;
        house.clock.advance(60);
        let metadata = BTreeMap::from([("team".to_owned(), "billing = \"ok\"".to_owned())]);
        let changes = ClientChanges { client_metadata: Some(metadata.clone()), ..ClientChanges::default() };
        let changed = house.engine.update_client(&Actor::command(), &client.client_id, changes).await.unwrap();
        assert_eq!((changed.name.as_str(), &changed.client_metadata), ("Billing", &metadata));
        assert_eq!((changed.created_at, changed.updated_at), (NOW, NOW + 60));
        let changes = ClientChanges { name: Some(" Invoices ".to_owned()), description: Some("New".to_owned()), ..ClientChanges::default() };
        let changed = house.engine.update_client(&Actor::command(), &client.client_id, changes).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.description.as_str(), &changed.client_metadata), ("Invoices", "New", &metadata));
        assert_eq!(house.engine.client(&client.client_id).await.unwrap(), changed);
        let error = house.engine.update_client(&Actor::command(), "nobody", ClientChanges::default()).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("client")));
    }

    async fn a_change_that_changes_nothing_leaves_no_trace(house: House) {
        let client = house.client("Billing").await;
        house.clock.advance(60);
        let changes = ClientChanges { name: Some("Billing".to_owned()), ..ClientChanges::default() };
        let same = house.engine.update_client(&Actor::command(), &client.client_id, changes).await.unwrap();
        assert_eq!(same, client);
        let logs = house.engine.list_logs(&LogQuery { client_id: client.client_id, ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 1);
    }

    async fn secrets_are_shown_rotated_and_never_stored_plain(house: House) {
        let client = house.client("Billing").await;
        let actor = Actor::command();
        let first = house.engine.reveal_client_secret(&actor, &client.client_id).await.unwrap();
        assert_eq!(first.reveal().len(), SECRET_LENGTH);
        assert_eq!(house.engine.reveal_client_secret(&actor, &client.client_id).await.unwrap(), first);
        house.clock.advance(5);
        let second = house.engine.rotate_client_secret(&actor, &client.client_id).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(house.engine.reveal_client_secret(&actor, &client.client_id).await.unwrap(), second);
        assert_eq!(house.engine.client(&client.client_id).await.unwrap().updated_at, NOW + 5);

        let stolen = house.stolen().await;
        assert!(stolen.contains(&client.client_id), "the dump holds the rows");
        assert!(!stolen.contains(first.reveal()) && !stolen.contains(second.reveal()));

        let logs = house.engine.list_logs(&LogQuery { client_id: client.client_id.clone(), ..LogQuery::default() }).await.unwrap();
        let told: Vec<_> = logs.items.iter().map(|entry| (entry.kind, entry.description.as_str())).collect();
        assert_eq!(told, [
            (LogType::SecretShown, "Client secret of Billing shown"),
            (LogType::Changed, "Client secret of Billing rotated"),
            (LogType::SecretShown, "Client secret of Billing shown"),
            (LogType::SecretShown, "Client secret of Billing shown"),
            (LogType::Changed, "Client Billing created"),
        ]);
        for unknown in [
            house.engine.reveal_client_secret(&actor, "nobody").await,
            house.engine.rotate_client_secret(&actor, "nobody").await,
        ] {
            assert!(matches!(unknown, Err(Error::NotFound("client"))));
        }
    }

    async fn deleted_clients_take_their_grants_along(house: House) {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["read:orders"]).await);
        let new = NewGrant { client_id: client.client_id.clone(), audience: api.identifier.clone(), scope: ScopeChoice::All, ..NewGrant::default() };
        house.engine.create_grant(&Actor::command(), new).await.unwrap();
        house.engine.delete_client(&Actor::command(), &client.client_id).await.unwrap();
        assert!(matches!(house.engine.client(&client.client_id).await, Err(Error::NotFound("client"))));
        assert_eq!(house.engine.grant(&client.client_id, &api.identifier).await.unwrap(), None);
        assert_eq!(house.engine.progress().await.unwrap().grants, 0);
        assert!(matches!(house.engine.delete_client(&Actor::command(), &client.client_id).await, Err(Error::NotFound("client"))));
    }
}
