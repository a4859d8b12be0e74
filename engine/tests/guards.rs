//! Guard rails of the token path: lock-outs after failures, quotas, and who asks for tokens that it need not ask for.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Caller, Engine, Error, IssueError};
use model::api::ApiChanges;
use model::client::AuthMethod;
use model::grant::{NewGrant, ScopeChoice};
use model::lockout::{OF_ADDRESS, OF_CLIENT};
use model::log::{Actor, LogEntry, LogQuery, LogType};
use model::page::ListQuery;
use model::quota::{QuotaWindow, TokenQuota};
use model::refusal::Refusal;
use model::secret::Secret;
use model::time::{DAY, HOUR, MINUTE};
use model::token::{Credentials, TokenRequest, TokenResponse};
use model::usage::{Counts, KEPT_DAYS};
use support::{House, NOW, admin};

const AUDIENCE: &str = "https://orders.example.com/";
/// From where most requests come.
const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

/// A client that can prove itself.
struct Worker {
    id: String,
    secret: Secret,
}

/// The API [`AUDIENCE`], and a client that is authorized for it.
async fn worker(house: &House) -> Worker {
    house.api("Orders", &["a", "b"]).await;
    another(house, "Billing").await
}

async fn another(house: &House, name: &str) -> Worker {
    let id = house.client(name).await.client_id;
    let new = NewGrant {
        client_id: id.clone(),
        audience: AUDIENCE.to_owned(),
        scope: ScopeChoice::All,
        ..NewGrant::default()
    };
    house.engine.create_grant(&Actor::command(), new).await.unwrap();
    let secret = house.engine.reveal_client_secret(&Actor::command(), &id).await.unwrap();
    Worker { id, secret }
}

impl Worker {
    fn credentials(&self, secret: Option<&str>) -> Credentials {
        Credentials {
            client_id: self.id.clone(),
            client_secret: Some(secret.map_or_else(|| self.secret.clone(), Secret::new)),
            ..Credentials::default()
        }
    }

    async fn ask(&self, engine: &Engine) -> Result<TokenResponse, IssueError> {
        self.ask_from(engine, HERE).await
    }

    async fn ask_from(&self, engine: &Engine, ip: &str) -> Result<TokenResponse, IssueError> {
        engine.issue(Some(self.credentials(None)), request(None), &from(ip)).await
    }

    async fn ask_for(&self, engine: &Engine, scope: &str) -> Result<TokenResponse, IssueError> {
        engine.issue(Some(self.credentials(None)), request(Some(scope)), &from(HERE)).await
    }

    /// Asks with a wrong secret.
    async fn guess(&self, engine: &Engine, ip: &str) -> Refusal {
        refused(engine.issue(Some(self.credentials(Some("wrong"))), request(None), &from(ip)).await)
    }

    async fn guesses(&self, engine: &Engine, ip: &str, count: i64) {
        for _ in 0..count {
            let refusal = self.guess(engine, ip).await;
            assert!(!is_locked(&refusal), "{refusal:?}");
        }
    }

    /// What is counted of it, of whatever age.
    async fn counts(&self, engine: &Engine) -> Counts {
        engine.client_usage(&self.id).await.unwrap().since(0)
    }
}

fn from(ip: &str) -> Caller {
    Caller {
        ip: ip.to_owned(),
        user_agent: "billing/1.0".to_owned(),
        ..Caller::default()
    }
}

fn request(scope: Option<&str>) -> TokenRequest {
    TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(AUDIENCE.to_owned()),
        scope: scope.map(str::to_owned),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, IssueError>) -> Refusal {
    match answer {
        Err(IssueError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn is_locked(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::TooManyFailures { .. })
}

fn is_quota(answer: &Result<TokenResponse, IssueError>) -> bool {
    matches!(answer, Err(IssueError::Refused(Refusal::QuotaExceeded { .. })))
}

fn quota(per_hour: Option<i64>, per_day: Option<i64>, enforce: bool) -> TokenQuota {
    TokenQuota { per_hour, per_day, enforce }
}

/// Entries with this text in them, oldest first.
async fn told(engine: &Engine, search: &str) -> Vec<LogEntry> {
    let query = LogQuery {
        search: search.to_owned(),
        ..LogQuery::default()
    };
    let mut entries = engine.list_logs(&query).await.unwrap().items;
    entries.reverse();
    entries
}

async fn of_kind(engine: &Engine, kind: LogType) -> Vec<String> {
    let query = LogQuery {
        kind: Some(kind),
        ..LogQuery::default()
    };
    let page = engine.list_logs(&query).await.unwrap();
    page.items.into_iter().rev().map(|entry| entry.description).collect()
}

on_both! {
    async fn who_fails_too_often_is_refused_without_a_look_for_a_stated_time(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        worker.guesses(engine, HERE, OF_CLIENT.failures).await;
        let locked = Refusal::TooManyFailures { client_id: worker.id.clone(), until: NOW + MINUTE, retry_after: MINUTE };
        // Nothing is compared: the right secret is refused as well.
        assert_eq!(refused(worker.ask(engine).await), locked);
        assert_eq!(worker.guess(engine, HERE).await, locked);
        house.clock.advance(MINUTE - 1);
        assert_eq!(worker.guess(engine, HERE).await, Refusal::TooManyFailures { client_id: worker.id.clone(), until: NOW + MINUTE, retry_after: 1 });
        house.clock.advance(1);
        worker.ask(engine).await.unwrap();

        // Having proven itself, it starts anew.
        worker.guesses(engine, HERE, OF_CLIENT.failures).await;
        assert_eq!(refused(worker.ask(engine).await), Refusal::TooManyFailures { client_id: worker.id.clone(), until: NOW + 2 * MINUTE, retry_after: MINUTE });
    }

    async fn a_lock_out_holds_for_one_client_from_one_address(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let other = another(&house, "Shipping").await;
        worker.guesses(engine, HERE, OF_CLIENT.failures).await;
        assert!(is_locked(&worker.guess(engine, HERE).await));
        worker.ask_from(engine, ELSEWHERE).await.unwrap();
        other.ask_from(engine, HERE).await.unwrap();
        // One customer has all addresses of a /64.
        worker.guesses(engine, "2001:db8:1:2::1", OF_CLIENT.failures).await;
        assert!(is_locked(&worker.guess(engine, "2001:db8:1:2:3::4").await));
        assert!(!is_locked(&worker.guess(engine, "2001:db8:1:3::1").await));
    }

    async fn success_in_between_forgets_the_failures(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        for _ in 0..3 {
            worker.guesses(engine, HERE, OF_CLIENT.failures - 1).await;
            worker.ask(engine).await.unwrap();
        }
        // What is refused after the proof is no failure.
        for _ in 0..2 * OF_CLIENT.failures {
            let refusal = refused(engine.issue(Some(worker.credentials(None)), request(Some("none")), &from(HERE)).await);
            assert!(matches!(refusal, Refusal::ScopeNotGranted(_)), "{refusal:?}");
        }
        worker.ask(engine).await.unwrap();
    }

    async fn clients_that_are_not_there_are_locked_out_like_others(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let nobody = Worker { id: "nobody".to_owned(), secret: Secret::new("x") };
        for _ in 0..OF_CLIENT.failures {
            assert_eq!(nobody.guess(engine, HERE).await, Refusal::ClientUnknown("nobody".to_owned()));
            assert_eq!(worker.guess(engine, HERE).await, Refusal::SecretWrong(worker.id.clone()));
        }
        let (known, unknown) = (worker.guess(engine, HERE).await, nobody.guess(engine, HERE).await);
        let renamed = Refusal::TooManyFailures { client_id: "nobody".to_owned(), until: NOW + MINUTE, retry_after: MINUTE };
        assert_eq!(unknown, renamed);
        assert_eq!(known.for_log(), unknown.for_log());
        // Whatever it sends: also what would tell more about a client that is there.
        let other_way = Credentials { client_assertion: Some(Secret::new("a.b.c")), client_secret: None, ..worker.credentials(None) };
        assert!(is_locked(&refused(engine.issue(Some(other_way), TokenRequest::default(), &from(HERE)).await)));
    }

    async fn every_way_to_fail_counts(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let jwt_only = another(&house, "Jwt").await;
        let changes = model::client::ClientChanges { auth_methods: Some(vec![AuthMethod::PrivateKeyJwt]), ..Default::default() };
        engine.update_client(&admin(), &jwt_only.id, changes).await.unwrap();
        let none = Credentials { client_secret: None, ..worker.credentials(None) };
        let assertion = Credentials { client_assertion: Some(Secret::new("a.b.c")), ..none.clone() };
        for (credentials, ip) in [(none, "192.0.2.10"), (assertion, "192.0.2.11"), (jwt_only.credentials(None), "192.0.2.12")] {
            for _ in 0..OF_CLIENT.failures {
                let refusal = refused(engine.issue(Some(credentials.clone()), request(None), &from(ip)).await);
                assert!(!is_locked(&refusal), "{refusal:?}");
            }
            assert!(is_locked(&refused(engine.issue(Some(credentials), request(None), &from(ip)).await)), "{ip}");
        }
    }

    async fn introspection_and_revocation_go_through_the_same_door(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let wrong = worker.credentials(Some("wrong"));
        for number in 0..OF_CLIENT.failures {
            let refusal = match number % 3 {
                0 => refused(engine.introspect(Some(&wrong), Some("x"), &from(HERE)).await),
                1 => refused(engine.revoke(Some(&wrong), Some("x"), &from(HERE)).await),
                _ => worker.guess(engine, HERE).await,
            };
            assert!(!is_locked(&refusal), "{refusal:?}");
        }
        let right = worker.credentials(None);
        assert!(is_locked(&refused(engine.introspect(Some(&right), Some("x"), &from(HERE)).await)));
        assert!(is_locked(&refused(engine.revoke(Some(&right), Some("x"), &from(HERE)).await)));
        assert!(is_locked(&refused(worker.ask(engine).await)));
        engine.revoke(Some(&right), Some("x"), &from(ELSEWHERE)).await.unwrap();
    }

    async fn who_tries_many_clients_is_refused_for_all_but_those_that_are_at_home_there(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let stranger = another(&house, "Shipping").await;
        worker.ask(engine).await.unwrap();
        for number in 0..OF_ADDRESS.failures {
            let guessed = Worker { id: format!("guess{number}"), secret: Secret::new("x") };
            guessed.guesses(engine, HERE, 1).await;
        }
        let refusal = refused(stranger.ask(engine).await);
        assert_eq!(refusal, Refusal::TooManyFailures { client_id: stranger.id.clone(), until: NOW + OF_ADDRESS.first, retry_after: OF_ADDRESS.first });
        worker.ask(engine).await.unwrap();
        stranger.ask_from(engine, ELSEWHERE).await.unwrap();

        let entries = told(engine, "too_many_failures").await;
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].client_id.as_str(), entries[0].actor.ip.as_str()), ("", HERE));
        assert!(entries[0].description.starts_with("The address 192.0.2.1 is locked out until 2027-01-15T08:05:00Z, after 100 failures"), "{}", entries[0].description);

        engine.lift_lockout(&admin(), None, HERE).await.unwrap();
        stranger.ask(engine).await.unwrap();
    }

    async fn a_lock_out_is_logged_once_and_shown_while_it_lasts(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        worker.guesses(engine, HERE, OF_CLIENT.failures).await;
        for _ in 0..50 {
            worker.guess(engine, HERE).await;
        }
        assert_eq!(told(engine, "secret_wrong").await.len(), 20);
        let entries = told(engine, "too_many_failures").await;
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].kind, &entries[0].client_id, entries[0].client_name.as_str()), (LogType::TokenRefused, &worker.id, "Billing"));
        assert!(entries[0].description.starts_with("The client is locked out from 192.0.2.1 until 2027-01-15T08:01:00Z, after 20 failures"));

        let lockouts = engine.lockouts(&worker.id);
        assert_eq!(lockouts.len(), 1);
        let lockout = &lockouts[0];
        assert_eq!((lockout.address.as_str(), lockout.since, lockout.until, lockout.refused), (HERE, NOW, NOW + MINUTE, 50));
        assert!(engine.lockouts("another").is_empty());
        // Each process has its own.
        let second = house.another().await;
        assert!(second.lockouts(&worker.id).is_empty());
        worker.ask(&second).await.unwrap();
        second.close().await;

        house.clock.advance(MINUTE);
        assert!(engine.lockouts(&worker.id).is_empty());
        let lift = engine.lift_lockout(&admin(), Some(&worker.id), HERE).await;
        assert!(matches!(lift, Err(Error::NotFound("lock-out"))), "there is none any more");
    }

    async fn the_log_keeps_so_much_of_one_address_and_no_more(house: House) {
        let engine = &house.engine;
        let refuse = |ip: &str| engine.refuse(&Refusal::GrantTypeMissing, None, None, &from(ip));
        (0..700).for_each(|_| refuse(HERE));
        refuse(ELSEWHERE);
        let count = async |search: &str| engine.list_logs(&LogQuery { search: search.to_owned(), ..LogQuery::default() }).await.unwrap().total;
        assert_eq!((count("grant_type_missing").await, count("log_limited").await), (601, 1));
        house.clock.advance(6);
        (0..2).for_each(|_| refuse(HERE));
        assert_eq!((count("grant_type_missing").await, count("log_limited").await), (602, 1));
    }

    async fn an_enforced_quota_ends_with_its_window(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        house.clock.set(QuotaWindow::Hour.start(NOW) + 60);
        worker.ask(engine).await.unwrap();
        engine.set_token_quota(&admin(), &worker.id, quota(Some(3), Some(4), true)).await.unwrap();
        // What was issued before counts.
        assert_eq!(worker.ask(engine).await.unwrap().quota.unwrap().header(), header(&house, 3, 1, 4, 2));
        assert_eq!(worker.ask(engine).await.unwrap().quota.unwrap().header(), header(&house, 3, 0, 4, 1));
        match refused(worker.ask(engine).await) {
            Refusal::QuotaExceeded { client_id, standing } => {
                assert_eq!((client_id, standing.retry_after()), (worker.id.clone(), HOUR - 60));
                assert_eq!(standing.header(), header(&house, 3, 0, 4, 1));
            }
            other => panic!("{other:?}"),
        }
        house.clock.advance(HOUR - 60);
        worker.ask(engine).await.unwrap();
        match refused(worker.ask(engine).await) {
            Refusal::QuotaExceeded { standing, .. } => assert_eq!(standing.retry_after(), QuotaWindow::Day.end(engine.now()) - engine.now()),
            other => panic!("{other:?}"),
        }
        // Another client and a token for an admin are no business of it.
        another(&house, "Shipping").await.ask(engine).await.unwrap();
        assert!(engine.issue_for(&admin(), &worker.id, request(None)).await.unwrap().quota.is_none());
        house.clock.set(QuotaWindow::Day.end(engine.now()));
        worker.ask(engine).await.unwrap();
        assert_eq!(worker.counts(engine).await.refused, 2);
    }

    async fn a_raised_or_removed_quota_counts_at_once(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let set = async |quota| engine.set_token_quota(&admin(), &worker.id, quota).await.unwrap();
        set(quota(Some(1), None, true)).await;
        worker.ask(engine).await.unwrap();
        assert!(is_quota(&worker.ask(engine).await));
        set(quota(Some(2), None, true)).await;
        worker.ask(engine).await.unwrap();
        assert!(is_quota(&worker.ask(engine).await));
        set(TokenQuota::default()).await;
        for _ in 0..3 {
            assert!(worker.ask(engine).await.unwrap().quota.is_none());
        }
        set(quota(Some(5), None, true)).await;
        assert!(is_quota(&worker.ask(engine).await), "five were issued");
    }

    async fn an_observed_quota_refuses_nothing_and_is_told_once_a_window(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        house.clock.set(QuotaWindow::Hour.start(NOW));
        engine.set_token_quota(&admin(), &worker.id, quota(Some(5), None, false)).await.unwrap();
        let other = house.another().await;
        for _ in 0..8 {
            worker.ask(engine).await.unwrap();
        }
        other.client_usage(&worker.id).await.unwrap();
        engine.client_usage(&worker.id).await.unwrap();
        // The other server comes to the same, and says nothing new.
        worker.ask(&other).await.unwrap();
        other.close().await;
        let (warned, exceeded) = (
            "Billing has used 80 % of its quota of 5 tokens an hour; the next begins at 2027-01-15T09:00:00Z",
            "Billing has exceeded its quota of 5 tokens an hour: it is only observed, so tokens are issued",
        );
        assert_eq!(of_kind(engine, LogType::QuotaReached).await, [warned, exceeded]);
        house.clock.advance(HOUR);
        for _ in 0..4 {
            worker.ask(engine).await.unwrap();
        }
        assert_eq!(of_kind(engine, LogType::QuotaReached).await.len(), 3, "the next window is told of again");
    }

    async fn an_enforced_quota_is_told_of_when_it_is_used_up_and_refusals_once(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        house.clock.set(QuotaWindow::Hour.start(NOW));
        engine.set_token_quota(&admin(), &worker.id, quota(Some(2), None, true)).await.unwrap();
        for number in 0..30 {
            assert_eq!(is_quota(&worker.ask(engine).await), number >= 2);
        }
        assert_eq!(
            of_kind(engine, LogType::QuotaReached).await,
            ["Billing has used up its quota of 2 tokens an hour: its requests are refused until 2027-01-15T09:00:00Z"]
        );
        let entries = told(engine, "quota_exceeded").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            entries[0].description,
            "The client has used up its quota: 2 an hour (enforced). Its requests are refused until 2027-01-15T09:00:00Z"
        );
        assert_eq!(worker.counts(engine).await, Counts { issued: 2, avoidable: 1, refused: 28 });
    }

    async fn two_servers_share_a_quota_as_soon_as_they_have_exchanged_counts(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        engine.set_token_quota(&admin(), &worker.id, quota(Some(10), None, true)).await.unwrap();
        let other = house.another().await;
        for _ in 0..4 {
            worker.ask(engine).await.unwrap();
            worker.ask(&other).await.unwrap();
        }
        engine.client_usage(&worker.id).await.unwrap();
        other.client_usage(&worker.id).await.unwrap();
        let left = worker.ask(&other).await.unwrap().quota.unwrap();
        assert_eq!(left.in_hour, 9);
        other.client_usage(&worker.id).await.unwrap();
        engine.client_usage(&worker.id).await.unwrap();
        worker.ask(engine).await.unwrap();
        assert!(is_quota(&worker.ask(engine).await));
        engine.client_usage(&worker.id).await.unwrap();
        other.client_usage(&worker.id).await.unwrap();
        assert!(is_quota(&worker.ask(&other).await));
        assert_eq!(worker.counts(engine).await.issued, 10);
        other.close().await;
    }

    async fn a_stop_loses_no_count(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        engine.set_token_quota(&admin(), &worker.id, quota(None, Some(3), true)).await.unwrap();
        let other = house.another().await;
        for _ in 0..3 {
            worker.ask(&other).await.unwrap();
        }
        other.close().await;
        let again = house.another().await;
        assert!(is_quota(&worker.ask(&again).await));
        again.close().await;
        assert_eq!(worker.counts(engine).await.issued, 3);
    }

    async fn what_is_refused_uses_up_no_quota(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        engine.set_token_quota(&admin(), &worker.id, quota(Some(1), None, true)).await.unwrap();
        for _ in 0..3 {
            let refusal = refused(worker.ask_for(engine, "none").await);
            assert!(matches!(refusal, Refusal::ScopeNotGranted(_)));
        }
        worker.guess(engine, HERE).await;
        worker.ask(engine).await.unwrap();
        assert!(is_quota(&worker.ask(engine).await));
    }

    async fn who_keeps_its_token_is_not_found_to_waste_any(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let lifetime = worker.ask(engine).await.unwrap().expires_in;
        // Shortly before the end, as libraries do, or some time after three quarters.
        for part in [lifetime - 60, lifetime * 3 / 4, lifetime / 2] {
            house.clock.advance(part);
            worker.ask(engine).await.unwrap();
        }
        assert_eq!(worker.counts(engine).await, Counts { issued: 4, ..Counts::default() });
        // Another set of scopes is another token; the same scopes in another order are the same.
        worker.ask_for(engine, "a").await.unwrap();
        assert_eq!(worker.counts(engine).await.avoidable, 0);
        worker.ask_for(engine, "b a").await.unwrap();
        assert_eq!(worker.counts(engine).await.avoidable, 1);
    }

    async fn a_token_that_was_taken_back_may_be_replaced(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let token = worker.ask(engine).await.unwrap().access_token;
        engine.revoke(Some(&worker.credentials(None)), Some(token.reveal()), &from(HERE)).await.unwrap();
        worker.ask(engine).await.unwrap();
        engine.revoke_client_tokens(&admin(), &worker.id).await.unwrap();
        worker.ask(engine).await.unwrap();
        assert_eq!(worker.counts(engine).await, Counts { issued: 3, ..Counts::default() });
        worker.ask(engine).await.unwrap();
        assert_eq!(worker.counts(engine).await.avoidable, 1);
    }

    async fn a_client_that_asks_each_time_is_called_wasteful_in_the_list(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let api = engine.api_by_identifier(AUDIENCE).await.unwrap();
        let changes = ApiChanges { signing_alg: Some(model::api::SigningAlg::HS256), ..ApiChanges::default() };
        engine.update_api(&admin(), &api.id, changes).await.unwrap();
        let thrifty = another(&house, "Shipping").await;
        thrifty.ask(engine).await.unwrap();
        let listed = async || {
            let page = engine.list_clients(&ListQuery::default()).await.unwrap();
            page.items.into_iter().map(|summary| (summary.client.name, summary.last_24_hours)).collect::<Vec<_>>()
        };
        for _ in 0..150 {
            worker.ask(engine).await.unwrap();
        }
        worker.counts(engine).await;
        let expect = Counts { issued: 150, avoidable: 149, refused: 0 };
        assert_eq!(listed().await, [("Billing".to_owned(), expect), ("Shipping".to_owned(), Counts { issued: 1, ..Counts::default() })]);
        assert!(expect.is_wasteful());
        house.clock.advance(DAY);
        assert!(listed().await.iter().all(|(_, counts)| *counts == Counts::default()));
        assert_eq!(worker.counts(engine).await, expect);
    }

    async fn counts_go_with_their_client_and_with_time(house: House) {
        let (engine, worker) = (&house.engine, worker(&house).await);
        let gone = another(&house, "Shipping").await;
        for worker in [&worker, &gone] {
            worker.ask(engine).await.unwrap();
        }
        gone.ask(engine).await.unwrap();
        // Not yet written: then there is nobody to write it of.
        engine.delete_client(&admin(), &gone.id).await.unwrap();
        assert_eq!(worker.counts(engine).await.issued, 1);
        assert!(matches!(engine.client_usage(&gone.id).await, Err(Error::NotFound("client"))));
        let rows = house.rows().await;
        assert_eq!(rows["token_usage"].len(), 1);
        house.clock.advance(KEPT_DAYS * DAY + HOUR);
        worker.counts(engine).await;
        assert!(house.rows().await["token_usage"].is_empty());
    }
}

/// Auth0's header at this moment.
fn header(house: &House, per_hour: i64, hour_left: i64, per_day: i64, day_left: i64) -> String {
    let now = house.engine.now();
    format!(
        "b=per_hour;q={per_hour};r={hour_left};t={},b=per_day;q={per_day};r={day_left};t={}",
        QuotaWindow::Hour.end(now) - now,
        QuotaWindow::Day.end(now) - now
    )
}
