//! Log entries: tokens issued and refused, and every change of the configuration.

use serde::{Deserialize, Serialize};

use crate::page::PageRequest;
use crate::refusal::RefusedRequest;
use crate::time::Timestamp;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Admin id, client id, or empty.
    pub id: String,
    /// E-mail address, client name, or what ran.
    pub name: String,
    /// Where the request came from; empty for commands.
    pub ip: String,
}

impl Actor {
    /// A command run on this machine by its operator.
    #[must_use]
    pub fn command() -> Self {
        Self {
            kind: ActorKind::Command,
            id: String::new(),
            name: "Command line".to_owned(),
            ip: String::new(),
        }
    }

    /// The server itself, for example at its first start.
    #[must_use]
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            id: String::new(),
            name: "Tessera".to_owned(),
            ip: String::new(),
        }
    }
}

/// Kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person in the dashboard.
    Admin,
    /// A client at the token endpoint or the Management API.
    Client,
    /// A command run by the operator.
    Command,
    /// The server itself.
    System,
    /// Someone who did not prove who they are.
    Stranger,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Client, Self::Command, Self::System, Self::Stranger];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Client => "client",
            Self::Command => "command",
            Self::System => "system",
            Self::Stranger => "stranger",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What happened, by the codes of Auth0 where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LogType {
    /// A token was issued.
    TokenIssued,
    /// A token was refused.
    TokenRefused,
    /// A client revoked a token of its own.
    TokenRevoked,
    /// A client was refused a call about a token: to revoke or to introspect it.
    CallRefused,
    /// A client has used up most or all of its quota of tokens.
    QuotaReached,
    /// The configuration changed.
    Changed,
    /// A secret was shown to an admin.
    SecretShown,
    /// An API was tested: good and bad tokens were sent to it.
    ApiTested,
    /// An admin signed in.
    SignedIn,
    /// Somebody failed to sign in.
    SignInFailed,
    /// An admin signed out.
    SignedOut,
}

impl LogType {
    /// Every type, in the order of the filter.
    pub const ALL: [Self; 11] = [
        Self::TokenIssued,
        Self::TokenRefused,
        Self::TokenRevoked,
        Self::CallRefused,
        Self::QuotaReached,
        Self::Changed,
        Self::SecretShown,
        Self::ApiTested,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
    ];

    /// The code in the database, in URLs and on the Management API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenIssued => "seccft",
            Self::TokenRefused => "feccft",
            Self::TokenRevoked => "token_revoked",
            Self::CallRefused => "token_call_refused",
            Self::QuotaReached => "token_quota",
            Self::Changed => "sapi",
            Self::SecretShown => "mgmt_api_read",
            Self::ApiTested => "api_guard_test",
            Self::SignedIn => "ssi",
            Self::SignInFailed => "fsi",
            Self::SignedOut => "slo",
        }
    }

    /// The type with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name that the dashboard shows.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::TokenIssued => "Token issued",
            Self::TokenRefused => "Token refused",
            Self::TokenRevoked => "Token revoked",
            Self::CallRefused => "Token call refused",
            Self::QuotaReached => "Token quota",
            Self::Changed => "Configuration changed",
            Self::SecretShown => "Secret shown",
            Self::ApiTested => "API tested",
            Self::SignedIn => "Signed in",
            Self::SignInFailed => "Sign-in failed",
            Self::SignedOut => "Signed out",
        }
    }
}

/// One entry, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Sorts by time; digits and letters.
    pub log_id: String,
    /// When it happened.
    pub date: Timestamp,
    /// What kind of event.
    pub kind: LogType,
    /// What happened, in a sentence for an admin.
    pub description: String,
    /// Who did it.
    pub actor: Actor,
    /// The client concerned; empty if none.
    pub client_id: String,
    /// Its name at that time.
    pub client_name: String,
    /// Identifier of the API concerned; empty if none.
    pub audience: String,
    /// Its name at that time.
    pub api_name: String,
    /// Scopes issued or asked for, space-delimited.
    pub scope: String,
    /// Code of the reason of a refusal ([`crate::refusal::Refusal::code`]); empty otherwise.
    pub reason: String,
    /// What the caller sent as `User-Agent`, cut to 300 characters.
    pub user_agent: String,
    /// What a refused request carried, and the rule that refused it; `None` if nothing was refused, or in an entry of an older version.
    pub refused: Option<RefusedRequest>,
    /// The object before the change as JSON without secrets; empty if it was created.
    pub before: String,
    /// The object after the change as JSON without secrets; empty if it was deleted.
    pub after: String,
}

/// Which entries; newest first unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    /// Only of this type.
    pub kind: Option<LogType>,
    /// Only of this client id.
    pub client_id: String,
    /// Only of the API with this identifier.
    pub audience: String,
    /// Part of the description, a name, the reason or a whole log id, without regard to case; empty finds all.
    pub search: String,
    /// Whether the oldest come first.
    #[serde(skip)]
    pub oldest_first: bool,
    /// Page of the list.
    pub page: PageRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for kind in LogType::ALL {
            assert_eq!(LogType::parse(kind.code()), Some(kind));
        }
        for kind in ActorKind::ALL {
            assert_eq!(ActorKind::parse(kind.as_str()), Some(kind));
        }
    }
}
