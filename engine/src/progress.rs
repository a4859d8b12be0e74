//! Progress: how far the documented steps have been taken, counted in the database.

use model::log::LogType;
use model::progress::Progress;

use crate::engine::Engine;
use crate::error::Error;
use crate::store::on;

/// Tokens are counted up to here: more is no more progress, and a log may be long.
const TOKENS_MAX: i64 = 1_000;

impl Engine {
    /// What there is so far, without the Management API; tokens are counted up to a thousand.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn progress(&self) -> Result<Progress, Error> {
        self.flush_logs().await;
        let mut tx = self.0.store.read().await?;
        let (clients, apis, scopes, grants, tokens) = on!(&mut tx, db => sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM clients), (SELECT COUNT(*) FROM apis WHERE NOT is_system), \
             (SELECT COUNT(*) FROM scopes JOIN apis ON apis.id = scopes.api_id WHERE NOT apis.is_system), \
             (SELECT COUNT(*) FROM grants JOIN apis ON apis.id = grants.api_id WHERE NOT apis.is_system), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM logs WHERE kind = $1 \
             AND audience IN (SELECT identifier FROM apis WHERE NOT is_system) LIMIT $2) AS issued)",
        )
        .bind(LogType::TokenIssued.code())
        .bind(TOKENS_MAX)
        .fetch_one(db)
        .await)?;
        let newest: Option<(String, String)> = on!(&mut tx, db => sqlx::query_as(
            "SELECT id, name FROM apis WHERE NOT is_system ORDER BY created_at DESC, id LIMIT 1",
        )
        .fetch_optional(db)
        .await)?;
        let (api_id, api_name) = newest.unzip();
        Ok(Progress {
            clients,
            apis,
            scopes,
            grants,
            tokens,
            api_id,
            api_name,
        })
    }
}
