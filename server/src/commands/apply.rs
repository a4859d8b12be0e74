//! `tessera apply`

use std::fs::File as Opened;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::Engine;
use model::log::Actor;
use serde::Serialize;
use server::configuration::carry_out::carry_out;
use server::configuration::document::{self, FILE_MAX, Format};
use server::configuration::file::File;
use server::configuration::mistakes::Mistakes;
use server::configuration::plan::{Plan, plan};
use server::configuration::state::{Held, State};

use super::Failure;
use super::output::Output;

/// What is applied.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file, .yaml, .yml or .json; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Tell the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete APIs, clients and grants that the file does not name; a kind that it leaves out altogether is not touched
    #[arg(long)]
    prune: bool,
}

/// What was done, or would be.
#[derive(Serialize)]
struct Applied<'a> {
    dry_run: bool,
    create: usize,
    change: usize,
    delete: usize,
    changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    action: &'static str,
    object: String,
    name: &'a str,
    details: &'a [String],
}

/// Plans, tells the plan, carries it out.
pub(super) async fn run(engine: &Engine, arguments: Arguments, output: Output) -> Result<(), Failure> {
    let (text, format) = read(&arguments.file)?;
    let mistaken = |mistakes: Mistakes| Failure::Mistaken {
        file: name(&arguments.file),
        mistakes,
    };
    let value = document::read(&text, format).map_err(mistaken)?;
    let file = File::of(&value).map_err(mistaken)?;
    let state = State::read(engine).await?;
    let held = Held::of(engine, &file, &state).await?.map_err(mistaken)?;
    let plan = plan(&file, &state, &held, engine.issuer(), arguments.prune).map_err(mistaken)?;
    output.told(&plan.lines());
    let answer = answer(&plan, arguments.dry_run);
    let [create, change, delete] = plan.counts();
    let object = serde_json::to_value(answer).unwrap_or_default();
    if arguments.dry_run {
        output.answer(&object, "Nothing was changed: this was a dry run.");
        return Ok(());
    }
    carry_out(engine, &Actor::command(), plan).await?;
    output.answer(&object, &format!("Done: {create} created, {change} changed, {delete} deleted."));
    Ok(())
}

fn answer(plan: &Plan, dry_run: bool) -> Applied<'_> {
    let [create, change, delete] = plan.counts();
    let steps = plan.steps.iter().map(|step| Change {
        action: step.action.word(),
        object: step.object.replace(' ', "_"),
        name: &step.name,
        details: &step.details,
    });
    Applied {
        dry_run,
        create,
        change,
        delete,
        changes: steps.collect(),
    }
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    }
}

fn read(path: &Path) -> Result<(String, Format), Failure> {
    let failed = |error: io::Error| Failure::Io { what: name(path), error };
    if path == Path::new("-") {
        let text = text_of(io::stdin().lock()).map_err(failed)?;
        let format = Format::of_text(&text);
        return Ok((text, format));
    }
    let format = format_of(path)?;
    let text = Opened::open(path).and_then(text_of).map_err(failed)?;
    Ok((text, format))
}

/// By the extension of a file, which must have one.
pub(super) fn format_of(path: &Path) -> Result<Format, Failure> {
    Format::of_path(path).ok_or_else(|| Failure::File {
        what: name(path),
        why: "The name must end in .yaml, .yml or .json.",
    })
}

/// One byte more than there may be: it tells that there are too many.
fn text_of(source: impl Read) -> io::Result<String> {
    let most = u64::try_from(FILE_MAX).unwrap_or(u64::MAX);
    let mut text = String::new();
    source.take(most.saturating_add(1)).read_to_string(&mut text)?;
    Ok(text)
}
