//! APIs: create, list, change, delete; the Management API that is always there.

use std::collections::HashMap;

use model::api::{
    Api, ApiChanges, ApiSummary, CreatedApi, ID_LENGTH, NewApi, SYSTEM_NAME, SigningAlg, TOKEN_LIFETIME_DEFAULT, system_identifier, system_scopes,
};
use model::claims::CustomClaims;
use model::client::{self, Client, NewClient};
use model::grant::Grant;
use model::kept::Kept;
use model::log::{Actor, LogEntry, LogType};
use model::page::{ListQuery, Page, PageRequest, Slice, Window};
use model::scope::Scope;
use model::time::Timestamp;
use model::token::TokenDialect;
use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::engine::{Engine, Inner};
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, contains, execute, on, order_by, storable};
use crate::{clients, grants, keyring, scopes, signing_secrets, slices};

/// What is added to the name of an API to name its test client.
const TEST_CLIENT_SUFFIX: &str = " (Test Client)";

impl Engine {
    /// APIs in the asked-for order, the Management API among them, each with the number of clients that may use it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_apis(&self, query: &ListQuery) -> Result<Page<ApiSummary>, Error> {
        let page = PageRequest::new(query.page.page, query.page.per_page);
        let pattern = contains(&query.search);
        let order = order_by(query.sort, "id");
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => sqlx::query_scalar(
            r"SELECT COUNT(*) FROM apis WHERE LOWER(name) LIKE LOWER($1) ESCAPE '\' OR LOWER(identifier) LIKE LOWER($1) ESCAPE '\'",
        )
        .bind(&pattern)
        .fetch_one(db)
        .await)?;
        let rows: Vec<SummaryRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new(
                "SELECT apis.*, (SELECT COUNT(*) FROM grants WHERE grants.api_id = apis.id) AS clients \
                 FROM apis WHERE LOWER(name) LIKE LOWER(",
            );
            sql.push_bind(&pattern).push(r") ESCAPE '\' OR LOWER(identifier) LIKE LOWER(").push_bind(&pattern);
            sql.push(r") ESCAPE '\' ORDER BY ").push(&order);
            sql.push(" LIMIT ").push_bind(page.per_page).push(" OFFSET ").push_bind(page.offset());
            sql.build_query_as().fetch_all(db).await
        })?;
        let ids: Vec<&str> = rows.iter().map(|row| row.api.id.as_str()).collect();
        let mut scopes = Scopes::of(&mut tx, &ids).await?;
        let summary = |row: SummaryRow| {
            Ok::<_, Error>(ApiSummary {
                api: row.api.api(&mut scopes)?,
                clients: row.clients,
            })
        };
        Ok(Page {
            items: rows.into_iter().map(summary).collect::<Result<_, _>>()?,
            total,
            page: page.page,
            per_page: page.per_page,
            as_of: self.now(),
        })
    }

    /// APIs from the oldest on, as a program reads them; of `identifiers`, unless there are none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn apis_in(&self, identifiers: &[String], window: &Window) -> Result<Slice<Api>, Error> {
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM apis");
            push_identifiers(&mut sql, identifiers);
            sql.build_query_scalar().fetch_one(db).await
        })?;
        let rows: Vec<ApiRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT * FROM apis");
            push_identifiers(&mut sql, identifiers);
            slices::push_window(&mut sql, window, "created_at", "id");
            sql.build_query_as().fetch_all(db).await
        })?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut scopes = Scopes::of(&mut tx, &ids).await?;
        let apis = rows.into_iter().map(|row| row.api(&mut scopes)).collect::<Result<_, _>>()?;
        Ok(slices::cut(apis, total, window, |api: &Api| (api.created_at, api.id.clone())))
    }

    /// One API.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn api(&self, id: &str) -> Result<Api, Error> {
        existing(&mut self.0.store.read().await?, id).await
    }

    /// The API with this identifier, exact to the slash.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn api_by_identifier(&self, identifier: &str) -> Result<Api, Error> {
        existing_identifier(&mut self.0.store.read().await?, identifier).await
    }

    /// The API with this identifier, if its metadata is published (RFC 9728); from memory.
    #[must_use]
    pub fn published_api(&self, identifier: &str) -> Option<Api> {
        let snapshot = self.0.snapshots.current();
        let api = &snapshot.api(identifier)?.api;
        api.metadata_published.then(|| api.clone())
    }

    /// Makes an API, and a test client that is authorized with all its scopes if one is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Conflict`] on `identifier` if another API has it; [`Error::Storage`].
    pub async fn create_api(&self, actor: &Actor, new: NewApi) -> Result<CreatedApi, Error> {
        let mut new = new.trimmed();
        new.scopes = trimmed(new.scopes);
        new.check(&self.0.issuer)?;
        let with_test_client = new.test_client;
        let keys = keyring::prepare(&self.0.store, new.signing_alg).await?;
        let mut change = self.change().await?;
        keys.insert(&mut change, &self.0.vault, self.now()).await?;
        let api = insert(&mut change, &self.0, new, false).await?;
        let entry = LogEntry {
            after: json(&api),
            ..self.api_entry(actor, &api, format!("API {} created", api.name))
        };
        let mut test_client = None;
        if with_test_client {
            let client = self.create_test_client(&mut change, &api).await?;
            let grant = grants::insert(&mut change, &self.0, &client.client_id, &api, all_of(&api)).await?;
            change.also(LogEntry {
                after: json(&client),
                ..self.client_entry(actor, &client, format!("Client {} created", client.name))
            });
            change.also(LogEntry {
                after: json(&grant),
                ..self.grant_entry(actor, &client, &api, &grant.scope, grants::authorized(&client, &api, &grant.scope))
            });
            test_client = Some(client);
        }
        self.finish(change, entry).await?;
        Ok(CreatedApi { api, test_client })
    }

    /// Changes the given fields; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`]; [`Error::System`] if more than the token lifetime of the Management API
    /// would change; [`Error::Storage`].
    pub async fn update_api(&self, actor: &Actor, id: &str, changes: ApiChanges) -> Result<Api, Error> {
        let changes = ApiChanges {
            name: changes.name.map(|name| name.trim().to_owned()),
            scopes: changes.scopes.map(trimmed),
            ..changes
        };
        changes.check()?;
        let keys = match changes.signing_alg {
            Some(alg) => Some(keyring::prepare(&self.0.store, alg).await?),
            None => None,
        };
        let mut change = self.change().await?;
        let before = existing(&mut change, id).await?;
        let own_secret = changes.signing_secret.clone();
        let mut after = changes.apply(before.clone())?;
        if after == before && own_secret.is_none() {
            return Ok(before);
        }
        if before.is_system && fixed(&after) != fixed(&before) {
            return Err(Error::System(
                "The Management API keeps its name and the form of its tokens and publishes no metadata; only the lifetime of its tokens can change.",
            ));
        }
        if let Some(keys) = keys {
            keys.insert(&mut change, &self.0.vault, self.now()).await?;
        }
        after.updated_at = self.now();
        write(&mut change, &after).await?;
        if after.scopes != before.scopes {
            scopes::replace(&mut change, &before, &after).await?;
        }
        keyring::note_lifetime(&mut change, &after).await?;
        signing_secrets::ensure(&mut change, &self.0, &after).await?;
        if let Some(secret) = own_secret {
            signing_secrets::replace_all(&mut change, &self.0, &after, &secret).await?;
        }
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.api_entry(actor, &after, format!("API {} changed", after.name))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Deletes an API with its scopes and grants; its tokens stay valid until they expire.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::System`] for the Management API; [`Error::Storage`].
    pub async fn delete_api(&self, actor: &Actor, id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, id).await?;
        if before.is_system {
            return Err(Error::System("The Management API is part of Tessera and can't be deleted."));
        }
        execute!(change, sqlx::query("DELETE FROM apis WHERE id = $1").bind(id))?;
        let entry = LogEntry {
            before: json(&before),
            ..self.api_entry(actor, &before, format!("API {} deleted", before.name))
        };
        self.finish(change, entry).await
    }

    /// Gives the Management API the identifier that follows from the configured issuer, where it differs.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `identifier` if another API has it; [`Error::Storage`].
    pub async fn adopt_issuer(&self) -> Result<(), Error> {
        let mut change = self.change().await?;
        let before = system(&mut change).await?.ok_or(Error::NotFound("API"))?;
        let after = Api {
            identifier: system_identifier(&self.0.issuer),
            updated_at: self.now(),
            ..before.clone()
        };
        if after.identifier == before.identifier {
            return Ok(());
        }
        execute!(
            change,
            sqlx::query("UPDATE apis SET identifier = $2, updated_at = $3 WHERE id = $1")
                .bind(&after.id)
                .bind(&after.identifier)
                .bind(after.updated_at)
        )
        .map_err(identifier_taken)?;
        let description = format!("Identifier of {} changed to {}, after the issuer", after.name, after.identifier);
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.api_entry(&Actor::system(), &after, description)
        };
        self.finish(change, entry).await
    }

    /// Makes the Management API if it is not there yet.
    pub(crate) async fn ensure_system_api(&self) -> Result<(), Error> {
        if system(&mut self.0.store.read().await?).await?.is_some() {
            return Ok(());
        }
        let mut change = self.change().await?;
        // Another process may have been faster.
        if system(&mut change).await?.is_some() {
            return Ok(());
        }
        let new = NewApi {
            name: SYSTEM_NAME.to_owned(),
            identifier: system_identifier(&self.0.issuer),
            scopes: system_scopes(),
            ..NewApi::default()
        };
        let api = insert(&mut change, &self.0, new, true).await?;
        let entry = LogEntry {
            after: json(&api),
            ..self.api_entry(&Actor::system(), &api, format!("API {} created", api.name))
        };
        self.finish(change, entry).await
    }

    async fn create_test_client(&self, tx: &mut Tx, api: &Api) -> Result<Client, Error> {
        let room = client::NAME_MAX - TEST_CLIENT_SUFFIX.len();
        let name: String = api.name.chars().take(room).collect();
        let new = NewClient {
            name: format!("{}{TEST_CLIENT_SUFFIX}", name.trim_end()),
            ..NewClient::default()
        };
        clients::insert(tx, &self.0, new).await
    }

    /// A log entry about a change of `api`.
    pub(crate) fn api_entry(&self, actor: &Actor, api: &Api, description: String) -> LogEntry {
        LogEntry {
            audience: api.identifier.clone(),
            api_name: api.name.clone(),
            ..self.entry(actor, LogType::Changed, description)
        }
    }
}

/// What of the Management API can't change.
fn fixed(api: &Api) -> Api {
    Api {
        token_lifetime: 0,
        kept: Kept::default(),
        updated_at: 0,
        ..api.clone()
    }
}

fn push_identifiers<DB: Database>(sql: &mut QueryBuilder<DB>, identifiers: &[String])
where
    String: Type<DB> + for<'e> Encode<'e, DB>,
{
    sql.push(" WHERE 1 = 1");
    if identifiers.is_empty() {
        return;
    }
    sql.push(" AND identifier IN (");
    let mut list = sql.separated(", ");
    // PostgreSQL takes NUL in no text; no API has one in its identifier.
    for identifier in identifiers {
        list.push_bind(identifier.replace('\0', ""));
    }
    sql.push(")");
}

fn trimmed(scopes: Vec<Scope>) -> Vec<Scope> {
    scopes.into_iter().map(Scope::trimmed).collect()
}

/// The API with this id.
pub(crate) async fn existing(tx: &mut Tx, id: &str) -> Result<Api, Error> {
    storable(id, "API")?;
    let row = on!(tx, db => sqlx::query_as("SELECT * FROM apis WHERE id = $1").bind(id).fetch_optional(db).await)?;
    with_scopes(tx, row).await?.ok_or(Error::NotFound("API"))
}

/// The API with this identifier.
pub(crate) async fn existing_identifier(tx: &mut Tx, identifier: &str) -> Result<Api, Error> {
    storable(identifier, "API")?;
    let row = on!(tx, db => sqlx::query_as("SELECT * FROM apis WHERE identifier = $1").bind(identifier).fetch_optional(db).await)?;
    with_scopes(tx, row).await?.ok_or(Error::NotFound("API"))
}

/// All APIs by name, the Management API last.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Api>, Error> {
    let rows: Vec<ApiRow> = on!(tx, db => sqlx::query_as("SELECT * FROM apis ORDER BY is_system, LOWER(name), id").fetch_all(db).await)?;
    let scopes = on!(tx, db => sqlx::query_as("SELECT api_id, value, description FROM scopes ORDER BY position").fetch_all(db).await)?;
    let mut scopes = Scopes::new(scopes);
    rows.into_iter().map(|row| row.api(&mut scopes)).collect()
}

/// Notes that something of an API has changed.
pub(crate) async fn touch(tx: &mut Tx, id: &str, at: Timestamp) -> Result<(), Error> {
    execute!(tx, sqlx::query("UPDATE apis SET updated_at = $2 WHERE id = $1").bind(id).bind(at))?;
    Ok(())
}

/// A grant of all scopes that an API defines now.
fn all_of(api: &Api) -> Grant {
    Grant {
        scope: all_scopes(api),
        ..Grant::default()
    }
}

/// The values of all scopes of an API.
pub(crate) fn all_scopes(api: &Api) -> Vec<String> {
    api.scopes.iter().map(|scope| scope.value.clone()).collect()
}

/// Writes a new API, whose fields are already checked.
async fn insert(tx: &mut Tx, inner: &Inner, new: NewApi, is_system: bool) -> Result<Api, Error> {
    let now = inner.clock.now();
    let own_secret = new.set.signing_secret.clone();
    let api = Api {
        id: inner.chance.hex(ID_LENGTH),
        name: new.name,
        identifier: new.identifier,
        signing_alg: new.signing_alg,
        token_lifetime: new.token_lifetime.unwrap_or(TOKEN_LIFETIME_DEFAULT),
        token_dialect: new.token_dialect,
        custom_claims: CustomClaims::default(),
        scopes: new.scopes,
        is_system,
        metadata_published: false,
        dpop_required: new.dpop_required,
        kept: Kept::default(),
        created_at: now,
        updated_at: now,
    };
    let api = new.set.apply(api)?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO apis (id, name, identifier, signing_alg, token_lifetime, token_dialect, is_system, dpop_required, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        )
        .bind(&api.id)
        .bind(&api.name)
        .bind(&api.identifier)
        .bind(api.signing_alg.as_str())
        .bind(api.token_lifetime)
        .bind(api.token_dialect.as_str())
        .bind(api.is_system)
        .bind(api.dpop_required)
        .bind(now)
    )
    .map_err(identifier_taken)?;
    keyring::note_lifetime(tx, &api).await?;
    if !api.scopes.is_empty() {
        on!(tx, db => {
            let mut sql = QueryBuilder::new("INSERT INTO scopes (api_id, value, description, position) ");
            sql.push_values((0_i64..).zip(&api.scopes), |mut row, (position, scope)| {
                row.push_bind(&api.id).push_bind(&scope.value).push_bind(&scope.description).push_bind(position);
            });
            sql.build().execute(db).await.map(|done| done.rows_affected())
        })?;
    }
    write(tx, &api).await?;
    match own_secret {
        Some(secret) => signing_secrets::replace_all(tx, inner, &api, &secret).await?,
        None => signing_secrets::ensure(tx, inner, &api).await?,
    }
    Ok(api)
}

/// Writes all that may change of an API that is there, its scopes apart.
async fn write(tx: &mut Tx, api: &Api) -> Result<(), Error> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE apis SET name = $2, token_lifetime = $3, signing_alg = $4, token_dialect = $5, custom_claims = $6, metadata_published = $7, \
             dpop_required = $8, kept = $9, updated_at = $10 WHERE id = $1"
        )
        .bind(&api.id)
        .bind(&api.name)
        .bind(api.token_lifetime)
        .bind(api.signing_alg.as_str())
        .bind(api.token_dialect.as_str())
        .bind(json(&api.custom_claims))
        .bind(api.metadata_published)
        .bind(api.dpop_required)
        .bind(json(&api.kept))
        .bind(api.updated_at)
    )?;
    Ok(())
}

async fn system(tx: &mut Tx) -> Result<Option<Api>, Error> {
    let row = on!(tx, db => sqlx::query_as("SELECT * FROM apis WHERE is_system").fetch_optional(db).await)?;
    with_scopes(tx, row).await
}

async fn with_scopes(tx: &mut Tx, row: Option<ApiRow>) -> Result<Option<Api>, Error> {
    let Some(row) = row else { return Ok(None) };
    let mut scopes = Scopes::of(tx, &[row.id.as_str()]).await?;
    row.api(&mut scopes).map(Some)
}

fn identifier_taken(error: sqlx::Error) -> Error {
    Error::taken(error, "identifier", "Choose another identifier: an API with this one exists.")
}

/// Scopes by the id of their API, in order.
struct Scopes(HashMap<String, Vec<Scope>>);

impl Scopes {
    fn new(rows: Vec<ScopeRow>) -> Self {
        let mut scopes: HashMap<String, Vec<Scope>> = HashMap::new();
        for row in rows {
            scopes.entry(row.api_id).or_default().push(Scope {
                value: row.value,
                description: row.description,
            });
        }
        Self(scopes)
    }

    /// Those of a page of APIs.
    async fn of(tx: &mut Tx, ids: &[&str]) -> Result<Self, Error> {
        if ids.is_empty() {
            return Ok(Self::new(Vec::new()));
        }
        let rows = on!(tx, db => {
            let mut sql = QueryBuilder::new("SELECT api_id, value, description FROM scopes WHERE api_id IN (");
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            sql.push(") ORDER BY position");
            sql.build_query_as().fetch_all(db).await
        })?;
        Ok(Self::new(rows))
    }
}

#[derive(sqlx::FromRow)]
struct ApiRow {
    id: String,
    name: String,
    identifier: String,
    signing_alg: String,
    token_lifetime: i64,
    token_dialect: String,
    custom_claims: String,
    is_system: bool,
    metadata_published: bool,
    dpop_required: bool,
    kept: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ScopeRow {
    api_id: String,
    value: String,
    description: String,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    #[sqlx(flatten)]
    api: ApiRow,
    clients: i64,
}

impl ApiRow {
    fn api(self, scopes: &mut Scopes) -> Result<Api, Error> {
        Ok(Api {
            scopes: scopes.0.remove(&self.id).unwrap_or_default(),
            id: self.id,
            name: self.name,
            identifier: self.identifier,
            signing_alg: SigningAlg::parse(&self.signing_alg).ok_or(Error::Corrupt("apis.signing_alg"))?,
            token_lifetime: self.token_lifetime,
            token_dialect: TokenDialect::parse(&self.token_dialect).ok_or(Error::Corrupt("apis.token_dialect"))?,
            custom_claims: serde_json::from_str(&self.custom_claims).map_err(|_| Error::Corrupt("apis.custom_claims"))?,
            is_system: self.is_system,
            metadata_published: self.metadata_published,
            dpop_required: self.dpop_required,
            kept: serde_json::from_str(&self.kept).map_err(|_| Error::Corrupt("apis.kept"))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
