//! What can't be undone: another secret, and the end of the client.

use leptos::prelude::*;

use super::detail::ClientTabs;
use super::server_fns::ClientDetail;
use crate::ui::{ConfirmPost, Danger};

/// Gives the client another secret.
#[component]
pub(super) fn RotateSecretZone(detail: ClientDetail) -> impl IntoView {
    let rotate = expect_context::<ClientTabs>().rotate;
    let client = detail.client;
    view! {
        <Danger title="Rotate at once" text="One new secret in place of all others. To rotate without an outage, press Rotate at a secret above.">
            <ConfirmPost
                label="Rotate secret"
                title=format!("Rotate the secret of {}?", client.name)
                consequences=vec![
                    "Every secret of the client is refused at once: the program gets no new token until it has the new one.".into(),
                    "Tokens that it already has stay valid until they expire or are revoked.".into(),
                ]
                post=rotate
                field=("client_id", client.client_id)
            />
        </Danger>
    }
    .into_any()
}

/// Deletes the client, after its name has been typed.
#[component]
pub(super) fn DeleteClientZone(detail: ClientDetail) -> impl IntoView {
    let delete = expect_context::<ClientTabs>().delete;
    let loses = losses(&detail);
    let client = detail.client;
    view! {
        <Danger title="Delete this client" text="Its ID and secret are refused from then on. This can't be undone.">
            <ConfirmPost
                label="Delete client"
                title=format!("Delete {}?", client.name)
                consequences=vec![
                    loses.into(),
                    "APIs that introspect tokens refuse those that it already has at once; others accept them until they expire.".into(),
                    "Its log entries stay.".into(),
                ]
                post=delete
                field=("client_id", client.client_id)
                typed=client.name
            />
        </Danger>
    }
    .into_any()
}

/// Which APIs the client will get no more tokens for.
fn losses(detail: &ClientDetail) -> String {
    let names: Vec<&str> = detail.authorized().map(|(api, _)| api.name.as_str()).collect();
    match names.as_slice() {
        [] => "It is authorized for no API, so nothing that works now stops.".to_owned(),
        [only] => format!("It gets no more tokens for {only}."),
        [first @ .., last] => format!("It gets no more tokens for {} and {last}.", first.join(", ")),
    }
}
