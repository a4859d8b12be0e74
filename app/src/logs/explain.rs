//! `/logs/explain`: what a pasted token or error means, and what to do about it.

use leptos::prelude::*;
use model::pasted::PASTED_MAX;

use super::explain_fns::{Explain, Explanation, Fact, Reason, TakeExplanation, Verdict};
use crate::apis::run::Members;
use crate::ui::{Button, Card, FormError, Kind, Load, Note, PageHead, Post, PostForm, TextArea, Tone, ask};

/// The box to paste into, and below it what was pasted means.
#[component]
pub fn ExplainPage() -> impl IntoView {
    let explain = Post::to::<Explain>();
    // What a form that was posted without script has left.
    let left = Load::<Option<Explanation>>::blocking(|| ask(TakeExplanation {}));
    view! {
        <PageHead
            title="Explain a token or an error"
            crumb=("Logs".to_owned(), "/logs".to_owned())
            sub=|| "What it says, whether it holds, which API accepts it, and why a request was refused"
        />
        <Card>
            <PostForm post=explain attr:class="form">
                <FormError of=explain fields=&["pasted"] />
                <TextArea
                    name="pasted"
                    label="Token, error or error_id"
                    hint="An access token, the answer of the token endpoint, or what your API said. It is looked at and forgotten: not stored, logged or put into an address."
                    rows=6
                    required=true
                    mono=true
                    max=PASTED_MAX
                    error=explain.error_of("pasted")
                />
                <div class="form-actions">
                    <Button kind=Kind::Primary pending=explain.pending()>
                        "Explain"
                    </Button>
                </div>
            </PostForm>
        </Card>
        <div aria-live="polite">
            {move || explain.answer::<Option<Explanation>>().flatten().map(|said| view! { <Said said=said /> })}
            <Suspense>
                {move || {
                    let answered = explain.version().get() > 0;
                    Suspend::new(async move {
                        let said = left.await.ok().flatten().filter(|_| !answered)?;
                        Some(view! { <Said said=said /> })
                    })
                }}
            </Suspense>
        </div>
    }
}

#[component]
fn Said(said: Explanation) -> impl IntoView {
    let Explanation {
        verdict,
        title,
        text,
        facts,
        header,
        claims,
        reasons,
    } = said;
    let tone = match verdict {
        Verdict::Good => Tone::Good,
        Verdict::Unclear => Tone::Warn,
        Verdict::Bad => Tone::Bad,
    };
    let facts = (!facts.is_empty()).then(|| {
        view! {
            <Card>
                <dl class="facts">{facts.into_iter().map(fact).collect_view()}</dl>
            </Card>
        }
    });
    let reasons = (!reasons.is_empty()).then(|| view! { <Reasons reasons=reasons /> });
    view! {
        <section class="part explained" aria-labelledby="said-head">
            <h2 id="said-head">"What it means"</h2>
            <Note tone=tone>
                <b>{title}</b>
                <p>{text}</p>
            </Note>
            {facts}
            {reasons}
            <Members caption="Header" members=header />
            <Members caption="Claims" members=claims />
        </section>
    }
    .into_any()
}

fn fact(Fact { name, value, href }: Fact) -> AnyView {
    let value = match href {
        Some(href) => view! { <a href=href>{value}</a> }.into_any(),
        None => value.into_any(),
    };
    view! {
        <dt>{name}</dt>
        <dd>{value}</dd>
    }
    .into_any()
}

/// What may have been the reason, where the answer alone does not say it.
#[component]
fn Reasons(reasons: Vec<Reason>) -> impl IntoView {
    let rows = reasons
        .into_iter()
        .map(|Reason { code, fix }| {
            let page = format!("/docs/errors/{code}");
            view! {
                <tr>
                    <td>
                        <a class="link mono" href=page rel="external">
                            {code}
                        </a>
                    </td>
                    <td>{fix}</td>
                </tr>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <Card>
            <table>
                <caption class="vh">"Possible reasons"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"What puts it right"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}
