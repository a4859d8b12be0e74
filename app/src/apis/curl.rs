//! Requests as people type them into a shell.

use model::quickstart::{Span, SpanKind};
use model::token::CLIENT_CREDENTIALS;

/// Asks for a token; the secret comes from the environment, so that it does not end up in the history of the shell, and by way of
/// standard input, so that no list of processes shows it.
pub(super) fn token_request(token_url: &str, client_id: &str, audience: &str, scope: &str) -> Vec<Span> {
    let mut spans = vec![
        plain("printf %s "),
        string("\"$CLIENT_SECRET\"".to_owned()),
        plain(" |\n  curl "),
        value(quoted(token_url)),
        plain(" \\\n  --data "),
        string(quoted(&format!("grant_type={CLIENT_CREDENTIALS}"))),
        plain(" \\\n  --data "),
        value(quoted(&format!("client_id={client_id}"))),
        plain(" \\\n  --data-urlencode "),
        string(quoted("client_secret@-")),
        plain(" \\\n  --data-urlencode "),
        value(quoted(&format!("audience={audience}"))),
    ];
    if !scope.is_empty() {
        spans.extend([plain(" \\\n  --data-urlencode "), value(quoted(&format!("scope={scope}")))]);
    }
    spans
}

/// Calls an API with a token.
pub(super) fn api_call(token: &str) -> Vec<Span> {
    vec![
        plain("curl "),
        string("\"$API_URL\"".to_owned()),
        plain(" \\\n  --header "),
        value(quoted(&format!("Authorization: Bearer {token}"))),
    ]
}

/// A text as one word of a POSIX shell: nothing in it is expanded.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn plain(text: &str) -> Span {
    Span {
        kind: SpanKind::Plain,
        text: text.to_owned(),
    }
}

fn string(text: String) -> Span {
    Span {
        kind: SpanKind::String,
        text,
    }
}

fn value(text: String) -> Span {
    Span { kind: SpanKind::Value, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn the_request_is_one_command() {
        let request = token_request("http://localhost:3000/oauth/token", "c1", "https://orders.example.com/", "");
        assert_eq!(
            text(&request),
            "printf %s \"$CLIENT_SECRET\" |\n  curl 'http://localhost:3000/oauth/token' \\\n  --data 'grant_type=client_credentials' \\\n  --data 'client_id=c1' \\\n  --data-urlencode 'client_secret@-' \\\n  --data-urlencode 'audience=https://orders.example.com/'"
        );
        let narrowed = token_request("u", "c1", "a", "read:orders list:orders");
        assert!(text(&narrowed).ends_with("--data-urlencode 'scope=read:orders list:orders'"));
    }

    #[test]
    fn no_identifier_breaks_out_of_its_quotes() {
        assert_eq!(quoted("urn:o'brien;$(id)`id`"), r"'urn:o'\''brien;$(id)`id`'");
        assert_eq!(text(&api_call("a.b.c")), "curl \"$API_URL\" \\\n  --header 'Authorization: Bearer a.b.c'");
    }
}
