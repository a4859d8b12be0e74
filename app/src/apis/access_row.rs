//! One client of an API: its toggle, and the scopes of its grant.

use std::collections::BTreeSet;

use leptos::prelude::*;
use model::api::Api;
use model::grant::{ClientAccess, Grant};
use model::scope::Scope;

use super::access::AccessTable;
use super::detail::ApiTabs;
use crate::ui::{Button, Chip, FormError, Icon, IconName, Kind, LinkButton, Mono, PostForm, Switch, Tone, address, focus_again};

/// The row, and below it the scopes if they are open.
#[component]
pub(super) fn AccessRow(api: Api, access: ClientAccess) -> impl IntoView {
    let ClientAccess {
        client_id,
        client_name,
        grant,
    } = access;
    let focus = expect_context::<AccessTable>().focus;
    focus_again(focus, [format!("toggle-{client_id}"), format!("scopes-{client_id}")]);
    let scopes = grant.as_ref().map(|grant| {
        view! { <ScopesLink client_id=client_id.clone() client_name=client_name.clone() held=grant.scope.len() defined=api.scopes.len() /> }
    });
    let on = grant.is_some();
    let panel = grant.map(|grant| view! { <ScopesPanel api=api grant=grant client_name=client_name.clone() /> });
    view! {
        <tr>
            <td>
                <a class="name" href=format!("/clients/{client_id}/settings")>
                    {client_name.clone()}
                </a>
            </td>
            <td class="hide-s">
                <Mono text=client_id.clone() short=true copy=true />
            </td>
            <td>{scopes}</td>
            <td class="right">
                <Toggle client_id=client_id client_name=client_name on=on />
            </td>
        </tr>
        {panel}
    }
    .into_any()
}

/// How many scopes the grant holds; opens and closes them.
#[component]
fn ScopesLink(client_id: String, client_name: String, held: usize, defined: usize) -> impl IntoView {
    let table = expect_context::<AccessTable>();
    let label = if defined == 0 {
        "No scopes".to_owned()
    } else {
        format!("{held} of {defined}")
    };
    let (id, own_id) = (format!("scopes-{client_id}"), client_id.clone());
    let is_open = Memo::new(move |_| table.open.with(|open| open.as_ref() == Some(&own_id)));
    let href = move || {
        let view = table.view.get();
        if is_open.get() { view.href() } else { view.with("open", &client_id) }
    };
    view! {
        <a
            id=id
            class="opener"
            class:open=move || is_open.get()
            data-noscroll=""
            href=href
            aria-expanded=move || is_open.get().to_string()
        >
            <Chip>{label}</Chip>
            <Icon name=IconName::Down />
            <span class="vh">{format!(" scopes granted to {client_name}")}</span>
        </a>
    }
    .into_any()
}

/// A switch that is a form: pressing it creates or removes the grant.
#[component]
fn Toggle(client_id: String, client_name: String, on: bool) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let table = expect_context::<AccessTable>();
    let id = format!("toggle-{client_id}");
    let (pressed, focus) = (client_id.clone(), id.clone());
    let press = move |_| {
        table.pressed.set(Some(pressed.clone()));
        table.focus.set(Some(focus.clone()));
    };
    let pending = Signal::derive(move || tabs.create_grant.pending().get() || tabs.delete_grant.pending().get());
    let inside = view! {
        <input type="hidden" name="id" value=tabs.id.get_untracked() />
        <input type="hidden" name="client_id" value=client_id />
        {(!on).then(|| view! { <input type="hidden" name="choice" value="all" /> })}
        <Switch id=id label=format!("{client_name} is authorized") on=on pending=pending on:click=press />
    };
    if on {
        view! { <PostForm post=tabs.delete_grant>{inside}</PostForm> }.into_any()
    } else {
        view! { <PostForm post=tabs.create_grant>{inside}</PostForm> }.into_any()
    }
}

/// Which of the API's scopes the client is granted.
#[component]
fn ScopesPanel(api: Api, grant: Grant, client_name: String) -> impl IntoView {
    let table = expect_context::<AccessTable>();
    let client_id = grant.client_id.clone();
    let is_open = Memo::new(move |_| table.open.with(|open| open.as_ref() == Some(&client_id)));
    move || {
        is_open.get().then(|| {
            let (api, grant, client_name) = (api.clone(), grant.clone(), client_name.clone());
            view! {
                <tr class="expanded">
                    <td colspan="4">
                        {if api.scopes.is_empty() {
                            view! { <NoScopes api_id=api.id client_id=grant.client_id /> }.into_any()
                        } else {
                            view! { <ScopesForm api=api grant=grant client_name=client_name /> }.into_any()
                        }}
                    </td>
                </tr>
            }
        })
    }
}

#[component]
fn NoScopes(api_id: String, client_id: String) -> impl IntoView {
    view! {
        <div class="scopes">
            <div class="row">
                <span>"This API defines no scopes, so its tokens carry none."</span>
                <span class="row end">
                    <LinkButton href=format!("/apis/{api_id}/scopes") kind=Kind::Quiet small=true>
                        "Add scopes"
                    </LinkButton>
                    <TestLink api_id=api_id client_id=client_id />
                </span>
            </div>
        </div>
    }
}

#[component]
fn TestLink(api_id: String, client_id: String) -> impl IntoView {
    view! {
        <LinkButton href=address(&format!("/apis/{api_id}/test"), &[("client", &client_id)]) kind=Kind::Quiet small=true>
            <Icon name=IconName::Play />
            "Test"
        </LinkButton>
    }
}

/// The boxes to tick. All and None tick boxes where there is script, and are kept at once where there is none.
#[component]
fn ScopesForm(api: Api, grant: Grant, client_name: String) -> impl IntoView {
    let update = expect_context::<ApiTabs>().update_grant;
    let focus = expect_context::<AccessTable>().focus;
    let held: BTreeSet<String> = grant.scope.into_iter().collect();
    let ticked = RwSignal::new(held.clone());
    let all: BTreeSet<String> = api.scopes.iter().map(|scope| scope.value.clone()).collect();
    let boxes = api
        .scopes
        .into_iter()
        .map(|scope| {
            let initially = held.contains(&scope.value);
            view! { <ScopeBox scope=scope initially=initially ticked=ticked /> }
        })
        .collect_view();
    let client_id = grant.client_id;
    let (own_id, opener) = (client_id.clone(), format!("scopes-{client_id}"));
    let saved = move || update.answer::<String>().as_ref() == Some(&own_id);
    view! {
        <PostForm post=update attr:class="scopes" on:submit=move |_| focus.set(Some(opener.clone()))>
            // Enter presses the first submit button of a form: that must be this one, not All.
            <button type="submit" class="vh" tabindex="-1" aria-hidden="true"></button>
            <FormError of=update />
            <input type="hidden" name="id" value=api.id.clone() />
            <input type="hidden" name="client_id" value=client_id.clone() />
            <div class="row">
                <b>{format!("Scopes granted to {client_name}")}</b>
                <span class="row end">
                    <TickButton label="All" choice="all" on_press=move || ticked.set(all.clone()) />
                    <TickButton label="None" choice="none" on_press=move || ticked.set(BTreeSet::new()) />
                    <TestLink api_id=api.id client_id=client_id />
                </span>
            </div>
            <div class="row" role="group" aria-label=format!("Scopes granted to {client_name}")>
                {boxes}
                <span class="row end">
                    <span role="status">{move || saved().then(|| view! { <Chip tone=Tone::Good>"Saved"</Chip> })}</span>
                    <Button kind=Kind::Primary small=true pending=update.pending()>
                        "Update"
                    </Button>
                </span>
            </div>
        </PostForm>
    }
    .into_any()
}

#[component]
fn ScopeBox(scope: Scope, initially: bool, ticked: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let Scope { value, description } = scope;
    let (shown, changed) = (value.clone(), value.clone());
    let is_ticked = Memo::new(move |_| ticked.with(|ticked| ticked.contains(&shown)));
    let change = move |event| {
        let on = event_target_checked(&event);
        ticked.update(|ticked| {
            if on {
                ticked.insert(changed.clone());
            } else {
                ticked.remove(&changed);
            }
        });
    };
    view! {
        <label class="check" title=(!description.is_empty()).then_some(description)>
            <input
                type="checkbox"
                name="scope[]"
                value=value.clone()
                checked=initially
                prop:checked=move || is_ticked.get()
                on:change=change
            />
            <code>{value}</code>
        </label>
    }
    .into_any()
}

/// Ticks boxes. It is a submit button, so that it does something where there is no script.
#[component]
fn TickButton(label: &'static str, choice: &'static str, on_press: impl Fn() + Send + 'static) -> impl IntoView {
    let press = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        on_press();
    };
    view! {
        <button type="submit" class="btn quiet small" name="choice" value=choice on:click=press>
            {label}
        </button>
    }
}
