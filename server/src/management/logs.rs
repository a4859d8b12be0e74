//! `/logs`: what happened.

use http::{Method, StatusCode};
use model::log::{LogEntry, LogQuery, LogType};
use model::page::{MAX_PAGE, PageRequest, SEARCH_MAX};
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::moment;
use super::paging::{PER_PAGE, PER_PAGE_MAX, TEXT_MAX, choosing, chosen};
use super::shape::{Shape, optional, required};

const READ: &[&str] = &["read:logs"];
/// Entries that can be had by page (Auth0's limit).
const BY_PAGE_MAX: i64 = 1_000;

/// The members of a log entry.
pub(super) fn table() -> Vec<Field> {
    let told = |name, shape| field(name, shape, Effect::Told).when(When::Never);
    let text = || Shape::Text(0, 1_000_000);
    vec![
        told("log_id", text()),
        told("_id", text()),
        told("date", Shape::Moment),
        told("type", text()).note("Types that Auth0 has none for are ours: see README."),
        told("description", text()),
        told("client_id", text()),
        told("client_name", text()),
        told("ip", text()),
        told("user_agent", text()),
        told("audience", text()),
        told("scope", text()),
        told("user_id", text()).note("The admin, where one did it in the dashboard."),
        told("user_name", text()),
        told("tenant_name", text()),
        told("isMobile", Shape::Bool),
        told("details", Shape::Map(Box::new(Shape::Any), 100)),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &[]);
    let items = || Shape::List(Box::new(answer()), 100);
    let mut query = vec![
        param("page", Shape::Whole(0, MAX_PAGE), "Number of the page, from 0."),
        param("per_page", Shape::Whole(0, PER_PAGE_MAX), "Entries on a page."),
        param(
            "include_totals",
            Shape::Bool,
            "Whether the answer is an object with the number of all entries, instead of a list.",
        ),
        param("sort", Shape::Choice(&["date:-1", "date:1"]), "Newest or oldest first."),
        param(
            "q",
            Shape::Text(0, TEXT_MAX),
            "Terms `type:`, `client_id:`, `audience:` with a value, joined by AND, or words to search for.",
        ),
        param("search_engine", Shape::Choice(&["v3"]), "Without effect: there is one way to search."),
        param("search", Shape::Text(0, SEARCH_MAX), "Words to search for."),
        param(
            "from",
            Shape::Text(1, 100),
            "Only entries after the one with this id, oldest first; the other parameters then don't count.",
        ),
        param(
            "take",
            Shape::Whole(1, PER_PAGE_MAX),
            "Entries after `from`; from the oldest on without it.",
        ),
    ];
    query.extend(choosing());
    vec![
        Endpoint {
            method: Method::GET,
            path: "/logs",
            id: "get_logs",
            summary: "Lists log entries.",
            scopes: READ,
            query,
            body: None,
            answer: (
                StatusCode::OK,
                Some(Shape::Either(vec![
                    items(),
                    Shape::Open(vec![
                        required("logs", items()),
                        optional("total", Shape::Whole(0, i64::MAX)),
                        optional("start", Shape::Whole(0, i64::MAX)),
                        optional("limit", Shape::Whole(0, i64::MAX)),
                        optional("length", Shape::Whole(0, i64::MAX)),
                    ]),
                ])),
            ),
            failures: &[],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/logs/{id}",
            id: "get_logs_by_id",
            summary: "Reads a log entry.",
            scopes: READ,
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(read(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    if call.query("from").is_some() || call.query("take").is_some() {
        let take = call.number("take").unwrap_or(PER_PAGE);
        let entries = call.engine.logs_after(call.query("from"), take).await?;
        return Ok(Reply::ok(entries.iter().map(|entry| chosen(&call, written(&call, entry))).collect()));
    }
    let (page, per_page) = (call.number("page").unwrap_or(0), call.number("per_page").unwrap_or(PER_PAGE));
    if page * per_page >= BY_PAGE_MAX {
        return Err(Failure::query(
            "page",
            format!("Only the first {BY_PAGE_MAX} entries can be had by page; use from and take"),
        ));
    }
    let mut query = asked(call.query("q").unwrap_or_default())?;
    if let Some(search) = call.query("search") {
        query.search = search.to_owned();
    }
    query.oldest_first = call.query("sort") == Some("date:1");
    query.page = PageRequest { page, per_page };
    let found = call.engine.list_logs(&query).await?;
    let mut items: Vec<Value> = found.items.iter().map(|entry| chosen(&call, written(&call, entry))).collect();
    // The engine has no empty pages.
    items.truncate(usize::try_from(per_page).unwrap_or_default());
    if call.truth("include_totals") != Some(true) {
        return Ok(Reply::ok(items.into()));
    }
    Ok(Reply::ok(json!({
        "start": page * per_page,
        "limit": per_page,
        "length": items.len(),
        "total": found.total,
        "logs": items,
    })))
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let entry = call.engine.log(call.path("id")).await?;
    Ok(Reply::ok(written(&call, &entry)))
}

/// The part of Lucene's language that tools use: `type:sapi AND client_id:"x"`, or words.
fn asked(text: &str) -> Result<LogQuery, Failure> {
    let mut query = LogQuery::default();
    let mut words = Vec::new();
    for term in text.split(" AND ").map(str::trim).filter(|term| !term.is_empty()) {
        let Some((name, value)) = term
            .split_once(':')
            .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        else {
            words.push(term.trim_matches('"'));
            continue;
        };
        let value = value.trim_matches('"');
        match name {
            "type" => {
                let kind = LogType::parse(value).ok_or_else(|| Failure::query("q", "There is no such type of log entry"))?;
                query.kind = Some(kind);
            }
            "client_id" => query.client_id = value.to_owned(),
            "audience" => query.audience = value.to_owned(),
            "log_id" => words.push(value),
            _ => {
                return Err(Failure::query(
                    "q",
                    "Only type, client_id, audience and log_id can be searched for, joined by AND",
                ));
            }
        }
    }
    query.search = words.join(" ").chars().take(SEARCH_MAX).collect();
    Ok(query)
}

fn written(call: &Call, entry: &LogEntry) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut object = json!({
        "log_id": entry.log_id,
        "_id": entry.log_id,
        "date": moment::write(entry.date),
        "type": entry.kind.code(),
        "description": entry.description,
        "client_id": entry.client_id,
        "client_name": entry.client_name,
        "ip": entry.actor.ip,
        "user_agent": entry.user_agent,
        "audience": entry.audience,
        "scope": entry.scope,
        "tenant_name": call.engine.issuer().host(),
        "isMobile": false,
        "details": {
            "actor": { "kind": entry.actor.kind.as_str(), "id": entry.actor.id, "name": entry.actor.name },
            "reason": entry.reason,
            "before": parsed(&entry.before),
            "after": parsed(&entry.after),
        },
    });
    if entry.actor.kind == model::log::ActorKind::Admin {
        object["user_id"] = entry.actor.id.as_str().into();
        object["user_name"] = entry.actor.name.as_str().into();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_words() {
        let query = asked(r#"type:sapi AND client_id:"abc" AND rotated"#).unwrap();
        assert_eq!(query.kind, Some(LogType::Changed));
        assert_eq!((query.client_id.as_str(), query.search.as_str()), ("abc", "rotated"));
        assert_eq!(asked("Billing worker").unwrap().search, "Billing worker");
        assert_eq!(asked("audience:https://a/:x").unwrap().audience, "https://a/:x");
        for text in ["type:nothing", "ip:1"] {
            assert!(matches!(asked(text), Err(Failure::Query(_))), "{text}");
        }
    }
}
