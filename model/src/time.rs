//! Points in time as whole seconds, and how people read them. No clock: `now` is always passed in.

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519 §2, NumericDate).
pub type Timestamp = i64;

/// Seconds in a minute.
pub const MINUTE: i64 = 60;
/// Seconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Seconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// `2026-03-01T09:05:07Z`: the exact moment (RFC 3339, UTC).
#[must_use]
pub fn exact(at: Timestamp) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let second = at.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / HOUR,
        second % HOUR / MINUTE,
        second % MINUTE
    )
}

/// How long ago `at` was, or how soon it will be, seen from `now`: `just now`, `14 s ago`, `in 3 h`, `12 d ago`.
#[must_use]
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = (now - at).abs();
    if distance < 2 {
        return "just now".to_owned();
    }
    let length = match distance {
        d if d < MINUTE => format!("{d} s"),
        d if d < HOUR => format!("{} min", d / MINUTE),
        d if d < DAY => format!("{} h", d / HOUR),
        d => format!("{} d", d / DAY),
    };
    if at <= now { format!("{length} ago") } else { format!("in {length}") }
}

/// A length of time in the largest units that say it exactly: `24 hours`, `1 hour 30 minutes`, `45 seconds`.
#[must_use]
pub fn length(seconds: i64) -> String {
    let units = [
        (seconds / DAY, "day"),
        (seconds % DAY / HOUR, "hour"),
        (seconds % HOUR / MINUTE, "minute"),
        (seconds % MINUTE, "second"),
    ];
    let parts: Vec<String> = units
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

/// Year, month and day of a day number since 1970-01-01, in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_moments() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_772_356_507, "2026-03-01T09:15:07Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(exact(at), text);
        }
    }

    #[test]
    fn relative_to_now() {
        let now = 1_000_000;
        for (at, text) in [
            (now, "just now"),
            (now - 14, "14 s ago"),
            (now - 61, "1 min ago"),
            (now - 2 * HOUR, "2 h ago"),
            (now - 3 * DAY - 1, "3 d ago"),
            (now + 3 * HOUR, "in 3 h"),
        ] {
            assert_eq!(relative(at, now), text);
        }
    }

    #[test]
    fn lengths() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (86_400, "1 day"),
            (5_400, "1 hour 30 minutes"),
            (61, "1 minute 1 second"),
        ] {
            assert_eq!(length(seconds), text);
        }
    }
}
