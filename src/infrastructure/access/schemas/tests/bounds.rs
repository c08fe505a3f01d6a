//! Schemas and values that would take too much time, memory or stack.

use super::*;

const TOO_MUCH: &str = "needs too much work to validate: make the value smaller or the schema simpler";

fn is_too_much(schema: &Schema, text: &str) -> bool {
    let found = found(schema, text);
    found.len() == 1 && found[0].1 == TOO_MUCH
}

/// A value in arrays, `levels` deep.
fn nested(levels: usize, value: &str) -> String {
    format!("{}{value}{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn a_schema_beyond_the_limits_of_size_and_depth_is_refused() {
    let long = format!("{{\"description\":\"{}\"}}", "x".repeat(10_000_000));
    assert_eq!(Schema::parse(&long).unwrap_err(), SchemaError::TooLong { bytes: long.len() });
    let deep = |levels: usize| format!("{}true{}", r#"{"not":"#.repeat(levels), "}".repeat(levels));
    assert_eq!(Schema::parse(&deep(SCHEMA_DEPTH_MAX + 1)).unwrap_err(), SchemaError::TooDeep);
    assert!(matches!(Schema::parse(&deep(100_000 / 8)), Err(SchemaError::NotJson { .. })));
    assert!(matches!(Schema::parse(&deep(40)), Err(SchemaError::TooNested { .. })));
    let within = format!("{}true{}", r#"{"items":"#.repeat(SCHEMA_DEPTH_MAX), "}".repeat(SCHEMA_DEPTH_MAX));
    let within = Schema::parse(&within).unwrap();
    assert!(found(&within, &nested(100, "1")).is_empty());
    let many = json!({"allOf": vec![json!({}); 2_000]});
    assert_eq!(refused(&many), SchemaError::TooManySubschemas);
}

#[test]
fn a_pattern_that_needs_backtracking_is_refused() {
    for pattern in ["^(?=a)b", "(?<!a)b", r"(a)\1", "(a{1000}){1000}", "("] {
        let refusals = [json!({"pattern": pattern}), json!({"patternProperties": {pattern: true}})]
            .map(|one| refused(&one));
        for refusal in refusals {
            assert!(matches!(refusal, SchemaError::Pattern { .. }), "{pattern}: {refusal}");
        }
    }
    assert!(refused(&json!({"items": {"pattern": "(?=a)"}})).to_string().contains("/items/pattern"));
}

#[test]
fn a_pattern_that_is_slow_elsewhere_takes_linear_time() {
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x$", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
        let schema = schema(&json!({"type": "string", "pattern": pattern}));
        assert_eq!(found(&schema, &format!("{}!", "a".repeat(100_000))).len(), 1, "{pattern}");
    }
}

#[test]
fn subschemas_that_multiply_for_one_value_are_refused() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let mut definitions = serde_json::Map::new();
        for level in 0..30 {
            let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
            definitions.insert(format!("l{level}"), json!({keyword: [next, next]}));
        }
        definitions.insert("l30".to_owned(), json!({"type": "integer"}));
        let bomb = json!({"$ref": "#/$defs/l0", "$defs": definitions});
        let refusal = refused(&bomb);
        assert!(
            matches!(refusal, SchemaError::TooManyApplied { .. } | SchemaError::TooNested { .. }),
            "{refusal}"
        );
    }
    let mut nested = json!({"unevaluatedProperties": false});
    for _ in 0..12 {
        nested = json!({"allOf": [nested], "unevaluatedProperties": false});
    }
    assert!(matches!(refused(&nested), SchemaError::TooManyApplied { .. }));
}

#[test]
fn a_subschema_that_applies_itself_to_the_same_value_is_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$dynamicRef": "#a", "$dynamicAnchor": "a"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"not": {"if": {"$ref": "#/not"}}}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
    ] {
        assert!(matches!(refused(&schema), SchemaError::Circle { .. }), "{schema}");
    }
    let list = schema(&json!({"type": ["array", "integer"], "items": {"$ref": "#"}}));
    assert!(found(&list, &nested(120, "1")).is_empty());
    assert_eq!(found(&list, &nested(120, "null"))[0].0, "/0".repeat(120));
    assert!(found(&list, &nested(200, "1"))[0].1.starts_with("must be JSON"));
}

#[test]
fn subschemas_that_multiply_with_the_depth_of_a_value_are_too_much_work() {
    let twice = json!({"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]});
    let either = json!({"anyOf": [
        {"prefixItems": [{"$ref": "#"}], "minItems": 1}, {"prefixItems": [{"$ref": "#"}], "minItems": 1}, {"const": 1}
    ]});
    let contains = json!({"contains": {"$ref": "#"}, "items": {"$ref": "#"}});
    let patterns = json!({"items": {"patternProperties": {"a": {"$ref": "#"}, "^a": {"$ref": "#"}}}});
    for json in [twice, either, contains] {
        let schema = schema(&json);
        assert!(found(&schema, &nested(4, "1")).is_empty(), "{json}");
        assert!(is_too_much(&schema, &nested(60, "0")), "{json}");
    }
    let objects = format!("{}1{}", r#"[{"a":"#.repeat(40), "}]".repeat(40));
    assert!(is_too_much(&schema(&patterns), &objects));
}

#[test]
fn a_value_in_which_subschemas_are_nested_too_deep_is_refused() {
    let mut chain = json!({"type": "array", "items": {"$ref": "#"}});
    for _ in 0..6 {
        chain = json!({"allOf": [chain]});
    }
    let text = nested(100, "");
    let found = found(&schema(&chain), &text);
    assert!(found[0].1.starts_with("is nested too deep"), "{found:?}");
}

#[test]
fn subschemas_that_are_nested_just_within_the_limit_fit_the_stack() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let within: Value = (0..30)
            .fold(json!({"items": {"$ref": "#"}, "maxItems": 1}), |inner, _| json!({keyword: [inner]}));
        let within = schema(&within);
        assert!(found(&within, &nested(8, "1")).is_empty(), "{keyword}");
        assert!(found(&within, &nested(8, "1,1"))[0].1.starts_with("must "), "{keyword}");
        assert!(found(&within, &nested(9, "1"))[0].1.starts_with("is nested too deep"), "{keyword}");
    }
}

#[test]
fn a_large_object_with_unevaluated_members_is_validated_or_refused() {
    let mut inner = json!({"properties": {"a": true}, "unevaluatedProperties": {"type": "integer"}});
    for level in 0..3 {
        let other = json!({"properties": {format!("p{level}"): true}});
        inner = json!({"anyOf": [inner, other], "unevaluatedProperties": {"type": "integer"}});
    }
    let schema = schema(&inner);
    let members = |count: usize| {
        let members = (0..count).map(|number| (format!("k{number}"), json!(number)));
        Value::Object(members.collect()).to_string()
    };
    assert!(found(&schema, &members(300)).is_empty());
    assert!(is_too_much(&schema, &members(60_000)));
}

#[test]
fn a_pattern_with_many_states_is_too_much_work_for_a_long_text() {
    let slow = schema(&json!({"type": "string", "pattern": "^(a|b)*a(a|b){200}$"}));
    assert_eq!(
        found(&slow, &"ab".repeat(1_000))[0].1,
        "must match the pattern ^(a|b)*a(a|b){200}$ (schema: #/pattern)"
    );
    assert!(is_too_much(&slow, &"ab".repeat(100_000)));
    let simple = schema(&json!({"type": "string", "pattern": "^a+$"}));
    assert!(found(&simple, &"a".repeat(700_000)).is_empty());
}

#[test]
fn a_chain_of_all_subschemas_is_compiled_and_followed() {
    let mut definitions = serde_json::Map::new();
    for level in 0..900 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        definitions.insert(format!("l{level}"), json!({"items": next}));
    }
    definitions.insert("l900".to_owned(), json!(false));
    let chain = schema(&json!({"$ref": "#/$defs/l0", "$defs": definitions}));
    assert!(found(&chain, &nested(100, "")).is_empty());

    let mut doubled = serde_json::Map::new();
    for level in 0..300 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        doubled.insert(format!("l{level}"), json!({"properties": {"a": next, "b": next}}));
    }
    doubled.insert("l300".to_owned(), json!({"type": "integer"}));
    let doubled = schema(&json!({"$ref": "#/$defs/l0", "$defs": doubled}));
    assert!(found(&doubled, r#"{"a":{"b":{"a":{}}}}"#).is_empty());
}

#[test]
fn a_value_of_the_largest_size_is_validated_or_refused_without_delay() {
    let unique = schema(&json!({"type": "array", "uniqueItems": true}));
    let numbers: Vec<String> = (0..150_000).map(|number| number.to_string()).collect();
    assert!(found(&unique, &format!("[{}]", numbers.join(","))).is_empty());
    assert_eq!(found(&unique, &format!("[{},0]", numbers.join(","))).len(), 1);

    let integers = schema(&json!({"items": {"type": "integer"}}));
    let bad = format!("[{}]", vec!["null"; 200_000].join(","));
    assert_eq!(found(&integers, &bad)[0].0, "/0");
    let branches = schema(&json!({"items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}));
    assert!(found(&branches, &bad)[0].1.contains("too large to say where"));

    let options: Vec<String> = (0..10_000).map(|number| format!("option {number}")).collect();
    let listed = schema(&json!({"items": {"enum": options}}));
    assert!(is_too_much(&listed, &bad));
}
