//! What somebody pastes who wants to know why a request failed: a token, an answer of the token endpoint or of an API, or an id from it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client_secret::{self, Look};
use crate::dpop;
use crate::secret::Secret;

/// The most bytes that may be pasted: an API of many long scopes makes long tokens.
pub const PASTED_MAX: usize = 64 * 1024;
/// Digits of the id of a log entry.
pub const LOG_ID_LENGTH: usize = 24;

/// What a pasted text is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pasted {
    /// A token; whether it holds is another question.
    Token(Secret),
    /// An answer that names the entry of the log.
    LogId(String),
    /// An error without such an id.
    Error {
        /// `error`.
        error: String,
        /// `error_description`; may be empty.
        description: String,
    },
    /// A client secret of this kind of server. It is not repeated.
    Secret,
    /// Something else.
    Other,
}

/// Recognizes a pasted text. What stands around it, such as `Bearer` or the rest of a log line, does no harm.
#[must_use]
pub fn recognize(text: &str) -> Pasted {
    let text = text.trim();
    if let Ok(Value::Object(answer)) = serde_json::from_str::<Value>(text) {
        let member = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(token) = member("access_token") {
            return Pasted::Token(Secret::new(token));
        }
        if let Some(id) = member("error_id").filter(|id| is_log_id(id)) {
            return Pasted::LogId(id);
        }
        if let Some(error) = member("error") {
            let description = member("error_description").unwrap_or_default();
            return Pasted::Error { error, description };
        }
        return Pasted::Other;
    }
    if client_secret::look(client_secret::in_pasted(text)) != Look::Foreign {
        return Pasted::Secret;
    }
    let words = || text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '='));
    if let Some(token) = words().find(|word| is_token(word)) {
        return Pasted::Token(Secret::new(token));
    }
    if let Some(id) = words()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()))
        .find(|word| is_log_id(word))
    {
        return Pasted::LogId(id.to_owned());
    }
    match quoted(text, "error") {
        Some(error) => Pasted::Error {
            error,
            description: quoted(text, "error_description").unwrap_or_default(),
        },
        None => Pasted::Other,
    }
}

fn is_log_id(text: &str) -> bool {
    text.len() == LOG_ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Three parts of base64url, the first an object in JSON: its first character makes it begin with `ey`.
fn is_token(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    text.starts_with("ey") && text.split('.').count() == 3 && text.split('.').all(part)
}

/// The value of `name="…"`, as in `WWW-Authenticate` (RFC 6750 §3), or of `"name":"…"` in the midst of a log line.
fn quoted(text: &str, name: &str) -> Option<String> {
    [format!("{name}=\""), format!("\"{name}\":\""), format!("\"{name}\": \"")]
        .iter()
        .find_map(|start| text.split_once(start.as_str()))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value.to_owned())
}

/// Codes of the reasons ([`crate::refusal::CODES`]) that are answered in these words, in either error profile; none if this server does not
/// speak so.
#[must_use]
pub fn reasons(error: &str, description: &str) -> Vec<&'static str> {
    let begins = |start: &str| description.starts_with(start);
    match error {
        "access_denied" if begins("Service not enabled") => vec!["audience_unknown"],
        "access_denied" if begins("Client is not authorized") => vec!["client_not_authorized"],
        "access_denied" if begins("Client has not been granted") => vec!["scope_not_granted"],
        "access_denied" if begins("Non-global") => vec!["audience_missing"],
        "access_denied" => vec![
            "secret_wrong",
            "client_unknown",
            "secret_expired",
            "secret_missing",
            "client_missing",
            "auth_method_not_allowed",
        ],
        "invalid_client" => vec![
            "secret_wrong",
            "client_unknown",
            "secret_expired",
            "assertion_key",
            "assertion_signature",
            "assertion_audience",
            "assertion_expired",
            "auth_method_not_allowed",
        ],
        "invalid_request" if begins("Missing required parameter: grant_type") => vec!["grant_type_missing"],
        "invalid_request" if begins("Missing required parameter: token") => vec!["token_missing"],
        "invalid_request" if begins("Send the client secret either") => vec!["two_auth_methods"],
        "invalid_request" => vec!["malformed_request"],
        "invalid_dpop_proof" => {
            let named = dpop::Flaw::ALL.into_iter().find(|flaw| begins(flaw.for_log()));
            named.map_or_else(|| dpop::Flaw::ALL.map(dpop::Flaw::code).to_vec(), |flaw| vec![flaw.code()])
        }
        "too_many_requests" if begins("Too many attempts") => vec!["too_many_failures"],
        "too_many_requests" => vec!["quota_exceeded"],
        "unsupported_grant_type" => vec!["grant_type_unsupported"],
        "unauthorized_client" if begins("Grant type") => vec!["grant_type_not_allowed"],
        "unauthorized_client" => vec!["client_not_authorized"],
        "invalid_scope" => vec!["scope_not_granted"],
        "invalid_target" if begins("Name the API") => vec!["audience_missing"],
        "invalid_target" => vec!["audience_unknown"],
        "temporarily_unavailable" if begins("The client has too many") => vec!["too_many_revoked"],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::CODES;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln";
    const ID: &str = "179999999900000012345678";

    #[test]
    fn tokens_are_found_in_what_surrounds_them() {
        for text in [
            TOKEN.to_owned(),
            format!("  {TOKEN}\n"),
            format!("Bearer {TOKEN}"),
            format!("curl -H 'Authorization: Bearer {TOKEN}' https://api.example.com"),
            format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":60}}"),
            format!("export TOKEN=\"{TOKEN}\""),
        ] {
            assert_eq!(recognize(&text), Pasted::Token(Secret::new(TOKEN)), "{text}");
        }
    }

    #[test]
    fn the_id_of_an_entry_comes_before_the_words() {
        for text in [
            ID.to_owned(),
            format!("{{\"error\":\"access_denied\",\"error_id\":\"{ID}\"}}"),
            format!("2026 WARN token refused: {{\"error\":\"access_denied\",\"error_id\":\"{ID}\"}}"),
            format!("error_id: {ID}."),
        ] {
            assert_eq!(recognize(&text), Pasted::LogId(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn errors_are_read_from_bodies_headers_and_log_lines() {
        for text in [
            r#"{"error":"invalid_token","error_description":"expired"}"#,
            r#"WWW-Authenticate: Bearer realm="x", error="invalid_token", error_description="expired""#,
            r#"POST failed with {"error": "invalid_token", "error_description": "expired"} after 3 tries"#,
        ] {
            let expect = Pasted::Error {
                error: "invalid_token".to_owned(),
                description: "expired".to_owned(),
            };
            assert_eq!(recognize(text), expect, "{text}");
        }
    }

    #[test]
    fn other_texts_are_nothing() {
        for text in ["", "hello", "a.b.c", "{}", "[]", "12345", "{\"error_id\":\"1\"}"] {
            assert_eq!(recognize(text), Pasted::Other, "{text}");
        }
        let secret = client_secret::assemble(&"a".repeat(client_secret::RANDOM_LENGTH));
        assert_eq!(recognize(&secret), Pasted::Secret);
    }

    #[test]
    fn reasons_have_codes_that_exist() {
        for (error, description) in [
            ("access_denied", "Unauthorized"),
            ("access_denied", "Service not enabled within domain: x"),
            ("invalid_client", ""),
            ("invalid_request", ""),
            ("invalid_target", ""),
            ("invalid_scope", ""),
            ("invalid_dpop_proof", ""),
        ] {
            let codes = reasons(error, description);
            assert!(!codes.is_empty() && codes.iter().all(|code| CODES.contains(code)), "{error}");
        }
        assert!(reasons("invalid_token", "").is_empty());
    }
}
