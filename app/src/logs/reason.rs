//! Log entries in words: what happened and how it ended.

use model::log::{LogEntry, LogType};

use crate::ui::Tone;

/// What happened, in a few words.
pub(super) fn what(entry: &LogEntry) -> String {
    match entry.kind {
        LogType::TokenIssued | LogType::TokenRefused | LogType::TokenRevoked | LogType::CallRefused => entry.kind.label().to_owned(),
        _ if entry.description.is_empty() => entry.kind.label().to_owned(),
        _ => entry.description.clone(),
    }
}

/// How it ended: a word or two for a chip.
pub(super) fn result(entry: &LogEntry) -> (Tone, String) {
    let (tone, words) = match entry.kind {
        LogType::TokenIssued => (Tone::Good, "Issued"),
        LogType::TokenRefused | LogType::CallRefused => (Tone::Bad, reason(&entry.reason)),
        LogType::TokenRevoked => (Tone::Info, "Revoked"),
        LogType::QuotaReached => (Tone::Warn, "Quota"),
        LogType::Changed => (Tone::Info, "Changed"),
        LogType::SecretShown => (Tone::Warn, "Shown"),
        LogType::ApiTested => (Tone::Info, "Tested"),
        LogType::SignedIn => (Tone::Plain, "Signed in"),
        LogType::SignInFailed => (Tone::Bad, "Failed"),
        LogType::SignedOut => (Tone::Plain, "Signed out"),
    };
    (tone, words.to_owned())
}

/// A refusal code in words.
pub(super) fn reason(code: &str) -> &'static str {
    match code {
        "malformed_request" => "Malformed",
        "two_auth_methods" => "Two secrets sent",
        "grant_type_missing" => "No grant type",
        "grant_type_unsupported" => "Wrong grant type",
        "client_missing" => "No client",
        "client_unknown" => "Unknown client",
        "secret_missing" => "No secret",
        "secret_wrong" => "Wrong secret",
        "secret_expired" => "Expired secret",
        "auth_method_not_allowed" => "Method not allowed",
        "assertion_client_unknown" => "Unknown client",
        "assertion_client" => "Wrong assertion issuer",
        "assertion_audience" => "Wrong assertion audience",
        "assertion_expired" => "Expired assertion",
        "assertion_too_long" => "Assertion lives too long",
        "assertion_not_yet" => "Assertion from the future",
        "assertion_key" => "No such key",
        "assertion_signature" => "Wrong key",
        "assertion_replayed" => "Assertion used twice",
        "audience_missing" => "No audience",
        "audience_unknown" => "Unknown API",
        "client_not_authorized" => "No grant",
        "grant_type_not_allowed" => "Grant type not allowed",
        "scope_not_granted" => "Scope not granted",
        "dpop_repeated" => "Several DPoP proofs",
        "dpop_malformed" => "Malformed DPoP proof",
        "dpop_type" => "Wrong type of DPoP proof",
        "dpop_algorithm" => "Wrong algorithm of DPoP proof",
        "dpop_key" => "Wrong key in DPoP proof",
        "dpop_private_key" => "Private key in DPoP proof",
        "dpop_signature" => "Wrong signature of DPoP proof",
        "dpop_method" => "Wrong method in DPoP proof",
        "dpop_address" => "Wrong address in DPoP proof",
        "dpop_time" => "Old or early DPoP proof",
        "dpop_id" => "No ID in DPoP proof",
        "dpop_replayed" => "Reused DPoP proof",
        "dpop_required_by_api" | "dpop_required_by_client" => "No DPoP proof",
        "token_missing" => "No token",
        "too_many_revoked" => "Too many revoked",
        "too_many_failures" => "Locked out",
        "quota_exceeded" => "Quota exceeded",
        "log_limited" => "Not all logged",
        "not_introspector" => "May not introspect",
        _ => "Refused",
    }
}

/// A refusal in a sentence with the names of both sides.
pub(super) fn headline(entry: &LogEntry) -> String {
    let client = name(&entry.client_name, &entry.client_id, "An unknown client");
    let api = name(&entry.api_name, &entry.audience, "the API");
    match entry.reason.as_str() {
        "client_not_authorized" => format!("Refused: {client} is not authorized for {api}"),
        "scope_not_granted" => format!("Refused: {client} asked for scopes of {api} that it is not granted"),
        "secret_wrong" => format!("Refused: {client} sent a wrong secret"),
        "secret_expired" => format!("Refused: {client} sent a secret that has expired"),
        "secret_missing" => format!("Refused: {client} sent no secret"),
        "client_unknown" => "Refused: no client has the ID that was sent".to_owned(),
        "too_many_failures" if entry.client_id.is_empty() => "Locked out: an address that tries many clients".to_owned(),
        "too_many_failures" => format!("Locked out: {client}, from one address"),
        "quota_exceeded" => format!("Refused: {client} has used up its quota of tokens"),
        "log_limited" => "Refused: more requests of one address than the log keeps".to_owned(),
        "audience_unknown" => format!("Refused: {client} asked for an API that is not there"),
        "dpop_required_by_api" => format!("Refused: {client} sent no DPoP proof, which {api} requires"),
        "dpop_required_by_client" => format!("Refused: {client} sent no DPoP proof, which it must"),
        code if code.starts_with("dpop_") => format!("Refused: {client} sent a DPoP proof that does not hold"),
        code => format!("Refused: {client}, {}", reason(code).to_ascii_lowercase()),
    }
}

fn name<'a>(name: &'a str, id: &'a str, nobody: &'a str) -> &'a str {
    [name, id].into_iter().find(|text| !text.is_empty()).unwrap_or(nobody)
}

#[cfg(test)]
pub(super) mod tests {
    use model::log::Actor;

    use super::*;

    pub(in crate::logs) fn refused(code: &str) -> LogEntry {
        LogEntry {
            log_id: "1".to_owned(),
            date: 0,
            kind: LogType::TokenRefused,
            description: String::new(),
            actor: Actor::system(),
            client_id: "c1".to_owned(),
            client_name: "Partner portal".to_owned(),
            audience: "https://orders.example.com/".to_owned(),
            api_name: "Orders".to_owned(),
            scope: String::new(),
            reason: code.to_owned(),
            user_agent: String::new(),
            refused: None,
            before: String::new(),
            after: String::new(),
        }
    }

    #[test]
    fn a_refusal_names_both_sides() {
        let mut entry = refused("client_not_authorized");
        assert_eq!(headline(&entry), "Refused: Partner portal is not authorized for Orders");
        entry.client_name.clear();
        entry.reason = "secret_wrong".to_owned();
        assert_eq!(headline(&entry), "Refused: c1 sent a wrong secret");
        for (code, words) in [
            ("dpop_required_by_api", "Refused: c1 sent no DPoP proof, which Orders requires"),
            ("dpop_required_by_client", "Refused: c1 sent no DPoP proof, which it must"),
            ("dpop_time", "Refused: c1 sent a DPoP proof that does not hold"),
        ] {
            entry.reason = code.to_owned();
            assert_eq!(headline(&entry), words);
        }
    }

    #[test]
    fn a_change_says_what_was_changed() {
        let mut entry = refused("");
        entry.kind = LogType::Changed;
        entry.description = "Scope added: cancel:orders".to_owned();
        assert_eq!(what(&entry), "Scope added: cancel:orders");
        assert_eq!(result(&entry), (Tone::Info, "Changed".to_owned()));
    }
}
