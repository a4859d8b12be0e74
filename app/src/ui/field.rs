//! Fields of forms: label, hint and error beside each, tied to it for assistive technology.

use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;

use super::{Icon, IconName};

/// The id of an input from its name; `new[name]` becomes `f-new-name-`.
fn id_of(id: String, name: &str) -> String {
    if id.is_empty() {
        format!("f-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
    } else {
        id
    }
}

/// Which texts describe the input: the error first, then the hint.
fn described_by(id: &str, has_hint: bool, has_error: bool) -> Option<String> {
    match (has_error, has_hint) {
        (true, true) => Some(format!("{id}-error {id}-hint")),
        (true, false) => Some(format!("{id}-error")),
        (false, true) => Some(format!("{id}-hint")),
        (false, false) => None,
    }
}

/// Moves the focus to the field when an error appears at it.
fn focus_on_error(error: Signal<Option<String>>, input: impl Fn() -> Option<HtmlElement> + 'static) {
    Effect::new(move |_| {
        if error.with(Option::is_some)
            && let Some(input) = input()
        {
            // A field that can't take the focus now is no reason to fail.
            let _ = input.focus();
        }
    });
}

/// Gives the field the focus when a link of the app has led to its page: browsers heed `autofocus` only while they load a document.
fn focus_at_first(autofocus: bool, input: impl Fn() -> Option<HtmlElement> + 'static) {
    Effect::new(move |_| {
        if autofocus
            && !is_typing()
            && let Some(input) = input()
        {
            // As above.
            let _ = input.focus();
        }
    });
}

/// Whether a field has the focus: who has begun to type must not be led away.
fn is_typing() -> bool {
    document()
        .active_element()
        .is_some_and(|element| element.matches("input, textarea, select").unwrap_or(false))
}

/// The lines below a field.
#[component]
fn FieldFoot(id: String, hint: String, error: Signal<Option<String>>) -> impl IntoView {
    let error_id = format!("{id}-error");
    let hint = (!hint.is_empty()).then(|| {
        view! {
            <p class="hint" id=format!("{id}-hint")>
                {hint}
            </p>
        }
    });
    view! {
        <p class="field-error" id=error_id role="alert">
            {move || {
                error
                    .get()
                    .map(|message| {
                        view! {
                            <Icon name=IconName::Warning />
                            <span>{message}</span>
                        }
                    })
            }}
        </p>
        {hint}
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// Its name on the page.
    #[prop(into)]
    label: String,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What to enter and why, in a sentence.
    #[prop(optional, into)]
    hint: String,
    /// `text` (the default), `email`, `password`, `number`, `url`.
    #[prop(optional, into)]
    kind: String,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// The most characters.
    #[prop(optional, into)]
    max: Option<usize>,
    /// Whether it holds something that is pasted into code.
    #[prop(optional)]
    mono: bool,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The browser's autocomplete token.
    #[prop(optional, into)]
    autocomplete: String,
    /// Its id, needed where two fields on a page have the same name.
    #[prop(optional, into)]
    id: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = id_of(id, &name);
    let node = NodeRef::<Input>::new();
    let element = move || node.get().map(|input| HtmlElement::clone(&input));
    focus_on_error(error, element);
    focus_at_first(autofocus, element);
    let (described_id, has_hint) = (id.clone(), !hint.is_empty());
    let kind = if kind.is_empty() { "text".to_owned() } else { kind };
    // Addresses, identifiers and passwords are not words of a language.
    let plain = mono || kind != "text";
    view! {
        <div class="field">
            <label for=id.clone()>
                {label} {(!required).then(|| view! { <span class="optional">"optional"</span> })}
            </label>
            <input
                node_ref=node
                id=id.clone()
                name=name
                type=kind
                value=value
                class:mono=mono
                required=required
                maxlength=max.map(|max| max.to_string())
                autocomplete=if autocomplete.is_empty() { "off".to_owned() } else { autocomplete }
                autocapitalize=plain.then_some("none")
                spellcheck=plain.then_some("false")
                autofocus=autofocus || error.with_untracked(Option::is_some)
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described_by(&described_id, has_hint, error.with(Option::is_some))
            />
            <FieldFoot id=id hint=hint error=error />
        </div>
    }
    .into_any()
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// Its name on the page.
    #[prop(into)]
    label: String,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What to enter and why, in a sentence.
    #[prop(optional, into)]
    hint: String,
    /// Lines that are seen at once.
    #[prop(default = 4)]
    rows: u32,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// The most characters.
    #[prop(optional, into)]
    max: Option<usize>,
    /// Whether it holds something that is pasted into code.
    #[prop(optional)]
    mono: bool,
    /// Its id, needed where two fields on a page have the same name.
    #[prop(optional, into)]
    id: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = id_of(id, &name);
    let node = NodeRef::<Textarea>::new();
    focus_on_error(error, move || node.get().map(|area| HtmlElement::clone(&area)));
    let (described_id, has_hint) = (id.clone(), !hint.is_empty());
    view! {
        <div class="field">
            <label for=id.clone()>
                {label} {(!required).then(|| view! { <span class="optional">"optional"</span> })}
            </label>
            <textarea
                node_ref=node
                id=id.clone()
                name=name
                rows=rows.to_string()
                class:mono=mono
                required=required
                maxlength=max.map(|max| max.to_string())
                spellcheck=mono.then_some("false")
                autofocus=error.with_untracked(Option::is_some)
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described_by(&described_id, has_hint, error.with(Option::is_some))
            >
                {value}
            </textarea>
            <FieldFoot id=id hint=hint error=error />
        </div>
    }
    .into_any()
}

/// One of the choices of [`RadioCards`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadioOption {
    /// What the form sends.
    pub value: String,
    /// Its name.
    pub title: String,
    /// What it means, in a sentence.
    pub text: String,
    /// Whether it is chosen at first.
    pub checked: bool,
}

/// One choice of a few, each with an explanation.
#[component]
pub fn RadioCards(
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// The question.
    #[prop(into)]
    legend: String,
    /// The choices.
    options: Vec<RadioOption>,
    /// What is wrong with the choice.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = id_of(String::new(), &name);
    let cards = options
        .into_iter()
        .map(|option| {
            view! {
                <label class="radio-card">
                    <input type="radio" name=name.clone() value=option.value checked=option.checked />
                    <span class="radio-title">{option.title}</span>
                    <span class="radio-text">{option.text}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field radio-cards">
            <legend>{legend}</legend>
            <div class="radio-grid">{cards}</div>
            <FieldFoot id=id hint=String::new() error=error />
        </fieldset>
    }
    .into_any()
}

/// A box to tick; the form sends `true`.
#[component]
pub fn CheckField(
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// What is agreed to by ticking it.
    #[prop(into)]
    label: String,
    /// What follows from it, in a sentence.
    #[prop(optional, into)]
    hint: String,
    /// Whether it is ticked at first.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    let hint_id = format!("{}-hint", id_of(String::new(), &name));
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field check-field">
            <label>
                <input type="checkbox" name=name value="true" checked=checked aria-describedby=described_by />
                <span>{label}</span>
            </label>
            {(!hint.is_empty())
                .then(|| {
                    view! {
                        <p class="hint" id=hint_id>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}
