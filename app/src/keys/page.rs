//! `/keys`: the life of each signing key, and what to do with them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::key::{Key, KeyState};
use model::time::{Timestamp, exact};

use super::server_fns::{KeyList, ListKeys, RevokeKey, RotateKeys};
use crate::ui::{
    Button, Card, Chip, Confirm, CopyButton, Danger, Empty, ErrorPanel, FormError, IconName, Kind, Load, Mono, Note, PageHead, Post, PostForm,
    Skeleton, TextField, Tone, When, ask,
};

/// Characters of a key id that are typed to revoke it.
const BEGINNING: usize = 6;

/// The signing keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    let rotate = Post::to::<RotateKeys>();
    let revoke = Post::to::<RevokeKey>();
    let keys = Load::<KeyList>::new(move || ask(ListKeys {}).after(rotate.version().get() + revoke.version().get()));
    view! {
        <Title text="Keys" />
        <PageHead title="Keys" sub=|| "The key pairs that sign RS256 tokens, and the address where your APIs find the public ones" />
        <Done />
        <Transition fallback=|| view! { <Skeleton rows=4 /> }>
            {move || Suspend::new(async move {
                match keys.await {
                    Ok(list) => view! { <Keys list=list rotate=rotate revoke=revoke /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The first characters of a key id.
pub(super) fn beginning(kid: &str) -> String {
    kid.chars().take(BEGINNING).collect()
}

/// What an error about the confirmation of revoking this key is named after: there may be several such fields on the page.
pub(super) fn confirm_field(kid: &str) -> String {
    format!("confirm-{kid}")
}

/// Says what has just been done; it stands in the address, so that a form posted without scripts gets it too.
#[component]
fn Done() -> impl IntoView {
    let query = use_query_map();
    view! {
        <div role="status">
            {move || {
                let text = match query.with(|query| query.get("done")).as_deref() {
                    Some("rotated") => "The next key signs now. The former one stays published, so its tokens go on verifying.",
                    Some("revoked") => "The key is revoked. Tokens that it signed are refused once verifiers have read the JWKS again.",
                    _ => return None,
                };
                Some(view! { <Note tone=Tone::Good>{text}</Note> })
            }}
        </div>
    }
}

#[component]
fn Keys(list: KeyList, rotate: Post, revoke: Post) -> impl IntoView {
    if list.keys.is_empty() {
        return view! {
            <Empty
                icon=IconName::Keys
                title="No keys yet"
                text="Without a key no RS256 token can be signed. Rotating makes one that signs at once and one that comes next."
            >
                <RotateForm rotate=rotate />
            </Empty>
        }
        .into_any();
    }
    let rows = list
        .keys
        .iter()
        .map(|key| view! { <KeyRow key=key.clone() now=list.as_of revoke=revoke /> })
        .collect_view();
    // Shown at the field of the key that it is about, unless it is about none.
    let refused = move || {
        let error = revoke
            .error()
            .filter(|error| !error.field().is_some_and(|field| field.starts_with("confirm-")));
        error.map(|error| error.message())
    };
    view! {
        {move || refused().map(|message| view! { <Note tone=Tone::Bad>{message}</Note> })}
        <div class="sections">
            <section aria-labelledby="life-head">
                <h2 id="life-head">"Life of the keys"</h2>
                <Card>
                    <table class="keys">
                        <caption class="vh">"Signing keys"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"State"</th>
                                <th scope="col">"Key ID"</th>
                                <th scope="col" class="hide-s">
                                    "Made"
                                </th>
                                <th scope="col">"Signed"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </Card>
            </section>
            <section aria-labelledby="jwks-head">
                <h2 id="jwks-head">"Where APIs find the public keys"</h2>
                <Card>
                    <JwksAddress address=list.jwks_uri />
                </Card>
            </section>
            <section aria-labelledby="rotate-head">
                <h2 id="rotate-head">"Rotation"</h2>
                <Card>
                    <RotateZone rotate=rotate />
                </Card>
            </section>
        </div>
    }
    .into_any()
}

/// A key: its row and, where it can be revoked, a row for that.
#[component]
fn KeyRow(key: Key, now: Timestamp, revoke: Post) -> impl IntoView {
    let (tone, state) = match key.state {
        KeyState::Current => (Tone::Good, "Current"),
        KeyState::Next => (Tone::Info, "Next"),
        KeyState::Previous => (Tone::Plain, "Previous"),
        KeyState::Revoked => (Tone::Bad, "Revoked"),
    };
    let life = life(&key, now);
    let revocable = (key.state == KeyState::Previous).then(|| {
        view! {
            <tr class="more">
                <td colspan="4">
                    <RevokeConfirm key=key.clone() revoke=revoke />
                </td>
            </tr>
        }
    });
    view! {
        <tr>
            <td>
                <Chip tone=tone>{state}</Chip>
            </td>
            <td>
                <Mono text=key.kid.clone() short=true copy=true />
            </td>
            <td class="hide-s">
                <When at=key.created_at now=now />
            </td>
            <td>{life}</td>
        </tr>
        {revocable}
    }
    .into_any()
}

/// Since when and until when the key has signed, and what became of it.
fn life(key: &Key, now: Timestamp) -> AnyView {
    let when = move |at: Timestamp| view! { <When at=at now=now /> };
    let signed = match (key.current_since, key.current_until) {
        (Some(since), None) => view! { "Since " {when(since)} }.into_any(),
        (Some(since), Some(until)) => view! { "From " {when(since)} " until " {when(until)} }.into_any(),
        (None, _) if key.state == KeyState::Next => view! { "Signs after the next rotation; published already" }.into_any(),
        (None, _) => view! { "Never" }.into_any(),
    };
    let revoked = key.revoked_at.map(|at| view! { ", revoked " {when(at)} });
    view! { {signed} {revoked} }.into_any()
}

#[component]
fn RevokeConfirm(key: Key, revoke: Post) -> impl IntoView {
    let (start, field) = (beginning(&key.kid), confirm_field(&key.kid));
    let error = revoke.error_of(field.clone());
    let tokens = match key.current_until {
        Some(until) => format!(
            "Every token that this key signed stops verifying, even where it has not expired. The last one was issued by {}.",
            exact(until)
        ),
        None => "Every token that this key signed stops verifying, even where it has not expired.".to_owned(),
    };
    view! {
        <Confirm
            label="Revoke"
            title=format!("Revoke the key {start}…?")
            open=Signal::derive(move || error.with(Option::is_some))
        >
            <ul class="consequences">
                <li>{tokens}</li>
                <li>"It leaves the JWKS at once; a verifier that keeps a copy goes on trusting it until it reads the JWKS again."</li>
                <li>"This can't be undone."</li>
            </ul>
            <PostForm post=revoke attr:class="form">
                <input type="hidden" name="kid" value=key.kid.clone() />
                <TextField
                    name="confirm"
                    id=field
                    label=format!("Type {start} to confirm")
                    mono=true
                    required=true
                    error=error
                />
                <div class="form-actions">
                    <Button kind=Kind::Danger pending=revoke.pending()>
                        "Revoke key"
                    </Button>
                </div>
            </PostForm>
        </Confirm>
    }
    .into_any()
}

#[component]
fn JwksAddress(address: String) -> impl IntoView {
    view! {
        <dl class="facts">
            <dt>"JWKS"</dt>
            <dd>
                <a class="mono" href=address.clone() rel="external">
                    {address.clone()}
                </a>
                " "
                <CopyButton text=address />
            </dd>
        </dl>
        <p class="hint">
            "Verifiers fetch this address and pick the key that a token's kid names. It lists the current, next and previous keys, so a rotation needs no change at your APIs."
        </p>
    }
    .into_any()
}

#[component]
fn RotateZone(rotate: Post) -> impl IntoView {
    view! {
        <Danger title="Rotate the keys" text="Do this on a schedule of yours, or when the current key may have been seen by others.">
            <Confirm
                label="Rotate keys"
                title="Rotate the keys?"
                open=rotate.refused()
            >
                <ul class="consequences">
                    <li>"The next key signs from now on, and a new next key is made and published."</li>
                    <li>"The current key becomes a previous one. It stays published, so tokens that it signed go on verifying."</li>
                    <li>"A verifier that pinned the current key instead of reading the JWKS refuses new tokens."</li>
                </ul>
                <RotateForm rotate=rotate />
            </Confirm>
        </Danger>
    }
    .into_any()
}

#[component]
fn RotateForm(rotate: Post) -> impl IntoView {
    view! {
        <PostForm post=rotate attr:class="form">
            <FormError of=rotate />
            <div class="form-actions">
                <Button kind=Kind::Danger pending=rotate.pending()>
                    "Rotate keys"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn the_beginning_of_a_key_id_is_what_is_typed() {
        assert_eq!(beginning("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), "NzbLsX");
        assert_eq!(beginning("ab"), "ab");
    }
}
