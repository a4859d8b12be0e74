//! What is to be done about grants.

use std::collections::{BTreeMap, BTreeSet};

use model::api::Api;
use model::grant::{Grant, GrantChanges, NewGrant, ScopeChoice};
use model::kept::Kept;

use super::export;
use super::file::{File, GrantEntry};
use super::matching::{Clients, Target};
use super::mistakes::Notes;
use super::plan::{Action, Step, Work, names};
use super::state::State;
use super::words::differences;

/// What a grant is called in a plan.
const OBJECT: &str = "grant";

/// What is to be done.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) deletions: Vec<Step>,
    pub(super) steps: Vec<Step>,
}

/// Plans them; `apis` and `clients` are those that there will be.
pub(super) fn plan(file: &File, state: &State, apis: &BTreeMap<String, Api>, clients: &Clients, prune: bool, notes: &Notes) -> Planned {
    let mut planned = Planned::default();
    let Some(entries) = &file.grants else { return planned };
    let known: BTreeMap<(&str, &str), &Grant> = state
        .grants
        .iter()
        .map(|grant| ((grant.client_id.as_str(), grant.audience.as_str()), grant))
        .collect();
    let mut seen = BTreeSet::new();
    let mut named = BTreeSet::new();
    for entry in entries {
        let client = clients.find(&entry.client, notes);
        let api = apis.get(&entry.audience);
        if api.is_none() {
            notes.add(
                format!("{}.audience", entry.path),
                "There is no such resource server: neither on the server, as it will be, nor in this file.",
            );
        }
        let (Some((client, client_name)), Some(api)) = (client, api) else {
            continue;
        };
        if !seen.insert((client.clone(), api.identifier.as_str())) {
            notes.add(
                entry.path.as_str(),
                "Keep one of the two: another grant of this file is of the same client for the same resource server.",
            );
            continue;
        }
        let before = match &client {
            Target::Id(id) => known.get(&(id.as_str(), api.identifier.as_str())).copied(),
            Target::New(_) => None,
        };
        named.extend(before.map(|grant| grant.id.as_str()));
        let name = format!("{client_name} for {}", api.identifier);
        planned.steps.extend(match before {
            Some(before) => changed(entry, before, api, name, notes),
            None => created(entry, client, api, name, notes),
        });
    }
    if prune {
        let client_names = names(state);
        let left = state.grants.iter().filter(|grant| !named.contains(grant.id.as_str()));
        planned.deletions = left.map(|grant| deleted(grant, &client_names)).collect();
    }
    planned
}

fn deleted(grant: &Grant, names: &BTreeMap<&str, &str>) -> Step {
    let id = grant.client_id.as_str();
    Step {
        action: Action::Delete,
        object: OBJECT,
        name: format!("{} for {}", names.get(id).unwrap_or(&id), grant.audience),
        details: Vec::new(),
        work: Work::DeleteGrant(grant.id.clone()),
    }
}

fn changed(entry: &GrantEntry, before: &Grant, api: &Api, name: String, notes: &Notes) -> Option<Step> {
    // What the API no longer defines is taken from the grant with it.
    let before = Grant {
        scope: in_order(api, &before.scope),
        ..before.clone()
    };
    let mut after = before.clone();
    if let Some(choice) = &entry.changes.scope {
        after.all_scopes = *choice == ScopeChoice::Always;
        after.scope = chosen(entry, api, choice, notes)?;
    }
    after.kept = after.kept.with(entry.changes.kept.clone());
    check_kept(entry, &after.kept, notes)?;
    let mut details = Vec::new();
    let (mut old, mut new) = (export::grant(&before), export::grant(&after));
    if before.all_scopes != after.all_scopes {
        details.push(match after.all_scopes {
            true => "all scopes, those of later too".to_owned(),
            false => format!("no longer all scopes but: {}", after.scope.join(" ")),
        });
        for form in [&mut old, &mut new] {
            form.remove("scope");
            form.remove("allow_all_scopes");
        }
    }
    details.extend(differences(&old, &new));
    (!details.is_empty()).then(|| Step {
        action: Action::Change,
        object: OBJECT,
        name,
        details,
        work: Work::ChangeGrant(
            before.id.clone(),
            Box::new(GrantChanges {
                scope: entry.changes.scope.clone(),
                kept: entry.changes.kept.clone(),
            }),
        ),
    })
}

fn created(entry: &GrantEntry, client: Target, api: &Api, name: String, notes: &Notes) -> Option<Step> {
    let choice = entry.changes.scope.clone().unwrap_or_default();
    let scope = chosen(entry, api, &choice, notes)?;
    check_kept(entry, &Kept::default().with(entry.changes.kept.clone()), notes)?;
    let told = if choice == ScopeChoice::Always {
        "all scopes".to_owned()
    } else if scope.is_empty() {
        "no scopes".to_owned()
    } else {
        format!("scope {}", scope.join(" "))
    };
    Some(Step {
        action: Action::Create,
        object: OBJECT,
        name,
        details: vec![told],
        work: Work::CreateGrant(
            client,
            Box::new(NewGrant {
                client_id: String::new(),
                audience: api.identifier.clone(),
                scope: choice,
                kept: entry.changes.kept.clone(),
            }),
        ),
    })
}

fn chosen(entry: &GrantEntry, api: &Api, choice: &ScopeChoice, notes: &Notes) -> Option<Vec<String>> {
    let ScopeChoice::Some(values) = choice else {
        return Some(api.scopes.iter().map(|scope| scope.value.clone()).collect());
    };
    let unknown: Vec<&str> = values.iter().map(String::as_str).filter(|value| api.scope(value).is_none()).collect();
    if !unknown.is_empty() {
        let message = format!(
            "Choose scopes that the resource server defines; it does not define: {}.",
            unknown.join(" ")
        );
        notes.add(format!("{}.scope", entry.path), message);
        return None;
    }
    Some(in_order(api, values))
}

/// Those of the values that the API defines, in its order.
fn in_order(api: &Api, values: &[String]) -> Vec<String> {
    let defined = api.scopes.iter().map(|scope| &scope.value);
    defined.filter(|value| values.contains(value)).cloned().collect()
}

fn check_kept(entry: &GrantEntry, kept: &Kept, notes: &Notes) -> Option<()> {
    kept.check().map_err(|invalid| notes.broken(&entry.path, &invalid, |field| field)).ok()
}
