//! What can't be undone: the end of an API.

use leptos::prelude::*;

use super::detail::ApiTabs;
use super::server_fns::ApiHead;
use crate::ui::{ConfirmPost, Danger};

/// Deletes the API, after its name has been typed.
#[component]
pub(super) fn DeleteApiZone(head: ApiHead) -> impl IntoView {
    let delete = expect_context::<ApiTabs>().delete;
    let ApiHead { api, clients, .. } = head;
    let verify = format!(
        "Tokens that clients already have still verify until they expire, at most {} from now.",
        model::time::length(api.token_lifetime),
    );
    view! {
        <Danger title="Delete this API" text="No client gets tokens for it from then on. This can't be undone.">
            <ConfirmPost
                label="Delete API"
                title=format!("Delete {}?", api.name)
                consequences=vec![losses(clients).into(), verify.into(), "Its scopes and grants are deleted with it. Its log entries stay.".into()]
                post=delete
                field=("id", api.id)
                typed=api.name
            />
        </Danger>
    }
    .into_any()
}

/// How many clients lose their authorization.
fn losses(clients: i64) -> String {
    match clients {
        0 => "No client is authorized for it, so nothing that works now stops.".to_owned(),
        1 => "1 client loses its authorization and gets no new token.".to_owned(),
        many => format!("{many} clients lose their authorization and get no new tokens."),
    }
}
