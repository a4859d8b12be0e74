//! Progress: what is counted, and what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::Caller;
use model::api::{NewApi, SigningAlg};
use model::grant::{NewGrant, ScopeChoice};
use model::log::Actor;
use model::progress::Progress;
use model::refusal::Refusal;
use model::token::TokenRequest;
use support::{House, new_api};

const SYSTEM: &str = "https://auth.example.com/api/v2/";

async fn authorize(house: &House, client_id: &str, audience: &str) {
    let new = NewGrant {
        client_id: client_id.to_owned(),
        audience: audience.to_owned(),
        scope: ScopeChoice::All,
        ..NewGrant::default()
    };
    house.engine.create_grant(&Actor::command(), new).await.unwrap();
}

/// A token, or a refusal where the client is not authorized.
async fn ask(house: &House, client_id: &str, audience: &str) -> bool {
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    };
    house.engine.issue_for(&Actor::command(), client_id, request).await.is_ok()
}

async fn progress(house: &House) -> Progress {
    house.engine.progress().await.unwrap()
}

on_both! {
    async fn there_is_none_at_first(house: House) {
        assert_eq!(progress(&house).await, Progress::default());
    }

    async fn the_system_api_does_not_count(house: House) {
        let client = house.client("Billing").await;
        authorize(&house, &client.client_id, SYSTEM).await;
        assert!(ask(&house, &client.client_id, SYSTEM).await);
        assert_eq!(progress(&house).await, Progress { clients: 1, ..Progress::default() });
    }

    async fn every_step_counts(house: House) {
        let client = house.client("Billing").await;
        house.api("Old", &["a", "b"]).await;
        house.clock.advance(1);
        let api = house.api("Orders", &["a"]).await;
        authorize(&house, &client.client_id, &api.identifier).await;
        assert!(ask(&house, &client.client_id, &api.identifier).await);
        assert!(!ask(&house, &client.client_id, "https://old.example.com/").await);
        house.engine.refuse(&Refusal::ClientMissing, None, Some(&api.identifier), &Caller::default());
        let expect = Progress {
            clients: 1,
            apis: 2,
            scopes: 3,
            grants: 1,
            tokens: 1,
            api_id: Some(api.id.clone()),
            api_name: Some(api.name),
        };
        assert_eq!(progress(&house).await, expect, "refusals are no tokens");

        house.engine.delete_api(&Actor::command(), &api.id).await.unwrap();
        let left = progress(&house).await;
        assert_eq!((left.apis, left.scopes, left.grants, left.tokens), (1, 2, 0, 0), "nor are tokens of an API that is gone");
        assert_eq!(left.api_name.as_deref(), Some("Old"));
    }

    async fn tokens_are_counted_up_to_a_thousand(house: House) {
        // HS256: a thousand RSA signatures take seconds.
        let new = NewApi { test_client: true, signing_alg: SigningAlg::HS256, ..new_api("Orders", &[]) };
        let created = house.engine.create_api(&Actor::command(), new).await.unwrap();
        let client = created.test_client.unwrap();
        for _ in 0..999 {
            assert!(ask(&house, &client.client_id, &created.api.identifier).await);
        }
        assert_eq!(progress(&house).await.tokens, 999);
        for _ in 0..2 {
            assert!(ask(&house, &client.client_id, &created.api.identifier).await);
        }
        assert_eq!(progress(&house).await.tokens, 1_000);
    }
}
