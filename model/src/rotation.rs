//! Rotation of signing keys by schedule: when the next key takes over, and when a previous one is no longer needed.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::key::Key;
use crate::time::{DAY, HOUR, MINUTE, Timestamp};

/// Limits of [`RotationSchedule::period`] in seconds: a day to a year.
pub const PERIOD: (i64, i64) = (DAY, 365 * DAY);
/// Limits of [`RotationSchedule::announce`] in seconds: ten minutes, for which many verifiers keep a copy of the JWKS, to 90 days.
pub const ANNOUNCE: (i64, i64) = (10 * MINUTE, 90 * DAY);
/// Limits of [`RotationSchedule::retire`] in seconds.
pub const RETIRE: (i64, i64) = (0, 365 * DAY);
/// Seconds that a previous key stays published after its last token has expired: clocks of verifiers may be slow.
pub const CLOCK_SKEW: i64 = 5 * MINUTE;

/// When keys are rotated without anybody doing it; lengths in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationSchedule {
    /// How long a key signs.
    pub period: i64,
    /// How long a key must have been published before it signs.
    pub announce: i64,
    /// How long a previous key stays published at least; never shorter than its tokens live.
    pub retire: i64,
}

impl Default for RotationSchedule {
    /// What the form proposes.
    fn default() -> Self {
        Self {
            period: 90 * DAY,
            announce: DAY,
            retire: 2 * HOUR,
        }
    }
}

impl RotationSchedule {
    /// The rules of each field.
    ///
    /// # Errors
    /// [`Invalid`] on `period`, `announce` or `retire`.
    pub fn check(&self) -> Result<(), Invalid> {
        let within = |(least, most): (i64, i64), value| (least..=most).contains(&value);
        if !within(PERIOD, self.period) {
            return Err(Invalid::new("period", "Let a key sign for 1 to 365 days."));
        }
        if !within(ANNOUNCE, self.announce) {
            return Err(Invalid::new("announce", "Announce a key for 10 minutes to 90 days (2160 hours)."));
        }
        if self.announce > self.period {
            return Err(Invalid::new("announce", "Announce a key for no longer than a key signs."));
        }
        if !within(RETIRE, self.retire) {
            return Err(Invalid::new("retire", "Keep a previous key for at most 365 days (8760 hours)."));
        }
        Ok(())
    }

    /// When `next` takes over from `current`: once that has signed for long enough and `next` is known for long enough.
    #[must_use]
    pub fn rotates_at(&self, current: &Key, next: &Key) -> Timestamp {
        let signed = current.current_since.unwrap_or(current.created_at) + self.period;
        signed.max(next.created_at + self.announce)
    }
}

/// When a key that signs no more leaves the JWKS by itself; `None` if it is no such key.
#[must_use]
pub fn retires_at(key: &Key, schedule: Option<&RotationSchedule>) -> Option<Timestamp> {
    let kept = key.current_until? + schedule.map_or(0, |schedule| schedule.retire);
    Some(kept.max(key.tokens_until? + CLOCK_SKEW))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlg, KeyState};

    fn key(state: KeyState, created_at: Timestamp) -> Key {
        Key {
            kid: "k".to_owned(),
            alg: KeyAlg::ES256,
            state,
            created_at,
            current_since: None,
            current_until: None,
            tokens_until: None,
            revoked_at: None,
            tokens_signed: 0,
            last_used_at: None,
        }
    }

    #[test]
    fn limits() {
        let schedule = RotationSchedule::default();
        assert_eq!(schedule.check(), Ok(()));
        for (field, broken) in [
            ("period", RotationSchedule { period: DAY - 1, ..schedule }),
            (
                "period",
                RotationSchedule {
                    period: 366 * DAY,
                    ..schedule
                },
            ),
            ("announce", RotationSchedule { announce: 599, ..schedule }),
            (
                "announce",
                RotationSchedule {
                    announce: schedule.period + 1,
                    ..schedule
                },
            ),
            ("retire", RotationSchedule { retire: -1, ..schedule }),
        ] {
            assert_eq!(broken.check().unwrap_err().field, field, "{broken:?}");
        }
    }

    #[test]
    fn a_key_takes_over_when_its_time_has_come_and_it_is_known() {
        let schedule = RotationSchedule::default();
        let mut current = key(KeyState::Current, 0);
        current.current_since = Some(1_000);
        assert_eq!(schedule.rotates_at(&current, &key(KeyState::Next, 1_000)), 1_000 + schedule.period);
        let late = schedule.period + 5_000;
        assert_eq!(schedule.rotates_at(&current, &key(KeyState::Next, late)), late + schedule.announce);
    }

    #[test]
    fn a_key_retires_after_its_last_token_and_after_the_time_set() {
        let mut previous = key(KeyState::Previous, 0);
        assert_eq!(retires_at(&previous, None), None);
        (previous.current_until, previous.tokens_until) = (Some(1_000), Some(4_600));
        assert_eq!(retires_at(&previous, None), Some(4_600 + CLOCK_SKEW));
        let schedule = RotationSchedule::default();
        assert_eq!(retires_at(&previous, Some(&schedule)), Some(1_000 + schedule.retire));
    }
}
