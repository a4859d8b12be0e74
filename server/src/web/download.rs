//! `/apis/{id}/quickstart/{slug}.zip`: a Quickstart program as a folder that runs as it is, with the reader's values in it.

use std::io::{Cursor, Write as _};

use app::apis::rendered;
use app::error::AppError;
use app::gate::session_token;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use model::quickstart::TERMINAL;
use quickstarts::{Recipe, Rendered};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::error;

/// The address, as the router has it.
pub(super) const PATH: &str = "/apis/{id}/quickstart/{file}";

/// The route; who has no session gets nothing, whatever the door said.
pub(super) fn router(engine: Engine) -> Router {
    Router::new().route(PATH, get(download)).with_state(engine)
}

async fn download(State(engine): State<Engine>, Path((id, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(slug) = file.strip_suffix(".zip") else {
        return error::not_found();
    };
    match packed(&engine, &headers, &id, slug).await {
        Ok(bytes) => {
            let disposition = format!("attachment; filename=\"{slug}.zip\"");
            let about: [(HeaderName, &str); 3] = [
                (CONTENT_TYPE, "application/zip"),
                (CONTENT_DISPOSITION, &disposition),
                (CACHE_CONTROL, "private, no-store"),
            ];
            (about, bytes).into_response()
        }
        Err(AppError::SignedOut) => error::signed_out(),
        Err(AppError::NotFound { .. }) => error::not_found(),
        Err(AppError::Internal { id }) => error::failed(&id),
        Err(other) => error::failed(&AppError::internal(&other).to_string()),
    }
}

async fn packed(engine: &Engine, headers: &HeaderMap, id: &str, slug: &str) -> Result<Vec<u8>, AppError> {
    let token = session_token(headers, engine.issuer()).ok_or(AppError::SignedOut)?;
    engine.session(&token).await?.ok_or(AppError::SignedOut)?;
    let api = engine.api(id).await?;
    let rendered = rendered::quickstart(engine, &api, slug).await?;
    let recipes = quickstarts::recipes().map_err(|broken| AppError::internal(&broken))?;
    let recipe = recipes.into_iter().find(|recipe| recipe.quickstart.slug == slug);
    let nothing = || AppError::NotFound {
        what: "quickstart".to_owned(),
    };
    if rendered.files.is_empty() {
        return Err(nothing());
    }
    pack(&rendered, &recipe.ok_or_else(nothing)?).map_err(|error| AppError::internal(&error))
}

/// The files in a folder of the program's name, so that unpacking leaves one thing behind. They are small texts: nothing is compressed.
fn pack(rendered: &Rendered, recipe: &Recipe) -> zip::result::ZipResult<Vec<u8>> {
    // The default has no time of day in it, so equal programs are equal bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let readme = ("README.md", readme(rendered, recipe));
    let files = rendered.files.iter().map(|file| (file.path.as_str(), file.text.clone()));
    for (path, text) in files.chain([readme]) {
        zip.start_file(format!("{}/{path}", rendered.view.slug), options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The same steps as in the dashboard, without the files, which are there.
fn readme(rendered: &Rendered, recipe: &Recipe) -> String {
    let view = &rendered.view;
    let mut text = format!("# {}\n\nUses {}. Needs {}.\n", view.title, view.library, recipe.run.needs.join(", "));
    if let Some(reason) = &view.not_executed {
        text.push_str(&format!("\nThis program was not executed in the tests of Tessera. {reason}\n"));
    }
    for part in &view.parts {
        text.push_str(&format!("\n## {}\n\n{}\n", part.title, part.explanation));
        if part.file_name == TERMINAL {
            text.push_str(&format!("\n```sh\n{}\n```\n", part.text));
        } else {
            text.push_str(&format!("\nSee `{}`.\n", part.file_name));
        }
    }
    let run = &recipe.run;
    let steps = [
        ("Install", &run.install),
        ("Build", &run.build),
        ("Start", &Some(run.start.clone())),
        ("Stop", &run.stop),
    ];
    let steps = steps
        .iter()
        .filter_map(|(name, how)| Some(format!("- {name}: `{}`\n", how.as_ref()?.trim_start_matches("exec "))));
    text.push_str("\n## In short\n\nWith the versions that the lock files name:\n\n");
    text.extend(steps);
    text
}
