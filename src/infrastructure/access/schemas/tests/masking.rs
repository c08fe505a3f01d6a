//! Violations of a value with a planted secret, by every keyword.

use super::*;

const SECRET: &str = "PLANTED";

#[test]
fn no_violation_contains_the_value() {
    let text = json!(SECRET);
    let list = json!([SECRET, SECRET]);
    let object = json!({"a": SECRET, "PLANTED": SECRET});
    let keywords = [
        (json!({"type": "integer"}), &text),
        (json!({"type": ["integer", "null"]}), &text),
        (json!({"const": 1}), &text),
        (json!({"enum": [1, "x"]}), &text),
        (json!({"minLength": 100}), &text),
        (json!({"maxLength": 1}), &text),
        (json!({"pattern": "^x"}), &text),
        (json!({"not": {"type": "string"}}), &text),
        (json!({"anyOf": [{"const": 1}, {"pattern": "x"}]}), &text),
        (json!({"oneOf": [{"const": 1}, {"pattern": "x"}]}), &text),
        (json!({"oneOf": [true, true]}), &text),
        (json!({"allOf": [{"const": 1}, {"pattern": "x"}]}), &text),
        (json!({"if": true, "then": {"const": 1}}), &text),
        (json!({"if": false, "else": {"const": 1}}), &text),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}), &text),
        (json!(false), &text),
        (json!({"minItems": 3}), &list),
        (json!({"maxItems": 1}), &list),
        (json!({"uniqueItems": true}), &list),
        (json!({"contains": {"const": 1}}), &list),
        (json!({"contains": true, "maxContains": 1}), &list),
        (json!({"prefixItems": [true], "items": false}), &list),
        (json!({"prefixItems": [{"const": 1}]}), &list),
        (json!({"unevaluatedItems": false}), &list),
        (json!({"items": {"type": "integer"}}), &list),
        (json!({"minProperties": 3}), &object),
        (json!({"maxProperties": 1}), &object),
        (json!({"required": ["b"]}), &object),
        (json!({"dependentRequired": {"a": ["b"]}}), &object),
        (json!({"dependentSchemas": {"a": {"required": ["b"]}}}), &object),
        (json!({"properties": {"a": {"const": 1}}}), &object),
        (json!({"patternProperties": {"^a": {"const": 1}}}), &object),
        (json!({"additionalProperties": false}), &object),
        (json!({"properties": {"a": true}, "additionalProperties": false}), &object),
        (json!({"propertyNames": {"maxLength": 1}}), &object),
        (json!({"propertyNames": {"enum": ["a"]}}), &object),
        (json!({"unevaluatedProperties": false}), &object),
        (json!({"properties": {"a": true}, "unevaluatedProperties": false}), &object),
    ];
    for (keyword, value) in keywords {
        let violations = schema(&keyword).validate(&value.to_string(), ContentType::Json);
        assert!(!violations.is_empty(), "{keyword}");
        for violation in violations {
            assert!(!violation.detail.contains(SECRET), "{keyword}: {violation:?}");
            assert!(!violation.detail.ends_with("(schema: )"), "{keyword}: {violation:?}");
        }
    }
    for (number, keyword) in [
        ("4271", json!({"maximum": 1})),
        ("4271", json!({"exclusiveMaximum": 1})),
        ("-4271", json!({"minimum": 1})),
        ("-4271", json!({"exclusiveMinimum": 1})),
        ("4271", json!({"multipleOf": 2})),
    ] {
        let violations = found(&schema(&keyword), number);
        assert_eq!(violations.len(), 1, "{keyword}");
        assert!(!violations[0].1.contains("4271"), "{keyword}: {violations:?}");
    }
    let broken = found(&schema(&json!({"type": "object"})), "PLANTED{");
    assert!(!broken[0].1.contains(SECRET), "{broken:?}");
    let (masked, debug) = (Violation::masked(), format!("{:?}", schema(&json!({"const": SECRET}))));
    assert_eq!((masked.pointer.as_str(), debug.as_str()), ("", "Schema(1 subschemas)"));
}

#[test]
fn violations_are_limited_in_number_and_length() {
    let integers =
        schema(&json!({"items": {"type": "integer"}, "additionalProperties": {"type": "integer"}}));
    assert_eq!(found(&integers, &format!("[{}true]", "true,".repeat(1_000))).len(), VIOLATIONS_MAX);
    let long = "é".repeat(1_000);
    let found = found(&integers, &json!({long.as_str(): true}).to_string());
    assert!(found[0].0.len() < 600 && found[0].0.ends_with('…'), "{found:?}");
}
