//! The door: who has no session is sent to sign in, or to set up while there is nobody who could.
//!
//! Nothing behind it relies on it: each server function asks for the session again, as that is how it gets an engine.
//! Here strangers are turned away before a body of theirs is looked at.

use app::gate::session_token;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use engine::{Engine, Error};
use http::Method;
use http::header::ACCEPT;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error;
use crate::telemetry::RequestId;

/// The page that creates the first admin.
const SET_UP: &str = "/setup";
/// The page that asks who is there.
const SIGN_IN: &str = "/sign-in";
/// Where server functions are.
const FUNCTIONS: &str = "/_fn/";
/// The functions that make a session of something else.
const OPEN_FUNCTIONS: [&str; 2] = ["/_fn/sign_in", "/_fn/set_up"];
/// What stays as it is in `next`: a path is then still readable.
const NEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Lets admins pass, and sends others to the page that is for them.
pub(super) async fn turn_away(engine: &Engine, request: Request, next: Next) -> Response {
    let (asked, body) = request.into_parts();
    let decided = if asked.uri.path().starts_with(FUNCTIONS) {
        refuse_call(engine, &asked).await
    } else {
        better_place(engine, &asked)
            .await
            .map(|place| place.map(|location| error::see_other(&location)))
    };
    match decided {
        Ok(None) => next.run(Request::from_parts(asked, body)).await,
        Ok(Some(answer)) => answer,
        Err(error) => {
            let id = RequestId::of(&asked.extensions);
            tracing::error!(id, %error, "the session could not be looked up");
            error::failed(id)
        }
    }
}

/// What a stranger gets instead of the server function.
async fn refuse_call(engine: &Engine, asked: &Parts) -> Result<Option<Response>, Error> {
    if OPEN_FUNCTIONS.contains(&asked.uri.path()) || is_admin(engine, asked).await? {
        return Ok(None);
    }
    // A form that was posted without script shows the answer as a page.
    let by_form = asked
        .headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    Ok(Some(if by_form { error::see_other(SIGN_IN) } else { error::signed_out() }))
}

async fn is_admin(engine: &Engine, asked: &Parts) -> Result<bool, Error> {
    match session_token(&asked.headers, engine.issuer()) {
        Some(token) => Ok(engine.session(&token).await?.is_some()),
        None => Ok(false),
    }
}

/// Where the sender of this request should be instead, if not here.
async fn better_place(engine: &Engine, asked: &Parts) -> Result<Option<String>, Error> {
    let path = asked.uri.path();
    if path == SET_UP {
        return Ok(engine.has_admin().await?.then(|| SIGN_IN.to_owned()));
    }
    if path != SIGN_IN && is_admin(engine, asked).await? {
        return Ok(None);
    }
    if !engine.has_admin().await? {
        return Ok(Some(SET_UP.to_owned()));
    }
    Ok((path != SIGN_IN).then(|| sign_in_then(asked)))
}

/// The sign-in page, that leads back here where that makes sense.
fn sign_in_then(asked: &Parts) -> String {
    let wanted = asked.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    if wanted == "/" || asked.method != Method::GET {
        SIGN_IN.to_owned()
    } else {
        format!("{SIGN_IN}?next={}", utf8_percent_encode(wanted, NEXT))
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn next_is_kept_readable_and_can_not_break_out() {
        for (uri, expect) in [
            ("/", "/sign-in"),
            ("/apis/1/scopes", "/sign-in?next=/apis/1/scopes"),
            ("/logs?type=a&page=2", "/sign-in?next=/logs%3Ftype%3Da%26page%3D2"),
        ] {
            let (asked, _) = Request::builder().uri(uri).body(()).unwrap().into_parts();
            assert_eq!(sign_in_then(&asked), expect);
        }
    }
}
