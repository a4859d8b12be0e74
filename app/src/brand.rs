//! The mark and the name.

use leptos::prelude::*;

/// The logo with the name beside it; its colours follow the theme.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <span class="brand">
            <svg viewBox="0 0 22 22" aria-hidden="true" focusable="false">
                <rect class="fill" x="1" y="1" width="9" height="9" rx="2" />
                <rect class="fill faint" x="12" y="1" width="9" height="9" rx="2" />
                <rect class="fill faint" x="1" y="12" width="9" height="9" rx="2" />
                <rect class="line" x="12.5" y="12.5" width="8" height="8" rx="2" transform="rotate(8 16.5 16.5)" />
            </svg>
            "Tessera"
        </span>
    }
}
