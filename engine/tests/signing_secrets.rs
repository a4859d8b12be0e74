//! Signing secrets of HS256 APIs: the whole life, the overlap of two, and what is left of a database that knew one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Caller, Engine, Error, MasterKey, Unverified};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use model::api::{Api, ApiChanges, NewApi, SigningAlg};
use model::log::{Actor, LogQuery};
use model::rotation::CLOCK_SKEW;
use model::secret::Secret;
use model::signing_secret::{SIGNING_SECRETS_MAX, SigningSecret, SigningSecretState::*};
use model::token::{Credentials, TokenRequest};
use serde_json::{Value, json};
use sqlx::migrate::Migrator;
use support::{House, NOW, caught_up, new_api};

const LIFETIME: i64 = 3_600;

/// An API that signs with HS256, and a client that gets its tokens and introspects them.
struct Shop {
    house: House,
    engine: Engine,
    api: Api,
    client: Credentials,
}

impl Shop {
    async fn open(house: &House) -> Self {
        let new = NewApi {
            signing_alg: SigningAlg::HS256,
            token_lifetime: Some(LIFETIME),
            test_client: true,
            ..new_api("Stock", &["read:stock"])
        };
        let engine = house.engine.clone();
        let created = engine.create_api(&Actor::command(), new).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        let secret = engine.reveal_client_secret(&Actor::command(), &client_id).await.unwrap();
        engine.add_introspector(&Actor::command(), &created.api.id, &client_id).await.unwrap();
        Self {
            house: house.clone(),
            engine,
            api: created.api,
            client: Credentials {
                client_id,
                client_secret: Some(secret),
                ..Credentials::default()
            },
        }
    }

    async fn token(&self) -> String {
        self.token_of(&self.engine).await
    }

    async fn token_of(&self, engine: &Engine) -> String {
        let request = TokenRequest {
            grant_type: Some("client_credentials".to_owned()),
            audience: Some(self.api.identifier.clone()),
            scope: None,
        };
        let answer = engine.issue(Some(self.client.clone()), request, &Caller::default()).await.unwrap();
        answer.access_token.reveal().to_owned()
    }

    /// Whether introspection and the dashboard accept a token; they agree.
    async fn accepts(&self, token: &str) -> bool {
        let active = self.is_active(&self.engine, token).await;
        assert_eq!(active, self.engine.verify(token).await.is_ok());
        active
    }

    async fn is_active(&self, engine: &Engine, token: &str) -> bool {
        engine
            .introspect(Some(&self.client), Some(token), &Caller::default())
            .await
            .unwrap()
            .active
    }

    async fn secrets(&self) -> Vec<SigningSecret> {
        self.engine.signing_secrets(&self.api.id).await.unwrap()
    }

    async fn start(&self) -> Result<(SigningSecret, Secret), Error> {
        self.engine.start_signing_secret_rotation(&Actor::command(), &self.api.id).await
    }

    async fn complete(&self) -> Result<SigningSecret, Error> {
        self.engine.complete_signing_secret_rotation(&Actor::command(), &self.api.id).await
    }

    async fn cancel(&self) -> Result<SigningSecret, Error> {
        self.engine.cancel_signing_secret_rotation(&Actor::command(), &self.api.id).await
    }

    async fn remove(&self, kid: &str) -> Result<(), Error> {
        self.engine.remove_signing_secret(&Actor::command(), &self.api.id, kid).await
    }

    async fn reveal(&self, kid: &str) -> Result<Secret, Error> {
        self.engine.reveal_one_signing_secret(&Actor::command(), &self.api.id, kid).await
    }

    async fn rotate(&self) -> Secret {
        self.engine.rotate_signing_secret(&Actor::command(), &self.api.id).await.unwrap()
    }

    async fn change(&self, changes: ApiChanges) {
        self.engine.update_api(&Actor::command(), &self.api.id, changes).await.unwrap();
    }

    /// What somebody signs who has a secret of the API.
    fn forge(&self, kid: Option<&str>, secret: &Secret) -> String {
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::default()
        };
        let claims = json!({
            "iss": "https://auth.example.com/", "aud": self.api.identifier, "azp": self.client.client_id, "iat": NOW, "exp": NOW + 60,
        });
        encode(&header, &claims, &EncodingKey::from_secret(secret.reveal().as_bytes())).unwrap()
    }

    /// What the log says of the API's secrets, oldest first.
    async fn told(&self) -> Vec<String> {
        let query = LogQuery {
            audience: self.api.identifier.clone(),
            search: "igning secret".to_owned(),
            ..LogQuery::default()
        };
        let page = self.engine.list_logs(&query).await.unwrap();
        page.items.into_iter().rev().map(|entry| entry.description).collect()
    }
}

fn kid(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

/// Whether an API that has these secrets, each under its `kid`, lets the token in.
fn api_accepts(secrets: &[(&str, &Secret)], token: &str, audience: &str) -> bool {
    let kid = kid(token);
    let Some((_, secret)) = secrets.iter().find(|(known, _)| *known == kid) else {
        return false;
    };
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    decode::<Value>(token, &DecodingKey::from_secret(secret.reveal().as_bytes()), &validation).is_ok()
}

fn states(secrets: &[SigningSecret]) -> Vec<(&str, &str)> {
    secrets.iter().map(|secret| (secret.kid.as_str(), secret.state.as_str())).collect()
}

fn lasting(seconds: i64) -> ApiChanges {
    ApiChanges {
        token_lifetime: Some(seconds),
        ..ApiChanges::default()
    }
}

fn signed_with(signing_alg: SigningAlg) -> ApiChanges {
    ApiChanges {
        signing_alg: Some(signing_alg),
        ..ApiChanges::default()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Err(Error::Invalid(invalid)) => format!("{}: {}", invalid.field, invalid.message),
        other => panic!("not refused: {other:?}"),
    }
}

on_both! {
    async fn the_one_that_signs_is_told_from_others_without_being_shown(house: House) {
        let shop = Shop::open(&house).await;
        let (engine, by) = (&house.engine, Actor::command());
        let secret = engine.reveal_signing_secret(&by, &shop.api.id).await.unwrap();
        let (_, next) = engine.start_signing_secret_rotation(&by, &shop.api.id).await.unwrap();
        let other = engine.create_api(&by, new_api("Orders", &[])).await.unwrap().api;
        let entries = engine.list_logs(&LogQuery::default()).await.unwrap().total;
        let is = async |id: &str, secret: &Secret| engine.is_signing_secret(id, secret).await.unwrap();
        assert!(is(&shop.api.id, &secret).await);
        assert!(!is(&shop.api.id, &next).await && !is(&shop.api.id, &Secret::new("")).await && !is(&other.id, &secret).await);
        assert!(matches!(engine.is_signing_secret("nothing", &secret).await, Err(Error::NotFound("API"))));
        assert_eq!(engine.list_logs(&LogQuery::default()).await.unwrap().total, entries);
    }

    async fn a_rotation_without_an_outage(house: House) {
        let shop = Shop::open(&house).await;
        let audience = &shop.api.identifier;
        let [first] = shop.secrets().await.try_into().unwrap();
        assert_eq!((first.state, first.created_at, first.current_since, first.tokens_until), (Current, NOW, Some(NOW), None));
        let first_secret = shop.reveal(&first.kid).await.unwrap();
        assert_eq!(shop.engine.reveal_signing_secret(&Actor::command(), &shop.api.id).await.unwrap(), first_secret);
        assert!(first.kid.starts_with("ss_") && first.kid.len() == 19, "{}", first.kid);
        let of_first = shop.token().await;
        assert_eq!(kid(&of_first), first.kid);
        assert_eq!(refused(shop.complete().await), "kid: No rotation is under way: it was completed or cancelled meanwhile.");
        assert_eq!(refused(shop.cancel().await), refused(shop.complete().await));

        house.clock.advance(10);
        let (second, second_secret) = shop.start().await.unwrap();
        assert_eq!((second.state, second.created_at, second.current_since), (Next, NOW + 10, None));
        assert_eq!(states(&shop.secrets().await), [(second.kid.as_str(), "next"), (&first.kid, "current")]);
        assert_eq!(shop.reveal(&second.kid).await.unwrap(), second_secret);
        assert_eq!(refused(shop.start().await), "kid: Complete or cancel the rotation that is under way first.");
        // Until the API has both, tokens are signed with the one that it knows.
        let still_of_first = shop.token().await;
        assert_eq!(kid(&still_of_first), first.kid);
        assert!(api_accepts(&[(&first.kid, &first_secret)], &still_of_first, audience));
        assert!(shop.accepts(&shop.forge(Some(&second.kid), &second_secret)).await, "the next one is accepted already");

        house.clock.advance(10);
        let current = shop.complete().await.unwrap();
        assert_eq!((current.kid.as_str(), current.state, current.current_since), (second.kid.as_str(), Current, Some(NOW + 20)));
        let after = shop.secrets().await;
        assert_eq!(states(&after), [(second.kid.as_str(), "current"), (&first.kid, "previous")]);
        assert_eq!((after[1].current_until, after[1].tokens_until), (Some(NOW + 20), Some(NOW + 20 + LIFETIME)));
        let of_second = shop.token().await;
        assert_eq!(kid(&of_second), second.kid);
        let both = [(first.kid.as_str(), &first_secret), (&second.kid, &second_secret)];
        for token in [&of_first, &still_of_first, &of_second] {
            assert!(shop.accepts(token).await);
            assert!(api_accepts(&both, token, audience));
        }
        assert_eq!(shop.told().await, [
            format!("Signing secret {} of Stock shown", first.kid),
            "Signing secret of Stock shown".to_owned(),
            "Rotation of the signing secret of Stock started".to_owned(),
            format!("Signing secret {} of Stock shown", second.kid),
            "Rotation of the signing secret of Stock completed".to_owned(),
        ]);
    }

    async fn a_cancelled_secret_is_refused(house: House) {
        let shop = Shop::open(&house).await;
        let (next, secret) = shop.start().await.unwrap();
        let forged = shop.forge(Some(&next.kid), &secret);
        assert!(shop.accepts(&forged).await);
        let current = shop.cancel().await.unwrap();
        assert!(!shop.accepts(&forged).await);
        assert_eq!(shop.engine.verify(&forged).await, Err(Unverified::UnknownKey));
        assert_eq!(states(&shop.secrets().await), [(current.kid.as_str(), "current")]);
        assert_eq!(kid(&shop.token().await), current.kid);
        assert!(matches!(shop.reveal(&next.kid).await, Err(Error::NotFound("signing secret"))));
        // Another one can be started.
        assert_ne!(shop.start().await.unwrap().0.kid, next.kid);
    }

    async fn the_kid_says_which_secret_and_no_other_will_do(house: House) {
        let shop = Shop::open(&house).await;
        let first = shop.secrets().await.remove(0);
        let first_secret = shop.reveal(&first.kid).await.unwrap();
        let (second, second_secret) = shop.start().await.unwrap();
        for (kid, secret, expect) in [
            (Some(first.kid.as_str()), &first_secret, Ok(())),
            (Some(&second.kid), &second_secret, Ok(())),
            (Some(&first.kid), &second_secret, Err(Unverified::BadSignature)),
            (Some(&second.kid), &first_secret, Err(Unverified::BadSignature)),
            (Some("ss_unknown"), &first_secret, Err(Unverified::UnknownKey)),
            // Only secrets of the time before there was a `kid` have signed tokens without one.
            (None, &first_secret, Err(Unverified::UnknownKey)),
        ] {
            assert_eq!(shop.engine.verify(&shop.forge(kid, secret)).await.map(drop), expect, "{kid:?}");
        }
        // Nor one of another API.
        let other = house.engine.create_api(&Actor::command(), NewApi { signing_alg: SigningAlg::HS256, ..new_api("Other", &[]) }).await.unwrap().api;
        let foreign = house.engine.signing_secrets(&other.id).await.unwrap().remove(0);
        let secret = house.engine.reveal_signing_secret(&Actor::command(), &other.id).await.unwrap();
        assert_eq!(shop.engine.verify(&shop.forge(Some(&foreign.kid), &secret)).await, Err(Unverified::UnknownKey));
        for answer in [shop.reveal(&foreign.kid).await.map(drop), shop.remove(&foreign.kid).await, shop.remove("a\0b").await] {
            assert!(matches!(answer, Err(Error::NotFound("signing secret"))), "{answer:?}");
        }
    }

    async fn a_previous_secret_is_retired_when_its_last_token_has_expired(house: House) {
        let shop = Shop::open(&house).await;
        let first = shop.secrets().await.remove(0);
        // The longest lifetime counts, whatever it is by then.
        shop.change(lasting(2 * LIFETIME)).await;
        let long = shop.token().await;
        shop.change(lasting(60)).await;
        shop.start().await.unwrap();
        let second = shop.complete().await.unwrap();
        let tokens_until = NOW + 2 * LIFETIME;
        assert_eq!(shop.secrets().await[1].tokens_until, Some(tokens_until));

        house.clock.advance(2 * LIFETIME - 1);
        shop.engine.tend_signing_secrets().await.unwrap();
        assert!(shop.accepts(&long).await, "to its last second");
        house.clock.advance(CLOCK_SKEW);
        shop.engine.tend_signing_secrets().await.unwrap();
        assert_eq!(states(&shop.secrets().await), [(second.kid.as_str(), "current"), (&first.kid, "previous")], "clocks may be slow");
        assert!(!shop.accepts(&long).await, "it has expired");
        house.clock.advance(1);
        let other = house.another().await;
        let revision = *shop.engine.revisions().borrow();
        let (one, two) = tokio::join!(shop.engine.tend_signing_secrets(), other.tend_signing_secrets());
        one.unwrap();
        two.unwrap();
        assert_eq!(states(&shop.secrets().await), [(second.kid.as_str(), "current")]);
        let retired = format!("Previous signing secret {} of Stock retired", first.kid);
        assert_eq!(shop.told().await.iter().filter(|told| **told == retired).count(), 1, "by one of two processes");
        shop.engine.refresh().await.unwrap();
        assert!(*shop.engine.revisions().borrow() > revision);
        // The new secret signs tokens of the lifetime that there is now.
        shop.start().await.unwrap();
        shop.complete().await.unwrap();
        assert_eq!(shop.secrets().await[1].tokens_until, Some(shop.engine.now() + 60));
        other.close().await;
    }

    async fn a_previous_secret_can_be_removed_at_once(house: House) {
        let shop = Shop::open(&house).await;
        let old = shop.token().await;
        let first = shop.secrets().await.remove(0);
        assert_eq!(refused(shop.remove(&first.kid).await), "kid: Rotate first: this secret signs tokens now.");
        let (next, _) = shop.start().await.unwrap();
        assert_eq!(refused(shop.remove(&next.kid).await), "kid: Cancel the rotation: this secret signs tokens once it is completed.");
        shop.complete().await.unwrap();
        assert!(shop.accepts(&old).await);
        shop.remove(&first.kid).await.unwrap();
        assert!(!shop.accepts(&old).await);
        assert_eq!(states(&shop.secrets().await), [(next.kid.as_str(), "current")]);
    }

    async fn rotated_at_once_nothing_of_before_is_accepted(house: House) {
        let shop = Shop::open(&house).await;
        let of_first = shop.token().await;
        shop.start().await.unwrap();
        shop.complete().await.unwrap();
        let of_second = shop.token().await;
        let (third, third_secret) = shop.start().await.unwrap();
        let of_third = shop.forge(Some(&third.kid), &third_secret);
        let before: Vec<SigningSecret> = shop.secrets().await;
        let new = shop.rotate().await;
        let [only] = shop.secrets().await.try_into().unwrap();
        assert_eq!(shop.reveal(&only.kid).await.unwrap(), new);
        assert!(before.iter().all(|secret| secret.kid != only.kid));
        for token in [of_first, of_second, of_third] {
            assert!(!shop.accepts(&token).await);
        }
        assert!(shop.accepts(&shop.token().await).await);
    }

    async fn an_api_has_a_limited_number_of_secrets(house: House) {
        let shop = Shop::open(&house).await;
        for _ in 1..SIGNING_SECRETS_MAX {
            shop.start().await.unwrap();
            shop.complete().await.unwrap();
        }
        assert_eq!(refused(shop.start().await), "kid: An API has at most 10 signing secrets: remove a previous one first.");
        let oldest = shop.secrets().await.pop().unwrap();
        shop.remove(&oldest.kid).await.unwrap();
        shop.start().await.unwrap();
    }

    async fn secrets_wait_while_the_api_signs_otherwise(house: House) {
        let shop = Shop::open(&house).await;
        let of_first = shop.token().await;
        shop.start().await.unwrap();
        shop.complete().await.unwrap();
        let of_second = shop.token().await;
        let (_, third_secret) = shop.start().await.unwrap();
        let before = shop.secrets().await;
        assert_eq!(states(&before).iter().map(|(_, state)| *state).collect::<Vec<_>>(), ["next", "current", "previous"]);
        shop.change(signed_with(SigningAlg::ES256)).await;
        let message = "signing_alg: Only APIs that are signed with HS256 have a signing secret; tokens of this one are verified with the public key.";
        for answer in [shop.start().await.map(drop), shop.complete().await.map(drop), shop.cancel().await.map(drop), shop.remove(&before[2].kid).await] {
            assert_eq!(refused(answer), message);
        }
        for token in [&of_first, &of_second] {
            assert_eq!(shop.engine.verify(token).await, Err(Unverified::AlgorithmMismatch));
        }
        assert!(!house.engine.signing_algs().contains(&SigningAlg::HS256));
        shop.change(lasting(2 * LIFETIME)).await;
        // Back again, all is as it was: tokens that have not expired are accepted again, and the rotation goes on.
        shop.change(signed_with(SigningAlg::HS256)).await;
        assert_eq!(shop.secrets().await, before);
        for token in [&of_first, &of_second] {
            assert!(shop.accepts(token).await);
        }
        let third = shop.complete().await.unwrap();
        let previous = shop.secrets().await.into_iter().find(|secret| secret.kid == before[1].kid).unwrap();
        assert_eq!((previous.state, previous.tokens_until), (Previous, Some(NOW + 2 * LIFETIME)));
        assert_eq!(shop.reveal(&third.kid).await.unwrap(), third_secret);
        // Meanwhile time goes on: what is due is erased, whatever the API signs with.
        shop.change(signed_with(SigningAlg::RS256)).await;
        house.clock.advance(2 * LIFETIME + CLOCK_SKEW);
        shop.engine.tend_signing_secrets().await.unwrap();
        assert_eq!(states(&shop.secrets().await), [(third.kid.as_str(), "current")]);
        shop.change(signed_with(SigningAlg::HS256)).await;
        assert_eq!(kid(&shop.token().await), third.kid);
    }

    async fn every_process_follows_a_rotation(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        let of_first = shop.token_of(&other).await;
        shop.start().await.unwrap();
        caught_up(&other, &shop.engine).await;
        let second = other.complete_signing_secret_rotation(&Actor::command(), &shop.api.id).await.unwrap();
        let of_second = shop.token_of(&other).await;
        assert_eq!(kid(&of_second), second.kid);
        // Whoever has not noticed yet signs with the former one, and looks once more before it says that a token is worth nothing.
        for token in [&of_first, &of_second, &shop.token().await] {
            for engine in [&shop.engine, &other] {
                assert!(shop.is_active(engine, token).await);
            }
        }
        caught_up(&shop.engine, &other).await;
        assert_eq!(kid(&shop.token().await), second.kid);
        let (next, secret) = other.start_signing_secret_rotation(&Actor::command(), &shop.api.id).await.unwrap();
        assert!(shop.is_active(&shop.engine, &shop.forge(Some(&next.kid), &secret)).await, "known at once");
        other.close().await;
    }

    async fn a_secret_that_cannot_be_read_takes_over_from_none(house: House) {
        let shop = Shop::open(&house).await;
        let first = shop.secrets().await.remove(0);
        let (next, _) = shop.start().await.unwrap();
        let sql = "UPDATE signing_secrets SET sealed_secret = (SELECT sealed_secret FROM signing_secrets WHERE state = 'current') WHERE kid = $1";
        raw!(house, db => sqlx::query(sql).bind(&next.kid).execute(db).await.map(drop)).unwrap();
        assert!(matches!(shop.complete().await, Err(Error::Vault(_))), "a seal can't be moved to another row");
        assert_eq!(kid(&shop.token().await), first.kid);
        shop.cancel().await.unwrap();
    }

    async fn secrets_are_sealed_and_go_with_their_api(house: House) {
        let shop = Shop::open(&house).await;
        let (_, next) = shop.start().await.unwrap();
        let current = shop.engine.reveal_signing_secret(&Actor::command(), &shop.api.id).await.unwrap();
        let stolen = shop.house.stolen().await;
        assert!(!stolen.contains(next.reveal()) && !stolen.contains(current.reveal()));
        let shown = format!("{:?} {:?} {next:?}", shop.secrets().await, shop.told().await);
        assert!(!shown.contains(next.reveal()) && !shown.contains(current.reveal()));
        shop.engine.delete_api(&Actor::command(), &shop.api.id).await.unwrap();
        assert!(house.rows().await["signing_secrets"].is_empty());
        assert!(matches!(shop.engine.signing_secrets(&shop.api.id).await, Err(Error::NotFound("API"))));
    }

    /// Rows as versions wrote them that knew one secret of an API.
    async fn the_secret_of_the_time_when_an_api_had_one_still_works(house: House) {
        house.raze().await;
        let plain = Secret::new("FirstReleaseSigningSecretOfStock0123456789abcdefghijklmnopqrstuv");
        let statements = [
            "INSERT INTO meta (key, value) VALUES ('marker', 'v1.YRgw02QaaPlKaQ3MXNDv8DfzCb+oRkGKW5Q3PkEt4/H453A=')",
            "INSERT INTO apis (id, name, identifier, signing_alg, token_lifetime, is_system, sealed_signing_secret, created_at, updated_at) VALUES \
             ('5707c0570c0570c0570c0570', 'Stock', 'https://stock.example.com/', 'HS256', 3600, FALSE, \
              'v1.pE2Zdut21CZ0Yhh6jFHgjdV7J/UST7mvMeIxw6Lik+auRTri8ySnEn0SewRNfyR+/UFWRiwhgoUt72Eo6+WgAU6tqY+Qp+g+5+QvDS87M2hdD73nXLYVSyG9n5I=', \
              1000, 3000), \
             ('0bde250bde250bde250bde25', 'Orders', 'https://orders.example.com/', 'RS256', 3600, FALSE, NULL, 1000, 1000)",
            "INSERT INTO logs (log_id, date, kind, description, actor_kind, actor_id, actor_name, actor_ip, client_id, client_name, audience, \
             api_name, scope, reason, user_agent, before_json, after_json) VALUES \
             ('1', 2500, 'sapi', 'Signing secret of Stock rotated', 'command', '', '', '', '', '', 'https://stock.example.com/', '', '', '', '', '', ''), \
             ('2', 2600, 'sapi', 'Signing secret of Other rotated', 'command', '', '', '', '', '', 'https://other.example.com/', '', '', '', '', '', '')",
        ];
        let mut earlier = sqlx::migrate!("./migrations");
        earlier.migrations = earlier.migrations.iter().filter(|migration| migration.version < 7).cloned().collect::<Vec<_>>().into();
        migrate_to(&house, &earlier).await;
        for statement in statements {
            raw!(house, db => sqlx::query(statement).execute(db).await.map(drop)).unwrap();
        }

        let key = MasterKey::Given(Secret::new("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="));
        let engine = house.reopen(|config| config.master_key = key).await.unwrap();
        let (actor, id) = (Actor::command(), "5707c0570c0570c0570c0570");
        let [only] = engine.signing_secrets(id).await.unwrap().try_into().unwrap();
        assert_eq!((only.kid.as_str(), only.state, only.created_at, only.current_since), ("ss_5707c0570c0570c0570c0570", Current, 2500, Some(2500)));
        assert_eq!(engine.signing_secrets("0bde250bde250bde250bde25").await.unwrap(), []);
        assert_eq!(engine.reveal_signing_secret(&actor, id).await.unwrap(), plain);
        let client = engine.create_client(&actor, model::client::NewClient { name: "Billing".to_owned(), ..Default::default() }).await.unwrap();
        let grant = model::grant::NewGrant { client_id: client.client_id.clone(), audience: "https://stock.example.com/".to_owned(), scope: model::grant::ScopeChoice::All, ..model::grant::NewGrant::default() };
        engine.create_grant(&actor, grant).await.unwrap();
        let token = async || {
            let request = TokenRequest {
                grant_type: Some("client_credentials".to_owned()),
                audience: Some("https://stock.example.com/".to_owned()),
                scope: None,
            };
            engine.issue_for(&actor, &client.client_id, request).await.unwrap().access_token.reveal().to_owned()
        };
        // Tokens of before name no `kid`; new ones of the same secret do.
        let claims = json!({ "iss": "https://auth.example.com/", "aud": "https://stock.example.com/", "azp": client.client_id, "iat": NOW, "exp": NOW + 3600 });
        let without = |secret: &Secret| encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.reveal().as_bytes())).unwrap();
        let (of_before, of_first) = (without(&plain), token().await);
        assert_eq!(kid(&of_first), only.kid);
        let (next, next_secret) = engine.start_signing_secret_rotation(&actor, id).await.unwrap();
        engine.complete_signing_secret_rotation(&actor, id).await.unwrap();
        let of_second = token().await;
        assert_eq!(kid(&of_second), next.kid);
        for token in [&of_before, &of_first, &of_second] {
            assert!(engine.verify(token).await.is_ok());
        }
        assert_eq!(engine.verify(&without(&next_secret)).await, Err(Unverified::BadSignature));
        // No more is known than that no token lives longer than 30 days.
        assert_eq!(engine.signing_secrets(id).await.unwrap()[1].tokens_until, Some(NOW + 2_592_000));
        house.clock.advance(2_592_000 + CLOCK_SKEW);
        engine.tend_signing_secrets().await.unwrap();
        assert_eq!(states(&engine.signing_secrets(id).await.unwrap()), [(next.kid.as_str(), "current")]);
        assert_eq!(engine.verify(&of_before).await, Err(Unverified::UnknownKey));
        engine.close().await;
    }
}

async fn migrate_to(house: &House, migrations: &Migrator) {
    match &house.database {
        engine::Database::Url(url) => {
            let mut db = <sqlx::PgConnection as sqlx::Connection>::connect(url.reveal()).await.unwrap();
            migrations.run_direct(None, &mut db, false).await.unwrap();
        }
        engine::Database::SqliteInDataDir => {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(house.data_dir.path().join("tessera.db"))
                .create_if_missing(true);
            let mut db = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
            migrations.run_direct(None, &mut db, false).await.unwrap();
        }
    }
}
