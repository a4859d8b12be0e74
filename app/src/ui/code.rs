//! What is pasted into code: boxes, identifiers, and the button that copies them.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Icon, IconName, before_hydration};

/// How long the button says "Copied".
const COPIED_FOR: Duration = Duration::from_secs(2);

/// Copies `text` exactly. Needs script, so it is disabled until the page is hydrated.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What the button says; without it only the icon is seen.
    #[prop(optional, into)]
    label: String,
) -> impl IntoView {
    let waiting = before_hydration();
    let state = RwSignal::new(Copied::No);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            state.set(if super::clipboard::write(&text).await {
                Copied::Yes
            } else {
                Copied::Failed
            });
            set_timeout(move || state.set(Copied::No), COPIED_FOR);
        });
    };
    let bare = label.is_empty();
    let label = if bare { "Copy".to_owned() } else { label };
    view! {
        <button
            type="button"
            class=if bare { "btn quiet small copy bare" } else { "btn small copy" }
            disabled=waiting
            on:click=copy
        >
            {move || {
                let icon = if state.get() == Copied::Yes { IconName::Check } else { IconName::Copy };
                view! { <Icon name=icon /> }
            }}
            <span class:vh=move || bare && state.get() == Copied::No aria-live="polite">
                {move || match state.get() {
                    Copied::No => label.clone(),
                    Copied::Yes => "Copied".to_owned(),
                    Copied::Failed => "Press Ctrl C".to_owned(),
                }}
            </span>
        </button>
    }
    .into_any()
}

/// What became of the last press.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Yes,
    /// The browser keeps its clipboard to itself, for example on a page without TLS.
    Failed,
}

/// Code with a title and a copy button.
#[component]
pub fn CodeBox(
    /// The file's name, or where the lines are typed.
    #[prop(into)]
    title: String,
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What is shown: the same text, with spans of class `k`, `s`, `c` and `m` (keyword, string, comment, the reader's own value).
    children: Children,
) -> impl IntoView {
    let label = title.clone();
    view! {
        <figure class="codebox">
            <figcaption>
                <span>{title}</span>
                <CopyButton text=text label="Copy" />
            </figcaption>
            // It scrolls sideways, so the keyboard must reach it.
            <pre tabindex="0" role="group" aria-label=label>
                <code>{children()}</code>
            </pre>
        </figure>
    }
    .into_any()
}

/// An identifier: never wrapped, cut in the middle if `short`, whole on hover and on copy.
#[component]
pub fn Mono(
    /// The identifier.
    #[prop(into)]
    text: String,
    /// Whether to show its ends only.
    #[prop(optional)]
    short: bool,
    /// Whether a copy button follows.
    #[prop(optional)]
    copy: bool,
) -> impl IntoView {
    let shown = if short { middle_cut(&text) } else { text.clone() };
    let copied = text.clone();
    view! {
        <span class="mono-box">
            <code class="mono" title=text>
                {shown}
            </code>
            {copy.then(|| view! { <CopyButton text=copied /> })}
        </span>
    }
    .into_any()
}

/// The first six and the last four characters of a long text.
fn middle_cut(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 14 {
        return text.to_owned();
    }
    let (head, tail) = (&chars[..6], &chars[chars.len() - 4..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::middle_cut;

    #[test]
    fn long_identifiers_keep_their_ends() {
        assert_eq!(middle_cut("qT3vWm0123456789fLk1"), "qT3vWm…fLk1");
        assert_eq!(middle_cut("short-enough"), "short-enough");
    }
}
