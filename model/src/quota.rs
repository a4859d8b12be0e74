//! Quotas: how many tokens a client may ask for in an hour and in a day (Auth0's `token_quota`). Hours and days are those of UTC.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::time::{DAY, HOUR, Timestamp};

/// The most tokens that a quota may allow.
pub const QUOTA_MAX: i64 = 1_000_000_000;
/// From this part of a quota on the log warns, in percent.
pub const WARN_PERCENT: i64 = 80;

/// The quota of a client; the default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenQuota {
    /// The most tokens in an hour; `None` sets no limit.
    pub per_hour: Option<i64>,
    /// The most tokens in a day; `None` sets no limit.
    pub per_day: Option<i64>,
    /// Whether tokens beyond it are refused; otherwise the log says so and they are issued.
    pub enforce: bool,
}

impl TokenQuota {
    /// Reads what a person typed; an empty text sets no limit.
    ///
    /// # Errors
    /// [`Invalid`] on `per_hour` or `per_day`.
    pub fn parse(per_hour: &str, per_day: &str, enforce: bool) -> Result<Self, Invalid> {
        let number = |field, text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| whole_number(field)),
        };
        let quota = Self {
            per_hour: number("per_hour", per_hour)?,
            per_day: number("per_day", per_day)?,
            enforce,
        };
        quota.check()?;
        Ok(quota)
    }

    /// Limits are from 1 to [`QUOTA_MAX`], and a day has room for an hour's.
    ///
    /// # Errors
    /// [`Invalid`] on `per_hour` or `per_day`.
    pub fn check(&self) -> Result<(), Invalid> {
        for (field, limit) in [("per_hour", self.per_hour), ("per_day", self.per_day)] {
            if limit.is_some_and(|limit| !(1..=QUOTA_MAX).contains(&limit)) {
                return Err(whole_number(field));
            }
        }
        match (self.per_hour, self.per_day) {
            (Some(hour), Some(day)) if hour > day => Err(Invalid::new(
                "per_hour",
                format!("Allow at most {day} tokens in an hour, or more in a day: an hour can't hold more than its day."),
            )),
            _ => Ok(()),
        }
    }

    /// Whether there is no limit at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.per_hour.is_none() && self.per_day.is_none()
    }

    /// The limit of a window.
    #[must_use]
    pub fn limit(&self, window: QuotaWindow) -> Option<i64> {
        match window {
            QuotaWindow::Hour => self.per_hour,
            QuotaWindow::Day => self.per_day,
        }
    }

    /// In words, for the log: `100 tokens an hour, 1000 a day, enforced`.
    #[must_use]
    pub fn words(&self) -> String {
        let part = |window: QuotaWindow| self.limit(window).map(|limit| format!("{limit} {}", window.per()));
        let parts: Vec<String> = QuotaWindow::ALL.into_iter().filter_map(part).collect();
        if parts.is_empty() {
            return "none".to_owned();
        }
        format!("{} ({})", parts.join(", "), if self.enforce { "enforced" } else { "observed" })
    }
}

fn whole_number(field: &str) -> Invalid {
    Invalid::new(
        field,
        format!("Enter a whole number from 1 to {QUOTA_MAX}, or leave it empty for no limit."),
    )
}

/// A length of time that a quota is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuotaWindow {
    /// From one full hour of UTC to the next.
    Hour,
    /// From midnight to midnight, UTC.
    Day,
}

impl QuotaWindow {
    /// Both, the shorter first.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// Seconds of it.
    #[must_use]
    pub fn length(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// When the one began that `now` is in.
    #[must_use]
    pub fn start(self, now: Timestamp) -> Timestamp {
        now - now.rem_euclid(self.length())
    }

    /// When the next one begins.
    #[must_use]
    pub fn end(self, now: Timestamp) -> Timestamp {
        self.start(now) + self.length()
    }

    /// Its name in the header (Auth0's).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "per_hour",
            Self::Day => "per_day",
        }
    }

    /// `an hour`, `a day`.
    #[must_use]
    pub fn per(self) -> &'static str {
        match self {
            Self::Hour => "an hour",
            Self::Day => "a day",
        }
    }
}

/// How much of a quota is used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaStanding {
    /// The quota.
    pub quota: TokenQuota,
    /// Tokens issued in this hour.
    pub in_hour: i64,
    /// Tokens issued on this day.
    pub in_day: i64,
    /// The moment.
    pub at: Timestamp,
}

impl QuotaStanding {
    /// Tokens issued in a window.
    #[must_use]
    pub fn used(&self, window: QuotaWindow) -> i64 {
        match window {
            QuotaWindow::Hour => self.in_hour,
            QuotaWindow::Day => self.in_day,
        }
    }

    /// The longest window that has no room for one more token.
    #[must_use]
    pub fn exhausted(&self) -> Option<QuotaWindow> {
        let full = |window: &QuotaWindow| self.quota.limit(*window).is_some_and(|limit| self.used(*window) >= limit);
        QuotaWindow::ALL.into_iter().rev().find(full)
    }

    /// Seconds until there is room again; 0 where there is.
    #[must_use]
    pub fn retry_after(&self) -> i64 {
        self.exhausted().map_or(0, |window| window.end(self.at) - self.at)
    }

    /// The value of Auth0's header: per window its name, the quota, what remains and the seconds until it begins anew.
    #[must_use]
    pub fn header(&self) -> String {
        let part = |window: QuotaWindow| {
            let limit = self.quota.limit(window)?;
            let remaining = (limit - self.used(window)).max(0);
            Some(format!("b={};q={limit};r={remaining};t={}", window.name(), window.end(self.at) - self.at))
        };
        QuotaWindow::ALL.into_iter().filter_map(part).collect::<Vec<_>>().join(",")
    }

    /// How far a window is used up, in the steps that the log tells of; the token that was just issued is counted.
    #[must_use]
    pub fn level(&self, window: QuotaWindow) -> QuotaLevel {
        let Some(limit) = self.quota.limit(window) else {
            return QuotaLevel::Room;
        };
        let used = self.used(window);
        // Where it is only observed, nothing happens when it is used up, but when it is exceeded.
        if used > limit || (used == limit && self.quota.enforce) {
            QuotaLevel::Full
        } else if used * 100 >= limit * WARN_PERCENT {
            QuotaLevel::Warn
        } else {
            QuotaLevel::Room
        }
    }
}

/// How far a quota is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuotaLevel {
    /// There is room.
    #[default]
    Room,
    /// [`WARN_PERCENT`] are used.
    Warn,
    /// All of it is used up, or more than all.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = 1_800_014_400;

    fn quota(per_hour: Option<i64>, per_day: Option<i64>, enforce: bool) -> TokenQuota {
        TokenQuota { per_hour, per_day, enforce }
    }

    fn standing(quota: TokenQuota, in_hour: i64, in_day: i64) -> QuotaStanding {
        QuotaStanding {
            quota,
            in_hour,
            in_day,
            at: NOON + 60,
        }
    }

    #[test]
    fn limits_are_read_and_checked() {
        for (per_hour, per_day, expect) in [
            ("", "", Ok((None, None))),
            (" 10 ", "", Ok((Some(10), None))),
            ("10", "10", Ok((Some(10), Some(10)))),
            ("", "1000000000", Ok((None, Some(QUOTA_MAX)))),
            ("0", "", Err("per_hour")),
            ("-1", "", Err("per_hour")),
            ("1.5", "", Err("per_hour")),
            ("", "1000000001", Err("per_day")),
            ("", "many", Err("per_day")),
            ("11", "10", Err("per_hour")),
        ] {
            let read = TokenQuota::parse(per_hour, per_day, true);
            let read = read.map(|quota| (quota.per_hour, quota.per_day)).map_err(|invalid| invalid.field);
            assert_eq!(read, expect.map_err(str::to_owned), "{per_hour:?} {per_day:?}");
        }
    }

    #[test]
    fn windows_are_those_of_utc() {
        for (window, now, start, end) in [
            (QuotaWindow::Hour, NOON, NOON, NOON + HOUR),
            (QuotaWindow::Hour, NOON + HOUR - 1, NOON, NOON + HOUR),
            (QuotaWindow::Day, NOON, NOON - 12 * HOUR, NOON + 12 * HOUR),
        ] {
            assert_eq!((window.start(now), window.end(now)), (start, end));
        }
    }

    #[test]
    fn the_header_is_auth0s() {
        let both = quota(Some(10), Some(50), true);
        for (quota, in_hour, in_day, expect) in [
            (both, 3, 3, "b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43140"),
            (both, 12, 60, "b=per_hour;q=10;r=0;t=3540,b=per_day;q=50;r=0;t=43140"),
            (quota(None, Some(50), false), 3, 3, "b=per_day;q=50;r=47;t=43140"),
            (quota(None, None, true), 3, 3, ""),
        ] {
            assert_eq!(standing(quota, in_hour, in_day).header(), expect);
        }
    }

    #[test]
    fn who_has_to_wait_waits_for_the_longest_window() {
        let both = quota(Some(10), Some(50), true);
        for (in_hour, in_day, expect) in [(9, 49, 0), (10, 49, 3_540), (9, 50, 43_140), (10, 50, 43_140)] {
            assert_eq!(standing(both, in_hour, in_day).retry_after(), expect, "{in_hour} {in_day}");
        }
    }

    #[test]
    fn levels_by_mode() {
        use QuotaLevel::{Full, Room, Warn};
        for (limit, used, observed, enforced) in [
            (100, 79, Room, Room),
            (100, 80, Warn, Warn),
            (100, 100, Warn, Full),
            (100, 101, Full, Full),
            (1, 1, Warn, Full),
            (3, 2, Room, Room),
        ] {
            let level = |enforce| standing(quota(Some(limit), None, enforce), used, used).level(QuotaWindow::Hour);
            assert_eq!((level(false), level(true)), (observed, enforced), "{used} of {limit}");
        }
        assert_eq!(standing(quota(Some(1), None, true), 9, 9).level(QuotaWindow::Day), Room);
    }

    #[test]
    fn words() {
        assert_eq!(quota(Some(5), Some(9), true).words(), "5 an hour, 9 a day (enforced)");
        assert_eq!(quota(None, Some(9), false).words(), "9 a day (observed)");
        assert_eq!(TokenQuota::default().words(), "none");
    }
}
