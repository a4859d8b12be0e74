//! Programs people copy: each runs in our tests as it stands here, and is shown with the reader's own values in it.
//!
//! A program is a folder under `programs/`: `quickstart.toml` says which steps are shown, `common/` holds the files
//! of every algorithm, `jwks/` those of the algorithms with public keys and `secret/` those of HS256. The files are real ones, written
//! for RS256 and with sentinel values (`https://issuer.example/` and so on, see [`Values`]) where the reader's own belong.

mod catalogue;
mod fill;
mod lexer;
mod section;

use std::collections::BTreeMap;

use model::api::SigningAlg;
use model::quickstart::{Language, Part, Quickstart, QuickstartView, TERMINAL, Unsupported};

use catalogue::{Keys, Program, Source, Step};
pub use catalogue::{NoLibrary, NotExecuted, Run};
use fill::Sentinels;

/// The reader's own values, which take the places of the sentinels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Issuer with its trailing slash, instead of `https://issuer.example/`.
    pub issuer: String,
    /// Identifier of the API, instead of `https://api.example/`.
    pub identifier: String,
    /// A scope of the API, instead of `read:example`, which stays if the API has none.
    pub scope: Option<String>,
    /// A client that is authorized for the API, instead of `YOUR_CLIENT_ID`, which stays if there is none.
    pub client_id: Option<String>,
    /// `kid` of the secret that signs tokens of an HS256 API, instead of `YOUR_KEY_ID`.
    pub kid: Option<String>,
    /// `kid` of another secret that is accepted too, instead of `SECOND_KEY_ID`; steps that name it are shown only if there is one.
    pub second_kid: Option<String>,
}

/// A quickstart for one algorithm and one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What the dashboard shows.
    pub view: QuickstartView,
    /// The whole program: written to a folder, it installs and runs there.
    pub files: Vec<RenderedFile>,
}

/// A file of a program with the reader's values in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Relative to the program's folder, with `/` between its parts.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// A program's folder contradicts itself. A test renders every program, so this is not seen in a build that passed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quickstart {slug} can't be shown: {reason}")]
pub struct Broken {
    /// Which program.
    pub slug: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Every quickstart, in the order in which they are listed.
///
/// # Errors
/// [`Broken`] if a `quickstart.toml` can't be read.
pub fn all() -> Result<Vec<Quickstart>, Broken> {
    Ok(catalogue::programs()?.iter().map(|program| program.quickstart.clone()).collect())
}

/// How a program is run, for those who run it: our tests, and the README that travels with it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Recipe {
    /// Which program.
    pub quickstart: Quickstart,
    /// How it is installed, built, started and stopped.
    pub run: Run,
    /// Why our tests do not run it.
    pub not_executed: Option<NotExecuted>,
    /// Algorithms that its library does not know, by name.
    pub unsupported: BTreeMap<String, NoLibrary>,
}

/// How each program is run, in the order of [`all`].
///
/// # Errors
/// [`Broken`] if a `quickstart.toml` can't be read.
pub fn recipes() -> Result<Vec<Recipe>, Broken> {
    let recipe = |program: &Program| Recipe {
        quickstart: program.quickstart.clone(),
        run: program.run.clone(),
        not_executed: program.not_executed.clone(),
        unsupported: program.unsupported.clone(),
    };
    Ok(catalogue::programs()?.iter().map(recipe).collect())
}

/// The quickstart `slug` for `alg` with the reader's `values`; `None` if there is no such quickstart.
///
/// # Errors
/// [`Broken`] if a step names what is not there, or a sentinel stands where a value can't be put safely.
pub fn render(slug: &str, alg: SigningAlg, values: &Values) -> Result<Option<Rendered>, Broken> {
    let Some(program) = catalogue::program(slug)? else { return Ok(None) };
    let rendered = render_program(program, alg, values);
    rendered.map(Some).map_err(|reason| Broken {
        slug: slug.to_owned(),
        reason,
    })
}

/// A marked section of the program `slug` by itself; `None` if there is no such quickstart or no such section.
///
/// # Errors
/// [`Broken`] if a sentinel stands where a value can't be put safely.
pub fn section(slug: &str, name: &str, alg: SigningAlg, values: &Values) -> Result<Option<Part>, Broken> {
    let Some(program) = catalogue::program(slug)? else { return Ok(None) };
    let cut = || {
        let sources = program.sources(alg)?;
        let Some(source) = sources.iter().find(|source| section::cut(source.text, name).is_some()) else {
            return Ok(None);
        };
        let step = Step {
            keys: None,
            second_secret: false,
            title: program.quickstart.title.clone(),
            explanation: String::new(),
            file: Some(source.path.clone()),
            section: Some(name.to_owned()),
            command: None,
        };
        part(&step, &sources, &Sentinels::new(values, alg)).map(Some)
    };
    cut().map_err(|reason| Broken {
        slug: slug.to_owned(),
        reason,
    })
}

fn render_program(program: &Program, alg: SigningAlg, values: &Values) -> Result<Rendered, String> {
    let unsupported = program.unsupported(alg).map(unsupported).transpose()?;
    let (parts, files) = match unsupported {
        Some(_) => (Vec::new(), Vec::new()),
        None => contents(program, alg, values)?,
    };
    let Quickstart {
        slug, title, language, kind, ..
    } = program.quickstart.clone();
    Ok(Rendered {
        view: QuickstartView {
            slug,
            title,
            language,
            kind,
            alg,
            library: program.library.clone(),
            not_executed: program.not_executed.as_ref().map(|not| not.reason.clone()),
            unsupported,
            parts,
        },
        files,
    })
}

fn unsupported(NoLibrary { reason, instead }: &NoLibrary) -> Result<Unsupported, String> {
    let other = catalogue::program(instead).map_err(|broken| broken.to_string())?;
    let other = other.ok_or_else(|| format!("there is no quickstart {instead}"))?;
    Ok(Unsupported {
        reason: reason.clone(),
        instead: instead.clone(),
        instead_title: other.quickstart.title.clone(),
    })
}

fn contents(program: &Program, alg: SigningAlg, values: &Values) -> Result<(Vec<Part>, Vec<RenderedFile>), String> {
    let sentinels = Sentinels::new(values, alg);
    let sources = program.sources(alg)?;
    let steps = program.steps.iter().filter(|step| step.keys.is_none_or(|keys| keys == Keys::of(alg)));
    let steps = steps.filter(|step| !step.second_secret || values.second_kid.is_some());
    let parts = steps.map(|step| part(step, &sources, &sentinels)).collect::<Result<_, _>>()?;
    let files = sources.iter().map(|source| file(source, &sentinels)).collect::<Result<_, _>>()?;
    Ok((parts, files))
}

fn part(step: &Step, sources: &[Source], sentinels: &Sentinels<'_>) -> Result<Part, String> {
    let (file_name, language, text) = match (&step.file, &step.command) {
        (Some(path), None) => {
            let source = sources
                .iter()
                .find(|source| source.path == *path)
                .ok_or_else(|| format!("there is no file {path}"))?;
            let text = match &step.section {
                Some(name) => section::cut(source.text, name).ok_or_else(|| format!("{path} has no section {name}"))?,
                None => section::without_markers(source.text),
            };
            (path.clone(), language_of(path), text)
        }
        (None, Some(command)) => (TERMINAL.to_owned(), Language::Shell, command.clone()),
        _ => return Err(format!("the step {:?} needs either a file or a command", step.title)),
    };
    let spans = fill::fill(language, text.trim(), sentinels)?;
    Ok(Part {
        title: step.title.clone(),
        explanation: sentinels.replace_in_prose(&step.explanation),
        file_name,
        language,
        text: spans.iter().map(|span| span.text.as_str()).collect(),
        spans,
    })
}

fn file(source: &Source, sentinels: &Sentinels<'_>) -> Result<RenderedFile, String> {
    let text = section::without_markers(source.text);
    // Most of a program is lock files, which need not be read word by word.
    let text = if sentinels.stand_in(&text) {
        let spans = fill::fill(language_of(&source.path), &text, sentinels)?;
        spans.into_iter().map(|span| span.text).collect()
    } else {
        text
    };
    Ok(RenderedFile {
        path: source.path.clone(),
        text,
    })
}

fn language_of(path: &str) -> Language {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map_or(name, |(_, extension)| extension) {
        "mjs" | "js" => Language::Javascript,
        "py" => Language::Python,
        "rs" => Language::Rust,
        "go" => Language::Go,
        "java" => Language::Java,
        "rb" | "ru" | "Gemfile" => Language::Ruby,
        "php" => Language::Php,
        "cs" => Language::Csharp,
        "ps1" => Language::Powershell,
        "sh" => Language::Shell,
        "toml" => Language::Toml,
        "json" => Language::Json,
        "xml" | "csproj" => Language::Xml,
        _ => Language::Text,
    }
}

#[cfg(test)]
mod tests;
