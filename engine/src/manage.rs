//! Calls of the Management API: who makes them, what they may do, and how many they may make.

use model::log::{Actor, ActorKind};
use thiserror::Error as ThisError;

use crate::engine::Engine;
use crate::error::Error;
use crate::throttle::Allowance;
use crate::verify::Unverified;

/// A client that calls the Management API with a token of its own.
#[derive(Clone, Debug)]
pub struct Manager {
    /// As log entries name it.
    pub actor: Actor,
    /// What it may do: the scopes of its token that its grant still holds.
    pub scopes: Vec<String>,
}

impl Manager {
    /// Whether one of these scopes is among its own.
    #[must_use]
    pub fn holds_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.iter().any(|held| held == scope))
    }
}

/// Why a token opens nothing of the Management API.
#[derive(Debug, ThisError)]
pub enum ManageError {
    /// It does not hold, or is for another API.
    #[error(transparent)]
    Unverified(Unverified),
    /// It was revoked, or its client cut off or deleted.
    #[error("the token was taken back")]
    TakenBack,
    /// It is bound to a key (RFC 9449 §7), which this API asks no proof of.
    #[error("the token is bound to a key")]
    Bound,
    /// That could not be found out.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Engine {
    /// Who calls the Management API with this token, from the address `ip`.
    ///
    /// A grant that was taken away or made smaller counts at once, and so does whatever ends a token; only the signature is checked from memory.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn manager(&self, token: &str, ip: &str) -> Result<Manager, ManageError> {
        let system = model::api::system_identifier(self.issuer());
        let verified = self.look_up(token).await.map_err(ManageError::Unverified)?;
        if verified.claims.text("aud") != Some(&system) {
            return Err(ManageError::Unverified(Unverified::UnknownAudience));
        }
        if verified.claims.get("cnf").is_some() {
            return Err(ManageError::Bound);
        }
        let standing = self.standing(&verified, "").await?;
        let client = self
            .0
            .snapshots
            .client(&self.0.store, &self.0.snapshots.current(), &verified.client_id)
            .await?;
        let client = client.ok_or(ManageError::TakenBack)?;
        if standing.denied || standing.valid_from.is_none_or(|from| verified.issued_at < from) {
            return Err(ManageError::TakenBack);
        }
        let granted = client.grant(&system).map(|grant| grant.scope.as_slice()).unwrap_or_default();
        let said = verified.claims.text("scope").map(model::scope::split).unwrap_or_default();
        Ok(Manager {
            scopes: said.into_iter().filter(|scope| granted.contains(scope)).collect(),
            actor: Actor {
                kind: ActorKind::Client,
                id: verified.client_id,
                name: client.client.name.clone(),
                ip: ip.to_owned(),
            },
        })
    }

    /// Takes one call of the Management API from what a client has.
    ///
    /// # Errors
    /// The same, with the time to wait, if there is none.
    pub fn take_call(&self, client_id: &str) -> Result<Allowance, Allowance> {
        self.0.calls.take(client_id)
    }
}
