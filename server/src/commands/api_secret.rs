//! `tessera api secret …`

use clap::{Args, Subcommand};
use engine::Engine;
use model::log::Actor;
use model::secret::Secret;
use model::signing_secret::{SigningSecret, SigningSecretState};
use model::time::exact;
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// What can be done with the signing secrets of an API.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// List the signing secrets of an API: next, current, previous; the secrets themselves are not shown
    List(Of),
    /// Start a rotation: makes the next secret and shows it. Tokens are signed with the current one until `complete`
    Start(Of),
    /// Complete the rotation: the next secret signs. The former one is accepted until its last token has expired
    Complete(Of),
    /// Cancel the rotation: the next secret, which has signed nothing, is erased
    Cancel(Of),
    /// Remove a previous secret before its last token has expired: its tokens are refused at once
    Remove {
        #[command(flatten)]
        of: Of,
        /// The key ID of the secret, as `list` names it
        #[arg(long)]
        kid: String,
    },
    /// Rotate at once: one new secret in place of all others, whose tokens are refused from then on
    Rotate(Of),
}

/// Which API.
#[derive(Args)]
pub(super) struct Of {
    /// The identifier of the API
    #[arg(long)]
    identifier: String,
}

#[derive(Serialize)]
struct Secrets {
    secrets: Vec<Line>,
}

/// A signing secret without its value.
#[derive(Serialize)]
struct Line {
    kid: String,
    state: SigningSecretState,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_until: Option<String>,
    /// When the last token that it signed has expired at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_until: Option<String>,
}

/// A signing secret with its value, shown when it is made.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    line: Line,
    signing_secret: Secret,
}

/// Runs a verb; those that make a secret answer with it, the others with the secrets as they are afterwards.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let actor = Actor::command();
    let (Verb::List(of) | Verb::Start(of) | Verb::Complete(of) | Verb::Cancel(of) | Verb::Remove { of, .. } | Verb::Rotate(of)) = &verb;
    let id = engine.api_by_identifier(&of.identifier).await?.id;
    match verb {
        Verb::List(_) => {}
        Verb::Start(_) => {
            let (secret, plain) = engine.start_signing_secret_rotation(&actor, &id).await?;
            made(&secret, plain, output);
            return Ok(());
        }
        Verb::Complete(_) => drop(engine.complete_signing_secret_rotation(&actor, &id).await?),
        Verb::Cancel(_) => drop(engine.cancel_signing_secret_rotation(&actor, &id).await?),
        Verb::Remove { kid, .. } => engine.remove_signing_secret(&actor, &id, &kid).await?,
        Verb::Rotate(_) => {
            let plain = engine.rotate_signing_secret(&actor, &id).await?;
            let secret = engine.signing_secrets(&id).await?.into_iter().next();
            made(&secret.ok_or(engine::Error::NotFound("signing secret"))?, plain, output);
            return Ok(());
        }
    }
    let secrets = engine.signing_secrets(&id).await?;
    let object = Secrets {
        secrets: secrets.iter().map(Line::of).collect(),
    };
    let text: Vec<String> = object.secrets.iter().map(Line::text).collect();
    output.answer(&object, &text.join("\n"));
    Ok(())
}

fn made(secret: &SigningSecret, plain: Secret, output: Output) {
    let made = Made {
        line: Line::of(secret),
        signing_secret: plain,
    };
    let rows = [
        ("Key ID", secret.kid.as_str()),
        ("Signing secret", made.signing_secret.reveal()),
        ("State", secret.state.as_str()),
    ];
    output.answer(&made, &table(&rows));
}

impl Line {
    fn of(secret: &SigningSecret) -> Self {
        Self {
            kid: secret.kid.clone(),
            state: secret.state,
            created_at: exact(secret.created_at),
            current_since: secret.current_since.map(exact),
            current_until: secret.current_until.map(exact),
            tokens_until: secret.tokens_until.map(exact),
        }
    }

    fn text(&self) -> String {
        let told = match (&self.tokens_until, &self.current_since) {
            (Some(until), _) => format!("accepted until {until}"),
            (None, Some(since)) => format!("signs since {since}"),
            (None, None) => format!("made {}, signs nothing yet", self.created_at),
        };
        format!("{:8}  {}  {told}", self.state.as_str(), self.kid)
    }
}
