//! What issuing a token costs the processor, beside its bare signature, in one run: `make bench`.
//!
//! Machines differ and drift, ratios less so: each round measures every case once, one after the other, and the
//! median of the rounds is shown. Nothing here asserts a time.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cpu_time::ProcessTime;
use engine::chance::Chance;
use engine::clock::SystemClock;
use engine::{Caller, Config, Database, Engine, MasterKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::api::{NewApi, SigningAlg};
use model::client::NewClient;
use model::grant::{NewGrant, ScopeChoice};
use model::issuer::Issuer;
use model::log::Actor;
use model::token::{CLIENT_CREDENTIALS, Claims, Credentials, TokenRequest};

const ROUNDS: usize = 5;
const RSA_RUNS: usize = 400;
const QUICK_RUNS: usize = 10_000;
const AT_ONCE: usize = 16;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let house = House::build(folder.path().to_owned()).await?;
    let pair = KeyPair::generate(KeySize::Rsa2048)?;
    let der = AsDer::as_der(&pair)?;
    let encoding_key = EncodingKey::from_rsa_der(der.as_ref());

    let mut names = vec!["bare RSA-2048 signature".to_owned(), "jsonwebtoken encode, RS256".to_owned()];
    names.extend(SigningAlg::ALL.map(|alg| format!("engine issue, {}", alg.as_str())));
    let mut rounds = vec![Vec::new(); names.len()];
    for _ in 0..ROUNDS {
        rounds[0].push(cost(RSA_RUNS, || bare_signature(&pair))?);
        rounds[1].push(cost(RSA_RUNS, || jsonwebtoken_encode(&encoding_key))?);
        for (alg, times) in SigningAlg::ALL.into_iter().zip(&mut rounds[2..]) {
            let is_rsa = matches!(alg, SigningAlg::RS256 | SigningAlg::PS256);
            times.push(house.issue(alg, if is_rsa { RSA_RUNS } else { QUICK_RUNS }).await?);
        }
    }
    let base = median(&mut rounds[0]);
    println!("{:<28} {:>12} {:>10}", "", "CPU µs each", "ratio");
    for (name, times) in names.iter().zip(&mut rounds) {
        let time = median(times);
        println!(
            "{name:<28} {:>12.1} {:>10.3}",
            time.as_secs_f64() * 1e6,
            time.as_secs_f64() / base.as_secs_f64()
        );
    }
    house.engine.close().await;
    Ok(())
}

/// An engine on SQLite with one client that is authorized for an API of each algorithm.
struct House {
    engine: Engine,
    credentials: Credentials,
}

impl House {
    async fn build(data_dir: std::path::PathBuf) -> Result<Self, Failure> {
        let engine = Engine::open(Config {
            database: Database::SqliteInDataDir,
            data_dir,
            master_key: MasterKey::InDataDir,
            issuer: Issuer::parse("http://localhost:3000/")?,
            dpop_nonce: false,
            guard_any_address: false,
            management_rate: Default::default(),
            clock: Arc::new(SystemClock),
            chance: Chance::system(),
        })
        .await?;
        let actor = Actor::command();
        let client = engine
            .create_client(
                &actor,
                NewClient {
                    name: "Bench".to_owned(),
                    ..NewClient::default()
                },
            )
            .await?;
        for signing_alg in SigningAlg::ALL {
            let api = NewApi {
                name: signing_alg.as_str().to_owned(),
                identifier: audience(signing_alg),
                signing_alg,
                ..NewApi::default()
            };
            engine.create_api(&actor, api).await?;
            let grant = NewGrant {
                client_id: client.client_id.clone(),
                audience: audience(signing_alg),
                scope: ScopeChoice::All,
                ..NewGrant::default()
            };
            engine.create_grant(&actor, grant).await?;
        }
        let client_secret = Some(engine.reveal_client_secret(&actor, &client.client_id).await?);
        Ok(Self {
            engine,
            credentials: Credentials {
                client_id: client.client_id,
                client_secret,
                ..Credentials::default()
            },
        })
    }

    /// Processor time of one of `runs` tokens, asked for [`AT_ONCE`] at a time.
    async fn issue(&self, alg: SigningAlg, runs: usize) -> Result<Duration, Failure> {
        let start = ProcessTime::try_now()?;
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let (engine, credentials) = (self.engine.clone(), self.credentials.clone());
            askers.spawn(async move {
                let caller = Caller {
                    ip: "127.0.0.1".to_owned(),
                    user_agent: "bench".to_owned(),
                    ..Caller::default()
                };
                for _ in 0..runs / AT_ONCE {
                    let request = TokenRequest {
                        grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
                        audience: Some(audience(alg)),
                        scope: None,
                    };
                    engine.issue(Some(credentials.clone()), request, &caller).await?;
                }
                Ok::<(), Failure>(())
            });
        }
        while let Some(ended) = askers.join_next().await {
            ended??;
        }
        Ok(start.try_elapsed()? / u32::try_from(runs)?)
    }
}

fn audience(alg: SigningAlg) -> String {
    format!("https://{}.example.com/", alg.as_str().to_lowercase())
}

fn bare_signature(pair: &KeyPair) -> Result<(), Failure> {
    let mut signature = vec![0; pair.public_modulus_len()];
    Ok(pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &[7; 600], &mut signature)?)
}

fn jsonwebtoken_encode(key: &EncodingKey) -> Result<(), Failure> {
    let claims = Claims {
        iss: "http://localhost:3000/".to_owned(),
        sub: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@clients".to_owned(),
        aud: "https://rs256.example.com/".to_owned(),
        iat: 1_800_000_000,
        exp: 1_800_086_400,
        scope: None,
        gty: Some("client-credentials".to_owned()),
        azp: Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned()),
        client_id: None,
        jti: None,
        cnf: None,
        custom: BTreeMap::new(),
    };
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)?;
    Ok(())
}

/// Processor time of one of `runs` calls.
fn cost(runs: usize, mut call: impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let start = ProcessTime::try_now()?;
    for _ in 0..runs {
        call()?;
    }
    Ok(start.try_elapsed()? / u32::try_from(runs)?)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
