//! The guard tester: sends bad tokens, a valid one and none to an API of an admin's, and says what it wrongly accepts or refuses.
//!
//! What is sent is signed with the key that the API trusts, so where it goes is only what the admin has typed: see [`crate::forge`] for
//! what keeps such a token from being of use to others, and [`crate::guard_call`] for the way to the API.

use std::sync::Arc;
use std::time::Duration;

use model::Invalid;
use model::client::Client;
use model::grant::Grant;
use model::guard::{Probe, SCOPES_MAX};
use model::guard_report::{Outcome, Report, Summary, Verdict, Weight};
use model::log::{Actor, LogType};
use model::refusal::Refusal;
use model::scope;
use model::token::{CLIENT_CREDENTIALS, Claims, TokenRequest, decide};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::error::Error;
use crate::forge::{Forge, Order, Signs};
use crate::guard_call::{Target, Unreachable};
use crate::snapshot::{ApiEntry, Snapshot};

/// Seconds for which the valid token of a run is valid.
pub const TOKEN_LIFETIME: i64 = 60;
/// Requests that are under way at a time.
pub const AT_A_TIME: usize = 4;
/// Requests without an answer before a run is given up.
pub const TIMEOUTS_MAX: usize = 3;
/// Stands for the client where none was chosen.
const NO_CLIENT: &str = "guard-tester";

/// What an admin asks the guard tester for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardRequest {
    /// Address of the API with a path that needs a token.
    pub url: String,
    /// The scopes that this path needs, space-delimited; empty if it needs none.
    pub scope: String,
    /// Whose token the valid one is; empty for that of a client that does not exist.
    pub client_id: String,
    /// How long to wait.
    pub patience: Patience,
}

/// How long the guard tester waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one connection, and for one answer.
    pub request: Duration,
    /// Until no more requests are sent.
    pub run: Duration,
}

impl Patience {
    /// A whole run ends before the time for a request of the dashboard does.
    pub const USUAL: Self = Self {
        request: Duration::from_secs(5),
        run: Duration::from_secs(15),
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Engine {
    /// Sends a valid token, bad ones and none to an API, each in a GET request of its own, and judges its answers. The log names `actor`
    /// and how it ended, and holds none of the tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no API has this id, or no client the one that was chosen; [`Error::Invalid`] on `url` if the address can't be
    /// called, on `scope` or `client_id` if no such token would be issued; [`Error::Key`]; [`Error::Storage`].
    pub async fn guard(&self, actor: &Actor, api_id: &str, request: GuardRequest) -> Result<Report, Error> {
        let api = self.api(api_id).await?;
        let snapshot = self.0.snapshots.current();
        let entry = snapshot.api(&api.identifier).ok_or(Error::NotFound("API"))?;
        let scopes = scope::split(&request.scope);
        let claims = self.claims_for(&snapshot, entry, &request, &scopes).await?;
        let target = Target::find(&request.url, self.0.guard_any_address, request.patience.request).await?;
        let (signs, kid) = signs(&snapshot, entry)?;
        let order = Order {
            signs,
            kid,
            typ: api.token_dialect.typ(),
            claims,
            scopes,
            now: self.now(),
            lifetime: TOKEN_LIFETIME,
            chance: self.0.chance.clone(),
        };
        let tokens = spawn_blocking(move || forged(order))
            .await
            .map_err(|error| Error::Key(error.to_string()))??;
        let outcomes = send(target, tokens, request.patience).await.map_err(Invalid::from)?;
        let report = Report::new(&request.url, outcomes);
        let mut entry = self.entry(actor, LogType::ApiTested, told(&api.name, &report));
        entry.audience = api.identifier;
        entry.api_name = api.name;
        entry.client_id = request.client_id;
        entry.scope = request.scope;
        self.write_log(entry).await?;
        Ok(report)
    }

    /// The claims that a token of the chosen client would have, by the rules that issue tokens; or those of a client that has the scopes
    /// that are asked about and does not exist.
    async fn claims_for(&self, snapshot: &Snapshot, entry: &ApiEntry, request: &GuardRequest, scopes: &[String]) -> Result<Claims, Error> {
        if scopes.len() > SCOPES_MAX {
            return Err(Invalid::new("scope", format!("Name at most {SCOPES_MAX} scopes.")).into());
        }
        if let Some(unknown) = scopes.iter().find(|value| entry.api.scope(value).is_none()) {
            return Err(Invalid::new("scope", format!("{} does not define the scope {unknown}.", entry.api.name)).into());
        }
        if entry.api.dpop_required {
            return Err(Invalid::new(
                "url",
                "This API wants tokens that are bound to a key (DPoP). The guard tester sends bearer tokens only.",
            )
            .into());
        }
        let (client, grant) = if request.client_id.is_empty() {
            (nobody(), Some(grant_of(&entry.api.identifier, scopes)))
        } else {
            let found = self.0.snapshots.client(&self.0.store, snapshot, &request.client_id).await?;
            let found = found.ok_or(Error::NotFound("client"))?;
            (found.client.clone(), found.grant(&entry.api.identifier).cloned())
        };
        if client.dpop_required {
            return Err(Invalid::new(
                "client_id",
                "This client gets tokens that are bound to a key only (DPoP). Choose another one, or none.",
            )
            .into());
        }
        let asked = TokenRequest {
            grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
            audience: Some(entry.api.identifier.clone()),
            scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
        };
        // The `jti` is drawn for each token anew.
        let claims = decide(&asked, &self.0.issuer, &client, Some(&entry.api), grant.as_ref(), self.now(), String::new);
        claims.map_err(|refusal| {
            let field = if matches!(refusal, Refusal::ScopeNotGranted(_)) {
                "scope"
            } else {
                "client_id"
            };
            Invalid::new(field, format!("{}. {}", refusal.for_log(), refusal.fix())).into()
        })
    }
}

fn nobody() -> Client {
    Client {
        client_id: NO_CLIENT.to_owned(),
        name: NO_CLIENT.to_owned(),
        ..Client::default()
    }
}

fn grant_of(audience: &str, scopes: &[String]) -> Grant {
    Grant {
        id: String::new(),
        client_id: NO_CLIENT.to_owned(),
        audience: audience.to_owned(),
        scope: scopes.to_vec(),
        ..Grant::default()
    }
}

/// What signs the tokens of an API now, with its `kid`.
fn signs(snapshot: &Snapshot, api: &ApiEntry) -> Result<(Signs, String), Error> {
    if let Some(alg) = api.api.signing_alg.key_alg() {
        let key = snapshot.keys.current(alg)?;
        return Ok((Signs::Pair(alg, Arc::clone(&key.pair)), key.jwk.kid.clone()));
    }
    let secret = api.signing_secret();
    let secret = secret.ok_or_else(|| Error::Key(format!("the signing secret of API {} can't be read", api.api.id)))?;
    Ok((Signs::Secret(Box::new(secret.signing.clone())), secret.kid.clone()))
}

/// What is sent: first nothing and the valid token, then the others.
fn forged(order: Order) -> Result<Vec<(Probe, Option<String>)>, Error> {
    let forge = Forge::new(order)?;
    let mut probes: Vec<Probe> = forge.probes().filter(|probe| probe.is_sent()).collect();
    probes.sort_by_key(|probe| match probe {
        Probe::NoToken => 0,
        Probe::Valid => 1,
        _ => 2,
    });
    probes.into_iter().map(|probe| Ok((probe, forge.token(probe)?))).collect()
}

/// Sends everything, a few at a time. The first request goes alone and without a token: what is no API never gets one.
async fn send(target: Target, tokens: Vec<(Probe, Option<String>)>, patience: Patience) -> Result<Vec<(Probe, Outcome)>, Unreachable> {
    let (target, begun) = (Arc::new(target), Instant::now());
    let mut tokens = tokens.into_iter().peekable();
    let mut outcomes = Vec::new();
    while tokens.peek().is_some() {
        let at_a_time = if outcomes.len() < 2 { 1 } else { AT_A_TIME };
        let silent = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::TimedOut).count();
        // Neither without a token nor with the valid one: whatever listens there is no API that could be tested.
        let is_mute = outcomes.len() == 2 && outcomes.iter().all(|(_, outcome): &(Probe, Outcome)| outcome.status().is_none());
        if is_mute || silent >= TIMEOUTS_MAX || begun.elapsed() >= patience.run {
            outcomes.extend(tokens.map(|(probe, _)| (probe, Outcome::NotSent)));
            break;
        }
        let mut calls = JoinSet::new();
        for (probe, token) in tokens.by_ref().take(at_a_time) {
            let target = Arc::clone(&target);
            calls.spawn(async move { (probe, target.call(token.as_deref(), patience.request).await) });
        }
        while let Some(call) = calls.join_next().await {
            match call {
                Ok((probe, Ok(outcome))) => outcomes.push((probe, outcome)),
                Ok((_, Err(unreachable))) if outcomes.is_empty() => return Err(unreachable),
                // It was there a moment ago.
                Ok((probe, Err(_))) => outcomes.push((probe, Outcome::Cut)),
                Err(error) => tracing::error!(%error, "a call of the guard tester broke off"),
            }
        }
    }
    Ok(outcomes)
}

/// What the log says of a run.
fn told(api: &str, report: &Report) -> String {
    let Summary {
        danger,
        fault,
        warning,
        fine,
    } = report.summary();
    let names = report.findings().into_iter().filter(|found| found.verdict.weight() == Weight::Danger);
    let names: Vec<&str> = names.map(|found| found.probe.name()).collect();
    let let_in = if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(", "))
    };
    let refuses_valid = report.checked.iter().any(|checked| checked.verdict == Verdict::RefusedWrongly);
    let valid = if refuses_valid { ", the valid token refused" } else { "" };
    format!(
        "Guard of {api} tested at {}: {danger} let in wrongly{let_in}{valid}, {fault} faults, {warning} warnings, {fine} as expected",
        report.url
    )
}
