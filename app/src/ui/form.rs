//! From what an action answered to what a form shows.

use leptos::prelude::*;

use super::Note;
use super::chip::Tone;
use crate::error::AppError;

/// What is wrong with `field`, from the value of the form's action. Works for a form posted without script too,
/// since the router puts the error back into the action.
pub fn error_of<T, S>(value: S, field: &'static str) -> Signal<Option<String>>
where
    T: Send + Sync + 'static,
    S: With<Value = Option<Result<T, AppError>>> + Send + Sync + 'static,
{
    Signal::derive(move || {
        value.with(|value| match value {
            Some(Err(error)) if error.field() == Some(field) => Some(error.message()),
            _ => None,
        })
    })
}

/// What went wrong with the whole form: every error except those on the `fields` that show theirs.
#[component]
pub fn FormError<T, S>(
    /// The value of the form's action.
    value: S,
    /// Names of the fields that show their own errors.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView
where
    T: Send + Sync + 'static,
    S: With<Value = Option<Result<T, AppError>>> + Send + Sync + 'static,
{
    let error = Signal::derive(move || {
        value.with(|value| match value {
            Some(Err(error)) if !error.field().is_some_and(|field| fields.contains(&field)) => Some(error.clone()),
            _ => None,
        })
    });
    move || {
        error.get().map(|error| {
            let sign_in = (error == AppError::SignedOut).then(|| {
                view! {
                    " "
                    <a href="/sign-in" rel="external">
                        "Sign in"
                    </a>
                }
            });
            view! { <Note tone=Tone::Bad>{error.message()} {sign_in}</Note> }
        })
    }
}
