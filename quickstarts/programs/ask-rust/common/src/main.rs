use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use reqwest::{Client, header, redirect};
use serde::Deserialize;
use tokio::sync::Mutex;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

// [section:ask]
/// The tokens of one client for one API.
struct Tokens {
    http: Client,
    secret: String,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: String,
    renew_at: SystemTime,
}

/// An answer of the token endpoint: a token, or why there is none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    access_token: Option<String>,
    expires_in: u64,
    error: Option<String>,
    error_description: Option<String>,
    error_uri: Option<String>,
}

impl Tokens {
    /// Gives the token that is kept, or a new one once less than a minute of it is left.
    async fn get(&self) -> Result<String> {
        // Tasks that need a token at the same time wait for one request.
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && SystemTime::now() < kept.renew_at
        {
            return Ok(kept.token.clone());
        }
        let asked_at = SystemTime::now();
        let (token, expires_in) = self.ask().await?;
        *kept = Some(Kept {
            token: token.clone(),
            renew_at: asked_at + Duration::from_secs(expires_in.saturating_sub(60)),
        });
        Ok(token)
    }

    async fn ask(&self) -> Result<(String, u64)> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "YOUR_CLIENT_ID"),
            ("client_secret", &self.secret),
            ("audience", "https://api.example/"),
        ];
        let request = self.http.post("https://issuer.example/oauth/token");
        let response = request.form(&form).send().await?;
        let status = response.status();
        let answer: Answer = response.json().await.unwrap_or_default();
        if let Some(token) = answer.access_token
            && status.is_success()
        {
            return Ok((token, answer.expires_in));
        }
        let reason = [answer.error, answer.error_description, answer.error_uri];
        let reason = Vec::from_iter(reason.into_iter().flatten()).join(" - ");
        Err(format!("The token endpoint answered {status}: {reason}").into())
    }
}
// [/section:ask]

// [section:call]
async fn call_api(tokens: &Tokens, url: &str) -> Result<String> {
    let request = tokens.http.get(url).bearer_auth(tokens.get().await?);
    let response = request.send().await?;
    let status = response.status();
    if !status.is_success() {
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        let challenge = challenge.map_or("no WWW-Authenticate header".into(), |value| {
            String::from_utf8_lossy(value.as_bytes())
        });
        return Err(format!("The API answered {status}: {challenge}").into());
    }
    Ok(response.text().await?)
}

async fn run() -> Result<()> {
    let secret = std::env::var("CLIENT_SECRET").unwrap_or_default();
    if secret.is_empty() {
        return Err("Set CLIENT_SECRET to the secret of the client.".into());
    }
    let url = std::env::var("API_URL");
    let url = url.unwrap_or_else(|_| "http://localhost:3010/api/private".to_owned());
    let http = Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(redirect::Policy::none()) // secret and token go nowhere else
        .build()?;
    let kept = Mutex::default();
    let tokens = Tokens { http, secret, kept };
    // Three calls, one token.
    for _ in 0..3 {
        println!("{}", call_api(&tokens, &url).await?);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
// [/section:call]
