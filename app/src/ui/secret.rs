//! A secret: hidden until asked for, hidden again soon after, and copied without being seen.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;
use model::secret::Secret;

use super::{Ask, FormError, Icon, IconName, Mono, Post, before_hydration, clipboard};

/// How long a secret stays on the screen.
const SHOWN_FOR: Duration = Duration::from_secs(30);
/// How long the copy button says what became of it.
const COPIED_FOR: Duration = Duration::from_secs(2);
/// What stands in the place of a hidden secret; says nothing about its length.
const DOTS: &str = "••••••••••••••••";

/// A hidden secret with the form that shows it and a button that copies it.
#[component]
pub fn SecretField(
    /// Where the form posts to; it answers with the secret, or with nothing if a page that follows shows it.
    reveal: Post,
    /// Gets the secret for the copy button.
    ask: Ask,
    /// The form with the button that shows the secret.
    children: Children,
) -> impl IntoView {
    let shown = RwSignal::new(None::<String>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop_timer = move || {
        if let Some(Some(timer)) = timer.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let hide = move || {
        shown.set(None);
        stop_timer();
    };
    Effect::new(move |_| {
        if let Some(secret) = reveal.answer::<Option<Secret>>().flatten() {
            // The answer would stay longer than the screen shows it.
            reveal.value().set(None);
            hide();
            shown.set(Some(secret.reveal().to_owned()));
            let hiding = set_timeout_with_handle(
                move || {
                    shown.try_set(None);
                },
                SHOWN_FOR,
            );
            timer.set_value(hiding.ok());
        }
    });
    on_cleanup(stop_timer);
    view! {
        <FormError of=reveal />
        <div class="secret">
            {move || match shown.get() {
                Some(secret) => {
                    view! {
                        <Mono text=secret />
                        <button type="button" class="btn small" on:click=move |_| hide()>
                            "Hide"
                        </button>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <span class="mono dots" aria-hidden="true">
                            {DOTS}
                        </span>
                        <span class="vh">"Hidden"</span>
                    }
                        .into_any()
                }
            }} <span hidden=move || shown.with(Option::is_some)>{children()}</span> <CopyHidden ask=ask />
        </div>
        <p class="hint">"Shown for 30 seconds. Each look at it leaves a log entry."</p>
    }
    .into_any()
}

/// Copies the secret without showing it. Needs script, so it is disabled until the page is hydrated.
#[component]
fn CopyHidden(ask: Ask) -> impl IntoView {
    let waiting = before_hydration();
    let label = RwSignal::new("Copy");
    let copy = move |_| {
        let answer = ask.clone().once();
        spawn_local(async move {
            let copied = match answer.await.and_then(|answer| answer.read::<Option<Secret>>()) {
                Ok(Some(secret)) => clipboard::write(secret.reveal()).await,
                _ => false,
            };
            label.try_set(if copied { "Copied" } else { "Not copied: show it and copy by hand" });
            set_timeout(
                move || {
                    label.try_set("Copy");
                },
                COPIED_FOR,
            );
        });
    };
    view! {
        <button type="button" class="btn small copy" disabled=waiting on:click=copy>
            <Icon name=IconName::Copy />
            <span aria-live="polite">{move || label.get()}</span>
        </button>
    }
}
