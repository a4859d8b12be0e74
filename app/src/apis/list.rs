//! `/apis`: every API, found by name or identifier.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::api::ApiSummary;
use model::page::{Page, Sort};
use model::time::Timestamp;

use super::server_fns::ListApis;
use crate::ui::{
    Card, Chip, Empty, ErrorPanel, Icon, IconName, Kind, LinkButton, ListSearch, ListView, Load, Mono, NoRows, PageHead, Pager, Skeleton, SortHead,
    Tone, When, ask,
};

/// The list of APIs.
#[component]
pub fn ApisPage() -> impl IntoView {
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(|query| ListView::read("/apis", query)));
    let apis = Load::<Page<ApiSummary>>::new(move || ask(ListApis { query: view.get().query() }));
    view! {
        <Title text="APIs" />
        <PageHead
            title="APIs"
            sub=|| "What tokens are for: each API has its own identifier, scopes and signing algorithm"
            actions=|| view! { <CreateLink /> }
        />
        <ListSearch view=view label="Search APIs" />
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match apis.await {
                    Ok(page) => view! { <Apis page=page view=view.get_untracked() /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn CreateLink() -> impl IntoView {
    view! {
        <LinkButton href="/apis/new" kind=Kind::Primary>
            <Icon name=IconName::Plus />
            "Create API"
        </LinkButton>
    }
}

/// The table, or what stands in its place.
#[component]
fn Apis(page: Page<ApiSummary>, view: ListView) -> impl IntoView {
    if page.items.is_empty() {
        return view! { <NoApis view=view total=page.total /> }.into_any();
    }
    let only_system = view.search.is_empty() && page.items.iter().all(|summary| summary.api.is_system) && page.total == 1;
    let (number, pages, total, as_of) = (page.page, page.pages(), page.total, page.as_of);
    let rows = page
        .items
        .into_iter()
        .map(|summary| view! { <ApiRow summary=summary now=as_of /> })
        .collect_view();
    let pager = view.clone();
    view! {
        {only_system.then(|| view! { <NoOwnApis /> })}
        <Card>
            <table>
                <caption class="vh">"APIs"</caption>
                <thead>
                    <tr>
                        <SortHead view=view.clone() label="Name" first=Sort::Name second=Sort::NameDown />
                        <th scope="col" class="hide-s">
                            "Identifier"
                        </th>
                        <th scope="col">"Algorithm"</th>
                        <th scope="col" class="right hide-s">
                            "Scopes"
                        </th>
                        <th scope="col" class="right">
                            "Clients"
                        </th>
                        <SortHead view=view label="Created" first=Sort::Newest second=Sort::Oldest />
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
        <Pager page=number pages=pages total=total href=move |page| pager.clone().on(page).href() />
    }
    .into_any()
}

#[component]
fn ApiRow(summary: ApiSummary, now: Timestamp) -> impl IntoView {
    let ApiSummary { api, clients } = summary;
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/apis/{}/quickstart", api.id)>
                    {api.name}
                </a>
                {api
                    .is_system
                    .then(|| {
                        view! {
                            " "
                            <Chip tone=Tone::Info>"System"</Chip>
                        }
                    })}
            </td>
            <td class="hide-s">
                <Mono text=api.identifier copy=true />
            </td>
            <td>
                <Chip>{api.signing_alg.as_str()}</Chip>
            </td>
            <td class="right num hide-s">{api.scopes.len()}</td>
            <td class="right num">{clients}</td>
            <td>
                <When at=api.created_at now=now />
            </td>
        </tr>
    }
    .into_any()
}

/// Only the Management API is there: what an API is, and the next step.
#[component]
fn NoOwnApis() -> impl IntoView {
    view! {
        <Empty
            icon=IconName::Apis
            title="No API of your own yet"
            text="An API is what your clients ask tokens for: any service of yours that should let in only callers it knows. Give it a name, an identifier and a signing algorithm, and follow its Quickstart."
        >
            <CreateLink />
        </Empty>
    }
}

/// Nothing to list: none found, or none on this page.
#[component]
fn NoApis(view: ListView, total: i64) -> impl IntoView {
    view! {
        <NoRows view=view total=total icon=IconName::Apis nouns=("API", "APIs") searched="name and no identifier">
            <NoOwnApis />
        </NoRows>
    }
}
