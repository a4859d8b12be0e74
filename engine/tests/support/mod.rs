//! A house for a test: an engine on a database of its own, with a clock that is moved by hand.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::chance::Chance;
use engine::clock::ManualClock;
use engine::{Config, Database, Engine, MasterKey, OpenError};
use model::api::{Api, NewApi};
use model::client::{Client, NewClient};
use model::issuer::Issuer;
use model::log::{Actor, ActorKind};
use model::scope::Scope;
use model::secret::Secret;
use model::time::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// Where the clock stands at first.
pub const NOW: Timestamp = 1_800_000_000;
/// Address of a PostgreSQL server whose user may create databases.
const URL: &str = "TESSERA_TEST_DATABASE_URL";
/// Set to `1` to leave PostgreSQL out.
const SQLITE_ONLY: &str = "TESSERA_TEST_SQLITE_ONLY";

/// Runs each test on SQLite and on PostgreSQL: `on_both! { async fn name(house: House) { … } }`.
#[macro_export]
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($house:ident: House) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every test uses all names of its file")]
            use super::*;

            async fn test($house: $crate::support::House) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let house = $crate::support::House::on_sqlite().await;
                $crate::support::run(house.clone(), test(house)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(house) = $crate::support::House::on_postgres().await {
                    $crate::support::run(house.clone(), test(house)).await;
                }
            }
        }
    )*};
}

/// Runs a query on the database itself, past the engine: `raw!(house, db => sqlx::query("…").execute(db).await)`.
#[macro_export]
macro_rules! raw {
    ($house:expr, $db:ident => $query:expr) => {
        match &$house.database {
            engine::Database::Url(url) => {
                let $db = &mut <sqlx::PgConnection as sqlx::Connection>::connect(url.reveal()).await.unwrap();
                $query
            }
            engine::Database::SqliteInDataDir => {
                let file = $house.data_dir.path().join("tessera.db");
                let $db = &mut <sqlx::SqliteConnection as sqlx::Connection>::connect(file.to_str().unwrap())
                    .await
                    .unwrap();
                $query
            }
        }
    };
}

/// An engine with what is needed to look at it from outside.
#[derive(Clone)]
pub struct House {
    /// The engine under test.
    pub engine: Engine,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its data directory; holds the database on SQLite.
    pub data_dir: Arc<TempDir>,
    /// Its database.
    pub database: Database,
    postgres_name: Option<String>,
}

impl House {
    /// On a fresh SQLite file.
    pub async fn on_sqlite() -> Self {
        Self::open(Database::SqliteInDataDir, None).await
    }

    /// On a fresh PostgreSQL database; `None` only where [`SQLITE_ONLY`] is set.
    pub async fn on_postgres() -> Option<Self> {
        if env::var(SQLITE_ONLY).as_deref() == Ok("1") {
            return None;
        }
        let url = server_url();
        let name = format!("tessera_test_{}", Chance::system().hex(16));
        on_server(&format!("CREATE DATABASE {name}")).await;
        let (server, parameters) = url.split_once('?').unwrap_or((&url, ""));
        let address = format!("{}/{name}?{parameters}", server_without_database(server));
        Some(Self::open(Database::Url(Secret::new(address)), Some(name)).await)
    }

    async fn open(database: Database, postgres_name: Option<String>) -> Self {
        let data_dir = Arc::new(TempDir::new().unwrap());
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::open(config(&database, &data_dir, &clock)).await.unwrap();
        Self {
            engine,
            clock,
            data_dir,
            database,
            postgres_name,
        }
    }

    /// What the engine was opened with.
    pub fn config(&self) -> Config {
        config(&self.database, &self.data_dir, &self.clock)
    }

    /// A second engine on the same database, as another process would open it.
    pub async fn another(&self) -> Engine {
        Engine::open(self.config()).await.unwrap()
    }

    /// Opens the database again with changed settings.
    pub async fn reopen(&self, change: impl FnOnce(&mut Config)) -> Result<Engine, OpenError> {
        let mut config = self.config();
        change(&mut config);
        Engine::open(config).await
    }

    /// Goes back to before the first start: closes the engine, and takes away its database and its master key.
    pub async fn raze(&self) {
        self.engine.close().await;
        for entry in std::fs::read_dir(self.data_dir.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        if let Some(name) = &self.postgres_name {
            on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
            on_server(&format!("CREATE DATABASE {name}")).await;
        }
    }

    /// Every row of every table as text, by table.
    pub async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let list = match self.database {
            Database::Url(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
            Database::SqliteInDataDir => "SELECT name FROM sqlite_schema WHERE type = 'table'",
        };
        let tables: Vec<String> = raw!(self, db => sqlx::query_scalar(list).fetch_all(db).await).unwrap();
        let mut all = BTreeMap::new();
        for table in tables {
            let sql = format!("SELECT {} FROM {table} t ORDER BY 1", self.whole_row(&table).await);
            let rows = raw!(self, db => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await).unwrap();
            all.insert(table, rows);
        }
        all
    }

    /// All columns of a table as one text.
    async fn whole_row(&self, table: &str) -> String {
        if let Database::Url(_) = &self.database {
            return "t::text".to_owned();
        }
        let sql = format!("SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info('{table}')");
        raw!(self, db => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await).unwrap()
    }

    /// Everything that somebody who steals the database can read.
    pub async fn stolen(&self) -> String {
        if let Database::Url(_) = &self.database {
            return self.rows().await.into_values().flatten().collect();
        }
        // The bytes of the files: they may hold more than the rows.
        let mut all = Vec::new();
        for file in ["tessera.db", "tessera.db-wal"] {
            all.extend(std::fs::read(self.data_dir.path().join(file)).unwrap_or_default());
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// A client of this name.
    pub async fn client(&self, name: &str) -> Client {
        let new = NewClient {
            name: name.to_owned(),
            ..NewClient::default()
        };
        self.engine.create_client(&Actor::command(), new).await.unwrap()
    }

    /// An API of this name with the identifier `https://<name in lower case>.example.com/`.
    pub async fn api(&self, name: &str, scopes: &[&str]) -> Api {
        self.engine.create_api(&Actor::command(), new_api(name, scopes)).await.unwrap().api
    }

    async fn end(self) {
        self.engine.close().await;
        if let Some(name) = self.postgres_name {
            on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// What [`House::api`] creates.
pub fn new_api(name: &str, scopes: &[&str]) -> NewApi {
    NewApi {
        name: name.to_owned(),
        identifier: format!("https://{}.example.com/", name.to_lowercase()),
        scopes: scopes.iter().map(|value| scope(value)).collect(),
        ..NewApi::default()
    }
}

/// A scope with this value and no description.
pub fn scope(value: &str) -> Scope {
    Scope {
        value: value.to_owned(),
        description: String::new(),
    }
}

/// Somebody at the dashboard.
pub fn admin() -> Actor {
    Actor {
        kind: ActorKind::Admin,
        id: "adm_1".to_owned(),
        name: "ada@example.com".to_owned(),
        ip: "192.0.2.1".to_owned(),
    }
}

/// Runs a test and clears up after it, also where it fails.
pub async fn run(house: House, test: impl Future<Output = ()> + Send + 'static) {
    let result = tokio::spawn(test).await;
    house.end().await;
    if let Err(error) = result {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Waits until `other` has noticed by itself all that `engine` has changed.
pub async fn caught_up(other: &Engine, engine: &Engine) {
    let revision = *engine.revisions().borrow();
    let mut revisions = other.revisions();
    let seen = tokio::time::timeout(Duration::from_secs(10), revisions.wait_for(|seen| *seen >= revision)).await;
    seen.expect("in time").unwrap();
}

fn config(database: &Database, data_dir: &TempDir, clock: &Arc<ManualClock>) -> Config {
    // No two engines draw the same numbers, or their ids would meet in one database.
    static SEED: AtomicU64 = AtomicU64::new(1);
    Config {
        database: database.clone(),
        data_dir: data_dir.path().to_owned(),
        master_key: MasterKey::InDataDir,
        issuer: Issuer::parse("https://auth.example.com/").unwrap(),
        dpop_nonce: false,
        guard_any_address: false,
        management_rate: Default::default(),
        clock: clock.clone(),
        chance: Chance::seeded(SEED.fetch_add(1, Ordering::Relaxed)),
    }
}

fn server_url() -> String {
    env::var(URL).unwrap_or_else(|_| {
        panic!("{URL} is not set: give the address of a PostgreSQL server whose user may create databases, or set {SQLITE_ONLY}=1")
    })
}

/// `postgres://user@host:port` of an address that may go on with a database.
fn server_without_database(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |slash| &url[..host + slash])
}

async fn on_server(statement: &str) {
    let mut connection = PgConnection::connect(&server_url()).await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
