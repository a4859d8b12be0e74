//! `/apis`: every API, found by name or identifier.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use model::api::{ApiSort, ApiSummary};
use model::page::{Page, SEARCH_MAX};
use model::time::Timestamp;

use super::server_fns::list_apis;
use crate::ui::{Card, Chip, Empty, ErrorPanel, Icon, IconName, Kind, LinkButton, Mono, PageHead, Pager, SearchBox, Skeleton, Tone, When, address};

/// The list of APIs.
#[component]
pub fn ApisPage() -> impl IntoView {
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(ListView::read));
    let apis = Resource::new(move || view.get(), |view| list_apis(view.search, view.sort, view.page));
    view! {
        <Title text="APIs" />
        <PageHead
            title="APIs"
            sub=|| "What tokens are for: each API has its own identifier, scopes and signing algorithm"
            actions=|| view! { <CreateLink /> }
        />
        <Form method="GET" action="/apis" attr:class="tools" attr:role="search">
            <SearchBox name="q" label="Search APIs" value=view.get_untracked().search />
            <input type="hidden" name="sort" value=move || view.get().sort_name() />
            <button type="submit" class="btn">
                "Search"
            </button>
        </Form>
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
                        <SortHead view=view.clone() label="Name" down=ApiSort::NameDown up=ApiSort::Name />
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
                        <SortHead view=view label="Created" down=ApiSort::Newest up=ApiSort::Oldest />
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

/// The head of a column that the list can be ordered by, either way.
#[component]
fn SortHead(view: ListView, label: &'static str, down: ApiSort, up: ApiSort) -> impl IntoView {
    let order = match view.sort {
        sort if sort == up => Some("ascending"),
        sort if sort == down => Some("descending"),
        _ => None,
    };
    // The first press on a column gives its natural order: names from A, moments from the newest.
    let next = match order {
        Some("ascending") => down,
        Some(_) => up,
        None if up == ApiSort::Name => up,
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
    if total > 0 {
        return view! {
            <Empty icon=IconName::Apis title="Nothing on this page" text="The list is shorter than that.">
                <LinkButton href=view.on(0).href()>"Go to the first page"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    if !view.search.is_empty() {
        let text = format!("No name and no identifier holds “{}”.", view.search);
        return view! {
            <Empty icon=IconName::Search title="No API matches" text=text>
                <LinkButton href="/apis">"Show all APIs"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    view! { <NoOwnApis /> }.into_any()
}

/// What of the list the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ListView {
    search: String,
    sort: ApiSort,
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

    fn on(self, page: i64) -> Self {
        Self { page, ..self }
    }

    fn sorted(self, sort: ApiSort) -> Self {
        Self { sort, page: 0, ..self }
    }

    /// The name of the order in the address; nothing for the usual one.
    fn sort_name(&self) -> &'static str {
        SORTS
            .iter()
            .find(|(sort, _)| *sort == self.sort && *sort != ApiSort::default())
            .map(|(_, name)| *name)
            .unwrap_or_default()
    }

    fn href(&self) -> String {
        let page = if self.page > 0 { (self.page + 1).to_string() } else { String::new() };
        address("/apis", &[("q", &self.search), ("sort", self.sort_name()), ("page", &page)])
    }
}

/// The orders and their names in the address.
const SORTS: [(ApiSort, &str); 4] = [
    (ApiSort::Name, "name"),
    (ApiSort::NameDown, "name_down"),
    (ApiSort::Newest, "newest"),
    (ApiSort::Oldest, "oldest"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_what_is_not_usual() {
        let view = ListView::default();
        assert_eq!(view.href(), "/apis");
        assert_eq!(view.clone().sorted(ApiSort::Newest).on(2).href(), "/apis?sort=newest&page=3");
    }

    #[test]
    fn odd_addresses_show_the_first_page() {
        for page in ["0", "-7", "x", "", "99999999999999999999"] {
            let query: ParamsMap = [("page", page), ("sort", "sideways")].into_iter().collect();
            assert_eq!(ListView::read(&query), ListView::default(), "{page}");
        }
    }
}
