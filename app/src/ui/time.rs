//! Moments as people read them.

use leptos::prelude::*;
use model::time::{Timestamp, exact, relative};

/// How long ago, with the exact moment on hover. Both sides take `now` from the data, so that they agree.
#[component]
pub fn When(
    /// The moment.
    at: Timestamp,
    /// Seen from when.
    now: Timestamp,
) -> impl IntoView {
    view! {
        <time class="num when" datetime=exact(at) title=exact(at)>
            {relative(at, now)}
        </time>
    }
}
