//! Quickstarts as the dashboard shows them: programs with the reader's own values filled in.
//!
//! The programs themselves and the filling in live in the crate `quickstarts`; what crosses to the browser is here.

use serde::{Deserialize, Serialize};

use crate::api::SigningAlg;

/// A quickstart in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quickstart {
    /// Stands in the address of its page, for example `node-express`.
    pub slug: String,
    /// For people, for example `Node.js · Express`.
    pub title: String,
    /// The programming language, for example `Node.js`.
    pub language: String,
    /// What the reader does with it.
    pub kind: Kind,
    /// Whether the client of the program proves itself by a key of its own (`private_key_jwt`) and not by a secret.
    pub private_key: bool,
}

/// What a quickstart is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Protect an API: verify the token of each request.
    Protect,
    /// Ask for a token and call an API with it.
    Ask,
}

/// A quickstart for one algorithm, with the values of one reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickstartView {
    /// Stands in the address of its page.
    pub slug: String,
    /// For people.
    pub title: String,
    /// The programming language.
    pub language: String,
    /// What the reader does with it.
    pub kind: Kind,
    /// How the tokens that it handles are signed.
    pub alg: SigningAlg,
    /// What does the checking or the asking, for example `express-oauth2-jwt-bearer`.
    pub library: String,
    /// Why our tests do not run the program; nothing if they do.
    pub not_executed: Option<String>,
    /// Why there is no program for this algorithm; nothing if there is one.
    pub unsupported: Option<Unsupported>,
    /// What to do, step by step; nothing where the algorithm is not supported.
    pub parts: Vec<Part>,
}

/// An algorithm that the library of a quickstart does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// One sentence.
    pub reason: String,
    /// Slug of a quickstart that knows it.
    pub instead: String,
    /// Title of that one.
    pub instead_title: String,
}

/// One step: a file to write or a command to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What the step does, for example `Check the token on every request`.
    pub title: String,
    /// Why, and what to know; may be empty.
    pub explanation: String,
    /// Path of the file inside the program's folder; [`TERMINAL`] for commands.
    pub file_name: String,
    /// What `text` is written in.
    pub language: Language,
    /// Exactly what the copy button gives: no prompt sign, no newline at the end.
    pub text: String,
    /// `text`, cut into pieces for highlighting; joined they are `text`.
    pub spans: Vec<Span>,
}

/// What stands instead of a file name above commands.
pub const TERMINAL: &str = "Terminal";

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// JavaScript.
    Javascript,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// C#.
    Csharp,
    /// PowerShell.
    Powershell,
    /// POSIX shell.
    Shell,
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Anything else; not highlighted.
    Text,
}

/// A piece of a text with one look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// How it looks.
    pub kind: SpanKind,
    /// What it says.
    pub text: String,
}

/// How a piece of a program looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Like the text around it.
    Plain,
    /// A word of the language.
    Keyword,
    /// A string literal, with its quotes.
    String,
    /// A comment.
    Comment,
    /// A value of the reader's own, highlighted.
    Value,
}
