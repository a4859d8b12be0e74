//! `/clients/:client_id/apis`: the grants, seen from the client.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use model::api::Api;
use model::grant::ApiAccess;

use super::detail::{ClientTab, ClientTabs};
use super::server_fns::ClientDetail;
use crate::ui::{Card, Chip, FormError, LinkButton, Mono, Note, Tone, address};

/// The APIs tab.
#[component]
pub fn AccessTab() -> impl IntoView {
    view! { <ClientTab title="APIs" content=access /> }
}

fn access(detail: ClientDetail) -> impl IntoView {
    let tabs = expect_context::<ClientTabs>();
    let only_system = detail.apis.iter().all(|access| access.api.is_system);
    let client = detail.client;
    let rows = detail
        .apis
        .into_iter()
        .map(|access| view! { <AccessRow client_id=client.client_id.clone() access=access /> })
        .collect_view();
    view! {
        <FormError value=tabs.authorize.value() />
        <FormError value=tabs.withdraw.value() />
        {only_system
            .then(|| {
                view! {
                    <Note tone=Tone::Info>
                        "There is no API of your own yet. "
                        <a href="/apis/new">"Create an API"</a>
                        " to authorize this client for it."
                    </Note>
                }
            })}
        <Card>
            <table>
                <caption class="vh">{format!("APIs that {} is authorized for", client.name)}</caption>
                <thead>
                    <tr>
                        <th scope="col">"API"</th>
                        <th scope="col" class="hide-s">
                            "Identifier"
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
        <p class="hint">
            "Authorizing grants every scope that the API defines; narrow them on the API's Non Interactive Clients tab. After a withdrawal, tokens that the client already has stay valid until they expire."
        </p>
    }
}

#[component]
fn AccessRow(client_id: String, access: ApiAccess) -> impl IntoView {
    let ApiAccess { api, grant } = access;
    let clients_tab = address(&format!("/apis/{}/clients", api.id), &[("open", &client_id)]);
    let name = api.name.clone();
    let scopes = grant.as_ref().map(|grant| {
        let count = format!("{} of {}", grant.scope.len(), api.scopes.len());
        view! {
            <Chip>{count}</Chip>
            " "
            <LinkButton href=clients_tab.clone() small=true kind=crate::ui::Kind::Quiet>
                "Choose"
                <span class="vh">{format!(" scopes of {name}")}</span>
            </LinkButton>
        }
    });
    view! {
        <tr>
            <td>
                <a class="name" href=clients_tab>
                    {api.name.clone()}
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
                <Mono text=api.identifier.clone() copy=true />
            </td>
            <td>{scopes}</td>
            <td class="right">
                <Toggle client_id=client_id api=api on=grant.is_some() />
            </td>
        </tr>
    }
    .into_any()
}

/// A switch that is a form: pressing it creates or removes the grant.
#[component]
fn Toggle(client_id: String, api: Api, on: bool) -> impl IntoView {
    let tabs = expect_context::<ClientTabs>();
    let id = format!("toggle-{}", api.id);
    take_focus_back(tabs.focus, id.clone());
    let pending = Signal::derive(move || tabs.authorize.pending().get() || tabs.withdraw.pending().get());
    let own_id = id.clone();
    let inside = view! {
        <input type="hidden" name="client_id" value=client_id />
        <input type="hidden" name="audience" value=api.identifier />
        <button
            id=id
            type="submit"
            role="switch"
            class=if on { "toggle on" } else { "toggle" }
            aria-checked=if on { "true" } else { "false" }
            aria-label=format!("Authorized for {}", api.name)
            disabled=move || pending.get()
            on:click=move |_| tabs.focus.set(Some(own_id.clone()))
        ></button>
    };
    if on {
        view! { <ActionForm action=tabs.withdraw>{inside}</ActionForm> }.into_any()
    } else {
        view! { <ActionForm action=tabs.authorize>{inside}</ActionForm> }.into_any()
    }
}

/// Gives the focus back to the switch that was pressed, since the list has been drawn anew.
fn take_focus_back(focus: RwSignal<Option<String>>, id: String) {
    Effect::new(move |_| {
        if focus.with_untracked(|focus| focus.as_ref() == Some(&id))
            && let Some(element) = document().get_element_by_id(&id)
            && let Some(element) = element.dyn_ref::<HtmlElement>()
        {
            // What can't take the focus now is no reason to fail.
            let _ = element.focus();
            focus.set(None);
        }
    });
}
