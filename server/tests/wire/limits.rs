//! `docs/LIMITS.md` says what the code does: each value in its tables is that of a constant, and none is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use ::engine::{CallRate, Patience};
use app::reference;
use engine::limits as engine;
use model::lockout::{OF_ADDRESS, OF_CLIENT};
use model::time::length;
use model::{
    admin, api, assertion, claims, client, client_key, client_secret, dpop, guard, introspection, kept, page, pasted, quota, scope, signing_secret,
    usage,
};
use server::limits;

fn kib(bytes: usize) -> String {
    assert_eq!(bytes % 1024, 0);
    format!("{} KiB", bytes / 1024)
}

fn mib(bytes: usize) -> String {
    assert_eq!(bytes % (1024 * 1024), 0);
    format!("{} MiB", bytes / (1024 * 1024))
}

fn characters(count: usize) -> String {
    format!("{count} characters")
}

fn time(duration: Duration) -> String {
    length(i64::try_from(duration.as_secs()).unwrap())
}

/// Some at once, then one every so often.
fn burst((count, every): (u32, Duration)) -> String {
    format!("{count} at once, then 1 every {}", time(every))
}

fn calls(rate: CallRate) -> String {
    format!("{} at once, then {} every second", rate.burst, rate.per_second)
}

/// What the page must say, by the first cell of its row.
fn values() -> BTreeMap<&'static str, String> {
    let plain = |number: i64| number.to_string();
    BTreeMap::from([
        ("Connections at a time", limits::CONNECTIONS_MAX.to_string()),
        ("TLS handshake of a connection", time(limits::HANDSHAKE_MAX)),
        ("File of the TLS certificate chain, or of its key", kib(limits::TLS_FILE_MAX)),
        ("Head of a request", kib(limits::HEAD_BYTES_MAX)),
        ("Time for the head of a request, and of an idle connection", time(limits::HEAD_MAX)),
        ("Time for a whole request", time(limits::REQUEST_MAX)),
        ("Time for requests in flight at a stop", time(limits::STOP_MAX)),
        ("Proxies in a row in `X-Forwarded-For`", limits::HOPS_MAX.to_string()),
        ("Body of a request of a client", kib(limits::BODY_MAX)),
        ("Time for that body", time(Duration::from_secs(limits::BODY_SECONDS))),
        ("Form of the dashboard", kib(limits::FORM_MAX)),
        ("Parameters of a request of a client", limits::PARAMETERS_MAX.to_string()),
        ("Parameter but `scope`, `token` and `client_assertion`", characters(limits::VALUE_MAX)),
        ("Text of an error", characters(limits::DESCRIPTION_MAX)),
        ("Body of a call of the Management API", kib(limits::MANAGEMENT_BODY_MAX)),
        ("Time for that body too", time(Duration::from_secs(limits::MANAGEMENT_BODY_SECONDS))),
        ("Part of the path of such a call", characters(limits::PATH_PART_MAX)),
        ("Query parameters of such a call", limits::QUERY_MAX.to_string()),
        ("Calls of the Management API of a client", calls(CallRate::default())),
        ("What is kept without effect with one object", kib(kept::KEPT_MAX)),
        ("Secret of somebody's own choosing", characters(client::OWN_SECRET_MAX)),
        ("Token to introspect or revoke", kib(engine::TOKEN_MAX)),
        ("Assertion of a client", kib(assertion::ASSERTION_MAX)),
        ("`iss`, `sub` or `jti` of an assertion", characters(assertion::TEXT_MAX)),
        ("Life of an assertion", length(assertion::LIFETIME_MAX)),
        ("Clock of a client against ours", length(assertion::SKEW)),
        ("DPoP proof", kib(dpop::PROOF_MAX)),
        ("`jti` of a DPoP proof", characters(dpop::JTI_MAX)),
        ("Time of a DPoP proof against our clock", length(dpop::WINDOW)),
        ("Time for which a DPoP nonce is given out", length(dpop::NONCE_STEP)),
        ("RSA signatures that wait, for each core", engine::QUEUED_PER_THREAD.to_string()),
        (
            "Failures of a client from one address",
            format!("{} in {}", OF_CLIENT.failures, length(OF_CLIENT.window)),
        ),
        ("Its first lock-out", length(OF_CLIENT.first)),
        ("Its longest lock-out", length(OF_CLIENT.longest)),
        (
            "Failures of one address",
            format!("{} in {}", OF_ADDRESS.failures, length(OF_ADDRESS.window)),
        ),
        ("First lock-out of an address", length(OF_ADDRESS.first)),
        ("Longest lock-out of an address", length(OF_ADDRESS.longest)),
        (
            "Failures that are remembered, of clients and of addresses each",
            engine::TRACKED_MAX.to_string(),
        ),
        ("Clients that have proven themselves and are remembered", engine::PROVEN_KEPT.to_string()),
        (
            "Refusals of one address in the log",
            burst((engine::LOGGED_AT_ONCE, engine::LOGGED_EVERY)),
        ),
        ("Attempts to sign in, for each account", burst(engine::ACCOUNT_LIMIT)),
        ("Attempts to sign in, for each address", burst(engine::ADDRESS_LIMIT)),
        ("Length of a session", length(engine::SESSION_LENGTH)),
        ("Session without a request", length(engine::SESSION_IDLE)),
        ("Quota of a client, an hour or a day", plain(quota::QUOTA_MAX)),
        ("Part of a quota at which the log warns", format!("{} %", quota::WARN_PERCENT)),
        ("Time until servers know of each other's tokens", time(engine::USAGE_WRITTEN_EVERY)),
        ("Days that are counted", plain(usage::KEPT_DAYS)),
        (
            "Avoidable tokens in 24 hours before a client is called wasteful",
            plain(usage::WASTEFUL_MIN),
        ),
        ("And avoidable ones for each that was needed", plain(usage::WASTEFUL_RATIO)),
        ("Tokens remembered to tell avoidable ones", engine::HELD_KEPT.to_string()),
        ("Address of an API that is tested", characters(guard::URL_MAX)),
        ("Scopes that one run asks about", guard::SCOPES_MAX.to_string()),
        ("Requests of a run at a time", engine::GUARD_AT_A_TIME.to_string()),
        ("Time for a connection, and for an answer", time(Patience::USUAL.request)),
        ("Requests without an answer", engine::GUARD_TIMEOUTS_MAX.to_string()),
        ("Time after which a run sends no more", time(Patience::USUAL.run)),
        ("Answer of an API", kib(engine::GUARD_ANSWER_MAX)),
        ("Life of the valid token of a run", length(engine::GUARD_TOKEN_LIFETIME)),
        (
            "Life of the good tokens of a test kit",
            format!("{} to {}", length(engine::KIT_VALID_FOR.0), length(engine::KIT_VALID_FOR.1)),
        ),
        ("Name of an API", characters(api::NAME_MAX)),
        ("Identifier of an API", characters(api::IDENTIFIER_MAX)),
        ("Token lifetime", length(api::TOKEN_LIFETIME_MAX)),
        ("Scopes of an API", scope::SCOPES_MAX.to_string()),
        ("Scope", characters(scope::VALUE_MAX)),
        ("Description of a scope", characters(scope::DESCRIPTION_MAX)),
        ("Clients that may introspect tokens of an API", plain(introspection::INTROSPECTORS_MAX)),
        ("Custom claims", claims::CLAIMS_MAX.to_string()),
        ("Name of a claim", characters(claims::NAME_MAX)),
        ("Value of a claim", characters(claims::VALUE_MAX)),
        ("Name of a client", characters(client::NAME_MAX)),
        ("Description of a client", characters(client::DESCRIPTION_MAX)),
        ("Metadata of a client", format!("{} entries", client::METADATA_MAX)),
        ("Key or value of the metadata", characters(client::METADATA_TEXT_MAX)),
        ("Client ID that is brought along", characters(client::OWN_CLIENT_ID_MAX)),
        ("File of a configuration", mib(limits::CONFIGURATION_MAX)),
        ("Signing secrets of an API", signing_secret::SIGNING_SECRETS_MAX.to_string()),
        ("Body that is sent from the API reference", kib(reference::BODY_MAX)),
        ("Answer that it shows", kib(reference::ANSWER_MAX)),
        ("Token of a call from there", length(reference::CALL_LIFETIME)),
        ("Token for the shell from there", length(reference::SHELL_LIFETIME)),
        ("Text that is explained", kib(pasted::PASTED_MAX)),
        ("Secrets of a client", client_secret::SECRETS_MAX.to_string()),
        ("Name of a secret", characters(client_secret::SECRET_NAME_MAX)),
        ("Text in which a found secret is looked for", characters(client_secret::PASTED_MAX)),
        ("Public keys of a client", client_key::KEYS_MAX.to_string()),
        ("Name of a key", characters(client_key::NAME_MAX)),
        ("Key ID of a client's key", characters(client_key::KID_MAX)),
        ("Text of a public key", characters(client_key::TEXT_MAX)),
        ("RSA key of a client", format!("{} to {} bits", engine::RSA_BITS.0, engine::RSA_BITS.1)),
        ("Revoked tokens of a client that have not expired", plain(engine::DENIED_MAX)),
        (
            "Password of an admin",
            format!("{} to {} characters", admin::PASSWORD_MIN, admin::PASSWORD_MAX),
        ),
        ("E-mail address of an admin", characters(admin::EMAIL_MAX)),
        ("Things on a page of a list", plain(page::MAX_PER_PAGE)),
        ("Text that is searched for", characters(page::SEARCH_MAX)),
        ("Text in the log", characters(engine::LOG_TEXT_MAX)),
        ("`User-Agent` in the log", characters(engine::USER_AGENT_MAX)),
    ])
}

#[test]
fn the_page_says_what_the_code_does() {
    let page = include_str!("../../../docs/LIMITS.md");
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let mut said = BTreeMap::new();
    for row in rows {
        let row = cells(row);
        assert_eq!(row.len(), 4, "what, value, what happens, where it is changed: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(said.insert(row[0].clone(), row[1].clone()).is_none(), "twice: {row:?}");
    }
    let values: BTreeMap<String, String> = values().into_iter().map(|(what, value)| (what.to_owned(), value)).collect();
    assert_eq!(said, values);
}
