//! What would have to be done so that the server is as a file says.

use std::collections::{BTreeMap, BTreeSet};

use model::api::{ApiChanges, NewApi};
use model::client::{ClientChanges, NewClient};
use model::grant::{GrantChanges, NewGrant};
use model::issuer::Issuer;
use model::rotation::RotationSchedule;
use serde_json::{Map, Value, json};

use super::export::Object;
use super::file::File;
use super::matching::{Matched, Target};
use super::mistakes::{Mistakes, Notes};
use super::state::{Held, State};
use super::words::differences;
use super::{plan_apis, plan_clients, plan_grants};

/// What is to be done, in this order.
#[derive(Debug, Default)]
pub struct Plan {
    /// Each of them one verb of the engine.
    pub steps: Vec<Step>,
}

/// One thing to be done.
#[derive(Debug)]
pub struct Step {
    /// Of which kind.
    pub action: Action,
    /// What kind of object it is about.
    pub object: &'static str,
    /// Which one.
    pub name: String,
    /// What of it, in words.
    pub details: Vec<String>,
    pub(super) work: Work,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is removed.
    Delete,
}

/// What the engine is told.
#[derive(Debug)]
pub(super) enum Work {
    DeleteGrant(String),
    DeleteClient(String),
    DeleteApi(String),
    CreateApi(Box<NewApi>),
    ChangeApi(String, Box<ApiChanges>),
    /// With the place of its entry, by which others name it.
    CreateClient(String, Box<NewClient>),
    ChangeClient(String, Box<ClientChanges>),
    CreateGrant(Target, Box<NewGrant>),
    ChangeGrant(String, Box<GrantChanges>),
    /// The identifier of the API comes first.
    AddIntrospector(String, Target),
    RemoveIntrospector(String, String),
    KeyRotation(Option<RotationSchedule>),
    TenantSettings(Map<String, Value>),
}

/// What is left out of a file that prunes.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// Identifiers.
    pub(super) apis: BTreeSet<String>,
    /// Ids.
    pub(super) clients: BTreeSet<String>,
}

/// The difference between a file and the server. With `prune` it deletes APIs, clients and grants that a section of the file leaves out;
/// never the Management API.
///
/// # Errors
/// [`Mistakes`] where the file breaks a rule together with what there is.
pub fn plan(file: &File, state: &State, held: &Held, issuer: &Issuer, prune: bool) -> Result<Plan, Mistakes> {
    let matched = Matched::of(file, state)?;
    let pruned = if prune { pruned(file, state, &matched) } else { Pruned::default() };
    let notes = Notes::default();
    let apis = plan_apis::plan(&matched, state, held, issuer, &pruned, &notes);
    let clients = plan_clients::plan(&matched, state, held, &pruned, &notes);
    let grants = plan_grants::plan(file, state, &apis.after, &clients.after, prune, &notes);
    let introspectors = plan_apis::introspectors(&matched, state, &clients.after, &pruned, &notes);
    let mut steps = Vec::new();
    for mut deletions in [grants.deletions, clients.deletions, apis.deletions] {
        // Not by when they were made, which is no matter to people.
        deletions.sort_by(|one, other| one.name.cmp(&other.name));
        steps.extend(deletions);
    }
    steps.extend(apis.steps);
    steps.extend(clients.steps);
    steps.extend(grants.steps);
    steps.extend(introspectors);
    steps.extend(key_rotation(file, state));
    steps.extend(tenant_settings(file, state, &notes));
    notes.unless_any(Plan { steps })
}

fn pruned(file: &File, state: &State, matched: &Matched) -> Pruned {
    let mut pruned = Pruned::default();
    if file.apis.is_some() {
        let named: BTreeSet<&str> = matched.apis.iter().filter_map(|(_, api)| Some(api.as_ref()?.id.as_str())).collect();
        let left = state.apis.iter().filter(|api| !api.is_system && !named.contains(api.id.as_str()));
        pruned.apis = left.map(|api| api.identifier.clone()).collect();
    }
    if file.clients.is_some() {
        let named: BTreeSet<&str> = matched
            .clients
            .iter()
            .filter_map(|(_, client)| Some(client.as_ref()?.client_id.as_str()))
            .collect();
        let left = state.clients.iter().filter(|client| !named.contains(client.client_id.as_str()));
        pruned.clients = left.map(|client| client.client_id.clone()).collect();
    }
    pruned
}

fn key_rotation(file: &File, state: &State) -> Option<Step> {
    let new = file.key_rotation.filter(|new| *new != state.key_rotation)?;
    let form = |schedule: Option<RotationSchedule>| schedule.and_then(|schedule| json!(schedule).as_object().cloned()).unwrap_or_default();
    Some(Step {
        action: Action::Change,
        object: "key rotation",
        name: String::new(),
        details: match new {
            None => vec!["switched off".to_owned()],
            Some(_) => differences(&form(state.key_rotation), &form(new)),
        },
        work: Work::KeyRotation(new),
    })
}

fn tenant_settings(file: &File, state: &State, notes: &Notes) -> Option<Step> {
    let changes = file.tenant_settings.clone()?;
    let after = state.tenant_settings.clone().with(changes.clone());
    if let Err(invalid) = after.check() {
        notes.broken("tenant_settings", &invalid, |field| field);
    }
    let details = differences(state.tenant_settings.members(), after.members());
    (!details.is_empty()).then(|| Step {
        action: Action::Change,
        object: "tenant settings",
        name: String::new(),
        details,
        work: Work::TenantSettings(changes),
    })
}

impl Plan {
    /// How many objects it creates, changes and deletes.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        [Action::Create, Action::Change, Action::Delete].map(|action| self.steps.iter().filter(|step| step.action == action).count())
    }

    /// A line for each step, and one with their number.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let [create, change, delete] = self.counts();
        let mut lines: Vec<String> = self.steps.iter().map(Step::line).collect();
        lines.push(format!("Plan: {create} to create, {change} to change, {delete} to delete."));
        lines
    }
}

impl Step {
    /// For example `~ client Billing worker: description "" -> "Sends bills"`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{} {}", self.action.sign(), self.object);
        if !self.name.is_empty() {
            line.push(' ');
            line.push_str(&self.name);
        }
        if !self.details.is_empty() {
            line.push_str(": ");
            line.push_str(&self.details.join(", "));
        }
        line
    }
}

impl Action {
    /// The sign in front of a line.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Delete => '-',
        }
    }

    /// The word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "delete",
        }
    }
}

/// Steps that are told what an object differs in.
pub(super) fn change(object: &'static str, name: &str, forms: (&Object, &Object), replaced: Option<&str>, work: Work) -> Option<Step> {
    let mut details = differences(forms.0, forms.1);
    details.extend(replaced.map(|secret| format!("{secret} replaced")));
    (!details.is_empty()).then(|| Step {
        action: Action::Change,
        object,
        name: name.to_owned(),
        details,
        work,
    })
}

/// Names of clients by id.
pub(super) fn names(state: &State) -> BTreeMap<&str, &str> {
    state
        .clients
        .iter()
        .map(|client| (client.client_id.as_str(), client.name.as_str()))
        .collect()
}
