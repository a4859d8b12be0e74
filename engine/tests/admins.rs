//! Admins: the first one by set-up code, sign-in and its limits, sessions and their ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use engine::{Engine, Error, SessionToken, SignInError};
use model::admin::{Admin, PASSWORD_MAX};
use model::log::{Actor, ActorKind, LogEntry, LogQuery, LogType};
use model::secret::Secret;
use model::time::{DAY, HOUR, MINUTE};
use support::{House, NOW};

const EMAIL: &str = "ada@example.com";
const IP: &str = "192.0.2.1";

fn password() -> Secret {
    Secret::new("marble otter lantern")
}

fn wrong_password() -> Secret {
    Secret::new("marble otter lanterns")
}

async fn admin(house: &House, email: &str) -> Admin {
    house.engine.create_admin(&Actor::command(), email, &password()).await.unwrap()
}

async fn code(engine: &Engine) -> String {
    engine.setup_code().await.unwrap().unwrap().reveal().to_owned()
}

/// A session of [`EMAIL`], from an address of its own so that no limit is met.
async fn signed_in(house: &House) -> SessionToken {
    house.engine.sign_in(EMAIL, &password(), "198.51.100.1").await.unwrap()
}

async fn session(house: &House, token: &SessionToken) -> Option<Admin> {
    house.engine.session(token.secret.reveal()).await.unwrap()
}

async fn logs_of(house: &House, kind: LogType) -> Vec<LogEntry> {
    let query = LogQuery {
        kind: Some(kind),
        ..LogQuery::default()
    };
    house.engine.list_logs(&query).await.unwrap().items
}

/// When the only session was last used, as the database has it.
async fn seen_at(house: &House) -> i64 {
    raw!(house, db => sqlx::query_scalar("SELECT seen_at FROM sessions").fetch_one(db).await).unwrap()
}

async fn sessions_kept(house: &House) -> i64 {
    raw!(house, db => sqlx::query_scalar("SELECT COUNT(*) FROM sessions").fetch_one(db).await).unwrap()
}

/// Attempts that cost nothing: what is no address of a person is refused after the limit is asked.
async fn knock(house: &House, ip: &str) -> SignInError {
    house.engine.sign_in("nobody", &password(), ip).await.unwrap_err()
}

#[track_caller]
fn retry_after(answer: Result<SessionToken, SignInError>) -> i64 {
    match answer {
        Err(SignInError::TooMany { retry_after }) => retry_after,
        other => panic!("not too many: {other:?}"),
    }
}

#[track_caller]
fn field(answer: Result<SessionToken, SignInError>) -> String {
    match answer {
        Err(SignInError::Invalid(invalid)) => invalid.field,
        other => panic!("not invalid: {other:?}"),
    }
}

on_both! {
    async fn whoever_knows_the_code_becomes_the_first_admin(house: House) {
        let engine = &house.engine;
        assert!(!engine.has_admin().await.unwrap());
        let code = code(engine).await;
        assert!(code.len() == 20 && code.chars().all(|c| c.is_ascii_alphanumeric()), "{code}");
        let token = engine.set_up(&format!(" {code}\n"), " Ada@Example.com ", &password(), IP).await.unwrap();
        assert_eq!((token.admin.email.as_str(), token.admin.created_at, token.expires_at), (EMAIL, NOW, NOW + 7 * DAY));
        assert!(token.admin.id.starts_with("adm_") && token.admin.id.len() == 20, "{}", token.admin.id);
        assert_eq!(session(&house, &token).await, Some(token.admin.clone()));
        assert!(engine.has_admin().await.unwrap());
        engine.sign_in(EMAIL, &password(), IP).await.unwrap();

        let entries = engine.list_logs(&LogQuery { search: EMAIL.to_owned(), ..LogQuery::default() }).await.unwrap().items;
        let by = Actor { kind: ActorKind::Admin, id: token.admin.id.clone(), name: EMAIL.to_owned(), ip: IP.to_owned() };
        assert!(entries.iter().all(|entry| entry.actor == by), "{entries:?}");
        let told: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.description.as_str())).collect();
        assert_eq!(told, [
            (LogType::SignedIn, "ada@example.com signed in"),
            (LogType::SignedIn, "ada@example.com signed in"),
            (LogType::Changed, "Admin ada@example.com created"),
        ]);
    }

    async fn a_set_up_code_works_once(house: House) {
        let engine = &house.engine;
        let code = code(engine).await;
        engine.set_up(&code, EMAIL, &password(), IP).await.unwrap();
        assert_eq!(engine.setup_code().await.unwrap(), None);
        let again = engine.set_up(&code, "eve@example.com", &password(), IP).await;
        assert!(matches!(again, Err(SignInError::Wrong)), "{again:?}");
        assert!(matches!(engine.sign_in("eve@example.com", &password(), IP).await, Err(SignInError::Wrong)));
    }

    async fn wrong_set_up_codes_are_refused_and_logged(house: House) {
        let engine = &house.engine;
        let code = code(engine).await;
        for wrong in ["", &code[1..], &code.to_lowercase(), &format!("{code}x"), "a\0b"] {
            let refused = engine.set_up(wrong, EMAIL, &password(), IP).await;
            assert!(matches!(refused, Err(SignInError::Wrong)), "{wrong}: {refused:?}");
        }
        assert!(!engine.has_admin().await.unwrap());
        let failed = logs_of(&house, LogType::SignInFailed).await;
        assert_eq!(failed.len(), 5);
        let stranger = Actor { kind: ActorKind::Stranger, id: String::new(), name: String::new(), ip: IP.to_owned() };
        assert!(failed.iter().all(|entry| entry.actor == stranger && entry.description.starts_with("Set-up refused")), "{failed:?}");
        assert!(!format!("{failed:?}").contains(&code.to_lowercase()));
    }

    async fn set_up_follows_the_rules_of_admins(house: House) {
        let engine = &house.engine;
        let code = code(engine).await;
        assert_eq!(field(engine.set_up(&code, "ada", &password(), IP).await), "email");
        assert_eq!(field(engine.set_up(&code, EMAIL, &Secret::new("short"), IP).await), "password");
        // Who does not know the code learns no rule.
        assert!(matches!(engine.set_up("wrong", "ada", &Secret::new("short"), IP).await, Err(SignInError::Wrong)));
        assert!(!engine.has_admin().await.unwrap());
    }

    async fn a_set_up_code_is_of_one_process_and_of_no_use_once_another_has_an_admin(house: House) {
        let other = house.another().await;
        let (mine, theirs) = (code(&house.engine).await, code(&other).await);
        assert_ne!(mine, theirs);
        assert!(matches!(house.engine.set_up(&theirs, EMAIL, &password(), IP).await, Err(SignInError::Wrong)));
        let (one, two) = (password(), password());
        let (one, two) = tokio::join!(
            house.engine.set_up(&mine, EMAIL, &one, IP),
            other.set_up(&theirs, "eve@example.com", &two, IP),
        );
        assert!(one.is_ok() != two.is_ok(), "one of two at once: {one:?} {two:?}");
        assert!(matches!(one.and(two), Err(SignInError::Wrong)));
        assert_eq!((house.engine.setup_code().await.unwrap(), other.setup_code().await.unwrap()), (None, None));
        other.close().await;
        assert_eq!(logs_of(&house, LogType::SignInFailed).await.len(), 2);
    }

    async fn the_set_up_code_is_not_in_the_database(house: House) {
        let code = code(&house.engine).await;
        let refused = house.engine.set_up("wrong", EMAIL, &password(), IP).await;
        assert!(refused.is_err());
        house.engine.set_up(&code, EMAIL, &password(), IP).await.unwrap();
        let stolen = house.stolen().await;
        assert!(stolen.contains(EMAIL) && !stolen.contains(&code));
    }

    async fn admins_are_made_by_the_rules(house: House) {
        let engine = &house.engine;
        let first = admin(&house, " Ada@Example.com").await;
        assert_eq!((first.email.as_str(), first.created_at), (EMAIL, NOW));
        let second = admin(&house, "eve@example.com").await;
        assert_ne!(first.id, second.id);
        let actor = Actor::command();
        let taken = engine.create_admin(&actor, "ADA@example.com", &password()).await;
        assert!(matches!(taken, Err(Error::Conflict(invalid)) if invalid.field == "email"));
        for (email, password, field) in [
            ("ada", password(), "email"),
            ("bob\0@example.com", password(), "email"),
            ("bob@example.com", Secret::new("x".repeat(11)), "password"),
            ("bob@example.com", Secret::new("x".repeat(PASSWORD_MAX + 1)), "password"),
        ] {
            let refused = engine.create_admin(&actor, email, &password).await;
            assert!(matches!(refused, Err(Error::Invalid(invalid)) if invalid.field == field), "{email}");
        }
        let changed = logs_of(&house, LogType::Changed).await;
        let told: Vec<_> = changed.iter().map(|entry| entry.description.as_str()).take(2).collect();
        assert_eq!(told, ["Admin eve@example.com created", "Admin ada@example.com created"]);
        let stolen = house.stolen().await;
        assert!(stolen.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !stolen.contains(password().reveal()));
    }

    async fn the_right_password_signs_in(house: House) {
        let made = admin(&house, EMAIL).await;
        house.clock.advance(5);
        let token = house.engine.sign_in(" ADA@example.com", &password(), IP).await.unwrap();
        assert_eq!((&token.admin, token.expires_at, token.secret.reveal().len()), (&made, NOW + 5 + 7 * DAY, 43));
        let entry = logs_of(&house, LogType::SignedIn).await.remove(0);
        assert_eq!((entry.date, entry.description.as_str()), (NOW + 5, "ada@example.com signed in"));
        assert_eq!((entry.actor.kind, entry.actor.id, entry.actor.ip.as_str()), (ActorKind::Admin, made.id, IP));
        assert!(!format!("{token:?}").contains(token.secret.reveal()));
    }

    async fn nobody_learns_whether_an_address_is_known(house: House) {
        admin(&house, EMAIL).await;
        let engine = &house.engine;
        let mut texts = Vec::new();
        for (email, password) in [
            (EMAIL, wrong_password()),
            (EMAIL, Secret::new("")),
            (EMAIL, Secret::new("x".repeat(PASSWORD_MAX + 1))),
            ("eve@example.com", password()),
        ] {
            let refused = engine.sign_in(email, &password, IP).await.unwrap_err();
            assert!(matches!(refused, SignInError::Wrong), "{refused:?}");
            texts.push(refused.to_string());
        }
        texts.push(engine.set_up("wrong", EMAIL, &password(), IP).await.unwrap_err().to_string());
        texts.dedup();
        assert_eq!(texts, ["That does not match. Check what you entered and try again."]);

        let failed = logs_of(&house, LogType::SignInFailed).await;
        let told: Vec<_> = failed.iter().map(|entry| (entry.description.as_str(), entry.actor.name.as_str())).collect();
        assert_eq!(told[1..], [
            ("Sign-in as eve@example.com failed", "eve@example.com"),
            ("Sign-in as ada@example.com failed", EMAIL),
            ("Sign-in as ada@example.com failed", EMAIL),
            ("Sign-in as ada@example.com failed", EMAIL),
        ]);
        assert!(failed.iter().all(|entry| entry.actor.kind == ActorKind::Stranger && entry.actor.ip == IP));
        assert!(!format!("{failed:?}").contains(wrong_password().reveal()));
        assert!(logs_of(&house, LogType::SignedIn).await.is_empty());
        assert_eq!(field(engine.sign_in("eve\0@example.com", &password(), IP).await), "email");
    }

    async fn an_account_has_five_attempts_and_one_more_every_30_seconds(house: House) {
        admin(&house, EMAIL).await;
        let engine = &house.engine;
        // From as many addresses, so that it is the account that is limited; whether there is one makes no difference.
        for email in [EMAIL, "nobody@example.com"] {
            for number in 0..5 {
                let refused = engine.sign_in(email, &wrong_password(), &format!("192.0.2.{number}")).await;
                assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
            }
            assert_eq!(retry_after(engine.sign_in(&email.to_uppercase(), &password(), "192.0.2.9").await), 30);
        }
        house.clock.advance(29);
        assert_eq!(retry_after(engine.sign_in(EMAIL, &password(), "192.0.2.9").await), 1);
        house.clock.advance(1);
        engine.sign_in(EMAIL, &password(), "192.0.2.9").await.unwrap();
        assert_eq!(retry_after(engine.sign_in(EMAIL, &password(), "192.0.2.9").await), 30);
    }

    async fn an_address_has_twenty_attempts_and_one_more_every_6_seconds(house: House) {
        admin(&house, EMAIL).await;
        let engine = &house.engine;
        for _ in 0..20 {
            let refused = knock(&house, IP).await;
            assert!(matches!(refused, SignInError::Invalid(_)), "{refused:?}");
        }
        assert_eq!(retry_after(engine.sign_in(EMAIL, &password(), IP).await), 6);
        assert_eq!(retry_after(engine.set_up("wrong", EMAIL, &password(), IP).await), 6);
        engine.sign_in(EMAIL, &password(), "192.0.2.2").await.unwrap();
        house.clock.advance(6);
        engine.sign_in(EMAIL, &password(), IP).await.unwrap();
        assert_eq!(retry_after(engine.sign_in(EMAIL, &password(), IP).await), 6);
    }

    async fn an_address_that_is_held_up_costs_the_account_nothing(house: House) {
        admin(&house, EMAIL).await;
        for _ in 0..20 {
            knock(&house, IP).await;
        }
        for _ in 0..10 {
            retry_after(house.engine.sign_in(EMAIL, &wrong_password(), IP).await);
        }
        house.engine.sign_in(EMAIL, &password(), "192.0.2.2").await.unwrap();
    }

    async fn a_stolen_database_opens_no_session(house: House) {
        admin(&house, EMAIL).await;
        let token = signed_in(&house).await;
        let stolen = house.stolen().await;
        let hash: String = raw!(house, db => sqlx::query_scalar("SELECT token_hash FROM sessions").fetch_one(db).await).unwrap();
        assert!(stolen.contains(&hash) && !stolen.contains(token.secret.reveal()));
        for stranger in [hash.as_str(), "", "a\0b"] {
            assert_eq!(house.engine.session(stranger).await.unwrap(), None, "{stranger:?}");
        }
    }

    async fn a_session_outlives_the_process(house: House) {
        admin(&house, EMAIL).await;
        let token = signed_in(&house).await;
        house.engine.close().await;
        let next = house.another().await;
        assert_eq!(next.session(token.secret.reveal()).await.unwrap(), Some(token.admin));
        next.close().await;
    }

    async fn a_session_ends_a_day_after_its_last_use(house: House) {
        admin(&house, EMAIL).await;
        let token = signed_in(&house).await;
        house.clock.advance(DAY - 1);
        assert!(session(&house, &token).await.is_some());
        house.clock.advance(DAY - 1);
        assert!(session(&house, &token).await.is_some(), "its use counted");
        house.clock.advance(DAY);
        assert_eq!(session(&house, &token).await, None);
    }

    async fn a_session_ends_a_week_after_sign_in_however_used(house: House) {
        admin(&house, EMAIL).await;
        let token = signed_in(&house).await;
        for _ in 0..13 {
            house.clock.advance(12 * HOUR);
            assert!(session(&house, &token).await.is_some());
        }
        house.clock.set(token.expires_at - 1);
        assert!(session(&house, &token).await.is_some());
        house.clock.set(token.expires_at);
        assert_eq!(session(&house, &token).await, None);
    }

    async fn the_next_sign_in_clears_ended_sessions_away(house: House) {
        admin(&house, EMAIL).await;
        signed_in(&house).await;
        house.clock.advance(HOUR);
        let used = signed_in(&house).await;
        assert_eq!(sessions_kept(&house).await, 2);
        house.clock.advance(DAY - HOUR);
        signed_in(&house).await;
        assert_eq!(sessions_kept(&house).await, 2);
        assert!(session(&house, &used).await.is_some());
    }

    async fn the_last_use_is_written_once_a_minute(house: House) {
        admin(&house, EMAIL).await;
        let token = signed_in(&house).await;
        for (passed, written) in [(MINUTE - 1, NOW), (1, NOW + MINUTE), (MINUTE - 1, NOW + MINUTE), (1, NOW + 2 * MINUTE)] {
            house.clock.advance(passed);
            session(&house, &token).await.unwrap();
            assert_eq!(seen_at(&house).await, written);
        }
    }

    async fn signing_out_ends_one_session_and_is_logged_once(house: House) {
        let made = admin(&house, EMAIL).await;
        let (one, two) = (signed_in(&house).await, signed_in(&house).await);
        house.clock.advance(5);
        for _ in 0..2 {
            house.engine.sign_out(one.secret.reveal(), IP).await.unwrap();
        }
        house.engine.sign_out("nothing", IP).await.unwrap();
        assert_eq!((session(&house, &one).await, sessions_kept(&house).await), (None, 1));
        assert!(session(&house, &two).await.is_some());
        let entries = logs_of(&house, LogType::SignedOut).await;
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].date, entries[0].description.as_str()), (NOW + 5, "ada@example.com signed out"));
        assert_eq!((&entries[0].actor.id, entries[0].actor.ip.as_str()), (&made.id, IP));
    }
}
