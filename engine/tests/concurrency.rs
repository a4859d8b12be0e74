//! Several writers at once, in one process and in two: nothing is lost, nothing is done by halves, and all see it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use engine::{Engine, Error};
use model::api::{NewApi, SigningAlg};
use model::client::NewClient;
use model::grant::{NewGrant, ScopeChoice};
use model::key::{KeyAlg, KeyState};
use model::log::{Actor, LogQuery};
use model::page::{ListQuery, MAX_PER_PAGE, PageRequest};
use model::scope::SCOPES_MAX;
use model::token::TokenRequest;
use support::{caught_up, new_api, scope};

/// Changes by each of two processes.
const EACH: usize = 20;

fn named(name: &str) -> NewClient {
    NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    }
}

fn orders(identifier: &str) -> NewApi {
    NewApi {
        identifier: identifier.to_owned(),
        test_client: true,
        // HS256, so that a token costs next to nothing.
        signing_alg: SigningAlg::HS256,
        ..new_api("Orders", &["a", "b"])
    }
}

fn grant(client_id: &str, audience: &str, scope: &[&str]) -> NewGrant {
    NewGrant {
        client_id: client_id.to_owned(),
        audience: audience.to_owned(),
        scope: ScopeChoice::Some(scope.iter().map(ToString::to_string).collect()),
        ..NewGrant::default()
    }
}

/// Runs `work` `count` times at once, each in a task of its own, in turn on one engine and the other.
async fn side_by_side<T, F>(one: &Engine, two: &Engine, count: usize, work: impl Fn(Engine, usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks: Vec<_> = (0..count)
        .map(|number| tokio::spawn(work(if number % 2 == 0 { one } else { two }.clone(), number)))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Gives `work` up after `polls` steps, as the wire does when a caller hangs up; `None` if it was not done by then.
async fn given_up<T>(work: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Waits until what was given up is either made or undone: a change waits for all others, also one that changes nothing.
async fn settle(engine: &Engine) {
    engine.adopt_issuer().await.unwrap();
}

/// The number of committed changes.
async fn revision(engine: &Engine) -> i64 {
    engine.refresh().await.unwrap();
    *engine.revisions().borrow()
}

/// The number of log entries that these words are in.
async fn told(engine: &Engine, words: &str) -> i64 {
    let query = LogQuery {
        search: words.to_owned(),
        ..LogQuery::default()
    };
    engine.list_logs(&query).await.unwrap().total
}

/// APIs, clients, scopes and grants.
async fn counts(engine: &Engine) -> [i64; 4] {
    let progress = engine.progress().await.unwrap();
    [progress.apis, progress.clients, progress.scopes, progress.grants]
}

async fn issues(engine: &Engine, client_id: &str, audience: &str) -> bool {
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    };
    engine.issue_for(&Actor::command(), client_id, request).await.is_ok()
}

on_both! {
    async fn what_one_process_makes_and_deletes_the_other_follows(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let created = two.create_api(&Actor::command(), orders("urn:orders")).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        caught_up(one, &two).await;
        assert!(issues(one, &client_id, "urn:orders").await && issues(&two, &client_id, "urn:orders").await);
        one.delete_api(&Actor::command(), &created.api.id).await.unwrap();
        two.refresh().await.unwrap();
        assert!(!issues(&two, &client_id, "urn:orders").await);
        assert_eq!(revision(one).await, revision(&two).await);
        two.close().await;
    }

    /// A connection on which a read has just begun must not be handed on as it is: the next one to have it may want to write.
    async fn readers_that_are_given_up_hold_up_no_writer(house: House) {
        let engine = &house.engine;
        for round in 0..40 {
            for polls in 0..6 {
                let _ = given_up(engine.client("nobody"), polls).await;
                engine.create_client(&Actor::command(), named(&format!("{round}-{polls}"))).await.unwrap();
            }
        }
    }

    async fn parallel_writers_lose_nothing(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let before = revision(one).await;
        let made = side_by_side(one, &two, 2 * EACH, |engine, number| async move {
            engine.create_client(&Actor::command(), named(&format!("Client {number}"))).await.unwrap().client_id
        }).await;
        let all = ListQuery { page: PageRequest::new(0, MAX_PER_PAGE), ..ListQuery::default() };
        let kept = two.list_clients(&all).await.unwrap().items;
        let kept: BTreeSet<String> = kept.into_iter().map(|summary| summary.client.client_id).collect();
        assert_eq!((kept.len(), kept), (2 * EACH, made.into_iter().collect()));
        let changes = i64::try_from(2 * EACH).unwrap();
        assert_eq!(told(one, "Client").await, changes);
        assert_eq!((revision(one).await, revision(&two).await), (before + changes, before + changes));
        two.close().await;
    }

    async fn parallel_grants_keep_their_scopes_apart(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let values: Vec<String> = (0..2 * EACH).map(|number| format!("scope:{number}")).collect();
        let api = house.api("Orders", &values.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut clients = Vec::new();
        for value in &values {
            clients.push(house.client(value).await.client_id);
        }
        side_by_side(one, &two, values.len(), |engine, number| {
            let new = grant(&clients[number], &api.identifier, &[&values[number]]);
            async move { engine.create_grant(&Actor::command(), new).await.unwrap() }
        }).await;
        for (client_id, value) in clients.iter().zip(&values) {
            let kept = two.grant(client_id, &api.identifier).await.unwrap().unwrap();
            assert_eq!(kept.scope, [value.as_str()]);
        }
        two.close().await;
    }

    async fn what_can_be_had_once_goes_to_one_of_many(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let apis = side_by_side(one, &two, 6, |engine, _| async move { engine.create_api(&Actor::command(), orders("urn:orders")).await }).await;
        assert_eq!(apis.iter().filter(|answer| matches!(answer, Err(Error::Conflict(_)))).count(), 5, "{apis:?}");
        assert_eq!(counts(one).await, [1, 1, 2, 1], "the refused ones left nothing");

        let client_id = house.client("Billing").await.client_id;
        let grants = side_by_side(one, &two, 6, |engine, number| {
            let new = grant(&client_id, "urn:orders", if number % 2 == 0 { &["a"] } else { &["b"] });
            async move { engine.create_grant(&Actor::command(), new).await }
        }).await;
        assert_eq!(grants.iter().filter(|answer| matches!(answer, Err(Error::Conflict(_)))).count(), 5, "{grants:?}");
        let made = grants.into_iter().find_map(Result::ok);
        assert_eq!(two.grant(&client_id, "urn:orders").await.unwrap(), made);
        two.close().await;
    }

    async fn parallel_scopes_take_places_of_their_own(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let api = house.api("Orders", &["first"]).await;
        let id = api.id.clone();
        side_by_side(one, &two, 2 * EACH, |engine, number| {
            let id = id.clone();
            async move { engine.add_scope(&Actor::command(), &id, scope(&format!("scope:{number}"))).await.unwrap() }
        }).await;
        let positions: Vec<i64> =
            raw!(house, db => sqlx::query_scalar("SELECT position FROM scopes WHERE api_id = $1 ORDER BY position").bind(&id).fetch_all(db).await).unwrap();
        assert_eq!(positions, (0..=i64::try_from(2 * EACH).unwrap()).collect::<Vec<_>>());
        assert_eq!(two.api(&id).await.unwrap().scopes[0].value, "first");
        two.close().await;
    }

    async fn a_limit_holds_against_many_at_once(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        let values: Vec<String> = (1..SCOPES_MAX).map(|number| format!("scope:{number}")).collect();
        let api = house.api("Orders", &values.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let added = side_by_side(one, &two, 6, |engine, number| {
            let id = api.id.clone();
            async move { engine.add_scope(&Actor::command(), &id, scope(&format!("late:{number}"))).await }
        }).await;
        assert_eq!(added.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(two.api(&api.id).await.unwrap().scopes.len(), SCOPES_MAX);
        two.close().await;
    }

    async fn parallel_rotations_keep_one_key_of_each_kind(house: House) {
        let (one, two) = (&house.engine, house.another().await);
        side_by_side(one, &two, 4, |engine, _| async move { engine.rotate_keys(&Actor::command(), KeyAlg::RS256, false).await.unwrap() }).await;
        let states: Vec<KeyState> = one.keys().await.unwrap().into_iter().map(|key| key.state).collect();
        assert_eq!(states[..2], [KeyState::Current, KeyState::Next]);
        assert_eq!(states[2..], [KeyState::Previous; 4]);
        assert_eq!(told(one, "RS256 signing key rotated").await, 4);
        assert_eq!((revision(one).await, one.jwks()), (revision(&two).await, two.jwks()));
        two.close().await;
    }

    async fn a_change_that_is_given_up_is_made_wholly_or_not_at_all(house: House) {
        let (engine, actor) = (&house.engine, Actor::command());
        let mut made = 0;
        for polls in 0.. {
            let work = engine.create_api(&actor, orders(&format!("urn:orders:{polls}")));
            let done = given_up(work, polls).await.is_some();
            settle(engine).await;
            let counts = counts(engine).await;
            assert!(counts[0] == made || counts[0] == made + 1, "{counts:?} after {made}");
            made = counts[0];
            assert_eq!(counts, [made, made, 2 * made, made]);
            assert_eq!(told(engine, "Orders").await, 3 * made, "each with its three log entries");
            if done {
                break;
            }
        }
        assert!(made > 0);
    }

    async fn a_deletion_that_is_given_up_takes_everything_along_or_nothing(house: House) {
        let (engine, other) = (&house.engine, house.another().await);
        let created = engine.create_api(&Actor::command(), orders("urn:orders")).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        for polls in 0.. {
            let done = given_up(engine.delete_api(&Actor::command(), &created.api.id), polls).await.is_some();
            settle(engine).await;
            let (counts, told) = (counts(&other).await, told(&other, "API Orders deleted").await);
            let gone = told == 1;
            assert_eq!((counts, told), if gone { ([0, 1, 0, 0], 1) } else { ([1, 1, 2, 1], 0) });
            other.refresh().await.unwrap();
            assert_eq!(issues(&other, &client_id, "urn:orders").await, !gone);
            if done || gone {
                break;
            }
        }
        other.close().await;
    }
}
