//! The schedule by which keys are rotated: off until somebody sets one.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::Invalid;
use model::rotation::RotationSchedule;
use model::time::{DAY, HOUR, MINUTE};

use crate::ui::{Button, CheckField, FormError, Kind, Post, PostForm, TextField};

/// The form with the schedule; it proposes one where there is none.
#[component]
pub(super) fn Schedule(schedule: Option<RotationSchedule>, post: Post) -> impl IntoView {
    let shown = schedule.unwrap_or_default();
    view! {
        <PostForm post=post attr:class="form">
            <FormError of=post fields=&["period", "announce", "retire"] />
            <CheckField
                name="enabled"
                label="Rotate keys by schedule"
                hint="Each algorithm on its own. A verifier that reads the JWKS at least as often as the announcement is long never meets an unknown key."
                checked=schedule.is_some()
            />
            <TextField
                name="period"
                label="A key signs for (days)"
                value=(shown.period / DAY).to_string()
                kind="number"
                required=true
                error=post.error_of("period")
            />
            <TextField
                name="announce"
                label="It is published before it signs for at least (minutes)"
                value=(shown.announce / MINUTE).to_string()
                hint="At least 10: many verifiers keep a copy of the JWKS for so long."
                kind="number"
                required=true
                error=post.error_of("announce")
            />
            <TextField
                name="retire"
                label="It stays published afterwards for at least (hours)"
                value=(shown.retire / HOUR).to_string()
                hint="Never shorter than the tokens live that it signed."
                kind="number"
                required=true
                error=post.error_of("retire")
            />
            <div class="form-actions">
                <Button kind=Kind::Primary pending=post.pending()>
                    "Save"
                </Button>
            </div>
        </PostForm>
    }
    .into_any()
}

/// The schedule in the texts of the form; `None` if it is switched off.
///
/// # Errors
/// [`Invalid`] on the field that breaks a rule.
#[cfg(feature = "ssr")]
pub(super) fn parse(enabled: bool, period: &str, announce: &str, retire: &str) -> Result<Option<RotationSchedule>, Invalid> {
    if !enabled {
        return Ok(None);
    }
    // What is no number gets the same advice as one that is out of bounds.
    let seconds = |text: &str, unit: i64| text.trim().parse::<i64>().ok().and_then(|count| count.checked_mul(unit)).unwrap_or(-1);
    let schedule = RotationSchedule {
        period: seconds(period, DAY),
        announce: seconds(announce, MINUTE),
        retire: seconds(retire, HOUR),
    };
    schedule.check().map(|()| Some(schedule))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn texts_become_seconds_or_name_the_field() {
        let schedule = parse(true, "30", " 60 ", "2").unwrap().unwrap();
        assert_eq!((schedule.period, schedule.announce, schedule.retire), (30 * DAY, HOUR, 2 * HOUR));
        assert_eq!(parse(false, "x", "", ""), Ok(None));
        for (texts, field) in [
            (["soon", "60", "2"], "period"),
            (["30", "9", "2"], "announce"),
            (["30", "60", "9223372036854775807"], "retire"),
        ] {
            assert_eq!(parse(true, texts[0], texts[1], texts[2]).unwrap_err().field, field);
        }
    }
}
