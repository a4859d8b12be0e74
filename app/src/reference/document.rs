//! The OpenAPI document, read for people: operations, what they take, and the smallest body that one would take.

use serde_json::{Map, Value};

/// The name of the `security` that says which scopes open an operation.
const CLIENT: &str = "client";
/// How deep members of members are told.
const DEPTH_MAX: usize = 4;
/// A text where one must be.
const EXAMPLE: &str = "example";

/// An operation.
pub(super) struct Operation {
    /// Its name in the document, and in the address of its page.
    pub(super) id: String,
    /// Its method, in capitals.
    pub(super) method: String,
    /// Its path below that of the server, with parameters as `{id}`.
    pub(super) path: String,
    /// What it belongs to.
    pub(super) tag: String,
    /// What it does, without a full stop.
    pub(super) summary: String,
    /// One of these the token must hold; none stands for any token.
    pub(super) scopes: Vec<String>,
    /// What its address takes.
    pub(super) params: Vec<Param>,
    /// The schema of its body, if it reads one.
    pub(super) body: Option<Value>,
    /// What it may answer, by status.
    pub(super) answers: Vec<Reply>,
}

/// A parameter of the path or of the query.
pub(super) struct Param {
    pub(super) name: String,
    pub(super) in_path: bool,
    pub(super) schema: Value,
    pub(super) description: String,
}

/// An answer of an operation.
pub(super) struct Reply {
    pub(super) status: String,
    pub(super) meaning: String,
    /// The schema of its body, where it is more than an error's.
    pub(super) schema: Option<Value>,
}

/// A member of an object, or of one inside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name, as `scopes[].value`.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) limits: String,
    pub(super) required: bool,
}

impl Operation {
    /// Whether it leaves everything as it is.
    pub(super) fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// Whether each of these words, in small letters, is somewhere in what it is called, does and needs.
    pub(super) fn matches(&self, search: &str) -> bool {
        let text = format!("{} {} {} {} {}", self.method, self.path, self.summary, self.id, self.scopes.join(" ")).to_lowercase();
        search.split_whitespace().all(|word| text.contains(word))
    }

    /// The body with nothing but what must be in it, as indented JSON.
    pub(super) fn example_body(&self) -> Option<String> {
        let schema = self.body.as_ref()?;
        serde_json::to_string_pretty(&example(schema)).ok()
    }
}

impl Param {
    /// Whether it may be there more than once.
    pub(super) fn repeats(&self) -> bool {
        text(&self.schema, "type") == "array"
    }

    /// The values that it may have, where these are few.
    pub(super) fn choices(&self) -> Vec<String> {
        if text(&self.schema, "type") == "boolean" {
            return vec!["true".to_owned(), "false".to_owned()];
        }
        texts(&self.schema["enum"])
    }
}

/// Where the operations are.
pub(super) fn base(document: &Value) -> &str {
    document["servers"][0]["url"].as_str().unwrap_or_default()
}

/// Every operation, those of a tag side by side.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, said)| operation(path, method, said))
    });
    let mut all: Vec<Operation> = all.collect();
    // A stable order: by path within a tag, as in the document.
    all.sort_by(|one, other| one.tag.cmp(&other.tag));
    all
}

fn operation(path: &str, method: &str, said: &Value) -> Operation {
    let security = said["security"].as_array().into_iter().flatten();
    let body = &said["requestBody"]["content"]["application/json"]["schema"];
    let answers = said["responses"].as_object().into_iter().flatten().map(|(status, said)| {
        let schema = &said["content"]["application/json"]["schema"];
        Reply {
            status: status.clone(),
            meaning: text(said, "description").to_owned(),
            schema: (schema.is_object() && schema.get("$ref").is_none()).then(|| schema.clone()),
        }
    });
    Operation {
        id: text(said, "operationId").to_owned(),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        tag: text(&said["tags"], 0).to_owned(),
        summary: plain(text(said, "summary")).trim_end_matches('.').to_owned(),
        scopes: security.flat_map(|one| texts(&one[CLIENT])).collect(),
        params: said["parameters"].as_array().into_iter().flatten().map(param).collect(),
        body: (!body.is_null()).then(|| body.clone()),
        answers: answers.collect(),
    }
}

fn param(said: &Value) -> Param {
    Param {
        name: text(said, "name").to_owned(),
        in_path: text(said, "in") == "path",
        schema: said["schema"].clone(),
        description: plain(text(said, "description")),
    }
}

/// The document marks names as CommonMark does; on the page they need no marks.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn text(of: &Value, at: impl serde_json::value::Index) -> &str {
    of.get(at).and_then(Value::as_str).unwrap_or_default()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The type of a value, in words.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(either) = schema["anyOf"].as_array() {
        return either.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match text(schema, "type") {
        "array" => format!("array of {}", kind(&schema["items"])),
        "" => "anything".to_owned(),
        name => name.to_owned(),
    }
}

/// What a value must keep to, in words.
pub(super) fn limits(schema: &Value) -> String {
    let either = schema["anyOf"].as_array().into_iter().flatten().map(limits);
    let range = |least: &str, most: &str, unit: &str| match (
        schema[least].as_i64().filter(|least| *least != 0 || unit.is_empty()),
        schema[most].as_i64(),
    ) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    };
    let choices = texts(&schema["enum"]);
    let own = [
        (!choices.is_empty()).then(|| format!("one of {}", choices.join(", "))),
        range("minLength", "maxLength", " characters"),
        range("minimum", "maximum", ""),
        range("minItems", "maxItems", " values"),
        range("minProperties", "maxProperties", " members"),
        schema["pattern"].as_str().map(|pattern| format!("matches {pattern}")),
        schema["format"].as_str().map(str::to_owned),
    ];
    // What each value of a list keeps to.
    let each = schema
        .get("items")
        .map(limits)
        .filter(|limits| !limits.is_empty())
        .map(|limits| format!("each {limits}"));
    let all = either.filter(|limits| !limits.is_empty()).chain(own.into_iter().flatten()).chain(each);
    all.collect::<Vec<_>>().join("; ")
}

/// The members of an object and of what is inside it, those that must be there first.
pub(super) fn members(schema: &Value) -> Vec<Member> {
    let mut told = Vec::new();
    tell(schema, "", DEPTH_MAX, &mut told);
    told
}

fn tell(schema: &Value, at: &str, depth: usize, told: &mut Vec<Member>) {
    for either in schema["anyOf"].as_array().into_iter().flatten() {
        tell(either, at, depth, told);
    }
    if schema["items"].is_object() {
        tell(&schema["items"], &format!("{at}[]"), depth, told);
    }
    let Some(properties) = schema["properties"].as_object().filter(|_| depth > 0) else {
        return;
    };
    let required = texts(&schema["required"]);
    let is_required = |name: &String| required.contains(name);
    let ordered = |properties: &Map<String, Value>, first: bool| {
        let chosen = properties.iter().filter(|(name, _)| is_required(name) == first);
        chosen.map(|(name, schema)| (name.clone(), schema.clone())).collect::<Vec<_>>()
    };
    for (name, schema) in [ordered(properties, true), ordered(properties, false)].concat() {
        let whole = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        // Two forms of one object may share a member.
        if told.iter().all(|member| member.name != whole) {
            told.push(Member {
                kind: kind(&schema),
                limits: limits(&schema),
                required: is_required(&name),
                name: whole.clone(),
            });
        }
        tell(&schema, &whole, depth - 1, told);
    }
}

/// The smallest value of this form that says what belongs there.
pub(super) fn example(schema: &Value) -> Value {
    if let Some(first) = schema["anyOf"].get(0) {
        return example(first);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match text(schema, "type") {
        "object" => {
            let required = texts(&schema["required"]).into_iter();
            required
                .map(|name| (name.clone(), example(&schema["properties"][&name])))
                .collect::<Map<_, _>>()
                .into()
        }
        "array" => Vec::<Value>::new().into(),
        "string" if text(schema, "format") == "date-time" => "2030-01-01T00:00:00.000Z".into(),
        "string" => {
            let count = |name: &str| schema[name].as_u64().and_then(|count| usize::try_from(count).ok());
            let (least, most) = (count("minLength").unwrap_or_default(), count("maxLength").unwrap_or(usize::MAX));
            let length = EXAMPLE.len().max(least).min(most);
            EXAMPLE.chars().cycle().take(length).collect::<String>().into()
        }
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
        "boolean" => false.into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        let scope = json!({
            "type": "object",
            "properties": { "value": { "type": "string", "minLength": 1, "maxLength": 280 }, "description": { "type": "string", "maxLength": 500 } },
            "required": ["value"],
        });
        json!({
            "type": "object",
            "properties": {
                "alg": { "type": "string", "enum": ["RS256", "ES256"] },
                "days": { "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 9 }, { "type": "null" }] },
                "identifier": { "type": "string", "minLength": 9, "maxLength": 600, "pattern": "^[^<>]*$" },
                "scopes": { "type": "array", "items": scope, "maxItems": 1000 },
            },
            "required": ["identifier", "scopes"],
        })
    }

    #[test]
    fn members_are_told_with_what_is_inside_them() {
        let told = members(&body());
        let told: Vec<_> = told
            .iter()
            .map(|member| (member.name.as_str(), member.kind.as_str(), member.limits.as_str(), member.required))
            .collect();
        assert_eq!(
            told,
            [
                ("identifier", "string", "9 to 600 characters; matches ^[^<>]*$", true),
                ("scopes", "array of object", "at most 1000 values", true),
                ("scopes[].value", "string", "1 to 280 characters", true),
                ("scopes[].description", "string", "at most 500 characters", false),
                ("alg", "string", "one of RS256, ES256", false),
                ("days", "integer or null", "0 to 9", false),
            ]
        );
    }

    #[test]
    fn the_example_holds_what_must_be_there_and_keeps_to_its_limits() {
        assert_eq!(example(&body()), json!({ "identifier": "exampleex", "scopes": [] }));
        for (schema, expect) in [
            (json!({ "type": "string", "maxLength": 3 }), json!("exa")),
            (json!({ "type": "string", "format": "date-time" }), json!("2030-01-01T00:00:00.000Z")),
            (json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] }), json!(false)),
            (json!({ "type": "integer", "minimum": 1 }), json!(1)),
            (json!({ "type": "object" }), json!({})),
            (json!(true), json!(null)),
        ] {
            assert_eq!(example(&schema), expect, "{schema}");
        }
    }

    #[test]
    fn operations_are_read_and_found_by_every_word() {
        let document = json!({
            "servers": [{ "url": "https://auth.example.com/api/v2" }],
            "paths": { "/clients/{id}": { "get": {
                "operationId": "get_clients_by_id",
                "summary": "A client.",
                "tags": ["clients"],
                "parameters": [
                    { "name": "id", "in": "path", "schema": { "type": "string" } },
                    { "name": "fields", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                ],
                "security": [{ "client": ["read:clients"] }, { "client": ["read:client_keys"] }, { "token": [] }],
                "responses": {
                    "200": { "description": "OK", "content": { "application/json": { "schema": { "type": "object" } } } },
                    "404": { "description": "Not Found", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } },
                },
            } } },
        });
        assert_eq!(base(&document), "https://auth.example.com/api/v2");
        let all = operations(&document);
        let [client] = all.as_slice() else { panic!("one operation") };
        assert_eq!(
            (client.method.as_str(), client.summary.as_str(), client.reads()),
            ("GET", "A client", true)
        );
        assert_eq!(client.scopes, ["read:clients", "read:client_keys"]);
        assert_eq!(
            client.params.iter().map(|param| (param.in_path, param.repeats())).collect::<Vec<_>>(),
            [(true, false), (false, true)]
        );
        assert_eq!(
            client.answers.iter().map(|reply| reply.schema.is_some()).collect::<Vec<_>>(),
            [true, false]
        );
        assert!(client.example_body().is_none());
        for (search, expect) in [("", true), ("get client", true), ("read:client_keys", true), ("post", false)] {
            assert_eq!(client.matches(search), expect, "{search}");
        }
    }
}
