//! `/keys`: the life of each signing key by algorithm, and what to do with them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::key::{Key, KeyAlg, KeyState};
use model::rotation::{RotationSchedule, retires_at};
use model::time::{Timestamp, exact};

use super::schedule::Schedule;
use super::server_fns::{KeyList, ListKeys, RevokeKey, RotateKeys, SetRotationSchedule};
use crate::ui::{
    Button, Card, CheckField, Chip, Confirm, CopyButton, ErrorPanel, FormError, Kind, Load, Mono, Note, PageHead, Post, PostForm, Skeleton,
    TextField, Tone, When, ask,
};

/// Characters of a key id that are typed to revoke it.
const BEGINNING: usize = 6;

/// The signing keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    let posts = Posts {
        rotate: Post::to::<RotateKeys>(),
        revoke: Post::to::<RevokeKey>(),
        schedule: Post::to::<SetRotationSchedule>(),
    };
    let changes = move || [posts.rotate, posts.revoke, posts.schedule].iter().map(|post| post.version().get()).sum();
    let keys = Load::<KeyList>::new(move || ask(ListKeys {}).after(changes()));
    view! {
        <Title text="Keys" />
        <PageHead title="Keys" sub=|| "The key pairs that sign tokens, and the address where your APIs find the public ones" />
        <Done />
        <Transition fallback=|| view! { <Skeleton rows=4 /> }>
            {move || Suspend::new(async move {
                match keys.await {
                    Ok(list) => view! { <Keys list=list posts=posts /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What the forms of the page post to.
#[derive(Clone, Copy)]
struct Posts {
    rotate: Post,
    revoke: Post,
    schedule: Post,
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
                    Some("rotated-revoked") => {
                        "The next key signs now. The former one is revoked: its tokens are refused once verifiers have read the JWKS again."
                    }
                    Some("schedule") => "The schedule is saved.",
                    _ => return None,
                };
                Some(view! { <Note tone=Tone::Good>{text}</Note> })
            }}
        </div>
    }
}

#[component]
fn Keys(list: KeyList, posts: Posts) -> impl IntoView {
    let KeyList {
        keys,
        schedule,
        jwks_uri,
        as_of,
    } = list;
    let sets = KeyAlg::ALL
        .into_iter()
        .filter_map(|alg| {
            let keys: Vec<Key> = keys.iter().filter(|key| key.alg == alg).cloned().collect();
            let set = Set {
                alg,
                keys,
                schedule,
                now: as_of,
            };
            (!set.keys.is_empty()).then(|| view! { <SetSection set=set posts=posts /> })
        })
        .collect_view();
    // Shown at the field of the key that it is about, unless it is about none.
    let refused = move || {
        let error = posts
            .revoke
            .error()
            .filter(|error| !error.field().is_some_and(|field| field.starts_with("confirm-")));
        error.map(|error| error.message())
    };
    view! {
        {move || refused().map(|message| view! { <Note tone=Tone::Bad>{message}</Note> })}
        <div class="sections">
            {sets} <section aria-labelledby="jwks-head">
                <h2 id="jwks-head">"Where APIs find the public keys"</h2>
                <Card>
                    <JwksAddress address=jwks_uri />
                </Card>
            </section> <section aria-labelledby="schedule-head">
                <h2 id="schedule-head">"Rotation by schedule"</h2>
                <Card>
                    <Schedule schedule=schedule post=posts.schedule />
                </Card>
            </section>
        </div>
    }
    .into_any()
}

/// The keys of one algorithm.
#[derive(Clone)]
struct Set {
    alg: KeyAlg,
    keys: Vec<Key>,
    schedule: Option<RotationSchedule>,
    now: Timestamp,
}

impl Set {
    fn in_state(&self, state: KeyState) -> Option<&Key> {
        self.keys.iter().find(|key| key.state == state)
    }

    /// When the next key signs by schedule.
    fn rotates_at(&self) -> Option<Timestamp> {
        Some(
            self.schedule?
                .rotates_at(self.in_state(KeyState::Current)?, self.in_state(KeyState::Next)?),
        )
    }

    /// For how long the next key is known; verifiers keep copies of the JWKS for minutes.
    fn next_is_young(&self) -> bool {
        let known = self.in_state(KeyState::Next).map(|next| self.now - next.created_at);
        known.is_some_and(|known| known < model::rotation::ANNOUNCE.0)
    }
}

#[component]
fn SetSection(set: Set, posts: Posts) -> impl IntoView {
    let (alg, head) = (set.alg, format!("keys-{}", set.alg.as_str()));
    let labelled_by = head.clone();
    let rows = set
        .keys
        .iter()
        .map(|key| view! { <KeyRow key=key.clone() set=set.clone() revoke=posts.revoke /> })
        .collect_view();
    view! {
        <section aria-labelledby=labelled_by>
            <h2 id=head>{alg.as_str()}</h2>
            <Card>
                <table class="keys">
                    <caption class="vh">{format!("Keys that sign with {}", alg.as_str())}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"State"</th>
                            <th scope="col">"Key ID"</th>
                            <th scope="col">"Life"</th>
                            <th scope="col" class="hide-s">
                                "Tokens signed"
                            </th>
                            <th scope="col" class="hide-s">
                                "Last used"
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                <Rotate set=set rotate=posts.rotate />
            </Card>
        </section>
    }
    .into_any()
}

/// A key: its row and, where it can be revoked, a row for that.
#[component]
fn KeyRow(key: Key, set: Set, revoke: Post) -> impl IntoView {
    let (tone, state) = match key.state {
        KeyState::Current => (Tone::Good, "Current"),
        KeyState::Next => (Tone::Info, "Next"),
        KeyState::Previous => (Tone::Plain, "Previous"),
        KeyState::Retired => (Tone::Plain, "Retired"),
        KeyState::Revoked => (Tone::Bad, "Revoked"),
    };
    let (life, now) = (life(&key, &set), set.now);
    let revocable = (key.state == KeyState::Previous).then(|| {
        view! {
            <tr class="more">
                <td colspan="5">
                    <RevokeConfirm key=key.clone() revoke=revoke />
                </td>
            </tr>
        }
    });
    let last_used = match key.last_used_at {
        Some(at) => view! { <When at=at now=now /> }.into_any(),
        None => view! { "Never" }.into_any(),
    };
    view! {
        <tr>
            <td>
                <Chip tone=tone>{state}</Chip>
            </td>
            <td>
                <Mono text=key.kid.clone() short=true copy=true />
            </td>
            <td>{life}</td>
            <td class="hide-s num">{key.tokens_signed}</td>
            <td class="hide-s">{last_used}</td>
        </tr>
        {revocable}
    }
    .into_any()
}

/// Since when and until when the key signs and is published.
fn life(key: &Key, set: &Set) -> AnyView {
    let now = set.now;
    let when = move |at: Timestamp| view! { <When at=at now=now /> };
    let signs = match (key.current_since, key.current_until) {
        (Some(since), None) => view! { "Signs since " {when(since)} }.into_any(),
        (Some(since), Some(until)) => view! { "Signed from " {when(since)} " until " {when(until)} }.into_any(),
        (None, _) if key.state == KeyState::Next => view! { "Published " {when(key.created_at)} }.into_any(),
        (None, _) => view! { "Never signed" }.into_any(),
    };
    let then = match (key.state, set.rotates_at()) {
        (KeyState::Current, Some(at)) => view! { ", until " {when(at)} }.into_any(),
        (KeyState::Next, Some(at)) => view! { ", signs " {when(at)} }.into_any(),
        (KeyState::Next, None) => view! { ", signs after the next rotation" }.into_any(),
        (KeyState::Previous, _) => {
            let until = retires_at(key, set.schedule.as_ref());
            until
                .map(|at| view! { ", published until its last token has expired " {when(at)} })
                .into_any()
        }
        (KeyState::Retired, _) => key
            .revoked_at
            .map(|at| view! { ", its last token has expired; retired " {when(at)} })
            .into_any(),
        (KeyState::Revoked, _) => key.revoked_at.map(|at| view! { ", revoked " {when(at)} }).into_any(),
        (KeyState::Current, None) => ().into_any(),
    };
    view! { {signs} {then} }.into_any()
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
fn Rotate(set: Set, rotate: Post) -> impl IntoView {
    let young = set.next_is_young().then(|| {
        view! {
            <li>
                <b>"The next key is published for less than 10 minutes."</b>
                " Verifiers that keep a copy of the JWKS may not know it yet and refuse its tokens until they read it again."
            </li>
        }
    });
    view! {
        <div class="card-foot">
            <Confirm label="Rotate keys" title=format!("Rotate the {} keys?", set.alg.as_str()) open=rotate.refused()>
                <ul class="consequences">
                    <li>"The next key signs from now on, and a new next key is made and published."</li>
                    <li>"The current key becomes a previous one. It stays published until the last token that it signed has expired."</li>
                    <li>"A verifier that pinned the current key instead of reading the JWKS refuses new tokens."</li>
                    {young}
                </ul>
                <PostForm post=rotate attr:class="form">
                    <FormError of=rotate />
                    <input type="hidden" name="alg" value=set.alg.as_str() />
                    <CheckField
                        name="revoke"
                        label="Also revoke the current key"
                        hint="For a key that others may have: every token that it signed stops verifying, even where it has not expired."
                    />
                    <div class="form-actions">
                        <Button kind=Kind::Danger pending=rotate.pending()>
                            "Rotate keys"
                        </Button>
                    </div>
                </PostForm>
            </Confirm>
        </div>
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
