//! Line icons on a 16 px grid, drawn with the colour of the text beside them.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say what is drawn")]
pub enum IconName {
    Clients,
    Apis,
    Keys,
    Logs,
    Search,
    Check,
    Arrow,
    Info,
    Copy,
    Plus,
    More,
    Chevron,
    Down,
    Shield,
    Play,
    Warning,
    Home,
    SignOut,
    Sun,
    Moon,
    Close,
    Screen,
}

impl IconName {
    /// The drawing as one SVG path.
    fn path(self) -> &'static str {
        match self {
            Self::Clients => "M4.5 4h7A1.5 1.5 0 0 1 13 5.5v5a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 10.5v-5A1.5 1.5 0 0 1 4.5 4ZM6 14h4M8 12v2",
            Self::Apis => "M5 3.5 2 8l3 4.5M11 3.5 14 8l-3 4.5M9 3 7 13",
            Self::Keys => "M7.5 10.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM7 9l6-6M11 5l2 2M9.5 6.5 11 8",
            Self::Logs => "M3 4h10M3 8h10M3 12h6",
            Self::Search => "M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM10 10l3.5 3.5",
            Self::Check => "m3.5 8.5 3 3 6-7",
            Self::Arrow => "M3 8h10M9 4l4 4-4 4",
            Self::Info => "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM8 7.5v3.5M8 5h.01",
            Self::Copy => {
                "M7 5.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12V7A1.5 1.5 0 0 1 7 5.5ZM10.5 5.5v-1A1.5 1.5 0 0 0 9 3H4.5A1.5 1.5 0 0 0 3 4.5V9a1.5 1.5 0 0 0 1.5 1.5h1"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::More => "M4 8h.01M8 8h.01M12 8h.01",
            Self::Chevron => "m6 4 4 4-4 4",
            Self::Down => "m4 6 4 4 4-4",
            Self::Shield => "M8 2 3 4v4c0 3 2.2 5.2 5 6 2.8-.8 5-3 5-6V4Z",
            Self::Play => "M5 3.5v9l7-4.5Z",
            Self::Warning => "M8 2.5 14 13H2ZM8 6.5v3M8 11.2h.01",
            Self::Home => "m2.5 7.5 5.5-5 5.5 5M4 6.5V13h8V6.5M6.7 13V9.5h2.6V13",
            Self::SignOut => "M6.5 13.5h-3A1 1 0 0 1 2.5 12.5V3.5a1 1 0 0 1 1-1h3M10.5 11l3-3-3-3M13.5 8h-7",
            Self::Sun => {
                "M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM8 1.8v1M8 13.2v1M1.8 8h1M13.2 8h1M3.6 3.6l.7.7M11.7 11.7l.7.7M12.4 3.6l-.7.7M4.3 11.7l-.7.7"
            }
            Self::Moon => "M13.3 9.6A5.6 5.6 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9Z",
            Self::Close => "m4 4 8 8M12 4l-8 8",
            Self::Screen => "M3.5 3h9A1.5 1.5 0 0 1 14 4.5v5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 9.5v-5A1.5 1.5 0 0 1 3.5 3ZM6 13.5h4",
        }
    }
}

/// A decorative icon: hidden from assistive technology, so the text beside it must say what is meant.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=name.path() />
        </svg>
    }
}
