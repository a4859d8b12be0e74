//! What a file says: each member checked for its name and type, and for the rules of its noun that need nothing else.
//!
//! A member that is left out stays as it is; `null` stands for what a new object has.

use model::api::ApiChanges;
use model::claims::CustomClaims;
use model::client::ClientChanges;
use model::grant::GrantChanges;
use model::rotation::RotationSchedule;
use serde_json::{Map, Value};

use super::members::Members;
use super::mistakes::{Mistakes, Notes};
use super::{file_api, file_client, file_grant};

/// The version of the form that is described here.
pub const VERSION: i64 = 1;

/// A whole file. A section that is `None` is not there: nothing of its kind is touched.
#[derive(Debug, Default)]
pub struct File {
    /// `resource_servers`.
    pub apis: Option<Vec<ApiEntry>>,
    /// `clients`.
    pub clients: Option<Vec<ClientEntry>>,
    /// `client_grants`.
    pub grants: Option<Vec<GrantEntry>>,
    /// `tenant_settings`.
    pub tenant_settings: Option<Map<String, Value>>,
    /// `key_rotation`; `Some(None)` ends rotation by schedule.
    pub key_rotation: Option<Option<RotationSchedule>>,
}

/// One of `resource_servers`.
#[derive(Debug)]
pub struct ApiEntry {
    /// Where it stands.
    pub path: String,
    /// What it is matched by. For the Management API it may be that of another server.
    pub identifier: String,
    /// Whether the file calls it the Management API.
    pub is_system: bool,
    /// What it says of the API.
    pub changes: ApiChanges,
    /// All clients that may introspect its tokens, if it says.
    pub introspectors: Option<Vec<ClientRef>>,
}

/// One of `clients`.
#[derive(Debug)]
pub struct ClientEntry {
    /// Where it stands.
    pub path: String,
    /// What it is matched by, if it is there.
    pub client_id: Option<String>,
    /// What it says of the client; matched by the name without an id.
    pub changes: ClientChanges,
}

/// One of `client_grants`.
#[derive(Debug)]
pub struct GrantEntry {
    /// Where it stands.
    pub path: String,
    /// The client.
    pub client: ClientRef,
    /// Identifier of the API.
    pub audience: String,
    /// What it says of the grant.
    pub changes: GrantChanges,
}

/// A client as another object names it.
#[derive(Clone, Debug)]
pub struct ClientRef {
    /// Where it stands.
    pub path: String,
    /// The client.
    pub who: Who,
}

/// How a client is named.
#[derive(Clone, Debug)]
pub enum Who {
    /// By `client_id`.
    Id(String),
    /// By `client`: its name.
    Name(String),
}

impl File {
    /// Reads the members of a file.
    ///
    /// # Errors
    /// [`Mistakes`], each with its path.
    pub fn of(value: &Value) -> Result<Self, Mistakes> {
        let notes = Notes::default();
        let file = Self::noted(value, &notes).unwrap_or_default();
        notes.unless_any(file)
    }

    fn noted(value: &Value, notes: &Notes) -> Option<Self> {
        if !value.is_object() {
            notes.add(
                "",
                "The file must hold one object with version, resource_servers, clients, client_grants and so on.",
            );
        }
        let mut members = Members::of(value.as_object().map(|_| value)?, "", notes)?;
        if members.any("version").and_then(Value::as_i64) != Some(VERSION) {
            notes.add("version", format!("Write version: {VERSION}; this program knows no other."));
        }
        let apis = section(&mut members, "resource_servers", notes, file_api::read);
        let clients = section(&mut members, "clients", notes, file_client::read);
        let grants = section(&mut members, "client_grants", notes, file_grant::read);
        let tenant_settings = members.any("tenant_settings").and_then(|value| {
            let object = Members::of(value, "tenant_settings", notes)?;
            // All of them are kept without effect, whatever they are called.
            Some(object.all())
        });
        let key_rotation = match members.object_or_null("key_rotation") {
            Some(Some(schedule)) => read_schedule(schedule, notes).map(Some),
            Some(None) => Some(None),
            None => None,
        };
        members.rest(&[]);
        Some(Self {
            apis,
            clients,
            grants,
            tenant_settings,
            key_rotation,
        })
    }
}

/// The objects of a section that can be read; the others are noted.
fn section<T>(members: &mut Members, name: &'static str, notes: &Notes, read: fn(Members, &Notes) -> Option<T>) -> Option<Vec<T>> {
    let Some(items) = members.list_or_null(name)? else {
        notes.add(name, "Write a list here, or leave the section out; an empty list is [].");
        return None;
    };
    let items = items.into_iter();
    Some(items.filter_map(|(path, item)| read(Members::of(item, path, notes)?, notes)).collect())
}

fn read_schedule(mut members: Members, notes: &Notes) -> Option<RotationSchedule> {
    let mut seconds = |name| match members.whole_or_null(name) {
        Some(Some(number)) => Some(number),
        Some(None) => {
            notes.add(members.at(name), "Write a number of seconds here.");
            None
        }
        None if members.any(name).is_none() => {
            notes.add(members.at(name), "Add this member: a number of seconds.");
            None
        }
        None => None,
    };
    let schedule = (seconds("period"), seconds("announce"), seconds("retire"));
    let path = members.path.clone();
    members.rest(&[]);
    let schedule = RotationSchedule {
        period: schedule.0?,
        announce: schedule.1?,
        retire: schedule.2?,
    };
    match schedule.check() {
        Ok(()) => Some(schedule),
        Err(invalid) => {
            notes.broken(&path, &invalid, |field| field);
            None
        }
    }
}

/// The client that an object names by `client_id` or by `client`.
pub(super) fn client_ref(members: &mut Members, notes: &Notes) -> Option<ClientRef> {
    let is_there = |value: Option<&Value>| value.is_some();
    let (by_id, by_name) = (is_there(members.any("client_id")), is_there(members.any("client")));
    if by_id == by_name {
        notes.add(
            members.path.as_str(),
            "Name the client by client_id (its ID) or by client (its name), by one of the two.",
        );
        return None;
    }
    let member = if by_id { "client_id" } else { "client" };
    let text = members.text(member)?.to_owned();
    Some(ClientRef {
        path: members.at(member),
        who: if by_id { Who::Id(text) } else { Who::Name(text.trim().to_owned()) },
    })
}

/// `custom_claims` of a member `tessera`.
pub(super) fn claims(ours: &mut Members, notes: &Notes) -> Option<CustomClaims> {
    let value = ours.any("custom_claims")?;
    if value.is_null() {
        return Some(CustomClaims::default());
    }
    match serde_json::from_value::<CustomClaims>(value.clone()) {
        Ok(claims) => Some(claims),
        Err(_) => {
            notes.add(
                ours.at("custom_claims"),
                "Write each claim as NAME: { value: … } or NAME: { client_metadata: KEY }.",
            );
            None
        }
    }
}
