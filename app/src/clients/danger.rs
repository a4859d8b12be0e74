//! What can't be undone: another secret, and the end of the client.

use leptos::prelude::*;

use super::detail::ClientTabs;
use super::server_fns::ClientDetail;
use crate::ui::{Button, Confirm, Danger, FormError, Kind, PostForm, TypeToConfirm};

/// Gives the client another secret.
#[component]
pub(super) fn RotateSecretZone(detail: ClientDetail) -> impl IntoView {
    let rotate = expect_context::<ClientTabs>().rotate;
    let client = detail.client;
    view! {
        <Danger title="Rotate at once" text="One new secret in place of all others. To rotate without an outage, press Rotate at a secret above.">
            <Confirm
                label="Rotate secret"
                title=format!("Rotate the secret of {}?", client.name)
                open=rotate.refused()
            >
                <ul class="consequences">
                    <li>"Every secret of the client is refused at once: the program gets no new token until it has the new one."</li>
                    <li>"Tokens that it already has stay valid until they expire."</li>
                </ul>
                <PostForm post=rotate attr:class="form">
                    <FormError of=rotate />
                    <input type="hidden" name="client_id" value=client.client_id />
                    <div class="form-actions">
                        <Button kind=Kind::Danger pending=rotate.pending()>
                            "Rotate secret"
                        </Button>
                    </div>
                </PostForm>
            </Confirm>
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
            <Confirm
                label="Delete client"
                title=format!("Delete {}?", client.name)
                open=delete.refused()
            >
                <ul class="consequences">
                    <li>{loses}</li>
                    <li>"Tokens that it already has stay valid until they expire."</li>
                    <li>"Its log entries stay."</li>
                </ul>
                <PostForm post=delete attr:class="form">
                    <input type="hidden" name="client_id" value=client.client_id />
                    <TypeToConfirm post=delete name=client.name.clone() label="Delete client" />
                </PostForm>
            </Confirm>
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
