//! The reference in HTML of the server: the list of operations, what one takes and answers, the fields of its form, and what was answered.

use std::collections::BTreeMap;

use http::StatusCode;
use leptos::prelude::*;
use model::secret::Secret;
use model::time::exact;

use super::call::{BODY_MAX, Outcome};
use super::document::{Member, Operation, Param, Reply, kind, limits, members};
use super::server_fns::Answered;
use super::trying::{Caller, Callers, PAGE};
use crate::apis::curl::quoted;
use crate::error::AppError;
use crate::ui::{Card, Chip, Empty, IconName, Kind, LinkButton, Note, Tone, address};

/// Below this many lines a body has room to grow.
const BODY_LINES: usize = 6;

/// The operations that match, by tag; `chosen` is on the page.
pub(super) fn list(operations: &[Operation], search: &str, chosen: &str) -> String {
    let search = search.to_lowercase();
    let found: Vec<&Operation> = operations.iter().filter(|operation| operation.matches(&search)).collect();
    if found.is_empty() {
        let all = address(PAGE, &[("op", chosen)]);
        return view! {
            <p class="hint" role="status">"No operation matches."</p>
            <a href=all>"Show all operations"</a>
        }
        .to_html();
    }
    let count = match (found.len(), operations.len()) {
        (1, 1) => "1 operation".to_owned(),
        (found, all) if found == all => format!("{all} operations"),
        (found, all) => format!("{found} of {all} operations"),
    };
    let tags = found.chunk_by(|one, other| one.tag == other.tag).map(|of_tag| {
        let links = of_tag.iter().map(|operation| {
            let href = address(PAGE, &[("op", operation.id.as_str()), ("q", &search)]);
            let current = (operation.id == chosen).then_some("page");
            view! {
                <li>
                    <a href=href aria-current=current>
                        {method(&operation.method)}
                        <span>
                            <code class="mono">{operation.path.clone()}</code>
                            <span class="summary">{operation.summary.clone()}</span>
                        </span>
                    </a>
                </li>
            }
        });
        view! {
            <h2>{title(&of_tag[0].tag)}</h2>
            <ul>{links.collect_view()}</ul>
        }
    });
    view! {
        <p class="hint" role="status">{count}</p>
        {tags.collect_view()}
    }
    .to_html()
}

/// What there is to know before one chooses.
pub(super) fn start(base: &str) -> String {
    let (base, openapi) = (base.to_owned(), format!("{base}/openapi.json"));
    view! {
        <Card>
            <dl class="facts">
                <dt>"Base address"</dt>
                <dd><code class="mono break">{base}</code></dd>
                <dt>"OpenAPI 3.1 document"</dt>
                <dd><code class="mono break">{openapi}</code></dd>
                <dt>"Authorization"</dt>
                <dd>"Bearer token of a client that is authorized for the Management API"</dd>
            </dl>
        </Card>
        <Note tone=Tone::Plain>
            "Choose an operation to see what it takes and answers. Each can be tried here with a token that is made for one call and lives a minute."
        </Note>
    }
    .to_html()
}

/// An operation: what it needs, takes and answers.
pub(super) fn operation(operation: &Operation) -> String {
    let scopes = if operation.scopes.is_empty() {
        view! { "Any token of the Management API opens it." }.into_any()
    } else {
        let scopes = operation
            .scopes
            .iter()
            .map(|scope| view! { " " <code class="mono">{scope.clone()}</code> });
        let words = if scopes.len() == 1 {
            "The token needs"
        } else {
            "The token needs one of"
        };
        view! { {words} {scopes.collect_view()} }.into_any()
    };
    let params = (!operation.params.is_empty()).then(|| {
        let rows = operation.params.iter().map(|param| {
            let rules = limits(&param.schema);
            [
                param.name.clone(),
                if param.in_path { "path, required" } else { "query" }.to_owned(),
                kind(&param.schema),
                [param.description.clone(), rules]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(" · "),
            ]
        });
        table("Parameters", ["Name", "In", "Type", "Description"], rows.collect())
    });
    let body = operation.body.as_ref().map(|schema| of_members("Body", &members(schema)));
    let answers = operation.answers.iter().map(|reply| [reply.status.clone(), reply.meaning.clone()]);
    let answers = table("Answers", ["Status", "Meaning"], answers.collect());
    let success = operation
        .answers
        .iter()
        .find_map(|reply: &Reply| Some((&reply.status, reply.schema.as_ref()?)));
    let success = success
        .map(|(status, schema)| (status, members(schema)))
        .filter(|(_, members)| !members.is_empty());
    let success = success.map(|(status, members)| {
        view! {
            <details class="right-answers">
                <summary>{format!("Members of the answer with status {status}")}</summary>
                {of_members("Members", &members)}
            </details>
        }
    });
    view! {
        <section class="part" aria-labelledby="op-head">
            <h2 id="op-head">{operation.summary.clone()}</h2>
            <div class="row">
                {method(&operation.method)} <code class="mono break">{operation.path.clone()}</code>
            </div>
            <p>{scopes}</p>
            {params}
            {body}
            {answers}
            {success}
        </section>
    }
    .to_html()
}

/// The call as a command, with the token in the environment, so that it does not end up in the history of the shell.
pub(super) fn curl(operation: &Operation, base: &str) -> String {
    let mut path = operation.path.clone();
    for param in operation.params.iter().filter(|param| param.in_path) {
        // In capitals, as braces mean something to curl.
        path = path.replace(&format!("{{{}}}", param.name), &param.name.to_uppercase());
    }
    let method = if operation.reads() {
        String::new()
    } else {
        format!("--request {} ", operation.method)
    };
    let mut command = format!(
        "curl {method}{} \\\n  --header \"Authorization: Bearer $TOKEN\"",
        quoted(&format!("{base}{path}"))
    );
    if let Some(body) = operation.example_body() {
        command.push_str(&format!(
            " \\\n  --header 'Content-Type: application/json' \\\n  --data {}",
            quoted(&body)
        ));
    }
    command
}

/// Nobody could call.
pub(super) fn nobody(api_id: &str) -> String {
    let tab = format!("/apis/{api_id}/clients");
    view! {
        <Empty
            icon=IconName::Play
            title="No client is authorized yet"
            text="An operation is tried as a client that is authorized for the Management API, with the scopes that it is granted."
        >
            <LinkButton href=tab kind=Kind::Primary>
                "Authorize a client"
            </LinkButton>
        </Empty>
    }
    .to_html()
}

/// The fields of the form, filled with what was typed or with an example.
pub(super) fn fields(operation: &Operation, callers: &Callers, chosen: &str, typed: &BTreeMap<String, String>) -> String {
    let params = operation
        .params
        .iter()
        .map(|param| field(param, typed.get(&param.name).map_or("", String::as_str)));
    let body = operation.example_body().map(|example| {
        let rows = example.lines().count().max(BODY_LINES).to_string();
        // A line feed right behind the tag is dropped, see HTML §13.1.2.5; JSON begins with none.
        view! {
            <div class="field">
                <label for="f-body">"Body"</label>
                <textarea id="f-body" name="body" class="mono" rows=rows maxlength=BODY_MAX.to_string() spellcheck="false" aria-describedby="f-body-hint">
                    {example}
                </textarea>
                <p class="hint" id="f-body-hint">"JSON. The example holds the members that must be there."</p>
            </div>
        }
    });
    let sure = (!operation.reads()).then(|| {
        view! {
            <div class="field check-field">
                <label>
                    <input type="checkbox" name="sure" value="true" required />
                    <span>"I know that this changes the installation"</span>
                </label>
            </div>
        }
    });
    view! {
        <input type="hidden" name="op" value=operation.id.clone() />
        {clients(callers, chosen)}
        {params.collect_view()}
        {body}
        {sure}
    }
    .to_html()
}

/// Who calls, and why some can't.
fn clients(callers: &Callers, chosen: &str) -> AnyView {
    let options = callers.list.iter().map(|caller| {
        let Caller { client_id, name, unusable } = caller;
        view! {
            <option value=client_id.clone() selected=client_id == chosen disabled=unusable.is_some()>
                {name.clone()}
            </option>
        }
    });
    let reasons: Vec<&String> = callers.list.iter().filter_map(|caller| caller.unusable.as_ref()).collect();
    let reasons = reasons.into_iter().map(|why| view! { <p>{why.clone()}</p> }).collect_view();
    let reasons = callers.list.iter().any(|caller| caller.unusable.is_some()).then(|| {
        view! { <Note tone=Tone::Warn>{reasons}</Note> }
    });
    let more = usize::try_from(callers.total).is_ok_and(|total| total > callers.list.len()).then(|| {
        let tab = format!("/apis/{}/clients", callers.api_id);
        view! {
            <p class="hint">
                "The first 100 are listed. Others are on the " <a href=tab>"Non Interactive Clients"</a> " tab."
            </p>
        }
    });
    view! {
        <div class="field">
            <label for="f-client_id">"Client that calls"</label>
            <select id="f-client_id" name="client_id" required>
                {options.collect_view()}
            </select>
            {more}
        </div>
        {reasons}
    }
    .into_any()
}

/// A parameter; its name is that of the document, since it is a word of the API.
fn field(param: &Param, typed: &str) -> AnyView {
    let name = format!("params[{}]", param.name);
    let id = format!("p-{}", param.name);
    let hint_id = format!("{id}-hint");
    let rules = [kind(&param.schema), limits(&param.schema)];
    let mut hint = rules.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    let choices = param.choices();
    let typed = typed.to_owned();
    let input = if param.repeats() {
        hint.push_str("; one a line");
        view! { <textarea id=id.clone() name=name class="mono" rows="2" spellcheck="false" aria-describedby=hint_id.clone()>{typed}</textarea> }
            .into_any()
    } else if choices.is_empty() {
        view! {
            <input
                id=id.clone()
                name=name
                type="text"
                class="mono"
                value=typed
                required=param.in_path
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=hint_id.clone()
            />
        }
        .into_any()
    } else {
        let options = choices.into_iter().map(|choice| {
            let selected = choice == typed;
            view! { <option value=choice.clone() selected=selected>{choice.clone()}</option> }
        });
        view! {
            <select id=id.clone() name=name aria-describedby=hint_id.clone()>
                <option value="">"Left out"</option>
                {options.collect_view()}
            </select>
        }
        .into_any()
    };
    let optional = (!param.in_path).then(|| view! { <span class="optional">"optional"</span> });
    view! {
        <div class="field">
            <label for=id>
                <code class="mono">{param.name.clone()}</code>
                {optional}
            </label>
            {input}
            <p class="hint" id=hint_id>{hint}</p>
        </div>
    }
    .into_any()
}

/// What became of a call.
pub(super) fn outcome(op: &str, outcome: Outcome) -> Answered {
    let (head, title, body) = match outcome {
        Outcome::Answered { status, headers, body } => answered(status, headers, body),
        Outcome::Token { token, scope, expires_at } => {
            let scope = scope.map_or_else(|| "It carries no scope.".to_owned(), |scope| format!("It carries {scope}."));
            let until = format!("Valid until {}. ", exact(expires_at));
            let head = view! {
                <Note tone=Tone::Warn>
                    "Shown once. Whoever has it can do what it allows. " {until} {scope}
                </Note>
            };
            (head.to_html(), "TOKEN".to_owned(), token)
        }
        Outcome::Refused { code, reason, fix } => {
            let head = view! {
                <Note tone=Tone::Bad>
                    <b>{format!("No token, so nothing was called: {reason}.")}</b>
                    <p>{fix}</p>
                    <p>
                        <code class="mono">{code}</code>
                    </p>
                </Note>
            };
            (head.to_html(), String::new(), Secret::new(""))
        }
    };
    Answered {
        op: op.to_owned(),
        head,
        title,
        body,
    }
}

/// Why nothing was called.
pub(super) fn refusal(op: &str, error: &AppError) -> Answered {
    let message = error.message();
    Answered {
        op: op.to_owned(),
        head: view! { <Note tone=Tone::Bad>{message}</Note> }.to_html(),
        title: String::new(),
        body: Secret::new(""),
    }
}

fn answered(status: u16, headers: Vec<(String, String)>, body: Option<String>) -> (String, String, Secret) {
    let tone = if status < 400 { Tone::Good } else { Tone::Bad };
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let headers = headers.into_iter().map(|(name, value)| {
        view! {
            <dt><code class="mono">{name}</code></dt>
            <dd class="num">{value}</dd>
        }
    });
    let note = match &body {
        Some(body) if body.is_empty() => Some("The answer has no body."),
        Some(_) => None,
        None => Some("The answer is too long to be shown here. The command above shows it whole."),
    };
    let head = view! {
        <div class="row">
            <Chip tone=tone>{format!("{status} {reason}")}</Chip>
            <a class="end" href="/logs">"Open Logs"</a>
        </div>
        <Card>
            <dl class="facts">{headers.collect_view()}</dl>
        </Card>
        {note.map(|text| view! { <p class="hint">{text}</p> })}
    };
    (head.to_html(), format!("Answer {status}"), Secret::new(body.unwrap_or_default()))
}

fn of_members(caption: &'static str, members: &[Member]) -> AnyView {
    if members.is_empty() {
        return view! { <p class="hint">"An object; which members it has is not fixed."</p> }.into_any();
    }
    let rows = members.iter().map(|member| {
        let required = if member.required { "required" } else { "optional" };
        [member.name.clone(), member.kind.clone(), required.to_owned(), member.limits.clone()]
    });
    table(caption, ["Name", "Type", "Required", "Limits"], rows.collect())
}

fn table<const N: usize>(caption: &'static str, heads: [&'static str; N], rows: Vec<[String; N]>) -> AnyView {
    let heads = heads.map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    let rows = rows.into_iter().map(|cells| {
        let mut cells = cells.into_iter();
        let first = cells.next().unwrap_or_default();
        let cells = cells.map(|cell| view! { <td class="break">{cell}</td> });
        view! {
            <tr>
                <th scope="row">
                    <code class="mono">{first}</code>
                </th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <Card>
            <table class="members">
                <caption>{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </Card>
    }
    .into_any()
}

fn method(name: &str) -> AnyView {
    let tone = match name {
        "GET" => Tone::Info,
        "POST" => Tone::Good,
        "DELETE" => Tone::Bad,
        _ => Tone::Warn,
    };
    let name = name.to_owned();
    view! { <Chip tone=tone>{name}</Chip> }.into_any()
}

/// A tag as a heading: `client-grants` becomes `Client grants`. What is a file's name stays one.
fn title(tag: &str) -> String {
    if tag.contains('.') {
        return tag.to_owned();
    }
    let words = tag.replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reference::document::operations;

    fn creating() -> Operation {
        let schema = json!({ "type": "object", "properties": { "name": { "type": "string", "minLength": 1 } }, "required": ["name"] });
        let document = json!({ "paths": { "/client-grants/{id}": { "post": {
            "operationId": "post_<x>",
            "summary": "Makes one.",
            "tags": ["client-grants"],
            "parameters": [
                { "name": "id", "in": "path", "schema": { "type": "string" } },
                { "name": "strict", "in": "query", "schema": { "type": "boolean" } },
            ],
            "requestBody": { "content": { "application/json": { "schema": schema } } },
        } } } });
        operations(&document).remove(0)
    }

    fn callers(list: Vec<Caller>) -> Callers {
        Callers {
            total: list.len() as i64,
            list,
            api_id: "a1".to_owned(),
        }
    }

    fn caller(client_id: &str, unusable: Option<&str>) -> Caller {
        Caller {
            client_id: client_id.to_owned(),
            name: format!("<{client_id}>"),
            unusable: unusable.map(str::to_owned),
        }
    }

    #[test]
    fn the_command_is_one_that_a_shell_takes() {
        assert_eq!(
            curl(&creating(), "https://auth.example.com/api/v2"),
            "curl --request POST 'https://auth.example.com/api/v2/client-grants/ID' \\\n  --header \"Authorization: Bearer $TOKEN\" \\\n  --header 'Content-Type: application/json' \\\n  --data '{\n  \"name\": \"example\"\n}'"
        );
    }

    #[test]
    fn the_list_finds_marks_and_escapes() {
        let html = list(&[creating()], "MAKES", "post_<x>");
        assert!(
            html.contains("Client grants") && html.contains("1 operation<") && html.contains("aria-current=\"page\""),
            "{html}"
        );
        assert!(html.contains("/reference?op=post_%3Cx%3E&amp;q=makes"), "{html}");
        let html = list(&[creating()], "nothing", "");
        assert!(html.contains("No operation matches") && !html.contains("post_"), "{html}");
    }

    #[test]
    fn the_form_asks_for_what_the_operation_takes() {
        let typed = BTreeMap::from([("id".to_owned(), "\"<a>".to_owned()), ("strict".to_owned(), "true".to_owned())]);
        let html = fields(
            &creating(),
            &callers(vec![caller("c1", None), caller("c2", Some("It can't."))]),
            "c1",
            &typed,
        );
        for words in [
            "params[id]",
            "&quot;&lt;a&gt;",
            "params[strict]",
            "name=\"sure\"",
            "\"name\": ",
            "&lt;c1&gt;",
            "It can't.",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert_eq!((html.matches("disabled").count(), html.matches("selected").count()), (1, 2), "{html}");
    }

    #[test]
    fn answers_say_how_they_stand() {
        let headers = vec![("x-ratelimit-remaining".to_owned(), "9".to_owned())];
        for (status, body, words) in [
            (200, Some("{}"), "200 OK"),
            (400, Some("{}"), "chip bad"),
            (204, Some(""), "has no body"),
            (200, None, "too long"),
        ] {
            let body = body.map(str::to_owned);
            let said = outcome(
                "x",
                Outcome::Answered {
                    status,
                    headers: headers.clone(),
                    body,
                },
            );
            assert!(said.head.contains(words) && said.head.contains("x-ratelimit-remaining"), "{}", said.head);
        }
    }
}
