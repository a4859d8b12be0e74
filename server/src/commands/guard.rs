//! `tessera guard`

use std::process::ExitCode;

use clap::Args;
use engine::{Engine, GuardRequest, Patience};
use model::guard::STEP;
use model::guard_report::{Checked, Outcome, Report, Summary, Weight};
use model::log::Actor;
use serde::Serialize;

use super::Failure;
use super::output::Output;

/// The status if nothing could be found out.
pub(super) const UNABLE: u8 = 2;

/// Which API.
#[derive(Args)]
pub(super) struct Arguments {
    /// Address of the API with a path that needs a token; it is called by GET
    #[arg(value_name = "URL")]
    url: String,
    /// Identifier of the API
    #[arg(long, value_name = "IDENTIFIER")]
    audience: String,
    /// A scope that the path needs; may be repeated. A token without it must be answered with 403
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The client whose token the valid one is like [default: a client that does not exist]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
}

/// A report for programs.
#[derive(Serialize)]
struct Printed<'a> {
    url: &'a str,
    audience: &'a str,
    /// Whether the API needs no change.
    passed: bool,
    #[serde(flatten)]
    summary: Summary,
    checks: Vec<Line>,
}

/// One request for programs.
#[derive(Serialize)]
struct Line {
    name: &'static str,
    title: &'static str,
    expected: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    verdict: &'static str,
    weight: Weight,
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    fix: &'static str,
}

impl Line {
    fn of(checked: &Checked) -> Self {
        Self {
            name: checked.probe.name(),
            title: checked.probe.title(),
            expected: checked.probe.expected().status(),
            status: checked.outcome.status(),
            verdict: checked.verdict.as_str(),
            weight: checked.verdict.weight(),
            why: checked.why(),
            fix: checked.fix().unwrap_or_default(),
        }
    }
}

/// Tests the API and prints what was found. The status says whether it must be changed.
pub(super) async fn run(engine: &Engine, arguments: Arguments, output: Output) -> Result<ExitCode, Failure> {
    let api = engine.api_by_identifier(&arguments.audience).await?;
    let request = GuardRequest {
        url: arguments.url,
        scope: arguments.scope.join(" "),
        client_id: arguments.client_id.unwrap_or_default(),
        patience: Patience::USUAL,
    };
    let report = engine.guard(&Actor::command(), &api.id, request).await?;
    let printed = Printed {
        url: &report.url,
        audience: &api.identifier,
        passed: !report.has_failed(),
        summary: report.summary(),
        checks: report.checked.iter().map(Line::of).collect(),
    };
    output.answer(&printed, &text(&report));
    Ok(if report.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// For people: the verdict, then what is wrong with why and how to mend it, then what is right in one paragraph.
fn text(report: &Report) -> String {
    let mut lines = vec![report.headline()];
    let findings = report.findings();
    for found in &findings {
        lines.push(String::new());
        lines.push(format!(
            "{}  {}: {} instead of {}",
            mark(found.verdict.weight()),
            found.probe.name(),
            found.got(),
            found.probe.expected().status()
        ));
        lines.push(format!("         A request with {}.", found.probe.title()));
        lines.push(format!("         {}", found.why()));
        lines.extend(found.fix().map(|fix| format!("         Quickstart, \"{STEP}\": {fix}")));
    }
    let not_sent = report.not_sent();
    if let Some(first) = not_sent.first() {
        let names: Vec<&str> = not_sent.iter().map(|checked| checked.probe.name()).collect();
        lines.push(String::new());
        lines.push(format!("{}  not sent: {}", mark(first.verdict.weight()), names.join(", ")));
        lines.push(format!("         {}", first.why()));
    }
    let fine: Vec<String> = report
        .checked
        .iter()
        .filter(|checked| checked.verdict.weight() == Weight::Fine)
        .map(|checked| match checked.outcome {
            Outcome::Answered { status, .. } => format!("{} {status}", checked.probe.name()),
            _ => checked.probe.name().to_owned(),
        })
        .collect();
    if !fine.is_empty() {
        lines.push(String::new());
        lines.push(format!("{}  {}", mark(Weight::Fine), fine.join(", ")));
    }
    lines.join("\n")
}

fn mark(weight: Weight) -> &'static str {
    match weight {
        Weight::Danger => "DANGER ",
        Weight::Fault => "FAULT  ",
        Weight::Warning => "warning",
        Weight::Fine => "ok     ",
    }
}
