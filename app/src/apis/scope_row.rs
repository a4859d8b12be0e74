//! One scope in the table: shown, being described anew, or about to be removed.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::scope::{DESCRIPTION_MAX, Scope};

use super::detail::ApiTabs;
use super::scopes::Holders;
use crate::ui::{Button, ErrorPanel, FormError, Kind, ListView, PostForm, Skeleton, TextField};

/// The row, and below it what the address opens for this scope.
#[component]
pub(super) fn ScopeRow(
    /// Whether nothing may be changed.
    locked: bool,
    /// The scope.
    scope: Scope,
    /// The list that it stands in.
    view: ListView,
) -> impl IntoView {
    let actions = (!locked).then(|| actions(&view, &scope.value));
    let panel = (!locked).then(|| view! { <ScopePanel scope=scope.clone() close=view.href() /> });
    let Scope { value, description } = scope;
    view! {
        <tr>
            <td>
                <code class="mono">{value}</code>
            </td>
            <td>{description}</td>
            {actions}
        </tr>
        {panel}
    }
    .into_any()
}

/// Links that open the row: what is open stands in the address.
fn actions(view: &ListView, value: &str) -> impl IntoView + use<> {
    view! {
        <td class="right nowrap">
            <a class="btn quiet small" data-noscroll="" href=view.with("edit", value)>
                "Edit"
                <span class="vh">{format!(" the description of {value}")}</span>
            </a>
            <a class="btn quiet small" data-noscroll="" href=view.with("remove", value)>
                "Remove"
                <span class="vh">{format!(" {value}")}</span>
            </a>
        </td>
    }
}

/// What is open below a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Edit,
    Remove,
}

#[component]
fn ScopePanel(scope: Scope, close: String) -> impl IntoView {
    let query = use_query_map();
    let value = scope.value.clone();
    let open = Memo::new(move |_| {
        query.with(|query| match (query.get_str("edit"), query.get_str("remove")) {
            (Some(edit), _) if edit == value => Open::Edit,
            (_, Some(remove)) if remove == value => Open::Remove,
            _ => Open::Nothing,
        })
    });
    move || {
        let (scope, close) = (scope.clone(), close.clone());
        let panel = match open.get() {
            Open::Nothing => return None,
            Open::Edit => view! { <DescribeForm scope=scope close=close /> }.into_any(),
            Open::Remove => view! { <RemoveForm value=scope.value close=close /> }.into_any(),
        };
        Some(view! {
            <tr class="expanded">
                <td colspan="3">{panel}</td>
            </tr>
        })
    }
}

#[component]
fn DescribeForm(scope: Scope, close: String) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let describe = tabs.describe_scope;
    let closed = close.clone();
    describe.then_go(move |_| Some(closed.clone()));
    view! {
        <PostForm post=describe attr:class="form">
            <FormError of=describe fields=&["description"] />
            <input type="hidden" name="id" value=tabs.id.get_untracked() />
            <input type="hidden" name="value" value=scope.value.clone() />
            <TextField
                id="f-new-description"
                name="description"
                label=format!("Description of {}", scope.value)
                value=scope.description
                max=DESCRIPTION_MAX
                autofocus=true
                error=describe.error_of("description")
            />
            <div class="form-actions">
                <Button kind=Kind::Primary small=true pending=describe.pending()>
                    "Save"
                </Button>
                <Cancel close=close />
            </div>
        </PostForm>
    }
    .into_any()
}

#[component]
fn RemoveForm(value: String, close: String) -> impl IntoView {
    let tabs = expect_context::<ApiTabs>();
    let remove = tabs.remove_scope;
    let Holders(holders) = expect_context();
    let closed = close.clone();
    remove.then_go(move |_| Some(closed.clone()));
    let question = format!("Remove {value}?");
    let label = question.clone();
    view! {
        <div class="confirm-panel" role="group" aria-label=label>
            <h2>{question}</h2>
            <Suspense fallback=|| view! { <Skeleton rows=2 /> }>
                {move || Suspend::new(async move {
                    match holders.await {
                        Ok(holders) => {
                            view! {
                                <ul class="consequences">
                                    <li>{losses(&holders.unwrap_or_default())}</li>
                                    <li>"Tokens that clients already have carry it until they expire."</li>
                                </ul>
                            }
                                .into_any()
                        }
                        Err(error) => view! { <ErrorPanel error=error /> }.into_any(),
                    }
                })}
            </Suspense>
            <PostForm post=remove>
                <input type="hidden" name="id" value=tabs.id.get_untracked() />
                <input type="hidden" name="value" value=value />
                <div class="form-actions">
                    <Button kind=Kind::Danger small=true pending=remove.pending()>
                        "Remove scope"
                    </Button>
                    <Cancel close=close />
                </div>
            </PostForm>
        </div>
    }
    .into_any()
}

/// Closes the row without a change.
#[component]
fn Cancel(close: String) -> impl IntoView {
    view! {
        <a class="btn quiet small" data-noscroll="" href=close>
            "Cancel"
        </a>
    }
}

/// The most names that the engine gives.
const NAMES_MAX: usize = 100;

/// Whose grants lose the scope.
fn losses(holders: &[String]) -> String {
    match holders {
        [] => "No client's grant holds it, so nothing that works now stops.".to_owned(),
        [only] => format!("The grant of {only} loses it: a token request that names it is refused."),
        [first @ .., last] => {
            let more = if holders.len() >= NAMES_MAX { ", and perhaps more," } else { "" };
            format!(
                "The grants of {} and {last}{more} lose it: a token request that names it is refused.",
                first.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::losses;

    #[test]
    fn the_clients_that_lose_it_are_named() {
        let names = |names: &[&str]| losses(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(names(&[]).starts_with("No client"));
        assert!(names(&["Billing"]).starts_with("The grant of Billing loses it"));
        assert!(names(&["A", "B", "C"]).starts_with("The grants of A, B and C lose it"));
        assert!(names(&["x"; 100]).contains("perhaps more"));
    }
}
