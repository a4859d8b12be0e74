//! Asking before something is taken away.

use leptos::prelude::*;

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
        <details class="confirm" open=move || open.get()>
            <summary class="btn danger">{label}</summary>
            <div class="confirm-panel">
                <h3>{title}</h3>
                {children()}
            </div>
        </details>
    }
    .into_any()
}
