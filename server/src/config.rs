//! Settings: each a flag and an environment variable, all checked before anything starts.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use engine::CallRate;
use engine::chance::Chance;
use engine::clock::SystemClock;
use model::issuer::Issuer;
use model::secret::Secret;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

use crate::oauth::error::ErrorProfile;
use crate::proxies::TrustedProxies;
use crate::tls::TlsFiles;

/// What every variable of ours starts with.
const PREFIX: &str = "TESSERA_";
/// Variables that belong to our tests, not to the server.
const TEST_PREFIX: &str = "TESSERA_TEST_";
/// The most calls of the Management API that a setting may allow a client, at once or in a second.
const MANAGEMENT_RATE_MAX: u32 = 1_000_000;
/// Every variable that [`Settings`] reads.
const VARIABLES: [&str; 14] = [
    "TESSERA_LISTEN",
    "TESSERA_ISSUER",
    "TESSERA_TLS_CERT",
    "TESSERA_TLS_KEY",
    "TESSERA_DATA_DIR",
    "TESSERA_DATABASE_URL",
    "TESSERA_MASTER_KEY",
    "TESSERA_MASTER_KEY_FILE",
    "TESSERA_ERROR_PROFILE",
    "TESSERA_TRUSTED_PROXIES",
    "TESSERA_DPOP_NONCE",
    "TESSERA_GUARD_ADDRESSES",
    "TESSERA_MANAGEMENT_RATE",
    "TESSERA_LOG",
];

/// The settings as they were given: texts, an empty one counts as not given.
///
/// `Debug` is left out on purpose: some of them are secrets.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "TESSERA_LISTEN", value_name = "ADDRESS", global = true, hide_env_values = true)]
    pub listen: Option<String>,

    /// Address under which clients and APIs reach this server, as tokens name it in `iss` [default: http://localhost:3000/, https with --tls-cert]
    #[arg(long, env = "TESSERA_ISSUER", value_name = "URL", global = true, hide_env_values = true)]
    pub issuer: Option<String>,

    /// File of a certificate chain (PEM): the server speaks TLS by itself, with this and --tls-key. Renewed files are read without a restart
    #[arg(long, env = "TESSERA_TLS_CERT", value_name = "FILE", global = true, hide_env_values = true)]
    pub tls_cert: Option<String>,

    /// File of the private key of the first certificate (PEM, without a password)
    #[arg(long, env = "TESSERA_TLS_KEY", value_name = "FILE", global = true, hide_env_values = true)]
    pub tls_key: Option<String>,

    /// Folder of the SQLite database and the master key, made if it is missing [default: ./data]
    #[arg(long, env = "TESSERA_DATA_DIR", value_name = "FOLDER", global = true, hide_env_values = true)]
    pub data_dir: Option<String>,

    /// PostgreSQL instead of SQLite in the data folder, for example postgres://user:password@host/database
    #[arg(long, env = "TESSERA_DATABASE_URL", value_name = "URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,

    /// Key that encrypts secrets at rest: 32 bytes in base64 or hexadecimal [default: master.key in the data folder]
    ///
    /// Other users of this machine may see flags of running programs: prefer the variable or the file.
    #[arg(long, env = "TESSERA_MASTER_KEY", value_name = "KEY", global = true, hide_env_values = true)]
    pub master_key: Option<String>,

    /// File that holds the master key, instead of giving the key itself
    #[arg(long, env = "TESSERA_MASTER_KEY_FILE", value_name = "FILE", global = true, hide_env_values = true)]
    pub master_key_file: Option<String>,

    /// In whose words token requests are refused: auth0, or rfc for the codes of RFC 6749 and RFC 8707 [default: auth0]
    #[arg(long, env = "TESSERA_ERROR_PROFILE", value_name = "PROFILE", global = true, hide_env_values = true)]
    pub error_profile: Option<String>,

    /// Addresses and networks of reverse proxies whose X-Forwarded-For is believed, with commas between them [default: none]
    #[arg(long, env = "TESSERA_TRUSTED_PROXIES", value_name = "ADDRESSES", global = true, hide_env_values = true)]
    pub trusted_proxies: Option<String>,
    /// Whether DPoP proofs must carry a nonce of this server: required, or off [default: off]
    #[arg(long, env = "TESSERA_DPOP_NONCE", value_name = "CHOICE", global = true, hide_env_values = true)]
    pub dpop_nonce: Option<String>,

    /// Which addresses the guard tester may call: usual, or any for link-local ones and metadata services of clouds too [default: usual]
    #[arg(long, env = "TESSERA_GUARD_ADDRESSES", value_name = "CHOICE", global = true, hide_env_values = true)]
    pub guard_addresses: Option<String>,

    /// How many calls of the Management API each client may make: at once, and in a second [default: 100/50]
    #[arg(long, env = "TESSERA_MANAGEMENT_RATE", value_name = "BURST/RATE", global = true, hide_env_values = true)]
    pub management_rate: Option<String>,

    /// What is logged to stderr: error, warn, info, debug or trace, or one of these by target [default: info]
    #[arg(long, env = "TESSERA_LOG", value_name = "FILTER", global = true, hide_env_values = true)]
    pub log: Option<String>,
}

/// The settings after their check.
pub struct Config {
    /// Where to listen; only `serve` does.
    pub listen: SocketAddr,
    /// What to speak TLS with, if at all; only `serve` does.
    pub tls: Option<TlsFiles>,
    /// What the engine needs to open.
    pub engine: engine::Config,
    /// In whose words the token endpoint refuses; only `serve` does.
    pub error_profile: ErrorProfile,
    /// Who is believed on where requests came from; only `serve` asks.
    pub trusted_proxies: TrustedProxies,
    /// What is logged.
    pub log: EnvFilter,
}

/// A setting that can't be used: its name, and what would be right. Never holds the value of a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The value of a setting is not one that it may have.
    #[error("{variable} ({flag}): {message}")]
    Malformed {
        /// The variable.
        variable: &'static str,
        /// The flag of the same setting.
        flag: &'static str,
        /// What would be right.
        message: String,
    },
    /// A variable has our prefix but belongs to no setting.
    #[error("{name} is not a setting. Did you mean {nearest}? Remove it or correct its name.")]
    Unknown {
        /// The variable that was found.
        name: String,
        /// The setting with the most similar name.
        nearest: &'static str,
    },
}

impl Settings {
    /// Checks each setting, in the order of the help text.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] for the first that can't be used.
    pub fn check(self) -> Result<Config, ConfigError> {
        let listen = given(self.listen).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let tls = check_tls(given(self.tls_cert), given(self.tls_key))?;
        let usual_issuer = if tls.is_some() {
            "https://localhost:3000/"
        } else {
            "http://localhost:3000/"
        };
        let issuer = given(self.issuer).unwrap_or_else(|| usual_issuer.to_owned());
        let data_dir = given(self.data_dir).unwrap_or_else(|| "./data".to_owned());
        Ok(Config {
            listen: check_listen(&listen)?,
            engine: engine::Config {
                issuer: check_issuer(&issuer, tls.is_some())?,
                data_dir: check_data_dir(data_dir)?,
                database: check_database(given(self.database_url))?,
                master_key: check_master_key(given(self.master_key), given(self.master_key_file))?,
                dpop_nonce: check_dpop_nonce(given(self.dpop_nonce).as_deref())?,
                guard_any_address: check_guard_addresses(given(self.guard_addresses).as_deref())?,
                management_rate: check_management_rate(given(self.management_rate).as_deref())?,
                clock: Arc::new(SystemClock),
                chance: Chance::system(),
            },
            error_profile: check_error_profile(given(self.error_profile).as_deref())?,
            trusted_proxies: check_trusted_proxies(&given(self.trusted_proxies).unwrap_or_default())?,
            log: check_log(&given(self.log).unwrap_or_else(|| "info".to_owned()))?,
            tls,
        })
    }
}

/// Refuses variables with our prefix that no setting reads: most are misspelt, and would be missed in silence.
///
/// # Errors
/// [`ConfigError::Unknown`] with the nearest name that exists.
pub fn check_variables(names: impl Iterator<Item = OsString>) -> Result<(), ConfigError> {
    for name in names {
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX) && !VARIABLES.contains(&name.as_ref()) {
            return Err(ConfigError::Unknown {
                nearest: nearest(&name),
                name: name.into_owned(),
            });
        }
    }
    Ok(())
}

fn given(value: Option<String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn malformed<T>(variable: &'static str, flag: &'static str, message: String) -> Result<T, ConfigError> {
    Err(ConfigError::Malformed { variable, flag, message })
}

fn check_listen(listen: &str) -> Result<SocketAddr, ConfigError> {
    listen.parse().or_else(|_| {
        malformed(
            "TESSERA_LISTEN",
            "--listen",
            format!("give an IP address and a port, for example 127.0.0.1:3000 or 0.0.0.0:8080, instead of {listen:?}."),
        )
    })
}

/// The names only; `serve` reads the files.
fn check_tls(cert: Option<String>, key: Option<String>) -> Result<Option<TlsFiles>, ConfigError> {
    match (cert, key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles {
            cert: cert.into(),
            key: key.into(),
        })),
        (Some(_), None) => malformed(
            "TESSERA_TLS_KEY",
            "--tls-key",
            "give the file of the private key that belongs to TESSERA_TLS_CERT (--tls-cert).".to_owned(),
        ),
        (None, Some(_)) => malformed(
            "TESSERA_TLS_CERT",
            "--tls-cert",
            "give the file of the certificate chain that belongs to TESSERA_TLS_KEY (--tls-key).".to_owned(),
        ),
    }
}

fn check_issuer(text: &str, speaks_tls: bool) -> Result<Issuer, ConfigError> {
    let issuer = match Issuer::parse(text) {
        Ok(issuer) => issuer,
        Err(invalid) => return malformed("TESSERA_ISSUER", "--issuer", format!("{} It is {text:?}.", invalid.message)),
    };
    // Clients that follow the issuer would speak plain HTTP to a listener that only takes TLS.
    if speaks_tls && !issuer.is_https() {
        return malformed(
            "TESSERA_ISSUER",
            "--issuer",
            format!(
                "give an address that starts with https://, since TESSERA_TLS_CERT (--tls-cert) makes this server speak TLS, instead of {text:?}."
            ),
        );
    }
    // Pages, cookies and the well-known documents all live at the root of a host.
    if issuer.as_str().len() != issuer.origin().len() + 1 {
        return malformed(
            "TESSERA_ISSUER",
            "--issuer",
            format!("give an address without a path, for example https://auth.example.com/, instead of {text:?}."),
        );
    }
    Ok(issuer)
}

fn check_data_dir(folder: String) -> Result<PathBuf, ConfigError> {
    let path = PathBuf::from(folder);
    if path.exists() && !path.is_dir() {
        return malformed(
            "TESSERA_DATA_DIR",
            "--data-dir",
            format!("give the path of a folder; {} is a file.", path.display()),
        );
    }
    Ok(path)
}

fn check_database(url: Option<String>) -> Result<engine::Database, ConfigError> {
    match url {
        None => Ok(engine::Database::SqliteInDataDir),
        Some(url) if ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme)) => {
            Ok(engine::Database::Url(Secret::new(url)))
        }
        Some(_) => malformed(
            "TESSERA_DATABASE_URL",
            "--database-url",
            "give an address that starts with postgres:// (or sqlite:), for example postgres://user:password@host/database.".to_owned(),
        ),
    }
}

fn check_master_key(key: Option<String>, file: Option<String>) -> Result<engine::MasterKey, ConfigError> {
    match (key, file) {
        (None, None) => Ok(engine::MasterKey::InDataDir),
        (Some(_), Some(_)) => malformed(
            "TESSERA_MASTER_KEY",
            "--master-key",
            "give either this or TESSERA_MASTER_KEY_FILE (--master-key-file).".to_owned(),
        ),
        (Some(key), None) if is_master_key(&key) => Ok(engine::MasterKey::Given(Secret::new(key))),
        (Some(_), None) => malformed(
            "TESSERA_MASTER_KEY",
            "--master-key",
            "give 32 bytes in base64 (44 characters) or hexadecimal (64 characters), for example from `openssl rand -base64 32`.".to_owned(),
        ),
        (None, Some(file)) if PathBuf::from(&file).is_file() => Ok(engine::MasterKey::File(file.into())),
        (None, Some(file)) => malformed(
            "TESSERA_MASTER_KEY_FILE",
            "--master-key-file",
            format!("give the path of a file that exists; there is none at {file:?}."),
        ),
    }
}

/// The shape only; the engine decodes it.
fn is_master_key(key: &str) -> bool {
    let hexadecimal = key.len() == 64 && key.chars().all(|c| c.is_ascii_hexdigit());
    let base64 = key.trim_end_matches('=').len() == 43 && key.chars().all(|c| c.is_ascii_alphanumeric() || "+/-_=".contains(c));
    hexadecimal || base64
}

fn check_error_profile(profile: Option<&str>) -> Result<ErrorProfile, ConfigError> {
    match profile {
        None | Some("auth0") => Ok(ErrorProfile::Auth0),
        Some("rfc") => Ok(ErrorProfile::Rfc),
        Some(other) => malformed(
            "TESSERA_ERROR_PROFILE",
            "--error-profile",
            format!("give auth0 or rfc instead of {other:?}."),
        ),
    }
}

fn check_management_rate(text: Option<&str>) -> Result<CallRate, ConfigError> {
    let Some(text) = text else { return Ok(CallRate::default()) };
    let numbers = text.split_once('/').and_then(|(burst, rate)| {
        let number = |text: &str| text.trim().parse().ok().filter(|number: &NonZeroU32| number.get() <= MANAGEMENT_RATE_MAX);
        Some((number(burst)?, number(rate)?))
    });
    match numbers {
        Some((burst, per_second)) => Ok(CallRate { burst, per_second }),
        None => malformed(
            "TESSERA_MANAGEMENT_RATE",
            "--management-rate",
            format!(
                "give two numbers from 1 to {MANAGEMENT_RATE_MAX}, calls at once and calls in a second, for example 100/50, instead of {text:?}."
            ),
        ),
    }
}

fn check_trusted_proxies(proxies: &str) -> Result<TrustedProxies, ConfigError> {
    proxies.parse().or_else(|part: String| {
        malformed(
            "TESSERA_TRUSTED_PROXIES",
            "--trusted-proxies",
            format!("give IP addresses or networks with commas between them, for example 127.0.0.1,10.0.0.0/8; {part:?} is neither."),
        )
    })
}

fn check_dpop_nonce(choice: Option<&str>) -> Result<bool, ConfigError> {
    match choice {
        None | Some("off") => Ok(false),
        Some("required") => Ok(true),
        Some(other) => malformed(
            "TESSERA_DPOP_NONCE",
            "--dpop-nonce",
            format!("give required or off instead of {other:?}."),
        ),
    }
}

fn check_guard_addresses(choice: Option<&str>) -> Result<bool, ConfigError> {
    match choice {
        None | Some("usual") => Ok(false),
        Some("any") => Ok(true),
        Some(other) => malformed(
            "TESSERA_GUARD_ADDRESSES",
            "--guard-addresses",
            format!("give usual or any instead of {other:?}."),
        ),
    }
}

fn check_log(filter: &str) -> Result<EnvFilter, ConfigError> {
    // A bare word that is no level would be read as a target, and then nothing would be logged.
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let has_level = filter
        .split(',')
        .all(|part| levels.contains(&part.rsplit('=').next().unwrap_or_default().trim().to_ascii_lowercase().as_str()));
    match EnvFilter::try_new(filter) {
        Ok(parsed) if has_level => Ok(parsed),
        _ => malformed(
            "TESSERA_LOG",
            "--log",
            format!("give a level (error, warn, info, debug, trace) or a list such as info,engine=debug, instead of {filter:?}."),
        ),
    }
}

/// The variable whose name takes the fewest changes to get to.
fn nearest(name: &str) -> &'static str {
    VARIABLES.into_iter().min_by_key(|known| distance(name, known)).unwrap_or(VARIABLES[0])
}

/// Letters to insert, remove or replace (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..to.len() {
            let replaced = diagonal + usize::from(letter != to[column]);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: Settings) -> String {
        settings.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn defaults_are_usable() {
        let config = Settings::default().check().ok().unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.engine.issuer.as_str(), "http://localhost:3000/");
        assert_eq!(config.engine.data_dir, PathBuf::from("./data"));
        assert_eq!(config.error_profile, ErrorProfile::Auth0);
        assert!(!config.engine.dpop_nonce && !config.engine.guard_any_address);
        assert_eq!(config.tls, None);
    }

    fn with_tls() -> Settings {
        Settings {
            tls_cert: Some("server.pem".to_owned()),
            tls_key: Some("server.key".to_owned()),
            ..Settings::default()
        }
    }

    #[test]
    fn with_tls_the_issuer_is_https() {
        let config = with_tls().check().ok().unwrap();
        assert_eq!(config.engine.issuer.as_str(), "https://localhost:3000/");
        assert_eq!(config.tls.unwrap().key, PathBuf::from("server.key"));
        // A proxy may end TLS in front of a server that does not speak it.
        let proxied = Settings {
            issuer: Some("https://auth.example.com/".to_owned()),
            ..Settings::default()
        };
        assert!(proxied.check().ok().unwrap().tls.is_none());
    }

    #[test]
    fn an_empty_setting_counts_as_not_given() {
        let settings = Settings {
            listen: Some(" ".to_owned()),
            master_key: Some(String::new()),
            ..Settings::default()
        };
        assert!(settings.check().is_ok());
    }

    #[test]
    fn malformed_settings_are_refused_by_name_and_without_secrets() {
        let cases = [
            (
                Settings {
                    listen: Some("localhost".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_LISTEN (--listen): give an IP address and a port",
            ),
            (
                Settings {
                    issuer: Some("auth.example.com".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_ISSUER (--issuer): Give an address that starts with https://",
            ),
            (
                Settings {
                    issuer: Some("https://example.com/auth/".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_ISSUER (--issuer): give an address without a path",
            ),
            (
                Settings {
                    data_dir: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned()),
                    ..Settings::default()
                },
                "TESSERA_DATA_DIR (--data-dir): give the path of a folder",
            ),
            (
                Settings {
                    tls_cert: Some("server.pem".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_TLS_KEY (--tls-key): give the file of the private key",
            ),
            (
                Settings {
                    tls_key: Some("server.key".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_TLS_CERT (--tls-cert): give the file of the certificate chain",
            ),
            (
                Settings {
                    issuer: Some("http://auth.example.com/".to_owned()),
                    ..with_tls()
                },
                "TESSERA_ISSUER (--issuer): give an address that starts with https://, since TESSERA_TLS_CERT",
            ),
            (
                Settings {
                    database_url: Some("mysql://root:hunter2@db/x".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_DATABASE_URL (--database-url): give an address that starts with postgres://",
            ),
            (
                Settings {
                    master_key: Some("hunter2".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_MASTER_KEY (--master-key): give 32 bytes",
            ),
            (
                Settings {
                    master_key: Some("hunter2".to_owned()),
                    master_key_file: Some("/nowhere".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_MASTER_KEY (--master-key): give either this or TESSERA_MASTER_KEY_FILE",
            ),
            (
                Settings {
                    master_key_file: Some("/nowhere/at/all".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_MASTER_KEY_FILE (--master-key-file): give the path of a file that exists",
            ),
            (
                Settings {
                    error_profile: Some("RFC".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_ERROR_PROFILE (--error-profile): give auth0 or rfc instead of \"RFC\"",
            ),
            (
                Settings {
                    trusted_proxies: Some("proxy.internal".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_TRUSTED_PROXIES (--trusted-proxies): give IP addresses or networks",
            ),
            (
                Settings {
                    dpop_nonce: Some("yes".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_DPOP_NONCE (--dpop-nonce): give required or off instead of \"yes\"",
            ),
            (
                Settings {
                    log: Some("loud".to_owned()),
                    ..Settings::default()
                },
                "TESSERA_LOG (--log): give a level",
            ),
        ];
        for (settings, expect) in cases {
            let message = refused(settings);
            assert!(message.starts_with(expect), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn master_keys_by_shape() {
        assert!(is_master_key(&"0f".repeat(32)));
        assert!(is_master_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="));
        assert!(!is_master_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"));
    }

    #[test]
    fn log_filters() {
        for filter in ["info", "WARN", "info,engine=debug", "off"] {
            assert!(check_log(filter).is_ok(), "{filter}");
        }
        for filter in ["loud", "info,engine=loud", "info,,debug"] {
            assert!(check_log(filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn unknown_variables_are_refused_with_the_nearest_name() {
        let check = |name: &str| check_variables([OsString::from(name)].into_iter());
        assert_eq!(
            check("TESSERA_ISSUR").unwrap_err().to_string(),
            "TESSERA_ISSUR is not a setting. Did you mean TESSERA_ISSUER? Remove it or correct its name."
        );
        assert_eq!(
            check("TESSERA_MASTERKEY_FILE"),
            Err(ConfigError::Unknown {
                name: "TESSERA_MASTERKEY_FILE".to_owned(),
                nearest: "TESSERA_MASTER_KEY_FILE"
            })
        );
        for name in ["PATH", "TESSERA_LISTEN", "TESSERA_TEST_DATABASE_URL"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }
}
