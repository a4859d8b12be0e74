//! `/clients`: every client, found by name or id.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use model::client::{ClientQuery, ClientSort, ClientSummary};
use model::page::{PER_PAGE, Page, PageRequest, SEARCH_MAX};
use model::time::Timestamp;

use super::server_fns::list_clients;
use crate::ui::{Card, Empty, ErrorPanel, Icon, IconName, Kind, LinkButton, Mono, PageHead, Pager, SearchBox, Skeleton, When, address};

/// The list of clients.
#[component]
pub fn ClientsPage() -> impl IntoView {
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(ListView::read));
    let clients = Resource::new(move || view.get(), |view| list_clients(view.query()));
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
        <Form method="GET" action="/clients" attr:class="tools" attr:role="search">
            <SearchBox name="q" label="Search clients" value=Signal::derive(move || view.get().search) />
            <input type="hidden" name="sort" value=move || view.get().sort_name() />
            <button type="submit" class="btn">
                "Search"
            </button>
        </Form>
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match clients.await {
                    Ok(page) => view! { <Clients page=page view=view.get_untracked() /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The table, or what stands in its place.
#[component]
fn Clients(page: Page<ClientSummary>, view: ListView) -> impl IntoView {
    if page.items.is_empty() {
        return view! { <NoClients view=view total=page.total /> }.into_any();
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
                        <SortHead view=view.clone() label="Name" down=ClientSort::NameDown up=ClientSort::Name />
                        <th scope="col" class="hide-s">
                            "Client ID"
                        </th>
                        <th scope="col" class="right">
                            "APIs"
                        </th>
                        <SortHead view=view label="Created" down=ClientSort::Newest up=ClientSort::Oldest />
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
    let ClientSummary { client, apis } = summary;
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/clients/{}", client.client_id)>
                    {client.name}
                </a>
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

/// The head of a column that the list can be ordered by, either way.
#[component]
fn SortHead(view: ListView, label: &'static str, down: ClientSort, up: ClientSort) -> impl IntoView {
    let order = match view.sort {
        sort if sort == up => Some("ascending"),
        sort if sort == down => Some("descending"),
        _ => None,
    };
    // The first press on a column gives its natural order: names from A, moments from the newest.
    let next = match order {
        Some("ascending") => down,
        Some(_) => up,
        None if up == ClientSort::Name => up,
        None => down,
    };
    view! {
        <th scope="col" aria-sort=order>
            <a class="sort" href=view.sorted(next).href()>
                {label}
                {order.map(|_| view! { <Icon name=IconName::Down /> })}
            </a>
        </th>
    }
}

/// Nothing to list: none yet, none found, or none on this page.
#[component]
fn NoClients(view: ListView, total: i64) -> impl IntoView {
    if total > 0 {
        return view! {
            <Empty icon=IconName::Clients title="Nothing on this page" text="The list is shorter than that.">
                <LinkButton href=view.on(0).href()>"Go to the first page"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    if !view.search.is_empty() {
        let text = format!("No name and no client ID holds “{}”.", view.search);
        return view! {
            <Empty icon=IconName::Search title="No client matches" text=text>
                <LinkButton href="/clients">"Show all clients"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            icon=IconName::Clients
            title="No clients yet"
            text="A client is a service, job or command that asks for tokens with its own ID and secret. Create one for each program that calls your APIs."
        >
            <LinkButton href="/clients/new" kind=Kind::Primary>
                "Create client"
            </LinkButton>
        </Empty>
    }
    .into_any()
}

/// What of the list the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ListView {
    search: String,
    sort: ClientSort,
    /// Counted from 0.
    page: i64,
}

impl ListView {
    fn read(query: &ParamsMap) -> Self {
        let sort = query.get_str("sort").unwrap_or_default();
        Self {
            search: query.get_str("q").unwrap_or_default().trim().chars().take(SEARCH_MAX).collect(),
            sort: SORTS.iter().find(|(_, name)| *name == sort).map(|(sort, _)| *sort).unwrap_or_default(),
            page: query
                .get_str("page")
                .and_then(|page| page.parse::<i64>().ok())
                .map_or(0, |page| (page - 1).max(0)),
        }
    }

    fn query(self) -> ClientQuery {
        ClientQuery {
            search: self.search,
            sort: self.sort,
            page: PageRequest::new(self.page, PER_PAGE),
        }
    }

    fn on(self, page: i64) -> Self {
        Self { page, ..self }
    }

    fn sorted(self, sort: ClientSort) -> Self {
        Self { sort, page: 0, ..self }
    }

    /// The name of the order in the address; nothing for the usual one.
    fn sort_name(&self) -> &'static str {
        SORTS
            .iter()
            .find(|(sort, _)| *sort == self.sort && *sort != ClientSort::default())
            .map(|(_, name)| *name)
            .unwrap_or_default()
    }

    fn href(&self) -> String {
        let page = if self.page > 0 { (self.page + 1).to_string() } else { String::new() };
        address("/clients", &[("q", &self.search), ("sort", self.sort_name()), ("page", &page)])
    }
}

/// The orders and their names in the address.
const SORTS: [(ClientSort, &str); 4] = [
    (ClientSort::Name, "name"),
    (ClientSort::NameDown, "name_down"),
    (ClientSort::Newest, "newest"),
    (ClientSort::Oldest, "oldest"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        for (address, search, sort, page) in [
            ("/clients", "", ClientSort::Name, 0),
            ("/clients?q=billing%20worker", "billing worker", ClientSort::Name, 0),
            ("/clients?q=a&sort=newest&page=3", "a", ClientSort::Newest, 2),
        ] {
            let view = ListView {
                search: search.to_owned(),
                sort,
                page,
            };
            assert_eq!(view.href(), address);
        }
    }

    #[test]
    fn odd_addresses_show_the_first_page() {
        for page in ["0", "-7", "x", "", "99999999999999999999"] {
            let query: ParamsMap = [("page", page), ("sort", "sideways")].into_iter().collect();
            assert_eq!(ListView::read(&query), ListView::default(), "{page}");
        }
    }
}
