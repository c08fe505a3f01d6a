//! Random schemas and values.

use proptest::prelude::*;

use super::*;

fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        json!(true),
        json!(false),
        json!({"type": "integer"}),
        json!({"type": ["string", "null"]}),
        json!({"const": 1}),
        json!({"enum": ["a", 2, [1]]}),
        json!({"pattern": "^a+$"}),
        json!({"minLength": 2}),
        json!({"uniqueItems": true, "maxItems": 2}),
        json!({"required": ["a"]}),
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/a"}),
        json!({"$dynamicRef": "#b"}),
    ]);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let single = prop::sample::select(vec![
            "items",
            "not",
            "contains",
            "propertyNames",
            "additionalProperties",
            "unevaluatedProperties",
            "unevaluatedItems",
        ]);
        let list = prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]);
        prop_oneof![
            (single, inner.clone()).prop_map(|(keyword, schema)| json!({keyword: schema})),
            (list, prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(keyword, list)| json!({keyword: list})),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| json!({"if": one, "then": two, "else": three})),
            (inner.clone(), inner.clone(), inner).prop_map(|(one, two, three)| json!({
                "properties": {"a": one}, "patternProperties": {"^b": two}, "unevaluatedProperties": three,
            })),
        ]
    })
}

fn values() -> impl Strategy<Value = Value> {
    let leaf =
        prop::sample::select(vec![json!(null), json!(1), json!(2.5), json!("a"), json!("aaa"), json!("b")]);
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[ab]{1,2}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_schema_within_the_limits_decides_as_the_library_does(
        inner in schemas(),
        definition in schemas(),
        value in values(),
    ) {
        let json = json!({"items": inner, "$defs": {"a": definition, "b": {"$dynamicAnchor": "b", "maxProperties": 1}}});
        if let Ok(schema) = Schema::parse(&json.to_string()) {
            let reference = jsonschema::draft202012::new(&json).unwrap();
            let values = json!([value]);
            let violations = schema.validate(&values.to_string(), ContentType::Json);
            let within = violations.iter().all(|one| !one.detail.contains("too much work") && !one.detail.contains("too deep"));
            prop_assert!(within, "{} {}", json, values);
            prop_assert_eq!(violations.is_empty(), reference.is_valid(&values), "{} {}", json, values);
        }
    }
}
