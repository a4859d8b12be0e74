//! The parts that pages are made of. No word of our domain occurs here; style/ has one file for each, of the same name.

pub mod address;
pub mod answer;
pub mod button;
pub mod card;
pub mod chip;
pub mod clipboard;
pub mod code;
pub mod confirm;
pub mod empty;
pub mod error_panel;
pub mod field;
pub mod focus;
pub mod form;
pub mod get;
pub mod head;
pub mod html;
pub mod icon;
pub mod list;
pub mod load;
pub mod note;
pub mod pager;
#[cfg(feature = "ssr")]
mod perform;
#[cfg(not(feature = "ssr"))]
#[path = "perform_by_wire.rs"]
mod perform;
pub mod post;
pub mod search;
pub mod secret;
pub mod skeleton;
pub mod tabs;
pub mod time;
pub mod toggle;

pub use address::address;
#[cfg(feature = "ssr")]
pub(crate) use address::encoded;
pub use answer::Answer;
pub use button::{Button, Kind, LinkButton};
pub use card::{Card, Danger};
pub use chip::{Chip, Tone};
pub use code::{CodeBox, CopyButton, Mono};
pub use confirm::{Confirm, ConfirmPost};
pub use empty::Empty;
pub use error_panel::ErrorPanel;
pub use field::{CheckField, RadioCards, RadioOption, TextArea, TextField};
pub use focus::{focus_again, focus_on};
pub use form::FormError;
pub use get::GetForm;
pub use head::PageHead;
pub use html::ServerHtml;
pub use icon::{Icon, IconName};
pub use list::{ListSearch, ListView, NoRows, SortHead};
pub use load::{Ask, Load, ask};
pub use note::Note;
pub use pager::Pager;
pub use post::{Post, PostForm};
pub use search::SearchBox;
pub use secret::SecretField;
pub use skeleton::Skeleton;
pub use tabs::{Tab, Tabs};
pub use time::When;
pub use toggle::Switch;

use leptos::prelude::*;

/// True on the server and until the page is hydrated, then false: what needs the browser is disabled as long.
#[must_use]
pub fn before_hydration() -> Signal<bool> {
    let waiting = RwSignal::new(true);
    Effect::new(move |_| waiting.set(false));
    waiting.into()
}
