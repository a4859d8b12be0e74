//! The page where an admin signs in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::SessionCard;
use super::server_fns::SignIn;
use crate::error::AppError;
use crate::ui::{Button, FormError, Kind, Post, PostForm, TextField};

/// E-mail and password; goes on to the page that was asked for.
#[component]
pub(super) fn SignInPage() -> impl IntoView {
    let sign_in = Post::to::<SignIn>();
    let next = use_query_map().with_untracked(|query| query.get("next").unwrap_or_default());
    let email = typed_email(sign_in);
    view! {
        <SessionCard title="Sign in" text="Use the e-mail address and password of your admin account.">
            <PostForm post=sign_in>
                <FormError of=sign_in fields=&["email", "password"] />
                <input type="hidden" name="next" value=next />
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    value=email.clone()
                    required=true
                    max=model::admin::EMAIL_MAX
                    autofocus=email.is_empty()
                    autocomplete="username"
                    error=sign_in.error_of("email")
                />
                <TextField
                    name="password"
                    label="Password"
                    kind="password"
                    required=true
                    max=model::admin::PASSWORD_MAX
                    autocomplete="current-password"
                    error=sign_in.error_of("password")
                />
                <Button kind=Kind::Primary pending=sign_in.pending()>
                    "Sign in"
                </Button>
            </PostForm>
        </SessionCard>
    }
    .into_any()
}

/// The address that was entered before, which an error brings back where no script kept it.
pub(super) fn typed_email(post: Post) -> String {
    post.value().with_untracked(|value| match value {
        Some(Err(AppError::SignIn { email, .. })) => email.clone(),
        _ => String::new(),
    })
}
