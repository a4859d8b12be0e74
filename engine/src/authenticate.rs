//! Calls of clients about tokens that were issued: who calls, by the same proof as for a token.

use std::sync::Arc;

use model::log::{LogEntry, LogType};
use model::refusal::{Refusal, RefusedRequest};
use model::token::Credentials;

use crate::engine::Engine;
use crate::error::IssueError;
use crate::logs::{Caller, stranger};
use crate::snapshot::ClientEntry;
use crate::tokens::refused;

impl Engine {
    /// The client that calls, with a log entry that names it; a refusal is logged.
    ///
    /// # Errors
    /// [`IssueError::Refused`] if the client is not proven; [`IssueError::Failed`].
    pub(crate) async fn authenticate(&self, credentials: Option<&Credentials>, caller: &Caller) -> Result<(Arc<ClientEntry>, LogEntry), IssueError> {
        self.admit(credentials, caller)?;
        let client_id = credentials.map(|credentials| credentials.client_id.as_str());
        let mut entry = self.token_entry(&stranger("", &caller.ip), client_id, None, caller);
        let snapshot = self.0.snapshots.current();
        let mut proof = self.prove(&snapshot, credentials, &mut entry).await;
        if let Some(newer) = self.newer(&snapshot, &proof).await {
            proof = self.prove(&newer, credentials, &mut entry).await;
        }
        if proof.is_ok()
            && let Err(error) = self.spend(credentials, None).await
        {
            proof = Err(error);
        }
        self.note_attempt(credentials, &proof, &entry, LogType::CallRefused);
        match proof {
            Ok(client) => Ok((client, entry)),
            Err(IssueError::Refused(refusal)) => Err(self.refuse_entry(entry, credentials, refusal)),
            Err(error) => Err(error),
        }
    }

    /// Logs a refusal of a call about a token that the wire found before there was a call to answer.
    pub fn refuse_call(&self, refusal: &Refusal, client_id: Option<&str>, caller: &Caller) {
        let entry = self.token_entry(&stranger("", &caller.ip), client_id, None, caller);
        self.refuse_entry(entry, None, refusal.clone());
    }

    /// Logs a refusal of the call that `entry` is of.
    pub(crate) fn refuse_entry(&self, entry: LogEntry, credentials: Option<&Credentials>, refusal: Refusal) -> IssueError {
        let request = RefusedRequest {
            auth_method: credentials.and_then(Credentials::method),
            ..RefusedRequest::unread(refusal.clone())
        };
        self.queue_token_log(refused(entry, LogType::CallRefused, request));
        IssueError::Refused(refusal)
    }
}
