//! What a server function may answer instead of a value. Views match on it; none of it carries a secret or a text of a library.

use leptos::prelude::FromServerFnError;
use leptos::server_fn::Bytes;
use leptos::server_fn::Encodes;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::ServerFnErrorErr;
use serde::{Deserialize, Serialize};

use crate::status;

/// Why a server function did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// The one who is signed in may not do this.
    Forbidden {
        /// A sentence: why.
        message: String,
    },
    /// It is not there, or no longer.
    NotFound {
        /// The noun, for example `client`.
        what: String,
    },
    /// A value breaks a rule.
    Invalid {
        /// Name of the field.
        field: String,
        /// What would be right.
        message: String,
    },
    /// A value is taken.
    Conflict {
        /// Name of the field.
        field: String,
        /// What is in the way.
        message: String,
    },
    /// Nobody was signed in or set up with what was entered.
    SignIn {
        /// Name of the field that is looked at first.
        field: String,
        /// What would be right.
        message: String,
        /// The address that was entered, to show it again where no script kept it.
        email: String,
    },
    /// Too many attempts.
    TooMany {
        /// Seconds until the next attempt is looked at.
        retry_after: i64,
    },
    /// The server was not reached or its answer was not understood.
    Offline(String),
    /// Something failed inside; the server's log says what, under this id.
    Internal {
        /// Id of the line in the server's log.
        id: String,
    },
}

impl AppError {
    /// What happened, in a sentence or two.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::SignedOut => "Your session has ended. Sign in again to go on.".to_owned(),
            Self::Forbidden { message } | Self::Invalid { message, .. } | Self::Conflict { message, .. } | Self::SignIn { message, .. } => {
                message.clone()
            }
            Self::NotFound { what } => format!("There is no such {what}. It may have been deleted, or the address is incomplete."),
            Self::TooMany { retry_after } => format!("Too many attempts. Wait {} and try again.", model::time::length((*retry_after).max(1))),
            Self::Offline(_) => "The server could not be reached. Check your connection and try again.".to_owned(),
            Self::Internal { id } => {
                format!("Something failed on the server. Try again; if it stays, look for {id} in the server's log.")
            }
        }
    }

    /// A few words for a heading.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::SignedOut => "You are signed out".to_owned(),
            Self::Forbidden { .. } => "This can't be done".to_owned(),
            Self::NotFound { what } => format!("No such {what}"),
            Self::Invalid { .. } | Self::SignIn { .. } => "A value needs a change".to_owned(),
            Self::Conflict { .. } => "This is taken".to_owned(),
            Self::TooMany { .. } => "Wait a moment".to_owned(),
            Self::Offline(_) => "The server did not answer".to_owned(),
            Self::Internal { .. } => "Something failed".to_owned(),
        }
    }

    /// The field that the error is about, if it is about one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } | Self::Conflict { field, .. } | Self::SignIn { field, .. } => Some(field),
            _ => None,
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for AppError {}

impl From<model::Invalid> for AppError {
    fn from(invalid: model::Invalid) -> Self {
        Self::Invalid {
            field: invalid.field,
            message: invalid.message,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Serialization(_) => Self::Invalid {
                field: String::new(),
                message: "The form was incomplete. Reload the page and fill it in again.".to_owned(),
            },
            other => Self::Offline(other.to_string()),
        }
    }

    // Called once for each answer that is an error: the one place where its status code can be set.
    fn ser(&self) -> Bytes {
        status::of_answer(self);
        JsonEncoding::encode(self).unwrap_or_default()
    }
}

#[cfg(feature = "ssr")]
impl From<engine::Error> for AppError {
    /// What the person can do something about goes to the browser in words; everything else goes to the server's log.
    fn from(error: engine::Error) -> Self {
        use engine::Error;
        match error {
            Error::NotFound(what) => Self::NotFound { what: what.to_owned() },
            Error::Invalid(invalid) => invalid.into(),
            Error::Conflict(taken) => Self::Conflict {
                field: taken.field,
                message: taken.message,
            },
            Error::System(message) => Self::Forbidden { message: message.to_owned() },
            inside => Self::internal(&inside),
        }
    }
}

#[cfg(feature = "ssr")]
impl AppError {
    /// Logs an error of ours and answers with the id of that line only.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let id = format!("err_{}", engine::chance::Chance::system().alphanumeric(12));
        tracing::error!(%id, %error, "a request of the dashboard failed");
        Self::Internal { id }
    }
}
