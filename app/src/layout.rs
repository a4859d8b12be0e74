//! What stands around every page of a signed-in admin: navigation, the next step, and who is signed in.

use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;
use model::progress::{Progress, Step};

use crate::brand::Brand;
use crate::palette::Palette;
use crate::session::server_fns::{Frame, SessionFrame, SetTheme, SignOut};
use crate::ui::{Icon, IconName, Load, Post, PostForm, ask};

/// The frame, read once for all that show a part of it. A page that changes something without going elsewhere calls [`refresh_frame`].
pub type FrameResource = Load<Frame>;

/// Reads the frame anew whenever `written` grows: a change that leaves the address as it is may have taken a step, too.
pub(crate) fn refresh_frame(written: Memo<usize>) {
    let frame = use_context::<FrameResource>();
    Effect::new(move |before: Option<usize>| {
        let written = written.get();
        if let Some(frame) = frame
            && before.is_some_and(|before| before != written)
        {
            frame.refetch();
        }
        written
    });
}

/// Navigation at the left, the page at its right; provides [`FrameResource`].
#[component]
pub fn Layout() -> impl IntoView {
    let location = use_location();
    let theme = Post::to::<SetTheme>();
    // A write ends in a new address, so the frame is read anew at each.
    let visits = Memo::new(move |before: Option<&usize>| {
        location.search.track();
        location.pathname.track();
        before.map_or(0, |before| before + 1)
    });
    let frame: FrameResource = Load::new(move || {
        // Signing out leads there while this still stands; there is nothing to ask.
        let inside = location.pathname.with(|path| path != "/sign-in");
        inside.then(|| ask(SessionFrame {}).after(visits.get() + theme.version().get()))
    });
    provide_context(frame);
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="shell">
            <header class="nav">
                <a class="home" href="/" aria-label="Tessera: overview">
                    <Brand />
                </a>
                <Palette />
                <MainNav frame=frame />
                <Transition>
                    {move || Suspend::new(async move {
                        let frame = frame.await.ok()?;
                        Some(view! { <NavFoot frame=frame theme=theme /> })
                    })}
                </Transition>
            </header>
            <main id="main" tabindex="-1">
                <Outlet />
            </main>
        </div>
    }
    .into_any()
}

/// The four lists.
#[component]
fn MainNav(frame: FrameResource) -> impl IntoView {
    let clients = move || {
        let count = Suspend::new(async move { frame.await.ok().map(|frame| frame.clients) });
        view! { <Transition>{count}</Transition> }.into_any()
    };
    let apis = move || {
        let count = Suspend::new(async move { frame.await.ok().map(|frame| frame.apis) });
        view! { <Transition>{count}</Transition> }.into_any()
    };
    view! {
        <nav aria-label="Main">
            <NavLink href="/clients" label="Clients" icon=IconName::Clients count=clients />
            <NavLink href="/apis" label="APIs" icon=IconName::Apis count=apis />
            <NavLink href="/keys" label="Keys" icon=IconName::Keys />
            <NavLink href="/logs" label="Logs" icon=IconName::Logs />
        </nav>
    }
}

/// One of the lists; marked on every page below it.
#[component]
fn NavLink(
    href: &'static str,
    label: &'static str,
    icon: IconName,
    /// How many rows the list has.
    #[prop(optional, into)]
    count: ViewFn,
) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || {
        path.with(|path| match path.strip_prefix(href) {
            Some("") => Some("page"),
            Some(rest) if rest.starts_with('/') => Some("true"),
            _ => None,
        })
    };
    view! {
        <a href=href aria-current=current>
            <Icon name=icon />
            <span>{label}</span>
            <span class="count num">{count.run()}</span>
        </a>
    }
}

/// The next step, who is signed in, and the switches.
#[component]
fn NavFoot(frame: Frame, theme: Post) -> impl IntoView {
    let sign_out = Post::to::<SignOut>();
    let initials: String = frame
        .email
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .take(2)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    view! {
        <div class="nav-foot">
            <GettingStarted progress=frame.progress />
            <div class="who">
                <b aria-hidden="true">{initials}</b>
                <span class="who-name" title=frame.email.clone()>
                    {frame.email.clone()}
                </span>
                <PostForm post=sign_out>
                    <button type="submit" class="icon-btn" title="Sign out">
                        <Icon name=IconName::SignOut />
                        <span class="vh">"Sign out"</span>
                    </button>
                </PostForm>
            </div>
            <ThemeSwitch theme=theme chosen=frame.theme />
        </div>
    }
    .into_any()
}

/// Light, dark, or as the system has it; remembered in a cookie.
#[component]
fn ThemeSwitch(theme: Post, chosen: Option<String>) -> impl IntoView {
    let choices = [
        ("system", "System theme", IconName::Screen),
        ("light", "Light theme", IconName::Sun),
        ("dark", "Dark theme", IconName::Moon),
    ];
    let buttons = choices
        .into_iter()
        .map(|(value, label, icon)| {
            let pressed = chosen.as_deref().unwrap_or("system") == value;
            view! {
                <button
                    type="submit"
                    name="theme"
                    value=value
                    title=label
                    aria-pressed=if pressed { "true" } else { "false" }
                    on:click=move |_| show_theme(value)
                >
                    <Icon name=icon />
                    <span class="vh">{label}</span>
                </button>
            }
        })
        .collect_view();
    view! {
        <PostForm post=theme>
            <fieldset class="theme">
                <legend class="vh">"Theme"</legend>
                {buttons}
            </fieldset>
        </PostForm>
    }
}

/// Shows the theme at once; the server sets the same attribute on the pages that it renders.
fn show_theme(theme: &str) {
    if let Some(root) = document().document_element() {
        // The page stays readable in the old theme if the browser refuses.
        let _ = if theme == "system" {
            root.remove_attribute("data-theme")
        } else {
            root.set_attribute("data-theme", theme)
        };
    }
}

/// The documented steps, ticked; gone once all are done.
#[component]
fn GettingStarted(progress: Progress) -> impl IntoView {
    let next = progress.next()?;
    let (done, all) = (progress.done(), Step::ALL.len());
    let steps = Step::ALL
        .into_iter()
        .map(|step| {
            let title = step.title();
            if progress.is_done(step) {
                view! {
                    <li class="done">
                        <Icon name=IconName::Check />
                        <span>{title}</span>
                        <span class="vh">", done"</span>
                    </li>
                }
                .into_any()
            } else if step == next {
                view! {
                    <li class="next">
                        <Icon name=IconName::Arrow />
                        <a href=progress.path(step)>{title}</a>
                    </li>
                }
                .into_any()
            } else {
                view! {
                    <li>
                        <Icon name=IconName::Chevron />
                        <span>{title}</span>
                    </li>
                }
                .into_any()
            }
        })
        .collect_view();
    Some(view! {
        <section class="steps" aria-labelledby="steps-title">
            <h2 id="steps-title">
                "Getting started" <span class="num">{format!("{done} of {all}")}</span>
            </h2>
            <progress class="bar" max=all.to_string() value=done.to_string() aria-labelledby="steps-title"></progress>
            <ol>{steps}</ol>
        </section>
    })
}
