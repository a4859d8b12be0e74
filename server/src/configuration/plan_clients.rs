//! What is to be done about clients.

use std::collections::BTreeSet;

use model::client::{AppType, AuthMethod, Client, ClientChanges, NewClient};

use super::export;
use super::file::ClientEntry;
use super::matching::{Clients, Matched, Target};
use super::mistakes::Notes;
use super::plan::{Action, Pruned, Step, Work, change};
use super::state::{Held, State};

/// What a client is called in a plan.
const OBJECT: &str = "client";

/// What is to be done, and who there will be.
pub(super) struct Planned {
    pub(super) deletions: Vec<Step>,
    pub(super) steps: Vec<Step>,
    pub(super) after: Clients,
}

/// Plans them.
pub(super) fn plan(matched: &Matched, state: &State, held: &Held, pruned: &Pruned, notes: &Notes) -> Planned {
    let mut planned = Planned {
        deletions: Vec::new(),
        steps: Vec::new(),
        after: Clients::default(),
    };
    let matches = matched.clients.iter().filter_map(|(_, client)| client.as_ref());
    let named: BTreeSet<&str> = matches.map(|client| client.client_id.as_str()).collect();
    for client in &state.clients {
        if pruned.clients.contains(&client.client_id) {
            planned.deletions.push(Step {
                action: Action::Delete,
                object: OBJECT,
                name: client.name.clone(),
                details: Vec::new(),
                work: Work::DeleteClient(client.client_id.clone()),
            });
        } else if !named.contains(client.client_id.as_str()) {
            planned.after.add(Target::Id(client.client_id.clone()), &client.name);
        }
    }
    for (entry, client) in &matched.clients {
        let done = match client {
            Some(client) => changed(entry, client, held, notes),
            None => created(entry, notes),
        };
        if let Some((name, step)) = done {
            let id = client.map(|client| &client.client_id).or(entry.client_id.as_ref());
            let target = id.map_or_else(|| Target::New(entry.path.clone()), |id| Target::Id(id.clone()));
            planned.after.add(target, &name);
            planned.steps.extend(step);
        }
    }
    planned
}

fn changed(entry: &ClientEntry, client: &Client, held: &Held, notes: &Notes) -> Option<(String, Option<Step>)> {
    let mut changes = entry.changes.clone();
    let applied = changes.check().and_then(|()| changes.clone().apply(client.clone()));
    let after = applied.map_err(|invalid| notes.broken(&entry.path, &invalid, place)).ok()?;
    if held.0.contains(&entry.path) {
        changes.client_secret = None;
    }
    let replaced = changes.client_secret.is_some().then_some("client_secret");
    let forms = (export::client(client), export::client(&after));
    let work = Work::ChangeClient(client.client_id.clone(), Box::new(changes));
    Some((after.name, change(OBJECT, &client.name, (&forms.0, &forms.1), replaced, work)))
}

fn created(entry: &ClientEntry, notes: &Notes) -> Option<(String, Option<Step>)> {
    let changes = entry.changes.clone();
    let Some(name) = changes.name.clone() else {
        notes.add(
            format!("{}.name", entry.path),
            "Add this member: there is no client with this client_id yet, and a new one needs a name.",
        );
        return None;
    };
    let new = NewClient {
        name,
        description: changes.description.clone().unwrap_or_default(),
        app_type: changes.app_type.unwrap_or_default(),
        client_id: entry.client_id.clone(),
        set: ClientChanges {
            name: None,
            description: None,
            ..changes
        },
    };
    let applied = new.check().and_then(|()| new.set.clone().apply(blank(new.app_type)));
    applied.map_err(|invalid| notes.broken(&entry.path, &invalid, place)).ok()?;
    let step = Step {
        action: Action::Create,
        object: OBJECT,
        name: new.name.clone(),
        details: new.set.client_secret.iter().map(|_| "client_secret of the file".to_owned()).collect(),
        work: Work::CreateClient(entry.path.clone(), Box::new(new.clone())),
    };
    Some((new.name, Some(step)))
}

/// A new client before what is set at once.
fn blank(app_type: AppType) -> Client {
    Client {
        app_type,
        auth_methods: AuthMethod::DEFAULT.to_vec(),
        ..Client::default()
    }
}

/// Where a rule's field stands.
fn place(field: &str) -> &str {
    match field {
        "auth_methods" => "tessera.auth_methods",
        "custom_claims" => "tessera.custom_claims",
        "token_lifetime" => "tessera.token_lifetime",
        "per_hour" => "token_quota.client_credentials.per_hour",
        "per_day" => "token_quota.client_credentials.per_day",
        field => field,
    }
}
