//! Introspection (RFC 7662): what a token is worth now. Unlike an API that verifies by itself, this sees what was taken back.
//!
//! The token is checked in memory; one query then asks the database for what must not be a moment old: whether the caller may ask, and
//! whether the token was denied, its client cut off or deleted.

use model::dpop::{Confirmation, TOKEN_TYPE};
use model::introspection::Introspection;
use model::log::{LogEntry, LogType};
use model::refusal::{NOT_INTROSPECTOR, Refusal};
use model::time::Timestamp;
use model::token::Credentials;

use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::issued::Issued;
use crate::logs::Caller;
use crate::store::on;

impl Engine {
    /// Says what a token is worth, to a client that its API chose (RFC 7662 §2.2). To any other client every token is inactive; the log
    /// then tells the admin why, as the caller is not told.
    ///
    /// # Errors
    /// [`IssueError::Refused`] if the client does not prove who it is or sends no token; [`IssueError::Failed`].
    pub async fn introspect(&self, credentials: Option<&Credentials>, token: Option<&str>, caller: &Caller) -> Result<Introspection, IssueError> {
        let (client, entry) = self.authenticate(credentials, caller).await?;
        let Some(token) = token else {
            return Err(self.refuse_entry(entry, credentials, Refusal::TokenMissing));
        };
        let Some(issued) = self.issued(token).await else {
            return Ok(Introspection::default());
        };
        let standing = self.standing(&issued, &client.client.client_id).await?;
        if !standing.may_introspect {
            self.queue_token_log(LogEntry {
                kind: LogType::CallRefused,
                reason: NOT_INTROSPECTOR.to_owned(),
                description: format!("{} may not introspect tokens of {}", client.client.name, issued.api_name),
                audience: issued.claims.text("aud").unwrap_or_default().to_owned(),
                ..entry
            });
            return Ok(Introspection::default());
        }
        let active = !standing.denied && standing.valid_from.is_some_and(|from| issued.issued_at >= from);
        Ok(if active { said(issued) } else { Introspection::default() })
    }

    pub(crate) async fn standing(&self, issued: &Issued, caller: &str) -> Result<Standing, Error> {
        let mut tx = self.0.store.read().await?;
        Ok(on!(&mut tx, db => sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM introspectors WHERE api_id = $1 AND client_id = $2) AS may_introspect, \
             EXISTS (SELECT 1 FROM denied_tokens WHERE client_id = $3 AND token = $4) AS denied, \
             (SELECT COALESCE(tokens_valid_from, 0) FROM clients WHERE client_id = $3) AS valid_from",
        )
        .bind(&issued.api_id)
        .bind(caller)
        .bind(&issued.client_id)
        .bind(&issued.name)
        .fetch_one(db)
        .await)?)
    }
}

/// What the database knows of a token and of whoever asks about it.
#[derive(sqlx::FromRow)]
pub(crate) struct Standing {
    may_introspect: bool,
    /// It is on the deny list.
    pub(crate) denied: bool,
    /// From when on the client's tokens count; nothing if there is no such client.
    pub(crate) valid_from: Option<Timestamp>,
}

/// All that is said of an active token.
fn said(issued: Issued) -> Introspection {
    let text = |name: &str| issued.claims.text(name).map(str::to_owned);
    let cnf = issued.claims.text_in("cnf", "jkt").map(|jkt| Confirmation { jkt: jkt.to_owned() });
    Introspection {
        active: true,
        iss: text("iss"),
        sub: text("sub"),
        aud: text("aud"),
        exp: Some(issued.expires_at),
        iat: Some(issued.issued_at),
        scope: text("scope"),
        token_type: Some(if cnf.is_some() { TOKEN_TYPE } else { "Bearer" }.to_owned()),
        jti: text("jti"),
        cnf,
        client_id: Some(issued.client_id),
    }
}
