//! `tessera keys …`

use clap::Subcommand;
use engine::Engine;
use model::key::{Key, KeyState};
use model::log::Actor;
use model::time::exact;
use serde::Serialize;

use super::Failure;
use super::output::Output;

/// What can be done with signing keys.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// List all keys
    List,
    /// Make the next key the current one; the former current key still verifies
    Rotate,
    /// Withdraw a previous key: its tokens no longer verify
    Revoke {
        /// Id of the key
        // One in 64 begins with a hyphen (RFC 7638, base64url).
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<Line>,
}

/// A key with the field names of the Management API.
#[derive(Serialize)]
struct Line {
    kid: String,
    current: bool,
    next: bool,
    previous: bool,
    revoked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

/// Runs a verb; each answers with the keys as they are afterwards.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let keys = match verb {
        Verb::List => engine.keys().await?,
        Verb::Rotate => engine.rotate_keys(&Actor::command()).await?,
        Verb::Revoke { kid } => engine.revoke_key(&Actor::command(), &kid).await?,
    };
    let text: Vec<String> = keys.iter().map(|key| format!("{:8}  {}", key.state.as_str(), key.kid)).collect();
    let object = Keys {
        keys: keys.iter().map(Line::of).collect(),
    };
    output.answer(&object, &text.join("\n"));
    Ok(())
}

impl Line {
    fn of(key: &Key) -> Self {
        Self {
            kid: key.kid.clone(),
            current: key.state == KeyState::Current,
            next: key.state == KeyState::Next,
            previous: key.state == KeyState::Previous,
            revoked: key.state == KeyState::Revoked,
            current_since: key.current_since.map(exact),
            current_until: key.current_until.map(exact),
            revoked_at: key.revoked_at.map(exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Verb;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: Verb,
    }

    #[test]
    fn key_ids_that_look_like_flags_are_key_ids() {
        for id in [
            "-2P5hXBSUnia8eM6Aiq4AQidF7b9gVOUqW857ddsVfU",
            "-hP5hXBSUnia8eM6Aiq4AQidF7b9gVOUqW857ddsVfU",
            "--P5hXBSUnia8eM6Aiq4AQidF7b9gVOUqW857ddsVfU",
        ] {
            let line = Line::try_parse_from(["keys", "revoke", id]).unwrap();
            assert!(matches!(line.verb, Verb::Revoke { kid } if kid == id));
        }
    }
}
