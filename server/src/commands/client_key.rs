//! `tessera client key …` and `tessera client auth`

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use engine::Engine;
use model::client::{AuthMethod, ClientChanges};
use model::client_key::{ClientKey, NewClientKey};
use model::key::KeyAlg;
use model::log::Actor;
use model::time::exact;
use serde::Serialize;

use super::Failure;
use super::output::{Output, table};

/// What can be done with the public keys of a client.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// List the keys of a client
    List {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
    },
    /// Add a public key to a client
    Add {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// Name that admins see
        #[arg(long)]
        name: String,
        /// File with the public key: PEM or JWK
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Algorithm of the assertions [default: that of the JWK, or the usual one of the key]
        #[arg(long, value_name = "ALG", value_parser = PossibleValuesParser::new(KeyAlg::ALL.map(KeyAlg::as_str)))]
        alg: Option<String>,
        /// Id that assertions name [default: that of the JWK, or the thumbprint]
        #[arg(long)]
        kid: Option<String>,
    },
    /// Remove a key: its assertions prove nothing from then on
    Remove {
        /// The client
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// The key, as `list` shows it
        #[arg(long, value_name = "ID")]
        key_id: String,
    },
}

/// A key with the field names of the Management API.
#[derive(Serialize)]
struct Credential<'a> {
    id: &'a str,
    credential_type: &'static str,
    name: &'a str,
    kid: &'a str,
    alg: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl<'a> Credential<'a> {
    fn of(key: &'a ClientKey) -> Self {
        Self {
            id: &key.id,
            credential_type: "public_key",
            name: &key.name,
            kid: &key.kid,
            alg: key.alg.as_str(),
            created_at: exact(key.created_at),
            expires_at: key.expires_at.map(exact),
        }
    }
}

#[derive(Serialize)]
struct List<'a> {
    credentials: Vec<Credential<'a>>,
}

/// Runs a verb.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::List { client_id } => list(engine, &client_id, output).await,
        Verb::Add {
            client_id,
            name,
            file,
            alg,
            kid,
        } => {
            let key = fs::read_to_string(&file).map_err(|error| Failure::Io {
                what: format!("{} can't be read", file.display()),
                error,
            })?;
            let new = NewClientKey {
                name,
                key,
                alg: alg.as_deref().and_then(KeyAlg::parse),
                kid,
                expires_at: None,
                ..NewClientKey::default()
            };
            let key = engine.add_client_key(&Actor::command(), &client_id, new).await?;
            let rows = [("ID", key.id.as_str()), ("Key ID", &key.kid), ("Algorithm", key.alg.as_str())];
            output.answer(&Credential::of(&key), &table(&rows));
            Ok(())
        }
        Verb::Remove { client_id, key_id } => {
            engine.remove_client_key(&Actor::command(), &client_id, &key_id).await?;
            list(engine, &client_id, output).await
        }
    }
}

async fn list(engine: &Engine, client_id: &str, output: Output) -> Result<(), Failure> {
    let keys = engine.client_keys(client_id).await?;
    let lines: Vec<String> = keys
        .iter()
        .map(|key| format!("{}  {:5}  {}  {}", key.id, key.alg.as_str(), key.kid, key.name))
        .collect();
    let object = List {
        credentials: keys.iter().map(Credential::of).collect(),
    };
    output.answer(&object, &lines.join("\n"));
    Ok(())
}

/// How a client may prove itself.
#[derive(Serialize)]
struct Methods<'a> {
    client_id: &'a str,
    token_endpoint_auth_methods: &'a [AuthMethod],
    require_proof_of_possession: bool,
}

/// Sets how a client may prove itself, and whether its tokens must be bound to a key of its own; without `dpop` that stays as it is.
pub(super) async fn set_methods(
    engine: &Engine,
    client_id: &str,
    methods: &[String],
    strict: bool,
    dpop: Option<bool>,
    output: Output,
) -> Result<(), Failure> {
    let changes = ClientChanges {
        auth_methods: Some(methods.iter().filter_map(|name| AuthMethod::parse(name)).collect()),
        strict_assertions: Some(strict),
        dpop_required: dpop,
        ..ClientChanges::default()
    };
    let client = engine.update_client(&Actor::command(), client_id, changes).await?;
    let names: Vec<&str> = client.auth_methods.iter().map(|method| method.as_str()).collect();
    let object = Methods {
        client_id: &client.client_id,
        token_endpoint_auth_methods: &client.auth_methods,
        require_proof_of_possession: client.dpop_required,
    };
    let names = names.join(" ");
    let mut rows = vec![("Client ID", client.client_id.as_str()), ("Methods", &names)];
    rows.extend(client.dpop_required.then_some(("DPoP", "required")));
    output.answer(&object, &table(&rows));
    Ok(())
}
