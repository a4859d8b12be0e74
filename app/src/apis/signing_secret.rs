//! The signing secrets of an API that signs with HS256: what the server wrote, with the way to show and copy each in between.

use leptos::prelude::*;

use super::detail::ApiTabs;
use super::server_fns::RevealSigningSecret;
use crate::ui::{Button, Card, ErrorPanel, Mono, Post, PostForm, SecretField, Skeleton, ask};

/// The secrets, and the way to other ones.
#[component]
pub(super) fn SigningSecret(id: String) -> impl IntoView {
    let secrets = expect_context::<ApiTabs>().signing_secrets;
    let html = |html: String| view! { <div inner_html=html></div> }.into_any();
    view! {
        <Transition fallback=|| view! { <Skeleton rows=3 /> }>
            {
                let id = id.clone();
                move || {
                    let id = id.clone();
                    Suspend::new(async move {
                        let secrets = match secrets.await {
                            Ok(secrets) => secrets?,
                            Err(error) => return Some(view! { <ErrorPanel error=error /> }.into_any()),
                        };
                        let card = |(kid, head, foot): (String, String, String)| {
                            view! {
                                <article class="client-secret">
                                    {html(head)} <Mono text=kid.clone() copy=true /> <Shown id=id.clone() kid=kid /> {html(foot)}
                                </article>
                            }
                                .into_any()
                        };
                        let cards: Vec<AnyView> = secrets.cards.into_iter().map(card).collect();
                        Some(
                            view! {
                                {html(secrets.head)}
                                <Card>{cards} {html(secrets.foot)}</Card>
                            }
                                .into_any(),
                        )
                    })
                }
            }
        </Transition>
    }
    .into_any()
}

/// One secret with Show and Copy. Without scripts, Show posts the form and leads back here.
#[component]
fn Shown(id: String, kid: String) -> impl IntoView {
    let reveal = Post::to::<RevealSigningSecret>();
    let copied = RevealSigningSecret {
        id: id.clone(),
        kid: kid.clone(),
    };
    view! {
        <SecretField reveal=reveal ask=ask(copied)>
            <PostForm post=reveal attr:class="inline">
                <input type="hidden" name="id" value=id />
                <input type="hidden" name="kid" value=kid />
                <Button small=true pending=reveal.pending()>
                    "Show"
                </Button>
            </PostForm>
        </SecretField>
    }
    .into_any()
}
