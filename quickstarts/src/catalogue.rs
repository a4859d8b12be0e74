//! The programs as they lie in their folders.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, DirEntry, File, include_dir};
use model::api::SigningAlg;
use model::quickstart::{Kind, Quickstart};
use serde::{Deserialize, Serialize};

use crate::Broken;

static PROGRAMS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/programs");

/// A program and the steps in which it is shown.
pub struct Program {
    pub quickstart: Quickstart,
    pub library: String,
    pub run: Run,
    pub not_executed: Option<NotExecuted>,
    /// By the name of the algorithm.
    pub unsupported: BTreeMap<String, NoLibrary>,
    pub steps: Vec<Step>,
    order: u32,
    folder: &'static Dir<'static>,
}

/// How a program is installed, built, started and stopped in the folder that a reader has; commands of a POSIX shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Commands that must exist.
    pub needs: Vec<String>,
    /// Fetches what the program depends on.
    pub install: Option<String>,
    /// Files that decide what is installed.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Folders that installing leaves behind.
    #[serde(default)]
    pub makes: Vec<String>,
    /// Compiles the program.
    pub build: Option<String>,
    /// Starts it; a server runs until it is stopped.
    pub start: String,
    /// What a person does to stop it.
    pub stop: Option<String>,
}

/// Why our tests do not run a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotExecuted {
    /// One or two sentences.
    pub reason: String,
    /// What can be checked all the same.
    pub check: Option<String>,
}

/// An algorithm that the program's library does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoLibrary {
    /// One sentence.
    pub reason: String,
    /// Slug of a program that knows it.
    pub instead: String,
}

/// A file of a program, with sentinels and section markers.
pub struct Source {
    /// Relative to the folder that a reader has.
    pub path: String,
    pub text: &'static str,
}

/// A step as `quickstart.toml` has it: it shows either a file (or one section of it) or a command.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Only for APIs whose tokens are verified so; otherwise for all.
    pub keys: Option<Keys>,
    /// Only for APIs that have a second signing secret at the time.
    #[serde(default)]
    pub second_secret: bool,
    pub title: String,
    #[serde(default)]
    pub explanation: String,
    pub file: Option<String>,
    pub section: Option<String>,
    pub command: Option<String>,
}

/// What verifies tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// Public keys from the JWKS.
    Jwks,
    /// The signing secret of the API.
    Secret,
}

impl Keys {
    /// Those of an algorithm.
    pub fn of(alg: SigningAlg) -> Self {
        if alg.key_alg().is_some() { Self::Jwks } else { Self::Secret }
    }

    /// The folder with the files that are only for these.
    fn folder(self) -> &'static str {
        match self {
            Self::Jwks => "jwks",
            Self::Secret => "secret",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    title: String,
    language: String,
    kind: Kind,
    order: u32,
    #[serde(default)]
    private_key: bool,
    library: String,
    run: Run,
    not_executed: Option<NotExecuted>,
    #[serde(default)]
    unsupported: BTreeMap<String, NoLibrary>,
    parts: Vec<Step>,
}

/// Every program, in the order of its `order`. The sheets are read once: they are part of this program and never change.
pub fn programs() -> Result<&'static [Program], Broken> {
    static READ: LazyLock<Result<Vec<Program>, Broken>> = LazyLock::new(|| {
        let mut programs = PROGRAMS.dirs().map(read).collect::<Result<Vec<_>, _>>()?;
        programs.sort_by_key(|program| program.order);
        Ok(programs)
    });
    READ.as_deref().map_err(Clone::clone)
}

/// The program in the folder `slug`.
pub fn program(slug: &str) -> Result<Option<&'static Program>, Broken> {
    Ok(programs()?.iter().find(|program| program.quickstart.slug == slug))
}

fn read(folder: &'static Dir<'static>) -> Result<Program, Broken> {
    let slug = slug_of(folder);
    let broken = |reason: String| Broken { slug: slug.clone(), reason };
    let text = folder.get_file(folder.path().join("quickstart.toml")).and_then(File::contents_utf8);
    let text = text.ok_or_else(|| broken("it has no quickstart.toml".to_owned()))?;
    let sheet: Sheet = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
    Ok(Program {
        quickstart: Quickstart {
            slug: slug.clone(),
            title: sheet.title,
            language: sheet.language,
            kind: sheet.kind,
            private_key: sheet.private_key,
        },
        library: sheet.library,
        run: sheet.run,
        not_executed: sheet.not_executed,
        unsupported: sheet.unsupported,
        steps: sheet.parts,
        order: sheet.order,
        folder,
    })
}

impl Program {
    /// Why there is no program for `alg`.
    pub fn unsupported(&self, alg: SigningAlg) -> Option<&NoLibrary> {
        self.unsupported.get(alg.as_str())
    }

    /// The files of the folder that a reader has, in the order of their paths.
    pub fn sources(&self, alg: SigningAlg) -> Result<Vec<Source>, String> {
        let mut sources = Vec::new();
        for name in ["common", Keys::of(alg).folder()] {
            if let Some(root) = self.folder.get_dir(self.folder.path().join(name)) {
                collect(root, root, &mut sources)?;
            }
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(sources)
    }
}

fn collect(root: &Dir<'static>, folder: &Dir<'static>, sources: &mut Vec<Source>) -> Result<(), String> {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => collect(root, folder, sources)?,
            DirEntry::File(file) => {
                let path = file.path().strip_prefix(root.path()).unwrap_or(file.path()).display().to_string();
                let text = file.contents_utf8().ok_or_else(|| format!("{path} is not text"))?;
                sources.push(Source { path, text });
            }
        }
    }
    Ok(())
}

fn slug_of(folder: &Dir<'_>) -> String {
    folder.path().display().to_string()
}
