//! The page where an admin signs in.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::SessionCard;
use super::server_fns::SignIn;
use crate::error::AppError;
use crate::ui::{Button, FormError, Kind, TextField, error_of};

/// E-mail and password; goes on to the page that was asked for.
#[component]
pub(super) fn SignInPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let value = sign_in.value();
    let next = use_query_map().with_untracked(|query| query.get("next").unwrap_or_default());
    let email = typed_email(value);
    view! {
        <SessionCard title="Sign in" text="Use the e-mail address and password of your admin account.">
            <ActionForm action=sign_in>
                <FormError value=value fields=&["email", "password"] />
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
                    error=error_of(value, "email")
                />
                <TextField
                    name="password"
                    label="Password"
                    kind="password"
                    required=true
                    max=model::admin::PASSWORD_MAX
                    autocomplete="current-password"
                    error=error_of(value, "password")
                />
                <Button kind=Kind::Primary pending=sign_in.pending()>
                    "Sign in"
                </Button>
            </ActionForm>
        </SessionCard>
    }
    .into_any()
}

/// The address that was entered before, which an error brings back where no script kept it.
pub(super) fn typed_email<S>(value: S) -> String
where
    S: WithUntracked<Value = Option<Result<(), AppError>>>,
{
    value.with_untracked(|value| match value {
        Some(Err(AppError::SignIn { email, .. })) => email.clone(),
        _ => String::new(),
    })
}
