//! A client secret, on the Settings tab and on the page that shows it once without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use model::secret::Secret;

use super::detail::client_id;
use super::secret_fns::{RevealClientSecret, TakeClientSecret};
use crate::ui::{Button, Card, ErrorPanel, LinkButton, Load, Mono, Note, Post, PostForm, SecretField, Skeleton, Tone, ask};

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

/// `/clients/:client_id/secret`: shows the secret once to a browser without scripts that has just asked for it.
#[component]
pub fn SecretTab() -> impl IntoView {
    let id = client_id();
    // It clears a cookie, so it must have run before anything is sent.
    let secret = Load::<Option<Secret>>::blocking(move || ask(TakeClientSecret { client_id: id.get() }));
    let settings = move || format!("/clients/{}/settings", id.get());
    view! {
        <Title text="Client secret" />
        <Suspense fallback=|| view! { <Skeleton rows=2 /> }>
            {move || Suspend::new(async move {
                match secret.await {
                    Ok(Some(secret)) => {
                        view! {
                            <Card>
                                <dl class="facts">
                                    <dt>"Client secret"</dt>
                                    <dd>
                                        <Mono text=secret.reveal().to_owned() copy=true />
                                    </dd>
                                </dl>
                            </Card>
                            <Note tone=Tone::Warn>
                                "Shown once: loading this page again hides it. Whoever has it can ask for tokens as this client."
                            </Note>
                        }
                            .into_any()
                    }
                    Ok(None) => {
                        view! {
                            <Note tone=Tone::Info>
                                "The client secret is hidden. Press Show on the Settings tab to see it here once."
                            </Note>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Suspense>
        <p class="form-actions">
            {move || view! { <LinkButton href=settings()>"Back to Settings"</LinkButton> }}
        </p>
    }
}
