//! What wants attention in the log, and where it is put right.

use model::log::{LogEntry, LogType};
use model::page::Page;
use model::time::HOUR;

use super::server_fns::Remedy;
use crate::ui::address;

/// Where the refusal of this entry is put right. `client_there` and `api_id` say what still exists.
pub(super) fn remedy(entry: &LogEntry, client_there: bool, api_id: Option<&str>) -> Option<Remedy> {
    if !matches!(entry.kind, LogType::TokenRefused | LogType::CallRefused) {
        return None;
    }
    let to = |href: String, label: &str| {
        Some(Remedy {
            href,
            label: label.to_owned(),
        })
    };
    let tab = |tab: &str, label: &str| to(format!("/clients/{}/{tab}", entry.client_id), label);
    match (entry.reason.as_str(), api_id) {
        ("client_not_authorized", Some(id)) if client_there => to(clients_tab(id, entry), "Authorize client"),
        ("scope_not_granted", Some(id)) if client_there => to(clients_tab(id, entry), "Choose scopes"),
        ("dpop_required_by_api", Some(id)) => to(format!("/apis/{id}/settings"), "See what the API requires"),
        ("dpop_required_by_client", _) if client_there => tab("authentication", "See what it must send"),
        ("not_introspector", Some(id)) => to(format!("/apis/{id}/settings"), "Choose who may introspect"),
        ("audience_missing" | "audience_unknown", _) => to("/apis".to_owned(), "Find the identifier"),
        (code, _) if client_there && (code == "auth_method_not_allowed" || code.starts_with("assertion_")) => {
            tab("authentication", "See how it may prove itself")
        }
        ("too_many_failures", _) if client_there => tab("usage", "See its lock-outs"),
        ("quota_exceeded", _) if client_there => tab("usage", "See its quota"),
        ("secret_expired", _) if client_there => tab("settings", "See its secrets"),
        ("secret_wrong" | "secret_missing", _) if client_there => tab("settings", "Find the secret"),
        ("too_many_revoked", _) if client_there => tab("settings", "Revoke all tokens"),
        _ if client_there => tab("quickstart", "See a request that works"),
        _ => to("/clients".to_owned(), "Find the client"),
    }
}

fn clients_tab(api_id: &str, entry: &LogEntry) -> String {
    address(&format!("/apis/{api_id}/clients"), &[("open", &entry.client_id)])
}

/// The newest refusal on the page that is younger than an hour and that no success of the same client at the same API has followed.
pub(super) fn open_refusal(page: &Page<LogEntry>) -> Option<&LogEntry> {
    let (position, refused) = page
        .items
        .iter()
        .enumerate()
        .find(|(_, entry)| entry.kind == LogType::TokenRefused && entry.date > page.as_of - HOUR)?;
    let solved = page.items[..position]
        .iter()
        .any(|later| later.kind == LogType::TokenIssued && later.client_id == refused.client_id && later.audience == refused.audience);
    (!solved).then_some(refused)
}

#[cfg(test)]
mod tests {
    use model::refusal::{CODES, fix_of};
    use model::time::Timestamp;

    use super::*;
    use crate::logs::reason::reason;
    use crate::logs::reason::tests::refused;

    #[test]
    fn every_code_has_words_a_fix_and_a_place() {
        for code in CODES {
            assert_ne!(reason(code), "Refused", "{code}");
            assert!(fix_of(code).is_some(), "{code}");
            assert!(remedy(&refused(code), true, Some("a1")).is_some(), "{code}");
        }
    }

    #[test]
    fn a_missing_grant_is_made_at_the_api() {
        let entry = refused("client_not_authorized");
        let place = |there, api| remedy(&entry, there, api).map(|remedy| remedy.href);
        assert_eq!(place(true, Some("a1")).as_deref(), Some("/apis/a1/clients?open=c1"));
        assert_eq!(place(true, None).as_deref(), Some("/clients/c1/quickstart"));
        assert_eq!(place(false, None).as_deref(), Some("/clients"));
    }

    #[test]
    fn what_requires_a_proof_is_seen_where_it_is_set() {
        let place = |code| remedy(&refused(code), true, Some("a1")).map(|remedy| remedy.href);
        assert_eq!(place("dpop_required_by_api").as_deref(), Some("/apis/a1/settings"));
        assert_eq!(place("dpop_required_by_client").as_deref(), Some("/clients/c1/authentication"));
        assert_eq!(place("dpop_time").as_deref(), Some("/clients/c1/quickstart"));
    }

    #[test]
    fn what_is_not_a_refusal_needs_no_remedy() {
        let mut entry = refused("");
        entry.kind = LogType::Changed;
        assert_eq!(remedy(&entry, true, Some("a1")), None);
    }

    fn entry(log_id: &str, date: Timestamp, kind: LogType, client_id: &str) -> LogEntry {
        LogEntry {
            log_id: log_id.to_owned(),
            date,
            kind,
            client_id: client_id.to_owned(),
            ..refused("")
        }
    }

    fn open(items: Vec<LogEntry>) -> Option<String> {
        let page = Page {
            total: 0,
            page: 0,
            per_page: 25,
            as_of: 10_000,
            items,
        };
        open_refusal(&page).map(|entry| entry.log_id.clone())
    }

    #[test]
    fn a_refusal_is_open_until_the_same_request_succeeds() {
        use LogType::{TokenIssued, TokenRefused};
        let refused = entry("1", 9_000, TokenRefused, "c1");
        let issued = |client_id| entry("2", 9_001, TokenIssued, client_id);
        assert_eq!(open(vec![refused.clone()]).as_deref(), Some("1"));
        assert_eq!(open(vec![issued("c2"), refused.clone()]).as_deref(), Some("1"));
        assert_eq!(open(vec![issued("c1"), refused]), None);
        assert_eq!(open(vec![entry("1", 10_000 - HOUR, TokenRefused, "c1")]), None);
    }
}
