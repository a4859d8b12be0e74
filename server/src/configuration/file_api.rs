//! One of `resource_servers` as a file writes it.

use model::api::{ApiChanges, SigningAlg, TOKEN_LIFETIME_DEFAULT, check_identifier};
use model::introspection::INTROSPECTORS_MAX;
use model::scope::Scope;
use model::secret::Secret;
use model::token::TokenDialect;
use serde_json::Value;

use super::file::{ApiEntry, ClientRef, claims, client_ref};
use super::members::Members;
use super::mistakes::Notes;
use super::{OURS, kept};

/// What the Management API may hold: the rest of it is fixed.
const OF_SYSTEM: [&str; 3] = ["identifier", "is_system", "token_lifetime"];

/// Reads one; notes what is wrong.
pub(super) fn read(mut members: Members, notes: &Notes) -> Option<ApiEntry> {
    let path = members.path.clone();
    let is_system = members.flag_or_null("is_system").flatten().unwrap_or_default();
    let identifier = members.text("identifier").map(|text| text.trim().to_owned());
    if members.any("identifier").is_none() {
        notes.add(members.at("identifier"), "Add this member: a resource server is known by its identifier.");
    }
    if let Some(Err(invalid)) = identifier.as_deref().map(check_identifier) {
        notes.broken(&path, &invalid, |field| field);
    }
    if is_system {
        for name in members.beside(&OF_SYSTEM) {
            notes.add(members.at(name), "Remove this: of the Management API only token_lifetime can change.");
        }
    }
    let mut changes = ApiChanges {
        name: members.text("name").map(|name| name.trim().to_owned()),
        token_lifetime: members
            .whole_or_null("token_lifetime")
            .map(|seconds| seconds.unwrap_or(TOKEN_LIFETIME_DEFAULT)),
        signing_alg: members
            .choice_or_null("signing_alg", &SigningAlg::ALL.map(SigningAlg::as_str), SigningAlg::parse)
            .map(Option::unwrap_or_default),
        token_dialect: members
            .choice_or_null("token_dialect", &TokenDialect::ALL.map(TokenDialect::as_str), TokenDialect::parse)
            .map(Option::unwrap_or_default),
        signing_secret: members.text("signing_secret").map(Secret::new),
        scopes: read_scopes(&mut members, notes),
        ..ApiChanges::default()
    };
    let possession = members.any("proof_of_possession").cloned();
    changes.dpop_required = read_possession(&mut members, notes);
    let mut introspectors = None;
    if let Some(mut ours) = members.object(OURS) {
        changes.custom_claims = claims(&mut ours, notes);
        changes.metadata_published = ours.flag_or_null("metadata_published").map(Option::unwrap_or_default);
        introspectors = read_introspectors(&mut ours, notes);
        ours.rest(&[]);
    }
    changes.kept = members.rest(&kept::of_resource_servers());
    if let Some(value) = possession {
        // As it came, for the Management API.
        changes.kept.insert("proof_of_possession".to_owned(), value);
    }
    Some(ApiEntry {
        path,
        identifier: identifier?,
        is_system,
        changes,
        introspectors,
    })
}

fn read_scopes(members: &mut Members, notes: &Notes) -> Option<Vec<Scope>> {
    let items = members.list_or_null("scopes")?.unwrap_or_default();
    let mut scopes = Vec::new();
    for (path, item) in items {
        let Some(mut scope) = Members::of(item, path, notes) else { continue };
        let value = scope.text("value");
        if scope.any("value").is_none() {
            notes.add(scope.at("value"), "Add this member: the scope, for example read:orders.");
        }
        let description = scope.text_or_null("description").flatten();
        let path = scope.path.clone();
        scope.rest(&[]);
        let Some(value) = value else { continue };
        let scope = Scope {
            value: value.to_owned(),
            description: description.unwrap_or_default().to_owned(),
        };
        let scope = scope.trimmed();
        match scope.check() {
            Ok(()) => scopes.push(scope),
            Err(invalid) => notes.broken(&path, &invalid, |field| field),
        }
    }
    Some(scopes)
}

/// Whether its tokens must be bound to a key: by DPoP, the only way that there is.
fn read_possession(members: &mut Members, notes: &Notes) -> Option<bool> {
    let Some(mut possession) = members.object_or_null("proof_of_possession")? else {
        return Some(false);
    };
    let mechanism = possession.text("mechanism");
    if mechanism != Some("dpop") {
        notes.add(possession.at("mechanism"), "Write dpop here: there is no other mechanism.");
    }
    let required = possession.any("required").and_then(Value::as_bool);
    if required.is_none() {
        notes.add(possession.at("required"), "Write true or false here.");
    }
    possession.choice_or_null("required_for", &["public_clients", "all_clients"], |text| {
        ["public_clients", "all_clients"].contains(&text).then_some(())
    });
    possession.rest(&[]);
    required
}

fn read_introspectors(ours: &mut Members, notes: &Notes) -> Option<Vec<ClientRef>> {
    let items = ours.list_or_null("introspectors")?.unwrap_or_default();
    if i64::try_from(items.len()).unwrap_or(i64::MAX) > INTROSPECTORS_MAX {
        notes.add(ours.at("introspectors"), format!("Name at most {INTROSPECTORS_MAX} clients."));
    }
    let client = |(path, item)| {
        let mut members = Members::of(item, path, notes)?;
        let client = client_ref(&mut members, notes);
        members.rest(&[]);
        client
    };
    Some(items.into_iter().filter_map(client).collect())
}
