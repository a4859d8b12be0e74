//! `/apis/:id/settings`: what the API is called, how long its tokens live, how they are signed, and how it ends.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::Invalid;
use model::api::{Api, NAME_MAX, SigningAlg, TOKEN_LIFETIME_MAX, check_token_lifetime};
use model::time;

use super::create::algorithms;
use super::danger::DeleteApiZone;
use super::detail::{ApiTab, ApiTabs};
use super::introspection::Introspection;
use super::server_fns::ApiHead;
use super::signing_secret::SigningSecret;
use super::token_shape::TokenShape;
use crate::ui::{Button, Card, CheckField, Confirm, FormError, Kind, Mono, Note, PostForm, RadioCards, TextField, Tone};

/// The Settings tab.
#[component]
pub fn SettingsTab() -> impl IntoView {
    view! { <ApiTab title="Settings" content=settings /> }
}

fn settings(head: ApiHead) -> impl IntoView {
    let api = head.api.clone();
    let signing = if api.is_system {
        system_signing(api.signing_alg).into_any()
    } else {
        view! { <AlgorithmForm id=api.id.clone() alg=api.signing_alg /> }.into_any()
    };
    let secret = (api.signing_alg == SigningAlg::HS256).then(|| {
        let id = api.id.clone();
        view! {
            <section class="part" aria-labelledby="secret-head">
                <h2 id="secret-head">"Signing secret"</h2>
                <SigningSecret id=id />
            </section>
        }
    });
    let shape = (!api.is_system).then(|| {
        let api = api.clone();
        view! {
            <section aria-labelledby="shape-head">
                <h2 id="shape-head">"What tokens say"</h2>
                <Card>
                    <TokenShape api=api />
                </Card>
            </section>
        }
    });
    let introspection = (!api.is_system).then(|| {
        let head = head.clone();
        view! {
            <section aria-labelledby="introspection-head">
                <h2 id="introspection-head">"Introspection"</h2>
                <Card>
                    <Introspection head=head />
                </Card>
            </section>
        }
    });
    let hint = head.metadata_hint.clone();
    let danger = (!api.is_system).then(|| {
        view! {
            <section aria-labelledby="danger-head">
                <h2 id="danger-head">"Danger zone"</h2>
                <Card>
                    <DeleteApiZone head=head />
                </Card>
            </section>
        }
    });
    view! {
        <div class="sections">
            <Saved />
            <section aria-labelledby="details-head">
                <h2 id="details-head">"Details"</h2>
                <Card>
                    <Facts id=api.id.clone() identifier=api.identifier.clone() is_system=api.is_system />
                    <DetailsForm api=api hint=hint />
                </Card>
            </section>
            <section aria-labelledby="signing-head">
                <h2 id="signing-head">"Signing"</h2>
                <Card>{signing}</Card>
            </section>
            {secret}
            {shape}
            {introspection}
            {danger}
        </div>
    }
}

/// What never changes.
#[component]
fn Facts(id: String, identifier: String, is_system: bool) -> impl IntoView {
    view! {
        <dl class="facts">
            <dt>"ID"</dt>
            <dd>
                <Mono text=id copy=true />
            </dd>
            <dt>"Identifier"</dt>
            <dd>
                <Mono text=identifier copy=true />
                <p class="hint">{if is_system { SYSTEM_LOCKED } else { IDENTIFIER_LOCKED }}</p>
            </dd>
        </dl>
    }
    .into_any()
}

const IDENTIFIER_LOCKED: &str =
    "Clients send it as audience and tokens carry it as aud. It never changes, since every client and every token names it.";
const SYSTEM_LOCKED: &str = "This is the API of this server itself: its name, identifier and scopes follow the server, and it can't be deleted.";

/// Says that the last change was kept; it stands in the address, so that a form posted without script gets it too.
#[component]
fn Saved() -> impl IntoView {
    let query = use_query_map();
    let tabs = expect_context::<ApiTabs>();
    let (details_refused, alg_refused, shape_refused) = (tabs.update.refused(), tabs.change_alg.refused(), tabs.shape.refused());
    view! {
        <div role="status">
            {move || {
                let message = match query.with(|query| query.get("saved")).as_deref() {
                    Some("details") if !details_refused.get() => "The details are saved.",
                    Some("algorithm") if !alg_refused.get() => {
                        "New tokens are signed with the new algorithm. Follow the Quickstart again, so that your API expects it."
                    }
                    Some("shape") if !shape_refused.get() => "The form of the tokens is saved. It holds for new tokens.",
                    _ => return None,
                };
                Some(view! { <Note tone=Tone::Good>{message}</Note> })
            }}
        </div>
    }
}

#[component]
fn DetailsForm(api: Api, hint: String) -> impl IntoView {
    let update = expect_context::<ApiTabs>().update;
    let lifetime = RwSignal::new(api.token_lifetime.to_string());
    let name = (!api.is_system).then(|| {
        view! { <TextField name="name" label="Name" value=api.name required=true max=NAME_MAX error=update.error_of("name") /> }
    });
    let metadata = (!api.is_system).then(|| {
        view! {
            <CheckField
                name="dpop_required"
                label="Require DPoP (RFC 9449)"
                hint="Issue only tokens that are bound to a key of the client's. Your API must check the proof that comes with each call; see the Quickstart."
                checked=api.dpop_required
            />
            <CheckField name="metadata_published" label="Publish metadata (RFC 9728)" hint=hint checked=api.metadata_published />
        }
    });
    view! {
        <PostForm post=update attr:class="form">
            <FormError of=update fields=&["name", "token_lifetime"] />
            <input type="hidden" name="id" value=api.id />
            {name}
            <div on:input=move |event| lifetime.set(event_target_value(&event))>
                <TextField
                    name="token_lifetime"
                    label="Token lifetime in seconds"
                    value=api.token_lifetime.to_string()
                    hint=format!(
                        "From 1 to {TOKEN_LIFETIME_MAX} ({}). APIs that verify by themselves accept a token until then, so shorter is safer; a change holds for new tokens.",
                        time::length(TOKEN_LIFETIME_MAX),
                    )
                    kind="number"
                    required=true
                    error=update.error_of("token_lifetime")
                />
                <output class="hint num" for="f-token-lifetime">
                    {move || lifetime.with(|lifetime| in_words(lifetime))}
                </output>
            </div>
            {metadata}
            <div class="form-actions">
                <Button kind=Kind::Primary pending=update.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

/// What the lifetime that is being typed means; nothing while it is no lifetime.
fn in_words(lifetime: &str) -> String {
    parse_lifetime(lifetime).map_or_else(|_| String::new(), |seconds| format!("That is {}.", time::length(seconds)))
}

/// The seconds in a text that a person typed.
///
/// # Errors
/// [`Invalid`] on `token_lifetime` if it is no lifetime.
pub(crate) fn parse_lifetime(text: &str) -> Result<i64, Invalid> {
    // What is no number gets the same advice as one that is out of bounds.
    let seconds = text.trim().parse().unwrap_or_default();
    check_token_lifetime(seconds).map(|()| seconds)
}

/// How the system API signs; not a choice.
fn system_signing(alg: SigningAlg) -> impl IntoView {
    view! {
        <dl class="facts">
            <dt>"Algorithm"</dt>
            <dd>
                {alg.as_str()} <p class="hint">"Fixed: this server verifies these tokens itself."</p>
            </dd>
        </dl>
    }
}

/// Changes the algorithm, after saying what that means.
#[component]
fn AlgorithmForm(id: String, alg: SigningAlg) -> impl IntoView {
    let change = expect_context::<ApiTabs>().change_alg;
    view! {
        <div class="form">
            <p>
                <b>{alg.as_str()}</b>
                ": "
                {alg.meaning()}
            </p>
            <Confirm label="Change algorithm" title="Sign with another algorithm?" open=change.refused()>
                <ul class="consequences">
                    <li>"New tokens are signed with the new algorithm at once."</li>
                    <li>"Until your API follows the Quickstart for the new algorithm, it refuses every new token."</li>
                    <li>"Tokens that clients already have keep the old algorithm; an API that expects the new one refuses them."</li>
                </ul>
                <PostForm post=change attr:class="form">
                    <FormError of=change fields=&["signing_alg"] />
                    <input type="hidden" name="id" value=id />
                    <RadioCards
                        name="signing_alg"
                        legend="New algorithm"
                        options=algorithms(Some(alg), None)
                        error=change.error_of("signing_alg")
                    />
                    <div class="form-actions">
                        <Button kind=Kind::Danger pending=change.pending()>
                            "Change algorithm"
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
    use super::*;

    #[test]
    fn lifetimes_are_read_and_said_in_words() {
        for (text, words) in [
            ("86400", "That is 1 day."),
            (" 5400 ", "That is 1 hour 30 minutes."),
            ("0", ""),
            ("2592001", ""),
            ("a day", ""),
            ("", ""),
            ("99999999999999999999", ""),
        ] {
            assert_eq!(in_words(text), words, "{text}");
        }
    }

    #[test]
    fn no_lifetime_gets_the_field_and_the_limits() {
        let invalid = parse_lifetime("soon").unwrap_err();
        assert_eq!(invalid.field, "token_lifetime");
        assert!(invalid.message.contains("2592000"));
    }
}
