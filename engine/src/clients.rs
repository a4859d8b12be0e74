//! Clients: create, list, change, delete; their secrets: show and rotate.

use std::collections::BTreeMap;

use model::client::{AppType, CLIENT_ID_LENGTH, CLIENT_SECRET_LENGTH, Client, ClientChanges, ClientSummary, NewClient};
use model::log::{Actor, LogEntry, LogType};
use model::page::{ListQuery, Page, PageRequest};
use model::secret::Secret;
use model::time::Timestamp;
use sqlx::QueryBuilder;

use crate::engine::{Engine, Inner};
use crate::error::{Error, VaultError};
use crate::logs::json;
use crate::store::{Tx, contains, execute, on, order_by, storable};
use crate::vault::mac_to_text;

impl Engine {
    /// Clients in the asked-for order, each with the number of APIs that it is authorized for.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_clients(&self, query: &ListQuery) -> Result<Page<ClientSummary>, Error> {
        let page = PageRequest::new(query.page.page, query.page.per_page);
        let pattern = contains(&query.search);
        let order = order_by(query.sort, "client_id");
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => sqlx::query_scalar(
            r"SELECT COUNT(*) FROM clients WHERE LOWER(name) LIKE LOWER($1) ESCAPE '\' OR LOWER(client_id) LIKE LOWER($1) ESCAPE '\'",
        )
        .bind(&pattern)
        .fetch_one(db)
        .await)?;
        let rows: Vec<SummaryRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new(
                "SELECT clients.*, (SELECT COUNT(*) FROM grants WHERE grants.client_id = clients.client_id) AS apis \
                 FROM clients WHERE LOWER(name) LIKE LOWER(",
            );
            sql.push_bind(&pattern).push(r") ESCAPE '\' OR LOWER(client_id) LIKE LOWER(").push_bind(&pattern);
            sql.push(r") ESCAPE '\' ORDER BY ").push(&order);
            sql.push(" LIMIT ").push_bind(page.per_page).push(" OFFSET ").push_bind(page.offset());
            sql.build_query_as().fetch_all(db).await
        })?;
        let summary = |row: SummaryRow| {
            Ok::<_, Error>(ClientSummary {
                client: row.client.client()?,
                apis: row.apis,
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

    /// Makes a client with a fresh id and secret.
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Storage`].
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
        let mut after = before.clone();
        after.name = changes.name.unwrap_or(after.name);
        after.description = changes.description.unwrap_or(after.description);
        after.client_metadata = changes.client_metadata.unwrap_or(after.client_metadata);
        if after == before {
            return Ok(before);
        }
        after.updated_at = self.now();
        execute!(
            change,
            sqlx::query("UPDATE clients SET name = $2, description = $3, client_metadata = $4, updated_at = $5 WHERE client_id = $1",)
                .bind(client_id)
                .bind(&after.name)
                .bind(&after.description)
                .bind(json(&after.client_metadata))
                .bind(after.updated_at)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("Client {} changed", after.name))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Shows a client's secret, and logs that it was shown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Vault`] or [`Error::Storage`].
    pub async fn reveal_client_secret(&self, actor: &Actor, client_id: &str) -> Result<Secret, Error> {
        let mut tx = self.0.store.read().await?;
        let client = existing(&mut tx, client_id).await?;
        let sealed: String = on!(&mut tx, db => sqlx::query_scalar("SELECT sealed_secret FROM clients WHERE client_id = $1")
            .bind(client_id)
            .fetch_one(db)
            .await)?;
        drop(tx);
        let secret = self.0.vault.open_text(&place(client_id), &sealed)?;
        let entry = LogEntry {
            kind: LogType::SecretShown,
            ..self.client_entry(actor, &client, format!("Client secret of {} shown", client.name))
        };
        self.write_log(entry).await?;
        Ok(secret)
    }

    /// Gives a client a new secret; the old one is refused at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Vault`] or [`Error::Storage`].
    pub async fn rotate_client_secret(&self, actor: &Actor, client_id: &str) -> Result<Secret, Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, client_id).await?;
        let after = Client {
            updated_at: self.now(),
            ..before.clone()
        };
        let secret = NewSecret::make(&self.0, client_id)?;
        execute!(
            change,
            sqlx::query("UPDATE clients SET sealed_secret = $2, secret_mac = $3, updated_at = $4 WHERE client_id = $1")
                .bind(client_id)
                .bind(&secret.sealed)
                .bind(&secret.mac)
                .bind(after.updated_at)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("Client secret of {} rotated", after.name))
        };
        self.finish(change, entry).await?;
        Ok(secret.plain)
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

/// Writes a new client, whose fields are already checked.
pub(crate) async fn insert(tx: &mut Tx, inner: &Inner, new: NewClient) -> Result<Client, Error> {
    let now = inner.clock.now();
    let client = Client {
        client_id: inner.chance.alphanumeric(CLIENT_ID_LENGTH),
        name: new.name,
        description: new.description,
        app_type: new.app_type,
        client_metadata: BTreeMap::new(),
        tokens_valid_from: None,
        created_at: now,
        updated_at: now,
    };
    let secret = NewSecret::make(inner, &client.client_id)?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO clients (client_id, name, description, app_type, client_metadata, sealed_secret, secret_mac, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(&client.client_id)
        .bind(&client.name)
        .bind(&client.description)
        .bind(app_type_name(client.app_type))
        .bind(json(&client.client_metadata))
        .bind(&secret.sealed)
        .bind(&secret.mac)
        .bind(now)
    )?;
    Ok(client)
}

/// The client with this id.
pub(crate) async fn existing(tx: &mut Tx, client_id: &str) -> Result<Client, Error> {
    row(tx, client_id).await?.ok_or(Error::NotFound("client"))?.client()
}

/// The client with this id and the keyed hash of its secret in base64url, for the token path.
pub(crate) async fn with_secret_mac(tx: &mut Tx, client_id: &str) -> Result<Option<(Client, String)>, Error> {
    let Some(row) = row(tx, client_id).await? else { return Ok(None) };
    let mac = row.secret_mac.clone();
    Ok(Some((row.client()?, mac)))
}

async fn row(tx: &mut Tx, client_id: &str) -> Result<Option<ClientRow>, Error> {
    if storable(client_id, "client").is_err() {
        return Ok(None);
    }
    Ok(on!(tx, db => sqlx::query_as("SELECT * FROM clients WHERE client_id = $1").bind(client_id).fetch_optional(db).await)?)
}

/// A secret in the three forms that are needed: to show once, to keep, to check.
struct NewSecret {
    plain: Secret,
    sealed: String,
    mac: String,
}

impl NewSecret {
    fn make(inner: &Inner, client_id: &str) -> Result<Self, VaultError> {
        let plain = Secret::new(inner.chance.alphanumeric(CLIENT_SECRET_LENGTH));
        Ok(Self {
            sealed: inner.vault.seal_text(&place(client_id), &plain)?,
            mac: mac_to_text(&inner.vault.secret_mac(client_id, plain.reveal())),
            plain,
        })
    }
}

/// What a sealed client secret is bound to.
fn place(client_id: &str) -> String {
    format!("clients:sealed_secret:{client_id}")
}

fn app_type_name(app_type: AppType) -> &'static str {
    match app_type {
        AppType::NonInteractive => "non_interactive",
    }
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    client_id: String,
    name: String,
    description: String,
    app_type: String,
    client_metadata: String,
    secret_mac: String,
    tokens_valid_from: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    #[sqlx(flatten)]
    client: ClientRow,
    apis: i64,
}

impl ClientRow {
    fn client(self) -> Result<Client, Error> {
        if self.app_type != app_type_name(AppType::NonInteractive) {
            return Err(Error::Corrupt("clients.app_type"));
        }
        Ok(Client {
            client_id: self.client_id,
            name: self.name,
            description: self.description,
            app_type: AppType::NonInteractive,
            client_metadata: serde_json::from_str(&self.client_metadata).map_err(|_| Error::Corrupt("clients.client_metadata"))?,
            tokens_valid_from: self.tokens_valid_from,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
