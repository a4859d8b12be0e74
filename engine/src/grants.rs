//! Grants: authorize a client for an API, change with which scopes, take the authorization away.

use std::collections::HashMap;

use model::Invalid;
use model::api::Api;
use model::client::Client;
use model::grant::{AccessQuery, ApiAccess, ClientAccess, Grant, GrantChanges, GrantFilter, NewGrant, ScopeChoice};
use model::kept::Kept;
use model::log::{Actor, LogEntry, LogType};
use model::page::{Page, PageRequest, Slice, Window};
use model::time::Timestamp;
use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::engine::{Change, Engine, Inner};
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, contains, execute, on, storable};
use crate::{apis, clients, slices};

/// Characters of the id of a grant after `cgr_`.
const ID_LENGTH: usize = 16;
/// The most scopes that a log description names one by one.
const NAMED_MAX: usize = 5;

impl Engine {
    /// Clients as an API sees them: the authorized ones first, then by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API; [`Error::Storage`].
    pub async fn clients_of_api(&self, api_id: &str, query: &AccessQuery) -> Result<Page<ClientAccess>, Error> {
        let page = PageRequest::new(query.page.page, query.page.per_page);
        let pattern = contains(&query.search);
        let mut tx = self.0.store.read().await?;
        let api = apis::existing(&mut tx, api_id).await?;
        let total = on!(&mut tx, db => sqlx::query_scalar(
            r"SELECT COUNT(*) FROM clients LEFT JOIN grants ON grants.client_id = clients.client_id AND grants.api_id = $1
            WHERE (grants.id IS NOT NULL OR NOT $2)
            AND (LOWER(clients.name) LIKE LOWER($3) ESCAPE '\' OR LOWER(clients.client_id) LIKE LOWER($3) ESCAPE '\')",
        )
        .bind(api_id)
        .bind(query.authorized_only)
        .bind(&pattern)
        .fetch_one(db)
        .await)?;
        let rows: Vec<AccessRow> = on!(&mut tx, db => sqlx::query_as(
            r"SELECT clients.client_id, clients.name AS client_name, grants.id AS grant_id, grants.all_scopes, grants.created_at, grants.updated_at
            FROM clients LEFT JOIN grants ON grants.client_id = clients.client_id AND grants.api_id = $1
            WHERE (grants.id IS NOT NULL OR NOT $2)
            AND (LOWER(clients.name) LIKE LOWER($3) ESCAPE '\' OR LOWER(clients.client_id) LIKE LOWER($3) ESCAPE '\')
            ORDER BY CASE WHEN grants.id IS NULL THEN 1 ELSE 0 END, LOWER(clients.name), clients.client_id LIMIT $4 OFFSET $5",
        )
        .bind(api_id)
        .bind(query.authorized_only)
        .bind(&pattern)
        .bind(page.per_page)
        .bind(page.offset())
        .fetch_all(db)
        .await)?;
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.grant_id.as_deref()).collect();
        let mut scopes = scopes_of(&mut tx, &ids).await?;
        Ok(Page {
            items: rows.into_iter().map(|row| row.access(&api, &mut scopes)).collect(),
            total,
            page: page.page,
            per_page: page.per_page,
            as_of: self.now(),
        })
    }

    /// All APIs as a client sees them: by name, the Management API last.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client; [`Error::Storage`].
    pub async fn apis_of_client(&self, client_id: &str) -> Result<Vec<ApiAccess>, Error> {
        let mut tx = self.0.store.read().await?;
        clients::existing(&mut tx, client_id).await?;
        let mut grants: HashMap<String, Grant> = of_client(&mut tx, client_id)
            .await?
            .into_iter()
            .map(|grant| (grant.audience.clone(), grant))
            .collect();
        let apis = apis::all(&mut tx).await?;
        let access = |api: Api| ApiAccess {
            grant: grants.remove(&api.identifier),
            api,
        };
        Ok(apis.into_iter().map(access).collect())
    }

    /// The grant that joins a client and an API, if they are joined.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn grant(&self, client_id: &str, audience: &str) -> Result<Option<Grant>, Error> {
        find(&mut self.0.store.read().await?, client_id, audience).await
    }

    /// Authorizes a client for an API.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client or the API; [`Error::Invalid`] on `scope` if the API does not define one;
    /// [`Error::Conflict`] on `audience` if the client is authorized already; [`Error::Storage`].
    pub async fn create_grant(&self, actor: &Actor, new: NewGrant) -> Result<Grant, Error> {
        let mut change = self.change().await?;
        let client = clients::existing(&mut change, &new.client_id).await?;
        let api = apis::existing_identifier(&mut change, &new.audience).await?;
        let kept = Kept::default().with(new.kept);
        kept.check()?;
        let all_scopes = new.scope == ScopeChoice::Always;
        let grant = Grant {
            scope: chosen(&api, new.scope)?,
            all_scopes,
            kept,
            ..Grant::default()
        };
        let grant = insert(&mut change, &self.0, &client.client_id, &api, grant).await?;
        let entry = LogEntry {
            after: json(&grant),
            ..self.grant_entry(actor, &client, &api, &grant.scope, authorized(&client, &api, &grant.scope))
        };
        self.finish(change, entry).await?;
        Ok(grant)
    }

    /// Grants from the oldest on, as a program reads them.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn grants_in(&self, filter: &GrantFilter, window: &Window) -> Result<Slice<Grant>, Error> {
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM grants JOIN apis ON apis.id = grants.api_id");
            push_filter(&mut sql, filter);
            sql.build_query_scalar().fetch_one(db).await
        })?;
        let rows: Vec<GrantRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new(SELECT);
            push_filter(&mut sql, filter);
            slices::push_window(&mut sql, window, "grants.created_at", "grants.id");
            sql.build_query_as().fetch_all(db).await
        })?;
        let grants = with_scopes(&mut tx, rows).await?;
        Ok(slices::cut(grants, total, window, |grant: &Grant| (grant.created_at, grant.id.clone())))
    }

    /// The grant with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn grant_by_id(&self, id: &str) -> Result<Grant, Error> {
        existing(&mut self.0.store.read().await?, id).await
    }

    /// Changes the scopes of a grant; nothing is logged where they do not differ.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client, the API or the grant; [`Error::Invalid`] on `scope` if the API does not define
    /// one; [`Error::Storage`].
    pub async fn update_grant(&self, actor: &Actor, client_id: &str, audience: &str, scope: Vec<String>) -> Result<Grant, Error> {
        let mut change = self.change().await?;
        let before = between(&mut change, client_id, audience).await?;
        let changes = GrantChanges {
            scope: Some(ScopeChoice::Some(scope)),
            ..GrantChanges::default()
        };
        self.write_grant(actor, change, before, changes).await
    }

    /// Changes a grant by its id; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `scope` if the API does not define one; [`Error::Storage`].
    pub async fn change_grant(&self, actor: &Actor, id: &str, changes: GrantChanges) -> Result<Grant, Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, id).await?;
        self.write_grant(actor, change, before, changes).await
    }

    async fn write_grant(&self, actor: &Actor, mut change: Change, before: Grant, changes: GrantChanges) -> Result<Grant, Error> {
        let client = clients::existing(&mut change, &before.client_id).await?;
        let api = apis::existing_identifier(&mut change, &before.audience).await?;
        let mut after = before.clone();
        if let Some(scope) = changes.scope {
            after.all_scopes = scope == ScopeChoice::Always;
            after.scope = chosen(&api, scope)?;
        }
        after.kept = after.kept.with(changes.kept);
        after.kept.check()?;
        if after == before {
            return Ok(before);
        }
        after.updated_at = self.now();
        execute!(
            change,
            sqlx::query("UPDATE grants SET all_scopes = $2, kept = $3, updated_at = $4 WHERE id = $1")
                .bind(&after.id)
                .bind(after.all_scopes)
                .bind(json(&after.kept))
                .bind(after.updated_at)
        )?;
        execute!(change, sqlx::query("DELETE FROM grant_scopes WHERE grant_id = $1").bind(&after.id))?;
        insert_scopes(&mut change, &after.id, &api.id, &after.scope).await?;
        let description = format!("Grant of {} for {} changed to {}", client.name, api.name, named(&after.scope));
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.grant_entry(actor, &client, &api, &after.scope, description)
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Takes a client's authorization for an API away; its tokens stay valid until they expire.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client, the API or the grant; [`Error::Storage`].
    pub async fn delete_grant(&self, actor: &Actor, client_id: &str, audience: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let before = between(&mut change, client_id, audience).await?;
        self.end_grant(actor, change, before).await
    }

    /// The same by the id of the grant.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn delete_grant_by_id(&self, actor: &Actor, id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, id).await?;
        self.end_grant(actor, change, before).await
    }

    async fn end_grant(&self, actor: &Actor, mut change: Change, before: Grant) -> Result<(), Error> {
        let client = clients::existing(&mut change, &before.client_id).await?;
        let api = apis::existing_identifier(&mut change, &before.audience).await?;
        execute!(change, sqlx::query("DELETE FROM grants WHERE id = $1").bind(&before.id))?;
        let description = format!("Client {} no longer authorized for {}", client.name, api.name);
        let entry = LogEntry {
            before: json(&before),
            ..self.grant_entry(actor, &client, &api, &before.scope, description)
        };
        self.finish(change, entry).await
    }

    /// A log entry about a change of the grant between `client` and `api`.
    pub(crate) fn grant_entry(&self, actor: &Actor, client: &Client, api: &Api, scope: &[String], description: String) -> LogEntry {
        LogEntry {
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
            audience: api.identifier.clone(),
            api_name: api.name.clone(),
            scope: scope.join(" "),
            ..self.entry(actor, LogType::Changed, description)
        }
    }
}

/// What the log says of a new grant.
pub(crate) fn authorized(client: &Client, api: &Api, scope: &[String]) -> String {
    format!("Client {} authorized for {} with {}", client.name, api.name, named(scope))
}

/// Writes a new grant between the two, with scopes that the API defines.
pub(crate) async fn insert(tx: &mut Tx, inner: &Inner, client_id: &str, api: &Api, grant: Grant) -> Result<Grant, Error> {
    let now = inner.clock.now();
    let grant = Grant {
        id: format!("cgr_{}", inner.chance.alphanumeric(ID_LENGTH)),
        client_id: client_id.to_owned(),
        audience: api.identifier.clone(),
        created_at: now,
        updated_at: now,
        ..grant
    };
    execute!(
        tx,
        sqlx::query("INSERT INTO grants (id, client_id, api_id, all_scopes, kept, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)")
            .bind(&grant.id)
            .bind(client_id)
            .bind(&api.id)
            .bind(grant.all_scopes)
            .bind(json(&grant.kept))
            .bind(now)
    )
    .map_err(|error| {
        Error::taken(
            error,
            "audience",
            "The client is authorized for this API already; change its scopes instead.",
        )
    })?;
    insert_scopes(tx, &grant.id, &api.id, &grant.scope).await?;
    Ok(grant)
}

/// The columns of a [`GrantRow`].
const SELECT: &str = "SELECT grants.id, grants.client_id, apis.identifier AS audience, grants.all_scopes, grants.kept, grants.created_at, \
    grants.updated_at FROM grants JOIN apis ON apis.id = grants.api_id";

/// All grants of a client.
pub(crate) async fn of_client(tx: &mut Tx, client_id: &str) -> Result<Vec<Grant>, Error> {
    let rows: Vec<GrantRow> = on!(tx, db => {
        let mut sql = QueryBuilder::new(SELECT);
        sql.push(" WHERE grants.client_id = ").push_bind(client_id);
        sql.build_query_as().fetch_all(db).await
    })?;
    with_scopes(tx, rows).await
}

/// The grant between the two, both of which must be there.
async fn between(tx: &mut Tx, client_id: &str, audience: &str) -> Result<Grant, Error> {
    clients::existing(tx, client_id).await?;
    apis::existing_identifier(tx, audience).await?;
    find(tx, client_id, audience).await?.ok_or(Error::NotFound("grant"))
}

async fn existing(tx: &mut Tx, id: &str) -> Result<Grant, Error> {
    storable(id, "grant")?;
    let row: Option<GrantRow> = on!(tx, db => {
        let mut sql = QueryBuilder::new(SELECT);
        sql.push(" WHERE grants.id = ").push_bind(id);
        sql.build_query_as().fetch_optional(db).await
    })?;
    with_scopes(tx, row.into_iter().collect()).await?.pop().ok_or(Error::NotFound("grant"))
}

async fn find(tx: &mut Tx, client_id: &str, audience: &str) -> Result<Option<Grant>, Error> {
    if storable(client_id, "client").is_err() || storable(audience, "API").is_err() {
        return Ok(None);
    }
    let row: Option<GrantRow> = on!(tx, db => {
        let mut sql = QueryBuilder::new(SELECT);
        sql.push(" WHERE grants.client_id = ").push_bind(client_id);
        sql.push(" AND apis.identifier = ").push_bind(audience);
        sql.build_query_as().fetch_optional(db).await
    })?;
    Ok(with_scopes(tx, row.into_iter().collect()).await?.pop())
}

fn push_filter<DB: Database>(sql: &mut QueryBuilder<DB>, filter: &GrantFilter)
where
    String: Type<DB> + for<'e> Encode<'e, DB>,
{
    sql.push(" WHERE 1 = 1");
    // PostgreSQL takes NUL in no text; no id and no identifier has one.
    if let Some(client_id) = &filter.client_id {
        sql.push(" AND grants.client_id = ").push_bind(client_id.replace('\0', ""));
    }
    if let Some(audience) = &filter.audience {
        sql.push(" AND apis.identifier = ").push_bind(audience.replace('\0', ""));
    }
}

async fn with_scopes(tx: &mut Tx, rows: Vec<GrantRow>) -> Result<Vec<Grant>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut scopes = scopes_of(tx, &ids).await?;
    rows.into_iter().map(|row| row.grant(&mut scopes)).collect()
}

/// The scopes of some grants by the id of the grant, in the order of the API.
async fn scopes_of(tx: &mut Tx, grant_ids: &[&str]) -> Result<HashMap<String, Vec<String>>, Error> {
    if grant_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = on!(tx, db => {
        let mut sql = QueryBuilder::new(
            "SELECT grants.id AS grant_id, scopes.value FROM grants JOIN scopes ON scopes.api_id = grants.api_id \
             LEFT JOIN grant_scopes ON grant_scopes.grant_id = grants.id AND grant_scopes.value = scopes.value \
             WHERE (grants.all_scopes OR grant_scopes.value IS NOT NULL) AND grants.id IN (",
        );
        let mut list = sql.separated(", ");
        for id in grant_ids {
            list.push_bind(*id);
        }
        sql.push(") ORDER BY scopes.position");
        sql.build_query_as().fetch_all(db).await
    })?;
    Ok(by_grant(rows))
}

fn by_grant(rows: Vec<ScopeRow>) -> HashMap<String, Vec<String>> {
    let mut scopes: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        scopes.entry(row.grant_id).or_default().push(row.value);
    }
    scopes
}

async fn insert_scopes(tx: &mut Tx, grant_id: &str, api_id: &str, scope: &[String]) -> Result<(), Error> {
    if scope.is_empty() {
        return Ok(());
    }
    on!(tx, db => {
        let mut sql = QueryBuilder::new("INSERT INTO grant_scopes (grant_id, api_id, value) ");
        sql.push_values(scope, |mut row, value| {
            row.push_bind(grant_id).push_bind(api_id).push_bind(value);
        });
        sql.build().execute(db).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// The scopes that a choice means now.
fn chosen(api: &Api, choice: ScopeChoice) -> Result<Vec<String>, Invalid> {
    match choice {
        ScopeChoice::All | ScopeChoice::Always => Ok(apis::all_scopes(api)),
        ScopeChoice::Some(values) => defined(api, &values),
    }
}

/// The asked-for scopes in the order of the API, each once; an error names those that it does not define.
fn defined(api: &Api, values: &[String]) -> Result<Vec<String>, Invalid> {
    let unknown: Vec<&str> = values.iter().map(String::as_str).filter(|value| api.scope(value).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Invalid::new(
            "scope",
            format!("Choose scopes that the API defines; it does not define: {}.", unknown.join(" ")),
        ));
    }
    Ok(apis::all_scopes(api).into_iter().filter(|defined| values.contains(defined)).collect())
}

/// Scopes in a sentence.
fn named(scope: &[String]) -> String {
    match scope.len() {
        0 => "no scopes".to_owned(),
        count if count > NAMED_MAX => format!("{count} scopes"),
        _ => scope.join(", "),
    }
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    client_id: String,
    audience: String,
    all_scopes: bool,
    kept: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ScopeRow {
    grant_id: String,
    value: String,
}

#[derive(sqlx::FromRow)]
struct AccessRow {
    client_id: String,
    client_name: String,
    grant_id: Option<String>,
    all_scopes: Option<bool>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl GrantRow {
    fn grant(self, scopes: &mut HashMap<String, Vec<String>>) -> Result<Grant, Error> {
        Ok(Grant {
            scope: scopes.remove(&self.id).unwrap_or_default(),
            id: self.id,
            client_id: self.client_id,
            audience: self.audience,
            all_scopes: self.all_scopes,
            kept: serde_json::from_str(&self.kept).map_err(|_| Error::Corrupt("grants.kept"))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

impl AccessRow {
    fn access(self, api: &Api, scopes: &mut HashMap<String, Vec<String>>) -> ClientAccess {
        let grant = self.grant_id.map(|id| Grant {
            scope: scopes.remove(&id).unwrap_or_default(),
            id,
            client_id: self.client_id.clone(),
            audience: api.identifier.clone(),
            all_scopes: self.all_scopes.unwrap_or_default(),
            created_at: self.created_at.unwrap_or_default(),
            updated_at: self.updated_at.unwrap_or_default(),
            ..Grant::default()
        });
        ClientAccess {
            client_id: self.client_id,
            client_name: self.client_name,
            grant,
        }
    }
}
