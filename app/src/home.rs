//! The first page: the documented steps until all are done, then a calm overview.

use leptos::prelude::*;
use model::progress::{Progress, Step};

use crate::layout::FrameResource;
use crate::session::server_fns::Frame;
use crate::ui::{Card, ErrorPanel, Icon, IconName, Kind, LinkButton, Mono, PageHead, Skeleton};

/// The overview.
#[component]
pub fn HomePage() -> impl IntoView {
    let frame = expect_context::<FrameResource>();
    view! {
        <Transition fallback=|| view! { <Skeleton rows=6 /> }>
            {move || Suspend::new(async move {
                match frame.await {
                    Ok(frame) => view! { <Overview frame=frame /> }.into_any(),
                    Err(error) => {
                        view! {
                            <PageHead title="Overview" />
                            <ErrorPanel error=error />
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Overview(frame: Frame) -> impl IntoView {
    let all_done = frame.progress.next().is_none();
    let sub = if all_done {
        "Clients ask here for tokens; your APIs check them with the keys below."
    } else {
        "From an empty server to a token in five steps."
    };
    view! {
        <PageHead title=if all_done { "Overview" } else { "Getting started" } sub=move || sub />
        {if all_done {
            view! { <Counts frame=frame.clone() /> }.into_any()
        } else {
            view! { <Checklist progress=frame.progress.clone() /> }.into_any()
        }}
        <Addresses frame=frame />
    }
    .into_any()
}

/// The documented steps, ticked by what is really there; the next one is the button of the page.
#[component]
fn Checklist(progress: Progress) -> impl IntoView {
    let next = progress.next();
    let steps = Step::ALL
        .into_iter()
        .enumerate()
        .map(|(row, step)| {
            let done = progress.is_done(step);
            let path = progress.path(step);
            let (class, mark) = if done {
                ("done", view! { <Icon name=IconName::Check /> }.into_any())
            } else {
                (if next == Some(step) { "next" } else { "later" }, (row + 1).into_any())
            };
            view! {
                <li class=class>
                    <span class="step-n num">{mark}</span>
                    <div class="step-text">
                        <h2>{step.title()} {done.then(|| view! { <span class="vh">", done"</span> })}</h2>
                        <p>{step.about()}</p>
                    </div>
                    {(next == Some(step))
                        .then(|| {
                            view! {
                                <LinkButton href=path kind=Kind::Primary>
                                    {step.title()}
                                    <Icon name=IconName::Arrow />
                                </LinkButton>
                            }
                        })}
                </li>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <Card>
            <ol class="checklist">{steps}</ol>
        </Card>
    }
    .into_any()
}

/// How much there is of each noun, with the way to it.
#[component]
fn Counts(frame: Frame) -> impl IntoView {
    let progress = frame.progress;
    let tiles = [
        (IconName::Clients, frame.clients, "Clients", "/clients"),
        (IconName::Apis, progress.apis, "APIs of yours", "/apis"),
        (IconName::Shield, progress.grants, "Authorizations", "/apis"),
        (IconName::Logs, progress.tokens, "Tokens issued", "/logs"),
    ]
    .into_iter()
    .map(|(icon, count, label, href)| {
        view! {
            <a class="stat" href=href>
                <Icon name=icon />
                <span class="stat-count num">{grouped(count)}</span>
                <span class="stat-label">{label}</span>
            </a>
        }
    })
    .collect_view();
    view! { <div class="stats">{tiles}</div> }.into_any()
}

/// What goes into the configuration of APIs and clients.
#[component]
fn Addresses(frame: Frame) -> impl IntoView {
    let issuer = frame.issuer;
    let rows = [
        ("Issuer", "The value of iss in every token.", issuer.as_str().to_owned()),
        ("Token endpoint", "Where clients ask for tokens.", issuer.join("oauth/token")),
        ("JWKS address", "Where APIs fetch the public keys.", issuer.join(".well-known/jwks.json")),
        (
            "Discovery document",
            "Where libraries find the rest.",
            issuer.join(".well-known/openid-configuration"),
        ),
    ]
    .into_iter()
    .map(|(name, about, address)| {
        view! {
            <div class="fact">
                <dt>{name} <span>{about}</span></dt>
                <dd>
                    <Mono text=address copy=true />
                </dd>
            </div>
        }
    })
    .collect_view();
    view! {
        <section class="section" aria-labelledby="addresses">
            <h2 id="addresses">"Addresses"</h2>
            <Card>
                <dl class="facts">{rows}</dl>
            </Card>
        </section>
    }
    .into_any()
}

/// A count with a comma between thousands.
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        for (count, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (18_204_112, "18,204,112")] {
            assert_eq!(grouped(count), expect);
        }
    }
}
