//! What the form starts from: who can call, and what a form that was posted without script has left.

use engine::Engine;
use model::api::Api;
use model::client::Client;
use model::issuer::Issuer;
use model::page::MAX_PER_PAGE;
use serde::{Deserialize, Serialize};

use super::call::{Asked, Outcome};
use crate::apis::server_fns::authorized_clients;
use crate::clients::flash;
use crate::error::AppError;

/// Where the page is.
pub(super) const PAGE: &str = "/reference";

/// A client that is authorized for the Management API.
pub(super) struct Caller {
    pub(super) client_id: String,
    pub(super) name: String,
    /// Why it can't be used here.
    pub(super) unusable: Option<String>,
}

/// Those who could call.
pub(super) struct Callers {
    /// The first of them.
    pub(super) list: Vec<Caller>,
    /// How many there are in all.
    pub(super) total: i64,
    /// The id of the Management API, where they are authorized.
    pub(super) api_id: String,
}

impl Callers {
    /// Reads them. The client that the address names is among them, wherever it stands in the list.
    ///
    /// # Errors
    /// [`AppError::Internal`] if they can't be read.
    pub(super) async fn read(engine: &Engine, chosen: &str) -> Result<Self, AppError> {
        let api = engine.api_by_identifier(&model::api::system_identifier(engine.issuer())).await?;
        let clients = authorized_clients(engine, &api.id, MAX_PER_PAGE).await?;
        let mut ids: Vec<String> = clients.items.into_iter().map(|client| client.client_id).collect();
        if !ids.iter().any(|id| id == chosen) && engine.grant(chosen, &api.identifier).await?.is_some() {
            ids.insert(0, chosen.to_owned());
        }
        let mut list = Vec::new();
        for client_id in ids {
            match engine.client(&client_id).await {
                Ok(client) => list.push(Caller {
                    unusable: unusable(&client, &api),
                    name: client.name,
                    client_id,
                }),
                // Deleted just now.
                Err(engine::Error::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self {
            list,
            total: clients.total,
            api_id: api.id,
        })
    }
}

/// Why a client can't be used here: it gets no token, or one that the Management API does not take.
fn unusable(client: &Client, api: &Api) -> Option<String> {
    let barred = || format!("{} gets no tokens: its grant types do not include client credentials.", client.name);
    client.barred.then(barred).or_else(|| bound(client, api))
}

/// What is in the way if the tokens of a client must be bound to a key.
pub(super) fn bound(client: &Client, api: &Api) -> Option<String> {
    (client.dpop_required || api.dpop_required).then(|| {
        format!(
            "The tokens of {} must be bound to a key (DPoP), and the Management API takes bearer tokens only.",
            client.name
        )
    })
}

/// What is left for the page that a form posted without script is sent to.
#[derive(Serialize, Deserialize)]
pub(super) enum Left {
    /// A call that only reads: made where its answer is shown, however long that is.
    Call(Asked),
    /// A token is asked for.
    Token(Asked),
    /// What became of a call that may have changed something: it was made once, when the form came.
    Outcome(String, Outcome),
}

impl Left {
    /// The operation that it is about.
    pub(super) fn op(&self) -> &str {
        match self {
            Self::Call(asked) | Self::Token(asked) => &asked.op,
            Self::Outcome(op, _) => op,
        }
    }

    /// Leaves it; what is too long goes without its body, and answers false if even that is.
    pub(super) fn leave(self, issuer: &Issuer) -> bool {
        let fits = |left: &Self| serde_json::to_string(left).is_ok_and(|text| flash::leave_at(issuer, PAGE, &text));
        if fits(&self) {
            return true;
        }
        match self {
            Self::Outcome(op, Outcome::Answered { status, headers, .. }) => {
                fits(&Self::Outcome(op, Outcome::Answered { status, headers, body: None }))
            }
            _ => false,
        }
    }

    /// Takes what was left for this look at the page, once.
    pub(super) fn take(issuer: &Issuer) -> Option<Self> {
        serde_json::from_str(&flash::take_at(issuer, PAGE)?).ok()
    }
}
