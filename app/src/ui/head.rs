//! The head of a page: where it stands, its title, and what can be done with it.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Icon, IconName};

/// Crumb, tile, `<h1>`, a line below it and actions at its right. Also the title of the window. One on each page.
#[component]
pub fn PageHead(
    /// The page's name: its only `<h1>`.
    #[prop(into)]
    title: String,
    /// The list that this page belongs to: label and address.
    #[prop(optional, into)]
    crumb: Option<(String, String)>,
    /// A tile at the left.
    #[prop(optional, into)]
    icon: Option<IconName>,
    /// A line below the title.
    #[prop(optional, into)]
    sub: ViewFn,
    /// Buttons at the right.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    let here = title.clone();
    view! {
        <Title text=title.clone() />
        <header class="page-head">
            {crumb
                .map(|(label, href)| {
                    view! {
                        <nav class="crumb" aria-label="Breadcrumb">
                            <a href=href>{label}</a>
                            <Icon name=IconName::Chevron />
                            <span aria-current="page">{here}</span>
                        </nav>
                    }
                })} <div class="head">
                {icon
                    .map(|name| {
                        view! {
                            <div class="tile">
                                <Icon name=name />
                            </div>
                        }
                    })} <div class="head-text">
                    <h1>{title}</h1>
                    <div class="sub">{sub.run()}</div>
                </div> <div class="actions">{actions.run()}</div>
            </div>
        </header>
    }
    .into_any()
}
