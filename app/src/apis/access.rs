//! `/apis/:id/clients`: which clients may ask for tokens, and with which scopes.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::grant::ClientAccess;
use model::page::{Page, SEARCH_MAX};
use model::time;

use super::access_row::AccessRow;
use super::detail::{ApiTabs, go_after, tab_title};
use super::server_fns::{RemovedGrant, list_api_clients};
use crate::ui::{Button, Card, Empty, ErrorPanel, FormError, Icon, IconName, Kind, LinkButton, Note, Pager, SearchBox, Skeleton, Tone, address};

/// What the rows of the table share.
#[derive(Clone, Copy)]
pub(super) struct AccessTable {
    /// The client whose scopes are open.
    pub open: Memo<Option<String>>,
    /// The client whose toggle was pressed last: it stays on the page.
    pub pressed: RwSignal<Option<String>>,
    /// Id of the element that takes the focus once the list is drawn anew.
    pub focus: RwSignal<Option<String>>,
    /// What of the list the address asks for.
    pub view: Memo<AccessView>,
}

/// The Non Interactive Clients tab.
#[component]
pub fn AccessTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let id = tabs.id;
    let view = Memo::new(move |_| AccessView {
        path: format!("/apis/{}/clients", id.get()),
        search: query
            .with(|query| query.get("q"))
            .unwrap_or_default()
            .trim()
            .chars()
            .take(SEARCH_MAX)
            .collect(),
        page: query
            .with(|query| query.get("page"))
            .and_then(|page| page.parse::<i64>().ok())
            .map_or(0, |page| (page - 1).max(0)),
    });
    let open = Memo::new(move |_| query.with(|query| query.get("open")));
    let pressed = RwSignal::new(None::<String>);
    provide_context(AccessTable {
        open,
        pressed,
        focus: RwSignal::new(None),
        view,
    });
    let clients = Resource::new(
        // Opening a row loads nothing, so `open` counts only where the list is loaded for another reason.
        move || (id.get(), view.get(), tabs.grants_changed.get()),
        move |(id, view, _)| {
            let pinned = pressed.get_untracked().or_else(|| open.get_untracked()).unwrap_or_default();
            list_api_clients(id, view.search, view.page, pinned)
        },
    );
    go_after(tabs.create_grant, move |client_id| view.get_untracked().opened(client_id));
    view! {
        <div class="tools">
            <Form method="GET" action=move || view.get().path attr:role="search">
                <SearchBox name="q" label="Search clients" value=view.get_untracked().search />
                <button type="submit" class="btn">
                    "Search"
                </button>
            </Form>
            <span class="push">
                <LinkButton href="/clients/new" kind=Kind::Quiet>
                    <Icon name=IconName::Plus />
                    "New client"
                </LinkButton>
            </span>
        </div>
        <FormError value=tabs.create_grant.value() />
        <FormError value=tabs.delete_grant.value() />
        <Removed />
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                // Without an API the frame has said so.
                let head = tabs.head.await.ok()?;
                let clients = clients.await;
                Some(
                    view! {
                        <Title text=tab_title(&head.api.name, "Non Interactive Clients") />
                        {match clients {
                            Ok(page) => view! { <Clients api=head.api page=page /> }.into_any(),
                            Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                        }}
                    },
                )
            })}
        </Transition>
    }
}

/// The table, or what stands in its place.
#[component]
fn Clients(api: Api, page: Page<ClientAccess>) -> impl IntoView {
    let view = expect_context::<AccessTable>().view.get_untracked();
    if page.items.is_empty() {
        return view! { <NoClients view=view total=page.total /> }.into_any();
    }
    let (number, pages, total) = (page.page, page.pages(), page.total);
    let lifetime = time::length(api.token_lifetime);
    let caption = format!("Clients and whether they are authorized for {}", api.name);
    let hint = format!(
        "Authorizing a client grants it every scope; choose fewer in its row. Turning it off removes its grant: the client gets no new token for {} at once, and tokens that it already has stay valid until they expire, at most {lifetime}.",
        api.name,
    );
    let rows = page
        .items
        .into_iter()
        .map(|access| view! { <AccessRow api=api.clone() access=access /> })
        .collect_view();
    view! {
        <Card>
            <table>
                <caption class="vh">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Client"</th>
                        <th scope="col" class="hide-s">
                            "Client ID"
                        </th>
                        <th scope="col">"Scopes"</th>
                        <th scope="col" class="right">
                            "Authorized"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
        <Pager page=number pages=pages total=total href=move |page| view.href(page) />
        <p class="hint">{hint}</p>
    }
    .into_any()
}

/// What has just been taken away, with the way back.
#[component]
fn Removed() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let removed = tabs.delete_grant.value();
    // Authorizing any client again ends the offer.
    let offered = Memo::new(move |before: Option<&(usize, usize, bool)>| {
        let (removals, grants) = (tabs.delete_grant.version().get(), tabs.create_grant.version().get());
        match before {
            Some((earlier, _, _)) if removals > *earlier => (removals, grants, true),
            Some((_, earlier, offered)) => (removals, grants, *offered && grants == *earlier),
            None => (removals, grants, false),
        }
    });
    view! {
        <div role="status">
            {move || {
                let offered = offered.with(|(_, _, offered)| *offered);
                removed
                    .get()
                    .and_then(Result::ok)
                    .filter(|_| offered)
                    .map(|removed| view! { <Undo removed=removed /> })
            }}
        </div>
    }
}

#[component]
fn Undo(removed: RemovedGrant) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let RemovedGrant {
        client_id,
        client_name,
        scope,
    } = removed;
    let scopes = scope
        .into_iter()
        .map(|value| view! { <input type="hidden" name="scope[]" value=value /> })
        .collect_view();
    view! {
        <Note tone=Tone::Warn>
            {format!("{client_name} is no longer authorized: it gets no new token. Tokens that it already has stay valid until they expire.")}
            <ActionForm action=tabs.create_grant attr:class="inline">
                <input type="hidden" name="id" value=tabs.id.get_untracked() />
                <input type="hidden" name="client_id" value=client_id />
                {scopes}
                <Button small=true pending=tabs.create_grant.pending()>
                    "Undo"
                </Button>
            </ActionForm>
        </Note>
    }
}

/// Nothing to list: none yet, none found, or none on this page.
#[component]
fn NoClients(view: AccessView, total: i64) -> impl IntoView {
    if total > 0 {
        return view! {
            <Empty icon=IconName::Clients title="Nothing on this page" text="The list is shorter than that.">
                <LinkButton href=view.href(0)>"Go to the first page"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    if !view.search.is_empty() {
        let text = format!("No name and no client ID holds “{}”.", view.search);
        return view! {
            <Empty icon=IconName::Search title="No client matches" text=text>
                <LinkButton href=view.path>"Show all clients"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            icon=IconName::Clients
            title="No clients yet"
            text="A client is a service, job or command that calls this API. Create one, then authorize it here: it can ask for tokens from that moment on."
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
pub(super) struct AccessView {
    path: String,
    search: String,
    /// Counted from 0.
    page: i64,
}

impl AccessView {
    /// Another page.
    fn href(&self, page: i64) -> String {
        self.address(page, "")
    }

    /// This page with the scopes of one client open.
    pub fn opened(&self, client_id: &str) -> String {
        self.address(self.page, client_id)
    }

    /// This page with no scopes open.
    pub fn closed(&self) -> String {
        self.address(self.page, "")
    }

    fn address(&self, page: i64, open: &str) -> String {
        let page = if page > 0 { (page + 1).to_string() } else { String::new() };
        address(&self.path, &[("q", &self.search), ("page", &page), ("open", open)])
    }
}

#[cfg(test)]
mod tests {
    use super::AccessView;

    #[test]
    fn the_open_row_stands_in_the_address() {
        let view = AccessView {
            path: "/apis/a/clients".to_owned(),
            search: "bill".to_owned(),
            page: 1,
        };
        assert_eq!(view.opened("c1"), "/apis/a/clients?q=bill&page=2&open=c1");
        assert_eq!(view.closed(), "/apis/a/clients?q=bill&page=2");
        assert_eq!(view.href(0), "/apis/a/clients?q=bill");
    }
}
