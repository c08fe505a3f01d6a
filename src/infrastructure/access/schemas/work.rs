//! The work of a validation, counted before it begins.
//!
//! The count assumes that every subschema applies which may apply, and that nothing ends early. It is therefore an upper
//! bound, whatever the order in which the library validates.

use serde_json::Value;

use super::shape::{Shape, Subschema, bytes};

/// The most units of work for one value. A unit is the application of one subschema, the look-up of a member, or a
/// comparison of 16 bytes: some tens of nanoseconds. The whole then takes a fraction of a second.
const UNITS_MAX: u64 = 5_000_000;
/// The most subschemas applied inside each other, over all levels of a value. Each costs some hundred bytes of stack.
pub(super) const APPLICATIONS_DEEP_MAX: usize = 300;
/// The memory of a compiled pattern, in bytes, that costs one unit for each byte of text. Measured with the worst
/// patterns: the linear engine follows each of their states for each byte.
const PATTERN_BYTES_PER_UNIT: u64 = 160;
/// What a match costs besides its text, in bytes of text.
const MATCH_BYTES: u64 = 4;

const BYTES_PER_UNIT: u64 = 16;

/// Why a value is not validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMuchWork {
    Units,
    Deep,
}

struct Meter<'a> {
    shape: &'a Shape,
    pattern_bytes_max: u64,
    left: u64,
    deep: usize,
}

impl Shape {
    /// The units of work that the validation of a value takes at most. `pattern_bytes_max` is the memory of the largest
    /// compiled pattern, in bytes.
    pub(super) fn work(&self, value: &Value, pattern_bytes_max: usize) -> Result<u64, TooMuchWork> {
        let pattern_bytes_max = pattern_bytes_max as u64;
        let mut meter = Meter { shape: self, pattern_bytes_max, left: UNITS_MAX, deep: 0 };
        meter.apply(0, value)?;
        Ok(UNITS_MAX - meter.left)
    }
}

impl Meter<'_> {
    fn charge(&mut self, units: u64) -> Result<(), TooMuchWork> {
        self.left = self.left.checked_sub(units).ok_or(TooMuchWork::Units)?;
        Ok(())
    }

    fn all(&mut self, subschemas: &[usize], value: &Value) -> Result<(), TooMuchWork> {
        subschemas.iter().try_for_each(|index| self.apply(*index, value))
    }

    fn apply(&mut self, index: usize, value: &Value) -> Result<(), TooMuchWork> {
        let subschema = &self.shape.subschemas[index];
        self.deep += 1;
        if self.deep > APPLICATIONS_DEEP_MAX {
            return Err(TooMuchWork::Deep);
        }
        self.charge(subschema.units)?;
        for _ in 0..subschema.times {
            self.all(&subschema.in_place, value)?;
        }
        match value {
            Value::String(text) => self.text(subschema, text)?,
            Value::Array(items) => self.items(subschema, items, value)?,
            Value::Object(_) => self.members(subschema, value)?,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        self.deep -= 1;
        Ok(())
    }

    /// A text under the patterns of a subschema.
    fn text(&mut self, subschema: &Subschema, text: &str) -> Result<(), TooMuchWork> {
        let bytes = text.len() as u64;
        let each = (bytes + MATCH_BYTES) * self.pattern_bytes_max / PATTERN_BYTES_PER_UNIT;
        self.charge(bytes / BYTES_PER_UNIT + subschema.patterns * each)
    }

    fn items(&mut self, subschema: &Subschema, items: &[Value], value: &Value) -> Result<(), TooMuchWork> {
        self.charge(items.len() as u64 / BYTES_PER_UNIT)?;
        if subschema.compares {
            self.charge(bytes(value) as u64 / BYTES_PER_UNIT + items.len() as u64)?;
        }
        let applies = [&subschema.items, &subschema.rest_items, &subschema.prefix_items];
        if applies.iter().all(|subschemas| subschemas.is_empty()) {
            return Ok(());
        }
        for (place, item) in items.iter().enumerate() {
            match subschema.prefix_items.get(place) {
                Some(index) => self.apply(*index, item)?,
                None => self.all(&subschema.rest_items, item)?,
            }
            self.all(&subschema.items, item)?;
        }
        Ok(())
    }

    fn members(&mut self, subschema: &Subschema, value: &Value) -> Result<(), TooMuchWork> {
        let Value::Object(members) = value else { return Ok(()) };
        let applies = [&subschema.members, &subschema.other_members, &subschema.names];
        let looks_at_names = !subschema.properties.is_empty() || subschema.patterns > 0;
        if !looks_at_names && applies.iter().all(|subschemas| subschemas.is_empty()) {
            return self.charge(members.len() as u64 / BYTES_PER_UNIT);
        }
        self.charge(members.len() as u64)?;
        for (name, member) in members {
            self.text(subschema, name)?;
            if !subschema.names.is_empty() {
                let name = Value::String(name.clone());
                self.all(&subschema.names, &name)?;
            }
            match subschema.properties.get(name) {
                Some(index) => self.apply(*index, member)?,
                None => self.all(&subschema.other_members, member)?,
            }
            self.all(&subschema.members, member)?;
        }
        Ok(())
    }
}
