//! What pages load: read on the server where the page is rendered there, and over the wire afterwards.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::FromServerFnError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::perform::perform;
use crate::error::AppError;

/// How the server function at a path is called with a form.
pub(super) type Perform = fn(&'static str, String) -> Pin<Box<dyn Future<Output = Result<Answer, AppError>> + Send>>;

/// A call of a server function that is loaded again whenever it differs from the one before.
#[derive(Clone)]
pub struct Ask {
    path: &'static str,
    form: String,
    version: usize,
    perform: Perform,
}

impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        // The path says how it is called.
        (self.path, &self.form, self.version) == (other.path, &other.form, other.version)
    }
}

/// Asks the server function `S` with these arguments.
pub fn ask<S>(call: S) -> Ask
where
    S: ServerFn<Error = AppError> + Serialize + DeserializeOwned + Send + 'static,
    S::Output: Serialize + Send,
{
    Ask {
        path: S::PATH,
        // Arguments are texts, numbers and structs of these, which always have the form of a query.
        form: serde_qs::to_string(&call).unwrap_or_default(),
        version: 0,
        perform: perform::<S>(),
    }
}

impl Ask {
    /// The same question is asked again when `version` has grown.
    #[must_use]
    pub fn after(self, version: usize) -> Self {
        Self { version, ..self }
    }

    /// Asks now.
    ///
    /// # Errors
    /// What the function refuses with; [`AppError::Offline`] if it is not reached.
    pub async fn once(self) -> Result<Answer, AppError> {
        (self.perform)(self.path, self.form).await
    }
}

/// An answer that is loaded with the page: `.await` gives it inside a `Suspend`.
pub struct Load<T> {
    resource: Resource<Result<Answer, AppError>, Wire>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

impl<T> Load<T> {
    /// Loads what `source` asks for, and again when that changes. While it asks for nothing the answer is `null`.
    pub fn new<A: Into<Option<Ask>>>(source: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self::of(Box::new(move || source().into()), false)
    }

    /// The same for what decides whether the page exists: nothing is sent before it is there.
    pub fn blocking<A: Into<Option<Ask>>>(source: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self::of(Box::new(move || source().into()), true)
    }

    /// Loads it again.
    pub fn refetch(self) {
        self.resource.refetch();
    }

    fn of(source: Box<dyn Fn() -> Option<Ask> + Send + Sync>, blocking: bool) -> Self {
        Self {
            resource: resource(source, blocking),
            kind: PhantomData,
        }
    }
}

/// Apart from the type of the answer, so that it is compiled once.
fn resource(source: Box<dyn Fn() -> Option<Ask> + Send + Sync>, blocking: bool) -> Resource<Result<Answer, AppError>, Wire> {
    let fetch = |ask: Option<Ask>| async move {
        match ask {
            Some(ask) => ask.once().await,
            None => Ok(Answer::new("null")),
        }
    };
    Resource::new_with_options(source, fetch, blocking)
}

impl<T: DeserializeOwned + 'static> IntoFuture for Load<T> {
    type Output = Result<T, AppError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let answer = self.resource.into_future();
        Box::pin(async move { answer.await?.read() })
    }
}

/// How an answer travels inside the page that was rendered with it: a sign, then its JSON or that of the error.
pub struct Wire;

/// The page holds something else than the server wrote.
#[derive(Debug, thiserror::Error)]
#[error("the page holds an answer that can't be read")]
pub struct Unreadable;

impl Encoder<Result<Answer, AppError>> for Wire {
    type Error = Unreadable;
    type Encoded = String;

    fn encode(value: &Result<Answer, AppError>) -> Result<String, Unreadable> {
        Ok(match value {
            Ok(answer) => format!("+{}", answer.as_text()),
            Err(error) => format!("-{}", String::from_utf8_lossy(&error.ser())),
        })
    }
}

impl Decoder<Result<Answer, AppError>> for Wire {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(text: &str) -> Result<Result<Answer, AppError>, Unreadable> {
        match text.split_at_checked(1) {
            Some(("+", json)) => Ok(Ok(Answer::new(json.as_bytes().to_vec()))),
            Some(("-", json)) => Ok(Err(AppError::de(json.as_bytes().to_vec().into()))),
            _ => Err(Unreadable),
        }
    }
}
