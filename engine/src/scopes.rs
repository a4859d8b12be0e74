//! Scopes of an API: define, describe, remove.

use model::Invalid;
use model::api::Api;
use model::invalid::check_optional_text;
use model::log::{Actor, LogEntry};
use model::scope::{DESCRIPTION_MAX, SCOPES_MAX, Scope};

use crate::apis;
use crate::engine::{Change, Engine};
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, execute, on};

/// The most names of clients that are listed before a scope is removed.
const HOLDERS_MAX: i64 = 100;

impl Engine {
    /// Defines one more scope, after the others; no grant holds it yet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API; [`Error::Invalid`]; [`Error::Conflict`] on `value` if the API defines it;
    /// [`Error::System`] for the Management API; [`Error::Storage`].
    pub async fn add_scope(&self, actor: &Actor, api_id: &str, scope: Scope) -> Result<Api, Error> {
        let scope = scope.trimmed();
        scope.check()?;
        let (mut change, before) = self.change_scopes(api_id).await?;
        if before.scopes.len() >= SCOPES_MAX {
            return Err(Invalid::new("value", format!("Remove a scope first: an API may define {SCOPES_MAX}.")).into());
        }
        execute!(
            change,
            sqlx::query(
                "INSERT INTO scopes (api_id, value, description, position) \
             VALUES ($1, $2, $3, (SELECT COALESCE(MAX(position), -1) + 1 FROM scopes WHERE api_id = $1))",
            )
            .bind(api_id)
            .bind(&scope.value)
            .bind(&scope.description)
        )
        .map_err(|error| Error::taken(error, "value", "Choose another scope: the API defines this one already."))?;
        let description = format!("Scope {} added to {}", scope.value, before.name);
        self.finish_scopes(actor, change, before, scope.value, description).await
    }

    /// Changes the description of a scope; nothing is logged where it does not differ.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API or the scope; [`Error::Invalid`]; [`Error::System`] for the Management API;
    /// [`Error::Storage`].
    pub async fn describe_scope(&self, actor: &Actor, api_id: &str, value: &str, description: &str) -> Result<Api, Error> {
        let description = description.trim();
        check_optional_text("description", "the description", description, DESCRIPTION_MAX)?;
        let (mut change, before) = self.change_scopes(api_id).await?;
        if before.scope(value).ok_or(Error::NotFound("scope"))?.description == description {
            return Ok(before);
        }
        execute!(
            change,
            sqlx::query("UPDATE scopes SET description = $3 WHERE api_id = $1 AND value = $2")
                .bind(api_id)
                .bind(value)
                .bind(description)
        )?;
        let description = format!("Description of scope {value} of {} changed", before.name);
        self.finish_scopes(actor, change, before, value.to_owned(), description).await
    }

    /// Removes a scope from an API and from every grant that holds it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API or the scope; [`Error::System`] for the Management API; [`Error::Storage`].
    pub async fn remove_scope(&self, actor: &Actor, api_id: &str, value: &str) -> Result<Api, Error> {
        let (mut change, before) = self.change_scopes(api_id).await?;
        before.scope(value).ok_or(Error::NotFound("scope"))?;
        let now = self.now();
        let grants = execute!(
            change,
            sqlx::query(
                "UPDATE grants SET updated_at = $3 \
             WHERE api_id = $1 AND id IN (SELECT grant_id FROM grant_scopes WHERE api_id = $1 AND value = $2)",
            )
            .bind(api_id)
            .bind(value)
            .bind(now)
        )?;
        // The database takes it out of the grants.
        execute!(
            change,
            sqlx::query("DELETE FROM scopes WHERE api_id = $1 AND value = $2")
                .bind(api_id)
                .bind(value)
        )?;
        let description = match grants {
            0 => format!("Scope {value} removed from {}", before.name),
            1 => format!("Scope {value} removed from {} and from 1 grant", before.name),
            _ => format!("Scope {value} removed from {} and from {grants} grants", before.name),
        };
        self.finish_scopes(actor, change, before, value.to_owned(), description).await
    }

    /// Names of the clients whose grants hold a scope, A to Z, at most 100.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the API or the scope; [`Error::Storage`].
    pub async fn scope_holders(&self, api_id: &str, value: &str) -> Result<Vec<String>, Error> {
        let mut tx = self.0.store.read().await?;
        apis::existing(&mut tx, api_id).await?.scope(value).ok_or(Error::NotFound("scope"))?;
        Ok(on!(&mut tx, db => sqlx::query_scalar(
            "SELECT clients.name FROM clients \
             JOIN grants ON grants.client_id = clients.client_id \
             LEFT JOIN grant_scopes ON grant_scopes.grant_id = grants.id AND grant_scopes.value = $2 \
             WHERE grants.api_id = $1 AND (grants.all_scopes OR grant_scopes.value IS NOT NULL) \
             ORDER BY LOWER(clients.name), clients.client_id LIMIT $3",
        )
        .bind(api_id)
        .bind(value)
        .bind(HOLDERS_MAX)
        .fetch_all(db)
        .await)?)
    }

    /// Begins a change of the scopes of an API that allows it.
    async fn change_scopes(&self, api_id: &str) -> Result<(Change, Api), Error> {
        let mut change = self.change().await?;
        let api = apis::existing(&mut change, api_id).await?;
        if api.is_system {
            return Err(Error::System(
                "The scopes of the Management API are part of Tessera and can't be changed.",
            ));
        }
        Ok((change, api))
    }

    async fn finish_scopes(&self, actor: &Actor, mut change: Change, before: Api, scope: String, description: String) -> Result<Api, Error> {
        apis::touch(&mut change, &before.id, self.now()).await?;
        let after = apis::existing(&mut change, &before.id).await?;
        let entry = LogEntry {
            scope,
            before: json(&before),
            after: json(&after),
            ..self.api_entry(actor, &after, description)
        };
        self.finish(change, entry).await?;
        Ok(after)
    }
}

/// Makes the scopes of an API those of `after`, which `before` has not: what is left out goes from every grant, what stays keeps its grants.
pub(crate) async fn replace(tx: &mut Tx, before: &Api, after: &Api) -> Result<(), Error> {
    for scope in before.scopes.iter().filter(|scope| after.scope(&scope.value).is_none()) {
        // The database takes it out of the grants.
        execute!(
            tx,
            sqlx::query("DELETE FROM scopes WHERE api_id = $1 AND value = $2")
                .bind(&after.id)
                .bind(&scope.value)
        )?;
    }
    for (position, scope) in (0_i64..).zip(&after.scopes) {
        execute!(
            tx,
            sqlx::query(
                "INSERT INTO scopes (api_id, value, description, position) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (api_id, value) DO UPDATE SET description = excluded.description, position = excluded.position"
            )
            .bind(&after.id)
            .bind(&scope.value)
            .bind(&scope.description)
            .bind(position)
        )?;
    }
    Ok(())
}
