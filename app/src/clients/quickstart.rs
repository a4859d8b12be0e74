//! `/clients/:client_id/quickstart`: how this client asks for a token.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::quickstart::{Part, QuickstartView};

use super::detail::ClientTab;
use super::server_fns::{ClientDetail, get_client_quickstart};
use crate::apis::code::Code;
use crate::ui::{Empty, ErrorPanel, IconName, Kind, LinkButton, Note, Skeleton, Tone, address};

/// The Quickstart tab.
#[component]
pub fn QuickstartTab() -> impl IntoView {
    view! { <ClientTab title="Quickstart" content=quickstart /> }
}

fn quickstart(detail: ClientDetail) -> impl IntoView {
    let client_id = detail.client.client_id.clone();
    let base = format!("/clients/{client_id}");
    let apis: Vec<Api> = detail.authorized().map(|(api, _)| api.clone()).collect();
    if apis.is_empty() {
        let text = format!(
            "{} may ask for no token yet. Authorize it for an API, and this page shows the request.",
            detail.client.name
        );
        return view! {
            <Empty icon=IconName::Apis title="Authorize this client first" text=text>
                <LinkButton href=format!("{base}/apis") kind=Kind::Primary>
                    "Choose an API"
                </LinkButton>
            </Empty>
        }
        .into_any();
    }
    let query = use_query_map();
    let choices = apis.clone();
    // The API that the address names, or the first one.
    let chosen = Memo::new(move |_| {
        let named = query.with(|query| query.get("api"));
        let found = choices.iter().find(|api| Some(&api.id) == named.as_ref()).or(choices.first());
        found.map(|api| api.identifier.clone()).unwrap_or_default()
    });
    let program = Resource::new(move || chosen.get(), move |audience| get_client_quickstart(client_id.clone(), audience));
    view! {
        <div class="split">
            <ApiChoice apis=apis chosen=chosen base=base.clone() />
            <div class="prose">
                <Transition fallback=|| view! { <Skeleton rows=6 /> }>
                    {move || {
                        let settings = format!("{base}/settings");
                        Suspend::new(async move {
                            match program.await {
                                Ok(program) => view! { <Program program=program settings=settings /> }.into_any(),
                                Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                            }
                        })
                    }}
                </Transition>
            </div>
        </div>
    }
    .into_any()
}

/// The APIs that the client is authorized for, one of them chosen.
#[component]
fn ApiChoice(apis: Vec<Api>, chosen: Memo<String>, base: String) -> impl IntoView {
    let links = apis
        .into_iter()
        .map(|api| {
            let href = address(&format!("{base}/quickstart"), &[("api", &api.id)]);
            view! {
                <a href=href aria-current=move || (chosen.get() == api.identifier).then_some("page")>
                    {api.name}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="stack" aria-labelledby="choice-head">
            <h2 id="choice-head">"Ask for a token for"</h2>
            {links}
        </nav>
    }
}

/// The steps, one after the other.
#[component]
fn Program(program: QuickstartView, settings: String) -> impl IntoView {
    let steps = program
        .parts
        .into_iter()
        .enumerate()
        .map(|(number, part)| view! { <Step number=number + 1 part=part /> })
        .collect_view();
    view! {
        <Note tone=Tone::Info>
            "The client ID and the API are filled in. The secret is not shown here: copy it from " <a href=settings>"Settings"</a>
            " and keep it out of your code, as the program reads it from its environment."
        </Note>
        {steps}
    }
    .into_any()
}

#[component]
fn Step(number: usize, part: Part) -> impl IntoView {
    view! {
        <section class="part">
            <h2>
                <span class="step-n num" aria-hidden="true">
                    {number}
                </span>
                {part.title}
            </h2>
            {(!part.explanation.is_empty()).then(|| view! { <p>{part.explanation}</p> })}
            <Code title=part.file_name spans=part.spans />
        </section>
    }
    .into_any()
}
