//! A sentence that stands out from the page.

use leptos::prelude::*;

use super::chip::Tone;
use super::{Icon, IconName};

/// A box with an icon; [`Tone::Bad`] is announced by screen readers as soon as it appears.
#[component]
pub fn Note(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// A sentence or two.
    children: Children,
) -> impl IntoView {
    let (icon, role) = match tone {
        Tone::Good => (IconName::Shield, None),
        Tone::Warn => (IconName::Warning, None),
        Tone::Bad => (IconName::Warning, Some("alert")),
        Tone::Plain | Tone::Info => (IconName::Info, None),
    };
    view! {
        <div class=format!("note {}", tone.class()) role=role>
            <Icon name=icon />
            <div>{children()}</div>
        </div>
    }
}
