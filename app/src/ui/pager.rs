//! Pages of a list, by address.

use leptos::prelude::*;

use super::{Icon, IconName};

/// Links to the page before and after; nothing if there is only one.
#[component]
pub fn Pager<F>(
    /// This page, counted from 0.
    page: i64,
    /// How many there are.
    pages: i64,
    /// Rows in all.
    total: i64,
    /// The address of a page.
    href: F,
) -> impl IntoView
where
    F: Fn(i64) -> String + 'static,
{
    let before = (page > 0).then(|| href(page - 1));
    let after = (page + 1 < pages).then(|| href(page + 1));
    (pages > 1)
        .then(|| {
            view! {
                <nav class="pager" aria-label="Pages">
                    <span class="num">{format!("Page {} of {pages}, {total} in all", page + 1)}</span>
                    <span class="pager-links">
                        {match before {
                            Some(href) => {
                                view! {
                                    <a class="btn small before" rel="prev" href=href>
                                        <Icon name=IconName::Chevron />
                                        "Previous"
                                    </a>
                                }
                                    .into_any()
                            }
                            None => view! { <span class="btn small off">"Previous"</span> }.into_any(),
                        }}
                        {match after {
                            Some(href) => {
                                view! {
                                    <a class="btn small" rel="next" href=href>
                                        "Next"
                                        <Icon name=IconName::Chevron />
                                    </a>
                                }
                                    .into_any()
                            }
                            None => view! { <span class="btn small off">"Next"</span> }.into_any(),
                        }}
                    </span>
                </nav>
            }
        })
        .into_any()
}
