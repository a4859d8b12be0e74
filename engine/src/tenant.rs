//! Settings of the whole installation: Auth0's tenant settings. All of them are kept without effect.

use model::kept::Kept;
use model::log::{Actor, LogEntry, LogType};
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, execute, on};

impl Engine {
    /// The settings that were made.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn tenant_settings(&self) -> Result<Kept, Error> {
        existing(&mut self.0.store.read().await?).await
    }

    /// Changes the given settings, `null` takes one away; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::Invalid`] if they are too long in all; [`Error::Storage`].
    pub async fn update_tenant_settings(&self, actor: &Actor, changes: Map<String, Value>) -> Result<Kept, Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change).await?;
        let after = before.clone().with(changes);
        after.check()?;
        if after == before {
            return Ok(before);
        }
        execute!(
            change,
            sqlx::query("UPDATE tenant_settings SET settings = $1 WHERE id = 1").bind(json(&after))
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.entry(actor, LogType::Changed, "Tenant settings changed")
        };
        self.finish(change, entry).await?;
        Ok(after)
    }
}

async fn existing(tx: &mut Tx) -> Result<Kept, Error> {
    let text: String = on!(tx, db => sqlx::query_scalar("SELECT settings FROM tenant_settings WHERE id = 1").fetch_one(db).await)?;
    serde_json::from_str(&text).map_err(|_| Error::Corrupt("tenant_settings.settings"))
}
