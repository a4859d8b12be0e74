//! `/apis/:id/test`: a client's token request, run for real.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};
use model::grant::ClientAccess;

use super::code::Code;
use super::curl;
use super::detail::{ApiTabs, tab_title};
use super::run::RunResult;
use super::server_fns::{ApiHead, GetTest, RunTest, TestRun, TestSetup};
use crate::layout::refresh_frame;
use crate::ui::{
    Button, Card, Empty, ErrorPanel, FormError, GetForm, Icon, IconName, Kind, LinkButton, Load, Note, Post, PostForm, Skeleton, TextField, Tone,
    address, ask,
};

/// The most characters of a scope list in the address.
const SCOPE_MAX: usize = 2_000;

/// The Test tab.
#[component]
pub fn TestTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let client = Memo::new(move |_| query.with(|query| query.get("client")).unwrap_or_default());
    let scope = Memo::new(move |_| {
        let scope = query.with(|query| query.get("scope")).unwrap_or_default();
        scope.trim().chars().take(SCOPE_MAX).collect::<String>()
    });
    let run = Post::to::<RunTest>();
    refresh_frame(run.done());
    let setup = Load::<TestSetup>::new(move || {
        ask(GetTest {
            id: tabs.id.get(),
            client_id: client.get(),
            scope: scope.get(),
        })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                // Without an API the frame has said so.
                let head = tabs.head.await.ok()?;
                let setup = setup.await;
                let scope = scope.get_untracked();
                Some(
                    view! {
                        <Title text=tab_title(&head.api.name, "Test") />
                        {match setup {
                            Ok(setup) if setup.clients.is_empty() && setup.chosen.is_none() => view! { <NoClient head=head /> }.into_any(),
                            Ok(setup) => view! { <Bench head=head setup=setup scope=scope run=run /> }.into_any(),
                            Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                        }}
                    },
                )
            })}
        </Transition>
    }
}

/// Nobody may ask for tokens yet.
#[component]
fn NoClient(head: ApiHead) -> impl IntoView {
    view! {
        <Empty
            icon=IconName::Play
            title="No client is authorized yet"
            text="Here a client's token request is run for real, and the token is taken apart. Authorize a client first."
        >
            <LinkButton href=format!("/apis/{}/clients", head.api.id) kind=Kind::Primary>
                "Authorize a client"
            </LinkButton>
        </Empty>
    }
}

/// The choice of a client, its request and the answer.
#[component]
fn Bench(head: ApiHead, setup: TestSetup, scope: String, run: Post) -> impl IntoView {
    let api = head.api;
    let chosen = setup.chosen.clone();
    let request = chosen.map(|client| {
        let spans = curl::token_request(&setup.token_url, &client.client_id, &api.identifier, &scope);
        view! {
            <section class="part" aria-labelledby="request-head">
                <h2 id="request-head">"Request"</h2>
                <p>
                    {format!(
                        "What {} sends. Its secret is on the Settings tab of the client; here it stays in the environment variable CLIENT_SECRET.",
                        client.client_name,
                    )}
                </p>
                <Code title="Terminal" spans=spans />
                {(!setup.dpop.is_empty()).then(|| view! { <Note tone=Tone::Warn>{setup.dpop.clone()}</Note> })}
                <RunForm api_id=api.id.clone() client=client.clone() scope=scope.clone() run=run />
            </section>
            <Answer client=client posted=setup.run run=run api_id=api.id.clone() />
        }
    });
    view! {
        <div class="prose test">
            <Chooser api_id=api.id clients=setup.clients total=setup.total chosen=setup.chosen scope=scope />
            {request}
        </div>
    }
    .into_any()
}

/// Which client asks, and for which scopes; both stand in the address.
#[component]
fn Chooser(api_id: String, clients: Vec<ClientAccess>, total: i64, chosen: Option<ClientAccess>, scope: String) -> impl IntoView {
    let path = format!("/apis/{api_id}/test");
    let more = usize::try_from(total).is_ok_and(|total| total > clients.len());
    let mut options = clients;
    if let Some(chosen) = chosen
        .clone()
        .filter(|chosen| options.iter().all(|client| client.client_id != chosen.client_id))
    {
        options.insert(0, chosen);
    }
    let chosen_id = chosen.map(|chosen| chosen.client_id).unwrap_or_default();
    let unchosen = chosen_id.is_empty();
    let options = options
        .into_iter()
        .map(|client| {
            let selected = client.client_id == chosen_id;
            view! {
                <option value=client.client_id selected=selected>
                    {client.client_name}
                </option>
            }
        })
        .collect_view();
    let (navigate, to) = (use_navigate(), path.clone());
    let kept = scope.clone();
    let choose = move |event| {
        navigate(
            &address(&to, &[("client", &event_target_value(&event)), ("scope", &kept)]),
            Default::default(),
        )
    };
    view! {
        <Card>
            <GetForm action=path attr:class="form form-row">
                <div class="field">
                    <label for="f-client">"Client"</label>
                    <select id="f-client" name="client" required on:change=choose>
                        {unchosen
                            .then(|| {
                                view! {
                                    <option value="" selected>
                                        "Choose a client"
                                    </option>
                                }
                            })}
                        {options}
                    </select>
                    {more
                        .then(|| {
                            view! {
                                <p class="hint">
                                    "The first 100 are listed. Every other one has a Test link on the "
                                    <a href=format!("/apis/{api_id}/clients")>"Non Interactive Clients"</a>
                                    " tab."
                                </p>
                            }
                        })}
                </div>
                <TextField
                    name="scope"
                    label="Scopes"
                    value=scope
                    hint="Separated by spaces. Left empty, the token gets every scope of the grant."
                    max=SCOPE_MAX
                    mono=true
                />
                <div class="form-actions">
                    <button type="submit" class="btn">
                        "Show request"
                    </button>
                </div>
            </GetForm>
        </Card>
    }
    .into_any()
}

#[component]
fn RunForm(api_id: String, client: ClientAccess, scope: String, run: Post) -> impl IntoView {
    view! {
        <PostForm post=run attr:class="run">
            <FormError of=run />
            <input type="hidden" name="id" value=api_id />
            <input type="hidden" name="client_id" value=client.client_id />
            <input type="hidden" name="scope" value=scope />
            <Button kind=Kind::Primary pending=run.pending()>
                <Icon name=IconName::Play />
                "Get a token"
            </Button>
            <span class="hint">"A real token, issued by the same rules as at the endpoint and recorded in Logs."</span>
        </PostForm>
    }
}

/// The answer of the last run, if it was a run of this client.
#[component]
fn Answer(client: ClientAccess, posted: Option<TestRun>, run: Post, api_id: String) -> impl IntoView {
    let answer = move || {
        let latest = run.answer::<Option<TestRun>>().flatten();
        latest.or_else(|| posted.clone()).filter(|run| run.client_id() == client.client_id)
    };
    view! {
        <div class="prose" role="status" aria-live="polite">
            {move || match answer() {
                Some(run) => view! { <RunResult run=run api_id=api_id.clone() /> }.into_any(),
                None => {
                    view! {
                        <Note tone=Tone::Plain>"The answer and the token, explained claim by claim, appear here."</Note>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}
