//! One of `clients` as a file writes it.

use std::collections::BTreeMap;

use model::client::{AUTH0_APP_TYPES, AppType, AuthMethod, ClientChanges, check_client_id};
use model::quota::TokenQuota;
use model::secret::Secret;
use serde_json::Value;

use super::file::{ClientEntry, claims};
use super::members::Members;
use super::mistakes::Notes;
use super::{OURS, kept};

const AUTH_METHODS: [&str; 3] = ["none", "client_secret_post", "client_secret_basic"];
/// The most grant types, and the most characters of one.
const GRANT_TYPES_MAX: (usize, usize) = (50, 100);

/// Reads one; notes what is wrong.
pub(super) fn read(mut members: Members, notes: &Notes) -> Option<ClientEntry> {
    let path = members.path.clone();
    let client_id = members.text("client_id").map(str::to_owned);
    if let Some(Err(invalid)) = client_id.as_deref().map(check_client_id) {
        notes.broken(&path, &invalid, |field| field);
    }
    let app_type = members.choice_or_null("app_type", &AUTH0_APP_TYPES, |text| {
        AUTH0_APP_TYPES.contains(&text).then(|| text.to_owned())
    });
    let mut changes = ClientChanges {
        name: members.text("name").map(|name| name.trim().to_owned()),
        description: members.text_or_null("description").map(|text| text.unwrap_or_default().trim().to_owned()),
        client_metadata: read_metadata(&mut members, notes),
        dpop_required: members.flag_or_null("require_proof_of_possession").map(Option::unwrap_or_default),
        app_type: app_type.as_ref().map(|name| name.as_deref().map_or(AppType::Other, AppType::of_auth0)),
        token_quota: read_quota(&mut members, notes),
        client_secret: members.text("client_secret").map(Secret::new),
        third_party: members.flag_or_null("is_first_party").map(|first| !first.unwrap_or(true)),
        ..ClientChanges::default()
    };
    check_kept(&mut members, notes);
    if let Some(mut ours) = members.object(OURS) {
        changes.custom_claims = claims(&mut ours, notes);
        changes.token_lifetime = ours.whole_or_null("token_lifetime");
        changes.strict_assertions = ours.flag_or_null("strict_assertions").map(Option::unwrap_or_default);
        changes.auth_methods = read_auth_methods(&mut ours, notes);
        ours.rest(&[]);
    }
    let kept_with_effect = ["grant_types", "token_endpoint_auth_method"].map(|name| (name, members.any(name).cloned()));
    changes.kept = members.rest(&kept::of_clients());
    for (name, value) in kept_with_effect {
        changes.kept.extend(value.map(|value| (name.to_owned(), value)));
    }
    changes
        .kept
        .extend(app_type.map(|name| ("app_type".to_owned(), name.map_or(Value::Null, Value::from))));
    if client_id.is_none() && changes.name.is_none() {
        notes.add(path.as_str(), "Name the client by client_id or by name.");
        return None;
    }
    Some(ClientEntry { path, client_id, changes })
}

fn read_metadata(members: &mut Members, notes: &Notes) -> Option<BTreeMap<String, String>> {
    let value = members.any("client_metadata")?;
    if value.is_null() {
        return Some(BTreeMap::new());
    }
    let object = Members::of(value, members.at("client_metadata"), notes)?;
    let mut metadata = BTreeMap::new();
    for (key, value) in object.all() {
        match value {
            Value::String(text) => drop(metadata.insert(key, text)),
            _ => notes.add(object.at(&key), "Write a text here, in quotes if it looks like a number."),
        }
    }
    Some(metadata)
}

fn read_quota(members: &mut Members, notes: &Notes) -> Option<TokenQuota> {
    let Some(mut quota) = members.object_or_null("token_quota")? else {
        return Some(TokenQuota::default());
    };
    let limits = quota.object_or_null("client_credentials");
    quota.rest(&[]);
    let Some(mut limits) = limits? else { return Some(TokenQuota::default()) };
    let read = TokenQuota {
        per_hour: limits.whole_or_null("per_hour").flatten(),
        per_day: limits.whole_or_null("per_day").flatten(),
        enforce: limits.flag_or_null("enforce").flatten().unwrap_or(true),
    };
    let path = limits.path.clone();
    limits.rest(&[]);
    if let Err(invalid) = read.check() {
        notes.broken(&path, &invalid, |field| field);
    }
    Some(read)
}

fn read_auth_methods(ours: &mut Members, notes: &Notes) -> Option<Vec<AuthMethod>> {
    let Some(names) = ours.texts_or_null("auth_methods")? else {
        return Some(AuthMethod::DEFAULT.to_vec());
    };
    let mut methods = Vec::new();
    for name in names {
        match AuthMethod::parse(name) {
            Some(method) => methods.push(method),
            None => {
                let choices = AuthMethod::ALL.map(AuthMethod::as_str).join(", ");
                notes.add(ours.at("auth_methods"), format!("Write only some of: {choices}."));
            }
        }
    }
    Some(methods)
}

/// Two members that are kept, and by which a client may be barred: a wrong one would bar it, or not, without a word.
fn check_kept(members: &mut Members, notes: &Notes) {
    members.choice_or_null("token_endpoint_auth_method", &AUTH_METHODS, |text| {
        AUTH_METHODS.contains(&text).then_some(())
    });
    let types = members.texts_or_null("grant_types").flatten().unwrap_or_default();
    let (most, longest) = GRANT_TYPES_MAX;
    if types.len() > most || types.iter().any(|name| name.chars().count() > longest) {
        notes.add(
            members.at("grant_types"),
            format!("Write at most {most} types of at most {longest} characters."),
        );
    }
}
