//! Lists by address: what is searched for, in which order, and which page. So a view can be sent to a colleague, and needs no script.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use model::page::{ListQuery, PER_PAGE, PageRequest, SEARCH_MAX, Sort};

use super::{Empty, GetForm, Icon, IconName, LinkButton, SearchBox, address};

/// What of a list an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListView {
    /// Address of the whole list.
    pub path: String,
    /// What is searched for; empty finds all.
    pub search: String,
    /// Its order.
    pub sort: Sort,
    /// Its page, counted from 0 here and from 1 in the address.
    pub page: i64,
}

impl ListView {
    /// Reads an address; what it does not understand counts as not there.
    #[must_use]
    pub fn read(path: impl Into<String>, query: &ParamsMap) -> Self {
        Self {
            path: path.into(),
            search: text_of(query, "q", SEARCH_MAX),
            sort: query.get_str("sort").and_then(Sort::parse).unwrap_or_default(),
            page: page_of(query),
        }
    }

    /// The rows that it shows.
    #[must_use]
    pub fn query(self) -> ListQuery {
        ListQuery {
            search: self.search,
            sort: self.sort,
            page: PageRequest::new(self.page, PER_PAGE),
        }
    }

    /// Another page of the same list.
    #[must_use]
    pub fn on(self, page: i64) -> Self {
        Self { page, ..self }
    }

    /// Its address.
    #[must_use]
    pub fn href(&self) -> String {
        self.with("", "")
    }

    /// Its address with something more said in it, for example which row is open.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let page = page_name(self.page);
        address(
            &self.path,
            &[("q", &self.search), ("sort", self.sort_name()), ("page", &page), (name, value)],
        )
    }

    fn sorted(self, sort: Sort) -> Self {
        Self { sort, page: 0, ..self }
    }

    /// The name of the order in the address; nothing for the usual one.
    fn sort_name(&self) -> &'static str {
        if self.sort == Sort::default() { "" } else { self.sort.as_str() }
    }
}

/// A text of the address, trimmed and cut.
#[must_use]
pub fn text_of(query: &ParamsMap, name: &str, max: usize) -> String {
    query.get_str(name).unwrap_or_default().trim().chars().take(max).collect()
}

/// The page that the address names, counted from 0; the first if it names none.
#[must_use]
pub fn page_of(query: &ParamsMap) -> i64 {
    let page = query.get_str("page").and_then(|page| page.parse::<i64>().ok());
    page.map_or(0, |page| (page - 1).max(0))
}

/// A page, counted from 0, as it stands in the address; nothing for the first.
#[must_use]
pub fn page_name(page: i64) -> String {
    if page > 0 { (page + 1).to_string() } else { String::new() }
}

/// The search field above a list.
#[component]
pub fn ListSearch(
    /// What the address asks for.
    #[prop(into)]
    view: Signal<ListView>,
    /// What is searched.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <GetForm action=Signal::derive(move || view.get().path) attr:class="tools" attr:role="search">
            <SearchBox name="q" label=label value=Signal::derive(move || view.get().search) />
            <input type="hidden" name="sort" value=move || view.get().sort_name() disabled=move || view.get().sort_name().is_empty() />
            <button type="submit" class="btn">
                "Search"
            </button>
        </GetForm>
    }
    .into_any()
}

/// The head of a column that the list can be ordered by, either way.
#[component]
pub fn SortHead(
    /// What the address asks for.
    view: ListView,
    /// Name of the column.
    label: &'static str,
    /// The order that a first press gives: names from A, moments from the newest.
    first: Sort,
    /// The opposite order.
    second: Sort,
) -> impl IntoView {
    let ascending = |sort| matches!(sort, Sort::Name | Sort::Oldest);
    let order = [first, second]
        .contains(&view.sort)
        .then(|| if ascending(view.sort) { "ascending" } else { "descending" });
    let next = if view.sort == first { second } else { first };
    view! {
        <th scope="col" aria-sort=order>
            <a class="sort" href=view.sorted(next).href()>
                {label}
                {order.map(|_| view! { <Icon name=IconName::Down /> })}
            </a>
        </th>
    }
}

/// What stands in the place of rows: the page is past the end, nothing matches, or, as `children` say, there is nothing yet.
#[component]
pub fn NoRows(
    /// What the address asks for.
    view: ListView,
    /// Rows in the whole list.
    total: i64,
    /// What the list holds.
    icon: IconName,
    /// One of it and several, for example `client` and `clients`.
    nouns: (&'static str, &'static str),
    /// What was searched, for example `name and no client ID`.
    searched: &'static str,
    /// What is said while the list is empty.
    children: Children,
) -> impl IntoView {
    if total > 0 {
        return view! {
            <Empty icon=icon title="Nothing on this page" text="The list is shorter than that.">
                <LinkButton href=view.on(0).href()>"Go to the first page"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    if view.search.is_empty() {
        return children().into_any();
    }
    let (one, several) = nouns;
    view! {
        <Empty
            icon=IconName::Search
            title=format!("No {one} matches")
            text=format!("No {searched} holds “{}”.", view.search)
        >
            <LinkButton href=view.path>{format!("Show all {several}")}</LinkButton>
        </Empty>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&'static str, &'static str)]) -> ListView {
        let query: ParamsMap = query.iter().copied().collect();
        ListView::read("/clients", &query)
    }

    #[test]
    fn addresses_round_trip() {
        for (query, href) in [
            (&[][..], "/clients"),
            (&[("q", " billing worker ")], "/clients?q=billing%20worker"),
            (&[("q", "a"), ("sort", "newest"), ("page", "3")], "/clients?q=a&sort=newest&page=3"),
        ] {
            assert_eq!(read(query).href(), href);
        }
    }

    #[test]
    fn odd_addresses_show_the_first_page() {
        for page in ["0", "-7", "x", "", "99999999999999999999"] {
            assert_eq!(read(&[("page", page), ("sort", "sideways")]), read(&[]), "{page}");
        }
    }

    #[test]
    fn what_is_open_stands_in_the_address() {
        let view = read(&[("q", "bill"), ("page", "2")]);
        assert_eq!(view.with("open", "c1"), "/clients?q=bill&page=2&open=c1");
        assert_eq!(view.on(0).href(), "/clients?q=bill");
    }
}
