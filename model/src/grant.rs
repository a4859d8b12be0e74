//! Grants: which client may ask for tokens of which API, and with which of its scopes (Auth0's client grant).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::Api;
use crate::kept::Kept;
use crate::page::PageRequest;
use crate::time::Timestamp;

/// A client's authorization for an API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `cgr_` and 16 letters and digits.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// Identifier of the API.
    pub audience: String,
    /// The subset of the API's scopes that tokens may carry, in the order of the API.
    pub scope: Vec<String>,
    /// Whether these are all, and will be when the API defines more (Auth0's `allow_all_scopes`).
    #[serde(skip_serializing_if = "std::ops::Not::not", skip_deserializing)]
    pub all_scopes: bool,
    /// What else Auth0's tools have set. The pages have no use for it.
    #[serde(skip_serializing_if = "Kept::is_empty", skip_deserializing, serialize_with = "Kept::shown")]
    pub kept: Kept,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its scopes last changed.
    pub updated_at: Timestamp,
}

/// What is needed to authorize a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGrant {
    /// The client.
    pub client_id: String,
    /// Identifier of the API.
    pub audience: String,
    /// Which of the API's scopes.
    pub scope: ScopeChoice,
    /// What else Auth0's tools set.
    #[serde(skip)]
    pub kept: Map<String, Value>,
}

/// What of a grant may change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantChanges {
    /// Which of the API's scopes.
    pub scope: Option<ScopeChoice>,
    /// What else Auth0's tools set; `null` takes a member away.
    pub kept: Map<String, Value>,
}

/// Which grants a program reads; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantFilter {
    /// Only of this client.
    pub client_id: Option<String>,
    /// Only for the API with this identifier.
    pub audience: Option<String>,
}

/// Which of an API's scopes a grant gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScopeChoice {
    /// All that the API defines now.
    All,
    /// All that the API defines now and later.
    Always,
    /// These; may be none.
    Some(Vec<String>),
}

impl Default for ScopeChoice {
    /// None.
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

/// A client as an API sees it: authorized or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientAccess {
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// Its grant, if it is authorized.
    pub grant: Option<Grant>,
}

/// Which clients of an API's tab, see [`ClientAccess`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessQuery {
    /// Part of a name or a client id, without regard to case; empty finds all.
    pub search: String,
    /// Only clients that are authorized.
    pub authorized_only: bool,
    /// Page of the list; authorized clients come first, then by name.
    pub page: PageRequest,
}

/// An API as a client sees it: authorized or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAccess {
    /// The API.
    pub api: Api,
    /// The client's grant, if it is authorized.
    pub grant: Option<Grant>,
}
