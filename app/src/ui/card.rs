//! Surfaces that hold one thing.

use leptos::prelude::*;

/// A surface with a border; tables reach its edges and scroll inside it.
#[component]
pub fn Card(
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! { <div class="card">{children()}</div> }
}

/// A separate place for what can't be undone.
#[component]
pub fn Danger(
    /// What is taken away.
    #[prop(into)]
    title: String,
    /// What stops working.
    #[prop(into)]
    text: String,
    /// The button or the form.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="danger-zone">
            <div class="danger-text">
                <h2>{title}</h2>
                <p>{text}</p>
            </div>
            <div class="danger-act">{children()}</div>
        </section>
    }
    .into_any()
}
