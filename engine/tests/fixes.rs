//! What one button does about a refusal: it lets the same request succeed, is logged as the admin's, and can be taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Caller, Engine, Error, TakenBack, Unverified};
use model::client::{AuthMethod, Client, ClientChanges};
use model::client_secret::SecretFields;
use model::fix::{EXTENSION, Fix};
use model::grant::{NewGrant, ScopeChoice};
use model::log::{Actor, ActorKind, LogEntry, LogQuery};
use model::secret::Secret;
use model::time::HOUR;
use model::token::{Credentials, TokenRequest};
use support::{House, NOW};

const AUDIENCE: &str = "https://orders.example.com/";

/// An API and a client that is not authorized for it.
struct Shop {
    engine: Engine,
    client: Client,
    api_id: String,
    secret: Secret,
}

impl Shop {
    async fn open(house: &House) -> Self {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &["read:orders", "write:orders"]).await);
        assert_eq!(api.identifier, AUDIENCE);
        let secret = house.engine.reveal_client_secret(&Actor::command(), &client.client_id).await.unwrap();
        Self {
            engine: house.engine.clone(),
            client,
            api_id: api.id,
            secret,
        }
    }

    async fn grant(&self, scope: &[&str]) {
        let new = NewGrant {
            client_id: self.client.client_id.clone(),
            audience: AUDIENCE.to_owned(),
            scope: ScopeChoice::Some(scope.iter().map(ToString::to_string).collect()),
            ..NewGrant::default()
        };
        self.engine.create_grant(&Actor::command(), new).await.unwrap();
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            client_id: self.client.client_id.clone(),
            client_secret: Some(self.secret.clone()),
            ..Credentials::default()
        }
    }

    async fn ask(&self, credentials: Credentials, scope: Option<&str>) -> Option<String> {
        let request = TokenRequest {
            grant_type: Some("client_credentials".to_owned()),
            audience: Some(AUDIENCE.to_owned()),
            scope: scope.map(str::to_owned),
        };
        let answer = self.engine.issue(Some(credentials), request, &Caller::default()).await;
        answer.ok().map(|token| token.access_token.reveal().to_owned())
    }

    async fn newest(&self) -> LogEntry {
        self.engine.list_logs(&LogQuery::default()).await.unwrap().items.remove(0)
    }

    async fn fix(&self, entry: &LogEntry) -> Option<Fix> {
        self.engine.fix_of(entry).await.unwrap()
    }

    /// Presses the button of a request that was refused, sends the request again, presses Undo, and sends it once more.
    async fn there_and_back(&self, credentials: &Credentials, scope: Option<&str>, expect: &Fix) {
        assert!(self.ask(credentials.clone(), scope).await.is_none());
        let entry = self.newest().await;
        assert_eq!(self.fix(&entry).await.as_ref(), Some(expect));
        assert!(
            matches!(self.engine.undo_fix(&admin(), &entry.log_id, expect).await, Err(Error::Conflict(_))),
            "nothing to undo yet"
        );

        let fix = self.engine.apply_fix(&admin(), &entry.log_id).await.unwrap();
        assert_eq!(self.newest().await.actor, admin());
        assert_eq!(self.fix(&entry).await, None, "it is put right");
        assert!(matches!(self.engine.apply_fix(&admin(), &entry.log_id).await, Err(Error::Conflict(_))));
        assert!(self.engine.is_fixed(&entry, &fix).await.unwrap());
        assert!(self.ask(credentials.clone(), scope).await.is_some(), "the same request succeeds");

        self.engine.undo_fix(&admin(), &entry.log_id, &fix).await.unwrap();
        assert!(!self.engine.is_fixed(&entry, &fix).await.unwrap());
        assert!(self.ask(credentials.clone(), scope).await.is_none(), "and is refused again");
        assert_eq!(self.newest().await.reason, entry.reason);
    }
}

fn admin() -> Actor {
    Actor {
        kind: ActorKind::Admin,
        id: "ada".to_owned(),
        name: "ada@example.com".to_owned(),
        ip: "192.0.2.1".to_owned(),
    }
}

fn scopes(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

on_both! {
    async fn a_grant_with_what_was_asked_for(house: House) {
        let shop = Shop::open(&house).await;
        shop.there_and_back(&shop.credentials(), Some("read:orders"), &Fix::Authorize(scopes(&["read:orders"]))).await;
        shop.there_and_back(&shop.credentials(), None, &Fix::Authorize(scopes(&["read:orders", "write:orders"]))).await;
    }

    async fn scopes_that_the_grant_lacks(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&["read:orders"]).await;
        shop.there_and_back(&shop.credentials(), Some("read:orders write:orders"), &Fix::AddScopes(scopes(&["write:orders"]))).await;
        let grant = shop.engine.grant(&shop.client.client_id, AUDIENCE).await.unwrap().unwrap();
        assert_eq!(grant.scope, ["read:orders"], "what it held before stays");

        assert!(shop.ask(shop.credentials(), Some("raed:orders")).await.is_none());
        assert_eq!(shop.fix(&shop.newest().await).await, None, "a scope that the API does not define may be misspelt");
    }

    async fn a_secret_that_has_expired(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&[]).await;
        let fields = SecretFields { name: "Nightly".to_owned(), expires_at: Some(NOW + HOUR) };
        let (secret, plain) = shop.engine.add_client_secret(&Actor::command(), &shop.client.client_id, fields).await.unwrap();
        house.clock.advance(2 * HOUR);
        let expect = Fix::ExtendSecret { secret_id: secret.id.clone(), from: NOW + HOUR, until: NOW + 2 * HOUR + EXTENSION };
        let credentials = Credentials { client_secret: Some(plain), ..shop.credentials() };
        shop.there_and_back(&credentials, None, &expect).await;

        let entry = shop.newest().await;
        shop.engine.remove_client_secret(&Actor::command(), &shop.client.client_id, &secret.id).await.unwrap();
        assert_eq!(shop.fix(&entry).await, None, "it is gone");
    }

    async fn a_way_to_prove_itself(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&[]).await;
        let only = ClientChanges { auth_methods: Some(vec![AuthMethod::ClientSecretBasic]), ..ClientChanges::default() };
        shop.engine.update_client(&Actor::command(), &shop.client.client_id, only).await.unwrap();
        shop.there_and_back(&shop.credentials(), None, &Fix::AllowMethod(AuthMethod::ClientSecretPost)).await;
    }

    async fn a_client_that_asks_what_tokens_are_worth(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&[]).await;
        let token = shop.ask(shop.credentials(), None).await.unwrap();
        let ask = || async { shop.engine.introspect(Some(&shop.credentials()), Some(&token), &Caller::default()).await.unwrap().active };
        assert!(!ask().await);
        let entry = shop.newest().await;
        assert_eq!(shop.fix(&entry).await, Some(Fix::AllowIntrospection));
        let fix = shop.engine.apply_fix(&admin(), &entry.log_id).await.unwrap();
        assert!(ask().await);
        shop.engine.undo_fix(&admin(), &entry.log_id, &fix).await.unwrap();
        assert!(!ask().await);
        shop.engine.delete_api(&Actor::command(), &shop.api_id).await.unwrap();
        assert_eq!(shop.fix(&entry).await, None);
        assert!(!shop.engine.is_fixed(&entry, &fix).await.unwrap());
    }

    async fn what_no_setting_puts_right_has_no_button(house: House) {
        let shop = Shop::open(&house).await;
        let wrong = Credentials { client_secret: Some(Secret::new("wrong")), ..shop.credentials() };
        assert!(shop.ask(wrong, None).await.is_none());
        assert_eq!(shop.fix(&shop.newest().await).await, None);
        assert!(shop.ask(shop.credentials(), None).await.is_none());
        let entry = shop.newest().await;
        shop.engine.delete_client(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!(shop.fix(&entry).await, None, "its client is gone");
    }

    async fn a_refused_request_is_kept_without_its_secret(house: House) {
        let shop = Shop::open(&house).await;
        assert!(shop.ask(shop.credentials(), None).await.is_none());
        let entry = shop.newest().await;
        let request = entry.refused.clone().unwrap();
        assert_eq!((request.grant_type.as_deref(), request.auth_method), (Some("client_credentials"), Some(AuthMethod::ClientSecretPost)));
        assert_eq!((request.refusal.code(), entry.reason.as_str()), ("client_not_authorized", "client_not_authorized"));
        assert!(!format!("{entry:?}").contains(shop.secret.reveal()));
    }

    async fn a_token_is_explained(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&["read:orders"]).await;
        let token = shop.ask(shop.credentials(), None).await.unwrap();
        let said = shop.engine.explain(&token).await.unwrap().unwrap();
        assert_eq!((said.fault, said.taken_back, said.client_id.as_deref()), (None, None, Some(shop.client.client_id.as_str())));
        assert_eq!(said.api.unwrap().id, shop.api_id);
        assert!(said.expires_at.unwrap() > NOW);
        assert!(said.claims_json.contains("read:orders") && said.kid.is_some());
    }

    async fn a_token_that_was_taken_back_is_explained(house: House) {
        let shop = Shop::open(&house).await;
        shop.grant(&[]).await;
        let engine = &shop.engine;
        let token = shop.ask(shop.credentials(), None).await.unwrap();
        engine.revoke(Some(&shop.credentials()), Some(&token), &Caller::default()).await.unwrap();
        assert_eq!(engine.explain(&token).await.unwrap().unwrap().taken_back, Some(TakenBack::Revoked));
        house.clock.advance(5);
        let second = shop.ask(shop.credentials(), None).await.unwrap();
        engine.revoke_client_tokens(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!(engine.explain(&second).await.unwrap().unwrap().taken_back, Some(TakenBack::CutOff));
        engine.delete_client(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!(engine.explain(&second).await.unwrap().unwrap().taken_back, Some(TakenBack::ClientGone));
        house.clock.advance(48 * HOUR);
        let said = engine.explain(&second).await.unwrap().unwrap();
        assert_eq!((said.fault, said.taken_back), (Some(Unverified::Expired), None));
        assert_eq!(engine.explain("a.b.c").await.unwrap(), None);
    }
}
