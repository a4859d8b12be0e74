//! The command palette: finds clients, APIs and actions from anywhere. Needs script, so its button is disabled until hydrated.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::web_sys::EventTarget;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::session::server_fns::{FindAnything, Found};
use crate::ui::{Icon, IconName, ask, before_hydration};

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    icon: IconName,
    name: String,
    detail: String,
    href: String,
}

/// What can be done from anywhere: what, words that find it too, where, and its icon.
const ACTIONS: [(&str, &str, &str, IconName); 8] = [
    ("Create a client", "new add application", "/clients/new", IconName::Plus),
    ("Create an API", "new add resource server", "/apis/new", IconName::Plus),
    ("Clients", "go to list applications", "/clients", IconName::Clients),
    ("APIs", "go to list resource servers", "/apis", IconName::Apis),
    ("Keys", "rotate revoke signing jwks", "/keys", IconName::Keys),
    ("Logs", "go to events audit tokens refused", "/logs", IconName::Logs),
    ("API reference", "management try operations", "/reference", IconName::Play),
    ("Overview", "home start issuer jwks address", "/", IconName::Home),
];

/// Actions whose name or other words hold every word of the search.
fn matching_actions(search: &str) -> Vec<Entry> {
    let search = search.to_ascii_lowercase();
    ACTIONS
        .into_iter()
        .filter(|(name, words, ..)| {
            let text = format!("{} {words}", name.to_ascii_lowercase());
            search.split_whitespace().all(|word| text.contains(word))
        })
        .map(|(name, _, href, icon)| Entry {
            icon,
            name: name.to_owned(),
            detail: String::new(),
            href: href.to_owned(),
        })
        .collect()
}

impl From<Found> for Entry {
    fn from(found: Found) -> Self {
        Self {
            icon: if found.is_api { IconName::Apis } else { IconName::Clients },
            name: found.name,
            detail: found.detail,
            href: found.href,
        }
    }
}

/// The button in the navigation and the dialog that it opens; Ctrl K and ⌘ K open it too.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let waiting = before_hydration();
    let dialog = NodeRef::<Dialog>::new();
    let input = NodeRef::<Input>::new();
    let search = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let found = RwSignal::new(Vec::<Found>::new());
    let find = Action::new(move |text: &String| {
        let text = text.clone();
        async move {
            let answer = ask(FindAnything { search: text.clone() }).once().await;
            let things = answer.and_then(|answer| answer.read()).unwrap_or_default();
            // While one types, an earlier answer may come after a later one.
            if search.try_get_untracked().as_ref() == Some(&text) {
                found.set(things);
            }
        }
    });
    let entries = Memo::new(move |_| {
        let search = search.get();
        let things = found.get().into_iter().map(Entry::from);
        if search.trim().is_empty() {
            matching_actions(&search).into_iter().chain(things).collect::<Vec<_>>()
        } else {
            things.chain(matching_actions(&search)).collect()
        }
    });
    let look = move |text: String| {
        active.set(0);
        search.set(text.clone());
        found.set(Vec::new());
        find.dispatch(text);
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let open = move || {
        if let (Some(dialog), Some(input)) = (dialog.get_untracked(), input.get_untracked())
            && !dialog.open()
            && dialog.show_modal().is_ok()
        {
            input.set_value("");
            look(String::new());
        }
    };
    // Whichever way one goes on, the palette is out of the way.
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        close();
    });
    Effect::new(move |_| {
        let handle = window_event_listener(keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                open();
            }
        });
        on_cleanup(move || handle.remove());
    });
    let navigate = use_navigate();
    let follow = Callback::new(move |href: String| {
        close();
        navigate(&href, NavigateOptions::default());
    });
    let on_key = move |event: KeyboardEvent| {
        let last = entries.with_untracked(|entries| entries.len().saturating_sub(1));
        match event.key().as_str() {
            "ArrowDown" => active.update(|active| *active = (*active + 1).min(last)),
            "ArrowUp" => active.update(|active| *active = active.saturating_sub(1)),
            "Enter" => {
                if let Some(entry) = entries.with_untracked(|entries| entries.get(active.get_untracked()).cloned()) {
                    follow.run(entry.href);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let list = move || {
        entries
            .get()
            .into_iter()
            .enumerate()
            .map(|(row, entry)| view! { <Row row=row entry=entry active=active follow=follow /> })
            .collect_view()
    };
    view! {
        <button
            type="button"
            class="search"
            disabled=waiting
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            on:click=move |_| open()
        >
            <Icon name=IconName::Search />
            "Find anything"
            <kbd>"Ctrl K"</kbd>
        </button>
        // A press beside the box lands on the dialog itself.
        <dialog
            class="palette"
            node_ref=dialog
            aria-label="Find anything"
            on:click=move |event| {
                let beside = dialog
                    .get_untracked()
                    .is_some_and(|dialog| event.target().as_ref() == Some(AsRef::<EventTarget>::as_ref(&dialog)));
                if beside {
                    close();
                }
            }
        >
            <div class="palette-box">
                <div class="palette-search">
                    <Icon name=IconName::Search />
                    <input
                        node_ref=input
                        type="text"
                        role="combobox"
                        aria-label="Find clients, APIs and actions"
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-activedescendant=move || format!("palette-{}", active.get())
                        placeholder="Find clients, APIs and actions"
                        autocomplete="off"
                        spellcheck="false"
                        maxlength="200"
                        on:input=move |event| look(event_target_value(&event))
                        on:keydown=on_key
                    />
                    <kbd>"Esc"</kbd>
                </div>
                <ul id="palette-list" role="listbox" aria-label="Results">
                    {list}
                </ul>
                <p class="palette-none" role="status">
                    {move || {
                        (entries.with(Vec::is_empty) && !find.pending().get()).then_some("Nothing has that in its name or identifier.")
                    }}
                </p>
            </div>
        </dialog>
    }
    .into_any()
}

/// One line; the keyboard moves `active`, the pointer does too and follows it. An option may hold no link (WAI-ARIA 1.2, option).
#[component]
fn Row(row: usize, entry: Entry, active: RwSignal<usize>, follow: Callback<String>) -> impl IntoView {
    let Entry { icon, name, detail, href } = entry;
    view! {
        <li
            id=format!("palette-{row}")
            role="option"
            aria-selected=move || if active.get() == row { "true" } else { "false" }
            on:mouseenter=move |_| active.set(row)
            on:click=move |_| follow.run(href.clone())
        >
            <Icon name=icon />
            <span class="palette-name">{name}</span>
            <span class="palette-detail mono">{detail}</span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::matching_actions;

    #[test]
    fn every_word_must_be_found() {
        let names = |search: &str| matching_actions(search).into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(names("rotate"), ["Keys"]);
        assert_eq!(names("new API"), ["Create an API"]);
        assert_eq!(names("").len(), super::ACTIONS.len());
        assert!(names("no such thing").is_empty());
    }
}
