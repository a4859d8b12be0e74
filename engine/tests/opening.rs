//! Opening: the first start, the master key, what outlives a stop, and which databases are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Caller, Config, Database, Engine, Error, MasterKey, OpenError};
use model::api::{NewApi, SYSTEM_NAME, SigningAlg};
use model::client::NewClient;
use model::client_key::NewClientKey;
use model::key::{KeyAlg, KeyState};
use model::log::{Actor, LogQuery};
use model::page::ListQuery;
use model::rotation::RotationSchedule;
use model::secret::Secret;
use model::token::{Credentials, TokenRequest};
use support::{House, new_api};

/// A key of 32 bytes that are all alike, in base64.
fn key(byte: u8) -> String {
    STANDARD.encode([byte; 32])
}

fn given(text: &str) -> MasterKey {
    MasterKey::Given(Secret::new(text))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn request(audience: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    }
}

/// The database of a house by its address, so that it can be opened from another data directory.
fn address(house: &House) -> Database {
    match &house.database {
        Database::SqliteInDataDir => {
            let file = house.data_dir.path().join("tessera.db");
            Database::Url(Secret::new(format!("sqlite:{}", file.display())))
        }
        url @ Database::Url(_) => url.clone(),
    }
}

#[track_caller]
fn refused(answer: Result<Engine, OpenError>) -> OpenError {
    match answer {
        Err(error) => error,
        Ok(_) => panic!("opened"),
    }
}

/// Two engines that are opened at the same time.
async fn at_once(one: Config, two: Config) -> [Result<Engine, OpenError>; 2] {
    let (one, two) = (tokio::spawn(Engine::open(one)), tokio::spawn(Engine::open(two)));
    [one.await.unwrap(), two.await.unwrap()]
}

/// A configuration that differs in the master key.
fn with_key(house: &House, master_key: MasterKey) -> Config {
    Config {
        master_key,
        ..house.config()
    }
}

/// How many there are.
fn migrations() -> usize {
    fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count()
}

on_both! {
    async fn the_first_start_makes_a_directory_and_a_key_for_their_owner_only(house: House) {
        house.raze().await;
        let data_dir = house.data_dir.path().join("new").join("data");
        let new = house.reopen(|config| config.data_dir.clone_from(&data_dir)).await.unwrap();
        let client = new.create_client(&Actor::command(), NewClient { name: "Billing".to_owned(), ..NewClient::default() }).await.unwrap();
        let secret = new.reveal_client_secret(&Actor::command(), &client.client_id).await.unwrap();
        new.close().await;
        let file = data_dir.join("master.key");
        assert_eq!((mode(&data_dir), mode(&file)), (0o700, 0o600));
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(STANDARD.decode(text.trim()).unwrap().len(), 32);

        // The key in the file is the one that seals, wherever it is read from.
        let again = house.reopen(|config| (config.data_dir, config.master_key) = (data_dir.clone(), given(&text))).await.unwrap();
        assert_eq!(again.reveal_client_secret(&Actor::command(), &client.client_id).await.unwrap(), secret);
        again.close().await;
        let again = house.reopen(|config| config.data_dir = data_dir).await.unwrap();
        again.close().await;
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "made once");
    }

    async fn a_directory_that_is_there_keeps_its_mode(house: House) {
        house.engine.close().await;
        fs::set_permissions(house.data_dir.path(), fs::Permissions::from_mode(0o750)).unwrap();
        house.another().await.close().await;
        assert_eq!(mode(house.data_dir.path()), 0o750);
    }

    async fn a_key_may_be_given_by_value_or_by_file(house: House) {
        house.raze().await;
        Engine::open(with_key(&house, given(&key(7)))).await.unwrap().close().await;
        assert!(!house.data_dir.path().join("master.key").exists(), "none is made beside a given one");
        let file = house.data_dir.path().join("key.txt");
        fs::write(&file, format!("{}\n", "07".repeat(32))).unwrap();
        Engine::open(with_key(&house, MasterKey::File(file))).await.unwrap().close().await;
    }

    async fn a_wrong_key_is_refused_and_not_told(house: House) {
        house.engine.close().await;
        let before = house.rows().await;
        let file = house.data_dir.path().join("other.key");
        fs::write(&file, key(7)).unwrap();
        for (master_key, origin) in [
            (given(&key(7)), "the environment variable TESSERA_MASTER_KEY".to_owned()),
            (MasterKey::File(file.clone()), format!("the file {}", file.display())),
        ] {
            let error = refused(Engine::open(with_key(&house, master_key)).await);
            assert!(matches!(error, OpenError::WrongMasterKey(_)), "{error}");
            let text = format!("{error} {error:?}");
            assert!(text.contains(&format!("it was made with another key than the one in {origin}.")), "{text}");
            assert!(!text.contains(&key(7)), "{text}");
        }
        assert_eq!(house.rows().await, before);
    }

    async fn a_lost_key_is_not_replaced(house: House) {
        house.engine.close().await;
        let file = house.data_dir.path().join("master.key");
        let kept = house.data_dir.path().join("kept.key");
        fs::rename(&file, &kept).unwrap();
        let error = refused(house.reopen(|_| ()).await);
        assert!(matches!(&error, OpenError::MissingMasterKey(path) if *path == file), "{error}");
        assert!(error.to_string().contains(&format!("the file {} is not there", file.display())), "{error}");
        assert!(!file.exists(), "no new one is made");

        let elsewhere = house.data_dir.path().join("elsewhere");
        let error = refused(house.reopen(|config| (config.database, config.data_dir) = (address(&house), elsewhere.clone())).await);
        assert!(matches!(&error, OpenError::MissingMasterKey(path) if *path == elsewhere.join("master.key")), "{error}");
        assert!(!elsewhere.join("master.key").exists());

        fs::rename(&kept, &file).unwrap();
        house.another().await.close().await;
    }

    async fn malformed_keys_are_refused_and_not_told(house: House) {
        house.engine.close().await;
        let file = house.data_dir.path().join("master.key");
        for text in ["s3cret", "", &STANDARD.encode([7; 31]), &"g7".repeat(32)] {
            fs::write(&file, text).unwrap();
            for (master_key, origin) in [
                (given(text), "the environment variable TESSERA_MASTER_KEY".to_owned()),
                (MasterKey::File(file.clone()), format!("the file {}", file.display())),
                (MasterKey::InDataDir, format!("the file {}", file.display())),
            ] {
                let error = refused(Engine::open(with_key(&house, master_key)).await);
                assert!(matches!(&error, OpenError::MasterKeyForm(named) if *named == origin), "{error}");
                let shown = format!("{error} {error:?}");
                assert!(shown.contains("openssl rand -base64 32") && (text.is_empty() || !shown.contains(text)), "{shown}");
            }
        }
        let nowhere = house.data_dir.path().join("nowhere.key");
        let error = refused(Engine::open(with_key(&house, MasterKey::File(nowhere.clone()))).await);
        assert!(matches!(&error, OpenError::MasterKeyFile(path, _) if *path == nowhere), "{error}");
    }

    async fn two_first_starts_at_once_make_one_of_everything(house: House) {
        house.raze().await;
        let [one, two] = at_once(house.config(), house.config()).await;
        let (one, two) = (one.unwrap(), two.unwrap());
        let keys = one.keys().await.unwrap();
        assert_eq!(keys.iter().map(|key| key.state).collect::<Vec<_>>(), [KeyState::Current, KeyState::Next]);
        assert_eq!((two.keys().await.unwrap(), two.jwks()), (keys, one.jwks()));
        let apis = one.list_apis(&ListQuery::default()).await.unwrap().items;
        assert_eq!(apis.iter().map(|summary| summary.api.name.as_str()).collect::<Vec<_>>(), [SYSTEM_NAME]);
        let rows = house.rows().await;
        assert_eq!((rows["meta"].len(), rows["logs"].len(), rows["_sqlx_migrations"].len()), (1, 1, migrations()));

        // Both seal under the same key.
        let new = NewApi { test_client: true, signing_alg: SigningAlg::HS256, ..new_api("Orders", &[]) };
        let created = one.create_api(&Actor::command(), new).await.unwrap();
        two.refresh().await.unwrap();
        two.issue_for(&Actor::command(), &created.test_client.unwrap().client_id, request(&created.api.identifier)).await.unwrap();
        one.close().await;
        two.close().await;
    }

    async fn of_two_first_starts_with_different_keys_one_is_refused(house: House) {
        house.raze().await;
        let answers = at_once(with_key(&house, given(&key(7))), with_key(&house, given(&key(8)))).await;
        let (opened, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(opened.len(), 1);
        assert!(matches!(refused[0], Err(OpenError::WrongMasterKey(_))));
        for engine in opened {
            engine.unwrap().close().await;
        }
    }

    async fn opening_again_finds_everything_and_changes_nothing(house: House) {
        let (engine, actor) = (&house.engine, Actor::command());
        let password = Secret::new("marble otter lantern");
        let code = engine.setup_code().await.unwrap().unwrap();
        let session = engine.set_up(code.reveal(), "ada@example.com", &password, "").await.unwrap();
        let new = NewApi { test_client: true, signing_alg: SigningAlg::HS256, ..new_api("Orders", &["a", "b"]) };
        let created = engine.create_api(&actor, new).await.unwrap();
        let client_id = created.test_client.unwrap().client_id;
        let signing_secret = engine.reveal_signing_secret(&actor, &created.api.id).await.unwrap();
        let client_secret = engine.reveal_client_secret(&actor, &client_id).await.unwrap();
        engine.rotate_keys(&actor, KeyAlg::RS256, false).await.unwrap();
        engine.set_rotation_schedule(&actor, Some(RotationSchedule::default())).await.unwrap();
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key = NewClientKey { name: "Laptop".to_owned(), key: jwk.to_owned(), ..NewClientKey::default() };
        engine.add_client_key(&actor, &client_id, key).await.unwrap();
        let used = "INSERT INTO used_once (hash, expires_at) VALUES ('x', 9000000000)";
        raw!(house, db => sqlx::query(used).execute(db).await.map(drop)).unwrap();
        let token = engine.issue_for(&actor, &client_id, request(&created.api.identifier)).await.unwrap().access_token;
        engine.add_introspector(&actor, &created.api.id, &client_id).await.unwrap();
        let credentials = Credentials { client_id: client_id.clone(), client_secret: Some(client_secret.clone()), ..Credentials::default() };
        engine.issue(Some(credentials.clone()), request(&created.api.identifier), &Caller::default()).await.unwrap();
        engine.revoke(Some(&credentials), Some(token.reveal()), &Caller::default()).await.unwrap();
        engine.close().await;
        let before = house.rows().await;
        assert!(before.iter().all(|(table, rows)| !rows.is_empty() || table == "sqlite_sequence"), "no table is empty");

        house.another().await.close().await;
        assert_eq!(house.rows().await, before);

        let again = house.another().await;
        assert_eq!(again.api(&created.api.id).await.unwrap(), created.api);
        assert_eq!(again.grant(&client_id, &created.api.identifier).await.unwrap().unwrap().scope, ["a", "b"]);
        assert_eq!(again.session(session.secret.reveal()).await.unwrap(), Some(session.admin));
        assert_eq!(again.keys().await.unwrap().len(), 3);
        assert!(again.verify(token.reveal()).await.is_ok());
        assert_eq!(again.reveal_signing_secret(&actor, &created.api.id).await.unwrap(), signing_secret);
        assert_eq!(again.reveal_client_secret(&actor, &client_id).await.unwrap(), client_secret);
        again.issue_for(&actor, &client_id, request(&created.api.identifier)).await.unwrap();
        let logs = again.list_logs(&LogQuery { search: "Access token issued".to_owned(), ..LogQuery::default() }).await.unwrap();
        assert_eq!(logs.total, 3);
        again.close().await;
    }

    async fn the_database_of_a_newer_version_is_left_alone(house: House) {
        house.engine.close().await;
        let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, $1, 0)";
        raw!(house, db => sqlx::query(sql).bind(vec![0_u8; 48]).execute(db).await.map(drop)).unwrap();
        let before = house.rows().await;
        let error = refused(house.reopen(|_| ()).await);
        assert!(matches!(error, OpenError::Newer), "{error}");
        assert!(error.to_string().contains("a newer version of Tessera"), "{error}");
        assert_eq!(house.rows().await, before);
        raw!(house, db => sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9999").execute(db).await.map(drop)).unwrap();
        house.another().await.close().await;
    }

    async fn a_server_is_ready_while_it_can_sign(house: House) {
        house.engine.ready().await.unwrap();
        raw!(house, db => sqlx::query("DELETE FROM signing_keys WHERE state = 'current'").execute(db).await.map(drop)).unwrap();
        assert!(matches!(house.engine.ready().await, Err(Error::NotFound("key"))));
        house.engine.close().await;
        assert!(matches!(house.engine.ready().await, Err(Error::Storage(_))));
    }

    async fn a_data_directory_that_cannot_be_made_is_named(house: House) {
        house.engine.close().await;
        let below_a_file = house.data_dir.path().join("master.key").join("data");
        let error = refused(house.reopen(|config| config.data_dir.clone_from(&below_a_file)).await);
        assert!(matches!(&error, OpenError::DataDir(path, _) if *path == below_a_file), "{error}");
        assert!(error.to_string().contains("TESSERA_DATA_DIR"), "{error}");
    }
}

#[tokio::test]
async fn addresses_of_no_database_are_refused_and_not_repeated() {
    let house = House::on_sqlite().await;
    for url in [
        "",
        "mysql://user:s3cret@host/name",
        "postgres://user:s3cret@host:port/name",
        "sqlite::memory:",
        "sqlite://s3cret?mode=memory",
        "sqlite:s3cret?mode=nonsense",
    ] {
        let error = refused(house.reopen(|config| config.database = Database::Url(Secret::new(url))).await);
        assert!(matches!(error, OpenError::DatabaseUrl(_)), "{url}: {error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("TESSERA_DATABASE_URL") && !text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn sqlite_opens_by_its_address_too() {
    let house = House::on_sqlite().await;
    let client = house.client("Billing").await;
    let same = house.reopen(|config| config.database = address(&house)).await.unwrap();
    assert_eq!(same.client(&client.client_id).await.unwrap(), client);
}
