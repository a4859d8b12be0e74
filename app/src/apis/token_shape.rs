//! What the tokens of an API say beyond what every token says, with a preview of the result.

use leptos::prelude::*;
use model::api::Api;
use model::claims::{CLAIMS_MAX, NAME_MAX, VALUE_MAX};
use model::token::TokenDialect;

use super::detail::ApiTabs;
use super::server_fns::{PreviewToken, TokenPreview};
use crate::ui::{Button, CodeBox, FormError, Kind, Load, Note, PostForm, RadioCards, RadioOption, Skeleton, TextArea, Tone, ask};

/// The form, and the token that would come of what it says now.
#[component]
pub(super) fn TokenShape(api: Api) -> impl IntoView {
    let shape = expect_context::<ApiTabs>().shape;
    let dialect = RwSignal::new(api.token_dialect.as_str().to_owned());
    let claims = RwSignal::new(api.custom_claims.to_lines());
    let id = api.id.clone();
    view! {
        <PostForm post=shape attr:class="form">
            <FormError of=shape fields=&["custom_claims"] />
            <input type="hidden" name="id" value=id />
            <div on:input=move |event| dialect.set(event_target_value(&event))>
                <RadioCards name="token_dialect" legend="Dialect" options=dialects(api.token_dialect) />
            </div>
            <div on:input=move |event| claims.set(event_target_value(&event))>
                <TextArea
                    name="custom_claims"
                    label="Custom claims"
                    value=api.custom_claims.to_lines()
                    hint=format!(
                        "One name = value a line, at most {CLAIMS_MAX}. A value may be JSON, or client_metadata.KEY for what a client's metadata says.",
                    )
                    mono=true
                    max=CLAIMS_MAX * (NAME_MAX + VALUE_MAX + 3)
                    error=shape.error_of("custom_claims")
                />
            </div>
            <div class="form-actions">
                <Button kind=Kind::Primary pending=shape.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
        <Preview id=api.id dialect=dialect claims=claims />
    }
    .into_any()
}

fn dialects(chosen: TokenDialect) -> Vec<RadioOption> {
    let option = |dialect: TokenDialect, title: &str, text: &str| RadioOption {
        value: dialect.as_str().to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        checked: dialect == chosen,
    };
    vec![
        option(
            TokenDialect::AccessToken,
            "Auth0",
            "What SDKs and rules that were made for Auth0 expect: azp names the client, gty how it asked.",
        ),
        option(
            TokenDialect::Rfc9068Profile,
            "RFC 9068",
            "The standard for JWT access tokens: typ at+jwt, client_id names the client, and each token has an id (jti).",
        ),
    ]
}

/// The resulting token for one of the authorized clients.
#[component]
fn Preview(id: String, dialect: RwSignal<String>, claims: RwSignal<String>) -> impl IntoView {
    let preview = Load::<TokenPreview>::new(move || {
        ask(PreviewToken {
            id: id.clone(),
            token_dialect: TokenDialect::parse(&dialect.get()).unwrap_or_default(),
            custom_claims: claims.get(),
        })
    });
    view! {
        <div class="preview">
            <h3>"Preview"</h3>
            <Transition fallback=|| view! { <Skeleton rows=4 /> }>
                {move || Suspend::new(async move {
                    match preview.await {
                        Ok(preview) => {
                            view! {
                                <p class="hint">{format!("A token for {}, as it would be issued now:", preview.client)}</p>
                                <CodeBox title="Header" text=preview.header_json.clone()>
                                    {preview.header_json}
                                </CodeBox>
                                <CodeBox title="Claims" text=preview.claims_json.clone()>
                                    {preview.claims_json}
                                </CodeBox>
                            }
                                .into_any()
                        }
                        Err(error) => view! { <Note tone=Tone::Warn>{error.message()}</Note> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}
