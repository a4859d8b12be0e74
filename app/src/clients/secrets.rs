//! The secrets of a client on its Settings tab: added, changed, removed, and rotated without an outage.
//!
//! All of it is words and forms. It is rendered here, on the server, also for browsers that run our script: those put it into the page
//! as it is and post its forms themselves, so that it costs the bundle nothing.

use leptos::prelude::*;
use model::client_secret::{ClientSecret, SECRET_NAME_MAX, SECRETS_MAX, UNUSED_CHOICES, UNUSED_DEFAULT};
use model::secret::Secret;
use model::time::{Timestamp, day, exact, relative};

use super::secret_fns::{AddClientSecret, CancelSecretRotation, CompleteSecretRotation, RemoveClientSecret, StartSecretRotation, UpdateClientSecret};
use super::server_fns::SecretCard;
use crate::ui::{Button, Card, Chip, Confirm, FormError, Kind, LinkButton, Mono, Note, Post, PostForm, TextField, Tone};

/// Where the forms post to.
#[derive(Clone, Copy)]
struct Posts {
    add: Post,
    update: Post,
    remove: Post,
    start: Post,
    complete: Post,
    cancel: Post,
}

/// Everything about the secrets of a client but the way to show them: what stands above, each card, and what stands below. `unused`
/// is the number of days that was asked for, `saved` what was just done.
pub(super) fn render(client_id: &str, secrets: &[ClientSecret], (unused, saved): (&str, &str), now: Timestamp) -> (String, Vec<SecretCard>, String) {
    let posts = Posts {
        add: Post::to::<AddClientSecret>(),
        update: Post::to::<UpdateClientSecret>(),
        remove: Post::to::<RemoveClientSecret>(),
        start: Post::to::<StartSecretRotation>(),
        complete: Post::to::<CompleteSecretRotation>(),
        cancel: Post::to::<CancelSecretRotation>(),
    };
    let days = unused.parse().ok().filter(|days| UNUSED_CHOICES.contains(days)).unwrap_or(UNUSED_DEFAULT);
    let under_way = ClientSecret::rotation(secrets);
    let cards = secrets.iter().map(|secret| card(posts, secret, secrets, days, now, under_way.is_none()));
    let head = view! {
        <div role="status">{said(saved).map(|text| view! { <Note tone=Tone::Good>{text}</Note> })}</div>
        <FormError of=posts.update />
        <FormError of=posts.remove />
        <FormError of=posts.start />
        <FormError of=posts.complete />
        <FormError of=posts.cancel />
        {under_way.map(|(new, old)| rotation(posts, new, old, now))}
        <p class="hint">"A secret is shown for 30 seconds. Each look at it leaves a log entry. Last use is written a few seconds late."</p>
        {(secrets.len() > 1).then(|| view! { <p class="hint">"Called safe to remove when unused for " {choices(days)}</p> })}
    };
    let foot = if secrets.len() < SECRETS_MAX {
        add(posts.add, client_id.to_owned())
    } else {
        view! { <p>{format!("A client has at most {SECRETS_MAX} secrets. Remove one to add another.")}</p> }.into_any()
    };
    (head.to_html(), cards.collect(), foot.to_html())
}

/// A secret on the page of a browser without scripts, or where to find it.
pub(super) fn shown_once(client_id: &str, secret: Option<Secret>) -> String {
    let told = match secret {
        Some(secret) => view! {
            <Card>
                <dl class="facts">
                    <dt>"Client secret"</dt>
                    <dd>
                        <Mono text=secret.reveal().to_owned() />
                    </dd>
                </dl>
            </Card>
            <Note tone=Tone::Warn>
                "Shown once: loading this page again hides it. Whoever has it can ask for tokens as this client."
            </Note>
        }
        .into_any(),
        None => view! {
            <Note tone=Tone::Info>"The client secret is hidden. Press Show on the Settings tab to see it here once."</Note>
        }
        .into_any(),
    };
    let settings = format!("/clients/{client_id}/settings");
    view! {
        {told}
        <p class="form-actions">
            <LinkButton href=settings>"Back to Settings"</LinkButton>
        </p>
    }
    .to_html()
}

/// What was done, in words; it stands in the address, since a browser without scripts gets there by a redirect.
fn said(saved: &str) -> Option<&'static str> {
    Some(match saved {
        "secret-added" => "The client has one more secret. The others stay valid.",
        "secret-changed" => "The secret is changed.",
        "secret-removed" => "The secret is removed and refused.",
        "secret-revoked" => "The leaked secret is removed and refused.",
        "secret-replaced" => "The leaked secret is refused. Give the new one to the program that uses it.",
        "rotation-started" => "The rotation has begun: both secrets are accepted. Give the new one to the program that uses it.",
        "rotation-completed" => "The rotation is complete: the old secret is refused.",
        "rotation-cancelled" => "The rotation is cancelled: the new secret is refused.",
        _ => return None,
    })
}

/// Links to the lengths of time: what is chosen stands in the address.
fn choices(chosen: i64) -> AnyView {
    UNUSED_CHOICES
        .map(|days| {
            let label = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            let current = (days == chosen).then_some("true");
            view! {
                <a class="choice" data-noscroll="" href=format!("?unused={days}") aria-current=current>
                    {label}
                </a>
                " "
            }
        })
        .collect_view()
        .into_any()
}

fn card(posts: Posts, secret: &ClientSecret, all: &[ClientSecret], days: i64, now: Timestamp, rotatable: bool) -> SecretCard {
    let ClientSecret { id, client_id, name, .. } = secret.clone();
    let only = all.len() == 1 || secret.is_only_live(all, now);
    let safe = secret.is_safe_to_remove(all, days, now);
    let chip = if !secret.is_live(now) {
        Some((Tone::Bad, "Expired"))
    } else if safe {
        Some((Tone::Good, "Safe to remove"))
    } else {
        None
    };
    let expires = match secret.expires_at {
        None => "Does not expire".to_owned(),
        Some(at) if now < at => format!("Expires {}", relative(at, now)),
        Some(at) => format!("Expired {}", relative(at, now)),
    };
    let facts = format!("{} · Created {} · {expires}", sentence(secret, now), relative(secret.created_at, now));
    let exactly = [Some(secret.created_at), secret.last_used.as_ref().map(|used| used.at), secret.expires_at];
    let [created, used, expiry] = exactly.map(|at| at.map_or_else(|| "never".to_owned(), exact));
    let title = format!("Last used {used}, created {created}, expires {expiry}");
    let rotate = rotatable.then(|| {
        let whose = of(&name);
        act(
            posts.start,
            &client_id,
            &id,
            view! { <Button small=true>"Rotate" {whose}</Button> }.into_any(),
        )
    });
    let remove = (!only).then(|| {
        let loss = if secret.last_used.is_none() {
            "It has never been used.".to_owned()
        } else {
            format!("{}: what still sends it gets no new token.", sentence(secret, now))
        };
        let button = view! { <Button kind=Kind::Danger>"Remove secret"</Button> }.into_any();
        let form = act(posts.remove, &client_id, &id, button);
        view! {
            <Confirm label="Remove" title=format!("Remove {name}?")>
                <ul class="consequences">
                    <li>{loss}</li>
                    <li>"It is refused at once. Tokens that were issued for it stay valid until they expire."</li>
                </ul>
                {form}
            </Confirm>
        }
    });
    let whose = of(&name);
    let edit = fields(posts.update, &id, name.clone(), secret.expires_at);
    let part = match ClientSecret::rotation(all) {
        Some((new, _)) if new.id == id => Some((Tone::Info, "Takes over")),
        Some((_, old)) if old.id == id => Some((Tone::Plain, "Being replaced")),
        _ => None,
    };
    let chips = [part, chip].into_iter().flatten();
    let head = view! {
        <div class="row">
            <h3>{name}</h3>
            {chips.map(|(tone, words)| view! { <Chip tone=tone>{words}</Chip> }).collect_view()}
        </div>
    };
    let (secret_id, label) = (id.clone(), view! { "Edit" {whose} });
    let foot = view! {
        <p class="soft" title=title>
            {facts}
        </p>
        <div class="row">
            {rotate} <details class="confirm">
                <summary class="btn small">{label}</summary>
                <PostForm post=posts.update attr:class="form form-row">
                    <input type="hidden" name="client_id" value=client_id />
                    <input type="hidden" name="secret_id" value=secret_id />
                    {edit}
                    <div class="form-actions">
                        <Button kind=Kind::Primary small=true>
                            "Save"
                        </Button>
                    </div>
                </PostForm>
            </details> {remove}
        </div>
    };
    SecretCard(id, head.to_html(), foot.to_html())
}

/// Whose button it is, for those who don't see it beside the name.
fn of(name: &str) -> AnyView {
    view! { <span class="vh">{format!(" {name}")}</span> }.into_any()
}

/// A form of one button about a secret.
fn act(post: Post, client_id: &str, secret_id: &str, button: AnyView) -> AnyView {
    let (client_id, secret_id) = (client_id.to_owned(), secret_id.to_owned());
    view! {
        <PostForm post=post attr:class="inline">
            <input type="hidden" name="client_id" value=client_id />
            <input type="hidden" name="secret_id" value=secret_id />
            {button}
        </PostForm>
    }
    .into_any()
}

/// Name and expiry.
fn fields(post: Post, id: &str, name: String, expires_at: Option<Timestamp>) -> AnyView {
    let new = id.is_empty();
    view! {
        <TextField
            id=format!("f-name-{id}")
            name="name"
            label="Secret name"
            value=name
            required=!new
            max=SECRET_NAME_MAX
            error=if new { post.error_of("name") } else { Signal::default() }
        />
        <TextField
            id=format!("f-expires-{id}")
            name="expires_at"
            label="Expires on"
            kind="date"
            value=expires_at.map(day).unwrap_or_default()
            hint="Refused from the start of this day, UTC."
            error=if new { post.error_of("expires_at") } else { Signal::default() }
        />
    }
    .into_any()
}

fn add(post: Post, client_id: String) -> AnyView {
    view! {
        <div class="client-secret">
            <details class="confirm" open=post.refused()>
                <summary class="btn">"Add a secret"</summary>
                <PostForm post=post attr:class="form form-row">
                    <FormError of=post fields=&["name", "expires_at"] />
                    <input type="hidden" name="client_id" value=client_id />
                    {fields(post, "", String::new(), None)}
                    <div class="form-actions">
                        <Button kind=Kind::Primary pending=post.pending()>
                            "Add secret"
                        </Button>
                    </div>
                </PostForm>
            </details>
        </div>
    }
    .into_any()
}

/// The rotation under way: what is known of both secrets, and how it ends.
fn rotation(posts: Posts, new: &ClientSecret, old: &ClientSecret, now: Timestamp) -> AnyView {
    let still = old.last_used.as_ref().filter(|used| used.at >= new.created_at);
    let verdict = match still {
        Some(_) => format!("{} is still in use: {}.", old.name, used(old, now)),
        None => format!("{} has not been used since the rotation began.", old.name),
    };
    let taken = match new.last_used {
        Some(_) => format!("{} is in use: {}.", new.name, used(new, now)),
        None => format!("{} has not been used yet: give it to the program.", new.name),
    };
    let ends = [
        (
            posts.complete,
            "Complete rotation",
            format!("Remove {}?", old.name),
            &old.name,
            vec![verdict.clone(), taken.clone()],
        ),
        (
            posts.cancel,
            "Cancel rotation",
            format!("Remove {}?", new.name),
            &new.name,
            vec![taken.clone()],
        ),
    ]
    .map(|(post, label, title, goes, mut consequences)| {
        consequences.push(format!(
            "{goes} is refused at once. Tokens that were issued stay valid until they expire."
        ));
        let button = view! { <Button kind=Kind::Danger>{label}</Button> }.into_any();
        let form = act(post, &old.client_id, "", button);
        view! {
            <Confirm label=label title=title>
                <ul class="consequences">{consequences.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                {form}
            </Confirm>
        }
    });
    let tone = if still.is_none() && new.last_used.is_some() {
        Tone::Good
    } else {
        Tone::Info
    };
    let what = format!("{} takes over from {}. ", new.name, old.name);
    view! {
        <Note tone=tone>
            <p>
                <strong>{what}</strong>
                "Both are accepted until you complete or cancel."
            </p>
            <p>{verdict}</p>
            <p>{taken}</p>
            <div class="row">{ends}</div>
        </Note>
    }
    .into_any()
}

/// When and from where it was last used.
pub(super) fn used(secret: &ClientSecret, now: Timestamp) -> String {
    match &secret.last_used {
        None => "never used".to_owned(),
        Some(used) if used.ip.is_empty() => format!("last used {}", relative(used.at, now)),
        Some(used) => format!("last used {} from {}", relative(used.at, now), used.ip),
    }
}

/// The same at the beginning of a sentence.
fn sentence(secret: &ClientSecret, now: Timestamp) -> String {
    let text = used(secret, now);
    // The first letter is ASCII.
    text[..1].to_ascii_uppercase() + &text[1..]
}
