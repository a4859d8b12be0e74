//! The only door from the pages to the engine: who is not signed in gets no engine.
//!
//! Also what belongs to that door: the session cookie, the address of the caller, and where one is sent afterwards.

use engine::{Engine, SessionToken};
use http::HeaderMap;
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use model::issuer::Issuer;
use model::log::{Actor, ActorKind};
use model::time::{DAY, Timestamp};

use crate::error::AppError;

/// Address of the caller, as the server found it; provided as context for every page and server function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub String);

/// A signed-in admin, with the engine that this opens.
#[derive(Clone)]
pub struct Session {
    /// Everything that can be done.
    pub engine: Engine,
    /// Who does it.
    pub admin: model::admin::Admin,
    /// The same person as log entries name them.
    pub actor: Actor,
}

/// The gate itself.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl Admin {
    /// The first line of every server function: the session of the one who asks.
    ///
    /// # Errors
    /// [`AppError::SignedOut`] without a valid session; [`AppError::Internal`] if that can't be found out.
    pub async fn required() -> Result<Session, AppError> {
        let engine = ungated_engine()?;
        let parts = use_context::<Parts>().ok_or(AppError::SignedOut)?;
        let token = session_token(&parts.headers, engine.issuer()).ok_or(AppError::SignedOut)?;
        let admin = engine.session(&token).await?.ok_or(AppError::SignedOut)?;
        let actor = Actor {
            kind: ActorKind::Admin,
            id: admin.id.clone(),
            name: admin.email.clone(),
            ip: client_addr(),
        };
        Ok(Session { engine, admin, actor })
    }
}

/// The engine without a session: for signing in and setting up only.
pub(crate) fn ungated_engine() -> Result<Engine, AppError> {
    use_context::<Engine>().ok_or_else(|| AppError::internal(&MissingContext))
}

/// The server provided no engine.
#[derive(Debug, thiserror::Error)]
#[error("the server provided no engine as context")]
struct MissingContext;

/// Address of the caller; empty if the server did not provide it.
#[must_use]
pub fn client_addr() -> String {
    use_context::<ClientAddr>().map(|ClientAddr(ip)| ip).unwrap_or_default()
}

/// Name of the session cookie. With TLS it carries the prefix that binds it to this host (RFC 6265bis §4.1.3.2).
#[must_use]
pub fn cookie_name(issuer: &Issuer) -> &'static str {
    if issuer.is_https() {
        "__Host-tessera_session"
    } else {
        "tessera_session"
    }
}

/// The session token that a request brings along.
#[must_use]
pub fn session_token(headers: &HeaderMap, issuer: &Issuer) -> Option<String> {
    cookie(headers, cookie_name(issuer))
}

/// The value of a cookie (RFC 6265 §5.4).
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

/// Hands the browser its session.
pub(crate) fn set_session(issuer: &Issuer, token: &SessionToken, now: Timestamp) {
    let max_age = (token.expires_at - now).max(0);
    set_cookie(issuer, cookie_name(issuer), token.secret.reveal(), max_age);
}

/// Takes the session back from the browser.
pub(crate) fn clear_session(issuer: &Issuer) {
    set_cookie(issuer, cookie_name(issuer), "", 0);
}

/// Name of the cookie that remembers light or dark.
pub(crate) const THEME_COOKIE: &str = "theme";

/// Remembers light or dark for a year; without a theme, forgets it.
pub(crate) fn set_theme(issuer: &Issuer, theme: Option<&str>) {
    let max_age = if theme.is_some() { 365 * DAY } else { 0 };
    set_cookie(issuer, THEME_COOKIE, theme.unwrap_or_default(), max_age);
}

fn set_cookie(issuer: &Issuer, name: &str, value: &str, max_age: i64) {
    let secure = if issuer.is_https() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(SET_COOKIE, cookie);
    }
}

/// Sends the browser to a page of ours; anything else becomes the overview.
pub(crate) fn go_to(path: &str) {
    leptos_axum::redirect(same_site(path));
}

/// `path` if it stays on this site, else `/`: `//host`, `/\host` and absolute addresses would leave it.
#[must_use]
pub fn same_site(path: &str) -> &str {
    let stays = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.len() <= 2_000
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if stays { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for (path, expect) in [
            ("/apis/a1/test?x=1", "/apis/a1/test?x=1"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x=1", "/"),
            ("/ü", "/"),
        ] {
            assert_eq!(same_site(path), expect, "{path:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("theme=dark; tessera_session=abc"));
        headers.append(COOKIE, HeaderValue::from_static("x_tessera_session=no"));
        let http = Issuer::parse("http://localhost:3000").unwrap();
        let https = Issuer::parse("https://auth.example").unwrap();
        assert_eq!(session_token(&headers, &http).as_deref(), Some("abc"));
        assert_eq!(session_token(&headers, &https), None);
    }
}
