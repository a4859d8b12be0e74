//! The head and the tabs of an API, shared by the pages below `/apis/:id`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_location, use_params_map, use_query_map};

use super::server_fns::{
    AddIntrospector, AddScope, ApiHead, ChangeSigningAlg, ChangeTokenShape, CreateGrant, DeleteApi, DeleteGrant, DescribeScope, GetApi,
    GetSigningSecrets, RemoveIntrospector, RemoveScope, SigningSecrets, UpdateApi, UpdateGrant,
};
use crate::layout::refresh_frame;
use crate::ui::{Chip, ErrorPanel, Icon, IconName, LinkButton, Load, Mono, PageHead, Post, Skeleton, Tab, Tabs, Tone, ask};

/// What the tabs of an API share: the API, and what can be done to it.
#[derive(Clone, Copy)]
pub(super) struct ApiTabs {
    pub id: Memo<String>,
    pub head: Load<ApiHead>,
    pub update: Post,
    pub change_alg: Post,
    /// Changes what tokens say.
    pub shape: Post,
    pub delete: Post,
    pub add_introspector: Post,
    pub remove_introspector: Post,
    pub add_scope: Post,
    pub describe_scope: Post,
    pub remove_scope: Post,
    pub create_grant: Post,
    pub update_grant: Post,
    pub delete_grant: Post,
    /// Grows with every change of a grant: what lists them loads again.
    pub grants_changed: Memo<usize>,
    /// The signing secrets, on the Settings tab of an API that signs with HS256.
    pub signing_secrets: Load<Option<SigningSecrets>>,
}

/// The frame around the tabs. It decides whether the page exists, so the API is loaded before anything is sent.
#[component]
pub fn ApiLayout() -> impl IntoView {
    let params = use_params_map();
    let pathname = use_location().pathname;
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let update = Post::to::<UpdateApi>();
    let change_alg = Post::to::<ChangeSigningAlg>();
    let shape = Post::to::<ChangeTokenShape>();
    let add_introspector = Post::to::<AddIntrospector>();
    let remove_introspector = Post::to::<RemoveIntrospector>();
    let add_scope = Post::to::<AddScope>();
    let describe_scope = Post::to::<DescribeScope>();
    let remove_scope = Post::to::<RemoveScope>();
    let create_grant = Post::to::<CreateGrant>();
    let update_grant = Post::to::<UpdateGrant>();
    let delete_grant = Post::to::<DeleteGrant>();
    let grants = [create_grant.done(), update_grant.done(), delete_grant.done()];
    let grants_changed = Memo::new(move |_| grants.iter().map(Get::get).sum::<usize>());
    let alg_changed = change_alg.done();
    let own = [
        update.done(),
        alg_changed,
        shape.done(),
        add_introspector.done(),
        remove_introspector.done(),
        add_scope.done(),
        describe_scope.done(),
        remove_scope.done(),
    ];
    let changed = Memo::new(move |_| own.iter().map(Get::get).sum::<usize>());
    let head = Load::blocking(move || ask(GetApi { id: id.get() }).after(changed.get() + grants_changed.get()));
    refresh_frame(Memo::new(move |_| changed.get() + grants_changed.get()));
    // Made here rather than on its tab, so that server and browser make their resources in the same order.
    let on_settings = Memo::new(move |_| pathname.with(|path| path.ends_with("/settings")));
    let query = use_query_map();
    let saved = Memo::new(move |_| query.with(|query| query.get("saved")).unwrap_or_default());
    let signing_secrets = Load::new(move || {
        let of_api = || GetSigningSecrets {
            id: id.get(),
            saved: saved.get(),
        };
        on_settings.get().then(|| ask(of_api()).after(alg_changed.get()))
    });
    provide_context(ApiTabs {
        id,
        head,
        update,
        change_alg,
        shape,
        delete: Post::to::<DeleteApi>(),
        add_introspector,
        remove_introspector,
        add_scope,
        describe_scope,
        remove_scope,
        create_grant,
        update_grant,
        delete_grant,
        grants_changed,
        signing_secrets,
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=2 /> }>
            {move || Suspend::new(async move {
                match head.await {
                    Ok(head) => view! { <Head head=head /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error is_page=true /> }.into_any(),
                }
            })}
        </Transition>
        <Outlet />
    }
}

#[component]
fn Head(head: ApiHead) -> impl IntoView {
    let ApiHead { api, clients, .. } = head;
    let base = format!("/apis/{}", api.id);
    let tabs = vec![
        Tab::new(format!("{base}/quickstart"), "Quickstart"),
        Tab::new(format!("{base}/settings"), "Settings"),
        Tab::counted(format!("{base}/scopes"), "Scopes", i64::try_from(api.scopes.len()).unwrap_or_default()),
        Tab::counted(format!("{base}/clients"), "Non Interactive Clients", clients),
        Tab::new(format!("{base}/test"), "Test"),
        Tab::new(format!("{base}/guard"), "Guard"),
    ];
    let label = format!("Pages of {}", api.name);
    let (identifier, alg, is_system) = (api.identifier, api.signing_alg, api.is_system);
    let tone = if clients > 0 { Tone::Good } else { Tone::Plain };
    view! {
        <PageHead
            title=api.name
            crumb=("APIs".to_owned(), "/apis".to_owned())
            icon=IconName::Apis
            sub=move || {
                view! {
                    <Mono text=identifier.clone() copy=true />
                    <Chip>{alg.as_str()}</Chip>
                    {is_system.then(|| view! { <Chip tone=Tone::Info>"System"</Chip> })}
                    <Chip tone=tone>{authorized(clients)}</Chip>
                }
            }
            actions=move || {
                view! {
                    {is_system.then(|| view! { <LinkButton href="/reference">"API reference"</LinkButton> })}
                    <LinkButton href=format!("{base}/test")>
                        <Icon name=IconName::Play />
                        "Test"
                    </LinkButton>
                }
            }
        />
        <Tabs label=label tabs=tabs />
    }
    .into_any()
}

/// How many clients may ask for tokens, in words.
fn authorized(clients: i64) -> String {
    match clients {
        0 => "No client authorized".to_owned(),
        1 => "1 client authorized".to_owned(),
        many => format!("{many} clients authorized"),
    }
}

/// `/apis/:id` itself: its first tab.
#[component]
pub fn ApiStart() -> impl IntoView {
    view! { <Redirect path=format!("/apis/{}/quickstart", expect_context::<ApiTabs>().id.get_untracked()) /> }
}

/// A tab whose content needs nothing but the API. Says nothing if there is no API, since the frame has said it.
#[component]
pub(super) fn ApiTab<V>(
    /// The name of the tab.
    title: &'static str,
    /// Its content.
    content: fn(ApiHead) -> V,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    let tabs = expect_context::<ApiTabs>();
    view! {
        <Transition fallback=|| view! { <Skeleton rows=6 /> }>
            {move || Suspend::new(async move {
                tabs.head
                    .await
                    .ok()
                    .map(|head| {
                        view! {
                            <Title text=tab_title(&head.api.name, title) />
                            {content(head).into_any()}
                        }
                    })
            })}
        </Transition>
    }
}

/// What stands in the browser's tab.
pub(super) fn tab_title(api: &str, tab: &str) -> String {
    format!("{api} · {tab}")
}

#[cfg(test)]
mod tests {
    use super::authorized;

    #[test]
    fn one_client_is_singular() {
        assert_eq!(authorized(0), "No client authorized");
        assert_eq!(authorized(1), "1 client authorized");
        assert_eq!(authorized(3), "3 clients authorized");
    }
}
