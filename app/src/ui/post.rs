//! Forms that post to a server function: by script where there is one, else by the browser itself, with the same answer.
//!
//! In place of leptos' `ServerAction` and `ActionForm`, for the reason that `answer.rs` gives.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr, ServerFnUrlError};
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::de::DeserializeOwned;

use super::answer::{Answer, send};
use super::get::fields_of;
use crate::error::AppError;

/// A server function that forms post to, and what it last answered.
#[derive(Clone, Copy)]
pub struct Post {
    path: &'static str,
    value: RwSignal<Option<Result<Answer, AppError>>>,
    version: RwSignal<usize>,
    in_flight: RwSignal<usize>,
}

impl Post {
    /// For the server function `S`. Starts with the error that a form posted without script has just met, if there is one.
    #[must_use]
    pub fn to<S: ServerFn<Error = AppError>>() -> Self {
        Self::at(S::PATH)
    }

    fn at(path: &'static str) -> Self {
        let refused = use_context::<ServerActionError>()
            .filter(|error| error.path() == path)
            .map(|error| Err(ServerFnUrlError::<AppError>::decode_err(error.err())));
        Self {
            path,
            value: RwSignal::new(refused),
            version: RwSignal::new(0),
            in_flight: RwSignal::new(0),
        }
    }

    /// The last answer or error.
    #[must_use]
    pub fn value(self) -> RwSignal<Option<Result<Answer, AppError>>> {
        self.value
    }

    /// What the last answer gives, if it was no error.
    #[must_use]
    pub fn answer<T: DeserializeOwned>(self) -> Option<T> {
        self.value.with(|value| value.as_ref()?.as_ref().ok()?.read().ok())
    }

    /// The last error, unless a success has followed it.
    #[must_use]
    pub fn error(self) -> Option<AppError> {
        self.value.with(|value| value.as_ref().and_then(|value| value.as_ref().err()).cloned())
    }

    /// How often it has answered.
    #[must_use]
    pub fn version(self) -> RwSignal<usize> {
        self.version
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn pending(self) -> Signal<bool> {
        Signal::derive(move || self.in_flight.get() > 0)
    }

    /// Whether the last try was refused: then the panel with the reason stays open.
    #[must_use]
    pub fn refused(self) -> Signal<bool> {
        Signal::derive(move || self.value.with(|value| matches!(value, Some(Err(_)))))
    }

    /// The version of the last success. A refused form must not load its values anew, or what was typed would be lost.
    #[must_use]
    pub fn done(self) -> Memo<usize> {
        Memo::new(move |before: Option<&usize>| {
            let version = self.version.get();
            if self.value.with(|value| matches!(value, Some(Ok(_)))) {
                version
            } else {
                before.copied().unwrap_or_default()
            }
        })
    }

    /// What is wrong with the field of this name.
    #[must_use]
    pub fn error_of(self, field: impl Into<String>) -> Signal<Option<String>> {
        let field = field.into();
        Signal::derive(move || {
            let error = self.error().filter(|error| error.field() == Some(&field));
            error.map(|error| error.message())
        })
    }

    /// Goes to the address that `href` makes of a success from now on, without a jump to the top of the page.
    pub fn then_go(self, href: impl Fn(&Answer) -> Option<String> + 'static) {
        let navigate = use_navigate();
        let before = self.version.get_untracked();
        Effect::new(move |_| {
            if self.version.get() == before {
                return;
            }
            let to = self
                .value
                .with(|value| value.as_ref().and_then(|value| value.as_ref().ok()).and_then(&href));
            if let Some(to) = to {
                let options = NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..Default::default()
                };
                navigate(&to, options);
            }
        });
    }

    fn submit(self, event: SubmitEvent) {
        if event.default_prevented() {
            return;
        }
        event.prevent_default();
        let body = fields_of(&event);
        self.in_flight.update(|count| *count += 1);
        spawn_local(async move {
            let value = match body {
                Some(body) => send(self.path, body).await,
                None => Err(AppError::from_server_fn_error(ServerFnErrorErr::Args(String::new()))),
            };
            // The page may have been left meanwhile.
            self.in_flight.try_update(|count| *count -= 1);
            self.value.try_set(Some(value));
            self.version.try_update(|version| *version += 1);
        });
    }
}

/// A form that posts to a server function, with script or without.
#[component]
pub fn PostForm(
    /// Where it posts to.
    post: Post,
    /// Its fields and buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=post.path on:submit=move |event| post.submit(event)>
            {children()}
        </form>
    }
}
