//! What is to be done about APIs and about who may introspect their tokens.

use std::collections::{BTreeMap, BTreeSet};

use model::api::{Api, ApiChanges, NAME_MAX, NewApi, TOKEN_LIFETIME_DEFAULT};
use model::claims::CustomClaims;
use model::issuer::Issuer;
use model::kept::Kept;

use super::export;
use super::file::ApiEntry;
use super::matching::{Clients, Matched, Target};
use super::mistakes::Notes;
use super::plan::{Action, Pruned, Step, Work, change, names};
use super::state::{Held, State};

/// What an API is called in a plan.
const OBJECT: &str = "resource server";
/// What a client that may introspect is called.
const INTROSPECTOR: &str = "introspector";

/// What is to be done, and what there will be.
pub(super) struct Planned {
    pub(super) deletions: Vec<Step>,
    pub(super) steps: Vec<Step>,
    /// By what grants of the file may call it: its identifier, for the Management API also that of the file.
    pub(super) after: BTreeMap<String, Api>,
}

/// Plans them.
pub(super) fn plan(matched: &Matched, state: &State, held: &Held, issuer: &Issuer, pruned: &Pruned, notes: &Notes) -> Planned {
    let mut planned = Planned {
        deletions: Vec::new(),
        steps: Vec::new(),
        after: BTreeMap::new(),
    };
    for api in &state.apis {
        if !pruned.apis.contains(&api.identifier) {
            planned.after.insert(api.identifier.clone(), api.clone());
            continue;
        }
        planned.deletions.push(Step {
            action: Action::Delete,
            object: OBJECT,
            name: api.identifier.clone(),
            details: Vec::new(),
            work: Work::DeleteApi(api.id.clone()),
        });
    }
    for (entry, api) in &matched.apis {
        let done = match api {
            Some(api) => changed(entry, api, held, notes),
            None => created(entry, issuer, notes),
        };
        if let Some((after, step)) = done {
            planned.steps.extend(step);
            planned.after.insert(after.identifier.clone(), after.clone());
            planned.after.insert(entry.identifier.clone(), after);
        }
    }
    planned
}

fn changed(entry: &ApiEntry, api: &Api, held: &Held, notes: &Notes) -> Option<(Api, Option<Step>)> {
    let mut changes = entry.changes.clone();
    if api.is_system {
        let rest = ApiChanges {
            token_lifetime: None,
            ..changes.clone()
        };
        if rest != ApiChanges::default() || entry.introspectors.is_some() {
            notes.add(entry.path.as_str(), "This is the Management API: only its token_lifetime can change.");
            return None;
        }
    }
    let applied = changes.check().and_then(|()| changes.clone().apply(api.clone()));
    let after = applied.map_err(|invalid| notes.broken(&entry.path, &invalid, place)).ok()?;
    if held.0.contains(&entry.path) {
        changes.signing_secret = None;
    }
    let replaced = changes.signing_secret.is_some().then_some("signing_secret");
    let forms = (export::api(api), export::api(&after));
    let work = Work::ChangeApi(api.id.clone(), Box::new(changes));
    Some((after, change(OBJECT, &api.identifier, (&forms.0, &forms.1), replaced, work)))
}

fn created(entry: &ApiEntry, issuer: &Issuer, notes: &Notes) -> Option<(Api, Option<Step>)> {
    if entry.is_system {
        notes.add(
            format!("{}.is_system", entry.path),
            "Leave this out: this resource server is not the Management API.",
        );
        return None;
    }
    let changes = entry.changes.clone();
    let new = NewApi {
        name: changes.name.clone().unwrap_or_else(|| entry.identifier.chars().take(NAME_MAX).collect()),
        identifier: entry.identifier.clone(),
        signing_alg: changes.signing_alg.unwrap_or_default(),
        scopes: changes.scopes.clone().unwrap_or_default(),
        set: ApiChanges {
            name: None,
            scopes: None,
            ..changes
        },
        ..NewApi::default()
    };
    let applied = new.check(issuer).and_then(|()| new.set.clone().apply(blank(&new)));
    let after = applied.map_err(|invalid| notes.broken(&entry.path, &invalid, place)).ok()?;
    let step = Step {
        action: Action::Create,
        object: OBJECT,
        name: new.identifier.clone(),
        details: new.set.signing_secret.iter().map(|_| "signing_secret of the file".to_owned()).collect(),
        work: Work::CreateApi(Box::new(new)),
    };
    Some((after, Some(step)))
}

/// A new API before what is set at once.
fn blank(new: &NewApi) -> Api {
    Api {
        id: String::new(),
        name: new.name.clone(),
        identifier: new.identifier.clone(),
        signing_alg: new.signing_alg,
        token_lifetime: TOKEN_LIFETIME_DEFAULT,
        token_dialect: new.token_dialect,
        custom_claims: CustomClaims::default(),
        scopes: new.scopes.clone(),
        is_system: false,
        metadata_published: false,
        dpop_required: false,
        kept: Kept::default(),
        created_at: 0,
        updated_at: 0,
    }
}

/// Where a rule's field stands.
fn place(field: &str) -> &str {
    match field {
        "custom_claims" => "tessera.custom_claims",
        "metadata_published" => "tessera.metadata_published",
        "value" => "scopes",
        field => field,
    }
}

/// Who may introspect tokens from now on, and who no longer.
pub(super) fn introspectors(matched: &Matched, state: &State, clients: &Clients, pruned: &Pruned, notes: &Notes) -> Vec<Step> {
    let (names, mut removed, mut added) = (names(state), Vec::new(), Vec::new());
    for (entry, api) in &matched.apis {
        let Some(named) = &entry.introspectors else { continue };
        let identifier = api.map_or(&entry.identifier, |api| &api.identifier);
        let mut wanted = BTreeMap::new();
        for client in named {
            let Some((target, name)) = clients.find(client, notes) else { continue };
            if wanted.insert(target, name).is_some() {
                notes.add(client.path.as_str(), "Keep one of the two: this client is in the list twice.");
            }
        }
        // Those of a client that is deleted end with it.
        let now = state.introspectors.get(identifier).into_iter().flatten().filter(|_| api.is_some());
        let now: BTreeSet<&str> = now
            .map(|introspector| introspector.client_id.as_str())
            .filter(|id| !pruned.clients.contains(*id))
            .collect();
        let is_wanted = |id: &str| wanted.contains_key(&Target::Id(id.to_owned()));
        removed.extend(now.iter().filter(|id| !is_wanted(id)).map(|id| Step {
            action: Action::Delete,
            object: INTROSPECTOR,
            name: format!("{} of {identifier}", names.get(id).unwrap_or(id)),
            details: Vec::new(),
            work: Work::RemoveIntrospector(identifier.clone(), (*id).to_owned()),
        }));
        let is_new = |target: &Target| !matches!(target, Target::Id(id) if now.contains(id.as_str()));
        added.extend(wanted.iter().filter(|(target, _)| is_new(target)).map(|(target, name)| Step {
            action: Action::Create,
            object: INTROSPECTOR,
            name: format!("{name} of {identifier}"),
            details: Vec::new(),
            work: Work::AddIntrospector(identifier.clone(), target.clone()),
        }));
    }
    removed.append(&mut added);
    removed
}
