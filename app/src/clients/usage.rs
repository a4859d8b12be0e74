//! `/clients/:client_id/usage`: how many tokens the client asks for, its quota, and lock-outs. All of it is words and forms of the server.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::detail::{ClientTab, client_id};
use super::usage_fns::GetClientUsage;
use crate::ui::{Load, ServerHtml, ask};

/// The Usage tab.
#[component]
pub fn UsageTab() -> impl IntoView {
    let (id, query) = (client_id(), use_query_map());
    let html = Load::<String>::new(move || {
        ask(GetClientUsage {
            client_id: id.get(),
            saved: query.with(|query| query.get("saved").unwrap_or_default()),
        })
    });
    view! {
        <ClientTab title="Usage" content=|_| () />
        <ServerHtml html=html />
    }
}
