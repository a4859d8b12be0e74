//! Lists: Auth0's three forms of paging, and the choice of fields.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::page::{MAX_PAGE, Mark, PageRequest, Slice, Window};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::endpoint::{Param, param};
use super::error::Failure;
use super::shape::{Shape, optional, required};

/// Rows if the caller says nothing.
pub(super) const PER_PAGE: i64 = 50;
/// The most rows.
pub(super) const PER_PAGE_MAX: i64 = 100;
/// The most characters of `fields`, and of other texts in the query.
pub(super) const TEXT_MAX: usize = 2_000;

/// The parameters of a list that is read by page.
pub(super) fn by_page() -> Vec<Param> {
    vec![
        param("page", Shape::Whole(0, MAX_PAGE), "Number of the page, from 0."),
        param("per_page", Shape::Whole(0, PER_PAGE_MAX), "Rows on a page."),
        param(
            "include_totals",
            Shape::Bool,
            "Whether the answer is an object with the number of all rows, instead of a list.",
        ),
    ]
}

/// The parameters of a list that is read by page, or from one row to the next.
pub(super) fn by_page_or_mark() -> Vec<Param> {
    let mut params = by_page();
    params.push(param(
        "from",
        Shape::Text(1, 300),
        "Where to go on: `next` of the answer before. The other parameters of paging then don't count.",
    ));
    params.push(param(
        "take",
        Shape::Whole(1, PER_PAGE_MAX),
        "Rows of an answer that says in `next` where to go on.",
    ));
    params
}

/// The parameters that choose fields.
pub(super) fn choosing() -> [Param; 2] {
    [
        param("fields", Shape::Text(0, TEXT_MAX), "Names of members, with commas between them."),
        param(
            "include_fields",
            Shape::Bool,
            "Whether only those are in the answer (the default), or all but those.",
        ),
    ]
}

/// Which part of a list a call asks for.
///
/// # Errors
/// [`Failure::Query`] on `from`.
pub(super) fn window(call: &Call) -> Result<Window, Failure> {
    let from = call.query("from");
    if from.is_some() || call.query("take").is_some() {
        let mark = match from {
            Some(text) => Some(read_mark(text).ok_or_else(|| Failure::query("from", "It is no `next` of an answer"))?),
            None => None,
        };
        return Ok(Window::After(mark, call.number("take").unwrap_or(PER_PAGE)));
    }
    Ok(Window::Page(PageRequest {
        page: call.number("page").unwrap_or(0),
        per_page: call.number("per_page").unwrap_or(PER_PAGE),
    }))
}

/// A list as it was asked for; `items` are those of `slice` as they are written.
pub(super) fn list<T>(call: &Call, window: &Window, name: &str, slice: Slice<T>, items: Vec<Value>) -> Value {
    let items: Vec<Value> = items.into_iter().map(|item| chosen(call, item)).collect();
    match window {
        Window::After(..) => {
            let mut answer = json!({ name: items });
            if let Some(mark) = &slice.next {
                answer["next"] = write_mark(mark).into();
            }
            answer
        }
        Window::Page(page) if call.truth("include_totals") == Some(true) => {
            json!({ "total": slice.total, "start": page.page * page.per_page, "limit": page.per_page, name: items })
        }
        Window::Page(_) => items.into(),
    }
}

/// The form of a list, in all three forms.
pub(super) fn shape_of_list(name: &'static str, item: Shape) -> Shape {
    let items = Shape::List(Box::new(item), 100);
    Shape::Either(vec![
        items.clone(),
        Shape::Open(vec![
            required(name, items),
            optional("total", Shape::Whole(0, i64::MAX)),
            optional("start", Shape::Whole(0, i64::MAX)),
            optional("limit", Shape::Whole(0, i64::MAX)),
            optional("next", Shape::Text(1, 300)),
        ]),
    ])
}

/// The members of an object that were asked for.
pub(super) fn chosen(call: &Call, object: Value) -> Value {
    let Some(fields) = call.query("fields").filter(|fields| !fields.is_empty()) else {
        return object;
    };
    let named: Vec<&str> = fields.split(',').map(str::trim).collect();
    let include = call.truth("include_fields").unwrap_or(true);
    match object {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .into_iter()
                .filter(|(name, _)| named.contains(&name.as_str()) == include)
                .collect();
            kept.into()
        }
        other => other,
    }
}

/// A row as `next` names it; nobody needs to read it.
fn write_mark(mark: &Mark) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", mark.created_at, mark.id))
}

fn read_mark(text: &str) -> Option<Mark> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (created_at, id) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // PostgreSQL takes NUL in no text.
    (!id.contains('\0')).then_some(Mark {
        created_at: created_at.parse().ok()?,
        id: id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_they_are_written() {
        let mark = Mark {
            created_at: 1_800_000_000,
            id: "a:b".to_owned(),
        };
        assert_eq!(read_mark(&write_mark(&mark)), Some(mark));
        for text in ["", "x", "!!", &URL_SAFE_NO_PAD.encode("x:1"), &URL_SAFE_NO_PAD.encode("1:\0")] {
            assert_eq!(read_mark(text), None, "{text}");
        }
    }
}
