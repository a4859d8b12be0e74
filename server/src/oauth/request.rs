//! Reads the body of a request of a client: a form or a JSON object, each parameter once (RFC 6749 §3.2).

use std::fmt;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use model::refusal::Refusal;
use model::secret::Secret;
use percent_encoding::percent_decode_str;
use serde::de::{Deserializer, MapAccess, Visitor};

/// The most characters of a parameter: far more than any valid one has but those of [`LONG`], which only the body's limit bounds.
pub const VALUE_MAX: usize = 2_048;
/// Parameters that may be long.
const LONG: [&str; 3] = ["scope", "token", "client_assertion"];
/// The most parameters, known or not.
pub const PARAMETERS_MAX: usize = 100;

/// The parameters that we know; an empty one counts as left out (RFC 6749 §3.2).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    /// `grant_type`.
    pub(super) grant_type: Option<String>,
    /// `client_id`.
    pub(super) client_id: Option<String>,
    /// `client_secret`.
    pub(super) client_secret: Option<Secret>,
    /// `client_assertion_type` (RFC 7521 §4.2).
    pub(super) client_assertion_type: Option<String>,
    /// `client_assertion`.
    pub(super) client_assertion: Option<Secret>,
    /// `audience`.
    pub(super) audience: Option<String>,
    /// `resource` (RFC 8707 §2), read where there is no audience.
    pub(super) resource: Option<String>,
    /// `scope`.
    pub(super) scope: Option<String>,
    /// `token` (RFC 7009 §2.1, RFC 7662 §2.1).
    pub(super) token: Option<String>,
}

/// Reads a body as its content type says.
///
/// # Errors
/// [`Refusal::Malformed`] with words that name what would be right.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Refusal> {
    const TYPES: &str = "application/x-www-form-urlencoded or application/json";
    let content_type = headers.get(CONTENT_TYPE).map(essence);
    if body.is_empty() {
        return malformed(format!("The request has no body. Send the parameters in the body, as {TYPES}."));
    }
    match content_type.as_deref() {
        Some("application/x-www-form-urlencoded") => read_form(body),
        Some("application/json") => read_json(body),
        Some(_) => malformed(format!("The content type is not supported. Send {TYPES}.")),
        None => malformed(format!("The content type is missing. Send {TYPES}.")),
    }
}

/// The type without its parameters (charset), in lower case.
fn essence(value: &HeaderValue) -> String {
    let text = value.to_str().unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn malformed<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Malformed(why.into()))
}

fn read_form(body: &[u8]) -> Result<Parameters, Refusal> {
    const WRONG: &str = "The form is not valid UTF-8.";
    let text = std::str::from_utf8(body).map_err(|_| Refusal::Malformed(WRONG.to_owned()))?;
    let mut collected = Collected::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = form_decode(name).zip(form_decode(value));
        let (name, value) = decoded.ok_or_else(|| Refusal::Malformed(WRONG.to_owned()))?;
        collected.add(&name, Value::Text(value))?;
    }
    Ok(collected.parameters)
}

/// Undoes `application/x-www-form-urlencoded`; `None` if the result is not UTF-8.
pub(super) fn form_decode(text: &str) -> Option<String> {
    let spaces = text.replace('+', " ");
    percent_decode_str(&spaces).decode_utf8().ok().map(|decoded| decoded.into_owned())
}

fn read_json(body: &[u8]) -> Result<Parameters, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = json.deserialize_any(ObjectVisitor).and_then(|read| json.end().map(|()| read));
    match read {
        Ok(result) => result,
        Err(error) if error.is_data() => malformed("The JSON is not an object. Send an object of texts."),
        Err(error) => malformed(format!(
            "The JSON can't be read at line {}, column {}. Send an object of texts.",
            error.line(),
            error.column()
        )),
    }
}

/// A value of a parameter.
enum Value {
    Text(String),
    /// JSON `null`: as if left out.
    Null,
    /// JSON that is neither a text nor null.
    Other,
}

/// Parameters as they come in, with the names that were there.
#[derive(Default)]
struct Collected {
    parameters: Parameters,
    seen: Vec<String>,
}

impl Collected {
    fn add(&mut self, name: &str, value: Value) -> Result<(), Refusal> {
        if self.seen.iter().any(|seen| seen == name) {
            return malformed(format!("Send the parameter {} once; it is there twice.", short(name)));
        }
        if self.seen.len() == PARAMETERS_MAX {
            return malformed(format!("Send at most {PARAMETERS_MAX} parameters."));
        }
        self.seen.push(name.to_owned());
        let Some(field) = self.parameters.field(name) else {
            return Ok(());
        };
        let text = match value {
            Value::Text(text) => text,
            Value::Null => return Ok(()),
            Value::Other => return malformed(format!("Send {name} as a text.")),
        };
        // Any text may be asked about as a token: there is an answer to all of them.
        if name != "token" && text.chars().any(char::is_control) {
            return malformed(format!("Remove line breaks and control characters from {name}."));
        }
        if !LONG.contains(&name) && text.chars().count() > VALUE_MAX {
            return malformed(format!("Shorten {name} to at most {VALUE_MAX} characters."));
        }
        field.set(text);
        Ok(())
    }
}

/// Where a parameter goes.
enum Field<'a> {
    Plain(&'a mut Option<String>),
    Secret(&'a mut Option<Secret>),
}

impl Field<'_> {
    fn set(self, text: String) {
        let text = Some(text).filter(|text| !text.is_empty());
        match self {
            Self::Plain(field) => *field = text,
            Self::Secret(field) => *field = text.map(Secret::new),
        }
    }
}

impl Parameters {
    /// The API that is asked for: `audience`, or `resource` where there is none.
    pub(super) fn audience(&self) -> Option<&str> {
        self.audience.as_deref().or(self.resource.as_deref())
    }

    /// The field of this name; unknown parameters are ignored (RFC 6749 §3.2).
    fn field(&mut self, name: &str) -> Option<Field<'_>> {
        Some(match name {
            "grant_type" => Field::Plain(&mut self.grant_type),
            "client_id" => Field::Plain(&mut self.client_id),
            "client_secret" => Field::Secret(&mut self.client_secret),
            "client_assertion_type" => Field::Plain(&mut self.client_assertion_type),
            "client_assertion" => Field::Secret(&mut self.client_assertion),
            "audience" => Field::Plain(&mut self.audience),
            "resource" => Field::Plain(&mut self.resource),
            "scope" => Field::Plain(&mut self.scope),
            "token" => Field::Plain(&mut self.token),
            _ => return None,
        })
    }
}

/// A name as it may stand in an error.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Reads an object key by key: `serde_json::Map` would keep the last of two equal ones in silence.
struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Result<Parameters, Refusal>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut collected = Collected::default();
        let mut refusal = None;
        // Read to the end even after a refusal, so that JSON which breaks off later is called just that.
        while let Some(name) = map.next_key::<String>()? {
            let value = match map.next_value::<serde_json::Value>()? {
                serde_json::Value::String(text) => Value::Text(text),
                serde_json::Value::Null => Value::Null,
                _ => Value::Other,
            };
            if refusal.is_none() {
                refusal = collected.add(&name, value).err();
            }
        }
        Ok(refusal.map_or(Ok(collected.parameters), Err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Result<Parameters, Refusal> {
        read_as("application/x-www-form-urlencoded", body.as_bytes())
    }

    fn json(body: &str) -> Result<Parameters, Refusal> {
        read_as("application/json; charset=utf-8", body.as_bytes())
    }

    fn read_as(content_type: &'static str, body: &[u8]) -> Result<Parameters, Refusal> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        read(&headers, body)
    }

    fn why(result: Result<Parameters, Refusal>) -> String {
        match result.unwrap_err() {
            Refusal::Malformed(why) => why,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn form_and_json_say_the_same() {
        let from_form = form("grant_type=client_credentials&client_id=a+b&client_secret=%2B&audience=https%3A%2F%2Fx%2F&foo=1").unwrap();
        let from_json =
            json(r#"{"grant_type":"client_credentials","client_id":"a b","client_secret":"+","audience":"https://x/","foo":{"bar":[1]}}"#).unwrap();
        assert_eq!(from_form, from_json);
        assert_eq!(from_form.client_id.as_deref(), Some("a b"));
        assert_eq!(from_form.client_secret, Some(Secret::new("+")));
    }

    #[test]
    fn empty_and_null_count_as_left_out() {
        assert_eq!(form("scope=&audience&&=").unwrap(), Parameters::default());
        assert_eq!(json(r#"{"scope":null,"audience":""}"#).unwrap(), Parameters::default());
    }

    #[test]
    fn repeated_parameters_are_refused() {
        assert_eq!(why(form("scope=a&scope=a")), "Send the parameter scope once; it is there twice.");
        assert_eq!(
            why(json(r#"{"scope":"a","scope":null}"#)),
            "Send the parameter scope once; it is there twice."
        );
        assert_eq!(
            why(json(r#"{"scope":"a","sc\u006fpe":"b"}"#)),
            "Send the parameter scope once; it is there twice."
        );
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        for (result, expect) in [
            (json(r#"{"scope":["a"]}"#), "Send scope as a text."),
            (json(r#"{"client_id":7}"#), "Send client_id as a text."),
            (json("[]"), "The JSON is not an object. Send an object of texts."),
            (json("\"x\""), "The JSON is not an object. Send an object of texts."),
            (
                json(r#"{"scope":"#),
                "The JSON can't be read at line 1, column 9. Send an object of texts.",
            ),
            (json("{} x"), "The JSON can't be read at line 1, column 4. Send an object of texts."),
            (form("scope=%FF"), "The form is not valid UTF-8."),
            (form("client_id=%00"), "Remove line breaks and control characters from client_id."),
            (
                form(&format!("audience={}", "x".repeat(VALUE_MAX + 1))),
                "Shorten audience to at most 2048 characters.",
            ),
            (
                read_as("text/plain", b"x"),
                "The content type is not supported. Send application/x-www-form-urlencoded or application/json.",
            ),
            (
                read(&HeaderMap::new(), b"x"),
                "The content type is missing. Send application/x-www-form-urlencoded or application/json.",
            ),
            (
                form(""),
                "The request has no body. Send the parameters in the body, as application/x-www-form-urlencoded or application/json.",
            ),
        ] {
            assert_eq!(why(result), expect);
        }
    }

    #[test]
    fn deep_nesting_and_many_parameters_are_refused() {
        assert!(why(json(&format!("{{\"x\":{}", "[".repeat(10_000)))).starts_with("The JSON can't be read"));
        let many: String = (0..=PARAMETERS_MAX).map(|n| format!("p{n}=&")).collect();
        assert_eq!(why(form(&many)), "Send at most 100 parameters.");
    }
}
