//! The built program as its operator runs it: commands, and a live server, on a data folder of their own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use engine::chance::Chance;
use engine::clock::SystemClock;
use engine::{Config, Database, Engine, MasterKey};
use model::issuer::Issuer;
use serde_json::Value;
use tempfile::TempDir;

use crate::house::{EMAIL, FORM, ORDERS, PASSWORD};

/// Path of the program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tessera");
/// How long a test waits for another process until it fails: far longer than that ever takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a test leaves another process alone between two looks at it.
const PAUSE: Duration = Duration::from_millis(20);

/// An installation: the program and a data folder, which the first command makes.
pub struct Installation {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A server that listens; killed at the end of its test.
pub struct Live {
    child: Child,
    pub address: SocketAddr,
}

/// What a live server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Installation {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// One with an admin, whose server says on stdout where it listens.
    pub fn with_admin() -> Self {
        let installation = Self::new();
        installation
            .run_with(&["admin", "create", "--email", EMAIL, "--password-stdin"], PASSWORD)
            .succeeded();
        installation
    }

    /// Where the data folder is or will be.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file that a test brings along: its path.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The engine on this data folder, in the process of the test.
    pub async fn engine(&self) -> Engine {
        let config = Config {
            database: Database::SqliteInDataDir,
            data_dir: self.data_dir(),
            master_key: MasterKey::InDataDir,
            issuer: Issuer::parse("http://localhost:3000/").unwrap(),
            dpop_nonce: false,
            guard_any_address: false,
            management_rate: Default::default(),
            clock: Arc::new(SystemClock),
            chance: Chance::system(),
        };
        Engine::open(config).await.unwrap()
    }

    /// What its servers have written to stderr.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// The program with these arguments and with no setting but the data folder, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().env("TESSERA_DATA_DIR", self.data_dir());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }

    /// Runs a command that reads `input`.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::from(child.wait_with_output().unwrap())
    }

    /// Runs a command with `--json`: the object that it prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).object()
    }

    /// Creates an API with a scope, a client and their grant: the client as the command printed it.
    pub fn with_orders(&self) -> Value {
        self.json(&["api", "create", "--name", "Orders", "--identifier", ORDERS, "--scope", "read:orders"]);
        let client = self.json(&["client", "create", "--name", "Billing worker"]);
        let id = client["client_id"].as_str().unwrap();
        self.json(&["grant", "create", "--client-id", id, "--audience", ORDERS, "--all-scopes"]);
        client
    }

    /// Starts the server on a free port; it must have an admin, since only then it says where it listens.
    pub fn serve(&self) -> Live {
        self.serve_with(&[])
    }

    /// Starts it with these flags besides.
    pub fn serve_with(&self, flags: &[&str]) -> Live {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], flags].concat();
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut child = self.command(&arguments).stderr(log).spawn().unwrap();
        let line = first_line(&mut child);
        let address = line.split(' ').find_map(|word| word.parse().ok());
        Live {
            address: address.unwrap_or_else(|| panic!("no address in {line:?}")),
            child,
        }
    }
}

impl Ended {
    /// Runs this to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// The answer of a command that did what it was asked.
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one object of `--json`, alone on its line.
    pub fn object(self) -> Value {
        let stdout = self.succeeded();
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        let object: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
        assert!(object.is_object(), "{object}");
        object
    }

    /// Why a command failed: an error on stderr, with nothing on stdout.
    pub fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{}", self.stderr);
        let text = self.stderr.trim_end();
        let text = text.strip_prefix("error: ").unwrap_or_else(|| panic!("more than the error: {text}"));
        text.to_owned()
    }
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Live {
    /// Opens a connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // A server that never answers must end the test, not hold it.
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Reply {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        Reply::read(&mut stream)
    }

    /// The JWKS.
    pub fn jwks(&self) -> Value {
        serde_json::from_str(&self.get("/.well-known/jwks.json").body).unwrap()
    }

    /// Asks for a token for the orders API with what `client create` printed.
    pub fn ask(&self, client: &Value) -> Reply {
        let body = token_request(client);
        let mut stream = self.connect();
        write!(stream, "{}Connection: close\r\n\r\n{body}", token_head(&body)).unwrap();
        Reply::read(&mut stream)
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let killed = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the end of the process.
    pub fn ended(&mut self) -> ExitStatus {
        until("the server to end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // It has ended already where its end was the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    /// Reads an answer up to the end of the connection.
    pub fn read(stream: &mut impl Read) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no whole answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no status: {head:?}")),
            body: body.to_owned(),
        }
    }
}

/// The first line that a started program prints; the only one of a server.
pub fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line
}

/// The body of a request for a token for the orders API.
pub fn token_request(client: &Value) -> String {
    let text = |name: &str| client[name].as_str().unwrap();
    let (id, secret) = (text("client_id"), text("client_secret"));
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&audience={ORDERS}")
}

/// The head that belongs to it, open for more headers.
pub fn token_head(body: &str) -> String {
    let length = body.len();
    format!("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n")
}

/// Looks again and again until `look` finds something; a test that waits in vain fails.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(PAUSE);
    }
}
