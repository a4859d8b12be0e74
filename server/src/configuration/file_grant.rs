//! One of `client_grants` as a file writes it.

use model::grant::{GrantChanges, ScopeChoice};

use super::file::{GrantEntry, client_ref};
use super::kept;
use super::members::Members;
use super::mistakes::Notes;

/// Reads one; notes what is wrong.
pub(super) fn read(mut members: Members, notes: &Notes) -> Option<GrantEntry> {
    let path = members.path.clone();
    let client = client_ref(&mut members, notes);
    let audience = members.text("audience").map(|text| text.trim().to_owned());
    if members.any("audience").is_none() {
        notes.add(members.at("audience"), "Add this member: the identifier of the resource server.");
    }
    // Grants of users are for flows that there are none of here.
    members.choice_or_null("subject_type", &["client"], |text| (text == "client").then_some(()));
    let scope = read_scope(&mut members, notes);
    let changes = GrantChanges {
        scope,
        kept: members.rest(&kept::of_client_grants()),
    };
    Some(GrantEntry {
        path,
        client: client?,
        audience: audience?,
        changes,
    })
}

fn read_scope(members: &mut Members, notes: &Notes) -> Option<ScopeChoice> {
    let all = members.flag_or_null("allow_all_scopes").flatten();
    let listed = members.texts_or_null("scope").flatten();
    match (all, listed) {
        (Some(true), None) => Some(ScopeChoice::Always),
        (Some(true), Some(_)) => {
            notes.add(members.at("scope"), "Leave this out, or set allow_all_scopes to false.");
            None
        }
        (Some(false), None) => {
            notes.add(members.at("scope"), "List the scopes here, or none as [], if not all are granted.");
            None
        }
        (_, Some(values)) => Some(ScopeChoice::Some(values.into_iter().map(str::to_owned).collect())),
        (None, None) => None,
    }
}
