//! What can't be undone: the end of an API.

use leptos::prelude::*;

use super::detail::ApiTabs;
use super::server_fns::ApiHead;
use crate::ui::{Confirm, Danger, PostForm, TypeToConfirm};

/// Deletes the API, after its name has been typed.
#[component]
pub(super) fn DeleteApiZone(head: ApiHead) -> impl IntoView {
    let delete = expect_context::<ApiTabs>().delete;
    let ApiHead { api, clients } = head;
    view! {
        <Danger title="Delete this API" text="No client gets tokens for it from then on. This can't be undone.">
            <Confirm label="Delete API" title=format!("Delete {}?", api.name) open=delete.refused()>
                <ul class="consequences">
                    <li>{losses(clients)}</li>
                    <li>
                        {format!(
                            "Tokens that clients already have still verify until they expire, at most {} from now.",
                            model::time::length(api.token_lifetime),
                        )}
                    </li>
                    <li>"Its scopes and grants are deleted with it. Its log entries stay."</li>
                </ul>
                <PostForm post=delete attr:class="form">
                    <input type="hidden" name="id" value=api.id />
                    <TypeToConfirm post=delete name=api.name.clone() label="Delete API" />
                </PostForm>
            </Confirm>
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
