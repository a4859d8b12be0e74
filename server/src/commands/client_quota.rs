//! `tessera client quota …`

use clap::{ArgGroup, Args, Subcommand};
use engine::Engine;
use model::client::Client;
use model::log::Actor;
use model::quota::{QuotaWindow, TokenQuota};
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// What can be done with the quota of a client.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Show the quota of a client, and how many tokens it was issued in this hour and today
    Show {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
    /// Set the quota of a client: the limits that are not given are none
    Set(Set),
    /// Take the quota of a client away
    Clear {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
}

#[derive(Args)]
#[command(group = ArgGroup::new("limit").required(true).multiple(true).args(["per_hour", "per_day"]))]
pub(super) struct Set {
    /// The client
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// The most tokens in an hour of UTC
    #[arg(long, value_name = "TOKENS")]
    per_hour: Option<i64>,
    /// The most tokens on a day of UTC
    #[arg(long, value_name = "TOKENS")]
    per_day: Option<i64>,
    /// Refuse requests beyond it with status 429; without this the log says that it was exceeded, and tokens are issued
    #[arg(long)]
    enforce: bool,
}

/// A quota with Auth0's field names, and what is used of it.
#[derive(Serialize)]
struct Shown<'a> {
    client_id: &'a str,
    name: &'a str,
    per_hour: Option<i64>,
    per_day: Option<i64>,
    enforce: bool,
    issued_this_hour: i64,
    issued_today: i64,
}

/// Runs a verb; each answers with the quota as it is afterwards.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let client = match verb {
        Verb::Show { client_id } => engine.client(&client_id).await?,
        Verb::Clear { client_id } => set(engine, &client_id, TokenQuota::default()).await?,
        Verb::Set(Set {
            client_id,
            per_hour,
            per_day,
            enforce,
        }) => set(engine, &client_id, TokenQuota { per_hour, per_day, enforce }).await?,
    };
    let usage = engine.client_usage(&client.client_id).await?;
    let issued = |window: QuotaWindow| usage.since(window.start(usage.as_of)).issued;
    let (quota, in_hour, in_day) = (client.token_quota, issued(QuotaWindow::Hour), issued(QuotaWindow::Day));
    output.answer(
        &Shown {
            client_id: &client.client_id,
            name: &client.name,
            per_hour: quota.per_hour,
            per_day: quota.per_day,
            enforce: quota.enforce,
            issued_this_hour: in_hour,
            issued_today: in_day,
        },
        &table(&[
            ("Client", &client.name),
            ("Quota", &quota.words()),
            ("This hour", &format!("{in_hour} issued")),
            ("Today", &format!("{in_day} issued")),
        ]),
    );
    Ok(())
}

async fn set(engine: &Engine, client_id: &str, quota: TokenQuota) -> Result<Client, engine::Error> {
    engine.set_token_quota(&Actor::command(), client_id, quota).await
}
