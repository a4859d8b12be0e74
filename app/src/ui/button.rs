//! Buttons, and links that look like them.

use leptos::prelude::*;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// One of several.
    #[default]
    Plain,
    /// The one next step of the page or form.
    Primary,
    /// Beside the point.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Primary => "btn primary",
            Self::Quiet => "btn quiet",
            Self::Danger => "btn danger",
        }
    }
}

/// A submit button. While `pending` it can't be pressed again and says that it works.
#[component]
pub fn Button(
    /// How much it stands out.
    #[prop(optional)]
    kind: Kind,
    /// Smaller, for rows of tables.
    #[prop(optional)]
    small: bool,
    /// Whether what it started is still under way.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// What it does, as a verb.
    children: Children,
) -> impl IntoView {
    let class = if small {
        format!("{} small", kind.class())
    } else {
        kind.class().to_owned()
    };
    view! {
        <button
            type="submit"
            class=class
            disabled=pending
            aria-busy=move || pending.get().then_some("true")
        >
            {children()}
            <span class="vh" role="status">
                {move || pending.get().then_some(" – working")}
            </span>
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn LinkButton(
    /// Where it goes.
    #[prop(into)]
    href: String,
    /// How much it stands out.
    #[prop(optional)]
    kind: Kind,
    /// Smaller, for rows of tables.
    #[prop(optional)]
    small: bool,
    /// Where it goes, in words.
    children: Children,
) -> impl IntoView {
    let class = if small {
        format!("{} small", kind.class())
    } else {
        kind.class().to_owned()
    };
    view! {
        <a class=class href=href>
            {children()}
        </a>
    }
}
