//! Does what is planned, step by step: each is one verb of the engine, which is one transaction with its log entry.

use std::collections::BTreeMap;

use engine::{Engine, Error};
use model::grant::NewGrant;
use model::log::Actor;
use thiserror::Error as ThisError;

use super::matching::Target;
use super::plan::{Plan, Work};

/// A plan that ended early. What was done before stays done: applying the file again goes on from there.
#[derive(Debug, ThisError)]
#[error("{}", self.words())]
pub struct Unfinished {
    /// Lines of what was done.
    pub done: Vec<String>,
    /// The line of what failed.
    pub failed: String,
    /// Why.
    pub error: Error,
    /// Lines of what was not begun.
    pub left: Vec<String>,
}

impl Unfinished {
    fn words(&self) -> String {
        let mut lines = vec![
            format!("Not everything was done. This failed: {}", self.failed),
            format!("  {}", self.error),
        ];
        for (title, list) in [("Done before:", &self.done), ("Not done:", &self.left)] {
            lines.push(title.to_owned());
            lines.extend(list.iter().map(|line| format!("  {line}")));
            if list.is_empty() {
                lines.push("  nothing".to_owned());
            }
        }
        lines.push("Apply the file again once the cause is mended: it goes on from here.".to_owned());
        lines.join("\n")
    }
}

/// Does all of it.
///
/// # Errors
/// [`Unfinished`] at the first step that fails.
pub async fn carry_out(engine: &Engine, actor: &Actor, plan: Plan) -> Result<(), Unfinished> {
    let lines: Vec<String> = plan.steps.iter().map(super::plan::Step::line).collect();
    let mut made = BTreeMap::new();
    for (at, step) in plan.steps.into_iter().enumerate() {
        if let Err(error) = perform(engine, actor, step.work, &mut made).await {
            let mut lines = lines.into_iter();
            return Err(Unfinished {
                done: lines.by_ref().take(at).collect(),
                failed: lines.next().unwrap_or_default(),
                error,
                left: lines.collect(),
            });
        }
    }
    Ok(())
}

/// `made` holds the ids of clients that were made, by the place of their entry.
async fn perform(engine: &Engine, actor: &Actor, work: Work, made: &mut BTreeMap<String, String>) -> Result<(), Error> {
    match work {
        Work::DeleteGrant(id) => engine.delete_grant_by_id(actor, &id).await,
        Work::DeleteClient(id) => engine.delete_client(actor, &id).await,
        Work::DeleteApi(id) => engine.delete_api(actor, &id).await,
        Work::CreateApi(new) => engine.create_api(actor, *new).await.map(drop),
        Work::ChangeApi(id, changes) => engine.update_api(actor, &id, *changes).await.map(drop),
        Work::CreateClient(place, new) => {
            let client = engine.create_client(actor, *new).await?;
            made.insert(place, client.client_id);
            Ok(())
        }
        Work::ChangeClient(id, changes) => engine.update_client(actor, &id, *changes).await.map(drop),
        Work::CreateGrant(client, new) => {
            let client_id = id_of(client, made)?;
            engine.create_grant(actor, NewGrant { client_id, ..*new }).await.map(drop)
        }
        Work::ChangeGrant(id, changes) => engine.change_grant(actor, &id, *changes).await.map(drop),
        Work::AddIntrospector(identifier, client) => {
            let api = engine.api_by_identifier(&identifier).await?;
            engine.add_introspector(actor, &api.id, &id_of(client, made)?).await.map(drop)
        }
        Work::RemoveIntrospector(identifier, client_id) => {
            let api = engine.api_by_identifier(&identifier).await?;
            engine.remove_introspector(actor, &api.id, &client_id).await
        }
        Work::KeyRotation(schedule) => engine.set_rotation_schedule(actor, schedule).await,
        Work::TenantSettings(changes) => engine.update_tenant_settings(actor, changes).await.map(drop),
    }
}

fn id_of(client: Target, made: &BTreeMap<String, String>) -> Result<String, Error> {
    match client {
        Target::Id(id) => Ok(id),
        Target::New(place) => made.get(&place).cloned().ok_or(Error::NotFound("client")),
    }
}
