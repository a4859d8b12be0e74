//! Bodies of requests of clients: read whole, within a limit of bytes and of time.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::error::TokenError;

/// The most bytes of a body.
pub const BODY_MAX: usize = 64 * 1024;
/// The most bytes of a longer body that are read and thrown away, so that its sender gets to read why it is refused.
const DRAIN_MAX: usize = 4 * 1024 * 1024;
/// The most seconds in which a body must arrive.
pub const BODY_SECONDS: u64 = 10;

/// The bytes of a body.
///
/// # Errors
/// [`TokenError::TooLarge`], [`TokenError::TooSlow`] or [`TokenError::BrokenOff`].
pub(super) async fn read(body: Body) -> Result<Vec<u8>, TokenError> {
    timeout(Duration::from_secs(BODY_SECONDS), collect(body))
        .await
        .unwrap_or(Err(TokenError::TooSlow { limit: BODY_SECONDS }))
}

async fn collect(mut body: Body) -> Result<Vec<u8>, TokenError> {
    let mut collected = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        // A connection that breaks off is no longer there to read the answer; the body is then as good as incomplete.
        let Ok(frame) = frame else {
            return Err(TokenError::BrokenOff);
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= BODY_MAX {
            collected.extend_from_slice(&data);
        } else if length > DRAIN_MAX {
            break;
        }
    }
    if length > BODY_MAX {
        return Err(TokenError::TooLarge { limit: BODY_MAX });
    }
    Ok(collected)
}
