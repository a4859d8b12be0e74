//! The head and the tabs of an API, shared by the pages below `/apis/:id`.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_location, use_navigate, use_params_map};
use model::secret::Secret;

use super::server_fns::{
    AddScope, ApiHead, ChangeSigningAlg, CreateGrant, DeleteApi, DeleteGrant, DescribeScope, RemoveScope, RotateSigningSecret, UpdateApi,
    UpdateGrant, get_api, take_signing_secret,
};
use crate::error::AppError;
use crate::ui::{Chip, ErrorPanel, Icon, IconName, LinkButton, Mono, PageHead, Skeleton, Tab, Tabs, Tone};

/// What the tabs of an API share: the API, and what can be done to it.
#[derive(Clone, Copy)]
pub(super) struct ApiTabs {
    pub id: Memo<String>,
    pub head: Resource<Result<ApiHead, AppError>>,
    pub update: ServerAction<UpdateApi>,
    pub change_alg: ServerAction<ChangeSigningAlg>,
    pub rotate: ServerAction<RotateSigningSecret>,
    pub delete: ServerAction<DeleteApi>,
    pub add_scope: ServerAction<AddScope>,
    pub describe_scope: ServerAction<DescribeScope>,
    pub remove_scope: ServerAction<RemoveScope>,
    pub create_grant: ServerAction<CreateGrant>,
    pub update_grant: ServerAction<UpdateGrant>,
    pub delete_grant: ServerAction<DeleteGrant>,
    /// Grows with every change of a grant: what lists them loads again.
    pub grants_changed: Memo<usize>,
    /// The signing secret, on the one page that follows a form posted without script.
    pub posted_secret: Resource<Result<Option<Secret>, AppError>>,
}

/// The frame around the tabs. It decides whether the page exists, so the API is loaded before anything is sent.
#[component]
pub fn ApiLayout() -> impl IntoView {
    let params = use_params_map();
    let pathname = use_location().pathname;
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let update = ServerAction::new();
    let change_alg = ServerAction::new();
    let add_scope = ServerAction::new();
    let describe_scope = ServerAction::new();
    let remove_scope = ServerAction::new();
    let create_grant = ServerAction::new();
    let update_grant = ServerAction::new();
    let delete_grant = ServerAction::new();
    let grants = [done(create_grant), done(update_grant), done(delete_grant)];
    let grants_changed = Memo::new(move |_| grants.iter().map(Get::get).sum::<usize>());
    let own = [done(update), done(change_alg), done(add_scope), done(describe_scope), done(remove_scope)];
    let changed = Memo::new(move |_| own.iter().map(Get::get).sum::<usize>());
    let head = Resource::new_blocking(move || (id.get(), changed.get(), grants_changed.get()), |(id, ..)| get_api(id));
    // Made here rather than on its tab, so that server and browser make their resources in the same order.
    let on_settings = Memo::new(move |_| pathname.with(|path| path.ends_with("/settings")));
    let posted_secret = Resource::new(
        move || (id.get(), on_settings.get()),
        |(id, on_settings)| async move { if on_settings { take_signing_secret(id).await } else { Ok(None) } },
    );
    provide_context(ApiTabs {
        id,
        head,
        update,
        change_alg,
        rotate: ServerAction::new(),
        delete: ServerAction::new(),
        add_scope,
        describe_scope,
        remove_scope,
        create_grant,
        update_grant,
        delete_grant,
        grants_changed,
        posted_secret,
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=2 /> }>
            {move || Suspend::new(async move {
                match head.await {
                    Ok(head) => view! { <Head head=head /> }.into_any(),
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
fn Head(head: ApiHead) -> impl IntoView {
    let ApiHead { api, clients } = head;
    let base = format!("/apis/{}", api.id);
    let tabs = vec![
        Tab::new(format!("{base}/quickstart"), "Quickstart"),
        Tab::new(format!("{base}/settings"), "Settings"),
        Tab::counted(format!("{base}/scopes"), "Scopes", i64::try_from(api.scopes.len()).unwrap_or_default()),
        Tab::counted(format!("{base}/clients"), "Non Interactive Clients", clients),
        Tab::new(format!("{base}/test"), "Test"),
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

/// The version of the last success of an action. A refused form must not load its values anew, or what was typed would be lost.
fn done<F>(action: ServerAction<F>) -> Memo<usize>
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    Memo::new(move |before: Option<&usize>| {
        let version = action.version().get();
        if action.value().with(|value| matches!(value, Some(Ok(_)))) {
            version
        } else {
            before.copied().unwrap_or_default()
        }
    })
}

/// Whether the last try of an action was refused: then the panel with the reason stays open.
pub(super) fn refused<F>(action: ServerAction<F>) -> Signal<bool>
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    Signal::derive(move || action.value().with(|value| matches!(value, Some(Err(_)))))
}

/// Goes to `href` when an action succeeds from now on, without a jump to the top of the page.
pub(super) fn go_after<F>(action: ServerAction<F>, href: impl Fn(&F::Output) -> String + 'static)
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    let navigate = use_navigate();
    let before = action.version().get_untracked();
    Effect::new(move |_| {
        if action.version().get() == before {
            return;
        }
        let to = action
            .value()
            .with(|value| value.as_ref().and_then(|value| value.as_ref().ok()).map(&href));
        if let Some(to) = to {
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..Default::default()
            };
            navigate(&to, options);
        }
    });
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
