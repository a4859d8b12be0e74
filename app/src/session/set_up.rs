//! The page that makes the first admin.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::admin::{Strength, strength};

use super::SessionCard;
use super::server_fns::SetUp;
use super::sign_in::typed_email;
use crate::ui::{Button, FormError, Kind, Post, PostForm, TextField};

/// Set-up code, e-mail and password of the first admin.
#[component]
pub(super) fn SetUpPage() -> impl IntoView {
    let set_up = Post::to::<SetUp>();
    let code = use_query_map().with_untracked(|query| query.get("code").unwrap_or_default());
    let email = typed_email(set_up);
    let has_code = !code.is_empty();
    let password = RwSignal::new(String::new());
    view! {
        <SessionCard
            title="Create the first admin"
            text="This server has no admin yet. Its set-up code proves that you run it: the server prints it when it starts."
        >
            <PostForm post=set_up>
                <FormError of=set_up fields=&["code", "email", "password"] />
                <TextField
                    name="code"
                    label="Set-up code"
                    value=code
                    mono=true
                    required=true
                    max=100usize
                    autofocus=!has_code
                    error=set_up.error_of("code")
                />
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    value=email
                    required=true
                    max=model::admin::EMAIL_MAX
                    autofocus=has_code && set_up.value().with_untracked(Option::is_none)
                    autocomplete="username"
                    error=set_up.error_of("email")
                />
                <div on:input=move |event| password.set(event_target_value(&event))>
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        required=true
                        max=model::admin::PASSWORD_MAX
                        hint="At least 12 characters. A few words are easy to remember."
                        autocomplete="new-password"
                        error=set_up.error_of("password")
                    />
                </div>
                <StrengthHint password=password.into() />
                <Button kind=Kind::Primary pending=set_up.pending()>
                    "Create admin"
                </Button>
            </PostForm>
        </SessionCard>
    }
    .into_any()
}

/// How hard the password is to guess, once there is something to say about it.
#[component]
fn StrengthHint(password: Signal<String>) -> impl IntoView {
    let rated = Memo::new(move |_| password.with(|password| (!password.is_empty()).then(|| strength(password))));
    let level = move || match rated.get() {
        None => "strength",
        Some(Strength::TooShort) => "strength short",
        Some(Strength::Weak) => "strength weak",
        Some(Strength::Fair) => "strength fair",
        Some(Strength::Strong) => "strength strong",
    };
    view! {
        <div class=level>
            <span class="strength-bar" aria-hidden="true"></span>
            // What is too short is told by the hint of the field already.
            <p role="status">{move || rated.get().filter(|rated| *rated != Strength::TooShort).map(Strength::hint)}</p>
        </div>
    }
}
