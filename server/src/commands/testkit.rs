//! `tessera testkit`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use engine::testkit::{Kit, KitRequest, VerifiesWith};
use model::api::SigningAlg;
use model::time::{DAY, HOUR, MINUTE, exact};
use model::token::TokenDialect;
use serde::Serialize;
use serde_json::{Value, json};

use super::Failure;
use super::output::{Output, table};

/// What the kit is for.
#[derive(Args)]
pub(super) struct Arguments {
    /// Identifier of the API; the issuer is that of the settings (--issuer)
    #[arg(long, value_name = "IDENTIFIER")]
    audience: String,
    /// How its tokens are signed
    #[arg(long, value_name = "ALG", default_value = "RS256", value_parser = PossibleValuesParser::new(SigningAlg::ALL.map(SigningAlg::as_str)))]
    alg: String,
    /// Which claims and header they have
    #[arg(long, value_name = "DIALECT", default_value = "access_token", value_parser = PossibleValuesParser::new(TokenDialect::ALL.map(TokenDialect::as_str)))]
    token_dialect: String,
    /// A scope that the good tokens carry; may be repeated
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// How long the good tokens are valid, for example 30d, 12h or 90m
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = seconds)]
    valid_for: i64,
    /// Folder to write; it must be empty or not there yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    folder: &'a str,
    verifies_with: &'static str,
    tokens: usize,
    expires_at: i64,
}

/// Writes the folder. Needs no database: keys are made for this kit alone.
pub(super) async fn run(arguments: Arguments, config: &engine::Config, output: Output) -> Result<(), Failure> {
    let request = KitRequest {
        audience: arguments.audience,
        issuer: config.issuer.clone(),
        alg: SigningAlg::parse(&arguments.alg).unwrap_or_default(),
        dialect: TokenDialect::parse(&arguments.token_dialect).unwrap_or_default(),
        scopes: arguments.scope,
        valid_for: arguments.valid_for,
    };
    let kit = Kit::make(request.clone(), &*config.clock, &config.chance)?;
    let key_file = write(&arguments.out, &request, &kit)?;
    let (folder, count, until) = (arguments.out.display().to_string(), kit.tokens.len().to_string(), exact(kit.expires_at));
    let written = Written {
        folder: &folder,
        verifies_with: key_file,
        tokens: kit.tokens.len(),
        expires_at: kit.expires_at,
    };
    output.answer(
        &written,
        &table(&[
            ("Folder", &folder),
            ("Tokens", &count),
            ("Verified with", key_file),
            ("Good ones expire", &until),
        ]),
    );
    Ok(())
}

/// Writes every file; gives the name of the one that verifies.
fn write(folder: &Path, request: &KitRequest, kit: &Kit) -> Result<&'static str, Failure> {
    let failed = |error: io::Error| Failure::Io {
        what: format!("the test kit can't be written to {}", folder.display()),
        error,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(failed(io::Error::new(
            io::ErrorKind::DirectoryNotEmpty,
            "it is not empty; give another folder",
        )));
    }
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).map_err(failed)?;
    for (probe, token) in &kit.tokens {
        fs::write(tokens.join(format!("{}.jwt", probe.name())), token.reveal()).map_err(failed)?;
    }
    let list = serde_json::to_string_pretty(&list(request, kit)).unwrap_or_default();
    fs::write(folder.join("tokens.json"), format!("{list}\n")).map_err(failed)?;
    let name = match &kit.verifies_with {
        VerifiesWith::Jwks(document) => {
            fs::write(folder.join("jwks.json"), document).map_err(failed)?;
            "jwks.json"
        }
        VerifiesWith::Secret { secret, .. } => {
            fs::write(folder.join("secret.txt"), secret.reveal()).map_err(failed)?;
            "secret.txt"
        }
    };
    fs::write(folder.join("README.md"), readme(request, kit, name)).map_err(failed)?;
    Ok(name)
}

/// Every token with its label.
fn list(request: &KitRequest, kit: &Kit) -> Value {
    let tokens = kit.tokens.iter().map(|(probe, token)| {
        json!({
            "name": probe.name(),
            "what": probe.title(),
            "expected_status": probe.expected().status(),
            "why": probe.danger(),
            "token": token.reveal(),
        })
    });
    json!({
        "issuer": request.issuer.as_str(),
        "audience": request.audience,
        "alg": request.alg.as_str(),
        "kid": match &kit.verifies_with {
            VerifiesWith::Jwks(_) => None,
            VerifiesWith::Secret { kid, .. } => Some(kid),
        },
        "scopes": request.scopes,
        "expires_at": kit.expires_at,
        "tokens": tokens.collect::<Vec<_>>(),
    })
}

fn readme(request: &KitRequest, kit: &Kit, key_file: &str) -> String {
    let until = exact(kit.expires_at);
    let (issuer, audience, alg) = (request.issuer.as_str(), &request.audience, request.alg.as_str());
    let rows: Vec<String> = kit
        .tokens
        .iter()
        .map(|(probe, _)| format!("| `{}` | {} | {} |", probe.name(), probe.title(), probe.expected().status()))
        .collect();
    let key = match &kit.verifies_with {
        VerifiesWith::Jwks(_) => {
            "`jwks.json` is the JWKS that verifies the good ones: serve it to the check of your API in place of the issuer's.".to_owned()
        }
        VerifiesWith::Secret { kid, .. } => {
            format!(
                "`secret.txt` is the signing secret that verifies the good ones (its key ID is `{kid}`): give it to your API in place of its own."
            )
        }
    };
    format!(
        "# Test kit for {audience}

Good and bad access tokens for unit tests of the check that your API makes. No server is needed. {key}

- Issuer: `{issuer}`
- Audience: `{audience}`
- Algorithm: `{alg}`
- The good tokens expire on {until}; make a new kit then with `tessera testkit`.

The key that signed them was made for this kit and thrown away, so these files are no secrets, and no API that trusts a real issuer takes
any of these tokens. Never let an API in use trust `{key_file}`.

## In a unit test

`tokens.json` lists every token with its name, what is wrong with it, the status that your API must answer, and why that matters. One test
goes through all of it:

```js
import {{ readFileSync }} from 'node:fs';

const kit = JSON.parse(readFileSync('tokens.json', 'utf8'));
for (const {{ name, what, expected_status, token }} of kit.tokens) {{
  test(`${{name}}: ${{what}}`, async () => {{
    // `request` calls your API as your tests do; it checks tokens with {key_file}.
    const answer = await request('/', {{ headers: {{ authorization: `Bearer ${{token}}` }} }});
    assert.equal(answer.status, expected_status);
  }});
}}
```

Each token also stands alone in `tokens/NAME.jwt`. 400 instead of 401 is right for `truncated`, `two_parts`, `garbage`, `dots` and
`oversized`, and so are 413 and 431 for `oversized`. A request without any token must be answered with 401 too.

| name | token | status |
|---|---|---|
{}
",
        rows.join("\n")
    )
}

/// A number with s, m, h or d behind it.
fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || "give a number with s, m, h or d behind it, for example 30d".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        _ => return Err(wrong()),
    };
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_have_a_unit() {
        for (text, expect) in [("90s", 90), ("90m", 5_400), ("12h", 43_200), ("30d", 2_592_000)] {
            assert_eq!(seconds(text), Ok(expect), "{text}");
        }
        for text in ["", "30", "d", "30x", "1d2h", "30 d", "9223372036854775807d", "é"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
