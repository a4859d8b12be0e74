//! The page for addresses that lead nowhere.

use leptos::prelude::*;

use crate::brand::Brand;
use crate::error::AppError;
use crate::ui::ErrorPanel;

/// Says so, with status 404 and a way back.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <main class="session" id="main">
            <div class="session-card">
                <Brand />
                <ErrorPanel error=AppError::NotFound { what: "page".to_owned() } is_page=true />
            </div>
        </main>
    }
    .into_any()
}
