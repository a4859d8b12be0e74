//! `/clients/:client_id/quickstart`: how this client asks for a token.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::api::Api;

use super::detail::ClientTab;
use super::server_fns::{ClientDetail, ClientQuickstart, GetClientQuickstart};
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
    let slug = Memo::new(move |_| query.with(|query| query.get("stack")).unwrap_or_default());
    let program = Load::<ClientQuickstart>::new(move || {
        ask(GetClientQuickstart {
            client_id: client_id.clone(),
            audience: chosen.get(),
            slug: slug.get(),
        })
    });
    view! {
        <div class="split">
            <ApiChoice apis=apis.clone() chosen=chosen slug=slug base=base.clone() />
            <div class="prose">
                <Transition fallback=|| view! { <Skeleton rows=6 /> }>
                    {move || {
                        let base = base.clone();
                        let bound = bound(&chosen.get());
                        let api = apis.iter().find(|api| api.identifier == chosen.get()).map(|api| api.id.clone()).unwrap_or_default();
                        Suspend::new(async move {
                            match program.await {
                                Ok(program) => view! { <Program program=program base=base api=api bound=bound /> }.into_any(),
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
fn ApiChoice(apis: Vec<Api>, chosen: Memo<String>, slug: Memo<String>, base: String) -> impl IntoView {
    let links = apis
        .into_iter()
        .map(|api| {
            let (path, id) = (format!("{base}/quickstart"), api.id);
            let href = move || address(&path, &[("api", &id), ("stack", &slug.get())]);
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

/// The languages, and the steps of the chosen program, one after the other.
#[component]
fn Program(program: ClientQuickstart, base: String, api: String, bound: bool) -> impl IntoView {
    let ClientQuickstart { all, chosen } = program;
    let languages = all
        .into_iter()
        .map(|other| {
            let href = address(&format!("{base}/quickstart"), &[("api", &api), ("stack", &other.slug)]);
            view! {
                <a href=href aria-current=(other.slug == chosen.slug).then_some("page")>
                    {other.title}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="languages" aria-label="Languages">
            {languages}
        </nav>
        <Note tone=Tone::Info>
            "The client ID and the API are filled in. The secret is not shown here: copy it from "
            <a href=format!("{base}/settings")>"Settings"</a>
            " and keep it out of your code, as the program reads it from its environment. The token is kept and used until shortly before it expires."
        </Note>
        {chosen.not_executed.map(|reason| view! { <Note tone=Tone::Warn>{format!("Not executed in our tests. {reason}")}</Note> })}
        {bound.then(|| view! { <Note tone=Tone::Warn>{dpop::ASK}</Note> })}
        <Steps parts=chosen.parts />
    }
    .into_any()
}
