//! `/apis/:id/scopes`: what callers may do, by name.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use model::api::Api;
use model::page::{MAX_PER_PAGE, SEARCH_MAX};
use model::scope::{DESCRIPTION_MAX, Scope, VALUE_MAX};

use super::detail::{ApiTab, ApiTabs};
use super::scope_row::ScopeRow;
use super::server_fns::{ApiHead, list_scope_holders};
use crate::error::AppError;
use crate::ui::{Button, Card, Empty, FormError, IconName, Kind, LinkButton, Note, Pager, SearchBox, TextField, Tone, address, error_of};

/// The Scopes tab.
#[component]
pub fn ScopesTab() -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let query = use_query_map();
    let removing = Memo::new(move |_| query.with(|query| query.get("remove")));
    // Made here rather than in the row, so that server and browser make their resources in the same order.
    provide_context(Holders(Resource::new(
        move || (tabs.id.get(), removing.get()),
        |(id, removing)| async move {
            match removing {
                Some(value) => list_scope_holders(id, value).await,
                None => Ok(Vec::new()),
            }
        },
    )));
    view! { <ApiTab title="Scopes" content=scopes /> }
}

/// Names of the clients that lose the scope that is about to be removed.
#[derive(Clone, Copy)]
pub(super) struct Holders(pub Resource<Result<Vec<String>, AppError>>);

fn scopes(head: ApiHead) -> impl IntoView {
    let api = head.api;
    let form = if api.is_system {
        view! {
            <Note tone=Tone::Info>"These scopes belong to this server: they name what its Management API lets a client do, and can't be changed."</Note>
        }
        .into_any()
    } else {
        view! { <AddScopeForm id=api.id.clone() /> }.into_any()
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
fn AddScopeForm(id: String) -> impl IntoView {
    let add = expect_context::<ApiTabs>().add_scope;
    let answer = add.value();
    // After a success the form is drawn anew: go on with the next scope where the last one was typed.
    Effect::new(move |_| {
        if answer.with_untracked(|answer| matches!(answer, Some(Ok(()))))
            && let Some(field) = document().get_element_by_id("f-value")
            && let Some(field) = field.dyn_ref::<HtmlElement>()
        {
            // A field that can't take the focus now is no reason to fail.
            let _ = field.focus();
        }
    });
    view! {
        <Card>
            <ActionForm action=add attr:class="form form-row">
                <FormError value=answer fields=&["value", "description"] />
                <input type="hidden" name="id" value=id />
                <TextField
                    name="value"
                    label="Scope"
                    hint="For example read:orders."
                    required=true
                    max=VALUE_MAX
                    mono=true
                    error=error_of(answer, "value")
                />
                <TextField
                    name="description"
                    label="Description"
                    hint="What it lets a client do, for people."
                    max=DESCRIPTION_MAX
                    error=error_of(answer, "description")
                />
                <div class="form-actions">
                    <Button kind=Kind::Primary pending=add.pending()>
                        "Add scope"
                    </Button>
                </div>
            </ActionForm>
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
    let search = query.with_untracked(|query| query.get("q")).unwrap_or_default();
    let searchable = api.scopes.len() >= SEARCH_FROM;
    let form_path = path.clone();
    view! {
        <section>
            <FormError value=tabs.remove_scope.value() />
            {searchable
                .then(|| {
                    view! {
                        <Form method="GET" action=form_path attr:class="tools" attr:role="search">
                            <SearchBox name="q" label="Search scopes" value=search />
                            <button type="submit" class="btn">
                                "Search"
                            </button>
                        </Form>
                    }
                })}
            {move || {
                let view = query
                    .with(|query| ScopesView {
                        search: query.get("q").unwrap_or_default().trim().chars().take(SEARCH_MAX).collect(),
                        page: query.get("page").and_then(|page| page.parse::<i64>().ok()).map_or(0, |page| (page - 1).max(0)),
                        path: path.clone(),
                    });
                view! { <ScopePage api=api.clone() view=view /> }
            }}
        </section>
    }
}

/// Which scopes the address asks for.
#[derive(Clone, Debug)]
pub(super) struct ScopesView {
    search: String,
    /// Counted from 0.
    page: i64,
    path: String,
}

impl ScopesView {
    /// The same list with one scope opened for `what`: `edit` or `remove`.
    pub fn with(&self, what: &str, value: &str) -> String {
        address(&self.path, &[("q", &self.search), ("page", &page_name(self.page)), (what, value)])
    }

    /// This page with nothing opened.
    pub fn closed(&self) -> String {
        self.href(self.page)
    }

    fn href(&self, page: i64) -> String {
        address(&self.path, &[("q", &self.search), ("page", &page_name(page))])
    }

    /// The scopes of this page, and how many the search finds.
    fn pick(&self, scopes: &[Scope]) -> (Vec<Scope>, i64) {
        let search = self.search.to_lowercase();
        let found: Vec<&Scope> = scopes
            .iter()
            .filter(|scope| scope.value.to_lowercase().contains(&search) || scope.description.to_lowercase().contains(&search))
            .collect();
        let (skip, take) = (self.page.saturating_mul(MAX_PER_PAGE), MAX_PER_PAGE);
        let page = found
            .iter()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            .take(usize::try_from(take).unwrap_or(usize::MAX));
        (
            page.map(|scope| Scope::clone(scope)).collect(),
            i64::try_from(found.len()).unwrap_or(i64::MAX),
        )
    }
}

/// A page in the address, counted from 1 there; nothing for the first.
fn page_name(page: i64) -> String {
    if page > 0 { (page + 1).to_string() } else { String::new() }
}

#[component]
fn ScopePage(api: Api, view: ScopesView) -> impl IntoView {
    let (scopes, total) = view.pick(&api.scopes);
    if scopes.is_empty() {
        return view! {
            <Empty icon=IconName::Search title="No scope matches" text="No scope and no description holds what you searched for.">
                <LinkButton href=view.path>"Show all scopes"</LinkButton>
            </Empty>
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
        <Pager page=view.page pages=pages total=total href=move |page| view.href(page) />
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

    fn view(search: &str, page: i64) -> ScopesView {
        ScopesView {
            search: search.to_owned(),
            page,
            path: "/apis/a/scopes".to_owned(),
        }
    }

    #[test]
    fn a_page_has_a_hundred_scopes() {
        let all = scopes(230);
        for (page, expect) in [(0, 100), (1, 100), (2, 30), (3, 0), (i64::MAX, 0)] {
            let (picked, total) = view("", page).pick(&all);
            assert_eq!((picked.len(), total), (expect, 230), "page {page}");
        }
    }

    #[test]
    fn search_looks_at_value_and_description() {
        let (picked, total) = view("lucky", 0).pick(&scopes(20));
        assert_eq!((picked[0].value.as_str(), total), ("read:7", 1));
        assert_eq!(view("READ:19", 0).pick(&scopes(20)).1, 1);
    }

    #[test]
    fn the_opened_scope_stands_in_the_address() {
        assert_eq!(view("a", 1).with("edit", "read:x"), "/apis/a/scopes?q=a&page=2&edit=read%3Ax");
        assert_eq!(view("", 0).href(0), "/apis/a/scopes");
    }
}
