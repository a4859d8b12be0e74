//! What a run of the guard tester found: what each answer means, and what all of them mean together.

use serde::{Deserialize, Serialize};

use crate::guard::{Expected, Probe};

/// What came back for a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer.
    Answered {
        /// Its status.
        status: u16,
        /// Whether it names a way to authenticate in `WWW-Authenticate` (RFC 9110 §11.6.1).
        challenge: bool,
    },
    /// No answer within the time for one.
    TimedOut,
    /// The connection ended without an answer that is one.
    Cut,
    /// The run ended before its turn.
    NotSent,
}

impl Outcome {
    /// The status of an answer.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(status),
            Self::TimedOut | Self::Cut | Self::NotSent => None,
        }
    }
}

/// What the outcome of a probe says about the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It let in what it must not.
    AcceptedWrongly,
    /// It refused what it must let in.
    RefusedWrongly,
    /// It answered with an error of its own (5xx), or broke the connection.
    Failed,
    /// It gave no answer in time.
    TimedOut,
    /// It sent the caller elsewhere: a client can't sign in on a page, and the answer is not a refusal.
    Redirected,
    /// Its answer does not tell whether the token was accepted.
    Unclear,
    /// It was not sent: too much time had passed.
    NotSent,
    /// It refused, but with another status than the standard has for it.
    OtherStatus,
    /// It refused, but without saying how to authenticate.
    NoChallenge,
    /// As it must be.
    AsExpected,
}

/// How much a verdict matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Somebody gets in who must not.
    Danger,
    /// The API does not work as it must.
    Fault,
    /// Nothing is at risk; clients are told less than they could be.
    Warning,
    /// Nothing to do.
    Fine,
}

impl Verdict {
    /// Every verdict, what matters most first.
    pub const ALL: [Self; 10] = [
        Self::AcceptedWrongly,
        Self::RefusedWrongly,
        Self::Failed,
        Self::TimedOut,
        Self::Redirected,
        Self::Unclear,
        Self::NotSent,
        Self::OtherStatus,
        Self::NoChallenge,
        Self::AsExpected,
    ];

    /// The name in reports for programs; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AcceptedWrongly => "accepted_wrongly",
            Self::RefusedWrongly => "refused_wrongly",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Redirected => "redirected",
            Self::Unclear => "unclear",
            Self::NotSent => "not_sent",
            Self::OtherStatus => "other_status",
            Self::NoChallenge => "no_challenge",
            Self::AsExpected => "as_expected",
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn weight(self) -> Weight {
        match self {
            Self::AcceptedWrongly => Weight::Danger,
            Self::RefusedWrongly | Self::Failed | Self::TimedOut | Self::Redirected | Self::Unclear | Self::NotSent => Weight::Fault,
            Self::OtherStatus | Self::NoChallenge => Weight::Warning,
            Self::AsExpected => Weight::Fine,
        }
    }

    /// In a few words, for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::AcceptedWrongly => "Let in",
            Self::RefusedWrongly => "Refused",
            Self::Failed => "Failed",
            Self::TimedOut => "No answer",
            Self::Redirected => "Redirected",
            Self::Unclear => "Can't tell",
            Self::NotSent => "Not sent",
            Self::OtherStatus => "Other status",
            Self::NoChallenge => "No challenge",
            Self::AsExpected => "Right",
        }
    }
}

/// A probe and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What was sent.
    pub probe: Probe,
    /// What came back.
    pub outcome: Outcome,
    /// What that says.
    pub verdict: Verdict,
}

impl Checked {
    /// Why it matters, in a sentence or two for whoever wrote the API. Empty if all is as it must be.
    #[must_use]
    pub fn why(&self) -> String {
        let status = self.outcome.status().unwrap_or_default();
        match self.verdict {
            Verdict::AcceptedWrongly => self.probe.danger().to_owned(),
            Verdict::RefusedWrongly if status == 403 => {
                format!("{} If this path needs a scope, name it, so that the token has it.", self.probe.danger())
            }
            Verdict::RefusedWrongly => self.probe.danger().to_owned(),
            Verdict::Failed if self.outcome == Outcome::Cut => {
                "The connection was closed without an answer, so clients are told nothing. If your API speaks TLS, its address starts with https://."
                    .to_owned()
            }
            Verdict::Failed => {
                "A token must never be an error of the server: anybody can fill its error log, and the check may have been skipped.".to_owned()
            }
            Verdict::TimedOut => "Anybody can make your API wait, and keep it busy with it.".to_owned(),
            Verdict::Redirected => {
                "Programs follow redirects and take the page behind it for an answer. The redirect was not followed here.".to_owned()
            }
            Verdict::Unclear if status == 429 => {
                "Your API limits how often it is asked: its answer says nothing about the token. Test a copy of it without that limit.".to_owned()
            }
            Verdict::Unclear => "This says nothing about the token. Choose a path that answers a GET request with a valid token with 200.".to_owned(),
            Verdict::NotSent => "Your API answered too slowly or not at all, so this is not known. Test a path that answers quickly.".to_owned(),
            Verdict::OtherStatus => format!(
                "The token is refused, but clients expect {} (RFC 6750 section 3.1): with {status} they don't know that they need another token.",
                self.probe.expected().status()
            ),
            Verdict::NoChallenge => {
                "A 401 must say how to authenticate, for example `WWW-Authenticate: Bearer` (RFC 6750 section 3): some clients give up without it."
                    .to_owned()
            }
            Verdict::AsExpected => String::new(),
        }
    }

    /// What in the API has to change, where that is the check of tokens.
    #[must_use]
    pub fn fix(&self) -> Option<&'static str> {
        matches!(self.verdict, Verdict::AcceptedWrongly | Verdict::RefusedWrongly).then(|| self.probe.fix())
    }

    /// What the API answered, in words.
    #[must_use]
    pub fn got(&self) -> String {
        match self.outcome {
            Outcome::Answered { status, .. } => status.to_string(),
            Outcome::TimedOut => "no answer in time".to_owned(),
            Outcome::Cut => "the connection was closed".to_owned(),
            Outcome::NotSent => "not sent".to_owned(),
        }
    }
}

/// Everything that a run found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The address that was called.
    pub url: String,
    /// Each probe in the order of [`Probe::ALL`].
    pub checked: Vec<Checked>,
}

/// How many of each weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Let in wrongly.
    pub danger: usize,
    /// Refused wrongly, or no clear answer.
    pub fault: usize,
    /// Refused, but not as the standard says.
    pub warning: usize,
    /// As it must be.
    pub fine: usize,
}

impl Report {
    /// Judges the outcomes of all probes of a run; the outcome of the valid token decides how others are read.
    #[must_use]
    pub fn new(url: &str, mut outcomes: Vec<(Probe, Outcome)>) -> Self {
        outcomes.sort_by_key(|(probe, _)| *probe);
        let valid = outcomes
            .iter()
            .find(|(probe, _)| *probe == Probe::Valid)
            .and_then(|(_, outcome)| outcome.status());
        let judged = outcomes.into_iter().map(|(probe, outcome)| Checked {
            probe,
            outcome,
            verdict: judge(probe.expected(), outcome, valid),
        });
        Self {
            url: url.to_owned(),
            checked: judged.collect(),
        }
    }

    /// How many of each weight.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |weight| self.checked.iter().filter(|checked| checked.verdict.weight() == weight).count();
        Summary {
            danger: count(Weight::Danger),
            fault: count(Weight::Fault),
            warning: count(Weight::Warning),
            fine: count(Weight::Fine),
        }
    }

    /// What was not sent, and so is not known.
    #[must_use]
    pub fn not_sent(&self) -> Vec<Checked> {
        self.checked
            .iter()
            .copied()
            .filter(|checked| checked.verdict == Verdict::NotSent)
            .collect()
    }

    /// What is not as it must be, what matters most first; without what was not sent.
    #[must_use]
    pub fn findings(&self) -> Vec<Checked> {
        let is_finding = |checked: &Checked| !matches!(checked.verdict, Verdict::AsExpected | Verdict::NotSent);
        let mut findings: Vec<Checked> = self.checked.iter().copied().filter(is_finding).collect();
        findings.sort_by_key(|checked| (checked.verdict.weight(), checked.probe));
        findings
    }

    /// Whether something must be changed; warnings alone are no reason to stop a build.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let summary = self.summary();
        summary.danger + summary.fault > 0
    }

    /// The verdict over all, in a sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let Summary { danger, fault, warning, .. } = self.summary();
        let valid = self
            .checked
            .iter()
            .find(|checked| checked.probe == Probe::Valid)
            .map(|checked| checked.verdict);
        match (danger, fault, warning) {
            (1, ..) => "Your API lets in 1 request that it must refuse.".to_owned(),
            (1.., ..) => format!("Your API lets in {danger} requests that it must refuse."),
            (0, 1.., _) if self.checked.iter().all(|checked| checked.outcome.status().is_none()) => "Your API gave no answer.".to_owned(),
            (0, 1.., _) if valid == Some(Verdict::RefusedWrongly) => "Your API refuses the valid token.".to_owned(),
            (0, 1, _) => "Your API lets nobody in wrongly, but 1 answer is not as it must be.".to_owned(),
            (0, 1.., _) => format!("Your API lets nobody in wrongly, but {fault} answers are not as they must be."),
            (0, 0, 1) => "Your API refuses everything it should. 1 answer could say more.".to_owned(),
            (0, 0, 1..) => format!("Your API refuses everything it should. {warning} answers could say more."),
            (0, 0, 0) => "Your API refuses everything it should.".to_owned(),
        }
    }
}

/// What an outcome says; `valid` is the status that the valid token got.
fn judge(expected: Expected, outcome: Outcome, valid: Option<u16>) -> Verdict {
    let (status, challenge) = match outcome {
        Outcome::Answered { status, challenge } => (status, challenge),
        Outcome::Cut if expected == Expected::RefuseOversized => return Verdict::AsExpected,
        Outcome::Cut => return Verdict::Failed,
        Outcome::TimedOut => return Verdict::TimedOut,
        Outcome::NotSent => return Verdict::NotSent,
    };
    match (expected, status) {
        (_, 429) => Verdict::Unclear,
        (_, 300..=399) => Verdict::Redirected,
        (Expected::Accept, 200..=299) => Verdict::AsExpected,
        (Expected::Accept, 401 | 403) => Verdict::RefusedWrongly,
        (_, 200..=299) => Verdict::AcceptedWrongly,
        (Expected::Forbid, 403) => Verdict::AsExpected,
        (Expected::Refuse | Expected::RefuseMalformed | Expected::RefuseOversized, 401) if challenge => Verdict::AsExpected,
        (Expected::Refuse | Expected::RefuseMalformed | Expected::RefuseOversized, 401) => Verdict::NoChallenge,
        (Expected::RefuseMalformed | Expected::RefuseOversized, 400) | (Expected::RefuseOversized, 413 | 414 | 431) => Verdict::AsExpected,
        (Expected::Accept, 400..=499) => Verdict::Unclear,
        // The valid token got the same: whether this one was refused can't be told. 401 and 403 are refusals of both.
        (_, 400..=499) if valid == Some(status) && !matches!(status, 401 | 403) => Verdict::Unclear,
        (_, 400..=499) => Verdict::OtherStatus,
        // 5xx, and what is no status of a final answer.
        _ => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, challenge: true }
    }

    #[test]
    fn every_answer_has_its_verdict() {
        use Expected::*;
        for (expected, status, valid, verdict) in [
            (Accept, 200, 200, Verdict::AsExpected),
            (Accept, 204, 204, Verdict::AsExpected),
            (Accept, 401, 401, Verdict::RefusedWrongly),
            (Accept, 403, 403, Verdict::RefusedWrongly),
            (Accept, 404, 404, Verdict::Unclear),
            (Accept, 429, 429, Verdict::Unclear),
            (Accept, 302, 302, Verdict::Redirected),
            (Accept, 500, 500, Verdict::Failed),
            (Refuse, 401, 200, Verdict::AsExpected),
            (Refuse, 200, 200, Verdict::AcceptedWrongly),
            (Refuse, 204, 200, Verdict::AcceptedWrongly),
            (Refuse, 403, 200, Verdict::OtherStatus),
            (Refuse, 403, 403, Verdict::OtherStatus),
            (Refuse, 400, 200, Verdict::OtherStatus),
            (Refuse, 404, 200, Verdict::OtherStatus),
            (Refuse, 404, 404, Verdict::Unclear),
            (Refuse, 405, 405, Verdict::Unclear),
            (Refuse, 429, 200, Verdict::Unclear),
            (Refuse, 303, 200, Verdict::Redirected),
            (Refuse, 503, 200, Verdict::Failed),
            (Refuse, 101, 200, Verdict::Failed),
            (Refuse, 431, 200, Verdict::OtherStatus),
            (RefuseMalformed, 400, 200, Verdict::AsExpected),
            (RefuseMalformed, 401, 200, Verdict::AsExpected),
            (RefuseMalformed, 431, 200, Verdict::OtherStatus),
            (RefuseMalformed, 200, 200, Verdict::AcceptedWrongly),
            (RefuseOversized, 400, 200, Verdict::AsExpected),
            (RefuseOversized, 413, 200, Verdict::AsExpected),
            (RefuseOversized, 431, 200, Verdict::AsExpected),
            (RefuseOversized, 200, 200, Verdict::AcceptedWrongly),
            (RefuseOversized, 500, 200, Verdict::Failed),
            (Forbid, 403, 200, Verdict::AsExpected),
            (Forbid, 401, 200, Verdict::OtherStatus),
            (Forbid, 200, 200, Verdict::AcceptedWrongly),
            (Forbid, 404, 404, Verdict::Unclear),
        ] {
            assert_eq!(
                judge(expected, answered(status), Some(valid)),
                verdict,
                "{expected:?} {status} beside {valid}"
            );
        }
    }

    #[test]
    fn a_challenge_is_asked_for_where_the_standard_does() {
        let bare = |status| Outcome::Answered { status, challenge: false };
        assert_eq!(judge(Expected::Refuse, bare(401), Some(200)), Verdict::NoChallenge);
        assert_eq!(judge(Expected::RefuseMalformed, bare(400), Some(200)), Verdict::AsExpected);
        assert_eq!(judge(Expected::Forbid, bare(403), Some(200)), Verdict::AsExpected);
    }

    #[test]
    fn no_answer_is_a_finding_except_for_what_is_too_long() {
        for (expected, outcome, verdict) in [
            (Expected::Refuse, Outcome::Cut, Verdict::Failed),
            (Expected::RefuseOversized, Outcome::Cut, Verdict::AsExpected),
            (Expected::RefuseOversized, Outcome::TimedOut, Verdict::TimedOut),
            (Expected::Refuse, Outcome::NotSent, Verdict::NotSent),
        ] {
            assert_eq!(judge(expected, outcome, Some(200)), verdict);
        }
    }

    fn report(outcomes: &[(Probe, u16)]) -> Report {
        Report::new(
            "http://localhost/",
            outcomes.iter().map(|(probe, status)| (*probe, answered(*status))).collect(),
        )
    }

    #[test]
    fn headlines_say_the_worst() {
        for (outcomes, words, failed) in [
            (
                &[(Probe::Valid, 200), (Probe::Expired, 401)][..],
                "Your API refuses everything it should.",
                false,
            ),
            (
                &[(Probe::Valid, 200), (Probe::Expired, 403)],
                "Your API refuses everything it should. 1 answer could say more.",
                false,
            ),
            (
                &[(Probe::Valid, 200), (Probe::Expired, 200)],
                "Your API lets in 1 request that it must refuse.",
                true,
            ),
            (
                &[(Probe::Valid, 500), (Probe::Expired, 200), (Probe::NoToken, 200)],
                "Your API lets in 2 requests that it must refuse.",
                true,
            ),
            (&[(Probe::Valid, 401), (Probe::Expired, 401)], "Your API refuses the valid token.", true),
            (
                &[(Probe::Valid, 200), (Probe::Expired, 500)],
                "Your API lets nobody in wrongly, but 1 answer is not as it must be.",
                true,
            ),
            (
                &[(Probe::Valid, 404), (Probe::Expired, 404)],
                "Your API lets nobody in wrongly, but 2 answers are not as they must be.",
                true,
            ),
        ] {
            let report = report(outcomes);
            assert_eq!((report.headline().as_str(), report.has_failed()), (words, failed), "{outcomes:?}");
        }
    }

    #[test]
    fn what_was_not_sent_is_no_finding_but_no_success_either() {
        let outcomes = |first| vec![(Probe::Valid, first), (Probe::NoToken, Outcome::Cut), (Probe::Expired, Outcome::NotSent)];
        let report = Report::new("http://localhost/", outcomes(Outcome::TimedOut));
        assert_eq!((report.headline().as_str(), report.has_failed()), ("Your API gave no answer.", true));
        assert_eq!((report.findings().len(), report.not_sent().len(), report.summary().fault), (2, 1, 3));
        let report = Report::new("http://localhost/", outcomes(answered(200)));
        assert_eq!(
            report.headline(),
            "Your API lets nobody in wrongly, but 2 answers are not as they must be."
        );
    }

    #[test]
    fn findings_stand_in_the_order_of_their_weight() {
        let report = report(&[(Probe::Oversized, 200), (Probe::Expired, 403), (Probe::NoToken, 500), (Probe::Valid, 200)]);
        let findings: Vec<(&str, &str)> = report
            .findings()
            .iter()
            .map(|found| (found.probe.name(), found.verdict.as_str()))
            .collect();
        assert_eq!(
            findings,
            [("oversized", "accepted_wrongly"), ("no_token", "failed"), ("expired", "other_status")]
        );
        assert_eq!(
            report.summary(),
            Summary {
                danger: 1,
                fault: 1,
                warning: 1,
                fine: 1
            }
        );
    }

    #[test]
    fn whatever_is_not_fine_says_why() {
        for verdict in Verdict::ALL {
            for outcome in [answered(429), answered(403), Outcome::Cut, Outcome::TimedOut, Outcome::NotSent] {
                let checked = Checked {
                    probe: Probe::Expired,
                    outcome,
                    verdict,
                };
                assert_eq!(checked.why().is_empty(), verdict == Verdict::AsExpected, "{checked:?}");
            }
        }
    }
}
