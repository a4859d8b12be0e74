//! A short fact about a thing.

use leptos::prelude::*;

/// What a chip or a note means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Refused, revoked, broken.
    Bad,
    /// For information.
    Info,
}

impl Tone {
    /// The class of style/.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }
}

/// A small label. Its words carry the meaning; the colour only repeats it.
#[component]
pub fn Chip(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// A word or two.
    children: Children,
) -> impl IntoView {
    view! { <span class=format!("chip {}", tone.class())>{children()}</span> }
}
