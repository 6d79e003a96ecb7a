//! XML answers as JSON values.
//!
//! Element names are kept. An element with elements in it is an object, one with text or nothing is a text (numbers and
//! booleans stay texts; an empty element is the empty text). The names that a protocol declares for elements of a list
//! (`member` in awsQuery, `item` in ec2Query) make an array of their parent, with one element too; `groupSet/groupId` declares
//! the name inside `groupSet` alone, and `Items/*` everything inside `Items`, for answers where one name is an element of a list
//! here and a member there. A name that comes
//! twice and is not declared is refused, because an object would lose one of them. Attributes and namespaces are left
//! out: the protocols put nothing else into them.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Deeper than any answer is; a bound on what dropping the value may recurse.
const DEPTH_AT_MOST: usize = 64;

/// The members of the root element, which must have this name.
pub(super) fn object(body: &[u8], root: &str, lists: &[&str]) -> Result<Map<String, Value>, String> {
    let (name, value) = document(body, lists)?;
    if name != root {
        return Err(format!("answered with <{name}> where <{root}> is documented"));
    }
    match value {
        Value::Object(members) => Ok(members),
        Value::String(text) if text.trim().is_empty() => Ok(Map::new()),
        _ => Err(format!("<{root}> holds a list or text")),
    }
}

/// An element that is still open.
#[derive(Debug)]
struct Open {
    name: String,
    text: String,
    members: Map<String, Value>,
    items: Vec<Value>,
}

impl Open {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), text: String::new(), members: Map::new(), items: Vec::new() }
    }

    fn take(&mut self, name: String, value: Value, lists: &[&str]) -> Result<(), String> {
        let listed = |list: &&str| match list.split_once('/') {
            Some((parent, item)) => parent == self.name && (item == name || item == "*"),
            None => *list == name,
        };
        if lists.iter().any(listed) {
            self.items.push(value);
        } else if self.members.contains_key(&name) {
            return Err(format!("<{}> holds <{name}> more than once", self.name));
        } else {
            self.members.insert(name, value);
        }
        Ok(())
    }

    fn close(self) -> Result<(String, Value), String> {
        let Self { name, text, members, items } = self;
        match (members.is_empty(), items.is_empty()) {
            (true, true) => Ok((name, Value::String(text))),
            _ if !text.trim().is_empty() => Err(format!("<{name}> mixes text and elements")),
            (false, true) => Ok((name, Value::Object(members))),
            (true, false) => Ok((name, Value::Array(items))),
            (false, false) => Err(format!("<{name}> mixes a list and members")),
        }
    }
}

/// The root element's name and value.
fn document(body: &[u8], lists: &[&str]) -> Result<(String, Value), String> {
    let body = std::str::from_utf8(body).map_err(|error| format!("the body is not UTF-8: {error}"))?;
    let mut reader = Reader::from_str(body);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        let closed = match reader.read_event().map_err(|error| format!("the body is not XML: {error}"))? {
            Event::Start(_) | Event::Empty(_) if open.is_empty() && root.is_some() => {
                return Err("the body has two root elements".to_owned());
            }
            Event::Start(_) if open.len() >= DEPTH_AT_MOST => return Err("the body is nested too deeply".to_owned()),
            Event::Start(start) => {
                open.push(Open::new(start.local_name().into_inner()));
                None
            }
            Event::Empty(start) => Some(Open::new(start.local_name().into_inner())),
            Event::End(_) => open.pop(),
            Event::Eof => break,
            Event::DocType(_) => return Err("the body is not an answer in XML: it declares a document type".to_owned()),
            event => {
                if let Some(text) = text(&event)? {
                    match open.last_mut() {
                        Some(element) => element.text.push_str(&text),
                        None if text.trim().is_empty() => {}
                        None => return Err("the body is not XML: text outside of any element".to_owned()),
                    }
                }
                None
            }
        };
        if let Some(element) = closed {
            let (name, value) = element.close()?;
            match open.last_mut() {
                Some(parent) => parent.take(name, value, lists)?,
                None => root = Some((name, value)),
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        Some(_) | None if !open.is_empty() => Err("the body ends in the middle of an element".to_owned()),
        _ => Err("the body is empty".to_owned()),
    }
}

/// The text of an event: characters, CDATA, a character reference or one of the five entities of XML.
fn text(event: &Event<'_>) -> Result<Option<String>, String> {
    Ok(match event {
        Event::Text(text) => Some(text.xml10_content().into_owned()),
        Event::CData(data) => Some(data.xml10_content().into_owned()),
        Event::GeneralRef(reference) => {
            let named = reference.xml10_content();
            let known = match reference.resolve_char_ref().map_err(|error| format!("&{named};: {error}"))? {
                Some(character) => character.to_string(),
                None => quick_xml::escape::resolve_xml_entity(&named)
                    .ok_or_else(|| format!("&{named}; is no entity of XML"))?
                    .to_owned(),
            };
            Some(known)
        }
        _ => None,
    })
}
