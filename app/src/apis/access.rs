//! `/apis/:id/clients`: which clients may ask for tokens, and with which scopes.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::grant::ClientAccess;
use model::page::Page;
use model::time;

use super::access_row::AccessRow;
use super::detail::{ApiTabs, tab_title};
use super::server_fns::{ListApiClients, RemovedGrant, TakeRemovedGrant};
use crate::clients::list::NoClients;
use crate::ui::{
    Button, Card, ErrorPanel, FormError, Icon, IconName, Kind, LinkButton, ListSearch, ListView, Load, Note, Pager, PostForm, Skeleton, Tone, ask,
};

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
    pub view: Memo<ListView>,
}

/// The Non Interactive Clients tab.
#[component]
pub fn AccessTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let id = tabs.id;
    let view = Memo::new(move |_| query.with(|query| ListView::read(format!("/apis/{}/clients", id.get()), query)));
    let open = Memo::new(move |_| query.with(|query| query.get("open")));
    let pressed = RwSignal::new(None::<String>);
    provide_context(AccessTable {
        open,
        pressed,
        focus: RwSignal::new(None),
        view,
    });
    let clients = Load::<Page<ClientAccess>>::new(move || {
        let ListView { search, page, .. } = view.get();
        // Opening a row loads nothing, so `open` counts only where the list is loaded for another reason.
        let pinned = pressed.get_untracked().or_else(|| open.get_untracked()).unwrap_or_default();
        let call = ListApiClients {
            id: id.get(),
            search,
            page,
            pinned,
        };
        ask(call).after(tabs.grants_changed.get())
    });
    let posted = Load::<Option<RemovedGrant>>::new(move || ask(TakeRemovedGrant { id: id.get() }));
    tabs.create_grant.then_go(move |answer| {
        let client_id: String = answer.read().ok()?;
        Some(view.get_untracked().with("open", &client_id))
    });
    view! {
        <div class="tools">
            <ListSearch view=view label="Search clients" />
            <span class="push">
                <LinkButton href="/clients/new" kind=Kind::Quiet>
                    <Icon name=IconName::Plus />
                    "New client"
                </LinkButton>
            </span>
        </div>
        <FormError of=tabs.create_grant />
        <FormError of=tabs.delete_grant />
        <Removed posted=posted />
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
        let text = "A client is a service, job or command that calls this API. Create one, then authorize it here: it can ask for tokens from that moment on.";
        return view! { <NoClients view=view total=page.total text=text /> }.into_any();
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
        <Pager page=number pages=pages total=total href=move |page| view.clone().on(page).href() />
        <p class="hint">{hint}</p>
    }
    .into_any()
}

/// What has just been taken away, with the way back.
#[component]
fn Removed(
    /// What a form posted without script has taken away.
    posted: Load<Option<RemovedGrant>>,
) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
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
                let removed = tabs.delete_grant.answer::<RemovedGrant>();
                removed.filter(|_| offered).map(|removed| view! { <Undo removed=removed /> })
            }}
            <Suspense>
                {move || {
                    let granted = tabs.create_grant.version().get() > 0;
                    Suspend::new(async move {
                        let removed = posted.await.ok().flatten().filter(|_| !granted)?;
                        Some(view! { <Undo removed=removed /> })
                    })
                }}
            </Suspense>
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
            <PostForm post=tabs.create_grant attr:class="inline">
                <input type="hidden" name="id" value=tabs.id.get_untracked() />
                <input type="hidden" name="client_id" value=client_id />
                {scopes}
                <Button small=true pending=tabs.create_grant.pending()>
                    "Undo"
                </Button>
            </PostForm>
        </Note>
    }
}
