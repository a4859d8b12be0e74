//! The answer to a token request: as it goes over the wire, and taken apart.

use leptos::prelude::*;
use model::quickstart::{Part, Span, SpanKind};

use super::code::Code;
use super::curl;
use super::server_fns::{Issued, Member, TestRun};
use crate::ui::{Card, Chip, Kind, LinkButton, Note, Tone};

/// A token, or why there is none.
#[component]
pub(super) fn RunResult(run: TestRun, api_id: String, call: Option<Part>) -> impl IntoView {
    match run {
        TestRun::Issued(issued) => view! { <Token issued=issued program=call /> }.into_any(),
        TestRun::Refused { code, reason, fix, .. } => view! {
            <section class="part" aria-labelledby="response-head">
                <h2 id="response-head">"Response"</h2>
                <Note tone=Tone::Bad>
                    <b>{format!("Refused: {reason}.")}</b>
                    <p>{fix}</p>
                    <p>
                        <code class="mono">{code}</code>
                    </p>
                </Note>
                <div class="form-actions">
                    <LinkButton href=format!("/apis/{api_id}/clients")>"Open Non Interactive Clients"</LinkButton>
                    <LinkButton href="/logs" kind=Kind::Quiet>
                        "Open Logs"
                    </LinkButton>
                </div>
            </section>
        }
        .into_any(),
    }
}

#[component]
fn Token(issued: Issued, program: Option<Part>) -> impl IntoView {
    let Issued {
        token,
        body,
        header,
        claims,
        fault,
        for_looking,
        ..
    } = issued;
    let body = coloured(body.reveal(), token.reveal());
    let call = if for_looking.is_empty() {
        view! {
            <p>"Set API_URL to an address of your API that the Quickstart protects. Without the header it answers 401."</p>
            <Code title="Terminal" spans=curl::api_call(token.reveal()) />
            {program.map(|part| view! { <Code title=part.file_name spans=part.spans /> })}
        }
        .into_any()
    } else {
        view! { <Note tone=Tone::Warn>{for_looking}</Note> }.into_any()
    };
    view! {
        <section class="part" aria-labelledby="response-head">
            <h2 id="response-head">"Response"</h2>
            <div class="row">
                <Chip tone=Tone::Good>"200 OK"</Chip>
                <span class="hint">"application/json, Cache-Control: no-store"</span>
            </div>
            <Code title="Response" spans=body />
        </section>
        <section class="part" aria-labelledby="token-head">
            <h2 id="token-head">"What is in the token"</h2>
            {verdict(fault)}
            <Members caption="Header" members=header />
            <Members caption="Claims" members=claims />
        </section>
        <section class="part" aria-labelledby="call-head">
            <h2 id="call-head">"Call your API with it"</h2>
            {call}
        </section>
    }
    .into_any()
}

/// What a library that had no part in signing says.
fn verdict(fault: Option<String>) -> impl IntoView {
    match fault {
        None => view! {
            <Note tone=Tone::Good>
                "Verified by an independent library: yes. Signature, issuer, audience and expiry hold, checked with what your API would use."
            </Note>
        }
        .into_any(),
        Some(fault) => view! {
            <Note tone=Tone::Bad>{format!("Verified by an independent library: no. {fault}")}</Note>
        }
        .into_any(),
    }
}

/// What each member of a header or of claims means.
#[component]
pub(crate) fn Members(
    /// What they are members of.
    caption: &'static str,
    /// The members; nothing is shown without.
    members: Vec<Member>,
) -> impl IntoView {
    if members.is_empty() {
        return ().into_any();
    }
    let rows = members
        .into_iter()
        .map(|Member { name, value, meaning }| {
            view! {
                <tr>
                    <th scope="row">
                        <code class="mono">{name}</code>
                    </th>
                    <td>
                        <code class="mono break">{value}</code>
                    </td>
                    <td>{meaning}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card>
            <table class="members">
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Meaning"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}

/// The body with the three parts of the token in three colours, so that header, claims and signature are seen apart.
fn coloured(body: &str, token: &str) -> Vec<Span> {
    let Some((before, after)) = body.split_once(token).filter(|_| !token.is_empty()) else {
        return vec![span(SpanKind::Plain, body)];
    };
    let mut spans = vec![span(SpanKind::Plain, before)];
    let kinds = [SpanKind::Keyword, SpanKind::String, SpanKind::Comment];
    for (position, part) in token.split('.').enumerate() {
        if position > 0 {
            spans.push(span(SpanKind::Plain, "."));
        }
        spans.push(span(kinds[position.min(2)], part));
    }
    spans.push(span(SpanKind::Plain, after));
    spans
}

fn span(kind: SpanKind, text: &str) -> Span {
    Span { kind, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_character() {
        let body = "{\n  \"access_token\": \"aa.bb.cc\",\n  \"expires_in\": 60\n}";
        let spans = coloured(body, "aa.bb.cc");
        assert_eq!(spans.iter().map(|span| span.text.as_str()).collect::<String>(), body);
        assert_eq!(spans.iter().filter(|span| span.kind != SpanKind::Plain).count(), 3);
        assert_eq!(coloured("no token", "").len(), 1);
    }
}
