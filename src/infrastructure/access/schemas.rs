//! JSON Schemas for the values under prefixes: which one applies to a name, and whether a value matches it.
//!
//! The library `jsonschema` decides, by version 2020-12; `format` is an annotation there and is not checked. It has no
//! limits of its own, so that every limit is here:
//!
//! - a schema has at most 256 KiB, 64 levels and 2,000 subschemas, and fetches nothing: `shape` resolves each reference;
//! - for one value, subschemas must not apply each other in a circle, nor multiply each other;
//! - a pattern is compiled by an engine that takes linear time, to a limit of memory;
//! - `work` counts an upper bound of a validation before it begins, and refuses the value that needs too much.
//!
//! A violation never contains a part of the value but in its pointer, which has names of members. The access data holds
//! the schemas; writes ask them on the pool.

mod detail;
mod error;
mod limits;
mod shape;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

pub use error::SchemaError;
pub use limits::SCHEMA_BYTES_MAX;

use crate::domain::{ConfigName, ContentType, PathPrefix};
use detail::{detail, shortened};
use limits::SCHEMA_DEPTH_MAX;
use shape::Shape;
use work::TooMuchWork;

/// The only value of `$schema`.
const VERSION: &str = "https://json-schema.org/draft/2020-12/schema";
/// The memory of one compiled pattern, in bytes. A schema is compiled with the first of them that fits all its patterns,
/// because the work for each byte of text grows with it.
const PATTERN_BYTES: [usize; 4] = [1_024, 4_096, 16_384, 65_536];
/// The cache of one pattern's lazy automaton, in bytes for each thread.
const PATTERN_CACHE_BYTES_MAX: usize = 1_048_576;
/// The most violations that are reported for one value.
pub(super) const VIOLATIONS_MAX: usize = 20;
/// The most units of work after which every violation is collected. `jsonschema` holds all of them in memory at once,
/// some hundred bytes each.
const COLLECTED_UNITS_MAX: u64 = 100_000;

/// A compiled schema.
pub struct Schema {
    validator: Validator,
    shape: Shape,
    /// The limit within which every pattern was compiled, in bytes.
    pattern_bytes_max: usize,
    text: Text,
}

/// Whether the bare text of a value may be meant as a JSON string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// The schema's type is not a string.
    No,
    /// A string is one of the types.
    Also,
    /// A string is the only type.
    Only,
}

/// One way in which a value does not match its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The JSON pointer of the place in the value; the empty text is the whole value. It contains names of members.
    pub pointer: String,
    /// Why it does not match. It never contains a part of the value.
    pub detail: String,
}

/// The current values that do not match a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many values were checked.
    pub checked: u64,
    /// How many of them do not match.
    pub failed: u64,
    /// The first violations by name, up to the limit.
    pub violations: Vec<(ConfigName, Violation)>,
}

/// The schemas of a log by their prefixes. The longest prefix that covers a name applies to it, and no other.
#[derive(Clone, Debug, Default)]
pub struct Schemas(BTreeMap<PathPrefix, Arc<Schema>>);

impl Schemas {
    /// Sets the schema of a prefix, in place of the one before.
    pub fn insert(&mut self, prefix: PathPrefix, schema: Arc<Schema>) {
        self.0.insert(prefix, schema);
    }

    /// Removes the schema of a prefix.
    pub fn remove(&mut self, prefix: &PathPrefix) -> Option<Arc<Schema>> {
        self.0.remove(prefix)
    }

    /// The schema of exactly this prefix.
    pub fn get(&self, prefix: &PathPrefix) -> Option<&Arc<Schema>> {
        self.0.get(prefix)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every prefix with its schema, in the order of the prefixes' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&PathPrefix, &Arc<Schema>)> {
        self.0.iter()
    }

    /// The schema that applies to a name, and its prefix.
    pub fn nearest(&self, name: &ConfigName) -> Option<(&PathPrefix, &Arc<Schema>)> {
        if self.0.is_empty() {
            return None;
        }
        PathPrefix::all_that_cover(name).find_map(|path| self.0.get_key_value(path))
    }

    /// Whether a schema of this prefix would be the one that applies to a name.
    pub fn would_apply(&self, prefix: &PathPrefix, name: &ConfigName) -> bool {
        prefix.covers(name) && self.nearest(name).is_none_or(|(nearest, _)| nearest.contains(prefix))
    }

    /// The violations of a value; none where no schema applies to its name.
    pub fn validate(&self, name: &ConfigName, value: &str, content_type: ContentType) -> Vec<Violation> {
        self.nearest(name).map_or_else(Vec::new, |(_, schema)| schema.validate(value, content_type))
    }
}

impl Schema {
    /// The one door into the type: a JSON Schema 2020-12 within the limits.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(SchemaError::TooLong { bytes: text.len() });
        }
        let mut schema: Value =
            serde_json::from_str(text).map_err(|error| SchemaError::NotJson { detail: error.to_string() })?;
        if depth(&schema) > SCHEMA_DEPTH_MAX {
            return Err(SchemaError::TooDeep);
        }
        if schema.get("$schema").is_some_and(|version| version != VERSION) {
            return Err(SchemaError::OtherVersion);
        }
        jsonschema::draft202012::meta::validate(&schema).map_err(|error| not_a_schema(&error))?;
        let shape = Shape::of(&schema)?;
        // References lead into the document only, so that its id has no use. Some ids would lead into the library's own.
        schema.as_object_mut().and_then(|members| members.remove("$id"));
        let (validator, pattern_bytes_max) = compile(&schema)?;
        let text = match schema.get("type") {
            Some(Value::String(one)) if one == "string" => Text::Only,
            Some(Value::Array(types)) if types.iter().any(|one| one == "string") => Text::Also,
            _ => Text::No,
        };
        Ok(Self { validator, shape, pattern_bytes_max, text })
    }

    /// The violations of a value, at most [`VIOLATIONS_MAX`]. The value is read as JSON. Where the schema's own `type`
    /// includes `string`, the bare text matches too, unless the value's content type is JSON.
    pub fn validate(&self, value: &str, content_type: ContentType) -> Vec<Violation> {
        let may_be_bare = self.text != Text::No && content_type != ContentType::Json;
        let bare = || self.violations(&Value::String(value.to_owned()));
        match serde_json::from_str::<Value>(value) {
            Ok(parsed) => {
                let violations = self.violations(&parsed);
                if violations.is_empty() || !may_be_bare || parsed.is_string() {
                    return violations;
                }
                let of_bare = bare();
                if of_bare.is_empty() || self.text == Text::Only { of_bare } else { violations }
            }
            Err(_) if may_be_bare => bare(),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                vec![Violation::of_all(format!("must be JSON: not valid at line {line}, column {column}"))]
            }
        }
    }

    /// Validates current values before the schema is adopted, and reports up to `violations_max` violations. The caller
    /// passes the names to which the schema would apply: [`Schemas::would_apply`].
    pub fn check<'a>(
        &self,
        values: impl Iterator<Item = (&'a ConfigName, &'a str, ContentType)>,
        violations_max: usize,
    ) -> Checked {
        let mut checked = Checked::default();
        for (name, value, content_type) in values {
            let violations = self.validate(value, content_type);
            checked.checked += 1;
            checked.failed += u64::from(!violations.is_empty());
            let room = violations_max - checked.violations.len();
            checked.violations.extend(violations.into_iter().take(room).map(|one| (name.clone(), one)));
        }
        checked
    }

    fn violations(&self, value: &Value) -> Vec<Violation> {
        let units = match self.shape.work(value, self.pattern_bytes_max) {
            Ok(units) => units,
            Err(TooMuchWork::Units) => {
                let detail = "needs too much work to validate: make the value smaller or the schema simpler";
                return vec![Violation::of_all(detail.to_owned())];
            }
            Err(TooMuchWork::Deep) => {
                let detail = "is nested too deep to validate with this schema: make it flatter";
                return vec![Violation::of_all(detail.to_owned())];
            }
        };
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut found: Vec<Violation> = if units <= COLLECTED_UNITS_MAX {
            self.validator
                .iter_errors(value)
                .take(VIOLATIONS_MAX)
                .map(|error| Violation::of(&error))
                .collect()
        } else if self.shape.has_branches {
            Vec::new()
        } else {
            self.validator.validate(value).err().iter().map(Violation::of).collect()
        };
        if found.is_empty() {
            found.push(Violation::of_all(
                "does not match the schema, and is too large to say where".to_owned(),
            ));
        }
        found
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Schema({} subschemas)", self.shape.subschemas.len())
    }
}

impl Violation {
    fn of(error: &ValidationError<'_>) -> Self {
        Self { pointer: shortened(error.instance_path().as_str()), detail: detail(error) }
    }

    fn of_all(detail: String) -> Self {
        Self { pointer: String::new(), detail }
    }

    /// A violation without a place or a reason, for a principal that may not see the value.
    pub fn masked() -> Self {
        Self::of_all("does not match the schema".to_owned())
    }
}

/// Compiles a schema with the least memory for patterns that suffices, and returns that memory in bytes.
fn compile(schema: &Value) -> Result<(Validator, usize), SchemaError> {
    let mut refusal = SchemaError::Pattern { at: String::new() };
    for bytes in PATTERN_BYTES {
        let patterns = PatternOptions::regex().size_limit(bytes).dfa_size_limit(PATTERN_CACHE_BYTES_MAX);
        let options = jsonschema::draft202012::options().offline().with_pattern_options(patterns);
        match options.build(schema) {
            Ok(validator) => return Ok((validator, bytes)),
            Err(error) => refusal = not_a_schema(&error),
        }
        if !matches!(refusal, SchemaError::Pattern { .. }) {
            break;
        }
    }
    Err(refusal)
}

/// The meta-schema refuses all but patterns, which fail when they are compiled.
fn not_a_schema(error: &ValidationError<'_>) -> SchemaError {
    let is_pattern = matches!(error.kind(), jsonschema::error::ValidationErrorKind::Format { format } if format == "regex");
    if is_pattern {
        return SchemaError::Pattern { at: shortened(error.schema_path().as_str()) };
    }
    SchemaError::NotASchema { at: shortened(error.instance_path().as_str()), detail: detail(error) }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
