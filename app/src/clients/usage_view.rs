//! What the Usage tab shows, rendered here, on the server, for every browser: it costs the bundle nothing.

use std::fmt::Write as _;

use leptos::prelude::*;
use model::client::Client;
use model::lockout::Lockout;
use model::quota::{QUOTA_MAX, QuotaWindow, TokenQuota};
use model::time::{Timestamp, day, exact, relative};
use model::usage::{ClientUsage, Counts};

use super::usage_fns::{LiftLockout, SetTokenQuota};
use crate::ui::{Button, Card, Empty, FormError, IconName, Kind, LinkButton, Mono, Note, Post, PostForm, RadioCards, RadioOption, TextField, Tone};

/// Hours of the first chart.
const HOURS: i64 = 24;
/// Days of the second.
const DAYS: i64 = 30;
/// Height of a chart in its own units; a bar is 10 wide.
const HEIGHT: i64 = 100;

/// The whole tab; `saved` is what was just done.
pub(super) fn render(client: &Client, usage: &ClientUsage, lockouts: Vec<Lockout>, saved: &str) -> String {
    let (form, locked) = (quota_form(client), locked(client, lockouts, usage.as_of));
    view! {
        <div class="sections">
            <div role="status">{said(saved).map(|text| view! { <Note tone=Tone::Good>{text}</Note> })}</div>
            {advice(client, usage)}
            {locked}
            {tokens(client, usage)}
            <section aria-labelledby="quota-head">
                <h2 id="quota-head">"Quota"</h2>
                <Card>{form}</Card>
            </section>
        </div>
    }
    .to_html()
}

/// What was done, in words.
fn said(saved: &str) -> Option<&'static str> {
    Some(match saved {
        "quota" => "The quota is saved. It counts what was issued in this hour and today already.",
        "no-quota" => "The client has no quota.",
        "lifted" => "The lock-out is lifted: attempts from there are looked at again.",
        _ => return None,
    })
}

/// That the client does not keep its tokens, and what to do.
fn advice(client: &Client, usage: &ClientUsage) -> Option<AnyView> {
    let counts = usage.last_24_hours();
    let quickstart = format!("/clients/{}/quickstart", client.client_id);
    let told = format!(
        "{} of {} tokens in the last 24 hours were asked for while it held a live one.",
        number(counts.avoidable),
        number(counts.issued)
    );
    counts.is_wasteful().then(|| {
        view! {
            <Note tone=Tone::Warn>
                <p>
                    <strong>{told}</strong>
                </p>
                <p>
                    "Let the program keep access_token together with the time at which it expires: now plus expires_in seconds. It asks for the next one when a minute of that is left. "
                    <a href=quickstart>"See a program that does so on its Quickstart tab"</a>
                </p>
            </Note>
        }
        .into_any()
    })
}

/// The lock-outs that there are, each with a way to end it.
fn locked(client: &Client, lockouts: Vec<Lockout>, now: Timestamp) -> Option<AnyView> {
    if lockouts.is_empty() {
        return None;
    }
    let post = Post::to::<LiftLockout>();
    let rows = lockouts.into_iter().map(|lockout| row(post, client, lockout, now)).collect_view();
    let view = view! {
        <section aria-labelledby="locked-head">
            <h2 id="locked-head">"Lock-outs"</h2>
            <FormError of=post />
            <Card>{rows}</Card>
            <p class="hint">
                "Too many attempts to prove the client have failed, so the next are refused without a look. Each server process counts for itself: these are the lock-outs of the one that made this page."
            </p>
        </section>
    };
    Some(view.into_any())
}

fn row(post: Post, client: &Client, lockout: Lockout, now: Timestamp) -> AnyView {
    let whole = lockout.client_id.is_none();
    let who = if whole {
        " is locked out for every client that has not proven itself from there, until "
    } else {
        ": this client is locked out from there until "
    };
    let refused = match lockout.refused {
        0 => "Nothing was refused since.".to_owned(),
        1 => "One attempt was refused since.".to_owned(),
        count => format!("{} attempts were refused since.", number(count)),
    };
    let (client_id, address) = (client.client_id.clone(), lockout.address.clone());
    let until = format!("{} ({})", exact(lockout.until), relative(lockout.until, now));
    view! {
        <div class="lockout">
            <p>
                <Mono text=lockout.address /> {who} {until} ". " <span class="soft">{refused}</span>
            </p>
            <PostForm post=post attr:class="inline">
                <input type="hidden" name="client_id" value=client_id />
                <input type="hidden" name="address" value=address />
                {whole.then(|| view! { <input type="hidden" name="whole" value="true" /> })}
                <Button small=true>"Lift"</Button>
            </PostForm>
        </div>
    }
    .into_any()
}

/// How many it asked for.
fn tokens(client: &Client, usage: &ClientUsage) -> AnyView {
    let body = if usage.hours.is_empty() {
        let quickstart = format!("/clients/{}/quickstart", client.client_id);
        view! {
            <Card>
                <Empty
                    icon=IconName::Clients
                    title="No tokens yet"
                    text="This page shows how many tokens the client asks for, by hour and by day, once it has asked for one. Tokens that admins make for it do not count."
                >
                    <LinkButton href=quickstart kind=Kind::Primary>
                        "See how it asks"
                    </LinkButton>
                </Empty>
            </Card>
        }
        .into_any()
    } else {
        let now = now(client, usage);
        view! {
            <Card>{now}</Card>
            {chart("Last 24 hours", "the present hour and the 23 before it, UTC", &usage.by_hour(HOURS), QuotaWindow::Hour, client)}
            {chart("Last 30 days", "days of UTC, today last", &usage.by_day(DAYS), QuotaWindow::Day, client)}
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="tokens-head">
            <h2 id="tokens-head">"Tokens"</h2>
            {body}
        </section>
    }
    .into_any()
}

/// This hour, today and the last 24 hours.
fn now(client: &Client, usage: &ClientUsage) -> AnyView {
    let at = usage.as_of;
    let part = |label: &'static str, window: QuotaWindow| {
        let counts = usage.since(window.start(at));
        let limit = client.token_quota.limit(window);
        let used = match limit {
            Some(limit) => format!("{} of {}", number(counts.issued), number(limit)),
            None => number(counts.issued),
        };
        let anew = limit.map(|_| format!("begins anew {}", relative(window.end(at), at)));
        view! {
            <dt>{label}</dt>
            <dd>
                <span class="num">{used}</span>
                <span class="soft">{anew}</span>
                {limit.map(|limit| view! { <div class="hint" inner_html=bar(counts.issued, limit)></div> })}
            </dd>
        }
    };
    let day = usage.last_24_hours();
    let avoidable = (day.avoidable > 0).then(|| {
        format!(
            "{} of them while it held a live token with more than half of its life left",
            number(day.avoidable)
        )
    });
    let refused = (day.refused > 0).then(|| format!("Requests that its quota refused: {}", number(day.refused)));
    view! {
        <dl class="facts">
            {part("This hour", QuotaWindow::Hour)} {part("Today (UTC)", QuotaWindow::Day)} <dt>"Last 24 hours"</dt>
            <dd>
                <span class="num">{number(day.issued)}</span>
                {avoidable.map(|text| view! { <span class="hint">{text}</span> })}
                {refused.map(|text| view! { <span class="hint">{text}</span> })}
            </dd>
        </dl>
    }
    .into_any()
}

/// How much of a limit is used, as a picture. Numbers only, so nothing is to be escaped.
fn bar(used: i64, limit: i64) -> String {
    let part = (used.saturating_mul(100) / limit.max(1)).min(100);
    let full = if used >= limit { " full" } else { "" };
    format!(
        "<svg class=\"quota-bar{full}\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"4\"/><rect class=\"used\" width=\"{part}\" height=\"4\"/></svg>"
    )
}

/// Bars and, for who can't see them or wants the numbers, a table.
fn chart(title: &'static str, what: &'static str, steps: &[(Timestamp, Counts)], window: QuotaWindow, client: &Client) -> AnyView {
    let most = steps.iter().map(|(_, counts)| counts.issued).max().unwrap_or_default();
    let limit = client.token_quota.limit(window);
    let sum: Counts = steps.iter().map(|(_, counts)| *counts).collect();
    let label = |at: Timestamp| match window {
        QuotaWindow::Hour => exact(at)[11..16].to_owned(),
        QuotaWindow::Day => day(at),
    };
    let ends = [steps.first(), steps.last()].map(|step| step.map(|(at, _)| label(*at)).unwrap_or_default());
    let [first, last] = ends;
    let rows: Vec<AnyView> = steps
        .iter()
        .rev()
        .filter(|(_, counts)| *counts != Counts::default())
        .map(|(at, counts)| {
            view! {
                <tr>
                    <td>{label(*at)}</td>
                    <td class="right num">{number(counts.issued)}</td>
                    <td class="right num">{number(counts.avoidable)}</td>
                    <td class="right num">{number(counts.refused)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let head = if window == QuotaWindow::Hour { "Hour (UTC)" } else { "Day (UTC)" };
    let caption = format!(
        "{title}: {what}. {} tokens, at most {} {}.",
        number(sum.issued),
        number(most),
        window.per()
    );
    let picture = bars(steps, most, limit, &caption);
    view! {
        <Card>
            <figure class="usage">
                <figcaption>
                    <h3>{title}</h3>
                    <span class="soft">{format!("{} tokens, at most {} {}", number(sum.issued), number(most), window.per())}</span>
                </figcaption>
                <div inner_html=picture></div>
                <div class="usage-ends soft" aria-hidden="true">
                    <span>{first}</span>
                    <span class="usage-key">
                        <i class="needed"></i>
                        "needed "
                        <i class="avoidable"></i>
                        "avoidable"
                    </span>
                    <span>{last}</span>
                </div>
                <details>
                    <summary>"Show the numbers"</summary>
                    <table>
                        <caption class="vh">{title}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{head}</th>
                                <th scope="col" class="right">
                                    "Tokens"
                                </th>
                                <th scope="col" class="right">
                                    "Avoidable"
                                </th>
                                <th scope="col" class="right">
                                    "Refused"
                                </th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </details>
            </figure>
        </Card>
    }
    .into_any()
}

/// The picture: needed tokens below, avoidable ones on top, and a line where the quota is, if it is within the picture.
fn bars(steps: &[(Timestamp, Counts)], most: i64, limit: Option<i64>, label: &str) -> String {
    let scale = most.max(1);
    let height = |count: i64| count * HEIGHT / scale;
    let mut svg = format!(
        "<svg class=\"usage-bars\" viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\">",
        steps.len() * 10
    );
    for (position, (_, counts)) in steps.iter().enumerate() {
        // What is there is seen, however small it is.
        let (all, avoidable) = (height(counts.issued).max(counts.issued.min(2)), height(counts.avoidable));
        let (x, y) = (position * 10 + 1, HEIGHT - all);
        for (class, height) in [("needed", all), ("avoidable", avoidable)] {
            if height > 0 {
                // Writing to a text does not fail.
                let _ = write!(svg, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"8\" height=\"{height}\"/>");
            }
        }
    }
    if let Some(limit) = limit.filter(|limit| *limit <= scale) {
        let y = HEIGHT - height(limit);
        let _ = write!(svg, "<line class=\"limit\" x1=\"0\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>", steps.len() * 10);
    }
    svg.push_str("</svg>");
    svg
}

fn quota_form(client: &Client) -> AnyView {
    let post = Post::to::<SetTokenQuota>();
    let TokenQuota { per_hour, per_day, enforce } = client.token_quota;
    let text = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    let option = |value: &str, title: &str, text: &str, checked| RadioOption {
        value: value.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        checked,
    };
    let modes = vec![
        option(
            "observe",
            "Observe",
            "Tokens beyond it are issued; the log says that it was exceeded, once an hour or day.",
            !enforce,
        ),
        option(
            "enforce",
            "Enforce",
            "Requests beyond it are refused with status 429 and the time to wait.",
            enforce,
        ),
    ];
    let (digits, client_id) = (QUOTA_MAX.to_string().len(), client.client_id.clone());
    view! {
        <PostForm post=post attr:class="form">
            <FormError of=post fields=&["per_hour", "per_day", "mode"] />
            <input type="hidden" name="client_id" value=client_id />
            <TextField
                name="per_hour"
                label="Tokens an hour"
                value=text(per_hour)
                hint="From one full hour to the next, UTC. Empty sets no limit."
                kind="number"
                max=digits
                error=post.error_of("per_hour")
            />
            <TextField
                name="per_day"
                label="Tokens a day"
                value=text(per_day)
                hint="From midnight to midnight, UTC. Empty sets no limit."
                kind="number"
                max=digits
                error=post.error_of("per_day")
            />
            <RadioCards name="mode" legend="When it is used up" options=modes error=post.error_of("mode") />
            <p class="hint">
                "The client reads how much is left in the header Auth0-Client-Quota-Limit. Several server processes on one database know of each other's tokens within some seconds."
            </p>
            <div class="form-actions">
                <Button kind=Kind::Primary>"Save quota"</Button>
            </div>
        </PostForm>
    }
    .into_any()
}

/// With commas: `3,412`.
fn number(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use model::time::HOUR;

    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(count), text);
        }
    }

    #[test]
    fn bars_stay_in_their_picture() {
        let counts = |issued, avoidable| Counts {
            issued,
            avoidable,
            refused: 0,
        };
        let steps = [(0, counts(0, 0)), (HOUR, counts(1_000, 900)), (2 * HOUR, counts(1, 0))];
        let svg = bars(&steps, 1_000, Some(500), "x");
        assert!(svg.contains(r#"<rect class="needed" x="11" y="0" width="8" height="100"/>"#), "{svg}");
        assert!(svg.contains(r#"<rect class="avoidable" x="11" y="0" width="8" height="90"/>"#), "{svg}");
        assert!(svg.contains(r#"<rect class="needed" x="21" y="99" width="8" height="1"/>"#), "{svg}");
        assert!(
            svg.contains(r#"y1="50""#) && !bars(&steps, 1_000, Some(5_000), "x").contains("line"),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect").count(), 3);
    }

    #[test]
    fn a_full_bar_says_so_and_goes_no_further() {
        assert!(bar(5, 10).contains(r#"width="50""#) && !bar(5, 10).contains("full"));
        assert!(bar(30, 10).contains(r#"class="used" width="100""#) && bar(30, 10).contains("full"));
    }
}
