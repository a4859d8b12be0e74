//! Calls of server functions as they go over the wire: a form one way, JSON the other.
//!
//! leptos' own stubs are compiled anew for each function and each type of answer. Here an [`Answer`] stays JSON until a view reads it,
//! so that everything on the way to the view is compiled once: that made the bundle a sixth smaller.

use leptos::server_fn::client::Client;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::FromServerFnError;
use leptos::server_fn::redirect::call_redirect_hook;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::request::browser::BrowserRequest;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{Bytes, Decodes};
use serde::de::DeserializeOwned;

use crate::error::AppError;

/// The content type of a call.
const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of an answer.
const JSON: &str = "application/json";

/// What a server function answered, as JSON; it may hold a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Answer(Bytes);

impl Answer {
    /// Takes JSON.
    pub(super) fn new(json: impl Into<Bytes>) -> Self {
        Self(json.into())
    }

    /// The JSON.
    pub(super) fn as_text(&self) -> &str {
        // JSON is UTF-8 (RFC 8259 §8.1).
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The answer as what the function gives.
    ///
    /// # Errors
    /// [`AppError::Offline`] if it is something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        JsonEncoding::decode(self.0.clone()).map_err(|error| AppError::Offline(error.to_string()))
    }
}

/// Calls the function at `path` from the browser, and follows where its answer redirects.
///
/// # Errors
/// What the function refuses with; [`AppError::Offline`] if it is not reached.
pub(super) async fn send(path: &str, form: String) -> Result<Answer, AppError> {
    let request = <BrowserRequest as ClientReq<AppError>>::try_new_post(path, FORM, JSON, form)?;
    let response = <BrowserClient as Client<AppError>>::send(request).await?;
    let status = ClientRes::<AppError>::status(&response);
    let location = ClientRes::<AppError>::location(&response);
    let redirected = ClientRes::<AppError>::has_redirect(&response);
    let bytes: Bytes = ClientRes::<AppError>::try_into_bytes(response).await?;
    if status >= 400 {
        return Err(AppError::de(bytes));
    }
    if redirected {
        call_redirect_hook(&location);
    }
    Ok(Answer(bytes))
}
