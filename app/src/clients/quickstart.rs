//! `/clients/:client_id/quickstart`: how this client asks for a token.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::quickstart::QuickstartView;

use super::detail::ClientTab;
use super::server_fns::{ClientDetail, GetClientQuickstart};
use crate::apis::code::Steps;
use crate::apis::dpop;
use crate::ui::{Empty, ErrorPanel, IconName, Kind, LinkButton, Load, Note, Skeleton, Tone, address, ask};

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
    let (choices, must_prove) = (apis.clone(), detail.client.dpop_required);
    // The API that the address names, or the first one.
    let chosen = Memo::new(move |_| {
        let named = query.with(|query| query.get("api"));
        let found = choices.iter().find(|api| Some(&api.id) == named.as_ref()).or(choices.first());
        found.map(|api| api.identifier.clone()).unwrap_or_default()
    });
    let listed = apis.clone();
    let bound = move |audience: &str| must_prove || listed.iter().any(|api| api.identifier == audience && api.dpop_required);
    let program = Load::<QuickstartView>::new(move || {
        ask(GetClientQuickstart {
            client_id: client_id.clone(),
            audience: chosen.get(),
        })
    });
    view! {
        <div class="split">
            <ApiChoice apis=apis chosen=chosen base=base.clone() />
            <div class="prose">
                <Transition fallback=|| view! { <Skeleton rows=6 /> }>
                    {move || {
                        let settings = format!("{base}/settings");
                        let bound = bound(&chosen.get());
                        Suspend::new(async move {
                            match program.await {
                                Ok(program) => view! { <Program program=program settings=settings bound=bound /> }.into_any(),
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
fn Program(program: QuickstartView, settings: String, bound: bool) -> impl IntoView {
    view! {
        <Note tone=Tone::Info>
            "The client ID and the API are filled in. The secret is not shown here: copy it from " <a href=settings>"Settings"</a>
            " and keep it out of your code, as the program reads it from its environment."
        </Note>
        {bound.then(|| view! { <Note tone=Tone::Warn>{dpop::ASK}</Note> })}
        <Steps parts=program.parts />
    }
    .into_any()
}
