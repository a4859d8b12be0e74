//! `/clients/:client_id/settings`: what the client is called, how it proves itself, and how it ends.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::claims::{CLAIMS_MAX, NAME_MAX as CLAIM_NAME_MAX, VALUE_MAX};
use model::client::{Client, DESCRIPTION_MAX, METADATA_MAX, METADATA_TEXT_MAX, NAME_MAX, metadata_to_lines};

use super::cut_off::CutOffZone;
use super::danger::{DeleteClientZone, RotateSecretZone};
use super::detail::{ClientTab, ClientTabs};
use super::secret::ShowSecret;
use super::server_fns::{ClientDetail, SecretCard};
use crate::ui::{Button, Card, FormError, Kind, Mono, Note, Post, PostForm, TextArea, TextField, Tone, When};

/// The Settings tab.
#[component]
pub fn SettingsTab() -> impl IntoView {
    view! { <ClientTab title="Settings" content=settings /> }
}

fn settings(detail: ClientDetail) -> impl IntoView {
    let (client, tokens) = (detail.client.clone(), detail.client.clone());
    let credentials = detail.clone();
    view! {
        <div class="sections">
            <Saved />
            <section aria-labelledby="details-head">
                <h2 id="details-head">"Details"</h2>
                <Card>
                    <DetailsForm client=client />
                </Card>
            </section>
            <section aria-labelledby="credentials-head">
                <h2 id="credentials-head">"Credentials"</h2>
                <Card>
                    <Credentials detail=credentials />
                </Card>
            </section>
            <section class="part" aria-labelledby="secrets-head">
                <h2 id="secrets-head">"Secrets"</h2>
                <Secrets detail=detail.clone() />
            </section>
            <section aria-labelledby="tokens-head">
                <h2 id="tokens-head">"Its tokens"</h2>
                <Card>
                    <TokensForm client=tokens />
                </Card>
            </section>
            <section aria-labelledby="danger-head">
                <h2 id="danger-head">"Danger zone"</h2>
                <Card>
                    <RotateSecretZone detail=detail.clone() />
                    <CutOffZone detail=detail.clone() />
                    <DeleteClientZone detail=detail />
                </Card>
            </section>
        </div>
    }
}

/// How the client proves itself.
#[component]
fn Credentials(detail: ClientDetail) -> impl IntoView {
    let ClientDetail { client, as_of, .. } = detail;
    view! {
        <dl class="facts">
            <dt>"Client ID"</dt>
            <dd>
                <Mono text=client.client_id copy=true />
            </dd>
            <dt>"Created"</dt>
            <dd>
                <When at=client.created_at now=as_of />
            </dd>
            <dt>"Last changed"</dt>
            <dd>
                <When at=client.updated_at now=as_of />
            </dd>
        </dl>
    }
    .into_any()
}

/// Its secrets: what the server wrote, with the way to show each in between.
#[component]
fn Secrets(detail: ClientDetail) -> impl IntoView {
    let client_id = detail.client.client_id;
    let html = |html: String| view! { <div inner_html=html></div> }.into_any();
    let card = |SecretCard(id, head, foot): SecretCard| {
        view! {
            <article class="client-secret">
                {html(head)} <ShowSecret client_id=client_id.clone() secret_id=id /> {html(foot)}
            </article>
        }
        .into_any()
    };
    let cards: Vec<AnyView> = detail.secrets.into_iter().map(card).collect();
    view! {
        {html(detail.secrets_head)}
        <Card>{cards} {html(detail.secrets_foot)}</Card>
    }
    .into_any()
}

/// Says that the last change was kept; it stands in the address, so that a form posted without scripts gets it too.
#[component]
fn Saved() -> impl IntoView {
    let query = use_query_map();
    let tabs = expect_context::<ClientTabs>();
    let failed = move |post: Post| post.value().with(|value| matches!(value, Some(Err(_))));
    view! {
        <div role="status">
            {move || {
                let message = match query.with(|query| query.get("saved")).as_deref() {
                    Some("details") if !failed(tabs.update) => "The details are saved.",
                    Some("shape") if !failed(tabs.tokens) => "Saved. It holds for new tokens of this client.",
                    Some("secret") => {
                        "The client has a new secret and the old one is refused. Give the new one to the program that uses it."
                    }
                    Some("tokens") => {
                        "All tokens that the client had are revoked. APIs that verify tokens by themselves accept them until they expire."
                    }
                    _ => return None,
                };
                Some(view! { <Note tone=Tone::Good>{message}</Note> })
            }}
        </div>
    }
}

#[component]
fn DetailsForm(client: Client) -> impl IntoView {
    let update = expect_context::<ClientTabs>().update;
    // A limit for the whole field: each pair with its `=` and the line's end.
    let metadata_max = METADATA_MAX * (2 * METADATA_TEXT_MAX + 2);
    view! {
        <PostForm post=update attr:class="form">
            <FormError of=update fields=&["name", "description", "client_metadata"] />
            <input type="hidden" name="client_id" value=client.client_id />
            <TextField name="name" label="Name" value=client.name required=true max=NAME_MAX error=update.error_of("name") />
            <TextField
                name="description"
                label="Description"
                value=client.description
                hint="What it does and who runs it."
                max=DESCRIPTION_MAX
                error=update.error_of("description")
            />
            <TextArea
                name="client_metadata"
                label="Metadata"
                value=metadata_to_lines(&client.client_metadata)
                hint=format!("One key=value a line, at most {METADATA_MAX}, for example team=billing.")
                mono=true
                max=metadata_max
                error=update.error_of("client_metadata")
            />
            <div class="form-actions">
                <Button kind=Kind::Primary pending=update.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

/// What is particular about the tokens of this client.
#[component]
fn TokensForm(client: Client) -> impl IntoView {
    let tokens = expect_context::<ClientTabs>().tokens;
    view! {
        <PostForm post=tokens attr:class="form">
            <FormError of=tokens fields=&["token_lifetime", "custom_claims"] />
            <input type="hidden" name="client_id" value=client.client_id />
            <TextField
                name="token_lifetime"
                label="Longest token lifetime in seconds"
                value=client.token_lifetime.map(|seconds| seconds.to_string()).unwrap_or_default()
                hint="Its tokens live no longer than this, and no longer than the API says. Empty leaves it to the API."
                kind="number"
                error=tokens.error_of("token_lifetime")
            />
            <TextArea
                name="custom_claims"
                label="Custom claims"
                value=client.custom_claims.to_lines()
                hint=format!(
                    "One name = value a line, at most {CLAIMS_MAX}, for example https://example.com/tier = gold. They come over those of the API.",
                )
                mono=true
                max=CLAIMS_MAX * (CLAIM_NAME_MAX + VALUE_MAX + 3)
                error=tokens.error_of("custom_claims")
            />
            <div class="form-actions">
                <Button kind=Kind::Primary pending=tokens.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}
