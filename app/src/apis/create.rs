//! `/apis/new`: a name, an identifier and a signing algorithm make an API.

use leptos::prelude::*;
use leptos_meta::Title;
use model::api::{IDENTIFIER_MAX, NAME_MAX, SigningAlg};

use super::server_fns::CreateApi;
use crate::ui::{Button, Card, CheckField, FormError, Kind, LinkButton, PageHead, Post, PostForm, RadioCards, RadioOption, TextField};

/// The form that creates an API.
#[component]
pub fn NewApiPage() -> impl IntoView {
    let create = Post::to::<CreateApi>();
    view! {
        <Title text="Create API" />
        <PageHead title="Create API" crumb=("APIs".to_owned(), "/apis".to_owned()) />
        <Card>
            <PostForm post=create attr:class="form">
                <FormError of=create fields=&["name", "identifier", "signing_alg"] />
                <TextField
                    name="name"
                    label="Name"
                    hint="What the API is called among your people, for example Orders."
                    required=true
                    max=NAME_MAX
                    autofocus=create.value().with_untracked(Option::is_none)
                    error=create.error_of("name")
                />
                <TextField
                    name="identifier"
                    label="Identifier"
                    hint="Clients send it as audience and tokens carry it, exact to the last slash. A URL such as https://orders.example.com/ is usual; it is never called, so it need not be reachable. It never changes."
                    required=true
                    max=IDENTIFIER_MAX
                    mono=true
                    error=create.error_of("identifier")
                />
                <RadioCards
                    name="signing_alg"
                    legend="Signing algorithm"
                    options=algorithms(None, Some(SigningAlg::default()))
                    error=create.error_of("signing_alg")
                />
                <CheckField
                    name="test_client"
                    label="Also create a test client that is authorized for it"
                    hint="Then the Test tab can show you a live token right away. Delete the client whenever you like."
                    checked=true
                />
                <div class="form-actions">
                    <Button kind=Kind::Primary pending=create.pending()>
                        "Create API"
                    </Button>
                    <LinkButton href="/apis" kind=Kind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </PostForm>
        </Card>
    }
}

/// The algorithms to choose from, each with what it means for whoever verifies tokens; all but `left_out`, with `checked` chosen at first.
pub(super) fn algorithms(left_out: Option<SigningAlg>, checked: Option<SigningAlg>) -> Vec<RadioOption> {
    SigningAlg::ALL
        .into_iter()
        .filter(|alg| Some(*alg) != left_out)
        .map(|alg| RadioOption {
            value: alg.as_str().to_owned(),
            title: alg.as_str().to_owned(),
            text: alg.meaning().to_owned(),
            checked: Some(alg) == checked,
        })
        .collect()
}
