//! From what a form was answered to what it shows.

use leptos::prelude::*;

use super::chip::Tone;
use super::{Note, Post};
use crate::error::AppError;

/// What went wrong with the whole form: every error except those on the `fields` that show theirs.
#[component]
pub fn FormError(
    /// Where the form posts to.
    of: Post,
    /// Names of the fields that show their own errors.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    move || {
        let error = of.error().filter(|error| !error.field().is_some_and(|field| fields.contains(&field)));
        error.map(|error| {
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
