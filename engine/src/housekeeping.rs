//! What has to be done now and then without anybody asking.

use std::sync::Weak;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::engine::{Engine, Inner};

/// How often. Keys are published for at least ten minutes before they sign, so some seconds more do no harm.
const EVERY: Duration = Duration::from_secs(5);

/// Writes down how keys are used, rotates and retires them by schedule, and retires signing secrets, until the engine is gone or the
/// handle is used.
pub(crate) fn keep_house(engine: Weak<Inner>) -> AbortHandle {
    let task = tokio::spawn(async move {
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(engine) = engine.upgrade().map(Engine) else { return };
            if let Err(error) = engine.write_key_usage().await {
                tracing::warn!(%error, "what the keys have signed could not be written; it is added later");
            }
            if let Err(error) = engine.tend_keys().await {
                tracing::error!(%error, "keys could not be rotated or retired; trying again");
            }
            if let Err(error) = engine.tend_signing_secrets().await {
                tracing::error!(%error, "previous signing secrets could not be retired; trying again");
            }
        }
    });
    task.abort_handle()
}
