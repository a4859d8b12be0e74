//! The signing secret of an API that signs with HS256: shown on demand, copied unseen, rotated.

use leptos::prelude::*;
use model::api::Api;

use super::detail::ApiTabs;
use super::server_fns::RevealSigningSecret;
use crate::ui::{Button, ConfirmPost, Danger, Mono, Note, Post, PostForm, SecretField, Skeleton, Tone, ask};

/// The secret, and the way to another one.
#[component]
pub(super) fn SigningSecret(api: Api) -> impl IntoView {
    let reveal = Post::to::<RevealSigningSecret>();
    let Api { id, name, .. } = api;
    let (copied_id, shown_id) = (id.clone(), id.clone());
    view! {
        <div class="form">
            <p>"Your API verifies tokens with this secret. Whoever holds it can forge tokens, so only this API and this server may know it."</p>
            <Posted />
            <SecretField reveal=reveal ask=ask(RevealSigningSecret { id: copied_id })>
                <PostForm post=reveal attr:class="inline">
                    <input type="hidden" name="id" value=shown_id />
                    <Button small=true pending=reveal.pending()>
                        "Show"
                    </Button>
                </PostForm>
            </SecretField>
        </div>
        <Rotate id=id name=name />
    }
    .into_any()
}

/// The secret on the page that a browser without script is sent to after it asked; shown once.
#[component]
fn Posted() -> impl IntoView {
    let posted = expect_context::<ApiTabs>().posted_secret;
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=1 /> }>
            {move || Suspend::new(async move {
                let secret = posted.await.ok().flatten()?;
                Some(
                    view! {
                        <Note tone=Tone::Warn>
                            <Mono text=secret.reveal().to_owned() copy=true />
                            <p>"Shown once: loading this page again hides it."</p>
                        </Note>
                    },
                )
            })}
        </Suspense>
    }
}

#[component]
fn Rotate(id: String, name: String) -> impl IntoView {
    let rotate = expect_context::<ApiTabs>().rotate;
    view! {
        <Danger title="Rotate the signing secret" text="Do this when the secret may have been seen by others, or when it is due.">
            <ConfirmPost
                label="Rotate signing secret"
                title=format!("Rotate the signing secret of {name}?")
                consequences=vec![
                    "New tokens are signed with the new secret at once: your API refuses them until it has the new secret.".into(),
                    "When your API has the new secret, it refuses the tokens that were signed with the old one.".into(),
                ]
                post=rotate
                field=("id", id)
            />
        </Danger>
    }
    .into_any()
}
