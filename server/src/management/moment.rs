//! Moments as Auth0 writes and reads them (RFC 3339).

use model::time::{self, Timestamp};

/// `2026-03-01T09:05:07.000Z`.
pub(super) fn write(at: Timestamp) -> String {
    time::exact(at).replace('Z', ".000Z")
}

/// A moment in UTC, with or without a fraction of a second, which is cut off.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || !whole.contains('T') {
        return None;
    }
    time::parse(&format!("{whole}Z"))
}

/// A day as `20260301`: the moment at which it begins.
pub(super) fn parse_day(text: &str) -> Option<Timestamp> {
    if text.len() != 8 || !text.is_ascii() {
        return None;
    }
    time::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for text in ["2030-01-01T00:00:01Z", "2030-01-01T00:00:01.000Z", "2030-01-01T00:00:01.999999+00:00"] {
            assert_eq!(parse(text).map(write).as_deref(), Some("2030-01-01T00:00:01.000Z"), "{text}");
        }
        for text in [
            "",
            "2030-01-01",
            "2030-01-01T00:00:01.Z",
            "2030-02-30T00:00:00Z",
            "2030-01-01T00:00:01+02:00",
            "2030-01-01T00:00:01",
            "soon",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse_day("20300101"), parse("2030-01-01T00:00:00Z"));
        for text in ["2030010", "20301301", "2030-1-1", "é300101"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
