//! Arrays as values: JSON in one canonical form, so that an array read from any format and written to any format is the
//! same text. Called by the readers and writers of JSON, YAML and TOML.
//!
//! The form has no spaces; strings are escaped no more than JSON needs; numbers and the order of members stay as written.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::quote::quoted;

/// How many arrays and objects of one value may be inside each other.
const DEPTH_MAX: usize = 128;

/// The members of an object in their order, also those that are there twice.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Members)
    }
}

/// Why a text is not an array that can be a value.
#[derive(Debug)]
pub(super) enum ArrayError {
    Json(serde_json::Error),
    /// A key that an object has twice.
    Duplicate(String),
    TooDeep,
}

/// Where an array is written.
#[derive(Clone, Copy)]
enum Form {
    Canonical,
    Yaml,
    Toml,
}

/// The canonical form of an array or of any other JSON value.
pub(super) fn canonical(value: &RawValue, depth_max: usize) -> Result<String, ArrayError> {
    let mut text = String::new();
    write(value, Form::Canonical, depth_max, &mut text)?;
    Ok(text)
}

/// The text as a value of JSON, if it is an array in the canonical form.
fn array_of(text: &str) -> Option<&RawValue> {
    let value: &RawValue = text.starts_with('[').then(|| serde_json::from_str(text).ok())??;
    (canonical(value, DEPTH_MAX).ok()? == text).then_some(value)
}

/// Whether a text is an array in the canonical form: then a format can have it as an array of its own.
pub(super) fn is_canonical(text: &str) -> bool {
    array_of(text).is_some()
}

/// The flow sequence of YAML that is read as this canonical array.
pub(super) fn to_yaml(text: &str) -> Option<String> {
    let mut yaml = String::new();
    write(array_of(text)?, Form::Yaml, DEPTH_MAX, &mut yaml).ok()?;
    Some(yaml)
}

/// The array of TOML that is read as this canonical array; `None` where it has a null or an integer of more than 64 bits.
pub(super) fn to_toml(text: &str) -> Option<String> {
    let array = array_of(text)?;
    let mut toml = String::new();
    (fits_toml(array) && write(array, Form::Toml, DEPTH_MAX, &mut toml).is_ok()).then_some(toml)
}

fn write(value: &RawValue, form: Form, depth: usize, text: &mut String) -> Result<(), ArrayError> {
    let Some(depth) = depth.checked_sub(1) else { return Err(ArrayError::TooDeep) };
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'[') => {
            text.push('[');
            let values: Vec<&RawValue> = serde_json::from_str(json).map_err(ArrayError::Json)?;
            for (at, value) in values.into_iter().enumerate() {
                if at > 0 {
                    text.push_str(separator(form));
                }
                write(value, form, depth, text)?;
            }
            text.push(']');
        }
        Some(b'{') => {
            text.push('{');
            let Members(members) = serde_json::from_str(json).map_err(ArrayError::Json)?;
            let mut keys = HashSet::new();
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push_str(separator(form));
                }
                push_string(text, &key, form);
                text.push_str(match form {
                    Form::Canonical => ":",
                    Form::Yaml => ": ",
                    Form::Toml => " = ",
                });
                write(value, form, depth, text)?;
                if !keys.insert(key.clone()) {
                    return Err(ArrayError::Duplicate(key));
                }
            }
            text.push('}');
        }
        Some(b'"') => {
            let string: String = serde_json::from_str(json).map_err(ArrayError::Json)?;
            push_string(text, &string, form);
        }
        _ => text.push_str(json),
    }
    Ok(())
}

fn separator(form: Form) -> &'static str {
    match form {
        Form::Canonical => ",",
        Form::Yaml | Form::Toml => ", ",
    }
}

fn push_string(text: &mut String, string: &str, form: Form) {
    match form {
        Form::Canonical => push_canonical_string(text, string),
        Form::Yaml | Form::Toml => text.push_str(&quoted(string)),
    }
}

/// Adds a string as the canonical form has it.
pub(super) fn push_canonical_string(text: &mut String, string: &str) {
    text.push_str(&serde_json::Value::from(string).to_string());
}

fn fits_toml(value: &RawValue) -> bool {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'[') => {
            serde_json::from_str::<Vec<&RawValue>>(json).is_ok_and(|values| values.into_iter().all(fits_toml))
        }
        Some(b'{') => serde_json::from_str::<Members<'_>>(json)
            .is_ok_and(|Members(members)| members.into_iter().all(|(_, value)| fits_toml(value))),
        Some(b'n') => false,
        Some(b'-' | b'0'..=b'9') if !json.contains(['.', 'e', 'E']) => json.parse::<i64>().is_ok(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical_of(json: &str) -> Result<String, ArrayError> {
        canonical(serde_json::from_str(json).unwrap(), DEPTH_MAX)
    }

    #[test]
    fn the_canonical_form_keeps_numbers_and_the_order_of_members() {
        let json = r#" [ 1.10 , {"b" : "é\/", "a":[]} , -0, 12345678901234567890123, null,true ] "#;
        let expected = r#"[1.10,{"b":"é/","a":[]},-0,12345678901234567890123,null,true]"#;
        assert_eq!(canonical_of(json).unwrap(), expected);
        assert!(is_canonical(expected));
        for text in [json, "{}", "1", "", "[1", "[1] 2", r#"["\/"]"#, r#"[{"a":1,"a":2}]"#] {
            assert!(!is_canonical(text), "{text}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused() {
        let twice = canonical_of(r#"[{"a":1,"a":2}]"#);
        assert!(matches!(twice, Err(ArrayError::Duplicate(key)) if key == "a"));
    }

    #[test]
    fn deep_arrays_are_refused() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_canonical(&nested(DEPTH_MAX)));
        assert!(!is_canonical(&nested(DEPTH_MAX + 1)));
    }

    #[test]
    fn toml_has_neither_null_nor_long_integers() {
        assert_eq!(to_toml(r#"[1,{"a":"x"},1e5]"#).unwrap(), r#"[1, {"a" = "x"}, 1e5]"#);
        assert_eq!(to_toml("[null]"), None);
        assert_eq!(to_toml(r#"[{"a":[9223372036854775808]}]"#), None);
        assert_eq!(to_yaml(r#"[{"a":[null]}]"#).unwrap(), r#"[{"a": [null]}]"#);
    }
}
