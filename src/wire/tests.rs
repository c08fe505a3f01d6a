//! What the server writes is what a client reads, and both are the contract's schemas.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::change::{ChangeJson, ChangeOf};
use super::difference::{DiffJson, DifferenceJson, DifferenceOf};
use super::event::{DataJson, EventJson, EventOf, EventType};
use super::item::{ItemJson, ItemOf, Members};
use super::page::{FeedJson, Frame};
use super::problem::ProblemJson;
use super::put::PutJson;
use super::restore::{GivenPointJson, RestoreJson};
use super::transaction::{OperationJson, SetJson, TransactedJson, TransactionJson};
use crate::application::{RecordedEvent, ShownChange, ShownConfig, ShownDifference, ShownRecord, ShownValue};
use crate::domain::{
    Change, Config, ConfigName, ConfigValue, DifferenceKind, Event, Fact, Metadata, Operation, Principal,
    Reason, Revision, Rules, ShortHash, Timestamp, Version,
};

mod contract;
mod schema;

fn name() -> ConfigName {
    ConfigName::parse("a").unwrap()
}

fn change(metadata: Metadata) -> Change {
    let value = ConfigValue::parse("1", 10).unwrap();
    let everybody = Principal::everybody();
    let rules = Rules::from(&everybody);
    let set = Config::never().decide(&Operation::set(name(), value.clone()), &rules).unwrap().unwrap();
    let deleted = Config::never().delete(&name(), value);
    let shred = Fact::Shredded { of: name(), versions: vec![Version::new(1), Version::new(3)] };
    let stream = ConfigName::parse(".configapi/shreds/1").unwrap();
    let shredded = Event { name: stream, version: Version::new(1), follows: Revision::ZERO, fact: shred };
    let (revision, instant) = (Revision::new(7), Timestamp::from_micros(0));
    Change { revision, instant, metadata, idempotency: None, events: vec![set, deleted, shredded] }
}

fn config(change: &Change) -> ShownConfig {
    ShownConfig::released(Arc::new(Config::apply(&change.events[0], change, ShortHash::default())))
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

const ITEM: &str = concat!(
    r#"{"name":"a","value":"1","content_type":"text/plain","version":1,"revision":7,"created_revision":7,"#,
    r#""updated_at":"1970-01-01T00:00:00.000000Z","updated_by":"ada","reason":null}"#
);

#[test]
fn the_shapes_are_those_of_the_contract() {
    let one =
        Change { events: change(Metadata::of("ada")).events[..1].to_vec(), ..change(Metadata::of("ada")) };
    let item = ItemOf::whole(name(), config(&one));
    assert_eq!(written(&item), ITEM);
    let to = Some(config(&one));
    assert_eq!(
        written(&ChangeOf(&ShownChange::whole_of(one))),
        concat!(
            r#"{"revision":7,"created_at":"1970-01-01T00:00:00.000000Z","actor":"ada","reason":null,"#,
            r#""events":[{"event_type":"ConfigValueSet","data":{"config_name":"a","value":"1","#,
            r#""old_value":null,"timestamp":"1970-01-01T00:00:00.000000Z"},"metadata":{"actor":"ada","#,
            r#""reason":null,"request_id":null,"trace_id":null},"#,
            r#""created_at":"1970-01-01T00:00:00.000000Z","stream_version":1,"revision":7}]}"#
        )
    );
    let difference = ShownDifference { name: name(), kind: DifferenceKind::Added, from: None, to };
    assert_eq!(
        written(&DifferenceOf(difference)),
        format!(r#"{{"name":"a","kind":"added","from":null,"to":{ITEM}}}"#)
    );
}

#[test]
fn a_client_reads_what_the_server_holds() {
    let attributes = [("source".to_owned(), "console".to_owned())].into();
    let reason = Some(Reason::parse("why").unwrap());
    let metadata = Metadata { actor_id: Some("7".into()), attributes, reason, ..Metadata::of("ada") };
    let change = change(metadata.clone());
    let held = config(&change);

    let read: ItemJson = read_as_written(&ItemOf::whole(name(), held.clone()));
    assert_eq!(read.value, Some(Some(ConfigValue::parse("1", 10).unwrap())));
    let no_value = ItemOf { name: name(), config: held.clone(), members: Members::NoValue };
    assert_eq!(read_as_written::<ItemJson>(&no_value), ItemJson { value: None, ..read.clone() });

    for event in &change.events {
        let (revision, instant, metadata) = (change.revision, change.instant, metadata.clone());
        let recorded = RecordedEvent { event: event.clone(), revision, instant, metadata };
        let read: EventJson = read_as_written(&EventOf(ShownRecord::released(recorded)));
        assert_eq!(read.metadata.attributes["source"], "console");
        assert!(matches!(
            (&event.fact, read.event_type, read.data),
            (Fact::Set { .. }, EventType::Set, DataJson::Set(_))
                | (Fact::Deleted { .. }, EventType::Deleted, DataJson::Deleted(_))
                | (Fact::Shredded { .. }, EventType::Shredded, DataJson::Shredded(_))
        ));
    }

    let shown: ChangeJson = read_as_written(&ChangeOf(&ShownChange::whole_of(change.clone())));
    assert_eq!((shown.revision, shown.partial, shown.events.len()), (change.revision, None, 3));

    let (from, to) = (Some(held), None);
    let difference = DifferenceOf(ShownDifference { name: name(), kind: DifferenceKind::Removed, from, to });
    let difference: DifferenceJson = read_as_written(&difference);
    assert_eq!(
        (difference.kind, difference.from, difference.to),
        (DifferenceKind::Removed, Some(read), None)
    );
}

#[test]
fn a_secret_is_null_with_its_reason() {
    let held = config(&change(Metadata::of("ada")));
    let written = |value| written(&ItemOf::whole(name(), held.clone().with_value(value)));
    let read = |value| read_as_written::<ItemJson>(&ItemOf::whole(name(), held.clone().with_value(value)));
    assert!(
        written(ShownValue::Masked(None))
            .contains(r#""value":null,"secret":true,"masked":true,"fingerprint":null,"content_type""#)
    );
    assert!(
        written(ShownValue::Shredded)
            .contains(r#""value":null,"secret":true,"shredded":true,"content_type""#)
    );
    let value = ConfigValue::parse("2", 10).unwrap();
    let revealed = read(ShownValue::Revealed(value.clone()));
    assert_eq!((revealed.value, revealed.secret, revealed.masked), (Some(Some(value)), Some(true), None));
    assert_eq!(read(ShownValue::Masked(None)).fingerprint, Some(None));
    assert_eq!(read(ShownValue::Shredded).shredded, Some(true));
}

/// What the server writes, read by its shape. The shape writes the same text: none of the two has a member more.
#[track_caller]
fn read_as_written<T: DeserializeOwned + Serialize>(held: &impl Serialize) -> T {
    let text = written(held);
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(written(&read), text);
    read
}

#[test]
fn a_frame_and_its_elements_are_the_whole_shape() {
    let revision = Revision::new(3);
    let around = |Frame { opening, closing }: Frame, element: &str| format!("{opening}{element}{closing}");
    let diff = DiffJson { from: Revision::ZERO, to: revision, changes: Vec::new() };
    let text =
        around(Frame::around(&diff), &format!(r#"{{"name":"a","kind":"added","from":null,"to":{ITEM}}}"#));
    let read: DiffJson = serde_json::from_str(&text).unwrap();
    assert_eq!((read.from, read.to, read.changes.len()), (diff.from, diff.to, 1));

    let transacted = TransactedJson { revision: None, results: Vec::new() };
    let read: TransactedJson =
        serde_json::from_str(&around(Frame::around(&transacted), &format!("{ITEM},null"))).unwrap();
    assert_eq!((read.revision, read.results.len(), &read.results[1]), (None, 2, &None));

    assert_eq!(
        around(Frame::around(&FeedJson { revision, changes: Vec::new() }), ""),
        r#"{"revision":3,"changes":[]}"#
    );
    assert_eq!(around(Frame::array(), "1,2"), "[1,2]");
}

#[test]
fn the_server_reads_what_a_client_writes() {
    let set = SetJson {
        name: "a".into(),
        value: "\"1\"\n".into(),
        if_revision: Some(0),
        content_type: None,
        secret: Some(true),
    };
    let operations = vec![OperationJson::Set(super::object::Object(set))];
    let transaction = TransactionJson { operations, reason: Some("why".into()), dry_run: None };
    let text = written(&transaction);
    assert_eq!(serde_json::from_str::<TransactionJson<'_>>(&text).unwrap(), transaction);

    let put = PutJson { value: Cow::Borrowed("v"), reason: None, content_type: None, secret: None };
    assert_eq!(written(&put), r#"{"value":"v"}"#);
    let (to, prefix) = (GivenPointJson::Text("15m".into()), Some("app/".into()));
    let restore = RestoreJson { to, prefix, name: None, dry_run: Some(true), reason: None };
    assert_eq!(serde_json::from_str::<RestoreJson<'_>>(&written(&restore)).unwrap(), restore);
}

#[test]
fn a_client_ignores_members_that_it_does_not_know() {
    let mut item: Value = serde_json::from_str(ITEM).unwrap();
    item["colour"] = json!("red");
    assert_eq!(
        serde_json::from_value::<ItemJson>(item).unwrap(),
        serde_json::from_str::<ItemJson>(ITEM).unwrap()
    );
    let problem = json!({"type": "/problems/full", "title": "t", "status": 507, "detail": "d", "hint": [1]});
    assert_eq!(
        serde_json::from_value::<ProblemJson>(problem).unwrap(),
        ProblemJson::new("/problems/full", "t", 507, "d")
    );
}
