//! The signing secrets of an API on its Settings tab: shown one by one, rotated with an overlap and at once.
//!
//! All of it is words and forms. It is rendered here, on the server, also for browsers that run our script: those put it into the page
//! as it is and post its forms themselves, so that it costs the bundle nothing.

use leptos::prelude::*;
use model::api::Api;
use model::secret::Secret;
use model::signing_secret::{SIGNING_SECRETS_MAX, SigningSecret, SigningSecretState};
use model::time::{Timestamp, exact, relative};

use super::server_fns::{
    CancelSigningSecretRotation, CompleteSigningSecretRotation, RemoveSigningSecret, RotateSigningSecret, SigningSecrets, StartSigningSecretRotation,
};
use crate::ui::{Button, Chip, Confirm, ConfirmPost, Danger, FormError, Kind, Mono, Note, Post, PostForm, Tone};

/// Everything about the signing secrets of `api` but the way to show them. `shown` is one that a browser without scripts has just asked
/// for, with its `kid`; `saved` is what was just done.
pub(super) fn render(api: &Api, secrets: &[SigningSecret], shown: Option<(String, Secret)>, saved: &str, now: Timestamp) -> SigningSecrets {
    let start = Post::to::<StartSigningSecretRotation>();
    let complete = Post::to::<CompleteSigningSecretRotation>();
    let cancel = Post::to::<CancelSigningSecretRotation>();
    let remove = Post::to::<RemoveSigningSecret>();
    let rotation = match SigningSecret::in_state(secrets, SigningSecretState::Next) {
        Some(_) => under_way(&api.id, complete, cancel),
        None if secrets.len() < SIGNING_SECRETS_MAX => {
            let button = view! { <Button>"Start rotation"</Button> }.into_any();
            view! {
                <div class="row">
                    {act(start, &api.id, None, button)} <p class="hint">"Makes the next secret. It signs nothing until you complete the rotation."</p>
                </div>
            }
            .into_any()
        }
        None => view! { <p>{format!("An API has at most {SIGNING_SECRETS_MAX} signing secrets. Remove a previous one to rotate.")}</p> }.into_any(),
    };
    let head = view! {
        <div role="status">{said(saved).map(|text| view! { <Note tone=Tone::Good>{text}</Note> })}</div>
        <FormError of=start />
        <FormError of=complete />
        <FormError of=cancel />
        <FormError of=remove />
        <p>"Your API verifies tokens with these secrets. Whoever holds one can forge tokens, so only this API and this server may know it."</p>
        {rotation}
        <p class="hint">"A token names its secret by the key ID (kid) in its header. A secret is shown for 30 seconds; each look at it leaves a log entry."</p>
    };
    let cards = secrets.iter().map(|secret| {
        let shown = shown.as_ref().filter(|(kid, _)| *kid == secret.kid).map(|(_, secret)| secret);
        card(&api.id, secret, shown, remove, now)
    });
    SigningSecrets {
        head: head.to_html(),
        cards: cards.collect(),
        foot: at_once(api),
    }
}

/// What was done, in words; it stands in the address, since forms are posted by the browser.
fn said(saved: &str) -> Option<&'static str> {
    Some(match saved {
        "rotation-started" => "The rotation has begun. Give the next secret to your API, beside the current one.",
        "rotation-completed" => {
            "The rotation is complete: new tokens are signed with the new secret. The former one is accepted until its last token has expired."
        }
        "rotation-cancelled" => "The rotation is cancelled: the next secret is refused. It has signed nothing.",
        "secret-removed" => "The previous secret is removed: its tokens are refused.",
        "secret" => "The API has a new signing secret. Give it to your API: tokens signed with it are refused until then.",
        _ => return None,
    })
}

/// The rotation under way: what is to be done, and how it ends.
fn under_way(id: &str, complete: Post, cancel: Post) -> AnyView {
    let ends = [
        (
            complete,
            "Complete rotation",
            "Sign with the next secret?",
            [
                "New tokens are signed with the next secret: an API that does not have it yet refuses them.",
                "Tokens that were signed with the current secret are accepted until they expire, by an API that keeps both until then.",
            ],
        ),
        (
            cancel,
            "Cancel rotation",
            "Throw the next secret away?",
            [
                "Nothing changes for your API: the next secret has signed no token.",
                "Take it out of your API again, if it is there already.",
            ],
        ),
    ]
    .map(|(post, label, title, consequences)| {
        let button = view! { <Button kind=Kind::Danger>{label}</Button> }.into_any();
        let form = act(post, id, None, button);
        view! {
            <Confirm label=label title=title>
                <ul class="consequences">{consequences.map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                {form}
            </Confirm>
        }
    });
    let quickstart = format!("/apis/{id}/quickstart");
    view! {
        <Note tone=Tone::Info>
            <p>
                <strong>"A rotation is under way. "</strong>
                "New tokens are signed with the current secret until you complete it."
            </p>
            <p>
                "Give the next secret to your API beside the current one, each under its key ID; the " <a href=quickstart>"Quickstart"</a>
                " shows how. When the API has both, complete the rotation."
            </p>
            <div class="row">{ends}</div>
        </Note>
    }
    .into_any()
}

fn card(id: &str, secret: &SigningSecret, shown: Option<&Secret>, remove: Post, now: Timestamp) -> (String, String, String) {
    let created = relative(secret.created_at, now);
    let (title, tone, chip, facts) = match secret.state {
        SigningSecretState::Next => (
            "Next secret",
            Tone::Info,
            "Takes over",
            format!("Created {created}. Signs nothing until the rotation is completed."),
        ),
        SigningSecretState::Current => (
            "Current secret",
            Tone::Good,
            "Signs tokens",
            format!(
                "Signs since {} · Created {created}",
                relative(secret.current_since.unwrap_or(secret.created_at), now)
            ),
        ),
        SigningSecretState::Previous => {
            let ended = relative(secret.current_until.unwrap_or(secret.created_at), now);
            let until = secret.tokens_until.unwrap_or(now);
            (
                "Previous secret",
                Tone::Plain,
                "Still accepted",
                format!(
                    "Signed until {ended} · Accepted until its last token expires, {} · Created {created}",
                    relative(until, now)
                ),
            )
        }
    };
    let moments = [
        ("created", Some(secret.created_at)),
        ("signs since", secret.current_since),
        ("signed until", secret.current_until),
        ("last token expires", secret.tokens_until),
    ];
    let moments = moments.into_iter().filter_map(|(what, at)| Some(format!("{what} {}", exact(at?))));
    let exactly = moments.collect::<Vec<_>>().join(", ");
    let plain = shown.map(|secret| secret.reveal().to_owned()).map(|secret| {
        view! {
            <Note tone=Tone::Warn>
                <Mono text=secret />
                <p>"Shown once: loading this page again hides it."</p>
            </Note>
        }
    });
    let removal = (secret.state == SigningSecretState::Previous).then(|| {
        let button = view! { <Button kind=Kind::Danger>"Remove secret"</Button> }.into_any();
        let form = act(remove, id, Some(&secret.kid), button);
        view! {
            <div class="row">
                <Confirm label="Remove" title="Remove this previous secret?">
                    <ul class="consequences">
                        <li>"Tokens that it signed are refused by this server at once, and by your API when you take the secret out there."</li>
                        <li>"Left alone, it goes by itself when its last token has expired."</li>
                    </ul>
                    {form}
                </Confirm>
            </div>
        }
    });
    let head = view! {
        <div class="row">
            <h3>{title}</h3>
            <Chip tone=tone>{chip}</Chip>
        </div>
        {plain}
    };
    let foot = view! {
        <p class="soft" title=exactly>
            {facts}
        </p>
        {removal}
    };
    (secret.kid.clone(), head.to_html(), foot.to_html())
}

/// The way out when a secret is known to others.
fn at_once(api: &Api) -> String {
    let rotate = Post::to::<RotateSigningSecret>();
    let (id, title) = (api.id.clone(), format!("Rotate the signing secret of {} at once?", api.name));
    view! {
        <Danger title="Rotate at once" text="Do this when a secret may have been seen by others. To rotate without an outage, start a rotation above.">
            <ConfirmPost
                label="Rotate at once"
                title=title
                consequences=vec![
                    "One new secret takes the place of all that are listed here. New tokens are signed with it: your API refuses them until it has it.".into(),
                    "Tokens that were signed with the others are refused by this server at once, and by your API when it has the new secret only.".into(),
                ]
                post=rotate
                field=("id", id)
            />
        </Danger>
    }
    .to_html()
}

/// A form of one button about the secrets of an API, or about one of them.
fn act(post: Post, id: &str, kid: Option<&str>, button: AnyView) -> AnyView {
    let (id, kid) = (id.to_owned(), kid.map(str::to_owned));
    view! {
        <PostForm post=post attr:class="inline">
            <input type="hidden" name="id" value=id />
            {kid.map(|kid| view! { <input type="hidden" name="kid" value=kid /> })}
            {button}
        </PostForm>
    }
    .into_any()
}
