//! What a JSON value must look like: checked when it comes in, and written into the OpenAPI document, so that the two can't differ.
//!
//! Not a library of JSON Schema: the small part of it that is needed here takes a page, errors can speak as Auth0's do, and nothing is
//! interpreted at run time.

use serde_json::{Map, Value, json};

/// The form of a value.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A text of this many characters.
    Text(usize, usize),
    /// The same without `<` and `>`.
    Name(usize, usize),
    /// A moment (RFC 3339).
    Moment,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number within these bounds.
    Whole(i64, i64),
    /// Any number.
    Number,
    /// `true` or `false`.
    Bool,
    /// At most so many values.
    List(Box<Self>, usize),
    /// An object with these members and no others.
    Object(Vec<Member>),
    /// An object with these members, and perhaps others: what we answer may grow.
    Open(Vec<Member>),
    /// An object with names of any kind, at most so many.
    Map(Box<Self>, usize),
    /// `null`, or a value of this form.
    OrNull(Box<Self>),
    /// Only `null`.
    Null,
    /// Anything.
    Any,
    /// One of these forms.
    Either(Vec<Self>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name.
    pub(super) name: &'static str,
    /// Its form.
    pub(super) shape: Shape,
    /// Whether it must be there.
    pub(super) required: bool,
}

/// A member that must be there.
pub(super) fn required(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, required: true }
}

/// A member that may be left out.
pub(super) fn optional(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        required: false,
    }
}

/// A list of texts.
pub(super) fn texts(length: usize, most: usize) -> Shape {
    Shape::List(Box::new(Shape::Text(0, length)), most)
}

/// What is wrong with a value, in Auth0's words, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// What.
    pub(super) what: String,
    /// The property, as `scopes[2].value`; empty for the whole.
    pub(super) at: String,
}

impl Shape {
    /// The same, or `null`.
    pub(super) fn or_null(self) -> Self {
        Self::OrNull(Box::new(self))
    }

    /// Compares a value with this form.
    ///
    /// # Errors
    /// The first [`Problem`].
    pub(super) fn check(&self, value: &Value) -> Result<(), Problem> {
        self.check_at(value, "")
    }

    fn check_at(&self, value: &Value, at: &str) -> Result<(), Problem> {
        let wrong = |what: String| Err(Problem { what, at: at.to_owned() });
        let expected = |what: &str| wrong(format!("Expected type {what} but found type {}", kind(value)));
        match (self, value) {
            (Self::Any, _) | (Self::OrNull(_) | Self::Null, Value::Null) | (Self::Bool, Value::Bool(_)) | (Self::Number, Value::Number(_)) => Ok(()),
            (Self::OrNull(shape), value) => shape.check_at(value, at),
            (Self::Null, _) => wrong("Only null is supported".to_owned()),
            (Self::Text(least, most) | Self::Name(least, most), Value::String(text)) => {
                let length = text.chars().count();
                if length < *least {
                    return wrong(format!("String is too short ({length} chars), minimum {least}"));
                }
                if length > *most {
                    return wrong(format!("String is too long ({length} chars), maximum {most}"));
                }
                if matches!(self, Self::Name(..)) && text.contains(['<', '>']) {
                    return wrong("String does not match pattern ^[^<>]*$".to_owned());
                }
                Ok(())
            }
            (Self::Moment, Value::String(text)) => match super::moment::parse(text) {
                Some(_) => Ok(()),
                None => wrong("Object didn't pass validation for format date-time".to_owned()),
            },
            (Self::Choice(choices), Value::String(text)) => {
                if choices.contains(&text.as_str()) {
                    return Ok(());
                }
                wrong(format!("No enum match for the value; it must be one of: {}", choices.join(", ")))
            }
            (Self::Whole(least, most), Value::Number(number)) => match whole(number) {
                None => wrong("Expected type integer but found type number".to_owned()),
                Some(number) if number < *least => wrong(format!("Value {number} is less than minimum {least}")),
                Some(number) if number > *most => wrong(format!("Value {number} is greater than maximum {most}")),
                Some(_) => Ok(()),
            },
            (Self::List(shape, most), Value::Array(items)) => {
                if items.len() > *most {
                    return wrong(format!("Array is too long ({}), maximum {most}", items.len()));
                }
                let mut numbered = items.iter().enumerate();
                numbered.try_for_each(|(position, item)| shape.check_at(item, &format!("{at}[{position}]")))
            }
            (Self::Object(members), Value::Object(object)) => {
                if let Some(name) = object.keys().find(|name| members.iter().all(|member| member.name != *name)) {
                    return wrong(format!("Additional properties not allowed: {}", shortened(name)));
                }
                check_members(members, object, at)
            }
            (Self::Open(members), Value::Object(object)) => check_members(members, object, at),
            (Self::Map(shape, most), Value::Object(object)) => {
                if object.len() > *most {
                    return wrong(format!("Too many properties defined ({}), maximum {most}", object.len()));
                }
                object.iter().try_for_each(|(name, value)| shape.check_at(value, &below(at, name)))
            }
            (Self::Either(shapes), value) => {
                let mut last = Ok(());
                for shape in shapes {
                    last = shape.check_at(value, at);
                    if last.is_ok() {
                        break;
                    }
                }
                last
            }
            (Self::Text(..) | Self::Name(..) | Self::Moment | Self::Choice(_), _) => expected("string"),
            (Self::Whole(..), _) => expected("integer"),
            (Self::Number, _) => expected("number"),
            (Self::Bool, _) => expected("boolean"),
            (Self::List(..), _) => expected("array"),
            (Self::Object(_) | Self::Open(_) | Self::Map(..), _) => expected("object"),
        }
    }

    /// The same as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it).
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Text(least, most) => json!({ "type": "string", "minLength": least, "maxLength": most }),
            Self::Name(least, most) => json!({ "type": "string", "minLength": least, "maxLength": most, "pattern": "^[^<>]*$" }),
            Self::Moment => json!({ "type": "string", "format": "date-time" }),
            Self::Choice(choices) => json!({ "type": "string", "enum": choices }),
            Self::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Number => json!({ "type": "number" }),
            Self::Bool => json!({ "type": "boolean" }),
            Self::List(shape, most) => json!({ "type": "array", "items": shape.schema(), "maxItems": most }),
            Self::Object(members) => with_members(members, false),
            Self::Open(members) => with_members(members, true),
            Self::Map(shape, most) => json!({ "type": "object", "additionalProperties": shape.schema(), "maxProperties": most }),
            Self::OrNull(shape) => json!({ "anyOf": [shape.schema(), { "type": "null" }] }),
            Self::Null => json!({ "type": "null" }),
            Self::Any => json!(true),
            Self::Either(shapes) => json!({ "anyOf": shapes.iter().map(Self::schema).collect::<Vec<_>>() }),
        }
    }
}

fn check_members(members: &[Member], object: &Map<String, Value>, at: &str) -> Result<(), Problem> {
    for member in members {
        match object.get(member.name) {
            Some(value) => member.shape.check_at(value, &below(at, member.name))?,
            None if member.required => {
                return Err(Problem {
                    what: format!("Missing required property: {}", member.name),
                    at: at.to_owned(),
                });
            }
            None => {}
        }
    }
    Ok(())
}

fn with_members(members: &[Member], open: bool) -> Value {
    let properties: Map<String, Value> = members.iter().map(|member| (member.name.to_owned(), member.shape.schema())).collect();
    let required: Vec<&str> = members.iter().filter(|member| member.required).map(|member| member.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": open });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A whole number, also one that was written as `1.0`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "within the bounds that are looked at")]
    let of_float = |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(of_float))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() {
        shortened(name)
    } else {
        format!("{at}.{}", shortened(name))
    }
}

/// A name that the caller chose, as far as an error repeats it.
fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(shape: &Shape, value: Value) -> (String, String) {
        let problem = shape.check(&value).unwrap_err();
        (problem.what, problem.at)
    }

    #[test]
    fn what_is_wrong_and_where() {
        let scope = Shape::Object(vec![required("value", Shape::Text(1, 3)), optional("description", Shape::Text(0, 9))]);
        let shape = Shape::Object(vec![
            required("name", Shape::Name(1, 5)),
            optional("scopes", Shape::List(Box::new(scope), 2)),
            optional("days", Shape::Whole(0, 9).or_null()),
            optional("until", Shape::Moment),
            optional("alg", Shape::Choice(&["a", "b"])),
            optional("labels", Shape::Map(Box::new(Shape::Bool), 1)),
            optional("jwe", Shape::Null),
        ]);
        assert_eq!(
            shape.check(
                &json!({ "name": "a", "scopes": [{ "value": "x" }], "days": null, "until": "2030-01-01T00:00:00.000Z", "alg": "b", "jwe": null })
            ),
            Ok(())
        );
        assert_eq!(shape.check(&json!({ "name": "a", "days": 3.0 })), Ok(()));
        for (value, what, at) in [
            (json!([]), "Expected type object but found type array", ""),
            (json!({}), "Missing required property: name", ""),
            (json!({ "name": "a", "x\n": 1 }), "Additional properties not allowed: x", ""),
            (json!({ "name": "" }), "String is too short (0 chars), minimum 1", "name"),
            (json!({ "name": "üüüüüü" }), "String is too long (6 chars), maximum 5", "name"),
            (json!({ "name": "<b>" }), "String does not match pattern ^[^<>]*$", "name"),
            (json!({ "name": 1 }), "Expected type string but found type number", "name"),
            (
                json!({ "name": "a", "scopes": [{ "value": "x" }, {}] }),
                "Missing required property: value",
                "scopes[1]",
            ),
            (
                json!({ "name": "a", "scopes": [{ "value": "x", "description": null }] }),
                "Expected type string but found type null",
                "scopes[0].description",
            ),
            (json!({ "name": "a", "scopes": [1, 2, 3] }), "Array is too long (3), maximum 2", "scopes"),
            (json!({ "name": "a", "days": 10 }), "Value 10 is greater than maximum 9", "days"),
            (json!({ "name": "a", "days": -1 }), "Value -1 is less than minimum 0", "days"),
            (json!({ "name": "a", "days": 1.5 }), "Expected type integer but found type number", "days"),
            (
                json!({ "name": "a", "until": "soon" }),
                "Object didn't pass validation for format date-time",
                "until",
            ),
            (
                json!({ "name": "a", "alg": "c" }),
                "No enum match for the value; it must be one of: a, b",
                "alg",
            ),
            (
                json!({ "name": "a", "labels": { "x": 1 } }),
                "Expected type boolean but found type number",
                "labels.x",
            ),
            (
                json!({ "name": "a", "labels": { "x": true, "y": true } }),
                "Too many properties defined (2), maximum 1",
                "labels",
            ),
            (json!({ "name": "a", "jwe": {} }), "Only null is supported", "jwe"),
        ] {
            assert_eq!(problem(&shape, value.clone()), (what.to_owned(), at.to_owned()), "{value}");
        }
    }

    #[test]
    fn schemas_say_the_same() {
        let shape = Shape::Object(vec![required("name", Shape::Name(1, 5)), optional("days", Shape::Whole(0, 9).or_null())]);
        assert_eq!(
            shape.schema(),
            json!({
                "type": "object",
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[^<>]*$" },
                    "days": { "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 9 }, { "type": "null" }] },
                },
                "additionalProperties": false,
                "required": ["name"],
            })
        );
        assert_eq!(Shape::Open(vec![]).schema()["additionalProperties"], true);
    }
}
