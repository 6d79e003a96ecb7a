//! Answers with members and words that nobody knows yet, as a provider may give them tomorrow.

use crate::evidence::Rows;
use serde_json::{Value, json};

/// How answers of one provider are made unknown.
#[derive(Clone, Copy, Debug)]
pub struct Unknown {
    /// Members that are left as they are, with all that is in them: maps by names that people choose, say.
    pub maps: &'static [&'static str],
    /// Members whose words are no enumeration: names, places, people, and what an answer says of itself.
    pub names: &'static [&'static str],
    /// A word in the provider's manner that it does not have.
    pub word: &'static str,
}

impl Unknown {
    /// Adds a member to every object whose members the provider names.
    pub fn members(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.members(item)),
            Value::Object(members) => {
                let named = members.iter_mut().filter(|(name, _)| !self.maps.contains(&name.as_str()));
                named.for_each(|(_, value)| self.members(value));
                members.insert("notKnownYet".to_owned(), json!({"state": self.word, "numbers": [1, 2.5, null, true]}));
            }
            _ => {}
        }
    }

    /// Writes the unknown word in the place of every word that may be one of an enumeration.
    pub fn words(&self, value: &mut Value) {
        self.words_of("", value);
    }

    fn words_of(&self, name: &str, value: &mut Value) {
        let is_word =
            |text: &str| text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.words_of(name, item)),
            Value::Object(members) => {
                let named = members.iter_mut().filter(|(name, _)| !self.maps.contains(&name.as_str()));
                named.for_each(|(name, value)| self.words_of(name, value));
            }
            Value::String(text) if is_word(text) && !self.names.contains(&name) => self.word.clone_into(text),
            _ => {}
        }
    }
}

/// Rows that pass and did not before.
pub fn born(clean: &Rows, now: Rows) -> impl Iterator<Item = (String, String)> {
    let born = now.into_iter().filter(|(row, now)| now == "pass" && clean.get(row).is_none_or(|was| was != "pass"));
    born.map(|(row, _)| row)
}
