//! Where a secret is pasted that somebody has found, and `/clients/leaked`, which says whose it is. What was pasted is posted; the
//! address names it by its id.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::secret_fns::GetFoundSecret;
use crate::ui::{Load, PageHead, ServerHtml, ask};

/// The field to paste into, below what the address says was found.
#[component]
pub(super) fn FoundSecret() -> impl IntoView {
    let query = use_query_map();
    let found = Load::<String>::blocking(move || {
        query.with(|query| {
            let get = |name| query.get(name).unwrap_or_default();
            ask(GetFoundSecret {
                client_id: get("client"),
                secret_id: get("secret"),
                result: get("result"),
            })
        })
    });
    view! { <ServerHtml html=found /> }
}

/// The page with the answer.
#[component]
pub fn LeakedPage() -> impl IntoView {
    view! {
        <PageHead title="Found secret" crumb=("Clients".to_owned(), "/clients".to_owned()) />
        <FoundSecret />
    }
}
