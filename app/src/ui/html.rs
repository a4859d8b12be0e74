//! A part of a page that is words and forms only: the server renders it for every browser, and it costs the bundle nothing.

use leptos::prelude::*;

use super::{ErrorPanel, Load};

/// Puts in what a server function answers with, as it is. The function renders it with views, which escape what people typed.
#[component]
pub fn ServerHtml(
    /// The HTML.
    html: Load<String>,
) -> impl IntoView {
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match html.await {
                    Ok(html) => view! { <div inner_html=html></div> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}
