//! Values against schemas, and schemas that are refused.

mod bounds;
mod masking;
mod random;

use serde_json::json;

use super::*;

fn schema(json: &Value) -> Schema {
    Schema::parse(&json.to_string()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn refused(json: &Value) -> SchemaError {
    Schema::parse(&json.to_string()).unwrap_err()
}

fn name(text: &str) -> ConfigName {
    ConfigName::parse(text).unwrap()
}

fn prefix(text: &str) -> PathPrefix {
    PathPrefix::parse(text).unwrap()
}

/// Pointers and details of the violations of a text.
fn found(schema: &Schema, text: &str) -> Vec<(String, String)> {
    let violations = schema.validate(text, ContentType::Text);
    violations.into_iter().map(|violation| (violation.pointer, violation.detail)).collect()
}

#[test]
fn a_violation_has_the_place_in_the_value_and_in_the_schema() {
    let schema = schema(&json!({
        "type": "object",
        "required": ["port"],
        "properties": {"port": {"type": "integer", "maximum": 65535}, "hosts": {"items": {"$ref": "#/$defs/host"}}},
        "additionalProperties": false,
        "$defs": {"host": {"type": "string", "minLength": 1}},
    }));
    assert!(found(&schema, r#"{"port":8080,"hosts":["a"]}"#).is_empty());
    for (text, pointer, expected) in [
        ("{}", "", "must have the member \"port\" (schema: #/required)"),
        (r#"{"port":"x"}"#, "/port", "must be of type integer (schema: #/properties/port/type)"),
        (r#"{"port":70000}"#, "/port", "must be at most 65535 (schema: #/properties/port/maximum)"),
        (
            r#"{"port":1,"hosts":["a",""]}"#,
            "/hosts/1",
            "must have at least 1 characters (schema: #/$defs/host/minLength)",
        ),
        (
            r#"{"port":1,"prot":2}"#,
            "",
            "must not have members that the schema does not list (schema: #/additionalProperties)",
        ),
        ("[1]", "", "must be of type object (schema: #/type)"),
        ("{", "", "must be JSON: not valid at line 1, column 1"),
    ] {
        assert_eq!(found(&schema, text), [(pointer.to_owned(), expected.to_owned())], "{text}");
    }
    let two = found(&schema, r#"{"port":-0.5,"hosts":[1]}"#);
    assert_eq!(two.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), ["/port", "/hosts/0"]);
}

#[test]
fn a_schema_of_type_string_also_accepts_the_bare_text() {
    let text = schema(&json!({"type": "string", "pattern": "^[0-9]+$"}));
    for value in ["123", "\"123\"", "0123"] {
        assert!(found(&text, value).is_empty(), "{value}");
    }
    assert!(found(&text, "a")[0].1.starts_with("must match the pattern ^[0-9]+$"));
    assert!(found(&text, "[1]")[0].1.starts_with("must match the pattern"));
    assert!(text.validate("\"123\"", ContentType::Json).is_empty());
    assert!(text.validate("123", ContentType::Json)[0].detail.starts_with("must be of type string"));
    assert!(text.validate("0123", ContentType::Json)[0].detail.starts_with("must be JSON"));

    let either = schema(&json!({"type": ["integer", "string"], "minimum": 5, "maxLength": 3}));
    for (value, valid) in [("7", true), ("abc", true), ("abcd", false), ("true", false), ("3", true)] {
        assert_eq!(found(&either, value).is_empty(), valid, "{value}");
    }
    let inner = schema(&json!({"allOf": [{"type": "string"}]}));
    assert!(found(&inner, "abc")[0].1.starts_with("must be JSON"));
}

#[test]
fn the_nearest_prefix_applies_and_no_other() {
    let mut schemas = Schemas::default();
    assert_eq!(schemas.nearest(&name("a")).map(|(prefix, _)| prefix.as_str()), None);
    for text in ["app", "app/db", "lib/"] {
        let kind = if text == "app/db" { "integer" } else { "boolean" };
        schemas.insert(prefix(text), Arc::new(schema(&json!({"type": kind}))));
    }
    for (text, nearest) in [
        ("app/a", Some("app")),
        ("app/db/a/b", Some("app/db")),
        ("app/db", Some("app/db")),
        ("app/dbx", Some("app")),
        ("apple", None),
        ("lib/", Some("lib")),
    ] {
        assert_eq!(schemas.nearest(&name(text)).map(|(prefix, _)| prefix.as_str()), nearest, "{text}");
    }
    let valid = |text: &str, value: &str| schemas.validate(&name(text), value, ContentType::Text).is_empty();
    assert!(valid("app/db/a", "1") && !valid("app/db/a", "true"));
    assert!(valid("app/a", "true") && !valid("app/a", "1"));
    assert!(valid("other", "anything"));
    for (text, applies) in [("app/a", true), ("app/db/a", false), ("lib/a", false)] {
        assert_eq!(schemas.would_apply(&prefix("app"), &name(text)), applies, "{text}");
    }
    assert!(schemas.would_apply(&prefix("app/db/a"), &name("app/db/a/b")));
    assert!(schemas.remove(&prefix("app/db")).is_some());
    assert_eq!(schemas.nearest(&name("app/db")).map(|(prefix, _)| prefix.as_str()), Some("app"));
}

#[test]
fn a_check_counts_all_values_and_reports_the_first_violations() {
    let schema = schema(&json!({"items": {"type": "integer"}}));
    let names = ["a", "b", "c", "d"].map(name);
    let texts = ["[true,true]", "[1]", "[false,null]", "x"];
    let values = || names.iter().zip(texts).map(|(name, text)| (name, text, ContentType::Text));
    let checked = schema.check(values(), 3);
    assert_eq!((checked.checked, checked.failed), (4, 3));
    let reported: Vec<&str> = checked.violations.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(reported, ["a", "a", "c"]);
    assert_eq!(schema.check(values(), 0).violations, []);
}

#[test]
fn a_schema_that_is_not_a_schema_is_refused_with_its_place() {
    for (text, expected) in [
        ("", "must be JSON"),
        ("{", "must be JSON"),
        ("7", "not a valid JSON Schema 2020-12 at \"\""),
        (
            r#"{"properties":{"a":{"type":"strin"}}}"#,
            "not a valid JSON Schema 2020-12 at \"/properties/a/type\"",
        ),
        (r#"{"minLength":-1}"#, "at \"/minLength\": must be at least 0"),
        (r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "`$schema` must be absent or"),
        (r#"{"not":{"$id":"https://a/b"}}"#, "must not contain `$id` at \"/not\""),
        (r#"{"additionalItems":true}"#, "must not contain `additionalItems` at \"\": use `prefixItems`"),
        (r#"{"dependencies":{}}"#, "must not contain `dependencies`"),
        (r#"{"allOf":[{"$anchor":"a"},{"$anchor":"a"}]}"#, "the anchor at \"/allOf/1/$anchor\" twice"),
    ] {
        let error = Schema::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    for text in
        ["true", "{}", r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://a/b"}"#]
    {
        assert!(found(&Schema::parse(text).unwrap(), "1").is_empty(), "{text}");
    }
}

#[test]
fn a_reference_that_leaves_the_document_is_refused() {
    for reference in [
        "https://example.com/schema.json",
        "https://json-schema.org/draft/2020-12/schema",
        "file:///etc/passwd",
        "other.json",
        "/other",
        "#/$defs/absent",
        "#absent",
        "#/properties/a/enum/0",
        "#/x",
        "#/$defs/a%62",
    ] {
        for keyword in ["$ref", "$dynamicRef"] {
            let schema = json!({
                "$defs": {"ab": {}},
                "x": {},
                "properties": {"a": {"enum": [{}]}, "b": {keyword: reference}},
            });
            assert_eq!(
                refused(&schema),
                SchemaError::Reference { at: "/properties/b".to_owned() },
                "{reference}"
            );
        }
    }
}

#[test]
fn references_within_the_document_are_followed() {
    let schema = schema(&json!({
        "$id": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "value": {"$ref": "#small"},
            "other": {"$dynamicRef": "#large"},
            "~/": {"$ref": "#/$defs/a~0~1b"},
            "child": {"$ref": "#"},
        },
        "$defs": {
            "small": {"$anchor": "small", "maximum": 9},
            "large": {"$dynamicAnchor": "large", "minimum": 100},
            "a~/b": {"const": 1},
        },
    }));
    for (text, pointer) in [
        (r#"{"value":10}"#, "/value"),
        (r#"{"child":{"child":{"other":5}}}"#, "/child/child/other"),
        (r#"{"~/":2}"#, "/~0~1"),
        (r#"{"child":[]}"#, "/child"),
    ] {
        let found = found(&schema, text);
        assert_eq!(
            found.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(),
            [pointer],
            "{text}"
        );
    }
    assert!(found(&schema, r#"{"value":9,"other":100,"child":{},"~/":1}"#).is_empty());
}
