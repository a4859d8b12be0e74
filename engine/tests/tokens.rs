//! Tokens: what is issued holds for an independent verifier, what is refused is refused for the right reason, and every
//! change counts at once, here and in other processes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, HashSet};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Caller, Engine, IssueError, Unverified};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use model::api::{Api, ApiChanges, NewApi, SigningAlg};
use model::claims::CustomClaims;
use model::client::{Client, ClientChanges};
use model::grant::{NewGrant, ScopeChoice};
use model::key::{KeyAlg, KeyState};
use model::log::{Actor, ActorKind, LogEntry, LogQuery, LogType};
use model::refusal::Refusal;
use model::secret::Secret;
use model::token::{Claims, Credentials, TokenDialect, TokenRequest, TokenResponse};
use support::{House, NOW, caught_up, scope};
use tokio::task::yield_now;

const ISSUER: &str = "https://auth.example.com/";
const AUDIENCE: &str = "https://orders.example.com/";

/// An API with three scopes, and a client that holds two of them.
struct Shop {
    engine: Engine,
    api: Api,
    client: Client,
    secret: Secret,
}

impl Shop {
    async fn open(house: &House, signing_alg: SigningAlg) -> Self {
        let engine = house.engine.clone();
        let new = NewApi {
            name: "Orders".to_owned(),
            identifier: AUDIENCE.to_owned(),
            signing_alg,
            token_lifetime: Some(3_600),
            scopes: vec![scope("read:orders"), scope("write:orders"), scope("admin:orders")],
            ..NewApi::default()
        };
        let api = engine.create_api(&Actor::command(), new).await.unwrap().api;
        let client = house.client("Billing worker").await;
        let grant = NewGrant {
            client_id: client.client_id.clone(),
            audience: AUDIENCE.to_owned(),
            scope: ScopeChoice::Some(vec!["read:orders".to_owned(), "write:orders".to_owned()]),
            ..NewGrant::default()
        };
        engine.create_grant(&Actor::command(), grant).await.unwrap();
        let secret = engine.reveal_client_secret(&Actor::command(), &client.client_id).await.unwrap();
        Self { engine, api, client, secret }
    }

    fn credentials(&self) -> Option<Credentials> {
        credentials(&self.client.client_id, self.secret.reveal())
    }

    /// A token as this client asks for it.
    async fn ask(&self, scope: Option<&str>) -> Result<TokenResponse, IssueError> {
        self.ask_at(&self.engine, scope).await
    }

    /// The same of another process.
    async fn ask_at(&self, engine: &Engine, scope: Option<&str>) -> Result<TokenResponse, IssueError> {
        engine.issue(self.credentials(), request(AUDIENCE, scope), &caller()).await
    }

    async fn token(&self) -> String {
        self.ask(None).await.unwrap().access_token.reveal().to_owned()
    }

    async fn newest_log(&self) -> LogEntry {
        self.engine.list_logs(&LogQuery::default()).await.unwrap().items.remove(0)
    }
}

fn credentials(client_id: &str, secret: &str) -> Option<Credentials> {
    Some(Credentials {
        client_id: client_id.to_owned(),
        client_secret: Some(Secret::new(secret)),
        ..Credentials::default()
    })
}

fn request(audience: &str, scope: Option<&str>) -> TokenRequest {
    TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: scope.map(str::to_owned),
    }
}

fn caller() -> Caller {
    Caller {
        ip: "192.0.2.7".to_owned(),
        user_agent: "billing/1.0".to_owned(),
        ..Caller::default()
    }
}

#[track_caller]
fn refusal(answer: Result<TokenResponse, IssueError>) -> Refusal {
    match answer {
        Err(IssueError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Verifies as an API would, with nothing but what it is given.
fn verified(token: &str, algorithm: Algorithm, key: &DecodingKey) -> Claims {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    // The clock of these tests stands still at another time than the system's.
    validation.validate_exp = false;
    decode::<Claims>(token, key, &validation).unwrap().claims
}

/// The published key that the header of `token` names.
fn published_key(engine: &Engine, token: &str) -> Option<DecodingKey> {
    let jwks: JwkSet = serde_json::from_slice(&engine.jwks().body).unwrap();
    let kid = decode_header(token).unwrap().kid.unwrap();
    jwks.find(&kid).map(|key| DecodingKey::from_jwk(key).unwrap())
}

on_both! {
    /// A script makes an API, a client and a grant beside a live server, and asks that server with the next command.
    async fn what_another_process_has_just_made_is_known_to_the_next_request(house: House) {
        let server = house.another().await;
        let mut shop = Shop::open(&house, SigningAlg::RS256).await;
        shop.ask_at(&server, None).await.unwrap();

        shop.secret = shop.engine.rotate_client_secret(&Actor::command(), &shop.client.client_id).await.unwrap();
        shop.ask_at(&server, None).await.unwrap();

        let all = vec!["read:orders".to_owned(), "admin:orders".to_owned()];
        shop.engine.update_grant(&Actor::command(), &shop.client.client_id, AUDIENCE, all).await.unwrap();
        shop.ask_at(&server, Some("admin:orders")).await.unwrap();
        server.issue_for(&Actor::command(), &shop.client.client_id, request(AUDIENCE, Some("admin:orders"))).await.unwrap();
    }

    async fn an_rs256_token_holds_by_the_jwks_alone(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let answer = shop.ask(None).await.unwrap();
        assert_eq!((answer.expires_in, answer.token_type.as_str()), (3_600, "Bearer"));
        assert_eq!(answer.scope.as_deref(), Some("read:orders write:orders"));
        let token = answer.access_token.reveal();
        let header = decode_header(token).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, Some("JWT")));
        assert_eq!(header.kid.as_deref(), Some(shop.engine.keys().await.unwrap()[0].kid.as_str()));
        let claims = verified(token, Algorithm::RS256, &published_key(&shop.engine, token).unwrap());
        let id = shop.client.client_id.clone();
        assert_eq!(
            claims,
            Claims {
                iss: ISSUER.to_owned(),
                sub: format!("{id}@clients"),
                aud: AUDIENCE.to_owned(),
                iat: NOW,
                exp: NOW + 3_600,
                scope: Some("read:orders write:orders".to_owned()),
                gty: Some("client-credentials".to_owned()),
                azp: Some(id),
                client_id: None,
                jti: None,
                cnf: None,
                custom: BTreeMap::new(),
            }
        );
    }

    async fn every_algorithm_with_a_public_key_holds_by_the_jwks_alone(house: House) {
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        for alg in KeyAlg::ALL {
            let changes = ApiChanges { signing_alg: Some(alg.signing_alg()), ..ApiChanges::default() };
            shop.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
            let token = shop.token().await;
            let (algorithm, header) = (Algorithm::from_str(alg.as_str()).unwrap(), decode_header(&token).unwrap());
            assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("JWT")));
            verified(&token, algorithm, &published_key(&shop.engine, &token).unwrap());
            shop.engine.verify(&token).await.unwrap();
            let keys = shop.engine.keys().await.unwrap();
            let signed: Vec<_> = keys.iter().filter(|key| key.alg == alg).map(|key| (key.state, key.tokens_signed, key.last_used_at)).collect();
            assert_eq!(signed, [(KeyState::Current, 1, Some(NOW)), (KeyState::Next, 0, None)], "{alg:?}");
        }
        assert_eq!(shop.engine.jwks().algs, KeyAlg::ALL);
    }

    async fn a_key_of_one_algorithm_verifies_no_token_of_another(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        let changes = ApiChanges { signing_alg: Some(SigningAlg::PS256), ..ApiChanges::default() };
        shop.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
        assert_eq!(shop.engine.verify(&token).await, Err(Unverified::AlgorithmMismatch));
        let (_, rest) = token.split_once('.').unwrap();
        let kid = decode_header(&token).unwrap().kid.unwrap();
        let header = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, format!(r#"{{"alg":"PS256","kid":"{kid}"}}"#));
        assert_eq!(shop.engine.verify(&format!("{header}.{rest}")).await, Err(Unverified::UnknownKey));
    }

    async fn tokens_of_rfc9068_say_what_they_are_and_differ(house: House) {
        let shop = Shop::open(&house, SigningAlg::ES256).await;
        let changes = ApiChanges { token_dialect: Some(TokenDialect::Rfc9068Profile), ..ApiChanges::default() };
        shop.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
        let mut ids = HashSet::new();
        for _ in 0..3 {
            let token = shop.token().await;
            assert_eq!(decode_header(&token).unwrap().typ.as_deref(), Some("at+jwt"));
            let claims = verified(&token, Algorithm::ES256, &published_key(&shop.engine, &token).unwrap());
            assert_eq!((claims.client_id.as_ref(), claims.azp, claims.gty), (Some(&shop.client.client_id), None, None));
            ids.insert(claims.jti.unwrap());
        }
        assert_eq!(ids.len(), 3);
    }

    async fn a_client_may_get_shorter_tokens_and_claims_of_its_own(house: House) {
        let shop = Shop::open(&house, SigningAlg::EdDSA).await;
        let changes = ApiChanges { custom_claims: Some(CustomClaims::from_lines("https://a/team = client_metadata.team").unwrap()), ..ApiChanges::default() };
        shop.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
        let changes = ClientChanges {
            client_metadata: Some(BTreeMap::from([("team".to_owned(), "billing".to_owned())])),
            token_lifetime: Some(Some(600)),
            custom_claims: Some(CustomClaims::from_lines("tier = 2").unwrap()),
            ..ClientChanges::default()
        };
        shop.engine.update_client(&Actor::command(), &shop.client.client_id, changes).await.unwrap();
        let answer = shop.ask(None).await.unwrap();
        assert_eq!(answer.expires_in, 600);
        let token = answer.access_token.reveal();
        let claims = verified(token, Algorithm::EdDSA, &published_key(&shop.engine, token).unwrap());
        assert_eq!(serde_json::to_value(claims.custom).unwrap(), serde_json::json!({"https://a/team": "billing", "tier": 2}));
    }

    async fn an_hs256_token_holds_by_the_secret_of_its_api_alone(house: House) {
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        let token = shop.token().await;
        let header = decode_header(&token).unwrap();
        let known = shop.engine.signing_secrets(&shop.api.id).await.unwrap().remove(0).kid;
        assert_eq!((header.alg, header.kid), (Algorithm::HS256, Some(known)));
        let secret = shop.engine.reveal_signing_secret(&Actor::command(), &shop.api.id).await.unwrap();
        verified(&token, Algorithm::HS256, &DecodingKey::from_secret(secret.reveal().as_bytes()));
        assert!(shop.engine.verify(&token).await.is_ok());

        let new = shop.engine.rotate_signing_secret(&Actor::command(), &shop.api.id).await.unwrap();
        assert_eq!(shop.engine.verify(&token).await, Err(Unverified::UnknownKey));
        verified(&shop.token().await, Algorithm::HS256, &DecodingKey::from_secret(new.reveal().as_bytes()));
    }

    async fn an_api_may_change_its_algorithm(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let old = shop.token().await;
        let changes = ApiChanges { signing_alg: Some(SigningAlg::HS256), ..Default::default() };
        shop.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
        assert_eq!(decode_header(shop.token().await).unwrap().alg, Algorithm::HS256);
        assert_eq!(shop.engine.verify(&old).await, Err(Unverified::AlgorithmMismatch));
    }

    async fn scopes_are_narrowed_and_never_widened(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        for (asked, given) in [("write:orders", "write:orders"), ("", "read:orders write:orders"), ("write:orders read:orders", "write:orders read:orders")] {
            let answer = shop.ask(Some(asked)).await.unwrap();
            assert_eq!(answer.scope.as_deref(), Some(given));
            let token = answer.access_token.reveal();
            let claims = verified(token, Algorithm::RS256, &published_key(&shop.engine, token).unwrap());
            assert_eq!(claims.scope.as_deref(), Some(given));
        }
        let refused = refusal(shop.ask(Some("read:orders admin:orders")).await);
        assert_eq!(refused, Refusal::ScopeNotGranted(vec!["admin:orders".to_owned()]));

        let none = shop.engine.update_grant(&Actor::command(), &shop.client.client_id, AUDIENCE, Vec::new()).await.unwrap();
        assert!(none.scope.is_empty());
        assert_eq!(shop.ask(None).await.unwrap().scope, None);
    }

    async fn every_refusal_has_its_reason_and_its_log_entry(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (id, secret) = (shop.client.client_id.as_str(), shop.secret.reveal());
        let other = NewApi { name: "Other".to_owned(), identifier: "urn:other".to_owned(), ..NewApi::default() };
        shop.engine.create_api(&Actor::command(), other).await.unwrap();
        let whole = request(AUDIENCE, None);
        let without_type = TokenRequest { grant_type: None, ..whole.clone() };
        let password = TokenRequest { grant_type: Some("password".to_owned()), ..whole.clone() };
        let without_audience = TokenRequest { audience: None, ..whole.clone() };
        let without_secret = Some(Credentials { client_id: id.to_owned(), client_secret: None, ..Credentials::default() });
        for (sent, asked, expect) in [
            (None, without_type, Refusal::GrantTypeMissing),
            (None, password, Refusal::GrantTypeUnsupported("password".to_owned())),
            (None, whole.clone(), Refusal::ClientMissing),
            (credentials("", secret), whole.clone(), Refusal::ClientMissing),
            (credentials("nobody", secret), whole.clone(), Refusal::ClientUnknown("nobody".to_owned())),
            (without_secret, whole.clone(), Refusal::SecretMissing(id.to_owned())),
            (credentials(id, ""), whole.clone(), Refusal::SecretMissing(id.to_owned())),
            (credentials(id, "wrong"), whole.clone(), Refusal::SecretWrong(id.to_owned())),
            (credentials(id, secret), without_audience, Refusal::AudienceMissing),
            (credentials(id, secret), request("https://orders.example.com", None), Refusal::AudienceUnknown("https://orders.example.com".to_owned())),
            (
                credentials(id, secret),
                request("urn:other", None),
                Refusal::NotAuthorized { client_id: id.to_owned(), audience: "urn:other".to_owned() },
            ),
            (credentials(id, secret), request(AUDIENCE, Some("a b")), Refusal::ScopeNotGranted(vec!["a".to_owned(), "b".to_owned()])),
        ] {
            house.clock.advance(1);
            assert_eq!(refusal(shop.engine.issue(sent, asked, &caller()).await), expect);
            let entry = shop.newest_log().await;
            assert_eq!((entry.kind, entry.reason.as_str()), (LogType::TokenRefused, expect.code()));
            assert_eq!(entry.description, expect.for_log());
            assert_eq!((entry.actor.ip.as_str(), entry.user_agent.as_str()), ("192.0.2.7", "billing/1.0"));
        }
        let last = shop.newest_log().await;
        assert_eq!((last.client_name.as_str(), last.api_name.as_str(), last.scope.as_str()), ("Billing worker", "Orders", "a b"));
        assert_eq!((last.actor.kind, last.actor.id.as_str()), (ActorKind::Client, id));
    }

    async fn a_stranger_learns_nothing_about_apis(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        for audience in [AUDIENCE, "urn:none", ""] {
            let unknown = shop.engine.issue(credentials("nobody", "x"), request(audience, Some("x")), &caller()).await;
            assert_eq!(refusal(unknown).code(), "client_unknown");
            let wrong = shop.engine.issue(credentials(&shop.client.client_id, "x"), request(audience, Some("x")), &caller()).await;
            assert_eq!(refusal(wrong).code(), "secret_wrong");
        }
        assert_eq!(shop.newest_log().await.actor.kind, ActorKind::Stranger);
    }

    async fn issued_tokens_are_logged_without_the_token(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        let entry = shop.newest_log().await;
        assert_eq!((entry.kind, entry.date, entry.reason.as_str()), (LogType::TokenIssued, NOW, ""));
        assert_eq!((entry.client_id.as_str(), entry.client_name.as_str()), (shop.client.client_id.as_str(), "Billing worker"));
        assert_eq!((entry.audience.as_str(), entry.api_name.as_str()), (AUDIENCE, "Orders"));
        assert_eq!(entry.scope, "read:orders write:orders");
        assert_eq!((entry.actor.kind, entry.actor.name.as_str()), (ActorKind::Client, "Billing worker"));
        let written = format!("{entry:?}");
        assert!(!written.contains(&token) && !written.contains(shop.secret.reveal()));
    }

    async fn what_strangers_send_is_cut_and_cleaned_for_the_log(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let long = "x".repeat(5_000);
        let caller = Caller { ip: "192.0.2.7".to_owned(), user_agent: format!("\u{1b}[2J\0{long}"), ..Caller::default() };
        let refused = refusal(shop.engine.issue(credentials(&format!("a\0\n{long}"), "x"), request(&format!("\0{long}"), Some(&long)), &caller).await);
        assert_eq!(refused.code(), "client_unknown");
        let entry = shop.newest_log().await;
        for (text, length) in [(&entry.client_id, 100), (&entry.audience, 600), (&entry.scope, 2_000), (&entry.user_agent, 300)] {
            assert_eq!(text.chars().count(), length);
        }
        let all = [&entry.client_id, &entry.audience, &entry.user_agent, &entry.description];
        assert!(all.iter().all(|text| !text.chars().any(char::is_control)), "{all:?}");

        shop.engine.refuse(&Refusal::Malformed(long.clone()), Some(&long), None, &caller);
        let entry = shop.newest_log().await;
        assert_eq!((entry.reason.as_str(), entry.client_id.len(), entry.description.len()), ("malformed_request", 100, 1_000));
    }

    async fn a_rotated_secret_counts_at_once(house: House) {
        let mut shop = Shop::open(&house, SigningAlg::RS256).await;
        shop.ask(None).await.unwrap();
        let new = shop.engine.rotate_client_secret(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!(refusal(shop.ask(None).await).code(), "secret_wrong");
        shop.secret = new;
        shop.ask(None).await.unwrap();
    }

    async fn what_is_taken_away_counts_at_once(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (engine, actor, id) = (&shop.engine, Actor::command(), &shop.client.client_id);
        shop.ask(Some("write:orders")).await.unwrap();
        engine.remove_scope(&actor, &shop.api.id, "write:orders").await.unwrap();
        assert_eq!(refusal(shop.ask(Some("write:orders")).await).code(), "scope_not_granted");
        assert_eq!(shop.ask(None).await.unwrap().scope.as_deref(), Some("read:orders"));
        engine.delete_grant(&actor, id, AUDIENCE).await.unwrap();
        assert_eq!(refusal(shop.ask(None).await).code(), "client_not_authorized");
        engine.delete_api(&actor, &shop.api.id).await.unwrap();
        assert_eq!(refusal(shop.ask(None).await).code(), "audience_unknown");
        engine.delete_client(&actor, id).await.unwrap();
        assert_eq!(refusal(shop.ask(None).await).code(), "client_unknown");
    }

    async fn another_process_honours_every_change(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let other = house.another().await;
        shop.ask_at(&other, None).await.unwrap();

        shop.engine.rotate_client_secret(&Actor::command(), &shop.client.client_id).await.unwrap();
        caught_up(&other, &shop.engine).await;
        assert_eq!(refusal(shop.ask_at(&other, None).await).code(), "secret_wrong");

        shop.engine.rotate_keys(&Actor::command(), KeyAlg::RS256, false).await.unwrap();
        other.refresh().await.unwrap();
        let answer = other.issue_for(&Actor::command(), &shop.client.client_id, request(AUDIENCE, None)).await.unwrap();
        assert_eq!(decode_header(answer.access_token.reveal()).unwrap().kid.as_deref(), Some(shop.engine.keys().await.unwrap()[0].kid.as_str()));

        shop.engine.delete_grant(&Actor::command(), &shop.client.client_id, AUDIENCE).await.unwrap();
        caught_up(&other, &shop.engine).await;
        let answer = other.issue_for(&Actor::command(), &shop.client.client_id, request(AUDIENCE, None)).await;
        assert_eq!(refusal(answer).code(), "client_not_authorized");
    }

    async fn rotation_and_revocation_reach_tokens(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let old = shop.token().await;
        let keys = shop.engine.rotate_keys(&Actor::command(), KeyAlg::RS256, false).await.unwrap();
        let new = shop.token().await;
        assert_eq!(decode_header(&new).unwrap().kid.as_deref(), Some(keys[0].kid.as_str()));
        assert!(shop.engine.verify(&old).await.is_ok() && shop.engine.verify(&new).await.is_ok());
        shop.engine.revoke_key(&Actor::command(), &decode_header(&old).unwrap().kid.unwrap()).await.unwrap();
        assert_eq!(shop.engine.verify(&old).await, Err(Unverified::UnknownKey));
        assert!(published_key(&shop.engine, &old).is_none());
        assert!(shop.engine.verify(&new).await.is_ok());
    }

    async fn no_token_is_ever_signed_by_an_unpublished_key(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let rotated = AtomicBool::new(false);
        let ask = async {
            let mut kids = HashSet::new();
            loop {
                let last = rotated.load(Ordering::SeqCst);
                let token = shop.token().await;
                let key = published_key(&shop.engine, &token).expect("the key of a token is published");
                verified(&token, Algorithm::RS256, &key);
                kids.insert(decode_header(&token).unwrap().kid);
                if last {
                    return kids;
                }
                // Signing waits for nothing: without this the rotation would hardly get its turn.
                yield_now().await;
            }
        };
        let rotate = async {
            for _ in 0..2 {
                shop.engine.rotate_keys(&Actor::command(), KeyAlg::RS256, false).await.unwrap();
            }
            rotated.store(true, Ordering::SeqCst);
        };
        // At least the key before the first rotation and the one after the last.
        let (kids, ()) = tokio::join!(ask, rotate);
        assert!(kids.len() >= 2, "{kids:?}");
    }

    async fn a_token_for_the_operator_follows_the_same_rules(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let answer = shop.engine.issue_for(&Actor::command(), &shop.client.client_id, request(AUDIENCE, Some("read:orders"))).await.unwrap();
        assert_eq!(answer.scope.as_deref(), Some("read:orders"));
        let entry = shop.newest_log().await;
        assert_eq!((entry.kind, entry.actor, entry.client_name.as_str()), (LogType::TokenIssued, Actor::command(), "Billing worker"));
        for (client_id, asked, code) in [
            ("nobody", request(AUDIENCE, None), "client_unknown"),
            (&shop.client.client_id, request("urn:none", None), "audience_unknown"),
            (&shop.client.client_id, TokenRequest::default(), "grant_type_missing"),
        ] {
            assert_eq!(refusal(shop.engine.issue_for(&Actor::command(), client_id, asked).await).code(), code);
            let entry = shop.newest_log().await;
            assert_eq!((entry.reason.as_str(), entry.actor), (code, Actor::command()));
        }
    }

    async fn a_brief_token_is_worth_little_and_follows_the_same_rules(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let (by, id) = (Actor::command(), shop.client.client_id.as_str());
        for (asked, scope, lifetime, lives) in [
            (None, None, 60, 60),
            (Some("read:orders"), Some("read:orders"), 60, 60),
            (Some("read:orders write:orders"), Some("read:orders write:orders"), 86_400, 3_600),
        ] {
            let answer = shop.engine.issue_briefly(&by, id, request(AUDIENCE, asked), lifetime).await.unwrap();
            assert_eq!((answer.scope.as_deref(), answer.expires_in), (scope, lives));
            let shown = shop.engine.verify(answer.access_token.reveal()).await.unwrap();
            let claims: serde_json::Value = serde_json::from_str(&shown.claims_json).unwrap();
            assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(NOW), Some(NOW + lives)));
            assert_eq!(claims.get("scope").and_then(|scope| scope.as_str()), scope);
            let entry = shop.newest_log().await;
            assert_eq!((entry.kind, entry.actor, entry.scope.as_str()), (LogType::TokenIssued, Actor::command(), scope.unwrap_or_default()));
        }
        let refused = async |asked, code| {
            assert_eq!(refusal(shop.engine.issue_briefly(&by, id, asked, 60).await).code(), code);
            assert_eq!(shop.newest_log().await.reason, code);
        };
        refused(request(AUDIENCE, Some("admin:orders")), "scope_not_granted").await;
        refused(request("urn:none", None), "audience_unknown").await;
        let barred = ClientChanges { kept: serde_json::from_value(serde_json::json!({ "grant_types": [] })).unwrap(), ..ClientChanges::default() };
        shop.engine.update_client(&by, id, barred).await.unwrap();
        refused(request(AUDIENCE, Some("read:orders")), "grant_type_not_allowed").await;
    }

    async fn the_independent_check_shows_a_good_token(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        let shown = shop.engine.verify(&token).await.unwrap();
        let kid = &shop.engine.keys().await.unwrap()[0].kid;
        assert_eq!(shown.header_json, format!("{{\n  \"alg\": \"RS256\",\n  \"typ\": \"JWT\",\n  \"kid\": \"{kid}\"\n}}"));
        assert!(shown.claims_json.starts_with("{\n  \"iss\": \""), "{}", shown.claims_json);
        let claims: Claims = serde_json::from_str(&shown.claims_json).unwrap();
        assert_eq!((claims.aud.as_str(), claims.exp), (AUDIENCE, NOW + 3_600));
    }

    async fn the_independent_check_says_why_a_token_does_not_hold(house: House) {
        let shop = Shop::open(&house, SigningAlg::RS256).await;
        let token = shop.token().await;
        let parts: Vec<&str> = token.split('.').collect();
        let (header, payload, signature) = (parts[0], parts[1], parts[2]);
        let altered = format!("{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
        let encoded = |json: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, json);
        let with_kid = |kid: &str| encoded(&format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#));
        let claims = |iss: &str, aud: &str| encoded(&format!(r#"{{"iss":"{iss}","aud":"{aud}","exp":{}}}"#, NOW + 60));
        for (token, why) in [
            (String::new(), Unverified::Malformed),
            ("a.b".to_owned(), Unverified::Malformed),
            (format!("{token}.x"), Unverified::Malformed),
            (format!("{header}.{}.{signature}", encoded("[]")), Unverified::Malformed),
            (format!("{header}.{}.{signature}", "A".repeat(600_000)), Unverified::Malformed),
            (format!("{}.{payload}.{signature}", encoded(r#"{"alg":"none"}"#)), Unverified::AlgorithmMismatch),
            (format!("{}.{payload}.{signature}", encoded(r#"{"alg":"HS256","typ":"JWT"}"#)), Unverified::AlgorithmMismatch),
            (format!("{}.{payload}.{signature}", encoded(r#"{"alg":"RS256","typ":"JWT"}"#)), Unverified::UnknownKey),
            (format!("{}.{payload}.{signature}", with_kid("other")), Unverified::UnknownKey),
            (format!("{header}.{payload}.{altered}"), Unverified::BadSignature),
            (format!("{header}.{payload}."), Unverified::BadSignature),
            (format!("{header}.{}.{signature}", claims(ISSUER, "urn:none")), Unverified::UnknownAudience),
            (format!("{header}.{}.{signature}", claims("https://evil.example/", AUDIENCE)), Unverified::BadSignature),
        ] {
            assert_eq!(shop.engine.verify(&token).await, Err(why), "{}", token.chars().take(200).collect::<String>());
        }
        house.clock.advance(3_599);
        assert!(shop.engine.verify(&token).await.is_ok());
        house.clock.advance(1);
        assert_eq!(shop.engine.verify(&token).await, Err(Unverified::Expired));
    }

    async fn a_token_of_another_issuer_does_not_hold(house: House) {
        // The secret of an HS256 API lets its owner sign what it likes; the issuer is still looked at.
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        let secret = shop.engine.reveal_signing_secret(&Actor::command(), &shop.api.id).await.unwrap();
        let kid = shop.engine.signing_secrets(&shop.api.id).await.unwrap().remove(0).kid;
        let forge = |claims: serde_json::Value| {
            let key = jsonwebtoken::EncodingKey::from_secret(secret.reveal().as_bytes());
            let header = jsonwebtoken::Header { kid: Some(kid.clone()), ..jsonwebtoken::Header::default() };
            jsonwebtoken::encode(&header, &claims, &key).unwrap()
        };
        for (claims, why) in [
            (serde_json::json!({"iss": "https://evil.example/", "aud": AUDIENCE, "exp": NOW + 60}), Unverified::WrongIssuer),
            (serde_json::json!({"iss": ISSUER, "aud": AUDIENCE}), Unverified::Malformed),
            (serde_json::json!({"iss": ISSUER, "aud": [AUDIENCE], "exp": NOW + 60}), Unverified::UnknownAudience),
        ] {
            assert_eq!(shop.engine.verify(&forge(claims)).await, Err(why));
        }
    }

    async fn debug_shows_no_secret(house: House) {
        let shop = Shop::open(&house, SigningAlg::HS256).await;
        let answer = shop.ask(None).await.unwrap();
        let signing = shop.engine.reveal_signing_secret(&Actor::command(), &shop.api.id).await.unwrap();
        let shown = format!("{answer:?} {:?} {:?} {:?}", shop.credentials(), shop.api, shop.client);
        for secret in [answer.access_token.reveal(), shop.secret.reveal(), signing.reveal()] {
            assert!(!shown.contains(secret));
        }
    }
}
