//! Wire calls of signing in and out, and of the frame around every page.
//!
//! Only [`sign_in`] and [`set_up`] work without a session.

use leptos::prelude::*;
use model::issuer::Issuer;
use model::progress::Progress;
use model::secret::Secret;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate;

/// What every page shows around its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Who is signed in.
    pub email: String,
    /// Clients there are.
    pub clients: i64,
    /// APIs there are, the Management API among them.
    pub apis: i64,
    /// The documented steps.
    pub progress: Progress,
    /// The address of this server, as tokens name it.
    pub issuer: Issuer,
    /// `light` or `dark` if one was chosen.
    pub theme: Option<String>,
    /// When this was read.
    pub now: Timestamp,
}

/// Reads the frame.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn session_frame() -> Result<Frame, AppError> {
    use model::page::{ListQuery, PageRequest};
    let session = gate::Admin::required().await?;
    let one = ListQuery {
        page: PageRequest::new(0, 1),
        ..ListQuery::default()
    };
    let clients = session.engine.list_clients(&one).await?;
    let apis = session.engine.list_apis(&one).await?;
    Ok(Frame {
        email: session.admin.email,
        clients: clients.total,
        apis: apis.total,
        progress: session.engine.progress().await?,
        issuer: session.engine.issuer().clone(),
        theme: crate::theme(),
        now: session.engine.now(),
    })
}

/// Signs an admin in and goes on to `next`, a path on this site.
///
/// # Errors
/// [`AppError::SignIn`] with one text for an unknown address and for a wrong password; [`AppError::TooMany`].
#[server]
pub async fn sign_in(
    /// Address of the admin.
    email: String,
    /// Their password.
    password: Secret,
    /// Where to go on; the overview if it is empty or leaves this site.
    next: String,
) -> Result<(), AppError> {
    let engine = gate::ungated_engine()?;
    match engine.sign_in(&email, &password, &gate::client_addr()).await {
        Ok(token) => {
            gate::set_session(engine.issuer(), &token, engine.now());
            gate::go_to(&next);
            Ok(())
        }
        Err(error) => Err(refused(
            error,
            email,
            "password",
            "This e-mail address and password don't match an admin. Check both.",
        )),
    }
}

/// Creates the first admin with the code that the server printed, and signs them in.
///
/// # Errors
/// [`AppError::SignIn`] if the code is wrong, an admin exists, or a value breaks a rule; [`AppError::TooMany`].
#[server]
pub async fn set_up(
    /// What the server printed.
    code: Secret,
    /// Address of the admin.
    email: String,
    /// Their password.
    password: Secret,
) -> Result<(), AppError> {
    let engine = gate::ungated_engine()?;
    match engine.set_up(code.reveal().trim(), &email, &password, &gate::client_addr()).await {
        Ok(token) => {
            gate::set_session(engine.issuer(), &token, engine.now());
            gate::go_to("/");
            Ok(())
        }
        Err(error) => Err(refused(
            error,
            email,
            "code",
            "This is not the set-up code. The server prints it when it starts; it is made anew at each start.",
        )),
    }
}

/// Ends the session.
///
/// # Errors
/// [`AppError::SignedOut`] if there is none.
#[server]
pub async fn sign_out() -> Result<(), AppError> {
    let session = gate::Admin::required().await?;
    if let Some(token) = use_context::<http::request::Parts>().and_then(|parts| gate::session_token(&parts.headers, session.engine.issuer())) {
        session.engine.sign_out(&token, &gate::client_addr()).await?;
    }
    gate::clear_session(session.engine.issuer());
    gate::go_to("/sign-in");
    Ok(())
}

/// Remembers `light` or `dark`; any other text follows the system.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn set_theme(
    /// `light`, `dark` or `system`.
    theme: String,
) -> Result<(), AppError> {
    let session = gate::Admin::required().await?;
    let theme = Some(theme.as_str()).filter(|theme| ["light", "dark"].contains(theme));
    gate::set_theme(session.engine.issuer(), theme);
    Ok(())
}

/// Something that the command palette leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whether it is an API; else a client.
    pub is_api: bool,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub detail: String,
    /// Its page.
    pub href: String,
}

/// Clients and APIs whose name or identifier holds `search`, a few of each.
///
/// # Errors
/// [`AppError::SignedOut`] without a session; [`AppError::Invalid`] if the text is too long.
#[server]
pub async fn find_anything(
    /// Part of a name or identifier; empty finds all.
    search: String,
) -> Result<Vec<Found>, AppError> {
    use model::page::{ListQuery, PageRequest, SEARCH_MAX};
    let session = gate::Admin::required().await?;
    model::invalid::check_optional_text("search", "the search text", &search, SEARCH_MAX)?;
    let query = ListQuery {
        search,
        page: PageRequest::new(0, 5),
        ..ListQuery::default()
    };
    let apis = session.engine.list_apis(&query).await?;
    let clients = session.engine.list_clients(&query).await?;
    let apis = apis.items.into_iter().map(|row| Found {
        is_api: true,
        href: format!("/apis/{}", row.api.id),
        name: row.api.name,
        detail: row.api.identifier,
    });
    let clients = clients.items.into_iter().map(|row| Found {
        is_api: false,
        href: format!("/clients/{}", row.client.client_id),
        name: row.client.name,
        detail: row.client.client_id,
    });
    Ok(apis.chain(clients).collect())
}

/// Why nobody was signed in, in words; `wrong` is the text, and `field` its place, if what was entered does not match.
#[cfg(feature = "ssr")]
fn refused(error: engine::SignInError, email: String, field: &str, wrong: &str) -> AppError {
    use engine::SignInError;
    match error {
        SignInError::Wrong => AppError::SignIn {
            field: field.to_owned(),
            message: wrong.to_owned(),
            email,
        },
        SignInError::Invalid(invalid) => AppError::SignIn {
            field: invalid.field,
            message: invalid.message,
            email,
        },
        SignInError::TooMany { retry_after } => AppError::TooMany { retry_after },
        SignInError::Failed(error) => error.into(),
    }
}
