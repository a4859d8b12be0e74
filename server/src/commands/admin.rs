//! `tessera admin …`

use std::io::Read as _;

use clap::Subcommand;
use engine::Engine;
use model::admin::PASSWORD_MAX;
use model::log::Actor;
use model::secret::Secret;
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// The most bytes that are read as a password: as many as its characters may take.
const INPUT_MAX: u64 = 4 * PASSWORD_MAX as u64 + 2;

/// What can be done with admins.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Create an admin
    Create {
        /// Address that the admin signs in with
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// Read the password from stdin, up to the end or a line break
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    email: &'a str,
}

/// Runs a verb.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let Verb::Create { email, .. } = verb;
    let admin = engine.create_admin(&Actor::command(), &email, &read_password()?).await?;
    output.answer(
        &Created {
            id: &admin.id,
            email: &admin.email,
        },
        &table(&[("ID", &admin.id), ("E-mail", &admin.email)]),
    );
    Ok(())
}

fn read_password() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(INPUT_MAX)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Io {
            what: "The password can't be read from stdin".to_owned(),
            error,
        })?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
