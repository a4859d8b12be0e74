//! A switch that is a form's button: pressing it submits.

use leptos::prelude::*;

/// The button of a form that turns something on or off.
#[component]
pub fn Switch(
    /// Its id, so that it can take the focus again.
    id: String,
    /// What is on or off, for assistive technology.
    label: String,
    /// Whether it is on.
    on: bool,
    /// Whether what it started is still under way.
    pending: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            id=id
            type="submit"
            role="switch"
            class="toggle"
            aria-checked=if on { "true" } else { "false" }
            aria-label=label
            disabled=pending
        ></button>
    }
}
