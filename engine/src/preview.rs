//! The token that would be issued if an API were changed: to look at before the change is made.

use model::api::{Api, ApiChanges};
use model::client::Client;
use model::dpop;
use model::grant::{AccessQuery, Grant};
use model::page::PageRequest;
use model::token::{CLIENT_CREDENTIALS, Claims, TokenRequest, decide};

use crate::apis::all_scopes;
use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::jose::Header;

/// Stands for the client where no client is authorized yet.
const NO_CLIENT: &str = "YOUR_CLIENT_ID";

/// A token that was not issued: what it would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The client that it would be for.
    pub client: Client,
    /// The header as indented JSON.
    pub header_json: String,
    /// The claims as indented JSON, in the order of the token.
    pub claims_json: String,
}

impl Engine {
    /// What a token of the API with this id would say after `changes`, by the rules that issue tokens; for the first of the authorized
    /// clients, or a made-up one where there is none. Nothing is signed or logged.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on a field of the changes; [`Error::Storage`].
    pub async fn preview_token(&self, api_id: &str, changes: ApiChanges) -> Result<Preview, Error> {
        changes.check()?;
        let api = self.api(api_id).await?;
        let api = Api {
            token_lifetime: changes.token_lifetime.unwrap_or(api.token_lifetime),
            signing_alg: changes.signing_alg.unwrap_or(api.signing_alg),
            token_dialect: changes.token_dialect.unwrap_or(api.token_dialect),
            custom_claims: changes.custom_claims.unwrap_or(api.custom_claims.clone()),
            ..api
        };
        let (client, grant) = self.anybody(&api).await?;
        let request = TokenRequest {
            grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
            audience: Some(api.identifier.clone()),
            scope: None,
        };
        let jti = || "a new one for each token".to_owned();
        let claims = decide(&request, self.issuer(), &client, Some(&api), Some(&grant), self.now(), jti);
        let required = api.dpop_required || client.dpop_required;
        let jkt = required.then(|| "the thumbprint of the client's key".to_owned());
        let claims = claims.and_then(|claims| dpop::bind(claims, jkt, &api, &client));
        let claims: Claims = claims.map_err(|refusal| Error::Key(IssueError::Refused(refusal).to_string()))?;
        let snapshot = self.0.snapshots.current();
        let kid = match api.signing_alg.key_alg() {
            Some(alg) => snapshot.keys.current(alg).ok().map(|key| key.jwk.kid.as_str()),
            None => snapshot
                .api(&api.identifier)
                .and_then(|api| api.signing_secret())
                .map(|secret| secret.kid.as_str()),
        };
        let header = Header::new(api.signing_alg, api.token_dialect.typ(), kid);
        let pretty = |error: serde_json::Error| Error::Key(error.to_string());
        Ok(Preview {
            client,
            header_json: serde_json::to_string_pretty(&header).map_err(pretty)?,
            claims_json: serde_json::to_string_pretty(&claims).map_err(pretty)?,
        })
    }

    /// A client that is authorized for `api`, with its grant.
    async fn anybody(&self, api: &Api) -> Result<(Client, Grant), Error> {
        let first = AccessQuery {
            authorized_only: true,
            page: PageRequest::new(0, 1),
            ..AccessQuery::default()
        };
        let access = self.clients_of_api(&api.id, &first).await?.items.into_iter().next();
        if let Some((client_id, grant)) = access.and_then(|access| Some((access.client_id, access.grant?))) {
            return Ok((self.client(&client_id).await?, grant));
        }
        let client = Client {
            client_id: NO_CLIENT.to_owned(),
            name: NO_CLIENT.to_owned(),
            ..Client::default()
        };
        let grant = Grant {
            id: String::new(),
            client_id: NO_CLIENT.to_owned(),
            audience: api.identifier.clone(),
            scope: all_scopes(api),
            ..Grant::default()
        };
        Ok((client, grant))
    }
}
