//! What can't be undone: another secret, and the end of the client.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::detail::ClientTabs;
use super::server_fns::ClientDetail;
use crate::error::AppError;
use crate::ui::{Button, Confirm, Danger, FormError, Kind, TextField, error_of};

/// Gives the client another secret.
#[component]
pub(super) fn RotateSecretZone(detail: ClientDetail) -> impl IntoView {
    let rotate = expect_context::<ClientTabs>().rotate;
    let client = detail.client;
    view! {
        <Danger title="Rotate the secret" text="Do this when the secret may have been seen by others, or when it is due.">
            <Confirm
                label="Rotate secret"
                title=format!("Rotate the secret of {}?", client.name)
                open=Signal::derive(move || refused(rotate))
            >
                <ul class="consequences">
                    <li>"The old secret is refused at once: the program gets no new token until it has the new one."</li>
                    <li>"Tokens that it already has stay valid until they expire."</li>
                </ul>
                <ActionForm action=rotate attr:class="form">
                    <FormError value=rotate.value() />
                    <input type="hidden" name="client_id" value=client.client_id />
                    <div class="form-actions">
                        <Button kind=Kind::Danger pending=rotate.pending()>
                            "Rotate secret"
                        </Button>
                    </div>
                </ActionForm>
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
                open=Signal::derive(move || refused(delete))
            >
                <ul class="consequences">
                    <li>{loses}</li>
                    <li>"Tokens that it already has stay valid until they expire."</li>
                    <li>"Its log entries stay."</li>
                </ul>
                <ActionForm action=delete attr:class="form">
                    <FormError value=delete.value() fields=&["confirm"] />
                    <input type="hidden" name="client_id" value=client.client_id />
                    <TextField
                        name="confirm"
                        label=format!("Type {} to confirm", client.name)
                        required=true
                        error=error_of(delete.value(), "confirm")
                    />
                    <div class="form-actions">
                        <Button kind=Kind::Danger pending=delete.pending()>
                            "Delete client"
                        </Button>
                    </div>
                </ActionForm>
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

/// Whether the last try was refused: then the panel with the reason stays open.
fn refused<F>(action: ServerAction<F>) -> bool
where
    F: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    action.value().with(|value| matches!(value, Some(Err(_))))
}
