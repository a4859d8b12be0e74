//! `/clients/new`: a name and a type make a client.

use leptos::prelude::*;
use leptos_meta::Title;
use model::client::{AppType, DESCRIPTION_MAX, NAME_MAX};

use super::server_fns::CreateClient;
use crate::ui::{Button, Card, FormError, Kind, LinkButton, PageHead, Post, PostForm, RadioCards, RadioOption, TextField};

/// The form that creates a client.
#[component]
pub fn NewClientPage() -> impl IntoView {
    let create = Post::to::<CreateClient>();
    // The one type that there is; it is named so that people see what they get.
    let types = vec![RadioOption {
        value: "non_interactive".to_owned(),
        title: AppType::NonInteractive.label().to_owned(),
        text: "A service, job or command that acts for itself. It gets a client ID and a secret and asks for tokens without a person signing in."
            .to_owned(),
        checked: true,
    }];
    view! {
        <Title text="Create client" />
        <PageHead title="Create client" crumb=("Clients".to_owned(), "/clients".to_owned()) />
        <Card>
            <PostForm post=create attr:class="form">
                <FormError of=create fields=&["name", "description", "app_type"] />
                <TextField
                    name="name"
                    label="Name"
                    hint="What the program is called among your people, for example Billing worker."
                    required=true
                    max=NAME_MAX
                    autofocus=create.value().with_untracked(Option::is_none)
                    error=create.error_of("name")
                />
                <TextField
                    name="description"
                    label="Description"
                    hint="What it does and who runs it."
                    max=DESCRIPTION_MAX
                    error=create.error_of("description")
                />
                <RadioCards name="app_type" legend="Type" options=types error=create.error_of("app_type") />
                <div class="form-actions">
                    <Button kind=Kind::Primary pending=create.pending()>
                        "Create client"
                    </Button>
                    <LinkButton href="/clients" kind=Kind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </PostForm>
        </Card>
    }
}
