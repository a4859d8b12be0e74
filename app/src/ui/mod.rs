//! The parts that pages are made of. No word of our domain occurs here; style/ has one file for each, of the same name.

pub mod address;
pub mod button;
pub mod card;
pub mod chip;
pub mod clipboard;
pub mod code;
pub mod confirm;
pub mod empty;
pub mod error_panel;
pub mod field;
pub mod form;
pub mod head;
pub mod icon;
pub mod note;
pub mod pager;
pub mod search;
pub mod secret;
pub mod skeleton;
pub mod tabs;
pub mod time;

pub use address::address;
pub use button::{Button, Kind, LinkButton};
pub use card::{Card, Danger};
pub use chip::{Chip, Tone};
pub use code::{CodeBox, CopyButton, Mono};
pub use confirm::Confirm;
pub use empty::Empty;
pub use error_panel::ErrorPanel;
pub use field::{CheckField, RadioCards, RadioOption, TextArea, TextField};
pub use form::{FormError, error_of};
pub use head::PageHead;
pub use icon::{Icon, IconName};
pub use note::Note;
pub use pager::Pager;
pub use search::SearchBox;
pub use secret::SecretField;
pub use skeleton::Skeleton;
pub use tabs::{Tab, Tabs};
pub use time::When;

use leptos::prelude::*;

/// False on the server and until the page is hydrated, then true: what needs the browser is disabled until then.
#[must_use]
pub fn hydrated() -> Signal<bool> {
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    ready.into()
}
