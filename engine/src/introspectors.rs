//! Which clients may introspect the tokens of an API: nobody until an admin adds one.

use model::Invalid;
use model::api::Api;
use model::introspection::{INTROSPECTORS_MAX, Introspector};
use model::log::{Actor, LogEntry};
use sqlx::FromRow;

use crate::engine::Engine;
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, execute, on, storable};
use crate::{apis, clients};

impl Engine {
    /// The clients that may introspect the tokens of an API, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API; [`Error::Storage`].
    pub async fn introspectors(&self, api_id: &str) -> Result<Vec<Introspector>, Error> {
        let mut tx = self.0.store.read().await?;
        let api = apis::existing(&mut tx, api_id).await?;
        of_api(&mut tx, &api).await
    }

    /// Lets a client introspect the tokens of an API.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API; [`Error::Invalid`] on `client_id` if there is no such client or no room for one more;
    /// [`Error::Conflict`] on `client_id` if it may already; [`Error::System`] for the Management API; [`Error::Storage`].
    pub async fn add_introspector(&self, actor: &Actor, api_id: &str, client_id: &str) -> Result<Introspector, Error> {
        let client_id = client_id.trim();
        let mut change = self.change().await?;
        let api = apis::existing(&mut change, api_id).await?;
        if api.is_system {
            return Err(Error::System("Tokens of the Management API are checked by this server only."));
        }
        let client = match clients::existing(&mut change, client_id).await {
            Err(Error::NotFound(_)) => return Err(invalid("Enter the ID of a client; there is none with this one.").into()),
            client => client?,
        };
        if i64::try_from(of_api(&mut change, &api).await?.len()).unwrap_or(i64::MAX) >= INTROSPECTORS_MAX {
            return Err(invalid(format!("Remove a client first: an API has at most {INTROSPECTORS_MAX}.")).into());
        }
        execute!(
            change,
            sqlx::query("INSERT INTO introspectors (api_id, client_id) VALUES ($1, $2)")
                .bind(&api.id)
                .bind(client_id)
        )
        .map_err(|error| Error::taken(error, "client_id", "Choose another client: this one may already."))?;
        let introspector = Introspector {
            audience: api.identifier.clone(),
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
        };
        let entry = LogEntry {
            after: json(&introspector),
            ..self.grant_entry(
                actor,
                &client,
                &api,
                &[],
                format!("Client {} may introspect tokens of {}", client.name, api.name),
            )
        };
        self.finish(change, entry).await?;
        Ok(introspector)
    }

    /// No longer lets a client introspect the tokens of an API.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API, the client, or if it may not; [`Error::Storage`].
    pub async fn remove_introspector(&self, actor: &Actor, api_id: &str, client_id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let api = apis::existing(&mut change, api_id).await?;
        let client = clients::existing(&mut change, client_id).await?;
        let removed = execute!(
            change,
            sqlx::query("DELETE FROM introspectors WHERE api_id = $1 AND client_id = $2")
                .bind(&api.id)
                .bind(&client.client_id)
        )?;
        if removed == 0 {
            return Err(Error::NotFound("introspecting client"));
        }
        let before = Introspector {
            audience: api.identifier.clone(),
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
        };
        let description = format!("Client {} may no longer introspect tokens of {}", client.name, api.name);
        let entry = LogEntry {
            before: json(&before),
            ..self.grant_entry(actor, &client, &api, &[], description)
        };
        self.finish(change, entry).await
    }
}

async fn of_api(tx: &mut Tx, api: &Api) -> Result<Vec<Introspector>, Error> {
    storable(&api.id, "API")?;
    let rows: Vec<Row> = on!(tx, db => sqlx::query_as(
        "SELECT clients.client_id, clients.name FROM introspectors JOIN clients ON clients.client_id = introspectors.client_id \
         WHERE introspectors.api_id = $1 ORDER BY LOWER(clients.name), clients.client_id",
    )
    .bind(&api.id)
    .fetch_all(db)
    .await)?;
    let introspector = |row: Row| Introspector {
        audience: api.identifier.clone(),
        client_id: row.client_id,
        client_name: row.name,
    };
    Ok(rows.into_iter().map(introspector).collect())
}

fn invalid(message: impl Into<String>) -> Invalid {
    Invalid::new("client_id", message)
}

#[derive(FromRow)]
struct Row {
    client_id: String,
    name: String,
}
