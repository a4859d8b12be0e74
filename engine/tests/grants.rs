//! Grants: every verb and every query, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::Error;
use model::grant::{AccessQuery, Grant, NewGrant, ScopeChoice};
use model::log::{Actor, LogQuery};
use model::page::PageRequest;
use support::{House, NOW};

fn some(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

async fn authorize(house: &House, client_id: &str, audience: &str, scope: ScopeChoice) -> Result<Grant, Error> {
    let new = NewGrant {
        client_id: client_id.to_owned(),
        audience: audience.to_owned(),
        scope,
        ..NewGrant::default()
    };
    house.engine.create_grant(&Actor::command(), new).await
}

on_both! {
    async fn grants_join_a_client_and_an_api_once(house: House) {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["b", "a", "c"]).await);
        assert_eq!(house.engine.grant(&client.client_id, &api.identifier).await.unwrap(), None);
        let grant = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::Some(some(&["c", "b", "c"]))).await.unwrap();
        assert!(grant.id.starts_with("cgr_") && grant.id.len() == 20);
        assert_eq!((grant.scope.as_slice(), grant.created_at), (some(&["b", "c"]).as_slice(), NOW), "in the order of the API, once each");
        assert_eq!(house.engine.grant(&client.client_id, &api.identifier).await.unwrap(), Some(grant));
        let error = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::All).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(invalid) if invalid.field == "audience"));
    }

    async fn what_is_not_there_is_named(house: House) {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["a"]).await);
        let error = authorize(&house, "nobody", &api.identifier, ScopeChoice::All).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("client")));
        let error = authorize(&house, &client.client_id, "https://orders.example.com", ScopeChoice::All).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("API")));
        let error = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::Some(some(&["a", "x", "y"]))).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(invalid) if invalid.field == "scope" && invalid.message.contains("x y")), "{error}");
        let error = house.engine.update_grant(&Actor::command(), &client.client_id, &api.identifier, vec![]).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("grant")));
        let error = house.engine.delete_grant(&Actor::command(), &client.client_id, &api.identifier).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("grant")));
        assert_eq!(house.engine.grant("a\0b", "c\0d").await.unwrap(), None);
    }

    async fn scopes_of_a_grant_change(house: House) {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["a", "b"]).await);
        let grant = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::All).await.unwrap();
        assert_eq!(grant.scope, ["a", "b"]);
        house.clock.advance(7);
        let update = async |scope: &[&str]| house.engine.update_grant(&Actor::command(), &client.client_id, &api.identifier, some(scope)).await;
        let changed = update(&["b"]).await.unwrap();
        assert_eq!(changed, Grant { scope: some(&["b"]), updated_at: NOW + 7, ..grant.clone() });
        assert_eq!(house.engine.grant(&client.client_id, &api.identifier).await.unwrap(), Some(changed));
        assert!(matches!(update(&["b", "x"]).await, Err(Error::Invalid(invalid)) if invalid.field == "scope"));
        assert!(update(&[]).await.unwrap().scope.is_empty());
        house.clock.advance(7);
        assert_eq!(update(&[]).await.unwrap().updated_at, NOW + 7, "no change, no trace");
        let logs = house.engine.list_logs(&LogQuery { client_id: client.client_id.clone(), audience: api.identifier.clone(), ..LogQuery::default() }).await.unwrap();
        let told: Vec<_> = logs.items.iter().map(|entry| (entry.description.as_str(), entry.scope.as_str())).collect();
        assert_eq!(told, [
            ("Grant of Billing for Orders changed to no scopes", ""),
            ("Grant of Billing for Orders changed to b", "b"),
            ("Client Billing authorized for Orders with a, b", "a b"),
        ]);
    }

    async fn deleted_grants_are_gone_and_can_come_back(house: House) {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["a"]).await);
        let first = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::All).await.unwrap();
        house.engine.delete_grant(&Actor::command(), &client.client_id, &api.identifier).await.unwrap();
        assert_eq!(house.engine.grant(&client.client_id, &api.identifier).await.unwrap(), None);
        let second = authorize(&house, &client.client_id, &api.identifier, ScopeChoice::Some(vec![])).await.unwrap();
        assert!(second.scope.is_empty() && second.id != first.id);
    }

    async fn an_api_lists_all_clients_authorized_first(house: House) {
        let api = house.api("Orders", &["b", "a"]).await;
        let other = house.api("Shop", &["s"]).await;
        let mut ids = Vec::new();
        for name in ["Alpha", "beta", "Gamma", "delta%"] {
            ids.push(house.client(name).await.client_id);
        }
        for (id, api, scope) in [(&ids[2], &api, ScopeChoice::All), (&ids[1], &api, ScopeChoice::Some(vec![])), (&ids[0], &other, ScopeChoice::All)] {
            authorize(&house, id, &api.identifier, scope).await.unwrap();
        }
        let list = async |query: AccessQuery| house.engine.clients_of_api(&api.id, &query).await.unwrap();
        let all = list(AccessQuery::default()).await;
        let seen: Vec<_> = all.items.iter().map(|access| (access.client_name.as_str(), access.grant.as_ref().map(|grant| grant.scope.clone()))).collect();
        assert_eq!(seen, [("beta", Some(vec![])), ("Gamma", Some(some(&["b", "a"]))), ("Alpha", None), ("delta%", None)]);
        assert_eq!(all.items[1].grant, house.engine.grant(&ids[2], &api.identifier).await.unwrap());
        let authorized = list(AccessQuery { authorized_only: true, ..AccessQuery::default() }).await;
        assert_eq!((authorized.total, authorized.items.len()), (2, 2));
        let found = list(AccessQuery { search: "A%".to_owned(), ..AccessQuery::default() }).await;
        assert_eq!((found.total, found.items[0].client_name.as_str()), (1, "delta%"));
        let none = list(AccessQuery { search: "alpha".to_owned(), authorized_only: true, ..AccessQuery::default() }).await;
        assert_eq!((none.total, none.items.len()), (0, 0));
        let second = list(AccessQuery { page: PageRequest::new(1, 3), ..AccessQuery::default() }).await;
        assert_eq!((second.total, second.items.len(), second.items[0].client_name.as_str()), (4, 1, "delta%"));
        assert!(matches!(house.engine.clients_of_api("none", &AccessQuery::default()).await, Err(Error::NotFound("API"))));
    }

    async fn a_client_lists_all_apis_the_system_api_last(house: House) {
        let client = house.client("Billing").await;
        let (shop, _) = (house.api("Shop", &["s"]).await, house.api("orders", &["o"]).await);
        let system = "https://auth.example.com/api/v2/";
        authorize(&house, &client.client_id, &shop.identifier, ScopeChoice::All).await.unwrap();
        authorize(&house, &client.client_id, system, ScopeChoice::Some(some(&["read:logs", "read:clients"]))).await.unwrap();
        let list = house.engine.apis_of_client(&client.client_id).await.unwrap();
        let seen: Vec<_> = list.iter().map(|access| (access.api.name.as_str(), access.grant.as_ref().map(|grant| grant.scope.clone()))).collect();
        assert_eq!(seen, [
            ("orders", None),
            ("Shop", Some(some(&["s"]))),
            ("Tessera Management API", Some(some(&["read:clients", "read:logs"]))),
        ]);
        assert_eq!(list[1].api, shop);
        assert!(matches!(house.engine.apis_of_client("nobody").await, Err(Error::NotFound("client"))));
    }
}
