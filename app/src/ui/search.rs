//! A search field for `<form method="get">`: what was searched stands in the address.

use leptos::prelude::*;

use super::{Icon, IconName};

/// A search field with its label read aloud only; Enter submits its form.
#[component]
pub fn SearchBox(
    /// Its name in the address.
    #[prop(into)]
    name: String,
    /// What is searched, also shown while it is empty.
    #[prop(into)]
    label: String,
    /// What was searched; the field follows it when the address changes.
    #[prop(into)]
    value: Signal<String>,
) -> impl IntoView {
    view! {
        <label class="search-box">
            <Icon name=IconName::Search />
            <span class="vh">{label.clone()}</span>
            <input
                type="search"
                name=name
                value=value.get_untracked()
                prop:value=value
                placeholder=label
                autocomplete="off"
                maxlength="200"
            />
        </label>
    }
    .into_any()
}
