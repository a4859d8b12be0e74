//! The frame of the reference: the list at the left, the chosen operation at its right, and its form.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::server_fns::{Answered, CallOperation, GetReference, Reference};
use crate::layout::refresh_frame;
use crate::ui::{Button, Card, CodeBox, ErrorPanel, FormError, GetForm, Kind, Load, PageHead, Post, PostForm, SearchBox, Skeleton, ask};

/// What the address asks for: operation, filter and client.
type Asked = Memo<[String; 3]>;

/// The page.
#[component]
pub fn ReferencePage() -> impl IntoView {
    let query = use_query_map();
    let asked: Asked = Memo::new(move |_| ["op", "q", "client"].map(|name| query.with(|query| query.get(name)).unwrap_or_default()));
    let call = Post::to::<CallOperation>();
    // What was called may have made clients or APIs.
    refresh_frame(call.done());
    let reference = Load::<Reference>::blocking(move || {
        let [op, q, client_id] = asked.get();
        ask(GetReference { op, q, client_id })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=10 /> }>
            {move || Suspend::new(async move {
                match reference.await {
                    Ok(reference) => view! { <Shown reference=reference asked=asked call=call /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error is_page=true /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Shown(reference: Reference, asked: Asked, call: Post) -> impl IntoView {
    let Reference {
        list,
        about,
        curl,
        form,
        answered,
    } = reference;
    let [op, ..] = asked.get_untracked();
    let shown = op.clone();
    let answer = move || {
        let latest = call.answer::<Option<Answered>>().flatten().or_else(|| answered.clone());
        // A former answer says nothing about what was refused just now.
        let latest = latest.filter(|answered| answered.op == shown && !call.refused().get());
        latest.map(answer)
    };
    let command = (!curl.is_empty()).then(|| view! { <CodeBox title="cURL" text=curl.clone()>{curl}</CodeBox> });
    let form = (!form.is_empty()).then(|| {
        view! {
            <section class="part" aria-labelledby="try-head">
                <h2 id="try-head">"Try it"</h2>
                <Card>
                    <PostForm post=call attr:class="form">
                        <FormError of=call />
                        <div class="form" inner_html=form></div>
                        <div class="form-actions">
                            <Button kind=Kind::Primary pending=call.pending()>
                                "Send"
                            </Button>
                            <button type="submit" class="btn" name="token" value="true" formnovalidate=true disabled=call.pending()>
                                "Make a token for an hour"
                            </button>
                        </div>
                    </PostForm>
                </Card>
            </section>
            <div class="prose" role="status" aria-live="polite">
                {answer}
            </div>
        }
    });
    view! {
        <PageHead title="API reference" sub=|| "The Management API: everything that the dashboard does, for programs" />
        <div class="reference">
            <div class="operations">
                <GetForm action="/reference" attr:class="tools" attr:role="search">
                    <SearchBox name="q" label="Path, summary or scope" value=Signal::derive(move || asked.with(|[_, q, _]| q.clone())) />
                    <input type="hidden" name="op" value=op />
                    <button type="submit" class="btn">
                        "Filter"
                    </button>
                </GetForm>
                <nav aria-label="Operations" inner_html=list></nav>
            </div>
            <div class="prose">
                <div class="prose" inner_html=about></div>
                {command}
                {form}
            </div>
        </div>
    }
    .into_any()
}

fn answer(answered: Answered) -> AnyView {
    let Answered { head, title, body, .. } = answered;
    let body = body.reveal().to_owned();
    let body = (!body.is_empty()).then(|| view! { <CodeBox title=title text=body.clone()>{body}</CodeBox> });
    view! {
        <section class="part" aria-labelledby="answer-head">
            <h2 id="answer-head">"Answer"</h2>
            <div class="prose" inner_html=head></div>
            {body}
        </section>
    }
    .into_any()
}
