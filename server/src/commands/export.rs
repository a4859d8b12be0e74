//! `tessera export`

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::Engine;
use model::log::Actor;
use serde::Serialize;
use server::configuration::document::{Format, write};
use server::configuration::export::export;
use server::configuration::state::State;

use super::Failure;
use super::apply::format_of;
use super::output::{Output, table};

/// What nobody but the owner of a file with secrets may do with it: anything.
const OWNER_ONLY: u32 = 0o600;

/// What is written where.
#[derive(Args)]
pub(super) struct Arguments {
    /// Write client secrets and signing secrets too; the log says that they were shown
    #[arg(long)]
    secrets: bool,
    /// The file, .yaml, .yml or .json; - is stdout: YAML, or JSON with --json
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

/// What was written into a file.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a str,
    resource_servers: usize,
    clients: usize,
    client_grants: usize,
    secrets: bool,
}

/// Writes the file.
pub(super) async fn run(engine: &Engine, arguments: Arguments, output: Output) -> Result<(), Failure> {
    let to_stdout = arguments.out == Path::new("-");
    let format = if to_stdout { Format::Yaml } else { format_of(&arguments.out)? };
    let state = State::read(engine).await?;
    let secrets = match arguments.secrets {
        true => Some(state.reveal(engine, &Actor::command()).await?),
        false => None,
    };
    let value = export(&state, secrets.as_ref());
    let name = arguments.out.display().to_string();
    let text = write(&value, format).map_err(|mistakes| Failure::Mistaken {
        file: name.clone(),
        mistakes,
    })?;
    if arguments.secrets {
        let what = if to_stdout { "what follows" } else { &name };
        output.note(&format!("{what} holds client secrets and signing secrets: keep it from others."));
    }
    if to_stdout {
        output.answer(&value, text.trim_end());
        return Ok(());
    }
    save(&arguments.out, &text, arguments.secrets).map_err(|error| Failure::Io { what: name.clone(), error })?;
    let written = Written {
        file: &name,
        resource_servers: state.apis.len(),
        clients: state.clients.len(),
        client_grants: state.grants.len(),
        secrets: arguments.secrets,
    };
    let counts = [written.resource_servers, written.clients, written.client_grants].map(|count| count.to_string());
    let rows = [
        ("File", name.as_str()),
        ("Resource servers", &counts[0]),
        ("Clients", &counts[1]),
        ("Client grants", &counts[2]),
    ];
    output.answer(&written, &table(&rows));
    Ok(())
}

fn save(path: &Path, text: &str, is_secret: bool) -> io::Result<()> {
    let mut file = if is_secret { private(path)? } else { File::create(path)? };
    file.write_all(text.as_bytes())
}

/// An empty file that its owner alone can read, also where there was another before.
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(file)
}
