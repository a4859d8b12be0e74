//! `/apis/:id/scopes`: what callers may do, by name.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::page::MAX_PER_PAGE;
use model::scope::{DESCRIPTION_MAX, Scope, VALUE_MAX};

use super::detail::{ApiTab, ApiTabs};
use super::scope_row::ScopeRow;
use super::server_fns::{ApiHead, ListScopeHolders};
use crate::ui::{
    Button, Card, Empty, FormError, IconName, Kind, ListSearch, ListView, Load, NoRows, Note, Pager, PostForm, TextField, Tone, ask, focus_on,
};

/// The Scopes tab.
#[component]
pub fn ScopesTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let removing = Memo::new(move |_| query.with(|query| query.get("remove")));
    // Made here rather than in the row, so that server and browser make their resources in the same order.
    provide_context(Holders(Load::new(move || {
        let (id, value) = (tabs.id.get(), removing.get()?);
        Some(ask(ListScopeHolders { id, value }))
    })));
    view! { <ApiTab title="Scopes" content=scopes /> }
}

/// Names of the clients that lose the scope that is about to be removed.
#[derive(Clone, Copy)]
pub(super) struct Holders(pub Load<Option<Vec<String>>>);

fn scopes(head: ApiHead) -> impl IntoView {
    let api = head.api;
    let form = if api.is_system {
        view! {
            <Note tone=Tone::Info>"These scopes belong to this server: they name what its Management API lets a client do, and can't be changed."</Note>
        }
        .into_any()
    } else {
        view! { <AddScopeForm id=api.id.clone() first=api.scopes.is_empty() /> }.into_any()
    };
    view! {
        <div class="sections">{form} {if api.scopes.is_empty() { no_scopes().into_any() } else { view! { <ScopeTable api=api /> }.into_any() }}</div>
    }
}

fn no_scopes() -> impl IntoView {
    view! {
        <Empty
            icon=IconName::Shield
            title="No scopes yet"
            text="A scope names one thing that callers may do, for example read:orders. Clients are granted some of them, tokens carry them, and your API checks them. Without scopes a token opens everything or nothing."
        />
    }
}

#[component]
fn AddScopeForm(
    id: String,
    /// Whether the API defines none yet: then this is what one has come for.
    first: bool,
) -> impl IntoView {
    let add = expect_context::<ApiTabs>().add_scope;
    // After a success the form is drawn anew: go on with the next scope where the last one was typed.
    Effect::new(move |_| {
        if add.value().with_untracked(|answer| matches!(answer, Some(Ok(_)))) {
            focus_on("f-value");
        }
    });
    view! {
        <Card>
            <PostForm post=add attr:class="form form-row">
                <FormError of=add fields=&["value", "description"] />
                <input type="hidden" name="id" value=id />
                <TextField
                    name="value"
                    label="Scope"
                    hint="For example read:orders."
                    required=true
                    max=VALUE_MAX
                    mono=true
                    autofocus=first && add.value().with_untracked(Option::is_none)
                    error=add.error_of("value")
                />
                <TextField
                    name="description"
                    label="Description"
                    hint="What it lets a client do, for people."
                    max=DESCRIPTION_MAX
                    error=add.error_of("description")
                />
                <div class="form-actions">
                    <Button kind=Kind::Primary pending=add.pending()>
                        "Add scope"
                    </Button>
                </div>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// From how many scopes on a search is offered.
const SEARCH_FROM: usize = 10;

/// The scopes that the address asks for, as a table.
#[component]
fn ScopeTable(api: Api) -> impl IntoView {
    let query = use_query_map();
    let tabs = expect_context::<ApiTabs>();
    let path = format!("/apis/{}/scopes", api.id);
    let view = Memo::new(move |_| query.with(|query| ListView::read(path.clone(), query)));
    let searchable = api.scopes.len() >= SEARCH_FROM;
    view! {
        <section>
            <FormError of=tabs.remove_scope />
            {searchable.then(|| view! { <ListSearch view=view label="Search scopes" /> })}
            {move || view! { <ScopePage api=api.clone() view=view.get() /> }}
        </section>
    }
}

/// The scopes that `view` shows, and how many its search finds.
fn pick(scopes: &[Scope], view: &ListView) -> (Vec<Scope>, i64) {
    let search = view.search.to_ascii_lowercase();
    let found: Vec<&Scope> = scopes
        .iter()
        .filter(|scope| scope.value.to_ascii_lowercase().contains(&search) || scope.description.to_lowercase().contains(&search))
        .collect();
    let skip = usize::try_from(view.page.saturating_mul(MAX_PER_PAGE)).unwrap_or(usize::MAX);
    let take = usize::try_from(MAX_PER_PAGE).unwrap_or(usize::MAX);
    let page = found.iter().skip(skip).take(take).map(|scope| Scope::clone(scope)).collect();
    (page, i64::try_from(found.len()).unwrap_or(i64::MAX))
}

#[component]
fn ScopePage(api: Api, view: ListView) -> impl IntoView {
    let (scopes, total) = pick(&api.scopes, &view);
    if scopes.is_empty() {
        return view! {
            <NoRows
                view=view
                total=total
                icon=IconName::Shield
                nouns=("scope", "scopes")
                searched="scope and no description"
            >
                {no_scopes()}
            </NoRows>
        }
        .into_any();
    }
    let rows = scopes
        .into_iter()
        .map(|scope| view! { <ScopeRow locked=api.is_system scope=scope view=view.clone() /> })
        .collect_view();
    let pages = ((total + MAX_PER_PAGE - 1) / MAX_PER_PAGE).max(1);
    view! {
        <Card>
            <table>
                <caption class="vh">{format!("Scopes of {}", api.name)}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Scope"</th>
                        <th scope="col">"Description"</th>
                        {(!api.is_system)
                            .then(|| {
                                view! {
                                    <th scope="col" class="right">
                                        <span class="vh">"Actions"</span>
                                    </th>
                                }
                            })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
        <Pager page=view.page pages=pages total=total href=move |page| view.clone().on(page).href() />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(count: usize) -> Vec<Scope> {
        (0..count)
            .map(|number| Scope {
                value: format!("read:{number}"),
                description: if number == 7 { "Lucky".to_owned() } else { String::new() },
            })
            .collect()
    }

    fn view(search: &str, page: i64) -> ListView {
        ListView {
            search: search.to_owned(),
            page,
            ..ListView::default()
        }
    }

    #[test]
    fn a_page_has_a_hundred_scopes() {
        let all = scopes(230);
        for (page, expect) in [(0, 100), (1, 100), (2, 30), (3, 0), (i64::MAX, 0)] {
            let (picked, total) = pick(&all, &view("", page));
            assert_eq!((picked.len(), total), (expect, 230), "page {page}");
        }
    }

    #[test]
    fn search_looks_at_value_and_description() {
        let (picked, total) = pick(&scopes(20), &view("lucky", 0));
        assert_eq!((picked[0].value.as_str(), total), ("read:7", 1));
        assert_eq!(pick(&scopes(20), &view("READ:19", 0)).1, 1);
    }
}
