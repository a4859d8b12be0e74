//! The documented steps, ticked by what is really there.

use serde::{Deserialize, Serialize};

/// What there is so far, counted without the Management API and without its grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Clients.
    pub clients: i64,
    /// APIs that an admin created.
    pub apis: i64,
    /// Scopes of these APIs.
    pub scopes: i64,
    /// Grants for these APIs.
    pub grants: i64,
    /// Tokens issued for these APIs.
    pub tokens: i64,
    /// Id of the API that the next steps are about: the newest that an admin created.
    pub api_id: Option<String>,
    /// Name of that API.
    pub api_name: Option<String>,
}

/// One documented step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Create a client of type Non Interactive for each application that will ask for tokens.
    CreateClient,
    /// Create an API.
    CreateApi,
    /// Define its scopes.
    DefineScopes,
    /// Authorize a client for it.
    AuthorizeClient,
    /// Follow its Quickstart and ask for a token.
    AskForToken,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [
        Self::CreateClient,
        Self::CreateApi,
        Self::DefineScopes,
        Self::AuthorizeClient,
        Self::AskForToken,
    ];

    /// What to do.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::CreateClient => "Create a client",
            Self::CreateApi => "Create an API",
            Self::DefineScopes => "Define scopes",
            Self::AuthorizeClient => "Authorize the client",
            Self::AskForToken => "Ask for a token",
        }
    }

    /// Why, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::CreateClient => "One client of type Non Interactive for each application that will call your API.",
            Self::CreateApi => "Give your API a name, an identifier and a signing algorithm.",
            Self::DefineScopes => "Name what callers may do, for example read:orders. Your API checks them.",
            Self::AuthorizeClient => "Say which client may ask for tokens, and with which scopes.",
            Self::AskForToken => "Protect your API with the Quickstart, then get a token on the Test tab.",
        }
    }
}

impl Progress {
    /// Whether a step is done.
    #[must_use]
    pub fn is_done(&self, step: Step) -> bool {
        match step {
            Step::CreateClient => self.clients > 0,
            Step::CreateApi => self.apis > 0,
            Step::DefineScopes => self.scopes > 0,
            Step::AuthorizeClient => self.grants > 0,
            Step::AskForToken => self.tokens > 0,
        }
    }

    /// The first step that is not done.
    #[must_use]
    pub fn next(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.is_done(*step))
    }

    /// Steps that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        Step::ALL.into_iter().filter(|step| self.is_done(*step)).count()
    }

    /// The page of the dashboard where a step is taken.
    #[must_use]
    pub fn path(&self, step: Step) -> String {
        let on_api = |tab: &str| self.api_id.as_ref().map_or("/apis/new".to_owned(), |id| format!("/apis/{id}/{tab}"));
        match step {
            Step::CreateClient => "/clients/new".to_owned(),
            Step::CreateApi => "/apis/new".to_owned(),
            Step::DefineScopes => on_api("scopes"),
            Step::AuthorizeClient => on_api("clients"),
            Step::AskForToken => on_api("test"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_follows_what_is_there() {
        let mut progress = Progress::default();
        assert_eq!((progress.next(), progress.done()), (Some(Step::CreateClient), 0));
        progress = Progress {
            clients: 1,
            apis: 1,
            scopes: 0,
            grants: 1,
            api_id: Some("a1".to_owned()),
            ..progress
        };
        assert_eq!((progress.next(), progress.done()), (Some(Step::DefineScopes), 3));
        assert_eq!(progress.path(Step::DefineScopes), "/apis/a1/scopes");
        progress = Progress {
            scopes: 1,
            tokens: 9,
            ..progress
        };
        assert_eq!(progress.next(), None);
    }
}
