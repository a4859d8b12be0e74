//! Who may ask this server what a token for the API is worth (RFC 7662).

use leptos::prelude::*;

use super::detail::ApiTabs;
use super::server_fns::ApiHead;
use crate::ui::{Button, FormError, Kind, PostForm, TextField};

/// The clients that may, and the form that adds one.
#[component]
pub(super) fn Introspection(head: ApiHead) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let add = tabs.add_introspector;
    let id = head.api.id;
    let rows = head
        .introspectors
        .into_iter()
        .map(|(client_id, name)| view! { <Row id=id.clone() client_id=client_id name=name /> })
        .collect_view();
    view! {
        <div class="form">
            <p>
                "Only an API that asks this server at /oauth/introspect notices when a token is revoked. These clients may ask about tokens for this API; to all others every token is inactive."
            </p>
            <FormError of=tabs.remove_introspector />
            <ul class="chosen">{rows}</ul>
            <PostForm post=add attr:class="form">
                <FormError of=add fields=&["client_id"] />
                <input type="hidden" name="id" value=id />
                <TextField
                    name="client_id"
                    label="Client ID"
                    hint="Of a client that the API has for itself. It needs no authorization."
                    required=true
                    mono=true
                    max=100_usize
                    autocomplete="off"
                    error=add.error_of("client_id")
                />
                <div class="form-actions">
                    <Button pending=add.pending()>"Add client"</Button>
                </div>
            </PostForm>
        </div>
    }
    .into_any()
}

#[component]
fn Row(id: String, client_id: String, name: String) -> impl IntoView {
    let remove = expect_context::<ApiTabs>().remove_introspector;
    view! {
        <li>
            <a class="name" href=format!("/clients/{client_id}")>
                {name.clone()}
            </a>
            <PostForm post=remove attr:class="inline">
                <input type="hidden" name="id" value=id />
                <input type="hidden" name="client_id" value=client_id />
                <Button kind=Kind::Quiet small=true pending=remove.pending()>
                    "Remove"
                    <span class="vh">{format!(" {name}")}</span>
                </Button>
            </PostForm>
        </li>
    }
    .into_any()
}
