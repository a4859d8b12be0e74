//! The command line: what is asked for, and the one path that every command takes: settings, engine, verb, answer.

mod admin;
mod api;
mod api_secret;
mod apply;
mod client;
mod client_key;
mod client_quota;
mod client_secret;
mod export;
mod grant;
mod guard;
mod keys;
mod output;
mod serve;
mod testkit;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use engine::{Engine, OpenError};
use model::refusal::Refusal;
use server::Options;
use server::config::{ConfigError, Settings, check_variables};
use server::configuration::carry_out::Unfinished;
use server::configuration::mistakes::Mistakes;
use server::telemetry;
use thiserror::Error;

use output::Output;

/// Shown under the help of `tessera`.
const EXAMPLES: &str = "\
Examples:
  tessera                                                      start on http://localhost:3000/
  tessera client create --name \"Billing worker\" --json
  tessera api create --name Orders --identifier https://orders.example.com/ --scope read:orders
  tessera grant create --client-id ID --audience https://orders.example.com/ --all-scopes
  tessera token --client-id ID --audience https://orders.example.com/
  tessera guard http://localhost:8080/orders --audience https://orders.example.com/
  tessera testkit --audience https://orders.example.com/ --out tests/tokens
  tessera export --out tessera.yaml
  tessera apply tessera.yaml --dry-run

A command run beside a live server is honoured by that server within a second.";

/// A self-hosted authorization server for APIs, with a dashboard
#[derive(Parser)]
#[command(name = "tessera", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,

    /// Print one JSON object instead of text for people
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

/// What there is to do.
#[derive(Subcommand)]
enum Command {
    /// Start the server (what happens without a command)
    Serve,
    /// Admins: who may use the dashboard
    #[command(subcommand)]
    Admin(admin::Verb),
    /// APIs: what tokens are for
    #[command(subcommand)]
    Api(api::Verb),
    /// Clients: what asks for tokens
    #[command(subcommand)]
    Client(client::Verb),
    /// Grants: which client may ask for tokens of which API
    #[command(subcommand)]
    Grant(grant::Verb),
    /// Signing keys: what RS256 tokens are signed with
    #[command(subcommand)]
    Keys(keys::Verb),
    /// Issue a token for a client, by the rules of the token endpoint but without its secret
    Token(token::Arguments),
    /// Send bad tokens to an API and say which it wrongly accepts; ends with status 1 if it must be changed, 2 if it can't be tested
    Guard(guard::Arguments),
    /// Write a folder of labelled good and bad tokens with their JWKS, for unit tests without a server
    Testkit(testkit::Arguments),
    /// Make the configuration what a YAML or JSON file says; the plan is told first, and applying a file twice changes nothing
    Apply(apply::Arguments),
    /// Write the configuration as one YAML or JSON file, for `tessera apply`
    Export(export::Arguments),
}

/// Why a command failed; its text goes to stderr.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Engine(#[from] engine::Error),
    #[error("{}. {}", .0.for_log(), .0.fix())]
    Refused(Refusal),
    #[error("The server is busy signing. Try again.")]
    Busy,
    #[error("{what}: {error}")]
    Io { what: String, error: std::io::Error },
    #[error("{file} can't be applied, and nothing was changed.\n{mistakes}")]
    Mistaken { file: String, mistakes: Mistakes },
    #[error("{what}: {why}")]
    File { what: String, why: &'static str },
    #[error(transparent)]
    Unfinished(Box<Unfinished>),
}

impl From<Unfinished> for Failure {
    fn from(unfinished: Unfinished) -> Self {
        Self::Unfinished(Box::new(unfinished))
    }
}

/// Parses the arguments (usage errors end with status 2), runs the command, and reports failures with status 1. Those of `guard` are
/// reported with 2, since 1 is what it found.
pub(crate) async fn run() -> ExitCode {
    let cli = Cli::parse();
    let output = Output { json: cli.json };
    let on_failure = if matches!(cli.command, Some(Command::Guard(_))) {
        ExitCode::from(guard::UNABLE)
    } else {
        ExitCode::FAILURE
    };
    match perform(cli, output).await {
        Ok(code) => code,
        Err(failure) => {
            output.fail(&failure.to_string());
            on_failure
        }
    }
}

async fn perform(cli: Cli, output: Output) -> Result<ExitCode, Failure> {
    check_variables(std::env::vars_os().map(|(name, _)| name))?;
    let config = cli.settings.check()?;
    telemetry::start_logging(config.log);
    let command = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let options = Options {
                error_profile: config.error_profile,
                trusted_proxies: config.trusted_proxies,
                ..Options::default()
            };
            return serve::serve(config.listen, config.tls, config.engine, options, output)
                .await
                .map(|()| ExitCode::SUCCESS);
        }
        Command::Testkit(arguments) => return testkit::run(arguments, &config.engine, output).await.map(|()| ExitCode::SUCCESS),
        command => command,
    };
    let engine = Engine::open(config.engine).await?;
    let done = match command {
        Command::Serve | Command::Testkit(_) => Ok(()),
        Command::Guard(arguments) => {
            let done = guard::run(&engine, arguments, output).await;
            engine.close().await;
            return done;
        }
        Command::Admin(verb) => admin::run(&engine, verb, output).await,
        Command::Api(verb) => api::run(&engine, verb, output).await,
        Command::Client(verb) => client::run(&engine, verb, output).await,
        Command::Grant(verb) => grant::run(&engine, verb, output).await,
        Command::Keys(verb) => keys::run(&engine, verb, output).await,
        Command::Token(arguments) => token::run(&engine, arguments, output).await,
        Command::Apply(arguments) => apply::run(&engine, arguments, output).await,
        Command::Export(arguments) => export::run(&engine, arguments, output).await,
    };
    engine.close().await;
    done.map(|()| ExitCode::SUCCESS)
}
