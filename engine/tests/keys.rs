//! Signing keys: their life, what of them is published, and what of their life is logged.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Engine, Error};
use model::key::{Key, KeyAlg, KeyState};
use model::log::{Actor, LogQuery};
use serde_json::Value;
use support::{House, NOW, admin, caught_up};

fn states(keys: &[Key]) -> Vec<KeyState> {
    keys.iter().map(|key| key.state).collect()
}

async fn sealed(house: &House, kid: &str) -> String {
    raw!(house, db => sqlx::query_scalar("SELECT sealed_private FROM signing_keys WHERE kid = $1").bind(kid).fetch_one(db).await).unwrap()
}

/// The ids that the JWKS lists, in its order.
fn published(engine: &Engine) -> Vec<String> {
    let document: Value = serde_json::from_slice(&engine.jwks().body).unwrap();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn the_first_start_makes_a_current_and_a_next_key(house: House) {
        let engine = &house.engine;
        let keys = engine.keys().await.unwrap();
        assert_eq!(states(&keys), [KeyState::Current, KeyState::Next]);
        assert_eq!((keys[0].created_at, keys[0].current_since, keys[0].current_until), (NOW, Some(NOW), None));
        assert_eq!((keys[1].current_since, keys[1].revoked_at), (None, None));
        assert_eq!(published(engine), [keys[0].kid.clone(), keys[1].kid.clone()]);
    }

    async fn keys_outlive_the_process(house: House) {
        let keys = house.engine.keys().await.unwrap();
        house.engine.close().await;
        let next = house.another().await;
        assert_eq!(next.keys().await.unwrap(), keys);
        assert_eq!(next.jwks().etag, house.engine.jwks().etag);
        next.close().await;
    }

    async fn private_halves_are_sealed_and_erased(house: House) {
        // PKCS#8 of an RSA key of this size begins so in base64.
        let keys = house.engine.rotate_keys(&admin(), KeyAlg::RS256, false).await.unwrap();
        let stolen = house.stolen().await;
        assert!(stolen.contains(&keys[0].kid) && !stolen.contains("MIIEv") && !stolen.contains("PRIVATE KEY"));
        assert!(sealed(&house, &keys[2].kid).await.starts_with("v1."));
        house.engine.revoke_key(&admin(), &keys[2].kid).await.unwrap();
        assert_eq!(sealed(&house, &keys[2].kid).await, "");
    }

    async fn rotation_moves_every_key_one_step(house: House) {
        let engine = &house.engine;
        let before = engine.keys().await.unwrap();
        let etag = engine.jwks().etag.clone();
        house.clock.advance(60);
        let after = engine.rotate_keys(&admin(), KeyAlg::RS256, false).await.unwrap();
        assert_eq!(after, engine.keys().await.unwrap());
        assert_eq!(states(&after), [KeyState::Current, KeyState::Next, KeyState::Previous]);
        assert_eq!((&after[0].kid, &after[2].kid), (&before[1].kid, &before[0].kid));
        assert_eq!((after[0].current_since, after[0].current_until), (Some(NOW + 60), None));
        assert_eq!((after[2].current_since, after[2].current_until), (Some(NOW), Some(NOW + 60)));
        assert_eq!(published(engine), after.iter().map(|key| key.kid.clone()).collect::<Vec<_>>());
        assert_ne!(engine.jwks().etag, etag);

        let logs = engine.list_logs(&LogQuery { search: "RS256 signing key rotated".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!((logs.total, &logs.items[0].actor), (1, &admin()));
        assert!(logs.items[0].before.contains(&before[0].kid) && logs.items[0].after.contains(&before[1].kid));
    }

    async fn previous_keys_are_listed_newest_first(house: House) {
        let engine = &house.engine;
        let mut signed = Vec::new();
        for _ in 0..3 {
            signed.insert(0, engine.keys().await.unwrap()[0].kid.clone());
            house.clock.advance(10);
            engine.rotate_keys(&Actor::command(), KeyAlg::RS256, false).await.unwrap();
        }
        let keys = engine.keys().await.unwrap();
        assert_eq!(keys[2..].iter().map(|key| key.kid.clone()).collect::<Vec<_>>(), signed);
    }

    async fn only_a_previous_key_can_be_revoked(house: House) {
        let engine = &house.engine;
        let keys = engine.rotate_keys(&admin(), KeyAlg::RS256, false).await.unwrap();
        for (kid, words) in [
            (&keys[0].kid, "Rotate first: this key signs tokens now."),
            (&keys[1].kid, "Rotate first: this key signs tokens after the next rotation."),
        ] {
            match engine.revoke_key(&admin(), kid).await {
                Err(Error::Invalid(invalid)) => assert_eq!((invalid.field.as_str(), invalid.message.as_str()), ("kid", words)),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(engine.revoke_key(&admin(), "none\0").await, Err(Error::NotFound("key"))));
        assert_eq!(engine.keys().await.unwrap(), keys);

        house.clock.advance(5);
        let after = engine.revoke_key(&admin(), &keys[2].kid).await.unwrap();
        assert_eq!(states(&after), [KeyState::Current, KeyState::Next, KeyState::Revoked]);
        assert_eq!((&after[2].kid, after[2].revoked_at), (&keys[2].kid, Some(NOW + 5)));
        assert_eq!(published(engine), [keys[0].kid.clone(), keys[1].kid.clone()]);
        assert!(matches!(engine.revoke_key(&admin(), &keys[2].kid).await, Err(Error::Invalid(_))));
        let logs = engine.list_logs(&LogQuery { search: "RS256 signing key revoked".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 1);
    }

    async fn the_document_is_what_its_tag_says(house: House) {
        let engine = &house.engine;
        let jwks = engine.jwks();
        assert!(jwks.etag.len() == 45 && jwks.etag.starts_with('"') && jwks.etag.ends_with('"'), "{}", jwks.etag);
        let document: Value = serde_json::from_slice(&jwks.body).unwrap();
        for key in document["keys"].as_array().unwrap() {
            let members: Vec<&String> = key.as_object().unwrap().keys().collect();
            assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
            assert_eq!((key["alg"].as_str(), key["use"].as_str(), key["kty"].as_str()), (Some("RS256"), Some("sig"), Some("RSA")));
            // 2,048 bits without a leading zero octet are 342 characters of base64url.
            assert_eq!(key["n"].as_str().unwrap().len(), 342);
        }
    }

    async fn another_process_publishes_what_this_one_rotated(house: House) {
        let other = house.another().await;
        house.engine.rotate_keys(&admin(), KeyAlg::RS256, false).await.unwrap();
        caught_up(&other, &house.engine).await;
        assert_eq!(other.jwks().etag, house.engine.jwks().etag);
        other.close().await;
    }
}
