//! Program text with its looks.

use leptos::prelude::*;
use model::quickstart::{Part, Span, SpanKind};

use crate::ui::CodeBox;

/// A box of code; what is copied is exactly what the spans say.
#[component]
pub(crate) fn Code(
    /// The file's name, or where the lines are typed.
    #[prop(into)]
    title: String,
    /// The pieces.
    spans: Vec<Span>,
) -> impl IntoView {
    let text: String = spans.iter().map(|span| span.text.as_str()).collect();
    let pieces = spans
        .into_iter()
        .map(|Span { kind, text }| match class(kind) {
            Some(class) => view! { <span class=class>{text}</span> }.into_any(),
            None => text.into_any(),
        })
        .collect_view();
    view! {
        <CodeBox title=title text=text>
            {pieces}
        </CodeBox>
    }
    .into_any()
}

/// The steps of a program, one after the other.
#[component]
pub(crate) fn Steps(
    /// The steps, in order.
    parts: Vec<Part>,
) -> impl IntoView {
    parts
        .into_iter()
        .enumerate()
        .map(|(position, part)| view! { <Step number=position + 1 part=part /> })
        .collect_view()
}

#[component]
fn Step(number: usize, part: Part) -> impl IntoView {
    view! {
        <section class="part">
            <h2>
                <span class="step-n num" aria-hidden="true">
                    {number}
                </span>
                {part.title}
            </h2>
            {(!part.explanation.is_empty()).then(|| view! { <p>{part.explanation}</p> })}
            <Code title=part.file_name spans=part.spans />
        </section>
    }
    .into_any()
}

/// The class of style/code.css for a piece; plain text has none.
fn class(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Plain => None,
        SpanKind::Keyword => Some("k"),
        SpanKind::String => Some("s"),
        SpanKind::Comment => Some("c"),
        SpanKind::Value => Some("m"),
    }
}
