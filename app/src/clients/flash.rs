//! How a browser without scripts gets to see a secret: it posts, is sent on to a page, and that page shows the secret once.
//!
//! The post leaves a cookie that says "show it once" and holds no secret. It is bound to that one page, lives a minute and is never
//! sent along with a request that another site started, so a link from elsewhere shows nothing. A text that was posted to be looked at
//! comes back in the same way, in the cookie itself: to the browser that had it, and to nobody else. So does the answer to a call of the
//! Management API that has changed something, since it can't be had again.

use http::HeaderValue;
use http::header::{ACCEPT, CACHE_CONTROL, SET_COOKIE};
use http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use leptos_router::location::Url;
use model::issuer::Issuer;
use model::time::MINUTE;

use crate::gate::cookie;

/// Name of the cookie; its value is the id of the thing whose secret is shown.
const NAME: &str = "tessera_show_secret";
/// The most characters of a text that is left for another page: browsers keep cookies of about 4 KiB.
const TEXT_MAX: usize = 3_500;

/// Whether the request is a form posted by a browser without scripts, rather than a call of the page's own code.
pub(crate) fn is_plain_form() -> bool {
    use_context::<Parts>()
        .and_then(|parts| parts.headers.get(ACCEPT).cloned())
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// Lets the next look at `page` show the secret of the thing with this id.
pub(crate) fn promise_at(issuer: &Issuer, page: &str, id: &str) {
    set_cookie(issuer, page, id, MINUTE);
}

/// Whether this look at `page` may show the secret of the thing with this id; answers yes once.
pub(crate) fn redeem_at(issuer: &Issuer, page: &str, id: &str) -> bool {
    let promised = use_context::<Parts>().and_then(|parts| cookie(&parts.headers, NAME));
    if promised.as_deref() != Some(id) {
        return false;
    }
    set_cookie(issuer, page, "", 0);
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    true
}

/// The id of the thing whose secret this look at `page` may show; answers with it once. Whether there is such a thing is left to the
/// caller.
pub(crate) fn redeem_any_at(issuer: &Issuer, page: &str) -> Option<String> {
    let promised = use_context::<Parts>().and_then(|parts| cookie(&parts.headers, NAME))?;
    redeem_at(issuer, page, &promised).then_some(promised)
}

/// Leaves a text for the next look at `page`; answers whether there was room, as one that is too long for a cookie is not kept.
pub(crate) fn leave_at(issuer: &Issuer, page: &str, text: &str) -> bool {
    let value = Url::escape(text);
    let fits = value.len() <= TEXT_MAX;
    if fits {
        set_cookie(issuer, page, &value, MINUTE);
    }
    fits
}

/// The text that was left for this look at `page`; answers with it once.
pub(crate) fn take_at(issuer: &Issuer, page: &str) -> Option<String> {
    let value = use_context::<Parts>().and_then(|parts| cookie(&parts.headers, NAME))?;
    set_cookie(issuer, page, "", 0);
    Some(Url::unescape(&value))
}

fn set_cookie(issuer: &Issuer, page: &str, value: &str, max_age: i64) {
    let secure = if issuer.is_https() { "; Secure" } else { "" };
    let cookie = format!("{NAME}={value}; Path={page}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(SET_COOKIE, cookie);
    }
}
