//! The text of a file: YAML or JSON, to and from members by name.

use std::fmt::{Formatter, Result as Written};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Number, Value};

use super::mistakes::{Mistakes, Notes};

/// The most bytes of a file.
pub const FILE_MAX: usize = 8 * 1024 * 1024;
/// The most values that a YAML text may amount to once its aliases are followed: no text of [`FILE_MAX`] without aliases has more.
const YAML_NODES_MAX: usize = FILE_MAX / 2;
/// How deep lists and objects may lie in each other.
const DEPTH_MAX: usize = 64;
/// Members that say what an object is: written before the others.
const FIRST: [&str; 6] = ["version", "identifier", "client_id", "audience", "name", "value"];
/// Sections of a file, in the order of reading.
const SECTIONS: [&str; 5] = ["tenant_settings", "key_rotation", "resource_servers", "clients", "client_grants"];

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.yaml`, `.yml`.
    Yaml,
    /// `.json`.
    Json,
}

impl Format {
    /// By the extension.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// By how a text begins, where there is no name.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Yaml }
    }
}

/// Reads a text. Its errors name lines and members but quote no values, which may be secrets.
///
/// # Errors
/// [`Mistakes`] if it can't be read, is too long, or names a member twice.
pub fn read(text: &str, format: Format) -> Result<Value, Mistakes> {
    if text.len() > FILE_MAX {
        let most = FILE_MAX / (1024 * 1024);
        return Err(Mistakes::whole(format!("The file may have at most {most} MiB.")));
    }
    let node: Node = match format {
        Format::Json => serde_json::from_str(text).map_err(|error| unreadable("JSON", u64::try_from(error.line()).ok(), error.column()))?,
        Format::Yaml => serde_saphyr::from_str_with_options(text, yaml_options()).map_err(|error| {
            let at = error.location();
            unreadable(
                "YAML",
                at.map(|at| at.line()),
                at.map_or(0, |at| usize::try_from(at.column()).unwrap_or_default()),
            )
        })?,
    };
    let notes = Notes::default();
    let value = node.value("", &notes);
    notes.unless_any(value)
}

/// Writes a value, what names an object before the rest of it.
///
/// # Errors
/// [`Mistakes`] if the value has no such form; none that we write has.
pub fn write(value: &Value, format: Format) -> Result<String, Mistakes> {
    let ordered = Ordered(value);
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&ordered)
            .map(|text| text + "\n")
            .map_err(|error| error.to_string()),
        Format::Yaml => {
            // Texts are quoted where another reader could take them for something else.
            let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
            serde_saphyr::to_string_with_options(&ordered, options).map_err(|error| error.to_string())
        }
    };
    text.map_err(Mistakes::whole)
}

fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: YAML_NODES_MAX, max_events: YAML_NODES_MAX, max_depth: DEPTH_MAX, max_documents: 1 },
        // Members named twice are told by their path.
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn unreadable(what: &str, line: Option<u64>, column: usize) -> Mistakes {
    let at = match line {
        Some(line) if line > 0 => format!(" at line {line}, column {column}"),
        _ => String::new(),
    };
    let hint = match what {
        "YAML" => " Quote texts that begin with or hold characters such as : # * & ! and write the file as one document.",
        _ => "",
    };
    Mistakes::whole(format!("The {what} can't be read{at}.{hint}"))
}

/// A value as it stands in the text: with members that are named twice.
enum Node {
    Plain(Value),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    fn value(self, path: &str, notes: &Notes) -> Value {
        match self {
            Self::Plain(value) => value,
            Self::List(items) => {
                let items = items.into_iter().enumerate();
                items.map(|(position, item)| item.value(&format!("{path}[{position}]"), notes)).collect()
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    let path = join(path, &name);
                    let value = member.value(&path, notes);
                    if object.insert(name, value).is_some() {
                        notes.add(path, "Keep this member once; it is there twice.");
                    }
                }
                Value::Object(object)
            }
        }
    }
}

/// The path of a member of the object at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    // Names that are not ours may be anything.
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("no number"))?;
        Ok(Node::Plain(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Node::Object(members))
    }
}

/// A value whose members come in the order in which people look for them.
struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Ordered(item))?;
                }
                list.end()
            }
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| rank(name));
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in sorted {
                    map.serialize_entry(name, &Ordered(value))?;
                }
                map.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

/// Names first, then the rest from A to Z, then the sections of the file.
fn rank(name: &str) -> usize {
    let at = |list: &[&str]| list.iter().position(|other| *other == name);
    at(&FIRST).or_else(|| at(&SECTIONS).map(|at| FIRST.len() + 1 + at)).unwrap_or(FIRST.len())
}
