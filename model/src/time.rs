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

/// `2026-03-01`: the day of the moment (UTC), as forms and calendars write it.
#[must_use]
pub fn day(at: Timestamp) -> String {
    exact(at).split('T').next().unwrap_or_default().to_owned()
}

/// The moment that a text names: a day (its start), or what [`exact`] writes; both in UTC, in the years 1970 to 9999.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let (day, second) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(second.strip_suffix('Z')?, ':', [2, 2, 2])?;
    let at = days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second;
    // What the calendar does not have, as 30 February, would be written otherwise.
    let written = exact(at);
    (at >= 0 && (written == text || written.strip_suffix("T00:00:00Z") == Some(text))).then_some(at)
}

/// Numbers of these widths with a separator between them.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts
            .next()
            .filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
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

/// The day number since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // As below, the year begins in March.
    let (year, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
    fn moments_are_read_as_they_are_written() {
        for at in [0, 951_782_400, 1_772_356_507, 4_107_542_399, 4_107_542_400, 253_402_300_799] {
            assert_eq!(parse(&exact(at)), Some(at));
        }
        assert_eq!(parse("2026-03-01"), Some(1_772_323_200));
        assert_eq!(day(1_772_323_200 + DAY - 1), "2026-03-01");
        for text in [
            "",
            "soon",
            "2026-02-30",
            "2026-13-01",
            "2026-00-10",
            "2026-3-1",
            "2026-03-01-01",
            "1969-12-31",
            "10000-01-01",
            "2026-03-01T24:00:00Z",
            "2026-03-01T09:15:07",
            "2026-03-01T09:15Z",
            "2026-03-01T+9:15:07Z",
            "2026-03-01 09:15:07Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
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
