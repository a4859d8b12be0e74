//! `/apis/:id/test`: a client's token request, run for real.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};
use model::grant::ClientAccess;
use model::quickstart::{Part, Quickstart, TERMINAL};

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
    let language = Memo::new(move |_| query.with(|query| query.get("language")).unwrap_or_default());
    let run = Post::to::<RunTest>();
    refresh_frame(run.done());
    let setup = Load::<TestSetup>::new(move || {
        ask(GetTest {
            id: tabs.id.get(),
            client_id: client.get(),
            scope: scope.get(),
            language: language.get(),
        })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                // Without an API the frame has said so.
                let head = tabs.head.await.ok()?;
                let setup = setup.await;
                let asked = Asked {
                    scope: scope.get_untracked(),
                    language: language.get_untracked(),
                };
                Some(
                    view! {
                        <Title text=tab_title(&head.api.name, "Test") />
                        {match setup {
                            Ok(setup) if setup.clients.is_empty() && setup.chosen.is_none() => view! { <NoClient head=head /> }.into_any(),
                            Ok(setup) => view! { <Bench head=head setup=setup asked=asked run=run /> }.into_any(),
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

/// What the address says beside the client.
#[derive(Clone)]
struct Asked {
    scope: String,
    /// Slug of a program that asks for tokens; empty for a command.
    language: String,
}

/// The choice of a client, its request and the answer.
#[component]
fn Bench(head: ApiHead, setup: TestSetup, asked: Asked, run: Post) -> impl IntoView {
    let api = head.api;
    let chosen = setup.chosen.clone();
    let program = setup.program.clone();
    let call = program.as_ref().map(|program| program.call.clone());
    let request = chosen.map(|client| {
        let (title, spans) = match program {
            Some(program) => (program.ask.file_name, program.ask.spans),
            None => {
                let spans = curl::token_request(&setup.token_url, &client.client_id, &api.identifier, &asked.scope);
                (TERMINAL.to_owned(), spans)
            }
        };
        let whole = (!asked.language.is_empty()).then(|| {
            let href = address(&format!("/apis/{}/quickstart", api.id), &[("stack", &asked.language)]);
            view! {
                <p>
                    "A part of a program that our tests run; it asks for every scope of the grant. "
                    <a href=href>"See and download the whole program"</a>
                    "."
                </p>
            }
        });
        view! {
            <section class="part" aria-labelledby="request-head">
                <h2 id="request-head">"Request"</h2>
                <p>
                    {format!(
                        "What {} sends. Its secret is on the Settings tab of the client; here it stays in the environment variable CLIENT_SECRET.",
                        client.client_name,
                    )}
                </p>
                {whole}
                <Code title=title spans=spans />
                {(!setup.dpop.is_empty()).then(|| view! { <Note tone=Tone::Warn>{setup.dpop.clone()}</Note> })}
                <RunForm api_id=api.id.clone() client=client.clone() asked=asked.clone() run=run />
            </section>
            <Answer client=client posted=setup.run run=run api_id=api.id.clone() call=call />
        }
    });
    view! {
        <div class="prose test">
            <Chooser api_id=api.id clients=setup.clients total=setup.total languages=setup.languages chosen=setup.chosen asked=asked />
            {request}
        </div>
    }
    .into_any()
}

/// Which client asks, for which scopes, in which language; all stand in the address.
#[component]
fn Chooser(
    api_id: String,
    clients: Vec<ClientAccess>,
    total: i64,
    languages: Vec<Quickstart>,
    chosen: Option<ClientAccess>,
    asked: Asked,
) -> impl IntoView {
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
    let Asked { scope, language } = asked;
    let languages = languages
        .into_iter()
        .map(|program| {
            let selected = program.slug == language;
            view! {
                <option value=program.slug selected=selected>
                    {program.title}
                </option>
            }
        })
        .collect_view();
    // One way to the next address: both lists show at once what they say.
    let navigate = use_navigate();
    let (to, kept) = (path.clone(), (chosen_id.clone(), scope.clone(), language));
    let go = move |client: Option<String>, language: Option<String>| {
        let (client, language) = (client.unwrap_or(kept.0.clone()), language.unwrap_or(kept.2.clone()));
        navigate(
            &address(&to, &[("client", &client), ("scope", &kept.1), ("language", &language)]),
            Default::default(),
        );
    };
    let go_on = go.clone();
    let choose = move |event| go(Some(event_target_value(&event)), None);
    let choose_language = move |event| go_on(None, Some(event_target_value(&event)));
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
                <div class="field">
                    <label for="f-language">"Language"</label>
                    <select id="f-language" name="language" on:change=choose_language>
                        <option value="">"cURL"</option>
                        {languages}
                    </select>
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
fn RunForm(api_id: String, client: ClientAccess, asked: Asked, run: Post) -> impl IntoView {
    view! {
        <PostForm post=run attr:class="run">
            <FormError of=run />
            <input type="hidden" name="id" value=api_id />
            <input type="hidden" name="client_id" value=client.client_id />
            <input type="hidden" name="scope" value=asked.scope />
            <input type="hidden" name="language" value=asked.language />
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
fn Answer(client: ClientAccess, posted: Option<TestRun>, run: Post, api_id: String, call: Option<Part>) -> impl IntoView {
    let answer = move || {
        let latest = run.answer::<Option<TestRun>>().flatten();
        latest.or_else(|| posted.clone()).filter(|run| run.client_id() == client.client_id)
    };
    view! {
        <div class="prose" role="status" aria-live="polite">
            {move || match answer() {
                Some(run) => view! { <RunResult run=run api_id=api_id.clone() call=call.clone() /> }.into_any(),
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
