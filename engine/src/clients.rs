//! Clients: create, list, change, delete.

use model::client::{AppType, AuthMethod, CLIENT_ID_LENGTH, Client, ClientChanges, ClientFilter, ClientSummary, NewClient};
use model::log::{Actor, LogEntry, LogType};
use model::page::{ListQuery, Page, PageRequest, Slice, Window};
use model::quota::{QuotaWindow, TokenQuota};
use model::time::{HOUR, Timestamp};
use model::usage::Counts;
use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::client_keys;
use crate::client_secrets::{self, NewSecret};
use crate::engine::{Engine, Inner};
use crate::error::Error;
use crate::logs::json;
use crate::slices;
use crate::store::{Tx, contains, execute, on, order_by, storable};

impl Engine {
    /// Clients in the asked-for order, each with the number of APIs that it is authorized for.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_clients(&self, query: &ListQuery) -> Result<Page<ClientSummary>, Error> {
        let page = PageRequest::new(query.page.page, query.page.per_page);
        let pattern = contains(&query.search);
        let order = order_by(query.sort, "client_id");
        let day_ago = QuotaWindow::Hour.start(self.now()) - 23 * HOUR;
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => sqlx::query_scalar(
            r"SELECT COUNT(*) FROM clients WHERE LOWER(name) LIKE LOWER($1) ESCAPE '\' OR LOWER(client_id) LIKE LOWER($1) ESCAPE '\'",
        )
        .bind(&pattern)
        .fetch_one(db)
        .await)?;
        let rows: Vec<SummaryRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new(
                "SELECT clients.*, (SELECT COUNT(*) FROM grants WHERE grants.client_id = clients.client_id) AS apis, ",
            );
            for count in ["issued", "avoidable", "refused"] {
                sql.push(format_args!("(SELECT CAST(COALESCE(SUM({count}), 0) AS BIGINT) FROM token_usage u WHERE u.client_id = clients.client_id AND u.hour >= "));
                sql.push_bind(day_ago).push(format_args!(") AS {count}{}", if count == "refused" { "" } else { ", " }));
            }
            sql.push(" FROM clients WHERE LOWER(name) LIKE LOWER(");
            sql.push_bind(&pattern).push(r") ESCAPE '\' OR LOWER(client_id) LIKE LOWER(").push_bind(&pattern);
            sql.push(r") ESCAPE '\' ORDER BY ").push(&order);
            sql.push(" LIMIT ").push_bind(page.per_page).push(" OFFSET ").push_bind(page.offset());
            sql.build_query_as().fetch_all(db).await
        })?;
        let summary = |row: SummaryRow| {
            Ok::<_, Error>(ClientSummary {
                client: row.client.client()?,
                apis: row.apis,
                last_24_hours: Counts {
                    issued: row.issued,
                    avoidable: row.avoidable,
                    refused: row.refused,
                },
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

    /// One client.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn client(&self, client_id: &str) -> Result<Client, Error> {
        existing(&mut self.0.store.read().await?, client_id).await
    }

    /// Makes a client, with a fresh id and secret unless they are brought along.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Conflict`] on `client_id` if another client has it; [`Error::Storage`].
    pub async fn create_client(&self, actor: &Actor, new: NewClient) -> Result<Client, Error> {
        let new = new.trimmed();
        new.check()?;
        let mut change = self.change().await?;
        let client = insert(&mut change, &self.0, new).await?;
        let entry = LogEntry {
            after: json(&client),
            ..self.client_entry(actor, &client, format!("Client {} created", client.name))
        };
        self.finish(change, entry).await?;
        Ok(client)
    }

    /// Changes the given fields; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] or [`Error::Storage`].
    pub async fn update_client(&self, actor: &Actor, client_id: &str, changes: ClientChanges) -> Result<Client, Error> {
        let changes = ClientChanges {
            name: changes.name.map(|name| name.trim().to_owned()),
            description: changes.description.map(|description| description.trim().to_owned()),
            ..changes
        };
        changes.check()?;
        let mut change = self.change().await?;
        let before = existing(&mut change, client_id).await?;
        let own_secret = changes.client_secret.clone();
        let keys_change = match &changes.keys {
            Some(ids) => client_keys::use_only(&mut change, client_id, ids).await?,
            None => false,
        };
        let mut after = changes.apply(before.clone())?;
        if after == before && own_secret.is_none() && !keys_change {
            return Ok(before);
        }
        after.updated_at = self.now();
        write(&mut change, &after).await?;
        if let Some(secret) = own_secret {
            client_secrets::replace_all(&mut change, &self.0, client_id, &secret).await?;
        }
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("Client {} changed", after.name))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Clients from the oldest on, as a program reads them.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn clients_in(&self, filter: &ClientFilter, window: &Window) -> Result<Slice<Client>, Error> {
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM clients");
            push_filter(&mut sql, filter);
            sql.build_query_scalar().fetch_one(db).await
        })?;
        let rows: Vec<ClientRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT * FROM clients");
            push_filter(&mut sql, filter);
            slices::push_window(&mut sql, window, "created_at", "client_id");
            sql.build_query_as().fetch_all(db).await
        })?;
        let clients = rows.into_iter().map(ClientRow::client).collect::<Result<_, _>>()?;
        Ok(slices::cut(clients, total, window, |client: &Client| {
            (client.created_at, client.client_id.clone())
        }))
    }

    /// Deletes a client with its grants; APIs that verify its tokens by themselves accept them until they expire.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn delete_client(&self, actor: &Actor, client_id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, client_id).await?;
        execute!(change, sqlx::query("DELETE FROM clients WHERE client_id = $1").bind(client_id))?;
        let entry = LogEntry {
            before: json(&before),
            ..self.client_entry(actor, &before, format!("Client {} deleted", before.name))
        };
        self.finish(change, entry).await
    }

    /// A log entry about a change of `client`.
    pub(crate) fn client_entry(&self, actor: &Actor, client: &Client, description: String) -> LogEntry {
        LogEntry {
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
            ..self.entry(actor, LogType::Changed, description)
        }
    }
}

/// Writes a new client with a first secret; its fields are already checked.
pub(crate) async fn insert(tx: &mut Tx, inner: &Inner, new: NewClient) -> Result<Client, Error> {
    let now = inner.clock.now();
    // A client that had this id may have been deleted: its tokens are not this one's. The present second ends with them.
    let tokens_valid_from = new.client_id.as_ref().map(|_| now + 1);
    let client = Client {
        client_id: new.client_id.unwrap_or_else(|| inner.chance.alphanumeric(CLIENT_ID_LENGTH)),
        tokens_valid_from,
        name: new.name,
        description: new.description,
        app_type: new.app_type,
        auth_methods: AuthMethod::DEFAULT.to_vec(),
        created_at: now,
        updated_at: now,
        ..Client::default()
    };
    let own_secret = new.set.client_secret.clone();
    let client = new.set.apply(client)?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO clients (client_id, name, description, app_type, client_metadata, tokens_valid_from, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        )
        .bind(&client.client_id)
        .bind(&client.name)
        .bind(&client.description)
        .bind(client.app_type.as_str())
        .bind(json(&client.client_metadata))
        .bind(client.tokens_valid_from)
        .bind(now)
    )
    .map_err(|error| Error::taken(error, "client_id", "Choose another client ID: a client with this one exists."))?;
    write(tx, &client).await?;
    match own_secret {
        Some(secret) => client_secrets::replace_all(tx, inner, &client.client_id, &secret).await?,
        None => client_secrets::insert(tx, inner, &client.client_id, NewSecret::default())
            .await
            .map(drop)?,
    }
    Ok(client)
}

/// Writes all that may change of a client that is there.
async fn write(tx: &mut Tx, client: &Client) -> Result<(), Error> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE clients SET name = $2, description = $3, app_type = $4, client_metadata = $5, token_lifetime = $6, custom_claims = $7, \
             auth_methods = $8, strict_assertions = $9, dpop_required = $10, quota_per_hour = $11, quota_per_day = $12, quota_enforced = $13, \
             barred = $14, third_party = $15, kept = $16, updated_at = $17 WHERE client_id = $1"
        )
        .bind(&client.client_id)
        .bind(&client.name)
        .bind(&client.description)
        .bind(client.app_type.as_str())
        .bind(json(&client.client_metadata))
        .bind(client.token_lifetime)
        .bind(json(&client.custom_claims))
        .bind(names(&client.auth_methods))
        .bind(client.strict_assertions)
        .bind(client.dpop_required)
        .bind(client.token_quota.per_hour)
        .bind(client.token_quota.per_day)
        .bind(client.token_quota.enforce)
        .bind(client.barred)
        .bind(client.third_party)
        .bind(json(&client.kept))
        .bind(client.updated_at)
    )?;
    Ok(())
}

fn push_filter<DB: Database>(sql: &mut QueryBuilder<DB>, filter: &ClientFilter)
where
    String: Type<DB> + for<'e> Encode<'e, DB>,
    bool: Type<DB> + for<'e> Encode<'e, DB>,
{
    sql.push(" WHERE 1 = 1");
    if !filter.app_types.is_empty() {
        sql.push(" AND app_type IN (");
        let mut list = sql.separated(", ");
        for app_type in &filter.app_types {
            list.push_bind(app_type.as_str().to_owned());
        }
        sql.push(")");
    }
    if let Some(third_party) = filter.third_party {
        sql.push(" AND third_party = ").push_bind(third_party);
    }
}

/// The client with this id.
pub(crate) async fn existing(tx: &mut Tx, client_id: &str) -> Result<Client, Error> {
    find(tx, client_id).await?.ok_or(Error::NotFound("client"))
}

/// The client with this id, if there is one.
pub(crate) async fn find(tx: &mut Tx, client_id: &str) -> Result<Option<Client>, Error> {
    row(tx, client_id).await?.map(ClientRow::client).transpose()
}

/// Notes that something of a client has changed.
pub(crate) async fn touch(tx: &mut Tx, client_id: &str, at: Timestamp) -> Result<(), Error> {
    execute!(
        tx,
        sqlx::query("UPDATE clients SET updated_at = $2 WHERE client_id = $1")
            .bind(client_id)
            .bind(at)
    )?;
    Ok(())
}

async fn row(tx: &mut Tx, client_id: &str) -> Result<Option<ClientRow>, Error> {
    if storable(client_id, "client").is_err() {
        return Ok(None);
    }
    Ok(on!(tx, db => sqlx::query_as("SELECT * FROM clients WHERE client_id = $1").bind(client_id).fetch_optional(db).await)?)
}

/// The methods as the database keeps them.
fn names(methods: &[AuthMethod]) -> String {
    methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
}

fn methods(names: &str) -> Option<Vec<AuthMethod>> {
    names.split_whitespace().map(AuthMethod::parse).collect()
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    client_id: String,
    name: String,
    description: String,
    app_type: String,
    client_metadata: String,
    auth_methods: String,
    strict_assertions: bool,
    dpop_required: bool,
    token_lifetime: Option<i64>,
    custom_claims: String,
    tokens_valid_from: Option<Timestamp>,
    quota_per_hour: Option<i64>,
    quota_per_day: Option<i64>,
    quota_enforced: bool,
    barred: bool,
    third_party: bool,
    kept: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    #[sqlx(flatten)]
    client: ClientRow,
    apis: i64,
    issued: i64,
    avoidable: i64,
    refused: i64,
}

impl ClientRow {
    fn client(self) -> Result<Client, Error> {
        Ok(Client {
            client_id: self.client_id,
            name: self.name,
            description: self.description,
            app_type: AppType::parse(&self.app_type).ok_or(Error::Corrupt("clients.app_type"))?,
            client_metadata: serde_json::from_str(&self.client_metadata).map_err(|_| Error::Corrupt("clients.client_metadata"))?,
            auth_methods: methods(&self.auth_methods).ok_or(Error::Corrupt("clients.auth_methods"))?,
            strict_assertions: self.strict_assertions,
            dpop_required: self.dpop_required,
            token_lifetime: self.token_lifetime,
            custom_claims: serde_json::from_str(&self.custom_claims).map_err(|_| Error::Corrupt("clients.custom_claims"))?,
            tokens_valid_from: self.tokens_valid_from,
            token_quota: TokenQuota {
                per_hour: self.quota_per_hour,
                per_day: self.quota_per_day,
                enforce: self.quota_enforced,
            },
            barred: self.barred,
            third_party: self.third_party,
            kept: serde_json::from_str(&self.kept).map_err(|_| Error::Corrupt("clients.kept"))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
