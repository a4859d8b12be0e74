//! Tokens: from a request to a signed answer, or to the reason why there is none; both are logged.
//!
//! All reads come from memory and the log entry is queued, so that the signature is nearly all the work there is.

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::hmac;
use model::api::IDENTIFIER_MAX;
use model::assertion::Flaw;
use model::client::AuthMethod;
use model::client_secret::{self, LastUse};
use model::dpop;
use model::log::{Actor, ActorKind, LogEntry, LogType};
use model::refusal::{Refusal, RefusedRequest};
use model::secret::Secret;
use model::token::{self, Claims, Credentials, TokenRequest, TokenResponse};

use crate::assertions;
use crate::dpop::{Proven, nobodys_key};
use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::jose;
use crate::logs::{Caller, TEXT_MAX, USER_AGENT_MAX, shown, stranger};
use crate::signer::SignError;
use crate::snapshot::{ApiEntry, ClientEntry, Snapshot};
use crate::usage::Room;

/// The most characters of a client id that the log shows: what strangers send is cut.
pub(crate) const CLIENT_ID_SHOWN: usize = 100;
/// The most characters of scopes that the log shows.
pub(crate) const SCOPE_SHOWN: usize = 2_000;
/// The most characters of a `grant_type` that the log shows.
const GRANT_TYPE_SHOWN: usize = 100;
/// Characters of a `jti`: 131 bits.
const JTI_LENGTH: usize = 22;
/// What every secret is compared with, that of an unknown client too: no secret has this hash.
const NO_MAC: [u8; 32] = [0; 32];

/// A token that a client has asked for, before it is counted.
pub(crate) struct Answered<'a> {
    /// What it gets.
    pub(crate) token: TokenResponse,
    /// The client, proven.
    pub(crate) client: Arc<ClientEntry>,
    /// Its place in the quota.
    pub(crate) room: Room<'a>,
}

impl Engine {
    /// Answers a token request (RFC 6749 §4.4).
    ///
    /// The grant type is checked first, then who asks, and only then for what: a stranger learns nothing about APIs.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue(&self, credentials: Option<Credentials>, request: TokenRequest, caller: &Caller) -> Result<TokenResponse, IssueError> {
        self.admit(credentials.as_ref(), caller)?;
        let client_id = credentials.as_ref().map(|credentials| credentials.client_id.as_str());
        let mut entry = self.token_entry(&stranger("", &caller.ip), client_id, request.audience.as_deref(), caller);
        let snapshot = self.0.snapshots.current();
        let mut answer = self.answer(&snapshot, credentials.as_ref(), &request, &mut entry).await;
        if let Some(newer) = self.newer(&snapshot, &answer).await {
            answer = self.answer(&newer, credentials.as_ref(), &request, &mut entry).await;
        }
        let answer = match answer {
            Ok((answered, proven)) => match self.spend(credentials.as_ref(), proven).await {
                Ok(()) => Ok(self.count(answered, &request, entry.date).await),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.note_attempt(credentials.as_ref(), &answer, &entry, LogType::TokenRefused);
        self.record(entry, credentials.as_ref().and_then(Credentials::method), &request, &answer);
        answer
    }

    /// A token for a client without its secret, by the same rules; the log names `actor`. It is for looking at: where it must be bound to a
    /// key, it is bound to one that is thrown away, so nobody can use it at an API that checks that.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue_for(&self, actor: &Actor, client_id: &str, request: TokenRequest) -> Result<TokenResponse, IssueError> {
        self.issue_within(actor, client_id, request, None).await
    }

    /// The same for one purpose: the token lives at most `lifetime` seconds, and carries the scopes that the request names, none if it names
    /// none.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue_briefly(&self, actor: &Actor, client_id: &str, request: TokenRequest, lifetime: i64) -> Result<TokenResponse, IssueError> {
        self.issue_within(actor, client_id, request, Some(lifetime)).await
    }

    async fn issue_within(&self, actor: &Actor, client_id: &str, request: TokenRequest, most: Option<i64>) -> Result<TokenResponse, IssueError> {
        let mut entry = self.token_entry(actor, Some(client_id), request.audience.as_deref(), &Caller::default());
        let snapshot = self.0.snapshots.current();
        let mut answer = self.answer_for(&snapshot, client_id, &request, most, &mut entry).await;
        if let Some(newer) = self.newer(&snapshot, &answer).await {
            answer = self.answer_for(&newer, client_id, &request, most, &mut entry).await;
        }
        self.record(entry, None, &request, &answer);
        answer
    }

    /// Decides by what `snapshot` knows.
    async fn answer(
        &self,
        snapshot: &Snapshot,
        credentials: Option<&Credentials>,
        request: &TokenRequest,
        entry: &mut LogEntry,
    ) -> Result<(Answered<'_>, Option<Proven>), IssueError> {
        token::check_grant_type(request)?;
        let client = self.prove(snapshot, credentials, entry).await?;
        let proven = self.check_proof(credentials, entry.date)?;
        let jkt = proven.as_ref().map(|proven| proven.jkt.clone());
        let room = self.room_for(&client.client, entry.date).await?;
        let claims = self.decide(snapshot, &client, request, entry.date)?;
        let token = self.token(snapshot, &client, claims, jkt).await?;
        Ok((Answered { token, client, room }, proven))
    }

    /// The same for a client that need not prove itself; `most` makes the token brief.
    async fn answer_for(
        &self,
        snapshot: &Snapshot,
        client_id: &str,
        request: &TokenRequest,
        most: Option<i64>,
        entry: &mut LogEntry,
    ) -> Result<TokenResponse, IssueError> {
        token::check_grant_type(request)?;
        let client = self.0.snapshots.client(&self.0.store, snapshot, client_id).await?;
        let client = client.ok_or_else(|| unknown(client_id))?;
        entry.client_name.clone_from(&client.client.name);
        let api = token::audience(request).ok().and_then(|audience| snapshot.api(audience));
        let required = client.client.dpop_required || api.is_some_and(|api| api.api.dpop_required);
        let jkt = required.then(nobodys_key).transpose()?;
        let mut claims = self.decide(snapshot, &client, request, entry.date)?;
        if let Some(lifetime) = most {
            claims = claims.briefly(request, lifetime);
        }
        self.token(snapshot, &client, claims, jkt).await
    }

    /// What is known now, if `answer` is a refusal that it may change: a script that has just created something must not be
    /// refused it. Costs refusals a short query, as unknown clients do; what is granted costs nothing more.
    pub(crate) async fn newer<T>(&self, snapshot: &Snapshot, answer: &Result<T, IssueError>) -> Option<Arc<Snapshot>> {
        let Err(IssueError::Refused(
            Refusal::SecretWrong(_)
            | Refusal::SecretExpired { .. }
            | Refusal::AuthMethodNotAllowed { .. }
            | Refusal::AssertionFlawed {
                flaw: Flaw::Key | Flaw::Signature,
                ..
            }
            | Refusal::DpopFlawed(dpop::Flaw::RequiredByApi | dpop::Flaw::RequiredByClient)
            | Refusal::AudienceUnknown(_)
            | Refusal::NotAuthorized { .. }
            | Refusal::GrantTypeNotAllowed(_)
            | Refusal::ScopeNotGranted(_),
        )) = answer
        else {
            return None;
        };
        // What can't be read says nothing new; the watcher reports it.
        self.refresh().await.ok()?;
        let now = self.0.snapshots.current();
        (now.revision != snapshot.revision).then_some(now)
    }

    /// Logs a refusal that the wire found before there was a request to answer.
    pub fn refuse(&self, refusal: &Refusal, client_id: Option<&str>, audience: Option<&str>, caller: &Caller) {
        let entry = self.token_entry(&stranger("", &caller.ip), client_id, audience, caller);
        self.queue_token_log(refused(entry, LogType::TokenRefused, RefusedRequest::unread(refusal.clone())));
    }

    /// The client that the credentials are of (RFC 6749 §2.3.1); completes `entry` with it.
    pub(crate) async fn prove(
        &self,
        snapshot: &Snapshot,
        credentials: Option<&Credentials>,
        entry: &mut LogEntry,
    ) -> Result<Arc<ClientEntry>, IssueError> {
        let credentials = credentials
            .filter(|credentials| !credentials.client_id.is_empty())
            .ok_or(Refusal::ClientMissing)?;
        let client_id = credentials.client_id.as_str();
        let client = self.0.snapshots.client(&self.0.store, snapshot, client_id).await?;
        if let Some(client) = &client {
            entry.client_name.clone_from(&client.client.name);
        }
        let client = match &credentials.client_assertion {
            Some(assertion) => self.prove_by_assertion(client, client_id, assertion.reveal(), entry.date)?,
            None => self.prove_by_secret(client, credentials, entry)?,
        };
        entry.actor.kind = ActorKind::Client;
        entry.actor.id.clone_from(&client.client.client_id);
        entry.actor.name.clone_from(&client.client.name);
        Ok(client)
    }

    fn prove_by_assertion(&self, client: Option<Arc<ClientEntry>>, client_id: &str, assertion: &str, now: i64) -> Result<Arc<ClientEntry>, Refusal> {
        let client = client.ok_or_else(|| Refusal::AssertionFlawed {
            client_id: shown(client_id, CLIENT_ID_SHOWN),
            flaw: Flaw::Unknown,
        })?;
        allowed(&client, AuthMethod::PrivateKeyJwt)?;
        assertions::check(assertion, &client, &self.0.issuer, now)?;
        Ok(client)
    }

    fn prove_by_secret(&self, client: Option<Arc<ClientEntry>>, credentials: &Credentials, entry: &LogEntry) -> Result<Arc<ClientEntry>, Refusal> {
        let client_id = credentials.client_id.as_str();
        let secret = credentials.client_secret.as_ref().map(Secret::reveal).filter(|secret| !secret.is_empty());
        let known = client.as_ref().map_or_else(Default::default, |client| client.secrets.as_slice());
        let macs = known.iter().map(|secret| &secret.mac).chain([&NO_MAC]);
        // Compared for unknown clients too, so that the work does not tell whether there is one.
        let matching = black_box(self.0.vault.matching(client_id, secret.unwrap_or_default(), macs));
        let client = client.ok_or_else(|| unknown(client_id))?;
        if secret.is_none() {
            return Err(Refusal::SecretMissing(client_id.to_owned()));
        }
        let Some(proof) = matching.and_then(|position| client.secrets.get(position)) else {
            return Err(Refusal::SecretWrong(client_id.to_owned()));
        };
        if let Some(expired_at) = proof.expires_at.filter(|_| !client_secret::is_live(proof.expires_at, entry.date)) {
            return Err(Refusal::SecretExpired {
                client_id: client_id.to_owned(),
                name: proof.name.clone(),
                expired_at,
            });
        }
        let method = if credentials.in_header {
            AuthMethod::ClientSecretBasic
        } else {
            AuthMethod::ClientSecretPost
        };
        allowed(&client, method)?;
        let ip = shown(&entry.actor.ip, TEXT_MAX);
        self.0.uses.note(&proof.id, LastUse { at: entry.date, ip });
        Ok(client)
    }

    /// What the request of a proven client gets, by what `snapshot` knows.
    fn decide(&self, snapshot: &Snapshot, client: &ClientEntry, request: &TokenRequest, now: i64) -> Result<Claims, Refusal> {
        let api = token::audience(request).ok().and_then(|audience| snapshot.api(audience));
        let grant = api.and_then(|api| client.grant(&api.api.identifier));
        token::decide(request, &self.0.issuer, &client.client, api.map(|entry| &entry.api), grant, now, || {
            self.0.chance.alphanumeric(JTI_LENGTH)
        })
    }

    /// Signs what was decided; `jkt` is the thumbprint of the key that it is bound to, if any.
    async fn token(&self, snapshot: &Snapshot, client: &ClientEntry, claims: Claims, jkt: Option<String>) -> Result<TokenResponse, IssueError> {
        let api = snapshot.api(&claims.aud).ok_or_else(|| Refusal::AudienceUnknown(claims.aud.clone()))?;
        let claims = dpop::bind(claims, jkt, &api.api, &client.client)?;
        let access_token = self.sign(snapshot, api, &claims).await?;
        Ok(TokenResponse {
            access_token: Secret::new(access_token),
            scope: claims.scope,
            expires_in: claims.exp - claims.iat,
            token_type: if claims.cnf.is_some() { dpop::TOKEN_TYPE } else { "Bearer" }.to_owned(),
            quota: None,
        })
    }

    /// Signs with the key of the server or the secret of the API, as its algorithm says.
    async fn sign(&self, snapshot: &Snapshot, api: &ApiEntry, claims: &Claims) -> Result<String, IssueError> {
        let payload = serde_json::to_vec(claims).map_err(|error| Error::Key(error.to_string()))?;
        match api.api.signing_alg.key_alg() {
            Some(alg) => {
                let key = snapshot.keys.current(alg)?;
                let input = jose::signing_input(key.header(api.api.token_dialect), &payload);
                let signature = self.0.signer.sign(&key.pair, &input).await?;
                key.usage.note(claims.iat);
                Ok(jose::compact(input, &signature))
            }
            None => {
                let secret = api.signing_secret();
                let secret = secret.ok_or_else(|| Error::Key(format!("the signing secret of API {} can't be read", api.api.id)))?;
                let input = jose::signing_input(&secret.header, &payload);
                let mac = hmac::sign(&secret.signing, input.as_bytes());
                Ok(jose::compact(input, mac.as_ref()))
            }
        }
    }

    /// A log entry about a token, with everything that strangers send cut and cleaned.
    pub(crate) fn token_entry(&self, actor: &Actor, client_id: Option<&str>, audience: Option<&str>, caller: &Caller) -> LogEntry {
        let log_id = Some(caller.log_id.clone()).filter(|id| !id.is_empty()).unwrap_or_else(|| self.log_id());
        let mut entry = self.entry_as(log_id, actor, LogType::TokenRefused, "");
        entry.client_id = shown(client_id.unwrap_or_default(), CLIENT_ID_SHOWN);
        entry.audience = shown(audience.unwrap_or_default(), IDENTIFIER_MAX);
        entry.user_agent = shown(&caller.user_agent, USER_AGENT_MAX);
        entry
    }

    /// Queues the entry of a decided request. One that was not decided is no event of the client: the wire reports it.
    fn record(&self, entry: LogEntry, auth_method: Option<AuthMethod>, request: &TokenRequest, answer: &Result<TokenResponse, IssueError>) {
        self.queue_token_log(match answer {
            Ok(response) => LogEntry {
                kind: LogType::TokenIssued,
                description: "Access token issued".to_owned(),
                scope: shown(response.scope.as_deref().unwrap_or_default(), SCOPE_SHOWN),
                ..entry
            },
            Err(IssueError::Refused(refusal)) if !self.is_told(refusal) => return,
            Err(IssueError::Refused(refusal)) => LogEntry {
                scope: shown(request.scope.as_deref().unwrap_or_default(), SCOPE_SHOWN),
                ..refused(
                    entry,
                    LogType::TokenRefused,
                    RefusedRequest {
                        grant_type: request.grant_type.as_deref().map(|name| shown(name, GRANT_TYPE_SHOWN)),
                        auth_method,
                        refusal: refusal.clone(),
                    },
                )
            },
            Err(IssueError::NonceWanted) => {
                // Every client begins so, and each that comes again after some minutes: as log entries they would hide the refusals.
                tracing::debug!(client = %entry.client_id, "asked for the current DPoP nonce");
                return;
            }
            Err(IssueError::Busy | IssueError::Failed(_)) => return,
        });
    }

    /// Queues an entry with the name that the API has by now.
    pub(crate) fn queue_token_log(&self, mut entry: LogEntry) {
        if entry.actor.kind == ActorKind::Stranger && !self.may_log(&entry) {
            return;
        }
        if let Some(api) = self.0.snapshots.current().api(&entry.audience) {
            entry.api_name.clone_from(&api.api.name);
        }
        self.queue_log(entry);
    }
}

impl From<Refusal> for IssueError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<SignError> for IssueError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Busy => Self::Busy,
            SignError::Failed => Self::Failed(Error::Key("it gave no signature".to_owned())),
        }
    }
}

/// The entry of a refusal.
pub(crate) fn refused(entry: LogEntry, kind: LogType, request: RefusedRequest) -> LogEntry {
    LogEntry {
        kind,
        reason: request.refusal.code().to_owned(),
        description: shown(&request.refusal.for_log(), TEXT_MAX),
        refused: Some(request),
        ..entry
    }
}

/// Refuses a way of proving that is not among the client's.
fn allowed(client: &ClientEntry, method: AuthMethod) -> Result<(), Refusal> {
    if client.client.auth_methods.contains(&method) {
        return Ok(());
    }
    Err(Refusal::AuthMethodNotAllowed {
        client_id: client.client.client_id.clone(),
        method,
    })
}

fn unknown(client_id: &str) -> Refusal {
    Refusal::ClientUnknown(shown(client_id, CLIENT_ID_SHOWN))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::thread::available_parallelism;

    use model::api::NewApi;
    use model::issuer::Issuer;
    use tempfile::TempDir;

    use super::*;
    use crate::chance::Chance;
    use crate::clock::SystemClock;
    use crate::engine::Config;
    use crate::signer;
    use crate::store::{Database, on};
    use crate::vault::MasterKey;

    const AUDIENCE: &str = "urn:orders";

    async fn engine(dir: &TempDir) -> Engine {
        let config = Config {
            database: Database::SqliteInDataDir,
            data_dir: dir.path().to_owned(),
            master_key: MasterKey::InDataDir,
            issuer: Issuer::parse("https://auth.example.com/").unwrap(),
            clock: Arc::new(SystemClock),
            chance: Chance::system(),
            dpop_nonce: false,
            guard_any_address: false,
            management_rate: Default::default(),
        };
        Engine::open(config).await.unwrap()
    }

    /// Credentials of the test client of a new API.
    async fn test_client(engine: &Engine, identifier: &str) -> Credentials {
        let new = NewApi {
            name: identifier.to_owned(),
            identifier: identifier.to_owned(),
            test_client: true,
            ..NewApi::default()
        };
        let client = engine.create_api(&Actor::command(), new).await.unwrap().test_client.unwrap();
        let secret = engine.reveal_client_secret(&Actor::command(), &client.client_id).await.unwrap();
        Credentials {
            client_id: client.client_id,
            client_secret: Some(secret),
            ..Credentials::default()
        }
    }

    async fn ask(engine: &Engine, credentials: &Credentials) -> Result<TokenResponse, IssueError> {
        let request = TokenRequest {
            grant_type: Some(token::CLIENT_CREDENTIALS.to_owned()),
            audience: Some(AUDIENCE.to_owned()),
            scope: None,
        };
        engine.issue(Some(credentials.clone()), request, &Caller::default()).await
    }

    #[tokio::test]
    async fn a_full_queue_answers_at_once_and_refusals_still_come() {
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(&dir).await;
        let credentials = test_client(&engine, AUDIENCE).await;
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let occupied = signer::tests::occupy(&engine.0.signer, threads);
        assert!(matches!(ask(&engine, &credentials).await, Err(IssueError::Busy)));
        let wrong = Credentials {
            client_secret: Some(Secret::new("wrong")),
            ..credentials.clone()
        };
        assert!(matches!(ask(&engine, &wrong).await, Err(IssueError::Refused(Refusal::SecretWrong(_)))));
        drop(occupied);
    }

    #[tokio::test]
    async fn known_clients_get_tokens_while_the_database_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(&dir).await;
        let (known, other) = (test_client(&engine, AUDIENCE).await, test_client(&engine, "urn:other").await);
        ask(&engine, &known).await.unwrap();
        engine.0.store.close().await;
        ask(&engine, &known).await.unwrap();
        assert!(matches!(ask(&engine, &other).await, Err(IssueError::Failed(_))));
        assert!(engine.refresh().await.is_err());
        ask(&engine, &known).await.unwrap();
    }

    #[tokio::test]
    async fn a_key_that_the_master_key_did_not_seal_is_not_published() {
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(&dir).await;
        let published = engine.jwks().etag.clone();
        let mut change = engine.change().await.unwrap();
        on!(change, db => sqlx::query("INSERT INTO signing_keys (kid, state, sealed_private, created_at) VALUES ('mine', 'previous', 'v1.AAAA', 0)")
            .execute(db)
            .await
            .map(drop))
        .unwrap();
        let entry = engine.entry(&Actor::system(), LogType::Changed, "");
        engine.finish(change, entry).await.unwrap();
        engine.refresh().await.unwrap();
        assert_eq!(engine.jwks().etag, published);
    }
}
