//! `/apis/:id/quickstart`: how to protect the API and how to ask for a token, in programs with the reader's own values.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::api::SigningAlg;
use model::quickstart::{Kind as What, Quickstart, QuickstartView, Unsupported};

use super::code::Steps;
use super::detail::{ApiTabs, tab_title};
use super::server_fns::{ApiHead, GetQuickstart, QuickstartPage};
use crate::ui::{ErrorPanel, Icon, IconName, Kind, LinkButton, Load, Note, Skeleton, Tone, address, ask};

/// The Quickstart tab.
#[component]
pub fn QuickstartTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let slug = Memo::new(move |_| query.with(|query| query.get("stack")).unwrap_or_default());
    let page = Load::<QuickstartPage>::new(move || {
        ask(GetQuickstart {
            id: tabs.id.get(),
            slug: slug.get(),
        })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=10 /> }>
            {move || Suspend::new(async move {
                // Without an API the frame has said so.
                let head = tabs.head.await.ok()?;
                let page = page.await;
                Some(
                    view! {
                        <Title text=tab_title(&head.api.name, "Quickstart") />
                        {match page {
                            Ok(page) => view! { <Read head=head page=page /> }.into_any(),
                            Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                        }}
                    },
                )
            })}
        </Transition>
    }
}

#[component]
fn Read(head: ApiHead, page: QuickstartPage) -> impl IntoView {
    let path = format!("/apis/{}/quickstart", head.api.id);
    let QuickstartPage {
        all,
        unsupported,
        chosen,
        dpop,
    } = page;
    let lacking = format!("no {}", head.api.signing_alg.as_str());
    let stacks = |what: What| {
        all.iter()
            .filter(|quickstart| quickstart.kind == what)
            .map(|quickstart| {
                let lacks = unsupported.contains(&quickstart.slug).then(|| lacking.clone());
                stack(&path, quickstart, quickstart.slug == chosen.slug, lacks)
            })
            .collect_view()
    };
    let (protect, ask) = (stacks(What::Protect), stacks(What::Ask));
    view! {
        <div class="split">
            <nav class="stacks" aria-label="Quickstarts">
                <h2>"Protect your API"</h2>
                <div class="stack">{protect}</div>
                <h2>"Ask for a token"</h2>
                <div class="stack">{ask}</div>
            </nav>
            <Program head=head chosen=chosen dpop=dpop />
        </div>
    }
    .into_any()
}

fn stack(path: &str, quickstart: &Quickstart, is_chosen: bool, lacks: Option<String>) -> impl IntoView + use<> {
    view! {
        <a href=address(path, &[("stack", &quickstart.slug)]) aria-current=is_chosen.then_some("page")>
            {quickstart.title.clone()}
            {lacks.map(|lacks| view! { <span class="hint">{lacks}</span> })}
        </a>
    }
}

#[component]
fn Program(head: ApiHead, chosen: QuickstartView, dpop: String) -> impl IntoView {
    let base = format!("/apis/{}", head.api.id);
    if let Some(Unsupported {
        reason,
        instead,
        instead_title,
    }) = chosen.unsupported
    {
        let href = address(&format!("{base}/quickstart"), &[("stack", &instead)]);
        let told = format!("{} does not support {}.", chosen.title, chosen.alg.as_str());
        return view! {
            <article class="prose" aria-label=chosen.title>
                <Note tone=Tone::Warn>
                    <b>{told}</b>
                    <p>{reason} " " <a href=href>{instead_title}</a> " does."</p>
                </Note>
            </article>
        }
        .into_any();
    }
    let zip = format!("{base}/quickstart/{}.zip", chosen.slug);
    let secret_note = (chosen.alg == SigningAlg::HS256 && chosen.kind == What::Protect).then(|| {
        view! {
            <Note tone=Tone::Warn>
                "HS256 tokens are verified with the signing secret of this API. "
                <a href=format!("{base}/settings")>"Copy it from the Settings tab"</a>
                " and hand it to your API as an environment variable; whoever holds it can forge tokens."
            </Note>
        }
    });
    let proof = match chosen.not_executed {
        Some(reason) => {
            view! { <Note tone=Tone::Warn>{format!("Not executed in our tests. {reason} Your own values are filled in.")}</Note> }.into_any()
        }
        None => view! { <Note tone=Tone::Good>{proof(chosen.kind)}</Note> }.into_any(),
    };
    view! {
        <article class="prose" aria-label=chosen.title>
            {proof}
            {secret_note}
            {(!dpop.is_empty()).then(|| view! { <Note tone=Tone::Warn>{dpop}</Note> })}
            <p class="row">
                <a class="btn" href=zip download rel="external">
                    "Download as a zip"
                </a>
                <span class="hint">{format!("All files, with your values and locked versions. Uses {}.", chosen.library)}</span>
            </p>
            <Steps parts=chosen.parts />
            <Next head=head kind=chosen.kind />
        </article>
    }
    .into_any()
}

/// What the tests of the programs have shown.
fn proof(kind: What) -> &'static str {
    match kind {
        What::Protect => {
            "This program ran in our tests against this version: a good token is let in; none, an expired one, one for another audience, one signed with another key and one without a signature are refused. Your own values are filled in."
        }
        What::Ask => {
            "This program ran in our tests against this version: it got a token, used it for several calls, and asked for the next one only shortly before it expired. Your own values are filled in."
        }
    }
}

/// What comes after the program: a token to try it with.
#[component]
fn Next(head: ApiHead, kind: What) -> impl IntoView {
    let base = format!("/apis/{}", head.api.id);
    let (text, href, label) = match (head.clients, kind) {
        (0, _) => (
            "Next: say which client may ask for tokens.",
            format!("{base}/clients"),
            "Authorize a client",
        ),
        (_, What::Protect) => ("Next: get a token and call your API with it.", format!("{base}/test"), "Get a token"),
        (_, What::Ask) => (
            "See the same request run, and what is in the token.",
            format!("{base}/test"),
            "Open the Test tab",
        ),
    };
    view! {
        <div class="next-step">
            <p>{text}</p>
            <LinkButton href=href kind=Kind::Primary>
                {label}
                <Icon name=IconName::Arrow />
            </LinkButton>
        </div>
    }
}
