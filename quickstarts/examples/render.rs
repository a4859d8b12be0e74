//! Writes a quickstart as a folder that installs and runs: exactly what a reader with these values copies.
//!
//! `render SLUG ALG --issuer I --audience A [--scope S] [--client-id C] --out FOLDER`, or `render --recipes` for how each
//! program is run, as JSON.

use std::error::Error;
use std::fs;
use std::path::Path;

use model::api::SigningAlg;
use quickstarts::{Values, render};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let slug = words.next().ok_or("name a quickstart")?;
    if slug == "--recipes" {
        serde_json::to_writer(std::io::stdout(), &quickstarts::recipes()?)?;
        return Ok(());
    }
    let alg = words
        .next()
        .and_then(|name| SigningAlg::parse(&name))
        .ok_or("name an algorithm, for example RS256")?;
    let (mut issuer, mut identifier, mut scope, mut client_id, mut out) = (None, None, None, None, None);
    while let Some(flag) = words.next() {
        let value = words.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--issuer" => issuer = Some(value),
            "--audience" => identifier = Some(value),
            "--scope" => scope = Some(value),
            "--client-id" => client_id = Some(value),
            "--out" => out = Some(value),
            _ => return Err(format!("there is no {flag}").into()),
        }
    }
    let values = Values {
        issuer: issuer.ok_or("--issuer is missing")?,
        identifier: identifier.ok_or("--audience is missing")?,
        scope,
        client_id,
        // The files name no key ID.
        kid: None,
        second_kid: None,
    };
    let out = out.ok_or("--out is missing")?;
    for file in render(&slug, alg, &values)?
        .ok_or_else(|| format!("there is no quickstart {slug}"))?
        .files
    {
        let path = Path::new(&out).join(file.path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(&out)))?;
        fs::write(path, file.text)?;
    }
    Ok(())
}
