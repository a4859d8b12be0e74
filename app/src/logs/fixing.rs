//! The button of a refusal in words: what it does, and what it did.

use model::fix::{EXTENSION, Fix};
use model::log::LogEntry;
use model::time::{DAY, exact};

use super::server_fns::Offer;

/// What a press of the button would do.
pub(super) fn offer(fix: &Fix, entry: &LogEntry) -> Offer {
    let (client, api) = (client(entry), api(entry));
    let (label, text) = match fix {
        Fix::Authorize(scope) => (
            "Authorize client".to_owned(),
            format!("Authorizes {client} for {api} with {}.", listed(scope)),
        ),
        Fix::AddScopes(scope) => (
            if scope.len() == 1 { "Add the scope" } else { "Add the scopes" }.to_owned(),
            format!("Adds {} to what {client} is granted at {api}.", listed(scope)),
        ),
        Fix::ExtendSecret { until, .. } => (
            format!("Accept it for {} more days", EXTENSION / DAY),
            format!("Accepts the secret again until {}: time to give the program another one.", exact(*until)),
        ),
        Fix::AllowMethod(method) => (
            format!("Allow {}", method.as_str()),
            format!("Lets {client} prove itself by {} too.", method.as_str()),
        ),
        Fix::AllowIntrospection => ("Let it introspect".to_owned(), format!("Lets {client} introspect tokens of {api}.")),
    };
    Offer {
        label,
        text,
        fix: String::new(),
    }
}

/// What it did, with what takes it back.
pub(super) fn done(fix: &Fix, entry: &LogEntry) -> Offer {
    let (client, api) = (client(entry), api(entry));
    let text = match fix {
        Fix::Authorize(scope) => format!("{client} is authorized for {api} with {}.", listed(scope)),
        Fix::AddScopes(scope) => format!("{client} is granted {} at {api}.", listed(scope)),
        Fix::ExtendSecret { until, .. } => format!("The secret is accepted until {}.", exact(*until)),
        Fix::AllowMethod(method) => format!("{client} may prove itself by {}.", method.as_str()),
        Fix::AllowIntrospection => format!("{client} may introspect tokens of {api}."),
    };
    Offer {
        label: "Undo".to_owned(),
        text: format!("{text} The same request succeeds now."),
        // A struct of texts and numbers always has a JSON form.
        fix: serde_json::to_string(fix).unwrap_or_default(),
    }
}

fn listed(scope: &[String]) -> String {
    if scope.is_empty() { "no scopes".to_owned() } else { scope.join(", ") }
}

fn client(entry: &LogEntry) -> &str {
    if entry.client_name.is_empty() {
        &entry.client_id
    } else {
        &entry.client_name
    }
}

fn api(entry: &LogEntry) -> &str {
    if entry.api_name.is_empty() { &entry.audience } else { &entry.api_name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::reason::tests::refused;

    #[test]
    fn a_button_says_what_it_does_before_and_after() {
        let entry = refused("client_not_authorized");
        let fix = Fix::Authorize(vec!["read:orders".to_owned()]);
        assert_eq!(offer(&fix, &entry).text, "Authorizes Partner portal for Orders with read:orders.");
        let done = done(&fix, &entry);
        assert_eq!(
            done.text,
            "Partner portal is authorized for Orders with read:orders. The same request succeeds now."
        );
        assert_eq!(serde_json::from_str::<Fix>(&done.fix).unwrap(), fix);
    }
}
