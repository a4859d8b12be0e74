//! `/logs`: what happened, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::log::{LogEntry, LogType};
use model::time::Timestamp;

use super::filter::LogFilter;
use super::reason::{headline, result, what};
use super::server_fns::{Choice, ListLogChoices, ListLogs, LogChoices, LogList, Refused};
use crate::ui::{Card, Chip, Empty, ErrorPanel, GetForm, Icon, IconName, Kind, LinkButton, Load, PageHead, Pager, SearchBox, Skeleton, When, ask};

/// The log.
#[component]
pub fn LogsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(LogFilter::read));
    let entries = Load::<LogList>::new(move || ask(ListLogs { query: filter.get().query() }));
    let choices = Load::<LogChoices>::new(|| ask(ListLogChoices {}));
    view! {
        <Title text="Logs" />
        <PageHead
            title="Logs"
            sub=|| "Tokens issued and refused, and every change to the configuration"
            actions=|| view! { <LinkButton href="/logs/explain">"Explain a token or an error"</LinkButton> }
        />
        <GetForm action="/logs" attr:class="tools" attr:role="search">
            <SearchBox name="q" label="Client, API, reason or ID" value=Signal::derive(move || filter.get().search) />
            <TypeChoice filter=filter />
            <Transition fallback=|| ()>
                {move || Suspend::new(async move {
                    let LogChoices { clients, apis } = choices.await.unwrap_or_default();
                    view! {
                        <PlaceChoice
                            name="client"
                            all="All clients"
                            choices=clients
                            chosen=Signal::derive(move || filter.get().client)
                        />
                        <PlaceChoice name="api" all="All APIs" choices=apis chosen=Signal::derive(move || filter.get().api) />
                    }
                })}
            </Transition>
            <button type="submit" class="btn">
                "Filter"
            </button>
        </GetForm>
        <Transition fallback=|| view! { <Skeleton rows=10 /> }>
            {move || Suspend::new(async move {
                let names = choices.await.unwrap_or_default();
                let filter = filter.get_untracked();
                match entries.await {
                    Ok(list) => {
                        view! {
                            <ActiveFilters filter=filter.clone() names=names />
                            <Entries list=list filter=filter />
                        }
                            .into_any()
                    }
                    Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// Chooses one type of entries.
#[component]
fn TypeChoice(filter: Memo<LogFilter>) -> impl IntoView {
    let chosen = Signal::derive(move || filter.get().kind.map(LogType::code).unwrap_or_default().to_owned());
    let choices = LogType::ALL
        .into_iter()
        .map(|kind| Choice {
            value: kind.code().to_owned(),
            name: kind.label().to_owned(),
        })
        .collect();
    view! { <PlaceChoice name="type" all="All types" choices=choices chosen=chosen /> }
}

/// Chooses one of many, or all. What the address names stays to be chosen even if it is no longer among the choices.
#[component]
fn PlaceChoice(name: &'static str, all: &'static str, mut choices: Vec<Choice>, chosen: Signal<String>) -> impl IntoView {
    let named = chosen.get_untracked();
    if !named.is_empty() && !choices.iter().any(|choice| choice.value == named) {
        choices.push(Choice {
            value: named.clone(),
            name: named,
        });
    }
    choices.insert(
        0,
        Choice {
            value: String::new(),
            name: all.to_owned(),
        },
    );
    let options = choices
        .into_iter()
        .map(|Choice { value, name }| {
            let here = value.clone();
            let selected = chosen.get_untracked() == value;
            view! {
                <option value=value selected=selected prop:selected=move || chosen.get() == here>
                    {name}
                </option>
            }
        })
        .collect_view();
    view! {
        <label class="select">
            <span class="vh">{all}</span>
            <select name=name>{options}</select>
        </label>
    }
    .into_any()
}

/// Each filter that is set, with a link that takes it off.
#[component]
fn ActiveFilters(filter: LogFilter, names: LogChoices) -> impl IntoView {
    if filter.is_open() {
        return ().into_any();
    }
    let filter = filter.on(0);
    let name = |choices: &[Choice], value: &str| {
        let found = choices.iter().find(|choice| choice.value == value);
        found.map_or_else(|| value.to_owned(), |choice| choice.name.clone())
    };
    let mut set: Vec<(String, LogFilter)> = Vec::new();
    if let Some(kind) = filter.kind {
        let without = LogFilter {
            kind: None,
            ..filter.clone()
        };
        set.push((format!("Type: {}", kind.label()), without));
    }
    if !filter.client.is_empty() {
        let without = LogFilter {
            client: String::new(),
            ..filter.clone()
        };
        set.push((format!("Client: {}", name(&names.clients, &filter.client)), without));
    }
    if !filter.api.is_empty() {
        let without = LogFilter {
            api: String::new(),
            ..filter.clone()
        };
        set.push((format!("API: {}", name(&names.apis, &filter.api)), without));
    }
    if !filter.search.is_empty() {
        let without = LogFilter {
            search: String::new(),
            ..filter.clone()
        };
        set.push((format!("Holds: {}", filter.search), without));
    }
    let links = set
        .into_iter()
        .map(|(label, without)| {
            view! {
                <li>
                    <a class="chip remove" href=without.href()>
                        <span class="vh">"Remove filter "</span>
                        {label}
                        <Icon name=IconName::Close />
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="filters" aria-label="Active filters">
            {links}
        </ul>
    }
    .into_any()
}

#[component]
fn Entries(list: LogList, filter: LogFilter) -> impl IntoView {
    let LogList { page, refusal } = list;
    if page.items.is_empty() {
        return view! { <NoEntries filter=filter total=page.total /> }.into_any();
    }
    let (number, pages, total, as_of) = (page.page, page.pages(), page.total, page.as_of);
    let rows = page
        .items
        .into_iter()
        .map(|entry| view! { <EntryRow entry=entry now=as_of /> })
        .collect_view();
    view! {
        <Card>
            {refusal.map(|refused| view! { <RefusalBanner refused=refused /> })}
            <table>
                <caption class="vh">"Log entries, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"What"</th>
                        <th scope="col" class="hide-s">
                            "Client"
                        </th>
                        <th scope="col" class="hide-s">
                            "API"
                        </th>
                        <th scope="col" class="right">
                            "Result"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
        <Pager page=number pages=pages total=total href=move |page| filter.clone().on(page).href() />
    }
    .into_any()
}

#[component]
fn EntryRow(entry: LogEntry, now: Timestamp) -> impl IntoView {
    let (tone, words) = result(&entry);
    let text = what(&entry);
    // A change that concerns no client is shown with who made it, as in an audit trail.
    let who = [&entry.client_name, &entry.client_id, &entry.actor.name]
        .into_iter()
        .find(|name| !name.is_empty())
        .cloned()
        .unwrap_or_default();
    let api = if entry.api_name.is_empty() { entry.audience } else { entry.api_name };
    view! {
        <tr>
            <td class="soft">
                <When at=entry.date now=now />
            </td>
            <td>
                <a class="name" href=format!("/logs/{}", entry.log_id)>
                    {text}
                </a>
            </td>
            <td class="hide-s clip" title=who.clone()>{who.clone()}</td>
            <td class="hide-s clip" title=api.clone()>{api.clone()}</td>
            <td class="right">
                <Chip tone=tone>{words}</Chip>
            </td>
        </tr>
    }
    .into_any()
}

/// The refusal that most wants attention, with where to put it right.
#[component]
fn RefusalBanner(refused: Refused) -> impl IntoView {
    let Refused { entry, remedy } = refused;
    let fix = model::refusal::fix_of(&entry.reason).unwrap_or_default();
    view! {
        <section class="reason" aria-label="Latest refusal">
            <div>
                <strong>{headline(&entry)}</strong>
                <p>{entry.description.clone()} ". " {fix} " " <code class="mono">{entry.reason.clone()}</code></p>
            </div>
            <div class="actions">
                <LinkButton href=format!("/logs/{}", entry.log_id)>"Details"</LinkButton>
                {remedy
                    .map(|remedy| {
                        view! {
                            <LinkButton href=remedy.href kind=Kind::Primary>
                                {remedy.label}
                            </LinkButton>
                        }
                    })}
            </div>
        </section>
    }
    .into_any()
}

/// Nothing to list: nothing yet, nothing found, or nothing on this page.
#[component]
fn NoEntries(filter: LogFilter, total: i64) -> impl IntoView {
    if total > 0 {
        return view! {
            <Empty icon=IconName::Logs title="Nothing on this page" text="The log is shorter than that.">
                <LinkButton href=filter.on(0).href()>"Go to the first page"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    if !filter.is_open() {
        return view! {
            <Empty icon=IconName::Search title="No entry matches" text="Take a filter off, or search for another word.">
                <LinkButton href="/logs">"Show all entries"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            icon=IconName::Logs
            title="No entries yet"
            text="Each token that is issued or refused, and each change that you make here, leaves an entry."
        >
            <LinkButton href="/clients/new" kind=Kind::Primary>
                "Create client"
            </LinkButton>
        </Empty>
    }
    .into_any()
}
