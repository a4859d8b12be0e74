//! Makes a release notice when the site files that it carries have changed.

use std::{env, fs, io};

/// Where the bundle for browsers is put, seen from this folder.
const SITE: &str = "../target/site";

fn main() -> io::Result<()> {
    // A development build reads the files while it runs, so that a changed style needs no new server.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // A folder that is missing would count as changed at every build.
        fs::create_dir_all(SITE)?;
        println!("cargo::rerun-if-changed={SITE}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
