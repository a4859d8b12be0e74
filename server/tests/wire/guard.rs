//! The guard tester against APIs that make one mistake each, and against right ones of every algorithm.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{Engine, GuardRequest, Patience};
use http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use model::api::{Api as ModelApi, ApiChanges, SigningAlg};
use model::grant::{NewGrant, ScopeChoice};
use model::guard_report::Report;
use model::log::{Actor, LogQuery, LogType};
use serde_json::Value;

use crate::broken_api::{Api, Knowledge, Mistake};
use crate::house::{House, NOW, ORDERS};

const SCOPE: &str = "read:orders";

/// An API that Tessera knows, and the program that serves it.
struct Shop {
    house: House,
    api: ModelApi,
    program: Api,
}

impl Shop {
    async fn open(alg: SigningAlg, mistake: Mistake, scope: Option<&'static str>) -> Self {
        let house = House::new().await;
        let api = house.api(ORDERS, alg, &[SCOPE, "write:orders"]).await;
        let program = Self::serve(&house, &api, mistake, scope).await;
        Self { house, api, program }
    }

    async fn serve(house: &House, api: &ModelApi, mistake: Mistake, scope: Option<&'static str>) -> Api {
        let secret = match api.signing_alg.key_alg() {
            Some(_) => None,
            None => {
                let secret = house.engine.reveal_signing_secret(&Actor::command(), &api.id).await.unwrap();
                let kid = house.engine.signing_secrets(&api.id).await.unwrap().remove(0).kid;
                Some((kid, secret.reveal().to_owned()))
            }
        };
        Api::start(Knowledge {
            issuer: house.engine.issuer().as_str().to_owned(),
            audience: api.identifier.clone(),
            alg: api.signing_alg.as_str(),
            jwks: serde_json::from_slice(&house.engine.jwks().body).unwrap(),
            secret,
            scope,
            now: NOW,
            mistake,
        })
        .await
    }

    fn request(&self, scope: &str) -> GuardRequest {
        GuardRequest {
            url: self.program.url(),
            scope: scope.to_owned(),
            ..GuardRequest::default()
        }
    }

    async fn test(&self, scope: &str) -> Report {
        guard(&self.house.engine, &self.api, self.request(scope)).await.unwrap()
    }
}

async fn guard(engine: &Engine, api: &ModelApi, request: GuardRequest) -> Result<Report, engine::Error> {
    engine.guard(&Actor::command(), &api.id, request).await
}

/// What is not as it must be: names and verdicts in the order of reports.
fn found(report: &Report) -> Vec<(&'static str, &'static str)> {
    let wrong = report.checked.iter().filter(|checked| checked.verdict.as_str() != "as_expected");
    wrong.map(|checked| (checked.probe.name(), checked.verdict.as_str())).collect()
}

fn names(report: &Report) -> Vec<&'static str> {
    report.checked.iter().map(|checked| checked.probe.name()).collect()
}

fn each<'a>(names: &[&'a str], verdict: &'a str) -> Vec<(&'a str, &'a str)> {
    names.iter().map(|name| (*name, verdict)).collect()
}

/// Everything that is sent to an API of ES256, of which a scope is asked.
const SENT: [&str; 33] = [
    "valid",
    "missing_scope",
    "no_token",
    "expired",
    "not_yet_valid",
    "wrong_audience",
    "other_api",
    "audience_list",
    "wrong_issuer",
    "similar_issuer",
    "no_issuer",
    "other_key",
    "unknown_kid",
    "no_kid",
    "alg_none",
    "alg_none_case",
    "alg_none_signed",
    "empty_signature",
    "hs256_public_key",
    "hs256_public_key_der",
    "hs256_public_key_number",
    "other_alg",
    "kid_list",
    "header_jwk",
    "header_jku",
    "changed_claims",
    "changed_signature",
    "unknown_crit",
    "truncated",
    "two_parts",
    "garbage",
    "dots",
    "oversized",
];

/// What somebody without any key can make.
const FORGED: [&str; 17] = [
    "other_key",
    "unknown_kid",
    "no_kid",
    "alg_none",
    "alg_none_case",
    "alg_none_signed",
    "empty_signature",
    "hs256_public_key",
    "hs256_public_key_der",
    "hs256_public_key_number",
    "other_alg",
    "kid_list",
    "header_jwk",
    "header_jku",
    "changed_claims",
    "changed_signature",
    "oversized",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_api_of_every_algorithm_has_no_finding() {
    for (alg, count) in [
        (SigningAlg::RS256, 35),
        (SigningAlg::PS256, 35),
        (SigningAlg::ES256, 33),
        (SigningAlg::EdDSA, 33),
        (SigningAlg::HS256, 32),
    ] {
        let shop = Shop::open(alg, Mistake::None, Some(SCOPE)).await;
        let report = shop.test(SCOPE).await;
        assert_eq!(found(&report), [], "{alg:?}");
        assert_eq!(
            (report.checked.len(), shop.program.seen().len()),
            (count, count),
            "{alg:?}: all were sent"
        );
        assert_eq!(report.headline(), "Your API refuses everything it should.");
        let without = shop.test("").await;
        assert!(!names(&without).contains(&"missing_scope"));
        assert_eq!(found(&without), each(&["valid"], "refused_wrongly"), "{alg:?}: this path needs a scope");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mistake_is_found_and_nothing_else() {
    use SigningAlg::{ES256, EdDSA, HS256, PS256, RS256};
    let all_but = |left_out: &[&str]| -> Vec<&'static str> { SENT.into_iter().filter(|name| !left_out.contains(name)).collect() };
    let accepted = |names: &[&'static str]| each(names, "accepted_wrongly");
    let mut shops: BTreeMap<&str, Shop> = BTreeMap::new();
    for (alg, mistake, expect) in [
        (ES256, Mistake::SkipsExp, accepted(&["expired"])),
        (ES256, Mistake::SkipsNbf, accepted(&["not_yet_valid"])),
        (ES256, Mistake::SkipsAud, accepted(&["wrong_audience", "other_api", "audience_list"])),
        (ES256, Mistake::AudBegins, accepted(&["wrong_audience"])),
        (ES256, Mistake::AnyAudInList, accepted(&["audience_list"])),
        (ES256, Mistake::SkipsIss, accepted(&["wrong_issuer", "similar_issuer", "no_issuer"])),
        (ES256, Mistake::IssBegins, accepted(&["similar_issuer"])),
        (ES256, Mistake::IgnoresSignature, accepted(&FORGED)),
        (ES256, Mistake::SkipsUnknownKid, accepted(&["unknown_kid"])),
        (HS256, Mistake::SkipsUnknownKid, accepted(&["unknown_kid", "kid_of_objects"])),
        (ES256, Mistake::SkipsMissingKid, accepted(&["no_kid"])),
        (ES256, Mistake::TakesNone, accepted(&["alg_none", "alg_none_signed"])),
        (
            ES256,
            Mistake::TakesNoneInAnyCase,
            accepted(&["alg_none", "alg_none_case", "alg_none_signed"]),
        ),
        (ES256, Mistake::TakesEmptySignature, accepted(&["empty_signature"])),
        (ES256, Mistake::TakesTwoParts, accepted(&["two_parts"])),
        (RS256, Mistake::TakesAlgFromToken, accepted(&["other_alg", "other_hash"])),
        (PS256, Mistake::TakesAlgFromToken, accepted(&["other_alg", "other_hash"])),
        (RS256, Mistake::TrustsPublicPem, accepted(&["hs256_public_key"])),
        (ES256, Mistake::TrustsPublicPem, accepted(&["hs256_public_key"])),
        (EdDSA, Mistake::TrustsPublicPem, accepted(&["hs256_public_key"])),
        (RS256, Mistake::TrustsPublicPkcs1, accepted(&["hs256_public_key_pkcs1"])),
        (RS256, Mistake::TrustsPublicDer, accepted(&["hs256_public_key_der"])),
        (ES256, Mistake::TrustsPublicDer, accepted(&["hs256_public_key_der"])),
        (EdDSA, Mistake::TrustsPublicDer, accepted(&["hs256_public_key_der"])),
        (RS256, Mistake::TrustsPublicNumber, accepted(&["hs256_public_key_number"])),
        (EdDSA, Mistake::TrustsPublicNumber, accepted(&["hs256_public_key_number"])),
        (HS256, Mistake::RunsWithoutSecret, accepted(&["empty_secret"])),
        (HS256, Mistake::LooksInObject, accepted(&["kid_of_objects"])),
        (HS256, Mistake::TakesListForKid, accepted(&["kid_list"])),
        (ES256, Mistake::TakesListForKid, accepted(&["kid_list"])),
        (RS256, Mistake::FollowsJwk, accepted(&["header_jwk"])),
        (ES256, Mistake::FollowsJwk, accepted(&["header_jwk"])),
        (HS256, Mistake::FollowsJwk, accepted(&["header_jwk"])),
        (RS256, Mistake::FollowsJku, accepted(&["header_jku"])),
        (HS256, Mistake::FollowsJku, accepted(&["header_jku"])),
        (ES256, Mistake::IgnoresCrit, accepted(&["unknown_crit"])),
        (ES256, Mistake::SkipsScope, accepted(&["missing_scope"])),
        (ES256, Mistake::ComparesScopeByPart, accepted(&["missing_scope"])),
        (ES256, Mistake::OpenWithoutToken, accepted(&["no_token"])),
        (
            ES256,
            Mistake::TakesWhatLooksLikeToken,
            accepted(&all_but(&["valid", "no_token", "truncated", "two_parts", "garbage"])),
        ),
        (ES256, Mistake::TakesAnything, accepted(&all_but(&["valid"]))),
        (ES256, Mistake::BelievesLongTokens, accepted(&["oversized"])),
        (ES256, Mistake::RefusesAll, each(&["valid"], "refused_wrongly")),
        (ES256, Mistake::FailsOnGarbage, each(&["truncated", "garbage", "dots"], "failed")),
        (ES256, Mistake::FailsAlways, each(&all_but(&[]), "failed")),
        (ES256, Mistake::ClosesOnBad, each(&all_but(&["valid", "oversized"]), "failed")),
        (ES256, Mistake::Redirects, each(&all_but(&[]), "redirected")),
        (ES256, Mistake::NotFoundAlways, each(&all_but(&[]), "unclear")),
        (ES256, Mistake::LimitsRate, each(&all_but(&[]), "unclear")),
        (ES256, Mistake::HidesItself, each(&all_but(&["valid"]), "other_status")),
        (ES256, Mistake::Forbids, each(&all_but(&["valid", "missing_scope"]), "other_status")),
        (ES256, Mistake::SaysNothingToMissingScope, each(&["missing_scope"], "other_status")),
        (ES256, Mistake::NoChallenge, each(&all_but(&["valid", "missing_scope"]), "no_challenge")),
        (ES256, Mistake::AnswersWithoutEnd, vec![]),
    ] {
        // One house for all APIs of an algorithm: to make its keys takes longer than the rest.
        let shop = match shops.remove(alg.as_str()) {
            Some(Shop { house, api, .. }) => Shop {
                program: Shop::serve(&house, &api, mistake, Some(SCOPE)).await,
                house,
                api,
            },
            None => Shop::open(alg, mistake, Some(SCOPE)).await,
        };
        let report = shop.test(SCOPE).await;
        assert_eq!(found(&report), expect, "{alg:?} {mistake:?}");
        shops.insert(alg.as_str(), shop);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_that_does_not_answer_is_given_up() {
    let patience = Patience {
        request: Duration::from_millis(100),
        run: Duration::from_secs(60),
    };
    let count = |report: &Report, verdict: &str| found(report).iter().filter(|(_, found)| *found == verdict).count();
    for (mistake, silent, seen) in [(Mistake::Hangs, 2, 2), (Mistake::HangsOnBad, 5, 6)] {
        let shop = Shop::open(SigningAlg::ES256, mistake, Some(SCOPE)).await;
        let request = GuardRequest {
            patience,
            ..shop.request(SCOPE)
        };
        let report = guard(&shop.house.engine, &shop.api, request).await.unwrap();
        assert_eq!(count(&report, "timed_out"), silent, "{mistake:?}: then it was enough");
        assert_eq!(count(&report, "not_sent"), SENT.len() - seen, "{mistake:?}");
        assert!(report.has_failed() && shop.program.seen().len() == seen, "{mistake:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_has_an_end() {
    let shop = Shop::open(SigningAlg::ES256, Mistake::None, None).await;
    let request = GuardRequest {
        patience: Patience {
            request: Duration::from_secs(5),
            run: Duration::ZERO,
        },
        ..shop.request("")
    };
    let report = guard(&shop.house.engine, &shop.api, request).await.unwrap();
    assert!(shop.program.seen().is_empty() && found(&report).iter().all(|(_, verdict)| *verdict == "not_sent"));
}

/// The header and the claims of a token, nothing checked.
fn parts(token: &str) -> Option<(Value, Value)> {
    use base64::Engine as _;
    let mut parts = token.split('.').map(|part| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    Some((parts.next()??, parts.next()??))
}

/// What goes over the network is signed with keys that APIs trust: nobody may be able to make use of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_sent_is_of_use_afterwards_or_elsewhere() {
    for alg in SigningAlg::ALL {
        let shop = Shop::open(alg, Mistake::None, Some(SCOPE)).await;
        // An API whose identifier begins like that of the one which is tested.
        shop.house.api(&format!("{ORDERS}more"), alg, &[]).await;
        shop.test(SCOPE).await;
        let seen = shop.program.seen();
        assert!(
            seen[0].get(AUTHORIZATION).is_none(),
            "the first request carries nothing: what is no API gets no token"
        );
        let mut ids = BTreeSet::new();
        let (mut now_valid, mut tokens) = (0, Vec::new());
        for headers in &seen {
            assert_eq!(headers.get(USER_AGENT).unwrap(), concat!("Tessera-Guard/", env!("CARGO_PKG_VERSION")),);
            assert!(headers.get(COOKIE).is_none());
            let Some(token) = headers
                .get(AUTHORIZATION)
                .map(|value| value.to_str().unwrap().strip_prefix("Bearer ").unwrap())
            else {
                continue;
            };
            let Some((header, claims)) = parts(token) else { continue };
            assert!(
                ids.insert(claims["jti"].as_str().unwrap().to_owned()),
                "{alg:?}: each has an id of its own"
            );
            let exp = claims["exp"].as_i64().unwrap();
            assert!(exp <= NOW + 60, "{alg:?}: {claims}");
            assert!(claims["nbf"].as_i64().is_none_or(|nbf| nbf > exp), "it never becomes valid: {claims}");
            for audience in claims["aud"].as_array().unwrap_or(&vec![claims["aud"].clone()]) {
                let audience = audience.as_str().unwrap();
                assert!(
                    audience == ORDERS || audience.trim_end_matches('/').ends_with(".invalid"),
                    "{alg:?}: {audience}"
                );
            }
            let verifies = shop.house.engine.verify(token).await.is_ok();
            if verifies && header["crit"].is_null() && claims["nbf"].is_null() {
                now_valid += 1;
            }
            tokens.push(token);
        }
        assert_eq!(now_valid, 2, "{alg:?}: the valid one, and the one without the scope");
        shop.house.clock.advance(61);
        for token in tokens {
            assert!(shop.house.engine.verify(token).await.is_err(), "{alg:?}: {:?}", parts(token));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_valid_token_is_that_of_the_chosen_client() {
    let shop = Shop::open(SigningAlg::ES256, Mistake::None, Some(SCOPE)).await;
    let client = shop.house.client("Billing worker").await;
    let chosen = |scope: &str| GuardRequest {
        client_id: client.id.clone(),
        ..shop.request(scope)
    };
    let ask = |request: GuardRequest| guard(&shop.house.engine, &shop.api, request);
    let invalid = |refused: Result<Report, engine::Error>| match refused {
        Err(engine::Error::Invalid(invalid)) => (invalid.field, invalid.message),
        other => panic!("{other:?}"),
    };
    let (field, message) = invalid(ask(chosen("")).await);
    assert!(field == "client_id" && message.contains("No grant authorizes"), "{message}");
    let grant = NewGrant {
        client_id: client.id.clone(),
        audience: ORDERS.to_owned(),
        scope: ScopeChoice::Some(vec![SCOPE.to_owned()]),
        ..NewGrant::default()
    };
    shop.house.engine.create_grant(&Actor::command(), grant).await.unwrap();
    assert_eq!(found(&ask(chosen("")).await.unwrap()), [], "it has the scopes of its grant");
    let token = shop.program.seen()[1].get(AUTHORIZATION).unwrap().to_str().unwrap().to_owned();
    let (_, claims) = parts(&token["Bearer ".len()..]).unwrap();
    assert_eq!((&claims["azp"], &claims["scope"]), (&client.id.clone().into(), &SCOPE.into()));
    assert_eq!(found(&ask(chosen(SCOPE)).await.unwrap()), []);
    let (field, _) = invalid(ask(chosen("write:orders")).await);
    assert_eq!(field, "scope", "it was not granted");
    let (field, message) = invalid(ask(shop.request("fly")).await);
    assert!(field == "scope" && message.contains("fly"), "{message}");
    let nobody = GuardRequest {
        client_id: "nobody".to_owned(),
        ..shop.request("")
    };
    assert!(matches!(ask(nobody).await, Err(engine::Error::NotFound("client"))));
    assert!(matches!(
        shop.house.engine.guard(&Actor::command(), "nothing", shop.request("")).await,
        Err(engine::Error::NotFound("API"))
    ));
    let changes = ApiChanges {
        dpop_required: Some(true),
        ..ApiChanges::default()
    };
    shop.house.engine.update_api(&Actor::command(), &shop.api.id, changes).await.unwrap();
    let (field, message) = invalid(ask(shop.request("")).await);
    assert!(field == "url" && message.contains("DPoP"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_how_it_ended_and_holds_no_token() {
    let shop = Shop::open(SigningAlg::RS256, Mistake::SkipsExp, Some(SCOPE)).await;
    let before = shop.house.engine.list_logs(&LogQuery::default()).await.unwrap().total;
    shop.test(SCOPE).await;
    let page = shop.house.engine.list_logs(&LogQuery::default()).await.unwrap();
    assert_eq!(page.total, before + 1);
    let entry = &page.items[0];
    assert_eq!(
        (entry.kind, entry.audience.as_str(), entry.scope.as_str()),
        (LogType::ApiTested, ORDERS, SCOPE)
    );
    assert_eq!(
        entry.description,
        format!(
            "Guard of Orders tested at {}: 1 let in wrongly (expired), 0 faults, 0 warnings, 34 as expected",
            shop.program.url()
        )
    );
    let log = format!("{:?}", page.items);
    for headers in shop.program.seen() {
        let Some(token) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().unwrap().split('.').nth(1)) else {
            continue;
        };
        assert!(token.is_empty() || !log.contains(token));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_can_not_be_called_are_refused_in_words() {
    let shop = Shop::open(SigningAlg::ES256, Mistake::None, None).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let over_tls = shop.program.url().replace("http://", "https://");
    let before = shop.house.engine.list_logs(&LogQuery::default()).await.unwrap().total;
    for (url, words) in [
        ("", "Enter the address"),
        ("ftp://127.0.0.1/", "https:// or http://"),
        ("http://user@127.0.0.1/", "without a user"),
        ("http://127.0.0.1:99999/", "can be read"),
        ("http://127.0.0.1:/", "can be read"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is a link-local address"),
        ("http://[fe80::1]/", "fe80::1 is a link-local address"),
        ("http://[::ffff:169.254.169.254]/", "is a link-local address"),
        ("http://2852039166/", "169.254.169.254 is a link-local address"),
        ("http://0xa9fea9fe/", "169.254.169.254 is a link-local address"),
        ("http://0.0.0.0/", "is no address of a host"),
        ("http://metadata.google.internal/", "metadata service"),
        ("http://nothing.invalid/", "not found"),
        (&closed, "There is no connection with 127.0.0.1"),
        (&over_tls, "There is no TLS connection with 127.0.0.1"),
    ] {
        let request = GuardRequest {
            url: url.to_owned(),
            ..GuardRequest::default()
        };
        match guard(&shop.house.engine, &shop.api, request).await {
            Err(engine::Error::Invalid(invalid)) => {
                assert!(invalid.field == "url" && invalid.message.contains(words), "{url}: {}", invalid.message);
            }
            other => panic!("{url}: {other:?}"),
        }
    }
    let after = shop.house.engine.list_logs(&LogQuery::default()).await.unwrap().total;
    assert_eq!((after, shop.program.seen().len()), (before, 0), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_are_not_followed() {
    let shop = Shop::open(SigningAlg::ES256, Mistake::Redirects, None).await;
    let report = shop.test("").await;
    assert_eq!(shop.program.seen().len(), report.checked.len(), "one request each");
}
