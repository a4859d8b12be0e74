//! `/apis/:id/guard`: whether the API refuses what it must, found out by asking it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::guard::URL_MAX;

use super::detail::{ApiTabs, tab_title};
use super::server_fns::{GetGuard, GuardSetup, RunGuard};
use crate::ui::{Button, Card, ErrorPanel, FormError, Icon, IconName, Kind, Load, Post, PostForm, Skeleton, TextField, ask};

/// The most characters of a scope list.
const SCOPE_MAX: usize = 2_000;

/// The Guard tab.
#[component]
pub fn GuardTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let asked = Memo::new(move |_| ["url", "scope", "client"].map(|name| query.with(|query| query.get(name)).unwrap_or_default()));
    let run = Post::to::<RunGuard>();
    let setup = Load::<GuardSetup>::new(move || {
        let [url, scope, client_id] = asked.get();
        ask(GetGuard {
            id: tabs.id.get(),
            url,
            scope,
            client_id,
        })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                // Without an API the frame has said so.
                let head = tabs.head.await.ok()?;
                let setup = setup.await;
                Some(
                    view! {
                        <Title text=tab_title(&head.api.name, "Guard") />
                        {match setup {
                            Ok(setup) => {
                                view! { <Tester id=head.api.id typed=asked.get_untracked() setup=setup run=run /> }.into_any()
                            }
                            Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                        }}
                    },
                )
            })}
        </Transition>
    }
}

/// The form, and below it what was found.
#[component]
fn Tester(id: String, typed: [String; 3], setup: GuardSetup, run: Post) -> impl IntoView {
    let [url, scope, _] = typed;
    let posted = setup.report;
    let report = move || {
        if run.pending().get() {
            return "<p class=\"hint\">Sending tokens to your API. This takes some seconds.</p>".to_owned();
        }
        let answer = run.answer::<Option<String>>().flatten();
        // What a former run found says nothing about what was refused just now.
        answer.unwrap_or_else(|| if run.refused().get() { String::new() } else { posted.clone() })
    };
    view! {
        <div class="prose">
            <Card>
                <PostForm post=run attr:class="form">
                    <FormError of=run fields=&["url", "scope"] />
                    <input type="hidden" name="id" value=id />
                    <TextField
                        name="url"
                        label="Address of your API"
                        kind="url"
                        value=url
                        hint="With a path that needs a token and answers a GET request with 200, for example http://localhost:8080/orders."
                        max=URL_MAX
                        mono=true
                        required=true
                        error=run.error_of("url")
                    />
                    <TextField
                        name="scope"
                        label="Scopes that this path needs"
                        value=scope
                        hint="Separated by spaces. A token without them must then be answered with 403."
                        max=SCOPE_MAX
                        mono=true
                        error=run.error_of("scope")
                    />
                    <div class="field">
                        <label for="f-client_id">"Whose token the valid one is"</label>
                        <select id="f-client_id" name="client_id" inner_html=setup.options></select>
                    </div>
                    <div inner_html=setup.note></div>
                    <div class="form-actions">
                        <Button kind=Kind::Primary pending=run.pending()>
                            <Icon name=IconName::Shield />
                            "Test this API"
                        </Button>
                    </div>
                </PostForm>
            </Card>
            <div class="prose" role="status" aria-live="polite" inner_html=report></div>
        </div>
    }
    .into_any()
}
