//! `/clients/leaked`: whose a secret is that somebody has found. What was pasted is posted; the address names it by its id.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::client_secret::PASTED_MAX;

use super::secret_fns::{FindClientSecret, GetFoundSecret};
use crate::ui::{Button, Card, ErrorPanel, FormError, Load, PageHead, Post, PostForm, Skeleton, TextField, ask};

/// A field to paste a found secret into.
#[component]
pub(super) fn FoundSecret() -> impl IntoView {
    let find = Post::to::<FindClientSecret>();
    view! {
        <section class="part found" aria-labelledby="found-head">
            <h2 id="found-head">"Found a secret somewhere?"</h2>
            <Card>
                <PostForm post=find attr:class="form">
                    <FormError of=find fields=&["secret"] />
                    <TextField
                        name="secret"
                        label="Secret"
                        hint="Say whose it is, and take it away. What you paste is compared and then forgotten: it is not stored, logged or put into an address."
                        required=true
                        mono=true
                        max=PASTED_MAX
                        error=find.error_of("secret")
                    />
                    <div class="form-actions">
                        <Button pending=find.pending()>"Find its client"</Button>
                    </div>
                </PostForm>
            </Card>
        </section>
    }
    .into_any()
}

/// The page with the answer.
#[component]
pub fn LeakedPage() -> impl IntoView {
    let query = use_query_map();
    let answer = Load::<String>::blocking(move || {
        query.with(|query| {
            let get = |name| query.get(name).unwrap_or_default();
            ask(GetFoundSecret {
                client_id: get("client"),
                secret_id: get("secret"),
                result: get("result"),
            })
        })
    });
    view! {
        <PageHead title="Found secret" crumb=("Clients".to_owned(), "/clients".to_owned()) />
        <Transition fallback=|| view! { <Skeleton rows=3 /> }>
            {move || Suspend::new(async move {
                match answer.await {
                    Ok(html) => view! { <div inner_html=html></div> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
        <FoundSecret />
    }
}
