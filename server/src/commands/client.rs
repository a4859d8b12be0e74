//! `tessera client …`

use std::collections::BTreeMap;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use engine::Engine;
use model::client::{AppType, AuthMethod, NewClient};
use model::log::Actor;
use model::secret::Secret;
use model::time::exact;
use serde::Serialize;

use super::output::{Output, table};
use super::{Failure, client_key, client_quota, client_secret};

/// What can be done with clients.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Create a client of type Non Interactive
    Create {
        /// Name that admins see
        #[arg(long)]
        name: String,
        /// What it is for
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
    },
    /// Secrets of a client: several may be live at once
    #[command(subcommand)]
    Secret(client_secret::Verb),
    /// Public keys of a client, for private_key_jwt
    #[command(subcommand)]
    Key(client_key::Verb),
    /// Choose how a client may prove itself
    Auth {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// A way; may be repeated
        #[arg(long, value_name = "METHOD", required = true, value_parser = PossibleValuesParser::new(AuthMethod::ALL.map(AuthMethod::as_str)))]
        method: Vec<String>,
        /// Take only assertions that name the issuer as their one audience, to the letter
        #[arg(long)]
        strict: bool,
        /// Give it only tokens that are bound to a key of its own (DPoP, RFC 9449), or not [default: as it is]
        #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        require_dpop: Option<bool>,
    },
    /// Quota of a client: how many tokens it may ask for in an hour and in a day
    #[command(subcommand)]
    Quota(client_quota::Verb),
    /// Revoke all tokens that the client has now; only APIs that introspect tokens notice, others accept them until they expire
    RevokeTokens {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
}

/// What was cut off.
#[derive(Serialize)]
struct CutOff<'a> {
    client_id: &'a str,
    name: &'a str,
    /// Tokens issued before this moment no longer count.
    tokens_valid_from: String,
}

/// A client with the field names of the Management API.
#[derive(Serialize)]
struct Created<'a> {
    client_id: &'a str,
    client_secret: &'a Secret,
    name: &'a str,
    app_type: AppType,
    description: &'a str,
    client_metadata: &'a BTreeMap<String, String>,
}

/// Runs a verb.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { name, description } => create(engine, name, description, output).await,
        Verb::Secret(verb) => client_secret::run(engine, verb, output).await,
        Verb::Key(verb) => client_key::run(engine, verb, output).await,
        Verb::Auth {
            client_id,
            method,
            strict,
            require_dpop,
        } => client_key::set_methods(engine, &client_id, &method, strict, require_dpop, output).await,
        Verb::Quota(verb) => client_quota::run(engine, verb, output).await,
        Verb::RevokeTokens { client_id } => revoke_tokens(engine, &client_id, output).await,
    }
}

async fn revoke_tokens(engine: &Engine, client_id: &str, output: Output) -> Result<(), Failure> {
    let client = engine.revoke_client_tokens(&Actor::command(), client_id).await?;
    let from = client.tokens_valid_from.map(exact).unwrap_or_default();
    let text = format!("Tokens of {} that were issued before {from} are revoked.", client.name);
    let object = CutOff {
        client_id: &client.client_id,
        name: &client.name,
        tokens_valid_from: from,
    };
    output.answer(&object, &text);
    Ok(())
}

async fn create(engine: &Engine, name: String, description: String, output: Output) -> Result<(), Failure> {
    let actor = Actor::command();
    let new = NewClient {
        name,
        description,
        app_type: AppType::NonInteractive,
        ..NewClient::default()
    };
    let client = engine.create_client(&actor, new).await?;
    let secret = engine.reveal_client_secret(&actor, &client.client_id).await?;
    output.answer(
        &Created {
            client_id: &client.client_id,
            client_secret: &secret,
            name: &client.name,
            app_type: client.app_type,
            description: &client.description,
            client_metadata: &client.client_metadata,
        },
        &table(&[
            ("Client ID", &client.client_id),
            ("Client secret", secret.reveal()),
            ("Name", &client.name),
        ]),
    );
    Ok(())
}
