//! Rotation by hand and by schedule, as verifiers see it that keep a copy of the JWKS.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeSet, VecDeque};

use engine::{Engine, Error};
use jsonwebtoken::decode_header;
use model::api::{ApiChanges, NewApi, SigningAlg};
use model::key::{Key, KeyAlg, KeyState};
use model::log::{Actor, LogQuery};
use model::rotation::{CLOCK_SKEW, RotationSchedule};
use model::time::{DAY, HOUR, MINUTE, Timestamp};
use model::token::TokenRequest;
use serde_json::Value;
use support::{NOW, admin};

const AUDIENCE: &str = "https://orders.example.com/";
/// For how long verifiers use a copy of the JWKS.
const CACHED: i64 = 10 * MINUTE;

/// Makes an API with a test client, and gives the client's id.
async fn shop(engine: &Engine, signing_alg: SigningAlg, token_lifetime: i64) -> (String, String) {
    let new = NewApi {
        name: "Orders".to_owned(),
        identifier: AUDIENCE.to_owned(),
        signing_alg,
        token_lifetime: Some(token_lifetime),
        test_client: true,
        ..NewApi::default()
    };
    let created = engine.create_api(&admin(), new).await.unwrap();
    (created.api.id, created.test_client.unwrap().client_id)
}

/// The key that signs a token now.
async fn signing(engine: &Engine, client_id: &str) -> String {
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(AUDIENCE.to_owned()),
        scope: None,
    };
    let answer = engine.issue_for(&Actor::command(), client_id, request).await.unwrap();
    decode_header(answer.access_token.reveal()).unwrap().kid.unwrap()
}

fn published(engine: &Engine) -> BTreeSet<String> {
    let document: Value = serde_json::from_slice(&engine.jwks().body).unwrap();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn of(keys: &[Key], alg: KeyAlg) -> Vec<KeyState> {
    keys.iter().filter(|key| key.alg == alg).map(|key| key.state).collect()
}

/// The oldest copy of the JWKS that a verifier may still use.
struct Copies(VecDeque<(Timestamp, BTreeSet<String>)>);

impl Copies {
    /// Takes a copy, and drops those that nobody uses any more: the first that is left was taken `CACHED` ago or later.
    fn take(&mut self, engine: &Engine) {
        let now = engine.now();
        self.0.push_back((now, published(engine)));
        while self.0.front().is_some_and(|(at, _)| now - at > CACHED) {
            self.0.pop_front();
        }
    }

    /// Whether every verifier knows this key, whenever it took its copy.
    fn know(&self, kid: &str) -> bool {
        self.0.iter().all(|(_, copy)| copy.contains(kid))
    }
}

on_both! {
    async fn over_a_year_no_verifier_meets_an_unknown_key(house: House) {
        let engine = &house.engine;
        let lifetime = 2 * HOUR;
        let (_, client) = shop(engine, SigningAlg::ES256, lifetime).await;
        let schedule = RotationSchedule { period: 30 * DAY, announce: DAY, retire: 0 };
        engine.set_rotation_schedule(&admin(), Some(schedule)).await.unwrap();
        let (mut copies, mut live, mut signed) = (Copies(VecDeque::new()), VecDeque::new(), Vec::new());
        while engine.now() < NOW + 365 * DAY {
            // Minute by minute around what happens, and in long strides between.
            let into = (engine.now() - NOW) % schedule.period;
            let eventful = into < 3 * HOUR || into >= schedule.period - 30 * MINUTE;
            let stride = if eventful { MINUTE } else { (6 * HOUR).min(schedule.period - 30 * MINUTE - into) };
            engine.tend_keys().await.unwrap();
            copies.take(engine);
            let kid = signing(engine, &client).await;
            if signed.last() != Some(&kid) {
                signed.push(kid.clone());
            }
            live.push_back((engine.now() + lifetime, kid));
            while live.front().is_some_and(|(until, _)| *until < engine.now()) {
                live.pop_front();
            }
            for (_, kid) in &live {
                assert!(copies.know(kid), "{kid} is unknown to a verifier {} days on", (engine.now() - NOW) / DAY);
            }
            house.clock.advance(stride);
        }
        assert_eq!(signed.len(), 13, "twelve rotations in a year");
        let keys = engine.keys().await.unwrap();
        assert_eq!(of(&keys, KeyAlg::ES256)[..2], [KeyState::Current, KeyState::Next]);
        assert_eq!(of(&keys, KeyAlg::ES256)[2..], vec![KeyState::Retired; 12], "none is published for longer than its tokens live");
        assert!(keys.iter().all(|key| key.alg != KeyAlg::ES256 || key.state != KeyState::Retired || key.tokens_signed > 0));

        // The check above does see what goes wrong: two rotations by hand within ten minutes.
        copies.take(engine);
        for _ in 0..2 {
            engine.rotate_keys(&admin(), KeyAlg::ES256, false).await.unwrap();
        }
        assert!(!copies.know(&signing(engine, &client).await));
    }

    async fn a_schedule_waits_until_the_next_key_is_known(house: House) {
        let engine = &house.engine;
        let (_, client) = shop(engine, SigningAlg::RS256, HOUR).await;
        let schedule = RotationSchedule { period: DAY, announce: 12 * HOUR, retire: 0 };
        engine.set_rotation_schedule(&admin(), Some(schedule)).await.unwrap();
        // The server stood still for a week; a rotation by hand has just made a new next key.
        house.clock.advance(7 * DAY);
        let by_hand = engine.rotate_keys(&admin(), KeyAlg::RS256, false).await.unwrap()[0].kid.clone();
        for (pause, expect) in [(0, true), (DAY - 1, true), (1, false)] {
            house.clock.advance(pause);
            engine.tend_keys().await.unwrap();
            assert_eq!(signing(engine, &client).await == by_hand, expect, "{pause}");
        }
        let logs = engine.list_logs(&LogQuery { search: "RS256 signing key rotated".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!((logs.total, &logs.items[0].actor), (2, &Actor::system()));
    }

    async fn without_a_schedule_nothing_rotates(house: House) {
        let before = house.engine.keys().await.unwrap();
        house.clock.advance(400 * DAY);
        house.engine.tend_keys().await.unwrap();
        assert_eq!(house.engine.keys().await.unwrap(), before);
        assert_eq!(house.engine.rotation_schedule().await.unwrap(), None);
    }

    async fn two_processes_rotate_once(house: House) {
        let other = house.another().await;
        let schedule = RotationSchedule { period: DAY, announce: HOUR, retire: 0 };
        house.engine.set_rotation_schedule(&admin(), Some(schedule)).await.unwrap();
        house.clock.advance(DAY);
        let (one, two) = tokio::join!(house.engine.tend_keys(), other.tend_keys());
        one.and(two).unwrap();
        assert_eq!(of(&house.engine.keys().await.unwrap(), KeyAlg::RS256), [KeyState::Current, KeyState::Next, KeyState::Previous]);
        other.close().await;
    }

    async fn a_previous_key_stays_until_its_last_token_has_expired(house: House) {
        let engine = &house.engine;
        let (id, _) = shop(engine, SigningAlg::ES256, 3 * HOUR).await;
        // Tokens of three hours are about, whatever the API is set to by now.
        let shorter = ApiChanges { token_lifetime: Some(60), signing_alg: Some(SigningAlg::EdDSA), ..ApiChanges::default() };
        engine.update_api(&admin(), &id, shorter).await.unwrap();
        house.clock.advance(10);
        let keys = engine.rotate_keys(&admin(), KeyAlg::ES256, false).await.unwrap();
        let previous = keys.iter().find(|key| key.alg == KeyAlg::ES256 && key.state == KeyState::Previous).unwrap();
        assert_eq!(previous.tokens_until, Some(NOW + 10 + 3 * HOUR));
        for (pause, state) in [(3 * HOUR + CLOCK_SKEW - 1, KeyState::Previous), (1, KeyState::Retired)] {
            house.clock.advance(pause);
            engine.tend_keys().await.unwrap();
            assert_eq!(of(&engine.keys().await.unwrap(), KeyAlg::ES256)[2], state);
            assert_eq!(published(engine).contains(&previous.kid), state == KeyState::Previous);
        }
        let retired = engine.keys().await.unwrap().into_iter().find(|key| key.kid == previous.kid).unwrap();
        assert_eq!(retired.revoked_at, Some(NOW + 10 + 3 * HOUR + CLOCK_SKEW));
        assert!(matches!(engine.revoke_key(&admin(), &previous.kid).await, Err(Error::Invalid(_))));
    }

    async fn a_schedule_may_keep_previous_keys_for_longer(house: House) {
        let engine = &house.engine;
        shop(engine, SigningAlg::ES256, HOUR).await;
        let schedule = RotationSchedule { period: 365 * DAY, announce: HOUR, retire: 7 * DAY };
        engine.set_rotation_schedule(&admin(), Some(schedule)).await.unwrap();
        engine.rotate_keys(&admin(), KeyAlg::ES256, false).await.unwrap();
        for (pause, state) in [(7 * DAY - 1, KeyState::Previous), (1, KeyState::Retired)] {
            house.clock.advance(pause);
            engine.tend_keys().await.unwrap();
            assert_eq!(of(&engine.keys().await.unwrap(), KeyAlg::ES256)[2], state);
        }
    }

    async fn rotate_and_revoke_ends_the_former_key_at_once(house: House) {
        let engine = &house.engine;
        let former = engine.keys().await.unwrap()[0].kid.clone();
        let keys = engine.rotate_keys(&admin(), KeyAlg::RS256, true).await.unwrap();
        assert_eq!(of(&keys, KeyAlg::RS256), [KeyState::Current, KeyState::Next, KeyState::Revoked]);
        assert_eq!((&keys[2].kid, published(engine).contains(&former)), (&former, false));
    }

    async fn a_set_is_made_when_an_api_first_uses_its_algorithm(house: House) {
        let engine = &house.engine;
        assert_eq!(engine.jwks().algs, [KeyAlg::RS256]);
        assert!(of(&engine.keys().await.unwrap(), KeyAlg::EdDSA).is_empty());
        shop(engine, SigningAlg::EdDSA, HOUR).await;
        assert_eq!(of(&engine.keys().await.unwrap(), KeyAlg::EdDSA), [KeyState::Current, KeyState::Next]);
        assert_eq!(engine.jwks().algs, [KeyAlg::RS256, KeyAlg::EdDSA]);
        assert!(matches!(engine.rotate_keys(&admin(), KeyAlg::PS256, false).await, Err(Error::NotFound("key"))));
    }

    async fn a_schedule_is_checked_kept_and_taken_back(house: House) {
        let engine = &house.engine;
        let wrong = RotationSchedule { period: HOUR, ..RotationSchedule::default() };
        assert!(matches!(engine.set_rotation_schedule(&admin(), Some(wrong)).await, Err(Error::Invalid(invalid)) if invalid.field == "period"));
        let schedule = RotationSchedule::default();
        for new in [Some(schedule), Some(schedule), None] {
            engine.set_rotation_schedule(&admin(), new).await.unwrap();
            assert_eq!(engine.rotation_schedule().await.unwrap(), new);
        }
        let logs = engine.list_logs(&LogQuery { search: "rotation".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 2, "setting the same again is no change");
    }
}
