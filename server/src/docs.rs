//! The pages about refusals, which `error_uri` links to: the files of `docs/errors`, carried inside the program, for everyone.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG};
use http::{HeaderName, Method, StatusCode};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};
use rust_embed::RustEmbed;

use crate::document;

/// Where the pages are, without a slash at either end; the page of a reason is named by its code.
pub(crate) const PATH: &str = "docs/errors";
/// The page about every way in which a client can fail to prove itself.
pub(crate) const CLIENT_AUTHENTICATION: &str = "client_authentication";
/// The page about requests that can't be read.
pub(crate) const MALFORMED: &str = "malformed_request";

/// The list of all pages, in the folder and when it is asked for.
const INDEX: &str = "README";
/// Nothing but our own style and fonts.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "../docs/errors"]
struct Pages;

/// Answers for the pages; passes on what lies elsewhere. `pkg_dir` is where the style is.
pub(crate) async fn serve(pkg_dir: &str, request: Request, next: Next) -> Response {
    let path = request.uri().path().trim_matches('/');
    let wanted = matches!(*request.method(), Method::GET | Method::HEAD)
        .then(|| path.strip_prefix(PATH))
        .flatten()
        .and_then(|rest| if rest.is_empty() { Some(INDEX) } else { rest.strip_prefix('/') });
    let Some(name) = wanted else {
        return next.run(request).await;
    };
    // Whoever follows the link of another version finds the list.
    let Some(page) = render(name, pkg_dir) else {
        let list = render(INDEX, pkg_dir).unwrap_or_default();
        return (StatusCode::NOT_FOUND, [(CONTENT_SECURITY_POLICY, POLICY)], Html(list)).into_response();
    };
    let etag = document::etag(page.as_bytes());
    let headers: [(HeaderName, &str); 3] = [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "public, max-age=300"), (ETAG, &etag)];
    if document::matches(request.headers(), &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Html(page)).into_response()
}

/// The page of this name; `None` if there is none.
fn render(name: &str, pkg_dir: &str) -> Option<String> {
    let file = Pages::get(&format!("{name}.md"))?;
    let text = String::from_utf8_lossy(&file.data);
    let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(&text, Options::ENABLE_TABLES).map(link_to_page));
    let crumb = if name == INDEX {
        String::new()
    } else {
        format!("<nav><a href=\"/{PATH}\">Why requests are refused</a></nav>\n")
    };
    Some(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · Tessera</title>\n\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"/{pkg_dir}/tessera.css\">\n</head>\n\
         <body class=\"doc\">\n<main>\n{crumb}{body}</main>\n</body>\n</html>\n"
    ))
}

/// In the folder pages link to files, so that they can be read there too; here each has an address without the extension.
fn link_to_page(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let dest_url = match dest_url.strip_suffix(".md") {
                Some(name) if !name.contains('/') => CowStr::from(format!("/{PATH}/{name}")),
                _ => dest_url,
            };
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use model::refusal::CODES;

    use super::*;

    #[test]
    fn every_reason_has_a_page_that_the_list_links_to() {
        let list = render(INDEX, "pkg").unwrap();
        for code in CODES {
            let page = render(code, "pkg").unwrap_or_else(|| panic!("docs/errors/{code}.md is missing"));
            assert!(page.contains(&format!("<code>{code}</code>")), "{code}");
            assert!(list.contains(&format!("href=\"/{PATH}/{code}\"")), "{code}");
        }
        let known = |name: &str| [INDEX, CLIENT_AUTHENTICATION].contains(&name) || CODES.contains(&name);
        for file in Pages::iter() {
            assert!(known(file.trim_end_matches(".md")), "{file} is about no reason");
        }
    }

    #[test]
    fn every_link_leads_somewhere() {
        for file in Pages::iter() {
            let page = render(file.trim_end_matches(".md"), "pkg").unwrap();
            for link in page.split("href=\"/docs/errors/").skip(1) {
                let name = link.split('"').next().unwrap();
                assert!(render(name, "pkg").is_some(), "{file} links to {name}");
            }
        }
    }

    #[test]
    fn other_names_are_no_pages() {
        for name in ["", "nothing", "../SECRETS", "README.md", "secret_wrong.md"] {
            assert!(render(name, "pkg").is_none(), "{name:?}");
        }
    }
}
