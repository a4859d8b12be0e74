//! What one button does about a refusal: found from its log entry and from what is there now, carried out by the verbs that the pages
//! use, so that it is checked and logged like any other change.

use model::Invalid;
use model::api::Api;
use model::client::{AuthMethod, Client, ClientChanges};
use model::client_secret;
use model::fix::{EXTENSION, FIX_MAX, Fix};
use model::grant::{Grant, NewGrant, ScopeChoice};
use model::log::{Actor, LogEntry};
use model::refusal::{NOT_INTROSPECTOR, Refusal};

use crate::engine::Engine;
use crate::error::Error;
use crate::tokens::SCOPE_SHOWN;

impl Engine {
    /// What would let the refused request of this entry succeed, if a change of the configuration does and is still needed.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn fix_of(&self, entry: &LogEntry) -> Result<Option<Fix>, Error> {
        let Some(client) = found(self.client(&entry.client_id).await)? else {
            return Ok(None);
        };
        if entry.reason == NOT_INTROSPECTOR {
            return self.introspection_fix(entry).await;
        }
        let fix = match entry.refused.as_ref().map(|request| &request.refusal) {
            Some(Refusal::NotAuthorized { .. }) => self.grant_fix(entry).await?,
            Some(Refusal::ScopeNotGranted(missing)) => self.scope_fix(entry, missing).await?,
            Some(Refusal::SecretExpired { name, .. }) => self.secret_fix(entry, name).await?,
            Some(Refusal::AuthMethodNotAllowed { method, .. }) => self.method_fix(&client, *method).await?,
            _ => None,
        };
        // What is too long for an address could not be undone.
        Ok(fix.filter(|fix| serde_json::to_string(fix).is_ok_and(|json| json.len() <= FIX_MAX)))
    }

    /// Carries out [`Engine::fix_of`] of the entry with this id, and gives what [`Engine::undo_fix`] takes back.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the entry; [`Error::Conflict`] on `log_id` if there is nothing to fix; what the verbs say.
    pub async fn apply_fix(&self, actor: &Actor, log_id: &str) -> Result<Fix, Error> {
        let entry = self.log(log_id).await?;
        let fix = self
            .fix_of(&entry)
            .await?
            .ok_or_else(|| conflict("This has been put right meanwhile, or what it is about is no longer there. Load the page again."))?;
        let (client_id, audience) = (entry.client_id.as_str(), entry.audience.as_str());
        match &fix {
            Fix::Authorize(scope) => {
                let new = NewGrant {
                    client_id: client_id.to_owned(),
                    audience: audience.to_owned(),
                    scope: ScopeChoice::Some(scope.clone()),
                    ..NewGrant::default()
                };
                self.create_grant(actor, new).await?;
            }
            Fix::AddScopes(scope) => {
                let grant = self.grant(client_id, audience).await?.ok_or(Error::NotFound("grant"))?;
                let scope = grant.scope.into_iter().chain(scope.iter().cloned()).collect();
                self.update_grant(actor, client_id, audience, scope).await?;
            }
            Fix::ExtendSecret { secret_id, until, .. } => self.end_client_secret(actor, client_id, secret_id, *until).await?,
            Fix::AllowMethod(method) => {
                let mut methods = self.client(client_id).await?.auth_methods;
                methods.push(*method);
                self.set_methods(actor, client_id, methods).await?;
            }
            Fix::AllowIntrospection => {
                let api = self.api_by_identifier(audience).await?;
                self.add_introspector(actor, &api.id, client_id).await?;
            }
        }
        Ok(fix)
    }

    /// Whether a fix of this entry is in effect as it was carried out, so that it can be taken back.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn is_fixed(&self, entry: &LogEntry, fix: &Fix) -> Result<bool, Error> {
        let holds = |grant: &Grant, scope: &[String]| scope.iter().all(|value| grant.scope.contains(value));
        let grant = self.grant(&entry.client_id, &entry.audience).await?;
        let in_effect = match fix {
            Fix::Authorize(scope) => Ok(grant.is_some_and(|grant| grant.scope.len() == scope.len() && holds(&grant, scope))),
            Fix::AddScopes(scope) => Ok(grant.is_some_and(|grant| holds(&grant, scope))),
            Fix::ExtendSecret { secret_id, until, .. } => self
                .client_secrets(&entry.client_id)
                .await
                .map(|secrets| secrets.iter().any(|secret| secret.id == *secret_id && secret.expires_at == Some(*until))),
            Fix::AllowMethod(method) => self
                .client(&entry.client_id)
                .await
                .map(|client| client.auth_methods.contains(method) && client.auth_methods.len() > 1),
            Fix::AllowIntrospection => self.may_introspect(entry).await,
        };
        Ok(found(in_effect)?.unwrap_or(false))
    }

    /// Takes a fix of the entry with this id back.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the entry; [`Error::Conflict`] on `log_id` if things have changed since; what the verbs say.
    pub async fn undo_fix(&self, actor: &Actor, log_id: &str, fix: &Fix) -> Result<(), Error> {
        let entry = self.log(log_id).await?;
        if !self.is_fixed(&entry, fix).await? {
            return Err(conflict("This has been changed since, so there is nothing to undo. Load the page again."));
        }
        let (client_id, audience) = (entry.client_id.as_str(), entry.audience.as_str());
        match fix {
            Fix::Authorize(_) => self.delete_grant(actor, client_id, audience).await,
            Fix::AddScopes(added) => {
                let grant = self.grant(client_id, audience).await?.ok_or(Error::NotFound("grant"))?;
                let scope = grant.scope.into_iter().filter(|value| !added.contains(value)).collect();
                self.update_grant(actor, client_id, audience, scope).await.map(drop)
            }
            Fix::ExtendSecret { secret_id, from, .. } => self.end_client_secret(actor, client_id, secret_id, *from).await,
            Fix::AllowMethod(method) => {
                let methods = self.client(client_id).await?.auth_methods;
                let methods = methods.into_iter().filter(|other| other != method).collect();
                self.set_methods(actor, client_id, methods).await
            }
            Fix::AllowIntrospection => {
                let api = self.api_by_identifier(audience).await?;
                self.remove_introspector(actor, &api.id, client_id).await
            }
        }
    }

    /// The scopes that the request named, or all where it named none; but never all of the Management API by one press.
    async fn grant_fix(&self, entry: &LogEntry) -> Result<Option<Fix>, Error> {
        let Some(api) = self.api_of(entry).await? else { return Ok(None) };
        let was_cut = entry.scope.chars().count() >= SCOPE_SHOWN;
        if was_cut || self.grant(&entry.client_id, &entry.audience).await?.is_some() {
            return Ok(None);
        }
        let asked: Vec<&str> = entry.scope.split_whitespace().collect();
        if asked.is_empty() && api.is_system {
            return Ok(None);
        }
        let defined = api.scopes.into_iter().map(|scope| scope.value);
        let scope = defined.filter(|value| asked.is_empty() || asked.contains(&value.as_str())).collect();
        Ok(Some(Fix::Authorize(scope)))
    }

    /// Only where the API defines all that is missing: a scope that it does not define may be misspelt.
    async fn scope_fix(&self, entry: &LogEntry, missing: &[String]) -> Result<Option<Fix>, Error> {
        let (Some(api), Some(grant)) = (self.api_of(entry).await?, self.grant(&entry.client_id, &entry.audience).await?) else {
            return Ok(None);
        };
        let add: Vec<String> = missing.iter().filter(|value| !grant.scope.contains(value)).cloned().collect();
        let all_defined = add.iter().all(|value| api.scope(value).is_some());
        Ok((all_defined && !add.is_empty()).then_some(Fix::AddScopes(add)))
    }

    async fn secret_fix(&self, entry: &LogEntry, name: &str) -> Result<Option<Fix>, Error> {
        let now = self.now();
        let secrets = self.client_secrets(&entry.client_id).await?;
        let expired = secrets.into_iter().find(|secret| secret.name == name && !secret.is_live(now));
        Ok(expired.and_then(|secret| {
            Some(Fix::ExtendSecret {
                from: secret.expires_at?,
                until: now + EXTENSION,
                secret_id: secret.id,
            })
        }))
    }

    /// To allow assertions helps only a client that has a key.
    async fn method_fix(&self, client: &Client, method: AuthMethod) -> Result<Option<Fix>, Error> {
        if client.auth_methods.contains(&method) {
            return Ok(None);
        }
        if method == AuthMethod::PrivateKeyJwt {
            let now = self.now();
            let keys = self.client_keys(&client.client_id).await?;
            if !keys.iter().any(|key| client_secret::is_live(key.expires_at, now)) {
                return Ok(None);
            }
        }
        Ok(Some(Fix::AllowMethod(method)))
    }

    async fn introspection_fix(&self, entry: &LogEntry) -> Result<Option<Fix>, Error> {
        let Some(api) = self.api_of(entry).await? else { return Ok(None) };
        let is_needed = !api.is_system && found(self.may_introspect(entry).await)? == Some(false);
        Ok(is_needed.then_some(Fix::AllowIntrospection))
    }

    async fn may_introspect(&self, entry: &LogEntry) -> Result<bool, Error> {
        let api = self.api_by_identifier(&entry.audience).await?;
        let introspectors = self.introspectors(&api.id).await?;
        Ok(introspectors.iter().any(|introspector| introspector.client_id == entry.client_id))
    }

    async fn api_of(&self, entry: &LogEntry) -> Result<Option<Api>, Error> {
        found(self.api_by_identifier(&entry.audience).await)
    }

    async fn set_methods(&self, actor: &Actor, client_id: &str, methods: Vec<AuthMethod>) -> Result<(), Error> {
        let changes = ClientChanges {
            auth_methods: Some(methods),
            ..ClientChanges::default()
        };
        self.update_client(actor, client_id, changes).await.map(drop)
    }
}

/// An answer in which "not there" is nothing special.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::NotFound(_)) => Ok(None),
        answer => answer.map(Some),
    }
}

fn conflict(message: &str) -> Error {
    Error::Conflict(Invalid::new("log_id", message))
}
