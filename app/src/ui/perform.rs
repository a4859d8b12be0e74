//! On the server a page calls its functions where it is rendered, without the wire between.

use leptos::server_fn::ServerFn;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Encodes, ServerFnError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::load::Perform;
use crate::error::AppError;

/// Calls `S`.
pub(super) fn perform<S>() -> Perform
where
    S: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    S::Output: Serialize + Send,
{
    |_, form| {
        Box::pin(async move {
            let call: S = serde_qs::from_str(&form).map_err(|error| AppError::from_server_fn_error(ServerFnErrorErr::Args(error.to_string())))?;
            let output = call.run_body().await?;
            let json =
                JsonEncoding::encode(&output).map_err(|error| AppError::internal(&ServerFnError::<AppError>::Serialization(error.to_string())))?;
            Ok(Answer::new(json))
        })
    }
}
