//! `/stats`: figures of whole days.

use http::{Method, StatusCode};
use model::time::DAY;
use model::usage::Daily;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::moment;
use super::shape::{Shape, required};

const READ: &[&str] = &["read:stats"];
/// Days that are told where the caller says nothing.
const DAYS: i64 = 30;
/// The most days.
const DAYS_MAX: i64 = 366;

/// The members of a day.
pub(super) fn table() -> Vec<Field> {
    let told = |name, shape| field(name, shape, Effect::Told).when(When::Never);
    let count = || Shape::Whole(0, i64::MAX);
    vec![
        told("date", Shape::Moment),
        told("logins", count()).note("How often admins signed in to the dashboard."),
        told("signups", count()).note("Always 0: nobody signs up here."),
        told("leaked_passwords", count()).note("Always 0: passwords are not compared with leaked ones."),
        told("created_at", Shape::Moment),
        told("updated_at", Shape::Moment),
        Field {
            effect: Effect::Ours,
            ..told(
                super::ours::NAME,
                Shape::Open(vec![
                    required("tokens_issued", count()),
                    required("tokens_avoidable", count()),
                    required("tokens_refused", count()),
                ]),
            )
        },
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = fields::answer(&table(), &["date", "logins", "signups", "leaked_passwords", "created_at", "updated_at"]);
    vec![
        Endpoint {
            method: Method::GET,
            path: "/stats/daily",
            id: "get_daily",
            summary: "What happened on each day (of UTC).",
            scopes: READ,
            query: vec![
                param("from", Shape::Text(0, 8), "The first day, as 20260301."),
                param("to", Shape::Text(0, 8), "The last day."),
            ],
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer), 366))),
            failures: &[],
            run: |call| Box::pin(daily(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/stats/active-users",
            id: "get_active-users",
            summary: "How many admins have signed in within the last 30 days.",
            scopes: READ,
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::Whole(0, i64::MAX))),
            failures: &[],
            run: |call| Box::pin(active(call)),
        },
    ]
}

async fn daily(call: Call) -> Result<Reply, Failure> {
    let day = |name: &'static str| match call.query(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match moment::parse_day(text) {
            Some(day) => Ok(Some(day)),
            None => Err(Failure::query(name, "Object didn't pass validation for format YYYYMMDD")),
        },
    };
    let now = call.engine.now();
    let to = day("to")?.unwrap_or(now);
    let from = day("from")?.unwrap_or(to - (DAYS - 1) * DAY);
    if from > to || (to - from) / DAY >= DAYS_MAX {
        return Err(Failure::query("from", format!("Ask for 1 to {DAYS_MAX} days, the first one first")));
    }
    let days = call.engine.daily(from, to).await?;
    Ok(Reply::ok(days.iter().map(|day| written(day, now)).collect()))
}

async fn active(call: Call) -> Result<Reply, Failure> {
    Ok(Reply::ok(call.engine.active_admins().await?.into()))
}

fn written(day: &Daily, now: i64) -> Value {
    json!({
        "date": moment::write(day.date),
        "logins": day.sign_ins,
        "signups": 0,
        "leaked_passwords": 0,
        "created_at": moment::write(day.date),
        "updated_at": moment::write(now.clamp(day.date, day.date + DAY)),
        "tessera": {
            "tokens_issued": day.tokens.issued,
            "tokens_avoidable": day.tokens.avoidable,
            "tokens_refused": day.tokens.refused,
        },
    })
}
