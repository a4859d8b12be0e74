//! Secrets of clients: several at once, each accepted until it is removed or has expired; rotation without an outage; last use;
//! whose a found one is; and the secrets of the time when a client had one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Caller, Engine, Error, IssueError, MasterKey};
use model::client::Client;
use model::client_secret::{ClientSecret, Finding, LastUse, Look, Owner, SECRETS_MAX, SecretFields, look};
use model::grant::{NewGrant, ScopeChoice};
use model::log::{Actor, LogQuery};
use model::secret::Secret;
use model::time::DAY;
use model::token::{Credentials, TokenRequest};
use sqlx::migrate::Migrator;
use support::{House, NOW, caught_up};

const AUDIENCE: &str = "https://orders.example.com/";

/// An engine with a client that is authorized for an API.
struct Shop {
    engine: Engine,
    client: Client,
}

impl Shop {
    async fn open(house: &House) -> Self {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &[]).await);
        let new = NewGrant {
            client_id: client.client_id.clone(),
            audience: api.identifier,
            scope: ScopeChoice::All,
            ..NewGrant::default()
        };
        let engine = house.engine.clone();
        engine.create_grant(&Actor::command(), new).await.unwrap();
        Self { engine, client }
    }

    /// How a request with this secret ends: `issued`, or the code of its refusal.
    async fn ask(&self, secret: &Secret) -> &'static str {
        self.ask_at(&self.engine, secret, "10.0.0.7").await
    }

    async fn ask_at(&self, engine: &Engine, secret: &Secret, ip: &str) -> &'static str {
        ask(engine, &self.client.client_id, secret, ip).await
    }

    async fn all(&self) -> Vec<ClientSecret> {
        self.engine.client_secrets(&self.client.client_id).await.unwrap()
    }

    async fn first(&self) -> (ClientSecret, Secret) {
        let first = self.all().await.remove(0);
        let plain = self.show(&first).await;
        (first, plain)
    }

    async fn show(&self, secret: &ClientSecret) -> Secret {
        self.engine
            .reveal_one_client_secret(&Actor::command(), &self.client.client_id, &secret.id)
            .await
            .unwrap()
    }

    async fn add(&self, name: &str, expires_at: Option<i64>) -> Result<(ClientSecret, Secret), Error> {
        let fields = fields(name, expires_at);
        self.engine.add_client_secret(&Actor::command(), &self.client.client_id, fields).await
    }

    async fn start(&self, old: &ClientSecret) -> Result<(ClientSecret, Secret), Error> {
        self.engine
            .start_secret_rotation(&Actor::command(), &self.client.client_id, &old.id)
            .await
    }

    async fn remove(&self, secret: &ClientSecret) -> Result<(), Error> {
        self.engine
            .remove_client_secret(&Actor::command(), &self.client.client_id, &secret.id)
            .await
    }

    async fn find(&self, pasted: &str) -> Finding {
        self.engine.find_client_secret(&Secret::new(pasted)).await.unwrap()
    }

    async fn newest_log(&self) -> model::log::LogEntry {
        self.engine.list_logs(&LogQuery::default()).await.unwrap().items.remove(0)
    }
}

async fn ask(engine: &Engine, client_id: &str, secret: &Secret, ip: &str) -> &'static str {
    let credentials = Credentials {
        client_id: client_id.to_owned(),
        client_secret: Some(secret.clone()),
        ..Credentials::default()
    };
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(AUDIENCE.to_owned()),
        scope: None,
    };
    let caller = Caller {
        ip: ip.to_owned(),
        ..Caller::default()
    };
    match engine.issue(Some(credentials), request, &caller).await {
        Ok(_) => "issued",
        Err(IssueError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

fn fields(name: &str, expires_at: Option<i64>) -> SecretFields {
    SecretFields {
        name: name.to_owned(),
        expires_at,
    }
}

fn used(at: i64, ip: &str) -> Option<LastUse> {
    Some(LastUse { at, ip: ip.to_owned() })
}

fn names(secrets: &[ClientSecret]) -> Vec<&str> {
    secrets.iter().map(|secret| secret.name.as_str()).collect()
}

#[track_caller]
fn invalid<T>(answer: Result<T, Error>, field: &str) -> String {
    match answer {
        Err(Error::Invalid(invalid)) if invalid.field == field => invalid.message,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("not refused"),
    }
}

fn owner(finding: Finding) -> Owner {
    match finding {
        Finding::Of(owner) => *owner,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn a_client_starts_with_one_secret_that_scanners_can_find(house: House) {
        let shop = Shop::open(&house).await;
        let (first, plain) = shop.first().await;
        assert_eq!((first.name.as_str(), first.created_at, first.expires_at), ("First secret", NOW, None));
        assert_eq!((first.client_id.as_str(), &first.replaces, &first.last_used), (shop.client.client_id.as_str(), &None, &None));
        assert_eq!(look(plain.reveal()), Look::Whole);
        assert_eq!(shop.ask(&plain).await, "issued");
        for unknown in ["", "nobody", "a\0b"] {
            assert!(matches!(shop.engine.client_secrets(unknown).await, Err(Error::NotFound("client"))), "{unknown:?}");
            let answer = shop.engine.reveal_one_client_secret(&Actor::command(), &shop.client.client_id, unknown).await;
            assert!(matches!(answer, Err(Error::NotFound("secret"))), "{unknown:?}");
        }
        let other = house.client("Other").await;
        let answer = shop.engine.reveal_one_client_secret(&Actor::command(), &other.client_id, &first.id).await;
        assert!(matches!(answer, Err(Error::NotFound("secret"))), "a secret of another client");
    }

    async fn every_secret_is_accepted_until_it_is_removed(house: House) {
        let shop = Shop::open(&house).await;
        let (first, one) = shop.first().await;
        let (second, two) = shop.add(" Second ", None).await.unwrap();
        let (third, three) = shop.add("", None).await.unwrap();
        assert_eq!(names(&shop.all().await), ["First secret", "Second", "Secret 3"]);
        for plain in [&one, &two, &three] {
            assert_eq!(shop.ask(plain).await, "issued");
        }
        assert_eq!(shop.show(&second).await, two);
        shop.remove(&second).await.unwrap();
        assert_eq!((shop.ask(&one).await, shop.ask(&two).await, shop.ask(&three).await), ("issued", "secret_wrong", "issued"));
        shop.remove(&first).await.unwrap();
        assert_eq!((shop.ask(&one).await, shop.ask(&three).await), ("secret_wrong", "issued"));
        assert!(invalid(shop.remove(&third).await, "secret_id").contains("only live secret"));
        assert_eq!(shop.ask(&three).await, "issued");
        assert!(matches!(shop.remove(&first).await, Err(Error::NotFound("secret"))));
        // It counts on, though there are fewer now.
        assert_eq!(shop.add("", None).await.unwrap().0.name, "Secret 4");
    }

    async fn a_rotation_stops_nothing_before_it_is_completed(house: House) {
        let shop = Shop::open(&house).await;
        let (first, old) = shop.first().await;
        let (second, new) = shop.start(&first).await.unwrap();
        assert_eq!((second.name.as_str(), second.replaces.as_ref()), ("Secret 2", Some(&first.id)));
        assert_eq!((shop.ask(&old).await, shop.ask(&new).await), ("issued", "issued"));
        assert!(invalid(shop.start(&first).await, "secret_id").contains("under way"));
        house.clock.advance(365 * DAY);
        assert_eq!((shop.ask(&old).await, shop.ask(&new).await), ("issued", "issued"), "it waits as long as it takes");

        let kept = shop.engine.complete_secret_rotation(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!((kept.id.as_str(), kept.replaces), (second.id.as_str(), None));
        assert_eq!((shop.ask(&old).await, shop.ask(&new).await), ("secret_wrong", "issued"));
        let all = shop.all().await;
        assert_eq!((names(&all), &all[0].replaces), (vec!["Secret 2"], &None));
        for answer in [
            shop.engine.complete_secret_rotation(&Actor::command(), &shop.client.client_id).await,
            shop.engine.cancel_secret_rotation(&Actor::command(), &shop.client.client_id).await,
        ] {
            assert!(invalid(answer, "secret_id").contains("No rotation"));
        }
    }

    async fn a_cancelled_rotation_leaves_the_old_secret_alone(house: House) {
        let shop = Shop::open(&house).await;
        let (first, old) = shop.first().await;
        let (_, new) = shop.start(&first).await.unwrap();
        assert_eq!((shop.ask(&old).await, shop.ask(&new).await), ("issued", "issued"));
        let kept = shop.engine.cancel_secret_rotation(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert_eq!(kept.id, first.id);
        assert_eq!((shop.ask(&old).await, shop.ask(&new).await), ("issued", "secret_wrong"));
        assert_eq!(names(&shop.all().await), ["First secret"]);
        // Another one may follow, and one that is removed by hand is over too.
        let (third, _) = shop.start(&first).await.unwrap();
        shop.remove(&first).await.unwrap();
        assert_eq!(ClientSecret::rotation(&shop.all().await), None);
        assert_eq!(shop.all().await[0].replaces, None);
        shop.start(&third).await.unwrap();
    }

    async fn a_rotation_never_leaves_a_client_without_a_live_secret(house: House) {
        let shop = Shop::open(&house).await;
        let (client_id, actor) = (shop.client.client_id.as_str(), Actor::command());
        let (first, old) = shop.first().await;
        let (second, _) = shop.start(&first).await.unwrap();
        shop.engine.update_client_secret(&actor, client_id, &second.id, fields("New", Some(NOW + 10))).await.unwrap();
        house.clock.set(NOW + 10);
        assert!(invalid(shop.engine.complete_secret_rotation(&actor, client_id).await, "secret_id").contains("only live"));
        assert_eq!(shop.ask(&old).await, "issued");
        shop.engine.cancel_secret_rotation(&actor, client_id).await.unwrap();
    }

    async fn an_expired_secret_is_refused_from_the_very_second(house: House) {
        let shop = Shop::open(&house).await;
        let (_, one) = shop.first().await;
        let (second, two) = shop.add("Until noon", Some(NOW + 100)).await.unwrap();
        house.clock.set(NOW + 99);
        assert_eq!(shop.ask(&two).await, "issued");
        house.clock.set(NOW + 100);
        assert_eq!((shop.ask(&two).await, shop.ask(&one).await), ("secret_expired", "issued"));
        shop.ask(&two).await;
        let entry = shop.newest_log().await;
        assert_eq!((entry.reason.as_str(), entry.description.as_str()), (
            "secret_expired",
            "The client secret \"Until noon\" expired on 2027-01-15T08:01:40Z",
        ));
        assert_eq!(shop.all().await[1].last_used, used(NOW + 99, "10.0.0.7"), "a refusal is no use");

        // A later expiry counts at once, here and in another process; so does none.
        let other = house.another().await;
        assert_eq!(shop.ask_at(&other, &two, "").await, "secret_expired");
        shop.engine.update_client_secret(&Actor::command(), &shop.client.client_id, &second.id, fields("Until noon", Some(NOW + 200))).await.unwrap();
        assert_eq!((shop.ask(&two).await, shop.ask_at(&other, &two, "").await), ("issued", "issued"));
        house.clock.set(NOW + 200);
        assert_eq!(shop.ask(&two).await, "secret_expired");
        shop.remove(&second).await.unwrap();
        assert_eq!(shop.ask(&two).await, "secret_wrong");
        other.close().await;
    }

    async fn the_last_live_secret_stays_whatever_else_has_expired(house: House) {
        let shop = Shop::open(&house).await;
        let (first, _) = shop.first().await;
        let (second, _) = shop.add("Second", Some(NOW + 10)).await.unwrap();
        house.clock.set(NOW + 10);
        assert!(invalid(shop.remove(&first).await, "secret_id").contains("only live secret"));
        shop.remove(&second).await.unwrap();
        // Where all have expired, all but one may go.
        let (second, _) = shop.add("Second", Some(NOW + 20)).await.unwrap();
        shop.engine.update_client_secret(&Actor::command(), &shop.client.client_id, &first.id, fields("First", Some(NOW + 20))).await.unwrap();
        house.clock.set(NOW + 20);
        shop.remove(&first).await.unwrap();
        invalid(shop.remove(&second).await, "secret_id");
    }

    async fn values_from_outside_have_limits(house: House) {
        let shop = Shop::open(&house).await;
        let (first, _) = shop.first().await;
        let (client_id, actor) = (shop.client.client_id.as_str(), Actor::command());
        for name in ["<b>", "a\nb", &"x".repeat(61)] {
            invalid(shop.add(name, None).await, "name");
            invalid(shop.engine.update_client_secret(&actor, client_id, &first.id, fields(name, None)).await, "name");
        }
        invalid(shop.engine.update_client_secret(&actor, client_id, &first.id, fields(" ", None)).await, "name");
        for at in [NOW, NOW - 1, i64::MIN] {
            invalid(shop.add("Late", Some(at)).await, "expires_at");
            invalid(shop.engine.update_client_secret(&actor, client_id, &first.id, fields("Late", Some(at))).await, "expires_at");
        }
        assert!(matches!(shop.engine.add_client_secret(&actor, "nobody", fields("", None)).await, Err(Error::NotFound("client"))));
        for _ in 1..SECRETS_MAX {
            shop.add("", None).await.unwrap();
        }
        assert!(invalid(shop.add("", None).await, "secret_id").contains("at most 20"));
        assert!(invalid(shop.start(&first).await, "secret_id").contains("at most 20"));
        let all = shop.all().await;
        assert_eq!(all.len(), SECRETS_MAX);
        let last = shop.show(&all[SECRETS_MAX - 1]).await;
        assert_eq!(shop.ask(&last).await, "issued");
        // Rotating at once replaces them all.
        let only = shop.engine.rotate_client_secret(&actor, client_id).await.unwrap();
        assert_eq!((shop.ask(&last).await, shop.ask(&only).await), ("secret_wrong", "issued"));
        assert_eq!(names(&shop.all().await), ["Secret 21"]);
        assert_eq!(shop.engine.reveal_client_secret(&actor, client_id).await.unwrap(), only);
    }

    async fn an_expired_secret_can_still_be_renamed(house: House) {
        let shop = Shop::open(&house).await;
        let (second, _) = shop.add("Second", Some(NOW + 10)).await.unwrap();
        house.clock.set(NOW + 60);
        let id = shop.client.client_id.as_str();
        let renamed = shop.engine.update_client_secret(&Actor::command(), id, &second.id, fields("Old", Some(NOW + 10))).await.unwrap();
        assert_eq!((renamed.name.as_str(), renamed.expires_at), ("Old", Some(NOW + 10)));
        assert_eq!(shop.engine.client(id).await.unwrap().updated_at, NOW + 60);
        let before = *shop.engine.revisions().borrow();
        shop.engine.update_client_secret(&Actor::command(), id, &second.id, fields(" Old", Some(NOW + 10))).await.unwrap();
        assert_eq!(*shop.engine.revisions().borrow(), before, "nothing differs, nothing changes");
    }

    async fn the_last_use_is_of_each_secret_and_the_newest_wins(house: House) {
        let shop = Shop::open(&house).await;
        let (_, one) = shop.first().await;
        let (_, two) = shop.add("Second", None).await.unwrap();
        let revision = *shop.engine.revisions().borrow();
        let logs = shop.engine.list_logs(&LogQuery::default()).await.unwrap().total;
        let other = house.another().await;
        let last = async |engine: &Engine| {
            let secrets = engine.client_secrets(&shop.client.client_id).await.unwrap();
            secrets.into_iter().map(|secret| secret.last_used).collect::<Vec<_>>()
        };
        assert_eq!(last(&shop.engine).await, [None, None]);
        assert_eq!(shop.ask(&one).await, "issued");
        assert_eq!(shop.ask(&Secret::new("wrong")).await, "secret_wrong");
        assert_eq!(last(&shop.engine).await, [used(NOW, "10.0.0.7"), None]);

        // Two processes note uses, and the one that noted the newer one writes first.
        house.clock.set(NOW + 5);
        shop.ask_at(&shop.engine, &one, "10.0.0.5").await;
        house.clock.set(NOW + 9);
        shop.ask_at(&other, &one, "10.0.0.9").await;
        shop.ask_at(&other, &two, "10.0.0.9").await;
        assert_eq!(last(&other).await, [used(NOW + 9, "10.0.0.9"), used(NOW + 9, "10.0.0.9")]);
        assert_eq!(last(&shop.engine).await, [used(NOW + 9, "10.0.0.9"), used(NOW + 9, "10.0.0.9")]);

        shop.engine.refresh().await.unwrap();
        assert_eq!(*shop.engine.revisions().borrow(), revision, "no change of the configuration");
        let told = shop.engine.list_logs(&LogQuery::default()).await.unwrap();
        let tokens = told.items.iter().filter(|entry| entry.kind.code() == "seccft" || entry.kind.code() == "feccft").count();
        assert_eq!(usize::try_from(told.total - logs).unwrap(), tokens, "no entry but those of the tokens");
        other.close().await;
    }

    async fn closing_writes_the_last_uses(house: House) {
        let shop = Shop::open(&house).await;
        let (_, one) = shop.first().await;
        house.clock.set(NOW + 3);
        shop.ask(&one).await;
        shop.engine.close().await;
        let again = house.another().await;
        let secrets = again.client_secrets(&shop.client.client_id).await.unwrap();
        assert_eq!(secrets[0].last_used, used(NOW + 3, "10.0.0.7"));
        again.close().await;
    }

    /// A use is written by itself, though nobody reads it here.
    async fn the_last_use_reaches_other_processes_by_itself(house: House) {
        let shop = Shop::open(&house).await;
        let (first, one) = shop.first().await;
        shop.ask(&one).await;
        let written = async {
            loop {
                let sql = "SELECT last_used_at FROM client_secrets WHERE id = $1";
                let at: Option<i64> = raw!(house, db => sqlx::query_scalar(sql).bind(&first.id).fetch_one(db).await).unwrap();
                if at == Some(NOW) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), written).await.expect("in time");
    }

    async fn uses_of_secrets_that_are_gone_are_let_go(house: House) {
        let shop = Shop::open(&house).await;
        let (first, one) = shop.first().await;
        shop.add("", None).await.unwrap();
        shop.ask(&one).await;
        shop.remove(&first).await.unwrap();
        assert_eq!(shop.all().await.len(), 1);
        shop.engine.delete_client(&Actor::command(), &shop.client.client_id).await.unwrap();
        assert!(house.rows().await["client_secrets"].is_empty());
    }

    async fn a_found_secret_is_told_whose_it_is(house: House) {
        let shop = Shop::open(&house).await;
        for number in 0..30 {
            house.client(&format!("Other {number}")).await;
        }
        let (first, one) = shop.first().await;
        let (second, two) = shop.add("Second", Some(NOW + 10)).await.unwrap();
        shop.ask(&two).await;
        house.clock.set(NOW + 10);

        let found = owner(shop.find(&format!("  CLIENT_SECRET=\"{}\"\n", two.reveal())).await);
        assert_eq!((found.client.name.as_str(), found.secret.id.as_str()), ("Billing", second.id.as_str()));
        assert_eq!((found.is_live, found.is_only_live, found.as_of), (false, false, NOW + 10));
        assert_eq!(found.secret.last_used, used(NOW, "10.0.0.7"));
        let found = owner(shop.find(one.reveal()).await);
        assert_eq!((found.secret.id.as_str(), found.is_live, found.is_only_live), (first.id.as_str(), true, true));

        let mut typo = one.reveal().to_owned();
        typo.replace_range(20..21, if &typo[20..21] == "x" { "y" } else { "x" });
        assert_eq!(shop.find(&typo).await, Finding::Mistyped);
        assert_eq!(shop.find(&one.reveal()[..60]).await, Finding::Mistyped);
        assert_eq!(shop.find("a password of somewhere else").await, Finding::NotOurs);
        shop.remove(&second).await.unwrap();
        assert_eq!(shop.find(two.reveal()).await, Finding::Unknown);
        for (pasted, what) in [("", "Paste the secret"), (&"x".repeat(1_001), "longer than 1000")] {
            let message = invalid(shop.engine.find_client_secret(&Secret::new(pasted)).await, "secret");
            assert!(message.contains(what), "{message}");
        }
        let dump = house.stolen().await;
        assert!(!dump.contains(one.reveal()) && !dump.contains(two.reveal()) && !dump.contains("of somewhere else"));
    }

    async fn a_leaked_secret_is_removed_or_replaced(house: House) {
        let shop = Shop::open(&house).await;
        let (id, actor) = (shop.client.client_id.as_str(), support::admin());
        let (first, one) = shop.first().await;
        invalid(shop.engine.revoke_client_secret(&actor, id, &first.id, false).await, "secret_id");
        assert_eq!(shop.ask(&one).await, "issued");
        let new = shop.engine.revoke_client_secret(&actor, id, &first.id, true).await.unwrap().unwrap();
        let two = shop.show(&new).await;
        assert_eq!((shop.ask(&one).await, shop.ask(&two).await), ("secret_wrong", "issued"));
        let (_, three) = shop.add("", None).await.unwrap();
        assert_eq!(shop.engine.revoke_client_secret(&actor, id, &new.id, false).await.unwrap(), None);
        assert_eq!((shop.ask(&two).await, shop.ask(&three).await), ("secret_wrong", "issued"));
        let told: Vec<String> = shop.engine.list_logs(&LogQuery { search: "leaked".to_owned(), ..LogQuery::default() }).await.unwrap()
            .items.into_iter().map(|entry| entry.description).collect();
        assert_eq!(told, [
            "Secret \"Secret 2\" of Billing removed: it was reported as leaked",
            "Secret \"First secret\" of Billing replaced: it was reported as leaked",
        ]);
    }

    async fn what_another_process_has_removed_is_refused(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        let (first, one) = shop.first().await;
        assert_eq!(shop.ask_at(&other, &one, "").await, "issued");
        let (_, two) = shop.start(&first).await.unwrap();
        // Known at once: a refusal looks whether anything is newer.
        assert_eq!(shop.ask_at(&other, &two, "").await, "issued");
        shop.engine.complete_secret_rotation(&Actor::command(), &shop.client.client_id).await.unwrap();
        caught_up(&other, &shop.engine).await;
        assert_eq!((shop.ask_at(&other, &one, "").await, shop.ask_at(&other, &two, "").await), ("secret_wrong", "issued"));
        other.close().await;
    }

    /// Rows as the first release wrote them, with the tables that it had.
    async fn secrets_of_the_time_when_a_client_had_one_still_work(house: House) {
        house.raze().await;
        let statements = [
            "INSERT INTO meta (key, value) VALUES ('marker', 'v1.YRgw02QaaPlKaQ3MXNDv8DfzCb+oRkGKW5Q3PkEt4/H453A=')",
            "INSERT INTO clients (client_id, name, description, app_type, client_metadata, sealed_secret, secret_mac, created_at, updated_at) VALUES \
             ('BillingWorkerOfTheFirstRelease01', 'Billing', '', 'non_interactive', '{}', \
              'v1.JdH0sNrJSDJawY9tGNV4GoZJ5p4hx9+51sq6FwDaKIKUP+WXqUdNVWycYJyCqTrQLb2QRaumdtoBEoEoHfHYuaelCa3VwwlfQR2IKE3Tr3Hyu9DW/7bqhZfmV+U=', \
              'jHMB7ChIZqGF_9SYE3i3PPufkgK5yb1LhznstmF7jqw', 1000, 3000), \
             ('NightlyReportOfTheFirstRelease02', 'Nightly', 'Reports', 'non_interactive', '{\"team\":\"bi\"}', \
              'v1.0yVkNxc18yxUdD3FnEH+MwXQB8vfEDtiuu5J4bKzMnZKPayjTNA8Xe2veSrw5eenm3gqzO+Ezn77oq0N0FLuY46UVO8Bu3sy5+l8vjHU0uINjr71G00i+83Hwow=', \
              'v_yOmT36jqrXOcjXGH2dU-l-XaUCBRFv7ZCnoIHUeTI', 2000, 2000)",
            "INSERT INTO logs (log_id, date, kind, description, actor_kind, actor_id, actor_name, actor_ip, client_id, client_name, audience, \
             api_name, scope, reason, user_agent, before_json, after_json) VALUES \
             ('1', 2500, 'sapi', 'Client secret of Billing rotated', 'command', '', '', '', 'BillingWorkerOfTheFirstRelease01', '', '', '', '', '', '', '', ''), \
             ('2', 2600, 'seccft', 'Access token issued', 'client', '', '', '10.1.1.1', 'BillingWorkerOfTheFirstRelease01', '', '', '', '', '', '', '', ''), \
             ('3', 2700, 'seccft', 'Access token issued', 'client', '', '', '10.2.2.2', 'BillingWorkerOfTheFirstRelease01', '', '', '', '', '', '', '', ''), \
             ('4', 2800, 'seccft', 'Access token issued', 'command', '', '', '', 'BillingWorkerOfTheFirstRelease01', '', '', '', '', '', '', '', ''), \
             ('5', 2900, 'feccft', 'Refused', 'stranger', '', '', '10.3.3.3', 'NightlyReportOfTheFirstRelease02', '', '', '', '', '', '', '', '')",
        ];
        let mut first = sqlx::migrate!("./migrations");
        first.migrations = first.migrations.iter().filter(|migration| migration.version < 3).cloned().collect::<Vec<_>>().into();
        migrate_to(&house, &first).await;
        for statement in statements {
            raw!(house, db => sqlx::query(statement).execute(db).await.map(drop)).unwrap();
        }

        let key = MasterKey::Given(Secret::new("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="));
        let engine = house.reopen(|config| config.master_key = key).await.unwrap();
        let expect = [
            ("BillingWorkerOfTheFirstRelease01", "FirstReleaseSecretOfBilling0123456789abcdefghijklmnopqrstuvwxyz0", 2500, used(2700, "10.2.2.2")),
            ("NightlyReportOfTheFirstRelease02", "FirstReleaseSecretOfNightly0123456789abcdefghijklmnopqrstuvwxyz0", 2000, None),
        ];
        for (client_id, plain, created_at, last_used) in expect {
            let secrets = engine.client_secrets(client_id).await.unwrap();
            assert_eq!(names(&secrets), ["First secret"]);
            assert_eq!((secrets[0].created_at, secrets[0].expires_at, &secrets[0].last_used), (created_at, None, &last_used));
            assert_eq!(engine.reveal_client_secret(&Actor::command(), client_id).await.unwrap().reveal(), plain);
            // Proven: what is missing is an API.
            assert_eq!(ask(&engine, client_id, &Secret::new(plain), "10.4.4.4").await, "audience_unknown");
            assert_eq!(ask(&engine, client_id, &Secret::new("wrong"), "10.4.4.4").await, "secret_wrong");
            let found = owner(engine.find_client_secret(&Secret::new(plain)).await.unwrap());
            assert_eq!((found.client.client_id.as_str(), found.secret.last_used), (client_id, used(NOW, "10.4.4.4")));
            let (new, fresh) = engine.start_secret_rotation(&Actor::command(), client_id, &secrets[0].id).await.unwrap();
            assert_eq!((new.name.as_str(), look(fresh.reveal())), ("Secret 2", Look::Whole));
            engine.complete_secret_rotation(&Actor::command(), client_id).await.unwrap();
            assert_eq!(ask(&engine, client_id, &Secret::new(plain), "").await, "secret_wrong");
            assert_eq!(ask(&engine, client_id, &fresh, "").await, "audience_unknown");
        }
        assert!(!house.rows().await["clients"].iter().any(|row| row.contains("v1.")), "the old columns are gone");
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
