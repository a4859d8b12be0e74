//! Which objects of a file are which of the server's.

use std::collections::{BTreeMap, BTreeSet};

use model::api::Api;
use model::client::Client;

use super::file::{ApiEntry, ClientEntry, ClientRef, File, Who};
use super::mistakes::{Mistakes, Notes};
use super::state::State;

/// The objects of a file, each with the one of the server that it is; with none if it is new.
pub(super) struct Matched<'a> {
    /// By identifier.
    pub(super) apis: Vec<(&'a ApiEntry, Option<&'a Api>)>,
    /// By id, or else by name.
    pub(super) clients: Vec<(&'a ClientEntry, Option<&'a Client>)>,
}

impl<'a> Matched<'a> {
    /// Matches them.
    ///
    /// # Errors
    /// [`Mistakes`] where a name says of no single client which one is meant, or two objects of the file are one.
    pub(super) fn of(file: &'a File, state: &'a State) -> Result<Self, Mistakes> {
        let notes = Notes::default();
        let matched = Self {
            apis: apis(file, state, &notes),
            clients: clients(file, state, &notes),
        };
        notes.unless_any(matched)
    }
}

fn apis<'a>(file: &'a File, state: &'a State, notes: &Notes) -> Vec<(&'a ApiEntry, Option<&'a Api>)> {
    let system = state.apis.iter().find(|api| api.is_system);
    let by_identifier: BTreeMap<&str, &Api> = state.apis.iter().map(|api| (api.identifier.as_str(), api)).collect();
    let mut seen = BTreeSet::new();
    let mut matched = Vec::new();
    for entry in file.apis.iter().flatten() {
        // That of another server has another identifier, and is the same thing.
        let api = if entry.is_system {
            system
        } else {
            by_identifier.get(entry.identifier.as_str()).copied()
        };
        let identifier = api.map_or(entry.identifier.as_str(), |api| &api.identifier);
        if !seen.insert(identifier) {
            notes.add(
                format!("{}.identifier", entry.path),
                "Keep one of the two: another resource server of this file has this identifier.",
            );
        }
        matched.push((entry, api));
    }
    matched
}

fn clients<'a>(file: &'a File, state: &'a State, notes: &Notes) -> Vec<(&'a ClientEntry, Option<&'a Client>)> {
    let by_id: BTreeMap<&str, &Client> = state.clients.iter().map(|client| (client.client_id.as_str(), client)).collect();
    let mut by_name: BTreeMap<&str, Vec<&Client>> = BTreeMap::new();
    for client in &state.clients {
        by_name.entry(&client.name).or_default().push(client);
    }
    let (mut seen, mut new) = (BTreeSet::new(), BTreeSet::new());
    let mut matched = Vec::new();
    for entry in file.clients.iter().flatten() {
        let name = entry.changes.name.as_deref().unwrap_or_default();
        let client = match &entry.client_id {
            Some(id) => by_id.get(id.as_str()).copied(),
            None => match by_name.get(name).map(Vec::as_slice).unwrap_or_default() {
                [] => None,
                [client] => Some(*client),
                several => {
                    notes.add(
                        format!("{}.name", entry.path),
                        format!("Name the client by client_id: {} clients are called {name}.", several.len()),
                    );
                    continue;
                }
            },
        };
        let id = client.map(|client| client.client_id.as_str()).or(entry.client_id.as_deref());
        let is_first = match id {
            Some(id) => seen.insert(id),
            None => new.insert(name),
        };
        if !is_first {
            notes.add(
                entry.path.as_str(),
                "Keep one of the two: another object of this file is the same client.",
            );
        }
        matched.push((entry, client));
    }
    matched
}

/// A client of a plan: there already, or with an id of its own; or the entry of the file that it will be made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// By its id.
    Id(String),
    /// By the place of its entry.
    New(String),
}

/// The clients that there will be, as other objects can name them.
#[derive(Default)]
pub(super) struct Clients {
    by_id: BTreeMap<String, String>,
    by_name: BTreeMap<String, Vec<Target>>,
}

impl Clients {
    /// Adds one.
    pub(super) fn add(&mut self, target: Target, name: &str) {
        if let Target::Id(id) = &target {
            self.by_id.insert(id.clone(), name.to_owned());
        }
        self.by_name.entry(name.to_owned()).or_default().push(target);
    }

    /// The one that is named, with its name; notes if there is none, or more than one.
    pub(super) fn find(&self, named: &ClientRef, notes: &Notes) -> Option<(Target, String)> {
        let (found, name) = match &named.who {
            Who::Id(id) => (self.by_id.contains_key(id).then(|| Target::Id(id.clone())), self.by_id.get(id).cloned()),
            Who::Name(name) => match self.by_name.get(name).map(Vec::as_slice).unwrap_or_default() {
                [] => (None, None),
                [target] => (Some(target.clone()), Some(name.clone())),
                several => {
                    let message = format!("Name the client by client_id: {} clients are called {name}.", several.len());
                    notes.add(named.path.as_str(), message);
                    return None;
                }
            },
        };
        if found.is_none() {
            notes.add(
                named.path.as_str(),
                "There is no such client: neither on the server, as it will be, nor in this file.",
            );
        }
        found.zip(name)
    }
}
