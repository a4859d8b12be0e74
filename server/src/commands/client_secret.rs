//! `tessera client secret …`

use clap::Subcommand;
use engine::Engine;
use model::client_secret::{ClientSecret, SecretFields, parse_expiry};
use model::log::Actor;
use model::secret::Secret;
use model::time::{Timestamp, exact};
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// What can be done with the secrets of a client.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// List the secrets of a client with their last use, oldest first; the secrets themselves are not shown
    List {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
    /// Add a secret; those that the client has stay valid
    Add {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// Name that admins see
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// From when on it is refused, in UTC: 2030-12-31 or 2030-12-31T09:00:00Z; never if not given
        #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
        expires_at: String,
    },
    /// Remove a secret: it is refused at once. The last live one of a client stays
    Remove {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// The secret, as `list` names it
        #[arg(long, value_name = "ID")]
        secret_id: String,
    },
}

#[derive(Serialize)]
struct Secrets {
    secrets: Vec<Line>,
}

/// A secret without its value.
#[derive(Serialize)]
struct Line {
    id: String,
    client_id: String,
    name: String,
    live: bool,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_ip: Option<String>,
}

/// A secret with its value, shown when it is made.
#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    line: Line,
    client_secret: Secret,
}

/// Runs a verb; listing and removing answer with the secrets as they are afterwards.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let actor = Actor::command();
    match verb {
        Verb::List { client_id } => list(engine, &client_id, output).await,
        Verb::Add { client_id, name, expires_at } => {
            let expires_at = parse_expiry(&expires_at).map_err(engine::Error::from)?;
            let fields = SecretFields { name, expires_at };
            let (secret, plain) = engine.add_client_secret(&actor, &client_id, fields).await?;
            let added = Added {
                line: Line::of(&secret, engine.now()),
                client_secret: plain,
            };
            output.answer(
                &added,
                &table(&[
                    ("Secret ID", &secret.id),
                    ("Client secret", added.client_secret.reveal()),
                    ("Name", &secret.name),
                    ("Expires", added.line.expires_at.as_deref().unwrap_or("never")),
                ]),
            );
            Ok(())
        }
        Verb::Remove { client_id, secret_id } => {
            engine.remove_client_secret(&actor, &client_id, &secret_id).await?;
            list(engine, &client_id, output).await
        }
    }
}

async fn list(engine: &Engine, client_id: &str, output: Output) -> Result<(), Failure> {
    let secrets = engine.client_secrets(client_id).await?;
    let object = Secrets {
        secrets: secrets.iter().map(|secret| Line::of(secret, engine.now())).collect(),
    };
    let text: Vec<String> = object.secrets.iter().map(Line::text).collect();
    output.answer(&object, &text.join("\n"));
    Ok(())
}

impl Line {
    fn of(secret: &ClientSecret, now: Timestamp) -> Self {
        let used = secret.last_used.as_ref();
        Self {
            id: secret.id.clone(),
            client_id: secret.client_id.clone(),
            name: secret.name.clone(),
            live: secret.is_live(now),
            created_at: exact(secret.created_at),
            expires_at: secret.expires_at.map(exact),
            last_used_at: used.map(|used| exact(used.at)),
            last_used_ip: used.map(|used| used.ip.clone()).filter(|ip| !ip.is_empty()),
        }
    }

    fn text(&self) -> String {
        let state = if self.live { "live" } else { "expired" };
        let used = match (&self.last_used_at, &self.last_used_ip) {
            (Some(at), Some(ip)) => format!("last used {at} from {ip}"),
            (Some(at), None) => format!("last used {at}"),
            (None, _) => "never used".to_owned(),
        };
        let expires = self.expires_at.as_ref().map(|at| format!(", expires {at}")).unwrap_or_default();
        format!("{state:7}  {}  {}: {used}{expires}", self.id, self.name)
    }
}
