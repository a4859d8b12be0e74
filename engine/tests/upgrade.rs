//! Upgrades: a database of an earlier version, with rows in it, is brought up to date and loses nothing.
//!
//! The earlier state is made by taking back what later migrations did.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use model::api::NewApi;
use model::claims::CustomClaims;
use model::key::{KeyAlg, KeyState};
use model::log::Actor;
use model::quota::TokenQuota;
use model::token::{TokenDialect, TokenRequest};
use sqlx::AssertSqlSafe;
use support::{House, NOW, new_api};

/// Runs statements one by one.
async fn run(house: &House, statements: &[&str]) {
    for sql in statements {
        raw!(house, db => sqlx::query(AssertSqlSafe(*sql)).execute(db).await.map(drop)).unwrap();
    }
}

on_both! {
    async fn clients_from_before_quotas_have_none(house: House) {
        let (engine, actor) = (&house.engine, Actor::command());
        let created = engine.create_api(&actor, NewApi { test_client: true, ..new_api("Orders", &["read:orders"]) }).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        let before = engine.client(&client_id).await.unwrap();
        engine.close().await;
        run(&house, &[
            "DROP TABLE token_usage",
            "ALTER TABLE clients DROP COLUMN quota_per_hour",
            "ALTER TABLE clients DROP COLUMN quota_per_day",
            "ALTER TABLE clients DROP COLUMN quota_enforced",
            "DELETE FROM _sqlx_migrations WHERE version = 9",
        ]).await;

        let engine = house.another().await;
        assert_eq!(engine.client(&client_id).await.unwrap(), before);
        assert!(engine.client(&client_id).await.unwrap().token_quota.is_none());
        assert!(engine.client_usage(&client_id).await.unwrap().hours.is_empty());
        let quota = TokenQuota { per_hour: Some(1), ..TokenQuota::default() };
        assert_eq!(engine.set_token_quota(&actor, &client_id, quota).await.unwrap().token_quota, quota);
        engine.close().await;
    }

    async fn from_one_set_of_rs256_keys_and_one_shape_of_tokens(house: House) {
        let (engine, actor) = (&house.engine, Actor::command());
        let created = engine.create_api(&actor, NewApi { test_client: true, ..new_api("Orders", &["read:orders"]) }).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        house.clock.advance(100);
        let keys = engine.rotate_keys(&actor, KeyAlg::RS256, false).await.unwrap();
        engine.close().await;
        run(&house, &[
            "DROP TABLE rotation",
            "DROP INDEX signing_keys_one_current",
            "DROP INDEX signing_keys_one_next",
            "ALTER TABLE signing_keys DROP COLUMN alg",
            "ALTER TABLE signing_keys DROP COLUMN longest_lifetime",
            "ALTER TABLE signing_keys DROP COLUMN tokens_until",
            "ALTER TABLE signing_keys DROP COLUMN tokens_signed",
            "ALTER TABLE signing_keys DROP COLUMN last_used_at",
            "CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (state) WHERE state = 'current'",
            "CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (state) WHERE state = 'next'",
            "ALTER TABLE apis DROP COLUMN token_dialect",
            "ALTER TABLE apis DROP COLUMN custom_claims",
            "ALTER TABLE clients DROP COLUMN token_lifetime",
            "ALTER TABLE clients DROP COLUMN custom_claims",
            "DELETE FROM _sqlx_migrations WHERE version IN (2, 5)",
        ]).await;

        let engine = house.another().await;
        let after = engine.keys().await.unwrap();
        assert_eq!(after.iter().map(|key| (&key.kid, key.alg, key.state)).collect::<Vec<_>>(), keys.iter().map(|key| (&key.kid, KeyAlg::RS256, key.state)).collect::<Vec<_>>());
        // The former version knew no more than that no token lives longer than 30 days.
        let previous = after.iter().find(|key| key.state == KeyState::Previous).unwrap();
        assert_eq!(previous.tokens_until, Some(NOW + 100 + 2_592_000));
        let api = engine.api(&created.api.id).await.unwrap();
        assert_eq!((api.token_dialect, &api.custom_claims), (TokenDialect::AccessToken, &CustomClaims::default()));
        assert_eq!(engine.client(&client_id).await.unwrap().token_lifetime, None);
        let request = TokenRequest { grant_type: Some("client_credentials".to_owned()), audience: Some(api.identifier), scope: None };
        let answer = engine.issue_for(&actor, &client_id, request).await.unwrap();
        engine.verify(answer.access_token.reveal()).await.unwrap();
        engine.close().await;
    }
}
