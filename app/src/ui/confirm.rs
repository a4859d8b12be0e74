//! Asking before something is taken away.

use std::borrow::Cow;

use leptos::prelude::*;

use super::{Button, FormError, Kind, Post, PostForm, TextField};

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

/// A [`Confirm`] whole: the consequences, and a form that asks for nothing but perhaps a name to be typed.
#[component]
pub fn ConfirmPost(
    /// What opens it, and what its button says.
    label: &'static str,
    /// The question.
    title: String,
    /// What follows, a sentence each.
    consequences: Vec<Cow<'static, str>>,
    /// Where the form posts to.
    post: Post,
    /// What it names, and the value.
    field: (&'static str, String),
    /// What is to be typed first, for what can't be undone.
    #[prop(optional, into)]
    typed: Option<String>,
) -> impl IntoView {
    let consequences = consequences.into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
    let end = match typed {
        Some(name) => view! { <TypeToConfirm post=post name=name label=label /> }.into_any(),
        None => view! {
            <FormError of=post />
            <div class="form-actions">
                <Button kind=Kind::Danger pending=post.pending()>
                    {label}
                </Button>
            </div>
        }
        .into_any(),
    };
    view! {
        <Confirm label=label title=title open=post.refused()>
            <ul class="consequences">{consequences}</ul>
            <PostForm post=post attr:class="form">
                <input type="hidden" name=field.0 value=field.1 />
                {end}
            </PostForm>
        </Confirm>
    }
    .into_any()
}

/// The fields of a form that takes something away for good: its name, to be typed as `confirm`, and the button.
#[component]
fn TypeToConfirm(
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
