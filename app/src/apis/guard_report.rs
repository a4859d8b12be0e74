//! What the guard tester found, in words.
//!
//! Rendered here, on the server, also for browsers that run our script, so that its texts cost the bundle nothing.

use leptos::prelude::*;
use model::api::Api;
use model::grant::ClientAccess;
use model::guard::STEP;
use model::guard_report::{Checked, Report, Summary, Weight};

use crate::error::AppError;
use crate::ui::{Card, Chip, Icon, IconName, Note, Tone};

/// The clients to choose from; without one the token names a client that does not exist.
pub(super) fn options(clients: &[ClientAccess], chosen: &str) -> String {
    let options = clients.iter().map(|client| {
        view! {
            <option value=client.client_id.clone() selected=client.client_id == chosen>
                {client.client_name.clone()}
            </option>
        }
    });
    view! {
        <option value="">"A client that does not exist, with the scopes above"</option>
        {options.collect_view()}
    }
    .to_html()
}

/// What will be sent.
pub(super) fn note(api: &Api) -> String {
    let dpop = api.dpop_required.then(|| {
        view! { <Note tone=Tone::Warn>"This API wants tokens that are bound to a key (DPoP). The guard tester sends bearer tokens only, so it can't test it."</Note> }
    });
    view! {
        <Note tone=Tone::Plain>
            "This server sends your API about 35 GET requests, at most four at a time: one without a token, one with a valid one, and the others with "
            "tokens that it must refuse. They are signed with the key that your API trusts; the valid one lives a minute, and none of the others is of "
            "use to anybody. Redirects are not followed. The run leaves one entry in Logs."
        </Note>
        {dpop}
    }
    .to_html()
}

/// Why nothing was sent.
pub(super) fn refusal(error: &AppError) -> String {
    let message = error.message();
    view! { <Note tone=Tone::Bad>{message}</Note> }.to_html()
}

/// The verdict, then what is wrong, then what is right.
pub(super) fn render(id: &str, report: &Report) -> String {
    let Summary {
        danger,
        fault,
        warning,
        fine,
    } = report.summary();
    let (icon, class) = match (danger + fault, warning) {
        (0, 0) => (IconName::Shield, "note good"),
        (0, _) => (IconName::Warning, "note warn"),
        _ => (IconName::Warning, "note bad"),
    };
    let findings: Vec<AnyView> = report.findings().into_iter().map(|found| finding(id, found)).collect();
    let right = report.checked.iter().filter(|checked| checked.verdict.weight() == Weight::Fine).map(row);
    let right = right.collect_view();
    let right = (fine > 0).then(|| {
        view! {
            <details class="right-answers">
                <summary>{if fine == 1 { "1 answer is right".to_owned() } else { format!("{fine} answers are right") }}</summary>
                <Card>
                    <table class="members">
                        <thead>
                            <tr>
                                <th scope="col">"Test"</th>
                                <th scope="col">"Sent"</th>
                                <th scope="col">"Answer"</th>
                            </tr>
                        </thead>
                        <tbody>{right}</tbody>
                    </table>
                </Card>
            </details>
        }
    });
    let not_sent = report.not_sent();
    let not_sent = not_sent.first().map(|first| {
        let names: Vec<&str> = not_sent.iter().map(|checked| checked.probe.name()).collect();
        let (names, why) = (names.join(", "), first.why());
        view! {
            <article class="finding bad">
                <h3>{format!("{} requests were not sent", not_sent.len())}</h3>
                <p>{names}</p>
                <p>{why}</p>
            </article>
        }
    });
    view! {
        <section class="part" aria-labelledby="report-head">
            <div class=class>
                <Icon name=icon />
                <div>
                    <h2 id="report-head">{report.headline()}</h2>
                    <p class="break">{format!("{} requests to {}", report.checked.len(), report.url)}</p>
                </div>
            </div>
            {findings}
            {not_sent}
            {right}
        </section>
    }
    .to_html()
}

/// One answer that is not as it must be: what was sent, what came back, why that matters and what mends it.
fn finding(id: &str, found: Checked) -> AnyView {
    let (tone, class) = match found.verdict.weight() {
        Weight::Danger | Weight::Fault => (Tone::Bad, "finding bad"),
        Weight::Warning | Weight::Fine => (Tone::Warn, "finding warn"),
    };
    let href = format!("/apis/{id}/quickstart");
    let fix = found.fix().map(|fix| {
        view! {
            <p>
                {fix} " The Quickstart does it in its step " <a href=href>"“" {STEP} "”"</a> "."
            </p>
        }
    });
    view! {
        <article class=class>
            <div class="row">
                <h3>{capital(found.probe.title())}</h3>
                <Chip tone=tone>{found.verdict.label()}</Chip>
            </div>
            <p>
                <code class="mono">{found.probe.name()}</code>
                {format!(": {} instead of {}", found.got(), found.probe.expected().status())}
            </p>
            <p>{found.why()}</p>
            {fix}
        </article>
    }
    .into_any()
}

fn row(checked: &Checked) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">
                <code class="mono">{checked.probe.name()}</code>
            </th>
            <td>{capital(checked.probe.title())}</td>
            <td>{checked.got()}</td>
        </tr>
    }
}

/// Titles go on after "A request with"; alone they begin with a capital letter. Marks for code are for the command line.
fn capital(title: &str) -> String {
    let mut letters = title.chars().filter(|letter| *letter != '`');
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use model::guard::Probe;
    use model::guard_report::Outcome;

    use super::*;

    fn report(expired: u16) -> Report {
        let answered = |status| Outcome::Answered { status, challenge: true };
        Report::new(
            "http://localhost/<b>",
            vec![(Probe::Valid, answered(200)), (Probe::Expired, answered(expired))],
        )
    }

    #[test]
    fn the_verdict_comes_first_and_nothing_typed_is_markup() {
        let html = render("a1", &report(200));
        let positions = [
            "lets in 1 request",
            "&lt;b&gt;",
            "A token that has expired",
            "200 instead of 401",
            "works for ever",
            "/apis/a1/quickstart",
            "1 answer is right",
        ]
        .map(|words| html.find(words).unwrap_or_else(|| panic!("{words}: {html}")));
        assert!(positions.is_sorted(), "{positions:?}");
        assert!(!html.contains("<b>"));
    }

    #[test]
    fn a_right_api_has_no_finding() {
        let html = render("a1", &report(401));
        assert!(
            html.contains("refuses everything it should") && html.contains("2 answers are right") && !html.contains("finding"),
            "{html}"
        );
    }

    #[test]
    fn the_chosen_client_stays_chosen() {
        let access = |id: &str| ClientAccess {
            client_id: id.to_owned(),
            client_name: format!("<{id}>"),
            grant: None,
        };
        let html = options(&[access("c1"), access("c2")], "c2");
        assert_eq!(html.matches("selected").count(), 1, "{html}");
        assert!(html.contains("&lt;c1&gt;") && html.find("selected") > html.find("c2"), "{html}");
    }
}
