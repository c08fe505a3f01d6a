//! Schemas of the document as far as the contract uses them, and which members a type has.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde_json::{Map, Value, json};

/// A schema in its document.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    document: &'a Value,
    text: &'a Value,
}

impl<'a> Schema<'a> {
    pub(super) fn named(document: &'a Value, name: &str) -> Self {
        Self { document, text: &document["components"]["schemas"][name] }.followed()
    }

    fn followed(self) -> Self {
        let Some(reference) = self.text["$ref"].as_str() else { return self };
        let text = self.document.pointer(reference.trim_start_matches('#')).unwrap();
        Self { text, ..self }.followed()
    }

    fn of(self, text: &'a Value) -> Self {
        Self { text, ..self }.followed()
    }

    /// The schemas of `oneOf`, or this one.
    pub(super) fn alternatives(self) -> Vec<Self> {
        match self.text["oneOf"].as_array() {
            Some(some) => some.iter().flat_map(|one| self.of(one).alternatives()).collect(),
            None => vec![self],
        }
    }

    pub(super) fn properties(self) -> Option<Vec<(&'a str, Self)>> {
        let properties = self.text["properties"].as_object()?;
        Some(properties.iter().map(|(name, text)| (name.as_str(), self.of(text))).collect())
    }

    pub(super) fn requires(self, member: &str) -> bool {
        self.text["required"].as_array().is_some_and(|names| names.contains(&json!(member)))
    }

    pub(super) fn is_closed(self) -> bool {
        self.text["additionalProperties"] == json!(false)
    }

    /// Each kind of JSON that it allows, with a value or, of an enumeration, with all of them.
    pub(super) fn examples(self) -> Vec<Value> {
        self.alternatives().into_iter().flat_map(Self::own_examples).collect()
    }

    fn own_examples(self) -> Vec<Value> {
        if let Some(words) = self.text["enum"].as_array() {
            return words.clone();
        }
        let kinds = match &self.text["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        kinds.iter().map(|kind| self.example(kind.as_str().unwrap())).collect()
    }

    fn example(self, kind: &str) -> Value {
        match kind {
            "object" => self.whole(),
            "array" => json!([self.of(&self.text["items"]).examples()[0]]),
            "string" => self.text["examples"].get(0).cloned().unwrap_or_else(|| json!("x")),
            "integer" => json!(self.text["minimum"].as_u64().unwrap_or(1).max(1)),
            "boolean" => json!(true),
            "null" => Value::Null,
            other => panic!("the contract does not use the type {other}"),
        }
    }

    /// An object with every member.
    pub(super) fn whole(self) -> Value {
        let mut members = Map::new();
        for (name, schema) in self.properties().into_iter().flatten() {
            members.insert(name.to_owned(), schema.examples()[0].clone());
        }
        if self.text["additionalProperties"].is_object() {
            let any_other = self.of(&self.text["additionalProperties"]);
            members.insert("any other".into(), any_other.examples()[0].clone());
        }
        Value::Object(members)
    }
}

/// The kind of a value; of a number, an integer.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Asked to read a type, it notes the members or the variants that serde derived for it, and reads nothing.
pub(super) struct Names<'a>(pub(super) &'a mut Option<BTreeSet<&'static str>>);

#[derive(Debug)]
pub(super) struct Noted;

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("noted")
    }
}

impl std::error::Error for Noted {}

impl Error for Noted {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Noted;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Noted> {
        *self.0 = Some(names.iter().copied().collect());
        Err(Noted)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Noted> {
        *self.0 = Some(names.iter().copied().collect());
        Err(Noted)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Noted> {
        Err(Noted)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}
