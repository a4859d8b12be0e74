//! What was issued can be looked up and taken back: revocation, introspection, and the cut-off of a client.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Caller, Engine, Error, IssueError};
use jsonwebtoken::{EncodingKey, Header, encode};
use model::api::{Api, ApiChanges, NewApi, SigningAlg};
use model::grant::{NewGrant, ScopeChoice};
use model::introspection::{INTROSPECTORS_MAX, Introspection, Introspector};
use model::key::KeyAlg;
use model::log::{Actor, ActorKind, LogEntry, LogQuery, LogType};
use model::refusal::{NOT_INTROSPECTOR, Refusal};
use model::secret::Secret;
use model::token::{Credentials, TokenRequest};
use serde_json::json;
use support::{House, NOW, scope};

const ISSUER: &str = "https://auth.example.com/";
const AUDIENCE: &str = "https://orders.example.com/";
const LIFETIME: i64 = 3_600;
/// Longer than any clock of two servers may differ.
const SOME_MINUTES: i64 = 300;

/// An API, a client that asks for its tokens, the client that the API introspects them with, and one that has nothing to do with it.
struct Shop {
    house: House,
    engine: Engine,
    api: Api,
    worker: Credentials,
    gateway: Credentials,
    other: Credentials,
}

impl Shop {
    async fn open(house: &House, signing_alg: SigningAlg) -> Self {
        let engine = house.engine.clone();
        let new = NewApi {
            name: "Orders".to_owned(),
            identifier: AUDIENCE.to_owned(),
            signing_alg,
            token_lifetime: Some(LIFETIME),
            scopes: vec![scope("read:orders")],
            ..NewApi::default()
        };
        let api = engine.create_api(&Actor::command(), new).await.unwrap().api;
        let shop = Self {
            house: house.clone(),
            engine,
            api,
            worker: credentials(house, "Billing worker").await,
            gateway: credentials(house, "Orders gateway").await,
            other: credentials(house, "Somebody else").await,
        };
        shop.authorize(&shop.worker).await;
        shop.engine
            .add_introspector(&Actor::command(), &shop.api.id, &shop.gateway.client_id)
            .await
            .unwrap();
        shop
    }

    async fn authorize(&self, client: &Credentials) {
        let grant = NewGrant {
            client_id: client.client_id.clone(),
            audience: AUDIENCE.to_owned(),
            scope: ScopeChoice::All,
            ..NewGrant::default()
        };
        self.engine.create_grant(&Actor::command(), grant).await.unwrap();
    }

    async fn token(&self) -> String {
        self.token_of(&self.worker).await
    }

    async fn token_of(&self, client: &Credentials) -> String {
        let request = TokenRequest {
            grant_type: Some("client_credentials".to_owned()),
            audience: Some(AUDIENCE.to_owned()),
            scope: None,
        };
        let answer = self.engine.issue(Some(client.clone()), request, &caller()).await.unwrap();
        answer.access_token.reveal().to_owned()
    }

    async fn introspect(&self, token: &str) -> Introspection {
        self.introspect_at(&self.engine, token).await
    }

    async fn introspect_at(&self, engine: &Engine, token: &str) -> Introspection {
        engine.introspect(Some(&self.gateway), Some(token), &caller()).await.unwrap()
    }

    async fn is_active(&self, token: &str) -> bool {
        let answer = self.introspect(token).await;
        assert!(answer.active || answer == Introspection::default(), "nothing else is said: {answer:?}");
        answer.active
    }

    async fn revoke(&self, client: &Credentials, token: &str) {
        self.engine.revoke(Some(client), Some(token), &caller()).await.unwrap();
    }

    async fn cut_off(&self) -> Option<i64> {
        let client = self.engine.revoke_client_tokens(&Actor::command(), &self.worker.client_id).await.unwrap();
        client.tokens_valid_from
    }

    /// What is kept of denied tokens: their names and when they expire.
    async fn denied(&self) -> Vec<(String, i64)> {
        raw!(self.house, db => sqlx::query_as("SELECT token, expires_at FROM denied_tokens ORDER BY expires_at, token").fetch_all(db).await).unwrap()
    }

    async fn log(&self, kind: LogType) -> Vec<LogEntry> {
        let query = LogQuery {
            kind: Some(kind),
            ..LogQuery::default()
        };
        self.engine.list_logs(&query).await.unwrap().items
    }

    /// What somebody signs who knows the secret of an HS256 API.
    async fn signed(&self, claims: serde_json::Value) -> String {
        let secret = self.engine.reveal_signing_secret(&Actor::command(), &self.api.id).await.unwrap();
        let header = Header {
            kid: Some(self.engine.signing_secrets(&self.api.id).await.unwrap().remove(0).kid),
            ..Header::default()
        };
        encode(&header, &claims, &EncodingKey::from_secret(secret.reveal().as_bytes())).unwrap()
    }
}

async fn credentials(house: &House, name: &str) -> Credentials {
    let client_id = house.client(name).await.client_id;
    let secret = house.engine.reveal_client_secret(&Actor::command(), &client_id).await.unwrap();
    Credentials {
        client_id,
        client_secret: Some(secret),
        ..Credentials::default()
    }
}

fn caller() -> Caller {
    Caller {
        ip: "192.0.2.7".to_owned(),
        user_agent: "gateway/1.0".to_owned(),
        ..Caller::default()
    }
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(answer: Result<T, IssueError>) -> Refusal {
    match answer {
        Err(IssueError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

on_both! {
    async fn rfc7662_section_2_2_all_is_said_to_the_client_of_the_api(house: House) {
        for alg in SigningAlg::ALL {
            let shop = Shop::open(&house, alg).await;
            let id = shop.worker.client_id.clone();
            assert_eq!(shop.introspect(&shop.token().await).await, Introspection {
                active: true,
                iss: Some(ISSUER.to_owned()),
                sub: Some(format!("{id}@clients")),
                aud: Some(AUDIENCE.to_owned()),
                exp: Some(NOW + LIFETIME),
                iat: Some(NOW),
                scope: Some("read:orders".to_owned()),
                client_id: Some(id),
                token_type: Some("Bearer".to_owned()),
                jti: None,
                cnf: None,
            });
            shop.engine.delete_api(&Actor::command(), &shop.api.id).await.unwrap();
        }
    }

    async fn nothing_is_said_to_any_other_client_and_the_log_says_why(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        // Not even to the client that the token was issued to.
        for client in [&shop.other, &shop.worker] {
            house.clock.advance(1);
            let answer = shop.engine.introspect(Some(client), Some(&token), &caller()).await.unwrap();
            assert_eq!(answer, Introspection::default());
            let entry = shop.log(LogType::CallRefused).await.remove(0);
            assert_eq!((entry.reason.as_str(), &entry.client_id, entry.api_name.as_str()), (NOT_INTROSPECTOR, &client.client_id, "Orders"));
            assert_eq!((entry.actor.kind, entry.actor.ip.as_str(), entry.user_agent.as_str()), (ActorKind::Client, "192.0.2.7", "gateway/1.0"));
            assert!(!format!("{entry:?}").contains(&token));
        }
        let told = shop.log(LogType::CallRefused).await.len();
        shop.engine.introspect(Some(&shop.other), Some("garbage"), &caller()).await.unwrap();
        assert!(shop.is_active(&token).await);
        assert_eq!(shop.log(LogType::CallRefused).await.len(), told, "what is no token of ours and what is answered is not told");

        shop.engine.remove_introspector(&Actor::command(), &shop.api.id, &shop.gateway.client_id).await.unwrap();
        assert!(!shop.is_active(&token).await);
    }

    async fn who_introspects_is_chosen_for_each_api(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (engine, by, id) = (&shop.engine, Actor::command(), shop.api.id.as_str());
        let listed = |name: &str, client: &Credentials| Introspector {
            audience: AUDIENCE.to_owned(),
            client_id: client.client_id.clone(),
            client_name: name.to_owned(),
        };
        let gateway = listed("Orders gateway", &shop.gateway);
        assert_eq!(engine.introspectors(id).await.unwrap(), std::slice::from_ref(&gateway));
        let padded = format!(" {} ", shop.worker.client_id);
        let worker = engine.add_introspector(&by, id, &padded).await.unwrap();
        assert_eq!(worker, listed("Billing worker", &shop.worker));
        assert_eq!(engine.introspectors(id).await.unwrap(), [worker, gateway.clone()]);

        let again = engine.add_introspector(&by, id, &shop.gateway.client_id).await.unwrap_err();
        assert!(matches!(again, Error::Conflict(invalid) if invalid.field == "client_id"));
        for unknown in ["", "nobody", "a\0b"] {
            let error = engine.add_introspector(&by, id, unknown).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "client_id"), "{unknown:?}");
        }
        for error in [
            engine.add_introspector(&by, "none", &shop.other.client_id).await.map(drop),
            engine.remove_introspector(&by, "none", &shop.gateway.client_id).await,
            engine.remove_introspector(&by, id, "nobody").await,
            engine.remove_introspector(&by, id, &shop.other.client_id).await,
            engine.introspectors("a\0b").await.map(drop),
        ] {
            assert!(matches!(error, Err(Error::NotFound(_))), "{error:?}");
        }
        let system = engine.api_by_identifier("https://auth.example.com/api/v2/").await.unwrap();
        assert!(matches!(engine.add_introspector(&by, &system.id, &shop.other.client_id).await, Err(Error::System(_))));

        engine.delete_client(&by, &shop.worker.client_id).await.unwrap();
        assert_eq!(engine.introspectors(id).await.unwrap(), [gateway], "a deleted client leaves the list");
    }

    async fn an_api_has_room_for_some_introspectors(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        for number in 1..INTROSPECTORS_MAX {
            let client = house.client(&format!("Gateway {number}")).await;
            shop.engine.add_introspector(&Actor::command(), &shop.api.id, &client.client_id).await.unwrap();
        }
        let error = shop.engine.add_introspector(&Actor::command(), &shop.api.id, &shop.other.client_id).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.message.contains("at most 50")));
    }

    async fn whoever_does_not_prove_who_it_is_is_refused(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        let with = |id: &str, secret: Option<&str>| Some(Credentials { client_id: id.to_owned(), client_secret: secret.map(Secret::new), ..Credentials::default() });
        let id = shop.gateway.client_id.as_str();
        for (credentials, expect) in [
            (None, Refusal::ClientMissing),
            (with("nobody", Some("x")), Refusal::ClientUnknown("nobody".to_owned())),
            (with(id, None), Refusal::SecretMissing(id.to_owned())),
            (with(id, Some("wrong")), Refusal::SecretWrong(id.to_owned())),
        ] {
            house.clock.advance(1);
            let revoked = shop.engine.revoke(credentials.as_ref(), Some(&token), &caller()).await;
            assert_eq!(refusal(revoked), expect);
            let introspected = shop.engine.introspect(credentials.as_ref(), Some(&token), &caller()).await;
            assert_eq!(refusal(introspected), expect);
            let entry = shop.log(LogType::CallRefused).await.remove(0);
            assert_eq!((entry.reason.as_str(), entry.description, entry.actor.kind), (expect.code(), expect.for_log(), ActorKind::Stranger));
        }
        let known = Some(&shop.gateway);
        assert_eq!(refusal(shop.engine.revoke(known, None, &caller()).await), Refusal::TokenMissing);
        assert_eq!(refusal(shop.engine.introspect(known, None, &caller()).await), Refusal::TokenMissing);
        assert!(shop.denied().await.is_empty());
    }

    /// Another process has made the secret a moment ago.
    async fn a_new_secret_counts_at_once(house: House) {
        let mut shop = Shop::open(&house, SigningAlg::RS256).await;
        let other = house.another().await;
        let token = shop.token().await;
        assert!(shop.introspect_at(&other, &token).await.active);
        shop.gateway.client_secret = Some(shop.engine.rotate_client_secret(&Actor::command(), &shop.gateway.client_id).await.unwrap());
        assert!(shop.introspect_at(&other, &token).await.active);
    }

    async fn rfc7009_section_2_a_client_revokes_a_token_of_its_own(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        house.clock.advance(1);
        let next = shop.token().await;
        shop.revoke(&shop.worker, &token).await;
        assert!(!shop.is_active(&token).await);
        assert!(shop.is_active(&next).await, "only the one that was named");

        let entry = shop.log(LogType::TokenRevoked).await.remove(0);
        assert_eq!(entry.description, "Token of Billing worker for Orders revoked");
        assert_eq!((&entry.client_id, entry.audience.as_str(), entry.scope.as_str()), (&shop.worker.client_id, AUDIENCE, "read:orders"));
        assert_eq!((entry.actor.kind, entry.actor.id), (ActorKind::Client, shop.worker.client_id.clone()));

        let before = shop.denied().await;
        assert!(before[0].0.starts_with("sha256:") && before[0].1 == NOW + LIFETIME, "{before:?}");
        shop.revoke(&shop.worker, &token).await;
        assert_eq!((shop.denied().await, shop.log(LogType::TokenRevoked).await.len()), (before, 1), "once more changes nothing");
        assert!(!house.stolen().await.contains(&token), "the token itself is not kept");
    }

    async fn rfc7009_section_2_2_what_is_no_token_of_the_client_is_not_denied(house: House) {
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        let token = shop.token().await;
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        let id = &shop.worker.client_id;
        let claims = |iss: &str, exp: i64| json!({ "iss": iss, "aud": AUDIENCE, "azp": id, "iat": NOW, "exp": exp });
        let of_nobody = json!({ "iss": ISSUER, "aud": AUDIENCE, "azp": "a\0b", "iat": NOW, "exp": NOW + 60 });
        for garbage in [
            "",
            "\0",
            "garbage",
            "a.b.c",
            &"x".repeat(600_000),
            &forged,
            &shop.signed(claims("https://evil.example/", NOW + 60)).await,
            &shop.signed(claims(ISSUER, NOW)).await,
            &shop.signed(json!({ "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 60 })).await,
            &shop.signed(of_nobody).await,
        ] {
            shop.revoke(&shop.worker, garbage).await;
            assert_eq!(shop.introspect(garbage).await, Introspection::default());
        }
        shop.revoke(&shop.other, &token).await;
        assert!(shop.is_active(&token).await, "another client can't revoke it");
        house.clock.advance(LIFETIME);
        shop.revoke(&shop.worker, &token).await;
        assert_eq!((shop.denied().await, shop.log(LogType::TokenRevoked).await), (vec![], vec![]));
    }

    async fn tokens_with_an_id_are_denied_by_it(house: House) {
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        let token = async |client: &Credentials, jti: &str, iat: i64| {
            shop.signed(json!({ "iss": ISSUER, "aud": AUDIENCE, "client_id": client.client_id, "iat": iat, "exp": NOW + 60, "jti": jti })).await
        };
        let (one, two) = (token(&shop.worker, "one", NOW).await, token(&shop.worker, "two", NOW).await);
        let same_id_elsewhere = token(&shop.other, "one", NOW).await;
        assert_eq!(shop.introspect(&one).await.jti.as_deref(), Some("one"));
        shop.revoke(&shop.worker, &one).await;
        assert_eq!(shop.denied().await, [("jti:one".to_owned(), NOW + 60)]);
        assert!(!shop.is_active(&one).await);
        assert!(!shop.is_active(&token(&shop.worker, "one", NOW - 1).await).await, "whatever else it says");
        assert!(shop.is_active(&two).await);
        assert!(shop.is_active(&same_id_elsewhere).await, "nobody denies the tokens of another client");
    }

    async fn denied_tokens_are_forgotten_once_nobody_accepts_them(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let first = shop.token().await;
        shop.revoke(&shop.worker, &first).await;
        house.clock.advance(LIFETIME + SOME_MINUTES - 1);
        shop.revoke(&shop.worker, &shop.token().await).await;
        assert_eq!(shop.denied().await.len(), 2, "the clock of another server may still be behind");
        house.clock.advance(1);
        shop.revoke(&shop.worker, &shop.token().await).await;
        let kept: Vec<i64> = shop.denied().await.into_iter().map(|(_, expires_at)| expires_at).collect();
        assert_eq!(kept, [NOW + 2 * LIFETIME + SOME_MINUTES - 1, NOW + 2 * LIFETIME + SOME_MINUTES]);
    }

    async fn the_deny_list_of_a_client_is_bounded(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
            INSERT INTO denied_tokens (client_id, token, expires_at) SELECT $1, 'jti:' || i, $2 FROM n";
        let (id, expiry) = (shop.worker.client_id.clone(), NOW + 60);
        raw!(house, db => sqlx::query(fill).bind(&id).bind(expiry).execute(db).await.map(drop)).unwrap();
        let token = shop.token().await;
        let full = shop.engine.revoke(Some(&shop.worker), Some(&token), &caller()).await;
        assert_eq!(refusal(full), Refusal::TooManyRevoked(id));
        assert!(shop.is_active(&token).await, "nothing is said to be revoked that is not");
        assert_eq!(shop.denied().await.len(), 10_000);
        assert_eq!(shop.log(LogType::CallRefused).await[0].reason, "too_many_revoked");
        assert!(shop.log(LogType::TokenRevoked).await.is_empty());

        shop.authorize(&shop.other).await;
        let others = shop.token_of(&shop.other).await;
        shop.revoke(&shop.other, &others).await;
        assert!(!shop.is_active(&others).await, "one client does not fill it for another");
        house.clock.advance(60 + SOME_MINUTES);
        shop.revoke(&shop.worker, &token).await;
        assert!(!shop.is_active(&token).await, "there is room again");
    }

    async fn a_token_is_inactive_for_each_reason_that_an_api_would_refuse_it_for(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (engine, by) = (&shop.engine, Actor::command());
        let token = shop.token().await;
        house.clock.advance(LIFETIME - 1);
        assert!(shop.is_active(&token).await);
        house.clock.advance(1);
        assert!(!shop.is_active(&token).await, "expired");

        let token = shop.token().await;
        let kid = engine.rotate_keys(&by, KeyAlg::RS256, false).await.unwrap()[2].kid.clone();
        assert!(shop.is_active(&token).await, "of a previous key");
        engine.revoke_key(&by, &kid).await.unwrap();
        assert!(!shop.is_active(&token).await, "of a revoked key");

        let token = shop.token().await;
        engine.update_api(&by, &shop.api.id, ApiChanges { signing_alg: Some(SigningAlg::HS256), ..ApiChanges::default() }).await.unwrap();
        assert!(!shop.is_active(&token).await, "of another algorithm");
        let token = shop.token().await;
        assert!(shop.is_active(&token).await);
        engine.rotate_signing_secret(&by, &shop.api.id).await.unwrap();
        assert!(!shop.is_active(&token).await, "of the former secret");

        let token = shop.token().await;
        engine.delete_grant(&by, &shop.worker.client_id, AUDIENCE).await.unwrap();
        assert!(shop.is_active(&token).await, "a grant decides on new tokens only");
        engine.delete_client(&by, &shop.worker.client_id).await.unwrap();
        assert!(!shop.is_active(&token).await, "of a deleted client");
        shop.authorize(&shop.other).await;
        let token = shop.token_of(&shop.other).await;
        assert!(shop.is_active(&token).await);
        engine.delete_api(&by, &shop.api.id).await.unwrap();
        assert!(!shop.is_active(&token).await, "for a deleted API");
    }

    async fn a_client_is_cut_off_at_once_and_gets_new_tokens_at_once(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let earlier = shop.token().await;
        house.clock.advance(10);
        let same_second = shop.token().await;
        assert_eq!(shop.cut_off().await, Some(NOW + 11));
        assert!(!shop.is_active(&earlier).await && !shop.is_active(&same_second).await);

        // In the rest of that second a token carries the next one, so that it is not dead on arrival.
        let after = shop.token().await;
        assert_ne!(after, same_second);
        let said = shop.introspect(&after).await;
        assert_eq!((said.active, said.iat, said.exp), (true, Some(NOW + 11), Some(NOW + 11 + LIFETIME)));
        house.clock.advance(1);
        let next = shop.token().await;
        assert_eq!(shop.introspect(&next).await.iat, Some(NOW + 11));
        assert!(shop.is_active(&next).await);

        shop.authorize(&shop.other).await;
        assert!(shop.is_active(&shop.token_of(&shop.other).await).await, "no other client is concerned");
        assert_eq!(shop.cut_off().await, Some(NOW + 12));
        assert!(!shop.is_active(&after).await && !shop.is_active(&next).await, "once more, those of the meantime");
        assert!(shop.is_active(&shop.token().await).await);
    }

    async fn a_clock_that_went_back_makes_no_token_valid_again(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        house.clock.advance(100);
        let token = shop.token().await;
        assert_eq!(shop.cut_off().await, Some(NOW + 101));
        house.clock.advance(-50);
        assert_eq!(shop.cut_off().await, Some(NOW + 101));
        assert!(!shop.is_active(&token).await);
        let new = shop.token().await;
        assert!(shop.is_active(&new).await, "a server that is behind issues no dead tokens");
        assert!(matches!(shop.engine.revoke_client_tokens(&Actor::command(), "nobody").await, Err(Error::NotFound("client"))));
    }

    /// Introspection asks the database, so not even the moment until the watcher's next look is lost.
    async fn another_process_knows_at_once_what_was_taken_back(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (other, by) = (house.another().await, Actor::command());
        let active = async |token: &str| shop.introspect_at(&other, token).await.active;
        let token = shop.token().await;
        assert!(active(&token).await);
        shop.revoke(&shop.worker, &token).await;
        assert!(!active(&token).await, "revoked");

        house.clock.advance(1);
        let token = shop.token().await;
        assert!(active(&token).await);
        shop.cut_off().await;
        assert!(!active(&token).await, "cut off");

        let token = shop.token().await;
        assert!(active(&token).await);
        shop.engine.remove_introspector(&by, &shop.api.id, &shop.gateway.client_id).await.unwrap();
        assert!(!active(&token).await, "the API no longer asks through this client");
        shop.engine.add_introspector(&by, &shop.api.id, &shop.gateway.client_id).await.unwrap();
        assert!(active(&token).await);
        shop.engine.delete_client(&by, &shop.worker.client_id).await.unwrap();
        assert!(!active(&token).await, "of a deleted client");
    }

    async fn metadata_is_published_for_those_who_chose_so(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (engine, by) = (&shop.engine, Actor::command());
        let publish = |on| ApiChanges { metadata_published: Some(on), ..ApiChanges::default() };
        assert_eq!(engine.published_api(AUDIENCE), None);
        let changed = engine.update_api(&by, &shop.api.id, publish(true)).await.unwrap();
        assert!(changed.metadata_published && engine.api(&shop.api.id).await.unwrap() == changed);
        assert_eq!(engine.published_api(AUDIENCE), Some(changed));
        for unknown in ["", "https://orders.example.com", "urn:none"] {
            assert_eq!(engine.published_api(unknown), None);
        }
        engine.update_api(&by, &shop.api.id, publish(false)).await.unwrap();
        assert_eq!(engine.published_api(AUDIENCE), None);

        let urn = NewApi { name: "Stock".to_owned(), identifier: "urn:stock".to_owned(), ..NewApi::default() };
        let urn = engine.create_api(&by, urn).await.unwrap().api;
        let error = engine.update_api(&by, &urn.id, publish(true)).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.field == "metadata_published"));
        let system = engine.api_by_identifier("https://auth.example.com/api/v2/").await.unwrap();
        assert!(matches!(engine.update_api(&by, &system.id, publish(true)).await, Err(Error::System(_))));
    }

    /// A database as the version before left it.
    async fn what_was_there_before_goes_on(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        house.engine.close().await;
        for statement in [
            "DROP TABLE denied_tokens",
            "DROP TABLE introspectors",
            "ALTER TABLE clients DROP COLUMN tokens_valid_from",
            "ALTER TABLE apis DROP COLUMN metadata_published",
            "DELETE FROM _sqlx_migrations WHERE version = 4",
        ] {
            raw!(house, db => sqlx::query(statement).execute(db).await.map(drop)).unwrap();
        }
        let engine = house.another().await;
        assert_eq!(engine.client(&shop.worker.client_id).await.unwrap().tokens_valid_from, None);
        assert_eq!(engine.api(&shop.api.id).await.unwrap(), shop.api);
        assert!(engine.introspectors(&shop.api.id).await.unwrap().is_empty(), "nobody may ask until an admin says so");
        engine.add_introspector(&Actor::command(), &shop.api.id, &shop.gateway.client_id).await.unwrap();
        assert!(shop.introspect_at(&engine, &token).await.active, "tokens of before hold");
        engine.close().await;
    }
}
