//! A client secret, on the Settings tab and on the page that shows it once without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::detail::client_id;
use super::secret_fns::{RevealClientSecret, TakeClientSecret};
use crate::ui::{Button, Load, Post, PostForm, SecretField, ServerHtml, ask};

/// A secret with Show and Copy. Without scripts, Show posts the form and leads to [`SecretTab`].
#[component]
pub(super) fn ShowSecret(client_id: String, secret_id: String) -> impl IntoView {
    let reveal = Post::to::<RevealClientSecret>();
    let copied = RevealClientSecret {
        client_id: client_id.clone(),
        secret_id: secret_id.clone(),
    };
    view! {
        <SecretField reveal=reveal ask=ask(copied)>
            <PostForm post=reveal attr:class="inline">
                <input type="hidden" name="client_id" value=client_id />
                <input type="hidden" name="secret_id" value=secret_id />
                <Button small=true pending=reveal.pending()>
                    "Show"
                </Button>
            </PostForm>
        </SecretField>
    }
    .into_any()
}

/// `/clients/:client_id/secret`: shows a secret once to a browser without scripts that has just asked for it.
#[component]
pub fn SecretTab() -> impl IntoView {
    let id = client_id();
    // It clears a cookie, so it must have run before anything is sent.
    let html = Load::<String>::blocking(move || ask(TakeClientSecret { client_id: id.get() }));
    view! {
        <Title text="Client secret" />
        <ServerHtml html=html />
    }
}
