//! `tessera grant …`

use clap::Subcommand;
use engine::Engine;
use model::grant::{NewGrant, ScopeChoice};
use model::log::Actor;
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// What can be done with grants.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Authorize a client for an API
    Create {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// Identifier of the API
        #[arg(long, value_name = "IDENTIFIER")]
        audience: String,
        /// A scope of the API that tokens may carry; may be repeated
        #[arg(long, value_name = "SCOPE", conflicts_with = "all_scopes")]
        scope: Vec<String>,
        /// Grant all scopes that the API defines now
        #[arg(long)]
        all_scopes: bool,
    },
}

/// A grant with the field names of the Management API.
#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    client_id: &'a str,
    audience: &'a str,
    scope: &'a [String],
}

/// Runs a verb.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let Verb::Create {
        client_id,
        audience,
        scope,
        all_scopes,
    } = verb;
    let new = NewGrant {
        client_id,
        audience,
        scope: if all_scopes { ScopeChoice::All } else { ScopeChoice::Some(scope) },
        ..NewGrant::default()
    };
    let grant = engine.create_grant(&Actor::command(), new).await?;
    let scopes = grant.scope.join(" ");
    output.answer(
        &Created {
            id: &grant.id,
            client_id: &grant.client_id,
            audience: &grant.audience,
            scope: &grant.scope,
        },
        &table(&[
            ("ID", &grant.id),
            ("Client ID", &grant.client_id),
            ("Audience", &grant.audience),
            ("Scopes", if scopes.is_empty() { "none" } else { &scopes }),
        ]),
    );
    Ok(())
}
