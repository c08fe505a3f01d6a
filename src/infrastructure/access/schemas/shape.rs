//! Which subschemas a schema applies to which values: the model that bounds the time of validation.
//!
//! The library that validates has no limit of work. A schema is therefore read here first: its references are resolved,
//! circles and products of subschemas for one value are refused, and `work` counts the rest for each value. A reference
//! may only lead to a subschema of the same document, so that nothing is ever fetched.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::SchemaError;
use super::limits::{APPLIED_MAX, IN_PLACE_DEPTH_MAX, SUBSCHEMAS_MAX};

/// Keywords of one subschema, of a list of subschemas, and of subschemas by name.
const SINGLE: [&str; 11] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAPS: [&str; 5] = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];
/// Keywords that the model does not know, each with its replacement.
const REFUSED: [(&str, &str); 4] = [
    ("$recursiveRef", "use `$ref` or `$dynamicRef`"),
    ("$recursiveAnchor", "use `$dynamicAnchor`"),
    ("additionalItems", "use `prefixItems` and `items`"),
    ("dependencies", "use `dependentSchemas` or `dependentRequired`"),
];

/// Bytes of a subschema's own keywords that cost about as much as the application of a subschema.
const BYTES_PER_UNIT: usize = 16;

/// A schema as a graph of subschemas, by their index. The first one is the whole schema.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) subschemas: Vec<Subschema>,
    /// Whether an error may hold the errors of several branches.
    pub(super) has_branches: bool,
}

/// What one subschema applies, and to which values.
#[derive(Debug, Default)]
pub(super) struct Subschema {
    /// The place in the document, as a JSON pointer.
    at: String,
    /// The units of work of its own keywords.
    pub(super) units: u64,
    /// How many patterns it has: its `pattern`, and those of `patternProperties`.
    pub(super) patterns: u64,
    /// Whether it compares items with each other.
    pub(super) compares: bool,
    /// Applied to the same value.
    pub(super) in_place: Vec<usize>,
    /// How often: more than once where `unevaluatedProperties` or `unevaluatedItems` ask again which members the
    /// subschemas have evaluated.
    pub(super) times: u64,
    pub(super) properties: HashMap<String, usize>,
    pub(super) prefix_items: Vec<usize>,
    /// Applied to each member's name.
    pub(super) names: Vec<usize>,
    /// Applied to each member that `properties` does not have.
    pub(super) other_members: Vec<usize>,
    /// Applied to each member.
    pub(super) members: Vec<usize>,
    /// Applied to each item after `prefixItems`.
    pub(super) rest_items: Vec<usize>,
    /// Applied to each item.
    pub(super) items: Vec<usize>,
}

/// The subschemas found so far. A subschema is recognised by the address of its JSON, which does not move meanwhile.
#[derive(Default)]
struct Reader {
    subschemas: Vec<Subschema>,
    by_address: HashMap<usize, usize>,
    anchors: HashMap<String, usize>,
    /// The index of a subschema, and its reference.
    references: Vec<(usize, String)>,
    has_branches: bool,
}

fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

impl Shape {
    /// Reads a valid JSON Schema.
    pub(super) fn of(schema: &Value) -> Result<Self, SchemaError> {
        let mut reader = Reader::default();
        reader.add(schema, String::new())?;
        reader.resolve(schema)?;
        let mut shape = Self { subschemas: reader.subschemas, has_branches: reader.has_branches };
        shape.refuse_products()?;
        Ok(shape)
    }

    /// Finds how deep and how often subschemas apply to one value, from those that apply none up. What depends on
    /// itself is never reached, and is a circle.
    fn refuse_products(&mut self) -> Result<(), SchemaError> {
        let count = self.subschemas.len();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (user, subschema) in self.subschemas.iter().enumerate() {
            subschema.in_place.iter().for_each(|used| users[*used].push(user));
        }
        let mut open: Vec<usize> = self.subschemas.iter().map(|one| one.in_place.len()).collect();
        let mut ready: Vec<usize> = (0..count).filter(|index| open[*index] == 0).collect();
        let (mut depths, mut applied) = (vec![0_usize; count], vec![0_u64; count]);
        while let Some(index) = ready.pop() {
            let one = &mut self.subschemas[index];
            depths[index] = 1 + one.in_place.iter().map(|used| depths[*used]).max().unwrap_or(0);
            if one.times > 1 {
                one.times = 1 + depths[index] as u64;
            }
            let inner = one.in_place.iter().fold(0_u64, |sum, used| sum.saturating_add(applied[*used]));
            applied[index] = inner.saturating_mul(one.times).saturating_add(1);
            let at = || one.at.clone();
            if depths[index] > IN_PLACE_DEPTH_MAX {
                return Err(SchemaError::TooNested { at: at() });
            }
            if applied[index] > APPLIED_MAX {
                return Err(SchemaError::TooManyApplied { at: at() });
            }
            for user in &users[index] {
                open[*user] -= 1;
                if open[*user] == 0 {
                    ready.push(*user);
                }
            }
        }
        match open.iter().position(|open| *open > 0) {
            Some(index) => Err(SchemaError::Circle { at: self.subschemas[index].at.clone() }),
            None => Ok(()),
        }
    }
}

impl Reader {
    /// Adds a subschema and those inside it.
    fn add(&mut self, schema: &Value, at: String) -> Result<usize, SchemaError> {
        let index = self.subschemas.len();
        if index == SUBSCHEMAS_MAX {
            return Err(SchemaError::TooManySubschemas);
        }
        self.by_address.insert(address(schema), index);
        self.subschemas.push(Subschema { at: at.clone(), units: 1, times: 1, ..Subschema::default() });
        // The other form of a schema is `true` or `false`.
        let Value::Object(members) = schema else { return Ok(index) };
        for (keyword, instead) in REFUSED {
            if members.contains_key(keyword) {
                return Err(SchemaError::Keyword { keyword, at, instead });
            }
        }
        if index > 0 && members.contains_key("$id") {
            let instead = "use `$defs` and `#/$defs/name`; only the whole schema may have an id";
            return Err(SchemaError::Keyword { keyword: "$id", at, instead });
        }
        for (keyword, value) in members {
            self.add_keyword(index, keyword, value, &at)?;
        }
        self.sort_out(index, members);
        Ok(index)
    }

    fn add_keyword(
        &mut self,
        index: usize,
        keyword: &str,
        value: &Value,
        at: &str,
    ) -> Result<(), SchemaError> {
        let at = format!("{at}/{}", escaped(keyword));
        match (keyword, value) {
            ("$anchor" | "$dynamicAnchor", Value::String(name)) => {
                let before = self.anchors.insert(name.clone(), index);
                if before.is_some_and(|before| before != index) {
                    return Err(SchemaError::AnchorTwice { at });
                }
            }
            ("$ref" | "$dynamicRef", Value::String(reference)) => {
                self.references.push((index, reference.clone()));
            }
            (_, Value::Array(list)) if LISTS.contains(&keyword) => {
                self.has_branches |= matches!(keyword, "anyOf" | "oneOf");
                for (place, schema) in list.iter().enumerate() {
                    self.add(schema, format!("{at}/{place}"))?;
                }
            }
            (_, Value::Object(map)) if MAPS.contains(&keyword) => {
                for (name, schema) in map {
                    self.add(schema, format!("{at}/{}", escaped(name)))?;
                }
            }
            _ if SINGLE.contains(&keyword) => {
                self.add(value, at)?;
            }
            _ => self.subschemas[index].units += (bytes(value) / BYTES_PER_UNIT) as u64,
        }
        Ok(())
    }

    /// Says what the subschemas of one apply to.
    fn sort_out(&mut self, index: usize, members: &Map<String, Value>) {
        let by_address = &self.by_address;
        let found = |schema: &Value| by_address.get(&address(schema)).copied();
        let single = |keyword: &str| members.get(keyword).and_then(found);
        let list = |keyword: &str| members.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let map = |keyword: &str| members.get(keyword).and_then(Value::as_object).into_iter().flatten();
        let in_place = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(list).filter_map(found);
        let in_place = in_place.chain(["not", "if", "then", "else"].into_iter().filter_map(single));
        let in_place = in_place.chain(map("dependentSchemas").filter_map(|(_, schema)| found(schema)));
        let in_place: Vec<usize> = in_place.collect();
        let properties = map("properties").filter_map(|(name, schema)| Some((name.clone(), found(schema)?)));
        let properties = properties.collect();
        let prefix_items = list("prefixItems").filter_map(found).collect();
        let by_pattern = map("patternProperties").filter_map(|(_, schema)| found(schema));
        let all_members = by_pattern.chain(single("unevaluatedProperties")).collect();
        let all_items = ["contains", "unevaluatedItems"].into_iter().filter_map(single).collect();
        let patterns = u64::from(members.contains_key("pattern")) + map("patternProperties").count() as u64;
        let asks_again =
            ["unevaluatedProperties", "unevaluatedItems"].iter().any(|one| members.contains_key(*one));
        let names = single("propertyNames").into_iter().collect();
        let other_members = single("additionalProperties").into_iter().collect();
        let rest_items = single("items").into_iter().collect();

        let one = &mut self.subschemas[index];
        one.in_place.extend(in_place);
        (one.properties, one.prefix_items) = (properties, prefix_items);
        (one.members, one.other_members, one.names) = (all_members, other_members, names);
        (one.items, one.rest_items) = (all_items, rest_items);
        one.patterns = patterns;
        one.compares = members.get("uniqueItems") == Some(&Value::Bool(true));
        one.times = if asks_again { 2 } else { 1 };
    }

    fn resolve(&mut self, schema: &Value) -> Result<(), SchemaError> {
        for (index, reference) in std::mem::take(&mut self.references) {
            let fragment = reference.strip_prefix('#').filter(|fragment| !fragment.contains('%'));
            let target = fragment.and_then(|fragment| {
                if fragment.is_empty() || fragment.starts_with('/') {
                    self.by_address.get(&address(schema.pointer(fragment)?)).copied()
                } else {
                    self.anchors.get(fragment).copied()
                }
            });
            match target {
                Some(target) => self.subschemas[index].in_place.push(target),
                None => return Err(SchemaError::Reference { at: self.subschemas[index].at.clone() }),
            }
        }
        Ok(())
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The bytes of names and texts in a JSON value, and some for each other value.
pub(super) fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 1,
        Value::Array(items) => items.iter().map(bytes).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>() + 2
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}
