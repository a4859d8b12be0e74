//! `/clients/:client_id/apis`: the grants, seen from the client.

use leptos::prelude::*;
use model::api::Api;
use model::grant::ApiAccess;

use super::detail::{ClientTab, ClientTabs};
use super::server_fns::ClientDetail;
use crate::ui::{Card, Chip, FormError, Kind, LinkButton, Mono, Note, PostForm, Switch, Tone, address, focus_again};

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
        <FormError of=tabs.authorize />
        <FormError of=tabs.withdraw />
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
            <LinkButton href=clients_tab.clone() small=true kind=Kind::Quiet>
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
    focus_again(tabs.focus, [id.clone()]);
    let pending = Signal::derive(move || tabs.authorize.pending().get() || tabs.withdraw.pending().get());
    let own_id = id.clone();
    let inside = view! {
        <input type="hidden" name="client_id" value=client_id />
        <input type="hidden" name="audience" value=api.identifier />
        <Switch
            id=id
            label=format!("Authorized for {}", api.name)
            on=on
            pending=pending
            on:click=move |_| tabs.focus.set(Some(own_id.clone()))
        />
    };
    if on {
        view! { <PostForm post=tabs.withdraw>{inside}</PostForm> }.into_any()
    } else {
        view! { <PostForm post=tabs.authorize>{inside}</PostForm> }.into_any()
    }
}
