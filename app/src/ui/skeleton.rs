//! The shape of what is being loaded.

use leptos::prelude::*;

/// Grey rows in the shape of a table, seen only if loading takes longer than a blink.
#[component]
pub fn Skeleton(
    /// How many rows.
    rows: usize,
) -> impl IntoView {
    let rows = (0..rows).map(|_| view! { <span class="skeleton-row"></span> }).collect_view();
    view! {
        <div class="skeleton" role="status">
            <span class="vh">"Loading"</span>
            {rows}
        </div>
    }
    .into_any()
}
