//! `tessera keys …`

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use engine::Engine;
use model::key::{Key, KeyAlg, KeyState};
use model::log::Actor;
use model::rotation::RotationSchedule;
use model::time::{DAY, HOUR, MINUTE, exact};
use serde::Serialize;

use super::Failure;
use super::output::Output;

/// What can be done with signing keys.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// List all keys
    List,
    /// Make the next key the current one; the former current key still verifies
    Rotate {
        /// Whose keys
        #[arg(long, value_name = "ALG", default_value = "RS256", value_parser = PossibleValuesParser::new(KeyAlg::ALL.map(KeyAlg::as_str)))]
        alg: String,
        /// Withdraw the former current key at once: its tokens no longer verify
        #[arg(long)]
        revoke: bool,
    },
    /// Rotate keys by a schedule, or no longer
    Schedule {
        /// Days that a key signs
        #[arg(long, value_name = "DAYS", required_unless_present = "off")]
        period: Option<i64>,
        /// Minutes that a key is published before it signs
        #[arg(long, value_name = "MINUTES", default_value_t = 1440)]
        announce: i64,
        /// Hours that a key stays published after it has signed; never shorter than its tokens live
        #[arg(long, value_name = "HOURS", default_value_t = 2)]
        retire: i64,
        /// Rotate by hand only
        #[arg(long, conflicts_with = "period")]
        off: bool,
    },
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
    alg: &'static str,
    current: bool,
    next: bool,
    previous: bool,
    revoked: bool,
    retired: bool,
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
        Verb::Rotate { alg, revoke } => {
            let alg = KeyAlg::parse(&alg).unwrap_or(KeyAlg::RS256);
            engine.rotate_keys(&Actor::command(), alg, revoke).await?
        }
        Verb::Schedule {
            period, announce, retire, ..
        } => {
            let seconds = |count: i64, unit: i64| count.saturating_mul(unit);
            let schedule = period.map(|period| RotationSchedule {
                period: seconds(period, DAY),
                announce: seconds(announce, MINUTE),
                retire: seconds(retire, HOUR),
            });
            engine.set_rotation_schedule(&Actor::command(), schedule).await?;
            engine.keys().await?
        }
        Verb::Revoke { kid } => engine.revoke_key(&Actor::command(), &kid).await?,
    };
    let text: Vec<String> = keys
        .iter()
        .map(|key| format!("{:5}  {:8}  {}", key.alg.as_str(), key.state.as_str(), key.kid))
        .collect();
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
            alg: key.alg.as_str(),
            current: key.state == KeyState::Current,
            next: key.state == KeyState::Next,
            previous: key.state == KeyState::Previous,
            revoked: key.state == KeyState::Revoked,
            retired: key.state == KeyState::Retired,
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
