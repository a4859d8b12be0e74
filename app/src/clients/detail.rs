//! The head and the tabs of a client, shared by the pages below `/clients/:client_id`.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::use_params_map;
use model::client::Client;

use super::server_fns::{AuthorizeApi, ClientDetail, DeleteClient, RotateClientSecret, UpdateClient, WithdrawApi, get_client};
use crate::error::AppError;
use crate::layout::FrameResource;
use crate::ui::{Chip, ErrorPanel, IconName, Mono, PageHead, Skeleton, Tab, Tabs};

/// What the tabs of a client share: the client, and what can be done to it.
#[derive(Clone, Copy)]
pub(super) struct ClientTabs {
    pub detail: Resource<Result<ClientDetail, AppError>>,
    pub update: ServerAction<UpdateClient>,
    pub rotate: ServerAction<RotateClientSecret>,
    pub delete: ServerAction<DeleteClient>,
    pub authorize: ServerAction<AuthorizeApi>,
    pub withdraw: ServerAction<WithdrawApi>,
    /// Id of the element that takes the focus once the list of APIs is drawn anew.
    pub focus: RwSignal<Option<String>>,
}

/// The frame around the tabs. It decides whether the page exists, so the client is loaded before anything is sent.
#[component]
pub fn ClientLayout() -> impl IntoView {
    let client_id = client_id();
    let update = ServerAction::<UpdateClient>::new();
    let authorize = ServerAction::<AuthorizeApi>::new();
    let withdraw = ServerAction::<WithdrawApi>::new();
    let rotate = ServerAction::<RotateClientSecret>::new();
    // A rotated secret too: an old one that is being shown must leave the screen.
    let writes = [done(update), done(authorize), done(withdraw), done(rotate)];
    let written = Memo::new(move |_| writes.iter().map(Get::get).sum::<usize>());
    let detail = Resource::new_blocking(move || (client_id.get(), written.get()), |(client_id, _)| get_client(client_id));
    // The address stays, so the frame does not notice by itself that a step may be done.
    let frame = use_context::<FrameResource>();
    Effect::new(move |before: Option<usize>| {
        let written = written.get();
        if let Some(frame) = frame
            && before.is_some_and(|before| before != written)
        {
            frame.refetch();
        }
        written
    });
    provide_context(ClientTabs {
        detail,
        update,
        rotate,
        delete: ServerAction::new(),
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
                    Err(error) => {
                        view! {
                            <Title text=error.title() />
                            <ErrorPanel error=error />
                        }
                            .into_any()
                    }
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
        Tab::counted(format!("{base}/apis"), "APIs", apis),
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

/// The version of the last success. A refused form must not load its values anew, or what was typed would be lost.
fn done<F>(action: ServerAction<F>) -> Memo<usize>
where
    F: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    Memo::new(move |before: Option<&usize>| {
        let version = action.version().get();
        if action.value().with(|value| matches!(value, Some(Ok(())))) {
            version
        } else {
            before.copied().unwrap_or_default()
        }
    })
}
