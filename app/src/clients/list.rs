//! `/clients`: every client, found by name or id.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::client::ClientSummary;
use model::page::{Page, Sort};
use model::time::Timestamp;

use super::leaked::FoundSecret;
use super::server_fns::ListClients;
use crate::ui::{
    Card, Empty, ErrorPanel, Icon, IconName, Kind, LinkButton, ListSearch, ListView, Load, Mono, NoRows, PageHead, Pager, Skeleton, SortHead, When,
    ask,
};

/// The list of clients.
#[component]
pub fn ClientsPage() -> impl IntoView {
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(|query| ListView::read("/clients", query)));
    let clients = Load::<Page<ClientSummary>>::new(move || ask(ListClients { query: view.get().query() }));
    view! {
        <Title text="Clients" />
        <PageHead
            title="Clients"
            sub=|| "Applications that ask for tokens in their own name"
            actions=|| {
                view! {
                    <LinkButton href="/clients/new" kind=Kind::Primary>
                        <Icon name=IconName::Plus />
                        "Create client"
                    </LinkButton>
                }
            }
        />
        <ListSearch view=view label="Search clients" />
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match clients.await {
                    Ok(page) => view! { <Clients page=page view=view.get_untracked() /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
        <FoundSecret />
    }
}

/// The table, or what stands in its place.
#[component]
fn Clients(page: Page<ClientSummary>, view: ListView) -> impl IntoView {
    if page.items.is_empty() {
        let text = "A client is a service, job or command that asks for tokens with its own ID and secret. Create one for each program that calls your APIs.";
        return view! { <NoClients view=view total=page.total text=text /> }.into_any();
    }
    let (number, pages, total, as_of) = (page.page, page.pages(), page.total, page.as_of);
    let rows = page
        .items
        .into_iter()
        .map(|summary| view! { <ClientRow summary=summary now=as_of /> })
        .collect_view();
    let pager = view.clone();
    view! {
        <Card>
            <table>
                <caption class="vh">"Clients"</caption>
                <thead>
                    <tr>
                        <SortHead view=view.clone() label="Name" first=Sort::Name second=Sort::NameDown />
                        <th scope="col" class="hide-s">
                            "Client ID"
                        </th>
                        <th scope="col" class="right">
                            "APIs"
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
fn ClientRow(summary: ClientSummary, now: Timestamp) -> impl IntoView {
    let ClientSummary { client, apis, last_24_hours } = summary;
    let usage = last_24_hours.is_wasteful().then(|| format!("/clients/{}/usage", client.client_id));
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/clients/{}", client.client_id)>
                    {client.name}
                </a>
                {usage.map(|href| view! { <a class="chip warn" href=href>"Keeps no tokens"</a> })}
            </td>
            <td class="hide-s">
                <Mono text=client.client_id short=true copy=true />
            </td>
            <td class="right num">{apis}</td>
            <td>
                <When at=client.created_at now=now />
            </td>
        </tr>
    }
    .into_any()
}

/// Nothing to list: none yet, none found, or none on this page.
#[component]
pub(crate) fn NoClients(
    /// What the address asks for.
    view: ListView,
    /// Clients in the whole list.
    total: i64,
    /// What a client is, and the next step.
    text: &'static str,
) -> impl IntoView {
    view! {
        <NoRows view=view total=total icon=IconName::Clients nouns=("client", "clients") searched="name and no client ID">
            <Empty icon=IconName::Clients title="No clients yet" text=text>
                <LinkButton href="/clients/new" kind=Kind::Primary>
                    "Create client"
                </LinkButton>
            </Empty>
        </NoRows>
    }
}
