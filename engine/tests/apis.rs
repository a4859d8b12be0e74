//! APIs and their scopes: every verb and every query, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::Error;
use model::api::{ApiChanges, NewApi, SYSTEM_NAME, SigningAlg, TOKEN_LIFETIME_DEFAULT, system_scopes};
use model::client::NAME_MAX;
use model::grant::{NewGrant, ScopeChoice};
use model::log::{Actor, LogQuery};
use model::page::{ListQuery, PageRequest, Sort};
use model::scope::{SCOPES_MAX, Scope};
use support::{House, NOW, new_api, scope};

async fn names(house: &House, query: ListQuery) -> Vec<String> {
    let page = house.engine.list_apis(&query).await.unwrap();
    page.items.into_iter().map(|summary| summary.api.name).collect()
}

async fn system_id(house: &House) -> String {
    house.engine.api_by_identifier("https://auth.example.com/api/v2/").await.unwrap().id
}

fn values(scopes: &[Scope]) -> Vec<&str> {
    scopes.iter().map(|scope| scope.value.as_str()).collect()
}

fn signed_with(signing_alg: SigningAlg) -> ApiChanges {
    ApiChanges {
        signing_alg: Some(signing_alg),
        ..ApiChanges::default()
    }
}

on_both! {
    async fn created_apis_are_found_again(house: House) {
        let api = house.api("Orders", &["write:orders", "read:orders"]).await;
        assert_eq!((api.id.len(), api.token_lifetime, api.signing_alg), (24, TOKEN_LIFETIME_DEFAULT, SigningAlg::RS256));
        assert_eq!((api.is_system, api.created_at, api.updated_at), (false, NOW, NOW));
        assert_eq!(values(&api.scopes), ["write:orders", "read:orders"]);
        assert_eq!(house.engine.api(&api.id).await.unwrap(), api);
        assert_eq!(house.engine.api_by_identifier("https://orders.example.com/").await.unwrap(), api);
        for unknown in ["", "https://orders.example.com", "HTTPS://ORDERS.EXAMPLE.COM/", "a\0b"] {
            assert!(matches!(house.engine.api_by_identifier(unknown).await, Err(Error::NotFound("API"))), "{unknown:?}");
            assert!(matches!(house.engine.api(unknown).await, Err(Error::NotFound("API"))), "{unknown:?}");
        }
    }

    async fn identifiers_are_unique(house: House) {
        house.api("Orders", &[]).await;
        let again = NewApi { name: "Other".to_owned(), test_client: true, ..new_api("Orders", &["a"]) };
        let error = house.engine.create_api(&Actor::command(), again).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(invalid) if invalid.field == "identifier"));
        let system = NewApi { identifier: "https://auth.example.com/api/v2/".to_owned(), ..new_api("Orders", &[]) };
        let error = house.engine.create_api(&Actor::command(), system).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "identifier"));
        let progress = house.engine.progress().await.unwrap();
        assert_eq!((progress.apis, progress.clients, progress.scopes), (1, 0, 0), "nothing of the refused API is left");
    }

    async fn wrong_fields_are_refused(house: House) {
        for (new, field) in [
            (NewApi { name: " ".to_owned(), ..new_api("Orders", &[]) }, "name"),
            (NewApi { identifier: "a b".to_owned(), ..new_api("Orders", &[]) }, "identifier"),
            (NewApi { token_lifetime: Some(0), ..new_api("Orders", &[]) }, "token_lifetime"),
            (NewApi { scopes: vec![scope("openid")], ..new_api("Orders", &[]) }, "value"),
        ] {
            let error = house.engine.create_api(&Actor::command(), new).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(invalid) if invalid.field == field), "{field}: {error}");
        }
    }

    async fn a_test_client_is_authorized_with_all_scopes(house: House) {
        let new = NewApi { test_client: true, ..new_api("Orders", &["read:orders", "write:orders"]) };
        let created = house.engine.create_api(&Actor::command(), new).await.unwrap();
        let client = created.test_client.unwrap();
        assert_eq!(client.name, "Orders (Test Client)");
        let grant = house.engine.grant(&client.client_id, &created.api.identifier).await.unwrap().unwrap();
        assert_eq!(grant.scope, ["read:orders", "write:orders"]);
        let logs = house.engine.list_logs(&LogQuery::default()).await.unwrap();
        let told: Vec<_> = logs.items.iter().map(|entry| entry.description.as_str()).take(3).collect();
        assert_eq!(told, [
            "Client Orders (Test Client) authorized for Orders with read:orders, write:orders",
            "Client Orders (Test Client) created",
            "API Orders created",
        ]);
    }

    async fn the_name_of_a_test_client_stays_inside_its_limit(house: House) {
        let new = NewApi { name: "ä".repeat(NAME_MAX), test_client: true, ..new_api("Orders", &[]) };
        let client = house.engine.create_api(&Actor::command(), new).await.unwrap().test_client.unwrap();
        assert_eq!(client.name.chars().count(), NAME_MAX);
        assert!(client.name.ends_with(" (Test Client)"));
    }

    async fn lists_are_sorted_searched_and_paged(house: House) {
        for name in ["beta", "Alpha"] {
            house.clock.advance(1);
            house.engine.create_api(&Actor::command(), NewApi { test_client: true, ..new_api(name, &["b", "a"]) }).await.unwrap();
        }
        let sorted = |sort| ListQuery { sort, ..ListQuery::default() };
        assert_eq!(names(&house, sorted(Sort::Name)).await, ["Alpha", "beta", SYSTEM_NAME]);
        assert_eq!(names(&house, sorted(Sort::NameDown)).await, [SYSTEM_NAME, "beta", "Alpha"]);
        assert_eq!(names(&house, sorted(Sort::Newest)).await, ["Alpha", "beta", SYSTEM_NAME]);
        assert_eq!(names(&house, sorted(Sort::Oldest)).await, [SYSTEM_NAME, "beta", "Alpha"]);
        let search = |text: &str| ListQuery { search: text.to_owned(), ..ListQuery::default() };
        assert_eq!(names(&house, search("ALPHA.example")).await, ["Alpha"]);
        assert_eq!(names(&house, search("management")).await, [SYSTEM_NAME]);
        assert!(names(&house, search("%b")).await.is_empty());
        let page = PageRequest::new(1, 2);
        let second = house.engine.list_apis(&ListQuery { page, ..ListQuery::default() }).await.unwrap();
        assert_eq!((second.total, second.items.len(), second.items[0].api.is_system), (3, 1, true));
        let first = house.engine.list_apis(&ListQuery::default()).await.unwrap();
        assert_eq!((values(&first.items[0].api.scopes), first.items[0].clients), (vec!["b", "a"], 1));
    }

    async fn changes_touch_the_given_fields_only(house: House) {
        let api = house.api("Orders", &["a"]).await;
        house.clock.advance(60);
        let changes = ApiChanges { name: Some(" Shop ".to_owned()), token_lifetime: Some(60), ..ApiChanges::default() };
        let changed = house.engine.update_api(&Actor::command(), &api.id, changes).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.token_lifetime, changed.updated_at), ("Shop", 60, NOW + 60));
        assert_eq!((&changed.identifier, &changed.scopes, changed.signing_alg), (&api.identifier, &api.scopes, api.signing_alg));
        assert_eq!(house.engine.api(&api.id).await.unwrap(), changed);
        let error = house.engine.update_api(&Actor::command(), "none", ApiChanges::default()).await.unwrap_err();
        assert!(matches!(error, Error::NotFound("API")));
        let error = house.engine.update_api(&Actor::command(), &api.id, ApiChanges { token_lifetime: Some(-1), ..ApiChanges::default() }).await;
        assert!(matches!(error, Err(Error::Invalid(invalid)) if invalid.field == "token_lifetime"));
        let same = house.engine.update_api(&Actor::command(), &api.id, ApiChanges { token_lifetime: Some(60), ..ApiChanges::default() }).await;
        assert_eq!(same.unwrap(), changed);
        let logs = house.engine.list_logs(&LogQuery { audience: api.identifier, ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 2);
    }

    async fn signing_secrets_belong_to_hs256(house: House) {
        let actor = Actor::command();
        let api = house.api("Orders", &[]).await;
        for refused in [house.engine.reveal_signing_secret(&actor, &api.id).await, house.engine.rotate_signing_secret(&actor, &api.id).await] {
            assert!(matches!(refused, Err(Error::Invalid(invalid)) if invalid.field == "signing_alg"));
        }
        house.engine.update_api(&actor, &api.id, signed_with(SigningAlg::HS256)).await.unwrap();
        let first = house.engine.reveal_signing_secret(&actor, &api.id).await.unwrap();
        assert_eq!(first.reveal().len(), 64);
        house.engine.update_api(&actor, &api.id, signed_with(SigningAlg::RS256)).await.unwrap();
        assert!(house.engine.reveal_signing_secret(&actor, &api.id).await.is_err());
        house.engine.update_api(&actor, &api.id, signed_with(SigningAlg::HS256)).await.unwrap();
        assert_eq!(house.engine.reveal_signing_secret(&actor, &api.id).await.unwrap(), first, "kept while unused");
        let second = house.engine.rotate_signing_secret(&actor, &api.id).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(house.engine.reveal_signing_secret(&actor, &api.id).await.unwrap(), second);
        let stolen = house.stolen().await;
        assert!(stolen.contains(&api.identifier) && !stolen.contains(first.reveal()) && !stolen.contains(second.reveal()));
        let created = NewApi { signing_alg: SigningAlg::HS256, ..new_api("Shop", &[]) };
        let created = house.engine.create_api(&actor, created).await.unwrap().api;
        assert_ne!(house.engine.reveal_signing_secret(&actor, &created.id).await.unwrap(), second);
    }

    async fn deleted_apis_take_scopes_and_grants_along(house: House) {
        let created = house.engine.create_api(&Actor::command(), NewApi { test_client: true, ..new_api("Orders", &["a", "b"]) }).await.unwrap();
        house.engine.delete_api(&Actor::command(), &created.api.id).await.unwrap();
        assert!(matches!(house.engine.api(&created.api.id).await, Err(Error::NotFound("API"))));
        let progress = house.engine.progress().await.unwrap();
        assert_eq!((progress.apis, progress.scopes, progress.grants, progress.clients), (0, 0, 0, 1));
        assert!(matches!(house.engine.delete_api(&Actor::command(), &created.api.id).await, Err(Error::NotFound("API"))));
        house.api("Orders", &[]).await;
    }

    async fn the_system_api_is_there_and_stays(house: House) {
        let actor = Actor::command();
        let id = system_id(&house).await;
        let api = house.engine.api(&id).await.unwrap();
        assert_eq!((api.name.as_str(), api.is_system, &api.scopes), (SYSTEM_NAME, true, &system_scopes()));
        assert!(matches!(house.engine.delete_api(&actor, &id).await, Err(Error::System(_))));
        assert!(matches!(house.engine.add_scope(&actor, &id, scope("a")).await, Err(Error::System(_))));
        assert!(matches!(house.engine.remove_scope(&actor, &id, "read:logs").await, Err(Error::System(_))));
        assert!(matches!(house.engine.describe_scope(&actor, &id, "read:logs", "x").await, Err(Error::System(_))));
        assert!(matches!(house.engine.update_api(&actor, &id, signed_with(SigningAlg::HS256)).await, Err(Error::System(_))));
        let name = ApiChanges { name: Some("Mine".to_owned()), ..ApiChanges::default() };
        assert!(matches!(house.engine.update_api(&actor, &id, name).await, Err(Error::System(_))));
        let whole_form = ApiChanges { name: Some(SYSTEM_NAME.to_owned()), token_lifetime: Some(60), signing_alg: Some(SigningAlg::RS256), ..ApiChanges::default() };
        assert_eq!(house.engine.update_api(&actor, &id, whole_form).await.unwrap().token_lifetime, 60);
        assert_eq!(house.engine.api(&id).await.unwrap().scopes, system_scopes());
    }

    async fn the_system_api_follows_the_issuer(house: House) {
        let id = system_id(&house).await;
        let moved = house.reopen(|config| config.issuer = model::issuer::Issuer::parse("https://id.example.org/").unwrap()).await.unwrap();
        assert_eq!(moved.api(&id).await.unwrap().identifier, "https://auth.example.com/api/v2/", "opening changes nothing");
        moved.adopt_issuer().await.unwrap();
        moved.adopt_issuer().await.unwrap();
        assert_eq!(moved.api(&id).await.unwrap().identifier, "https://id.example.org/api/v2/");
        let logs = moved.list_logs(&LogQuery { search: "after the issuer".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 1);
        moved.close().await;

        let taken = NewApi { identifier: "https://third.example.org/api/v2/".to_owned(), ..new_api("Orders", &[]) };
        house.engine.create_api(&Actor::command(), taken).await.unwrap();
        let third = house.reopen(|config| config.issuer = model::issuer::Issuer::parse("https://third.example.org/").unwrap()).await.unwrap();
        assert!(matches!(third.adopt_issuer().await, Err(Error::Conflict(invalid)) if invalid.field == "identifier"));
        third.close().await;
    }

    async fn scopes_are_added_described_and_removed(house: House) {
        let actor = Actor::command();
        let api = house.api("Orders", &["b"]).await;
        house.clock.advance(9);
        let added = house.engine.add_scope(&actor, &api.id, Scope { value: " a ".to_owned(), description: " Read ".to_owned() }).await.unwrap();
        assert_eq!((values(&added.scopes), added.scopes[1].description.as_str(), added.updated_at), (vec!["b", "a"], "Read", NOW + 9));
        let error = house.engine.add_scope(&actor, &api.id, scope("a")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(invalid) if invalid.field == "value"));
        assert!(house.engine.add_scope(&actor, &api.id, scope("A")).await.is_ok(), "values are exact");
        for wrong in ["", "a b", "openid"] {
            assert!(matches!(house.engine.add_scope(&actor, &api.id, scope(wrong)).await, Err(Error::Invalid(_))), "{wrong}");
        }
        let described = house.engine.describe_scope(&actor, &api.id, "b", " Write ").await.unwrap();
        assert_eq!((values(&described.scopes), described.scopes[0].description.as_str()), (vec!["b", "a", "A"], "Write"));
        let removed = house.engine.remove_scope(&actor, &api.id, "b").await.unwrap();
        assert_eq!(values(&removed.scopes), ["a", "A"]);
        let again = house.engine.add_scope(&actor, &api.id, scope("b")).await.unwrap();
        assert_eq!(values(&again.scopes), ["a", "A", "b"]);
        assert_eq!(house.engine.api(&api.id).await.unwrap(), again);
        assert!(matches!(house.engine.describe_scope(&actor, &api.id, "none", "x").await, Err(Error::NotFound("scope"))));
        assert!(matches!(house.engine.describe_scope(&actor, &api.id, "a", &"x".repeat(501)).await, Err(Error::Invalid(_))));
        assert!(matches!(house.engine.remove_scope(&actor, &api.id, "none").await, Err(Error::NotFound("scope"))));
        assert!(matches!(house.engine.remove_scope(&actor, "none", "a").await, Err(Error::NotFound("API"))));
    }

    async fn removed_scopes_leave_every_grant(house: House) {
        let actor = Actor::command();
        let api = house.api("Orders", &["a", "b"]).await;
        let mut clients = Vec::new();
        for name in ["Zeta", "eta", "Beta"] {
            let client = house.client(name).await;
            let scope = if name == "Beta" { ScopeChoice::Some(vec!["b".to_owned()]) } else { ScopeChoice::All };
            let new = NewGrant { client_id: client.client_id.clone(), audience: api.identifier.clone(), scope, ..NewGrant::default() };
            house.engine.create_grant(&actor, new).await.unwrap();
            clients.push(client);
        }
        assert_eq!(house.engine.scope_holders(&api.id, "a").await.unwrap(), ["eta", "Zeta"]);
        assert!(matches!(house.engine.scope_holders(&api.id, "none").await, Err(Error::NotFound("scope"))));
        house.clock.advance(9);
        house.engine.remove_scope(&actor, &api.id, "a").await.unwrap();
        for (client, updated_at) in clients.iter().zip([NOW + 9, NOW + 9, NOW]) {
            let grant = house.engine.grant(&client.client_id, &api.identifier).await.unwrap().unwrap();
            assert_eq!((grant.scope, grant.updated_at), (vec!["b".to_owned()], updated_at), "{}", client.name);
        }
        house.engine.add_scope(&actor, &api.id, scope("a")).await.unwrap();
        assert!(house.engine.scope_holders(&api.id, "a").await.unwrap().is_empty(), "nobody gets it back");
        let logs = house.engine.list_logs(&LogQuery { search: "removed from Orders and from 2 grants".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!((logs.total, logs.items[0].scope.as_str()), (1, "a"));
    }

    async fn an_api_may_define_a_thousand_scopes(house: House) {
        let many: Vec<String> = (0..SCOPES_MAX).map(|n| format!("scope:{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let new = NewApi { test_client: true, ..new_api("Orders", &many) };
        let created = house.engine.create_api(&Actor::command(), new).await.unwrap();
        assert_eq!(values(&house.engine.api(&created.api.id).await.unwrap().scopes), many);
        let grant = house.engine.grant(&created.test_client.unwrap().client_id, &created.api.identifier).await.unwrap().unwrap();
        assert_eq!(grant.scope, many);
        let error = house.engine.add_scope(&Actor::command(), &created.api.id, scope("one:more")).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "value"));
        let logs = house.engine.list_logs(&LogQuery { search: "authorized for Orders with 1000 scopes".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 1);
    }
}
