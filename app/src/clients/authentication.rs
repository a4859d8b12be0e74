//! `/clients/:client_id/authentication`: in which ways the client may prove itself, and the public keys for the way without a secret.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::client::{AuthMethod, Client};
use model::client_key::{ClientKey, KEYS_MAX, KID_MAX, NAME_MAX, TEXT_MAX};
use model::key::KeyAlg;

use super::auth_fns::{AddClientKey, ClientKeys, ListClientKeys, RemoveClientKey};
use super::detail::{ClientTab, ClientTabs, client_id};
use super::server_fns::ClientDetail;
use crate::ui::{
    Button, Card, CheckField, Chip, Confirm, Empty, ErrorPanel, FormError, IconName, Kind, Load, Mono, Note, Post, PostForm, RadioCards, RadioOption,
    Skeleton, TextArea, TextField, Tone, When, ask,
};

/// The Authentication tab.
#[component]
pub fn AuthenticationTab() -> impl IntoView {
    let id = client_id();
    let (add, remove) = (Post::to::<AddClientKey>(), Post::to::<RemoveClientKey>());
    let keys = Load::<ClientKeys>::new(move || {
        let version = add.version().get() + remove.version().get();
        ask(ListClientKeys { client_id: id.get() }).after(version)
    });
    view! {
        <div class="sections">
            <Saved />
            <ClientTab title="Authentication" content=methods />
            <section aria-labelledby="keys-head">
                <h2 id="keys-head">"Public keys"</h2>
                <Transition fallback=|| view! { <Skeleton rows=3 /> }>
                    {move || Suspend::new(async move {
                        match keys.await {
                            Ok(keys) => view! { <Keys id=id.get_untracked() keys=keys add=add remove=remove /> }.into_any(),
                            Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                        }
                    })}
                </Transition>
            </section>
        </div>
    }
}

/// Says that the last change was kept; it stands in the address, so that a form posted without scripts gets it too.
#[component]
fn Saved() -> impl IntoView {
    let query = use_query_map();
    view! {
        <div role="status">
            {move || {
                let text = match query.with(|query| query.get("saved")).as_deref() {
                    Some("methods") => "Saved. A request that proves the client in another way, or lacks a DPoP proof that is required, is refused from now on.",
                    Some("key") => "The key is added. Assertions signed with its private half are accepted now.",
                    Some("removed") => "The key is removed. Assertions signed with its private half are refused from now on.",
                    _ => return None,
                };
                Some(view! { <Note tone=Tone::Good>{text}</Note> })
            }}
        </div>
    }
}

fn methods(detail: ClientDetail) -> impl IntoView {
    view! {
        <section aria-labelledby="methods-head">
            <h2 id="methods-head">"How it may prove itself"</h2>
            <Card>
                <MethodsForm client=detail.client />
            </Card>
        </section>
    }
}

#[component]
fn MethodsForm(client: Client) -> impl IntoView {
    let auth = expect_context::<ClientTabs>().auth;
    let boxes = AuthMethod::ALL
        .into_iter()
        .map(|method| {
            let (label, hint) = words(method);
            view! { <CheckField name=method.as_str() label=label hint=hint checked=client.auth_methods.contains(&method) /> }
        })
        .collect_view();
    view! {
        <PostForm post=auth attr:class="form">
            <FormError of=auth />
            <input type="hidden" name="client_id" value=client.client_id />
            {boxes}
            <CheckField
                name="strict"
                label="Strict audience of assertions"
                hint="Take only assertions whose aud is the issuer alone and to the letter, as RFC 7523bis asks. Some SDKs send a list or leave out the last slash."
                checked=client.strict_assertions
            />
            <CheckField
                name="dpop_required"
                label="Require DPoP (RFC 9449)"
                hint="Give it only tokens that are bound to a key of its own: it sends a proof in the header DPoP, and whoever steals a token can't use it without that key."
                checked=client.dpop_required
            />
            <div class="form-actions">
                <Button kind=Kind::Primary pending=auth.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

fn words(method: AuthMethod) -> (&'static str, &'static str) {
    match method {
        AuthMethod::ClientSecretBasic => (
            "Secret in the header (client_secret_basic)",
            "What most libraries do first: an Authorization header of type Basic.",
        ),
        AuthMethod::ClientSecretPost => ("Secret in the body (client_secret_post)", "As the Quickstart with cURL does it."),
        AuthMethod::PrivateKeyJwt => (
            "Signed assertion (private_key_jwt)",
            "The client signs each request with a private key that never leaves it; this server knows the public half only.",
        ),
    }
}

#[component]
fn Keys(id: String, keys: ClientKeys, add: Post, remove: Post) -> impl IntoView {
    let ClientKeys { keys, as_of } = keys;
    let full = keys.len() >= KEYS_MAX;
    let rows = keys
        .into_iter()
        .map(|key| view! { <KeyRow id=id.clone() key=key now=as_of remove=remove /> })
        .collect_view();
    let list = if rows.is_empty() {
        view! {
            <Empty
                icon=IconName::Keys
                title="No keys yet"
                text="Add the public half of a key pair to let this client prove itself without a secret. Two keys at once let it change from one to the other without an outage."
            />
        }
        .into_any()
    } else {
        view! {
            <table>
                <caption class="vh">"Public keys"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Key ID"</th>
                        <th scope="col" class="hide-s">
                            "Algorithm"
                        </th>
                        <th scope="col" class="hide-s">
                            "Expires"
                        </th>
                        <th scope="col">
                            <span class="vh">"Remove"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <Card>{list}</Card>
        {(!full)
            .then(|| {
                view! {
                    <Card>
                        <AddForm id=id.clone() add=add />
                    </Card>
                }
            })}
    }
    .into_any()
}

#[component]
fn KeyRow(id: String, key: ClientKey, now: i64, remove: Post) -> impl IntoView {
    let expires = match key.expires_at {
        _ if key.unused => view! { <Chip tone=Tone::Warn>"Not in use"</Chip> }.into_any(),
        None => view! { "Never" }.into_any(),
        Some(at) if at <= now => view! { <Chip tone=Tone::Bad>"Expired"</Chip> }.into_any(),
        Some(at) => view! { <When at=at now=now /> }.into_any(),
    };
    view! {
        <tr>
            <td>{key.name.clone()}</td>
            <td>
                <Mono text=key.kid short=true copy=true />
            </td>
            <td class="hide-s">{key.alg.as_str()}</td>
            <td class="hide-s">{expires}</td>
            <td class="right">
                <Confirm label="Remove" title=format!("Remove the key {}?", key.name)>
                    <ul class="consequences">
                        <li>"Assertions signed with its private half are refused at once."</li>
                        <li>"Tokens that the client already has stay valid until they expire."</li>
                    </ul>
                    <PostForm post=remove attr:class="form">
                        <FormError of=remove />
                        <input type="hidden" name="client_id" value=id />
                        <input type="hidden" name="key_id" value=key.id />
                        <div class="form-actions">
                            <Button kind=Kind::Danger pending=remove.pending()>
                                "Remove key"
                            </Button>
                        </div>
                    </PostForm>
                </Confirm>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn AddForm(id: String, add: Post) -> impl IntoView {
    view! {
        <PostForm post=add attr:class="form">
            <FormError of=add fields=&["name", "key", "kid", "alg", "expires_at"] />
            <input type="hidden" name="client_id" value=id />
            <TextField name="name" label="Name" hint="Where the private half lives, for example build server." required=true max=NAME_MAX error=add.error_of("name") />
            <TextArea
                name="key"
                label="Public key"
                hint="PEM (a public key or a certificate) or a JWK. Never the private key."
                rows=6
                required=true
                max=TEXT_MAX
                mono=true
                error=add.error_of("key")
            />
            <RadioCards name="alg" legend="Algorithm" options=algorithms() error=add.error_of("alg") />
            <TextField
                name="kid"
                label="Key ID"
                hint="What assertions call it (kid). Empty takes that of the JWK, or the thumbprint of the key."
                max=KID_MAX
                mono=true
                error=add.error_of("kid")
            />
            <TextField
                name="expires_at"
                label="Expires"
                hint="A day such as 2030-12-31, or a moment in UTC. Empty means never."
                error=add.error_of("expires_at")
            />
            <div class="form-actions">
                <Button kind=Kind::Primary pending=add.pending()>
                    "Add key"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

fn algorithms() -> Vec<RadioOption> {
    let option = |value: &str, title: &str, text: &str| RadioOption {
        value: value.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        checked: value.is_empty(),
    };
    let by_key = option(
        "",
        "By the key",
        "RS256 for RSA keys, ES256 for P-256, EdDSA for Ed25519, or what the JWK says.",
    );
    let ps256 = option(
        KeyAlg::PS256.as_str(),
        "PS256",
        "For an RSA key whose client signs with the newer padding.",
    );
    vec![by_key, ps256]
}
