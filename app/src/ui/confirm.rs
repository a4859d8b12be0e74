//! Asking before something is taken away.

use leptos::prelude::*;

use super::{Button, FormError, Kind, Post, TextField};

/// A button that opens a panel with the consequences and the form; a `<details>`, so it works without script.
#[component]
pub fn Confirm(
    /// What opens it.
    #[prop(into)]
    label: String,
    /// The question.
    #[prop(into)]
    title: String,
    /// Whether it is open at first, for example since its form was refused.
    #[prop(optional, into)]
    open: Signal<bool>,
    /// The consequences and the form.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="confirm" open=open>
            <summary class="btn danger">{label}</summary>
            <div class="confirm-panel">
                <h3>{title}</h3>
                {children()}
            </div>
        </details>
    }
    .into_any()
}

/// The fields of a form that takes something away for good: its name, to be typed as `confirm`, and the button.
#[component]
pub fn TypeToConfirm(
    /// Where the form posts to.
    post: Post,
    /// What is to be typed.
    name: String,
    /// What the button says.
    label: &'static str,
) -> impl IntoView {
    view! {
        <FormError of=post fields=&["confirm"] />
        <TextField name="confirm" label=format!("Type {name} to confirm") required=true error=post.error_of("confirm") />
        <div class="form-actions">
            <Button kind=Kind::Danger pending=post.pending()>
                {label}
            </Button>
        </div>
    }
    .into_any()
}
