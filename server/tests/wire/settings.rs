//! Settings of the built program: what can't be used is refused at the start, by name, and without repeating a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_json_snapshot;

use crate::built::{Ended, Installation, PROGRAM};

/// A part of every secret that these tests give.
const SECRET: &str = "hunter2";
/// Master keys of the right form.
const ONE_KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const OTHER_KEY: &str = "0202020202020202020202020202020202020202020202020202020202020202";

/// Why the server does not start with these settings. Paths of this run are left out.
fn refused(installation: &Installation, settings: &[(&str, &str)]) -> String {
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    let text = Ended::of(command.env("TESSERA_LOG", "off").envs(settings.iter().copied())).failed();
    assert!(!text.contains(SECRET), "{text}");
    assert!(!text.contains(ONE_KEY) && !text.contains(OTHER_KEY), "{text}");
    text.replace(&installation.data_dir().parent().unwrap().display().to_string(), "[folder]")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn what_can_not_be_used_is_refused_by_name() {
    let installation = Installation::new();
    let file = |name: &str, content: &str| installation.file(name, content).display().to_string();
    let short_key = file("short.key", SECRET);
    let database = format!("sqlite:{}", installation.data_dir().display());
    let (tls_cert, tls_key) = (("TESSERA_TLS_CERT", "/nowhere/server.pem"), ("TESSERA_TLS_KEY", "/nowhere/server.key"));
    let mut refusals = BTreeMap::new();
    for (case, settings) in [
        ("unknown variable", &[("TESSERA_ISSUR", "https://auth.example.com/")][..]),
        ("variable of another case", &[("TESSERA_listen", "127.0.0.1:0")]),
        ("issuer without a scheme", &[("TESSERA_ISSUER", "auth.example.com")]),
        ("issuer with a path", &[("TESSERA_ISSUER", "https://example.com/auth/")]),
        ("issuer with a query", &[("TESSERA_ISSUER", "https://example.com/?a=b")]),
        (
            "issuer on http beside TLS",
            &[("TESSERA_ISSUER", "http://auth.example.com/"), tls_cert, tls_key],
        ),
        ("certificate without a key", &[tls_cert]),
        ("key without a certificate", &[tls_key]),
        ("certificate that is not there", &[tls_cert, tls_key]),
        ("database of another kind", &[("TESSERA_DATABASE_URL", "mysql://root:hunter2@db/tessera")]),
        (
            "database with a malformed port",
            &[("TESSERA_DATABASE_URL", "postgres://tessera:hunter2@db:port/tessera")],
        ),
        ("database in memory", &[("TESSERA_DATABASE_URL", "sqlite::memory:")]),
        ("database that is a folder", &[("TESSERA_DATABASE_URL", &database)]),
        ("master key of the wrong length", &[("TESSERA_MASTER_KEY", "hunter2")]),
        (
            "two master keys",
            &[("TESSERA_MASTER_KEY", ONE_KEY), ("TESSERA_MASTER_KEY_FILE", &short_key)],
        ),
        ("master key file that is not there", &[("TESSERA_MASTER_KEY_FILE", "/nowhere/master.key")]),
        ("master key file with something else", &[("TESSERA_MASTER_KEY_FILE", &short_key)]),
        ("data folder that is a file", &[("TESSERA_DATA_DIR", &short_key)]),
        ("proxies by name", &[("TESSERA_TRUSTED_PROXIES", "proxy.internal")]),
        ("error profile of another name", &[("TESSERA_ERROR_PROFILE", "oauth")]),
        ("another choice of nonces", &[("TESSERA_DPOP_NONCE", "on")]),
        ("rate of calls without a burst", &[("TESSERA_MANAGEMENT_RATE", "50")]),
        ("rate of no calls", &[("TESSERA_MANAGEMENT_RATE", "0/50")]),
        ("another choice of addresses", &[("TESSERA_GUARD_ADDRESSES", "all")]),
    ] {
        refusals.insert(case, refused(&installation, settings));
    }
    for (case, name, value) in [
        ("address without a port", "TESSERA_LISTEN", "localhost"),
        ("log filter without a level", "TESSERA_LOG", "loud"),
    ] {
        // Not with `refused`, which gives these two itself.
        let by_variable = Ended::of(installation.command(&["serve"]).env(name, value)).failed();
        let flag = name.replace("TESSERA_", "--").to_lowercase();
        assert_eq!(by_variable, installation.run(&["serve", &flag, value]).failed(), "{flag}");
        refusals.insert(case, by_variable);
    }
    assert_json_snapshot!("settings_refused", refusals);
    let text = refused(&installation, &[("TESSERA_DATABASE_URL", "postgres://tessera:hunter2@db:port/tessera")]);
    assert!(text.starts_with("TESSERA_DATABASE_URL is not a database address"), "{text}");
}

#[test]
fn commands_refuse_the_same() {
    let installation = Installation::new();
    let text = Ended::of(installation.command(&["keys", "list", "--json"]).env("TESSERA_ISSUR", "x")).failed();
    assert!(text.starts_with("TESSERA_ISSUR is not a setting. Did you mean TESSERA_ISSUER?"), "{text}");
    assert!(!installation.data_dir().exists(), "nothing was done");
}

#[test]
fn a_wrong_master_key_is_an_error_at_the_start() {
    let installation = Installation::new();
    let mut refusals = BTreeMap::new();
    let key = ("TESSERA_MASTER_KEY", ONE_KEY);
    Ended::of(installation.command(&["keys", "list"]).env(key.0, key.1)).succeeded();
    refusals.insert("another key", refused(&installation, &[("TESSERA_MASTER_KEY", OTHER_KEY)]));
    refusals.insert("no key", refused(&installation, &[]));
    assert!(
        !installation.data_dir().join("master.key").exists(),
        "no key is made for a database that has one"
    );
    let file = installation.file("other.key", OTHER_KEY).display().to_string();
    refusals.insert("another key in a file", refused(&installation, &[("TESSERA_MASTER_KEY_FILE", &file)]));
    assert_json_snapshot!("wrong_master_key", refusals);

    let file = installation.file("master.key", &format!("{ONE_KEY}\n")).display().to_string();
    installation.run(&["keys", "list", "--master-key-file", &file]).succeeded();
}

#[test]
fn data_folder_and_master_key_are_for_their_owner_only() {
    let installation = Installation::new();
    // Whatever the mask of the operator's shell lets through.
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("umask 000; exec {PROGRAM} keys list"));
    command.env_clear().env("TESSERA_DATA_DIR", installation.data_dir()).stdin(Stdio::null());
    Ended::of(&mut command).succeeded();
    assert_eq!(mode(&installation.data_dir()), 0o700);
    assert_eq!(mode(&installation.data_dir().join("master.key")), 0o600);
}

#[test]
fn the_help_lists_the_settings_of_the_readme_without_their_values() {
    let installation = Installation::new();
    let help = Ended::of(installation.command(&["--help"]).env("TESSERA_MASTER_KEY", SECRET)).succeeded();
    assert!(!help.contains(SECRET));
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let names = |text: &str, before: &str, after: char| -> BTreeSet<String> {
        let parts = text.split(before).skip(1);
        parts.map(|rest| rest.split(after).next().unwrap().to_owned()).collect()
    };
    let documented = names(&readme, "| `TESSERA_", '`');
    assert_eq!(names(&help, "[env: TESSERA_", ']'), documented);
    assert!(documented.contains("LISTEN"));
}
