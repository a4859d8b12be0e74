//! `tessera token`

use clap::Args;
use engine::{Engine, IssueError};
use model::dpop::TOKEN_TYPE;
use model::log::Actor;
use model::token::{CLIENT_CREDENTIALS, TokenRequest};

use super::Failure;
use super::output::Output;

/// Which token.
#[derive(Args)]
pub(super) struct Arguments {
    /// The client
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Identifier of the API
    #[arg(long, value_name = "IDENTIFIER")]
    audience: String,
    /// Only these scopes of the grant, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
}

/// Prints the token alone, or the answer of the token endpoint. Where it must be bound to a key, says on stderr what it is good for.
pub(super) async fn run(engine: &Engine, arguments: Arguments, output: Output) -> Result<(), Failure> {
    let request = TokenRequest {
        grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
        audience: Some(arguments.audience),
        scope: arguments.scope,
    };
    let response = engine
        .issue_for(&Actor::command(), &arguments.client_id, request)
        .await
        .map_err(|error| match error {
            IssueError::Refused(refusal) => Failure::Refused(refusal),
            // Only the wire takes proofs.
            IssueError::NonceWanted | IssueError::Busy => Failure::Busy,
            IssueError::Failed(error) => Failure::Engine(error),
        })?;
    if response.token_type == TOKEN_TYPE {
        output.note("the token is bound to a key that was thrown away (DPoP): it is for looking at, and no API that checks proofs takes it");
    }
    output.answer(&response, response.access_token.reveal());
    Ok(())
}
