//! Writes are accepted from our own pages only, whatever cookies a browser sends along.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Method};
use model::issuer::Issuer;

use super::error;

/// Where a request comes from, as browsers say and pages can't forge (Fetch Metadata §2.3).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what could write and did not come from us.
pub(super) async fn check(issuer: &Issuer, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_ours(issuer, request.headers()) {
        next.run(request).await
    } else {
        tracing::warn!(path = request.uri().path(), "refused a write from another origin");
        error::other_origin()
    }
}

/// Browsers leave `Sec-Fetch-Site` out without TLS, but send `Origin` with every `POST`.
fn is_ours(issuer: &Issuer, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN) else {
        return false;
    };
    // A proxy may ask us under another name than browsers use; the issuer is what they use then.
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    origin.eq_ignore_ascii_case(issuer.origin()) || authority.zip(text(HOST)).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn ours_and_others() {
        let issuer = Issuer::parse("https://auth.example.com/").unwrap();
        for (headers, expect) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://10.0.0.1:3000"),
                    ("host", "10.0.0.1:3000"),
                ],
                false,
            ),
            (&[("origin", "http://10.0.0.1:3000"), ("host", "10.0.0.1:3000")], true),
            (&[("origin", "https://auth.example.com"), ("host", "inside:3000")], true),
            (&[("origin", "http://10.0.0.1:3001"), ("host", "10.0.0.1:3000")], false),
            (&[("origin", "http://auth.example.com"), ("host", "inside:3000")], false),
            (&[("origin", "null"), ("host", "10.0.0.1:3000")], false),
            (&[("host", "10.0.0.1:3000")], false),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_ours(&issuer, &map), expect, "{headers:?}");
        }
    }
}
