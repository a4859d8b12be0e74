//! Tabs that are links: each has an address, works without script and can be shared.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its address.
    pub href: String,
    /// Its name.
    pub label: String,
    /// A number behind the name.
    pub count: Option<i64>,
}

impl Tab {
    /// A tab without a number.
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            label: label.into(),
            count: None,
        }
    }

    /// A tab with a number.
    pub fn counted(href: impl Into<String>, label: impl Into<String>, count: i64) -> Self {
        Self {
            count: Some(count),
            ..Self::new(href, label)
        }
    }
}

/// A row of tabs; the one whose address is the page's carries `aria-current`.
#[component]
pub fn Tabs(
    /// What the tabs are about, for assistive technology.
    #[prop(into)]
    label: String,
    /// The tabs, in order.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let here = use_location().pathname;
    let links = tabs
        .into_iter()
        .map(|Tab { href, label, count }| {
            let target = href.clone();
            view! {
                <a href=href aria-current=move || (here.get() == target).then_some("page")>
                    {label}
                    {count.map(|count| view! { <span class="count num">{count}</span> })}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            {links}
        </nav>
    }
    .into_any()
}
