//! The head and the tabs of a client, shared by the pages below `/clients/:client_id`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_params_map, use_query_map};
use model::client::Client;

use super::auth_fns::ChangeClientAuth;
use super::secret_fns::RotateClientSecret;
use super::server_fns::{AuthorizeApi, ChangeClientTokens, ClientDetail, DeleteClient, GetClient, RevokeClientTokens, UpdateClient, WithdrawApi};
use crate::layout::refresh_frame;
use crate::ui::{Chip, ErrorPanel, IconName, Load, Mono, PageHead, Post, Skeleton, Tab, Tabs, ask};

/// What the tabs of a client share: the client, and what can be done to it.
#[derive(Clone, Copy)]
pub(super) struct ClientTabs {
    pub detail: Load<ClientDetail>,
    pub update: Post,
    pub tokens: Post,
    pub auth: Post,
    pub rotate: Post,
    pub cut_off: Post,
    pub delete: Post,
    pub authorize: Post,
    pub withdraw: Post,
    /// Id of the element that takes the focus once the list of APIs is drawn anew.
    pub focus: RwSignal<Option<String>>,
}

/// The frame around the tabs. It decides whether the page exists, so the client is loaded before anything is sent.
#[component]
pub fn ClientLayout() -> impl IntoView {
    let client_id = client_id();
    let update = Post::to::<UpdateClient>();
    let tokens = Post::to::<ChangeClientTokens>();
    let auth = Post::to::<ChangeClientAuth>();
    let authorize = Post::to::<AuthorizeApi>();
    let withdraw = Post::to::<WithdrawApi>();
    let rotate = Post::to::<RotateClientSecret>();
    let cut_off = Post::to::<RevokeClientTokens>();
    // A rotated secret too: an old one that is being shown must leave the screen.
    let writes = [
        update.done(),
        tokens.done(),
        auth.done(),
        authorize.done(),
        withdraw.done(),
        rotate.done(),
        cut_off.done(),
    ];
    let written = Memo::new(move |_| writes.iter().map(Get::get).sum::<usize>());
    let query = use_query_map();
    let detail = Load::blocking(move || {
        query
            .with(|query| {
                let get = |name| query.get(name).unwrap_or_default();
                ask(GetClient {
                    client_id: client_id.get(),
                    unused: get("unused"),
                    saved: get("saved"),
                })
            })
            .after(written.get())
    });
    refresh_frame(written);
    provide_context(ClientTabs {
        detail,
        update,
        tokens,
        auth,
        rotate,
        cut_off,
        delete: Post::to::<DeleteClient>(),
        authorize,
        withdraw,
        focus: RwSignal::new(None),
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=2 /> }>
            {move || Suspend::new(async move {
                match detail.await {
                    Ok(detail) => {
                        let apis = detail.authorized().count();
                        view! { <ClientHead client=detail.client apis=i64::try_from(apis).unwrap_or_default() /> }.into_any()
                    }
                    Err(error) => view! { <ErrorPanel error=error is_page=true /> }.into_any(),
                }
            })}
        </Transition>
        <Outlet />
    }
}

#[component]
fn ClientHead(client: Client, apis: i64) -> impl IntoView {
    let base = format!("/clients/{}", client.client_id);
    let tabs = vec![
        Tab::new(format!("{base}/settings"), "Settings"),
        Tab::new(format!("{base}/authentication"), "Authentication"),
        Tab::counted(format!("{base}/apis"), "APIs", apis),
        Tab::new(format!("{base}/usage"), "Usage"),
        Tab::new(format!("{base}/quickstart"), "Quickstart"),
    ];
    let (id, kind) = (client.client_id, client.app_type.label());
    view! {
        <PageHead
            title=client.name.clone()
            crumb=("Clients".to_owned(), "/clients".to_owned())
            icon=IconName::Clients
            sub=move || {
                view! {
                    <Mono text=id.clone() copy=true />
                    <Chip>{kind}</Chip>
                }
            }
        />
        <Tabs label=format!("Pages of {}", client.name) tabs=tabs />
    }
    .into_any()
}

/// `/clients/:client_id` itself: its first tab.
#[component]
pub fn ClientStart() -> impl IntoView {
    view! { <Redirect path=format!("/clients/{}/settings", client_id().get_untracked()) /> }
}

/// A tab: its title, and its content once the client is there. Says nothing if there is no client, since the frame has said it.
#[component]
pub(super) fn ClientTab<V>(
    /// The name of the tab.
    title: &'static str,
    /// Its content.
    content: fn(ClientDetail) -> V,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    let tabs = expect_context::<ClientTabs>();
    view! {
        <Transition fallback=|| view! { <Skeleton rows=6 /> }>
            {move || Suspend::new(async move {
                tabs.detail
                    .await
                    .ok()
                    .map(|detail| {
                        let title = format!("{} · {title}", detail.client.name);
                        view! {
                            <Title text=title />
                            {content(detail).into_any()}
                        }
                    })
            })}
        </Transition>
    }
}

/// The client that the address names.
pub(super) fn client_id() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("client_id").unwrap_or_default()))
}
