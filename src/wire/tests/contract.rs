//! `components.schemas` of `openapi.json` against the shapes, in both directions.
//!
//! The values are made from a schema, read into its type and written again: a member that only the schema has gets
//! lost on the way, and one that only the type has is among the names that serde derived.

use std::collections::BTreeSet;
use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::schema::{Names, Schema, kind};
use crate::wire::activity::{ActivityBucketJson, ActivityJson};
use crate::wire::change::ChangeJson;
use crate::wire::difference::{DiffJson, DifferenceJson, KindWord};
use crate::wire::event::{
    DataJson, DeletedDataJson, EventJson, EventType, MetadataJson, SetDataJson, ShreddedDataJson,
};
use crate::wire::health::{ChainEndJson, CheckWord, ChecksJson, DetailsJson, HealthJson, StatusWord};
use crate::wire::item::ItemJson;
use crate::wire::page::FeedJson;
use crate::wire::policy::{
    AppliedPolicyJson, CheckedJson, NewPolicyJson, PolicyJson, ProtectionJson, SchemaJson, ViolationJson,
};
use crate::wire::problem::{FailedJson, OverwrittenJson, ProblemJson, Stored};
use crate::wire::put::PutJson;
use crate::wire::restore::{GivenPointJson, RestoreJson, RestoredJson, RevertJson};
use crate::wire::shred::{ShredJson, ShredResultJson};
use crate::wire::token::{
    ActionsJson, DecidedJson, ExplainedJson, NewTokenJson, RotateJson, ScopeJson, TokenJson, WhoAmIJson,
};
use crate::wire::transaction::{
    CheckJson, DeleteJson, OperationJson, SetJson, TransactedJson, TransactionJson,
};

const DOCUMENT: &str = include_str!("../../presentation/http/handlers/openapi.json");

/// Schemas of texts and numbers, which are fields of shapes.
const SCALARS: &[&str] = &["Name", "Point", "Place", "Instant", "ContentType", "IfRevision", "ActionWord"];

struct Shape {
    /// The schema's name: the type's without `Json`.
    name: &'static str,
    /// Reads a value and writes it again; none where it is refused.
    through: fn(&Value) -> Option<Value>,
    /// The members or the variants of the type; none where serde derives no list of them.
    names: fn() -> Option<BTreeSet<&'static str>>,
}

fn through<'a, T: Deserialize<'a> + Serialize>(value: &'a Value) -> Option<Value> {
    Some(serde_json::to_value(T::deserialize(value).ok()?).expect("a shape has a JSON form"))
}

fn names<T: Deserialize<'static>>() -> Option<BTreeSet<&'static str>> {
    let mut noted = None;
    drop(T::deserialize(Names(&mut noted)));
    noted
}

macro_rules! shapes {
    ($($type:ident $(<$borrowed:lifetime>)?),* $(,)?) => {
        [$(Shape {
            name: stringify!($type).strip_suffix("Json").expect("a shape's name"),
            through: |value| through::<$type $(<$borrowed>)?>(value),
            names: names::<$type $(<$borrowed>)?>,
        }),*]
    };
}

fn shapes() -> Vec<Shape> {
    shapes![
        ItemJson,
        EventJson,
        DataJson,
        SetDataJson,
        DeletedDataJson,
        ShreddedDataJson,
        MetadataJson,
        ChangeJson,
        DifferenceJson,
        DiffJson,
        PutJson<'_>,
        RestoreJson<'_>,
        GivenPointJson<'_>,
        RevertJson<'_>,
        RestoredJson,
        ShredJson<'_>,
        ShredResultJson,
        TransactionJson<'_>,
        OperationJson<'_>,
        SetJson<'_>,
        DeleteJson<'_>,
        CheckJson<'_>,
        TransactedJson,
        FeedJson,
        ActivityJson,
        ActivityBucketJson,
        HealthJson,
        ChecksJson,
        DetailsJson,
        ChainEndJson,
        NewTokenJson<'_>,
        ScopeJson,
        RotateJson<'_>,
        TokenJson,
        WhoAmIJson,
        ExplainedJson,
        ActionsJson,
        DecidedJson,
        PolicyJson,
        NewPolicyJson,
        ProtectionJson,
        AppliedPolicyJson,
        SchemaJson,
        ViolationJson,
        CheckedJson,
        ProblemJson,
        FailedJson,
        OverwrittenJson,
    ]
    .into()
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// What differs between a schema and its shape.
fn findings(document: &Value, shape: &Shape) -> Vec<String> {
    let schema = Schema::named(document, shape.name);
    let mut findings = Vec::new();
    let mut found = |what: String| findings.push(format!("{}: {what}", shape.name));

    let alternatives = schema.alternatives();
    for value in schema.examples() {
        if (shape.through)(&value).as_ref() != Some(&value) {
            found(format!("{value} is not read and written as it is"));
        }
    }
    let described = alternatives.iter().flat_map(|one| one.properties().into_iter().flatten());
    let described: BTreeSet<&str> = described.map(|(member, _)| member).collect();
    if let Some(derived) = (shape.names)().filter(|derived| *derived != described) {
        found(format!("the schema has {described:?}, the type {derived:?}"));
    }
    if alternatives.len() > 1 {
        return findings;
    }

    let whole = schema.whole();
    let without = |member: &str| {
        let mut value = whole.clone();
        value.as_object_mut().expect("an object").shift_remove(member);
        value
    };
    let with = |member: &str, held: &Value| {
        let mut value = whole.clone();
        value[member] = held.clone();
        value
    };
    let unknown = (shape.through)(&with("unheard of", &json!("x")));
    if unknown.is_none() != schema.is_closed() {
        found("one of schema and type takes unknown members".into());
    }
    for (member, held) in schema.properties().into_iter().flatten() {
        let rest = without(member);
        match (schema.requires(member), (shape.through)(&rest)) {
            (true, Some(_)) => found(format!("`{member}` is required, and the type reads without it")),
            (false, None) => found(format!("`{member}` is optional, and the type needs it")),
            (false, Some(written)) if written != rest => {
                found(format!("`{member}` is optional, and the type writes it always"));
            }
            _ => {}
        }
        let examples = held.examples();
        for example in &examples {
            let value = with(member, example);
            let written = (shape.through)(&value);
            // A request says null by leaving the member out.
            let left_out = schema.is_closed() && example.is_null() && written.as_ref() == Some(&rest);
            if written != Some(value) && !left_out {
                found(format!("`{member}` as {example} is not read and written as it is"));
            }
        }
        let kinds: BTreeSet<&str> = examples.iter().map(kind).collect();
        for foreign in [Value::Null, json!(true), json!(1), json!("x"), json!([]), json!({})] {
            let is_read = || (shape.through)(&with(member, &foreign)).is_some();
            if !kinds.contains(kind(&foreign)) && is_read() {
                found(format!("`{member}` as {foreign} is read, and the schema forbids it"));
            }
        }
    }
    findings
}

#[test]
fn each_shape_is_the_schema_of_its_name() {
    let document = document();
    let findings: Vec<_> = shapes().iter().flat_map(|shape| findings(&document, shape)).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// Serde derives no list of members for a type with a map inside. A member that only the schema has is read into the
/// map; one that only the type has does not fit this pattern.
#[test]
fn metadata_has_the_members_of_its_schema_and_others() {
    let document = document();
    let whole = Schema::named(&document, "Metadata").whole();
    let MetadataJson { actor: _, actor_id: _, reason: _, request_id: _, trace_id: _, attributes } =
        MetadataJson::deserialize(&whole).unwrap();
    assert_eq!(attributes.keys().collect::<Vec<_>>(), ["any other"]);
}

#[test]
fn each_word_of_a_shape_is_in_its_schema() {
    let document = document();
    let words = |name: &str, member: &str| -> BTreeSet<String> {
        let schema = &document["components"]["schemas"][name]["properties"][member]["enum"];
        serde_json::from_value(schema.clone()).unwrap()
    };
    let noted = |read: &dyn Fn(Names<'_>)| -> BTreeSet<String> {
        let mut noted = None;
        read(Names(&mut noted));
        noted.into_iter().flatten().map(str::to_owned).collect()
    };
    assert_eq!(words("Event", "event_type"), noted(&|names| drop(EventType::deserialize(names))));
    assert_eq!(words("Problem", "outcome"), noted(&|names| drop(Stored::deserialize(names))));
    assert_eq!(words("Difference", "kind"), noted(&|names| drop(KindWord::deserialize(names))));
    assert_eq!(words("Health", "status"), noted(&|names| drop(StatusWord::deserialize(names))));
    for check in ["eventstore", "projection", "database", "clock"] {
        assert_eq!(words("Checks", check), noted(&|names| drop(CheckWord::deserialize(names))));
    }
}

#[test]
fn each_schema_has_a_shape_and_each_shape_a_schema() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let schemas: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    let compared: BTreeSet<&str> =
        shapes().iter().map(|shape| shape.name).chain(SCALARS.iter().copied()).collect();
    assert_eq!(schemas, compared);
    for name in schemas {
        assert!(DOCUMENT.contains(&format!("\"#/components/schemas/{name}\"")), "nothing uses {name}");
    }
    assert_eq!(declared(), shapes().iter().map(|shape| shape.name.to_owned()).collect());
}

/// The names of the shapes in the source.
fn declared() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wire");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let text = fs::read_to_string(entry.path()).unwrap();
        for line in text.lines() {
            let starts = ["pub(crate) struct ", "pub(crate) enum ", "pub struct "];
            let rest = starts.iter().find_map(|start| line.strip_prefix(start));
            let name = rest.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
            found.extend(name.and_then(|name| name.strip_suffix("Json")).map(str::to_owned));
        }
    }
    found
}

/// Objects of the document are schemas of their own, so that none is without a type.
#[test]
fn no_schema_describes_an_object_inside_it() {
    fn walk(value: &Value, at: &str) {
        for (member, inner) in value.as_object().into_iter().flatten() {
            let place = format!("{at}/{member}");
            assert!(inner["properties"].is_null() || member == "not", "{place} is an object inside");
            walk(inner, &place);
        }
    }
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        walk(schema, name);
    }
}

type Edit<'a> = &'a dyn Fn(&mut Value);

/// The comparison itself: each way in which a schema can differ is found.
#[test]
fn a_difference_on_one_side_is_found() {
    let found = |name: &str, change: Edit<'_>| {
        let mut document = document();
        change(&mut document["components"]["schemas"][name]);
        let shape = shapes().into_iter().find(|shape| shape.name == name).unwrap();
        findings(&document, &shape)
    };
    let required = |schema: &mut Value, member: &str| {
        schema["required"].as_array_mut().unwrap().retain(|name| name != member);
    };
    let cases: [(&str, Edit<'_>); 14] = [
        ("Item", &|schema| schema["properties"]["etag"] = json!({"type": "string"})),
        ("Item", &|schema| drop(schema["properties"].as_object_mut().unwrap().remove("value"))),
        ("Item", &|schema| drop(schema["properties"].as_object_mut().unwrap().remove("version"))),
        ("Item", &|schema| required(schema, "reason")),
        ("Item", &|schema| schema["required"].as_array_mut().unwrap().push(json!("value"))),
        ("Item", &|schema| schema["properties"]["reason"] = json!({"type": "string"})),
        ("Item", &|schema| schema["properties"]["updated_by"]["type"] = json!(["string", "null"])),
        ("Item", &|schema| schema["properties"]["version"]["type"] = json!("string")),
        ("Metadata", &|schema| schema["properties"]["client"] = json!({"type": "integer"})),
        ("Metadata", &|schema| drop(schema["properties"].as_object_mut().unwrap().remove("trace_id"))),
        ("Difference", &|schema| schema["properties"]["kind"]["enum"] = json!(["added", "moved"])),
        ("Put", &|schema| drop(schema.as_object_mut().unwrap().remove("additionalProperties"))),
        ("Feed", &|schema| schema["additionalProperties"] = json!(false)),
        ("Operation", &|schema| drop(schema["oneOf"].as_array_mut().unwrap().pop())),
    ];
    for (place, (name, change)) in cases.iter().enumerate() {
        assert_ne!(found(name, change), Vec::<String>::new(), "case {place} of {name}");
        assert_eq!(found(name, &|_| ()), Vec::<String>::new());
    }
}
