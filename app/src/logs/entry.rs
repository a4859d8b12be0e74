//! `/logs/:log_id`: everything that one entry says.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use model::client::AuthMethod;
use model::log::{ActorKind, LogEntry, LogType};
use model::time::{Timestamp, exact};

use super::reason::{headline, result, what};
use super::server_fns::{Change, FixRefusal, GetLog, Line, LogDetail, Offer, UndoFix};
use crate::ui::{
    Button, Card, Chip, ErrorPanel, FormError, IconName, Kind, LinkButton, Load, Mono, Note, PageHead, Post, PostForm, Skeleton, Tone, When, ask,
};

/// Both ways of the button.
#[derive(Clone, Copy)]
struct Buttons {
    fix: Post,
    undo: Post,
}

/// One entry of the log. Loaded before anything is sent, since it decides whether the page exists.
#[component]
pub fn LogPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let log_id = Memo::new(move |_| params.with(|params| params.get("log_id").unwrap_or_default()));
    let fixed = Memo::new(move |_| query.with(|query| query.get("fixed").unwrap_or_default()));
    let buttons = Buttons {
        fix: Post::to::<FixRefusal>(),
        undo: Post::to::<UndoFix>(),
    };
    provide_context(buttons);
    let detail = Load::<LogDetail>::blocking(move || {
        ask(GetLog {
            log_id: log_id.get(),
            fixed: fixed.get(),
        })
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match detail.await {
                    Ok(detail) => view! { <Entry detail=detail /> }.into_any(),
                    Err(error) => view! { <ErrorPanel error=error is_page=true /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Entry(detail: LogDetail) -> impl IntoView {
    let title = what(&detail.entry);
    let (tone, words) = result(&detail.entry);
    let (date, as_of) = (detail.entry.date, detail.as_of);
    let is_refusal = matches!(detail.entry.kind, LogType::TokenRefused | LogType::CallRefused);
    let refused = is_refusal.then(|| view! { <Refusal detail=detail.clone() /> });
    let head = if is_refusal { "What came" } else { "Details" };
    let changes = (!detail.changes.is_empty()).then(|| view! { <Changes changes=detail.changes.clone() /> });
    view! {
        <Title text=title.clone() />
        <PageHead
            title=title
            crumb=("Logs".to_owned(), "/logs".to_owned())
            icon=IconName::Logs
            sub=move || {
                let words = words.clone();
                view! {
                    <Chip tone=tone>{words}</Chip>
                    <When at=date now=as_of />
                }
            }
        />
        <div class="sections">
            {refused} <section aria-labelledby="facts-head">
                <h2 id="facts-head">{head}</h2>
                <Card>
                    <Facts detail=detail now=as_of />
                </Card>
            </section> {changes}
        </div>
    }
    .into_any()
}

/// Which rule said no, what puts it right, and the button that does.
#[component]
fn Refusal(detail: LogDetail) -> impl IntoView {
    let LogDetail {
        entry, remedy, offer, done, ..
    } = detail;
    let Buttons { fix, undo } = expect_context::<Buttons>();
    let advice = model::refusal::fix_of(&entry.reason).unwrap_or_default();
    let page = format!("/docs/errors/{}", entry.reason);
    // Beside a button that does it the way to the place is the second choice.
    let has_button = offer.is_some() || done.is_some();
    let kind = if has_button { Kind::Plain } else { Kind::Primary };
    let (id, again) = (entry.log_id.clone(), entry.log_id.clone());
    let button = offer.map(|Offer { label, text, .. }| {
        view! {
            <PostForm post=fix attr:class="fix">
                <input type="hidden" name="log_id" value=id />
                <Button kind=Kind::Primary pending=fix.pending()>
                    {label}
                </Button>
                <span class="hint">{text}</span>
            </PostForm>
        }
    });
    view! {
        <div class="refusal">
            <FormError of=fix />
            <FormError of=undo />
            <div role="status">{done.map(|done| view! { <Done done=done log_id=again /> })}</div>
            <Card>
                <section class="reason" aria-label="Why it was refused">
                    <div>
                        <strong>{headline(&entry)}</strong>
                        <p>
                            {advice} " " <a href=page rel="external">
                                "More about "
                                <code class="mono">{entry.reason}</code>
                            </a>
                        </p>
                        {button}
                    </div>
                    <div class="actions">
                        {remedy
                            .map(|remedy| {
                                view! {
                                    <LinkButton href=remedy.href kind=kind>
                                        {if has_button { "Open the tab".to_owned() } else { remedy.label }}
                                    </LinkButton>
                                }
                            })}
                    </div>
                </section>
            </Card>
        </div>
    }
    .into_any()
}

/// What the button did, with the way back.
#[component]
fn Done(done: Offer, log_id: String) -> impl IntoView {
    let undo = expect_context::<Buttons>().undo;
    view! {
        <Note tone=Tone::Good>
            {done.text}
            <PostForm post=undo attr:class="inline">
                <input type="hidden" name="log_id" value=log_id />
                <input type="hidden" name="fix" value=done.fix />
                <Button small=true pending=undo.pending()>
                    {done.label}
                </Button>
            </PostForm>
        </Note>
    }
    .into_any()
}

#[component]
fn Facts(detail: LogDetail, now: Timestamp) -> impl IntoView {
    let LogDetail {
        entry, client_there, api_id, ..
    } = detail;
    let client = linked(
        &entry.client_name,
        &entry.client_id,
        client_there.then(|| format!("/clients/{}", entry.client_id)),
    );
    let api = linked(&entry.api_name, &entry.audience, api_id.map(|id| format!("/apis/{id}")));
    let when = format!(" · {}", exact(entry.date));
    let came = entry.refused.as_ref();
    let grant_type = came.and_then(|came| came.grant_type.as_deref()).unwrap_or_default();
    let proof = came.and_then(|came| came.auth_method).map(AuthMethod::as_str).unwrap_or_default();
    let facts = vec![
        fact("What", text(&entry.description)),
        fact("When", Some(view! { <When at=entry.date now=now /> {when} }.into_any())),
        fact(
            "Type",
            Some(view! { {entry.kind.label()} " " <code class="mono">{entry.kind.code()}</code> }.into_any()),
        ),
        fact("By", text(&actor(&entry))),
        fact("IP address", mono(&entry.actor.ip)),
        fact("User agent", text(&entry.user_agent)),
        fact("Client", client),
        fact("API", api),
        fact("Scopes", mono(&entry.scope)),
        fact("Grant type", mono(grant_type)),
        fact("Proved itself by", mono(proof)),
        fact("Reason", mono(&entry.reason)),
        fact("Log ID", Some(view! { <Mono text=entry.log_id copy=true /> }.into_any())),
    ];
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

/// A name and its value; nothing if the entry has no such value.
fn fact(name: &'static str, value: Option<AnyView>) -> Option<AnyView> {
    value.map(|value| {
        view! {
            <dt>{name}</dt>
            <dd>{value}</dd>
        }
        .into_any()
    })
}

fn text(value: &str) -> Option<AnyView> {
    (!value.is_empty()).then(|| value.to_owned().into_any())
}

fn mono(value: &str) -> Option<AnyView> {
    (!value.is_empty()).then(|| view! { <code class="mono">{value.to_owned()}</code> }.into_any())
}

/// A thing by its name at that time and its id, linked while it exists.
fn linked(name: &str, id: &str, href: Option<String>) -> Option<AnyView> {
    let shown = if name.is_empty() { id } else { name }.to_owned();
    let id = (!id.is_empty() && !name.is_empty()).then(|| view! { " " <Mono text=id.to_owned() copy=true /> });
    let gone = (href.is_none() && !shown.is_empty() && id.is_some()).then_some(" (no longer there)");
    match href {
        _ if shown.is_empty() => None,
        Some(href) => Some(view! { <a href=href>{shown}</a> {id} }.into_any()),
        None => Some(view! { {shown} {gone} {id} }.into_any()),
    }
}

/// Who did it, in words.
fn actor(entry: &LogEntry) -> String {
    let kind = match entry.actor.kind {
        ActorKind::Admin => "admin",
        ActorKind::Client => "client",
        ActorKind::Command => "operator of this machine",
        ActorKind::System => "the server itself",
        ActorKind::Stranger => "a caller that did not prove who it is",
    };
    match entry.actor.name.as_str() {
        "" => kind.to_owned(),
        name => format!("{name} ({kind})"),
    }
}

/// Before and after, field by field.
#[component]
fn Changes(changes: Vec<Change>) -> impl IntoView {
    let rows = changes
        .into_iter()
        .map(|change| {
            let class = if change.is_changed() { "changed" } else { "same" };
            view! {
                <tr class=class>
                    <th scope="row">{change.field}</th>
                    <td>{side(change.before, "del")}</td>
                    <td>{side(change.after, "ins")}</td>
                </tr>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <section aria-labelledby="change-head">
            <h2 id="change-head">"Before and after"</h2>
            <Card>
                <table class="diff">
                    <caption class="vh">"What was changed, field by field"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Before"</th>
                            <th scope="col">"After"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Card>
        </section>
    }
    .into_any()
}

/// The lines of one side; what the other side lacks is marked as taken away (`del`) or added (`ins`).
fn side(lines: Vec<Line>, mark: &'static str) -> AnyView {
    if lines.is_empty() {
        return view! { <span class="faint">"–"</span> }.into_any();
    }
    lines
        .into_iter()
        .map(|Line { text, changed }| {
            let text = match (changed, mark) {
                (false, _) => text.into_any(),
                (true, "del") => view! { <del>{text}</del> }.into_any(),
                (true, _) => view! { <ins>{text}</ins> }.into_any(),
            };
            view! { <div class="diff-line">{text}</div> }
        })
        .collect_view()
        .into_any()
}
