//! A list with nothing in it yet.

use leptos::prelude::*;

use super::{Icon, IconName};

/// Says what the list is for and offers the one next step.
#[component]
pub fn Empty(
    /// What the list holds.
    icon: IconName,
    /// What is not there.
    #[prop(into)]
    title: String,
    /// What it would be good for.
    #[prop(into)]
    text: String,
    /// The one next step.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <div class="tile">
                <Icon name=icon />
            </div>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="empty-next">{children()}</div> })}
        </div>
    }
    .into_any()
}
