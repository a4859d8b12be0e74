//! The program `tessera`: a server, and commands for scripts beside it.

mod commands;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    commands::run().await
}
