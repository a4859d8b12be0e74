//! What the page of a found secret says: rendered on the server for every browser, as the secrets of a client are.

use leptos::prelude::*;
use model::client_secret::{Owner, PASTED_MAX};

use super::secret_fns::{FindClientSecret, RevokeClientSecret};
use super::secrets::used;
use crate::ui::{Button, Card, FormError, Kind, Note, Post, PostForm, TextField, Tone};

/// The field to paste into.
pub(super) fn form() -> String {
    let find = Post::to::<FindClientSecret>();
    view! {
        <section class="part found" aria-labelledby="found-head">
            <h2 id="found-head">"Found a secret somewhere?"</h2>
            <Card>
                <PostForm post=find attr:class="form">
                    <FormError of=find fields=&["secret"] />
                    <TextField
                        name="secret"
                        label="Secret"
                        hint="See whose it is, and take it away. What you paste is compared and forgotten: it is not stored, logged or put into an address."
                        required=true
                        mono=true
                        max=PASTED_MAX
                        error=find.error_of("secret")
                    />
                    <div class="form-actions">
                        <Button>"Find its client"</Button>
                    </div>
                </PostForm>
            </Card>
        </section>
    }
    .to_html()
}

/// What is said of a secret that no client has.
pub(super) fn nobodys(result: &str) -> String {
    let (tone, text) = match result {
        "foreign" => (
            Tone::Info,
            "This is no secret of a client of this server, and it does not look like one that Tessera makes.",
        ),
        "mistyped" => (
            Tone::Warn,
            "This begins like a secret of Tessera, but its checksum does not hold: a character is wrong, missing or too many. Copy it again, whole.",
        ),
        "unknown" => (
            Tone::Good,
            "This has the form of a secret of Tessera, but no client of this server has it: it was removed, or it belongs to another server.",
        ),
        _ => return String::new(),
    };
    view! { <Note tone=tone>{text}</Note> }.to_html()
}

/// Whose it is, and the form that takes it away.
pub(super) fn owned(owner: Owner) -> String {
    let revoke = Post::to::<RevokeClientSecret>();
    let Owner {
        client,
        secret,
        is_live,
        is_only_live: replace,
        as_of,
    } = owner;
    let state = if is_live {
        "It is live: whoever has it can ask for tokens."
    } else {
        "It has expired and is refused."
    };
    let settings = format!("/clients/{}/settings", client.client_id);
    let (label, loss) = match (replace, is_live) {
        (true, true) => (
            "Replace secret",
            "It is the client's only live secret. Once replaced it is refused; until the program has the new one, it gets no token.",
        ),
        (true, false) => (
            "Replace secret",
            "It is the client's only secret. Once replaced it is gone, and the client has a new one.",
        ),
        (false, _) => ("Remove secret", "Once removed it is refused. The client's other secrets stay valid."),
    };
    let title = format!("“{}” of ", secret.name);
    let used = format!("It was {}.", used(&secret, as_of));
    view! {
        <FormError of=revoke />
        <div class="confirm-panel">
            <h2>
                {title}
                <a class="name" href=settings>
                    {client.name}
                </a>
            </h2>
            <ul class="consequences">
                <li>{state}</li>
                <li>{used}</li>
                <li>{loss}</li>
                <li>"Tokens that were issued for it stay valid until they expire. The log says that it was reported as leaked."</li>
            </ul>
            <PostForm post=revoke attr:class="form-actions">
                <input type="hidden" name="client_id" value=client.client_id />
                <input type="hidden" name="secret_id" value=secret.id />
                <input type="hidden" name="replace" value=replace.to_string() />
                <Button kind=Kind::Danger pending=revoke.pending()>
                    {label}
                </Button>
            </PostForm>
        </div>
    }
    .to_html()
}
