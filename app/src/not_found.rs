//! The page for addresses that lead nowhere.

use leptos::prelude::*;

use crate::brand::Brand;
use crate::error::AppError;
use crate::ui::ErrorPanel;

/// Says so, with status 404 and a way back.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <leptos_meta::Title text="No such page" />
        <main class="session" id="main">
            <div class="session-card">
                <Brand />
                <h1 class="vh">"No such page"</h1>
                <ErrorPanel error=AppError::NotFound { what: "page".to_owned() } />
            </div>
        </main>
    }
    .into_any()
}
