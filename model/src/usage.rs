//! How many tokens a client asks for, by the hour, and whether it keeps those that it has.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::time::{DAY, HOUR, Timestamp};

/// Days whose counts are kept.
pub const KEPT_DAYS: i64 = 31;
/// A client is called wasteful from this many avoidable tokens in 24 hours on.
pub const WASTEFUL_MIN: i64 = 100;
/// And only if so many avoidable ones came for each that it needed: some restarts, or twenty processes of one client, stay below.
pub const WASTEFUL_RATIO: i64 = 10;

/// What was counted in some length of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Tokens issued.
    pub issued: i64,
    /// Those of them that the client did not need, see [`Held::suffices`].
    pub avoidable: i64,
    /// Requests refused because the quota was used up.
    pub refused: i64,
}

impl Counts {
    /// Whether the client should keep its tokens: nearly all that it asks for are avoidable, and they are many.
    #[must_use]
    pub fn is_wasteful(&self) -> bool {
        self.avoidable >= WASTEFUL_MIN && self.avoidable >= WASTEFUL_RATIO * (self.issued - self.avoidable)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.issued += other.issued;
        self.avoidable += other.avoidable;
        self.refused += other.refused;
    }
}

impl FromIterator<Self> for Counts {
    fn from_iter<I: IntoIterator<Item = Self>>(counts: I) -> Self {
        let mut sum = Self::default();
        counts.into_iter().for_each(|counts| sum += counts);
        sum
    }
}

/// The token that a client is known to hold for one API and one set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Held {
    /// Whether it has more than half of its life left, so that the client need not ask for another.
    ///
    /// Half, since programs that keep their token ask for the next one in the last part of its life: some seconds before the end, or after
    /// 75 to 90 % of it. `valid_from` is when the client was cut off, if it was: what it held then is no good any more.
    #[must_use]
    pub fn suffices(&self, now: Timestamp, valid_from: Option<Timestamp>) -> bool {
        let is_good = valid_from.is_none_or(|from| self.issued_at >= from);
        is_good && (self.expires_at - now) * 2 > self.expires_at - self.issued_at
    }
}

/// What a client asked for lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientUsage {
    /// Hours with anything in them, by their start, oldest first.
    pub hours: Vec<(Timestamp, Counts)>,
    /// When this was read.
    pub as_of: Timestamp,
}

impl ClientUsage {
    /// Sum of the hours from `from` on.
    #[must_use]
    pub fn since(&self, from: Timestamp) -> Counts {
        self.between(from, Timestamp::MAX)
    }

    /// The present hour and the 23 before it.
    #[must_use]
    pub fn last_24_hours(&self) -> Counts {
        self.since(self.hour() - 23 * HOUR)
    }

    /// The last `count` hours by their start, the present one last, those with nothing in them too.
    #[must_use]
    pub fn by_hour(&self, count: i64) -> Vec<(Timestamp, Counts)> {
        self.steps(self.hour(), HOUR, count)
    }

    /// The last `count` days of UTC by their start, today last.
    #[must_use]
    pub fn by_day(&self, count: i64) -> Vec<(Timestamp, Counts)> {
        self.steps(self.as_of - self.as_of.rem_euclid(DAY), DAY, count)
    }

    fn hour(&self) -> Timestamp {
        self.as_of - self.as_of.rem_euclid(HOUR)
    }

    fn steps(&self, last: Timestamp, step: i64, count: i64) -> Vec<(Timestamp, Counts)> {
        let starts = (0..count).rev().map(|back| last - back * step);
        starts.map(|start| (start, self.between(start, start + step))).collect()
    }

    fn between(&self, from: Timestamp, until: Timestamp) -> Counts {
        let inside = self.hours.iter().filter(|(hour, _)| (from..until).contains(hour));
        inside.map(|(_, counts)| *counts).collect()
    }
}

/// What happened on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Daily {
    /// When the day began (UTC).
    pub date: Timestamp,
    /// Tokens that clients asked for.
    pub tokens: Counts,
    /// How often admins signed in.
    pub sign_ins: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = 1_800_014_400;

    fn counts(issued: i64, avoidable: i64) -> Counts {
        Counts {
            issued,
            avoidable,
            refused: 0,
        }
    }

    #[test]
    fn a_token_suffices_for_the_first_half_of_its_life() {
        let held = Held {
            issued_at: 1_000,
            expires_at: 1_100,
        };
        for (now, valid_from, expect) in [
            (1_000, None, true),
            (1_049, None, true),
            (1_050, None, false),
            (1_099, None, false),
            (1_200, None, false),
            (1_010, Some(1_000), true),
            (1_010, Some(1_001), false),
        ] {
            assert_eq!(held.suffices(now, valid_from), expect, "{now} {valid_from:?}");
        }
    }

    #[test]
    fn who_keeps_its_tokens_is_not_called_wasteful() {
        for (counts, expect) in [
            (counts(0, 0), false),
            // A restart or two.
            (counts(26, 2), false),
            // Twenty processes with tokens of an hour: of what they ask for in a half hour, one is needed.
            (counts(20 * 24, 20 * 24 - 48), false),
            (counts(3_500, 3_412), true),
            (counts(1_100, 1_000), true),
            (counts(1_101, 1_000), false),
            (counts(99, 99), false),
        ] {
            assert_eq!(counts.is_wasteful(), expect, "{counts:?}");
        }
    }

    #[test]
    fn hours_and_days() {
        let hours = vec![
            (NOON - 30 * HOUR, counts(1, 0)),
            (NOON - 13 * HOUR, counts(2, 0)),
            (NOON - HOUR, counts(4, 1)),
            (NOON, counts(8, 2)),
        ];
        let usage = ClientUsage { hours, as_of: NOON + 1_800 };
        assert_eq!(usage.last_24_hours(), counts(14, 3));
        assert_eq!(usage.by_hour(2), [(NOON - HOUR, counts(4, 1)), (NOON, counts(8, 2))]);
        assert_eq!(usage.by_hour(24).len(), 24);
        let midnight = NOON - 12 * HOUR;
        assert_eq!(
            usage.by_day(3),
            [
                (midnight - 2 * DAY, counts(0, 0)),
                (midnight - DAY, counts(3, 0)),
                (midnight, counts(12, 3))
            ]
        );
    }
}
