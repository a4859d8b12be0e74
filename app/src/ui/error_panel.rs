//! What stands in the place of something that could not be shown.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Icon, IconName, Kind, LinkButton};
use crate::error::AppError;
use crate::status;

/// What happened and what to do about it.
#[component]
pub fn ErrorPanel(
    /// The error.
    error: AppError,
    /// Whether it stands in the place of a whole page: then it brings the title of the window and the only `<h1>`.
    #[prop(optional)]
    is_page: bool,
) -> impl IntoView {
    status::of_page(&error);
    let title = error.title();
    let heading = if is_page {
        view! {
            <Title text=title.clone() />
            <h1>{title}</h1>
        }
        .into_any()
    } else {
        view! { <h2>{title}</h2> }.into_any()
    };
    let next = match &error {
        // Not a link inside the app: the server must look at the session and set it anew.
        AppError::SignedOut => view! {
            <a class="btn primary" href="/sign-in" rel="external">
                "Sign in"
            </a>
        }
        .into_any(),
        AppError::NotFound { .. } | AppError::Forbidden { .. } => {
            view! { <LinkButton href="/" kind=Kind::Plain>"Go to the overview"</LinkButton> }.into_any()
        }
        // An empty address is the page itself; `external` asks the server for it again.
        _ => view! {
            <a class="btn" href="" rel="external">
                "Try again"
            </a>
        }
        .into_any(),
    };
    view! {
        <div class="empty error-panel" role="alert">
            <div class="tile">
                <Icon name=IconName::Warning />
            </div>
            {heading}
            <p>{error.message()}</p>
            <div class="empty-next">{next}</div>
        </div>
    }
    .into_any()
}
