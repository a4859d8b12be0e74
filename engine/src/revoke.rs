//! Taking back: a client revokes one token (RFC 7009), an admin cuts a client off.
//!
//! Neither reaches an API that verifies tokens by itself: it accepts them until they expire. Introspection knows both at once.

use model::client::Client;
use model::log::{Actor, LogEntry, LogType};
use model::refusal::Refusal;
use model::time::{MINUTE, Timestamp};
use model::token::Credentials;

use crate::clients;
use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::issued::Issued;
use crate::logs::{self, Caller, json, shown};
use crate::store::{execute, on};
use crate::tokens::SCOPE_SHOWN;

/// The most denied tokens that are kept of one client.
pub const DENIED_MAX: i64 = 10_000;
/// How long a denied token is kept after it has expired: the clocks of two servers on one database may differ by less.
const KEPT_AFTER_EXPIRY: i64 = 5 * MINUTE;

impl Engine {
    /// Denies a token of the client itself. Any other text is no error: whoever calls learns nothing of it, and nothing is kept (RFC 7009
    /// §2.2). Asking again changes nothing.
    ///
    /// # Errors
    /// [`IssueError::Refused`] if the client does not prove who it is, sends no token, or has too many denied ones; [`IssueError::Failed`].
    pub async fn revoke(&self, credentials: Option<&Credentials>, token: Option<&str>, caller: &Caller) -> Result<(), IssueError> {
        let (client, entry) = self.authenticate(credentials, caller).await?;
        let Some(token) = token else {
            return Err(self.refuse_entry(entry, credentials, Refusal::TokenMissing));
        };
        // Only what this server signed comes into the list, or whoever has a client could fill it.
        match self.issued(token).await.filter(|issued| issued.client_id == client.client.client_id) {
            Some(issued) => self.deny(&issued, credentials, entry).await,
            None => Ok(()),
        }
    }

    /// Cuts a client off: none of the tokens that it has now is active any more. New ones are.
    ///
    /// Tokens know whole seconds only. All tokens of the present second go, and those that are issued in what is left of it are given the
    /// next one (see [`model::token::decide`]), so that none is dead on arrival.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn revoke_client_tokens(&self, actor: &Actor, client_id: &str) -> Result<Client, Error> {
        let mut change = self.change().await?;
        let before = clients::existing(&mut change, client_id).await?;
        let now = self.now();
        // Never earlier than before: the clock of another server may be ahead.
        let from = before.tokens_valid_from.map_or(now + 1, |earlier| earlier.max(now + 1));
        let after = Client {
            tokens_valid_from: Some(from),
            updated_at: now,
            ..before.clone()
        };
        execute!(
            change,
            sqlx::query("UPDATE clients SET tokens_valid_from = $2, updated_at = $3 WHERE client_id = $1")
                .bind(client_id)
                .bind(from)
                .bind(now)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("All tokens of {} revoked", after.name))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// No change of the configuration: introspection asks the list itself, so no revision is raised and nobody reads anything anew.
    async fn deny(&self, issued: &Issued, credentials: Option<&Credentials>, entry: LogEntry) -> Result<(), IssueError> {
        self.sweep_denied(self.now()).await;
        let mut tx = self.0.store.write().await.map_err(IssueError::Failed)?;
        let added = execute!(
            &mut tx,
            sqlx::query("INSERT INTO denied_tokens (client_id, token, expires_at) VALUES ($1, $2, $3) ON CONFLICT (client_id, token) DO NOTHING")
                .bind(&issued.client_id)
                .bind(&issued.name)
                .bind(issued.expires_at)
        )
        .map_err(Error::from)?;
        if added == 0 {
            return Ok(());
        }
        let (audience, scope) = (issued.claims.text("aud").unwrap_or_default(), issued.claims.text("scope"));
        self.0.usage.forget(&issued.client_id, audience, scope);
        let count: i64 = on!(&mut tx, db => sqlx::query_scalar("SELECT COUNT(*) FROM denied_tokens WHERE client_id = $1")
            .bind(&issued.client_id)
            .fetch_one(db)
            .await)
        .map_err(Error::from)?;
        if count > DENIED_MAX {
            return Err(self.refuse_entry(entry, credentials, Refusal::TooManyRevoked(issued.client_id.clone())));
        }
        let entry = LogEntry {
            kind: LogType::TokenRevoked,
            description: format!("Token of {} for {} revoked", entry.client_name, issued.api_name),
            audience: issued.claims.text("aud").unwrap_or_default().to_owned(),
            api_name: issued.api_name.clone(),
            scope: shown(issued.claims.text("scope").unwrap_or_default(), SCOPE_SHOWN),
            ..entry
        };
        logs::insert(&mut tx, &[entry]).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets denied tokens that nobody accepts any more. Others may do so at the same time, so a failure is no reason to refuse anything.
    async fn sweep_denied(&self, now: Timestamp) {
        let swept = async {
            let mut tx = self.0.store.write().await?;
            execute!(
                &mut tx,
                sqlx::query("DELETE FROM denied_tokens WHERE expires_at <= $1").bind(now - KEPT_AFTER_EXPIRY)
            )?;
            tx.commit().await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "expired tokens stay on the deny list for now");
        }
    }
}
