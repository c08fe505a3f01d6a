//! The audit of a running store (G7): every change at least once, in order, from where it began, never a value.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use configapi::application::{AuditSink, Completion, ConfigStore, Options};
use configapi::infrastructure::store::EventStore;
use crossbeam_channel::bounded;
use serde_json::Value;
use slog::{Drain, Logger, OwnedKVList, Record, o};
use tempfile::TempDir;

use crate::support::faulty_store::{Call, FaultyStore, unavailable};
use crate::support::places::{Place, in_every_place};
use crate::support::writes::{ada, all_of, delete, made, name, one, set, value};

in_every_place!(
    a_file_has_every_change_in_order_and_no_value,
    a_file_goes_on_where_it_ends_and_a_new_one_begins_at_the_head,
    a_file_without_places_goes_on_where_it_ends,
    changes_that_find_no_room_are_read_from_the_log,
);

mod exchanged;
mod faults;

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("audit.jsonl")
    }

    /// A store that audits into the file.
    fn open(&self, place: &Place) -> ConfigStore {
        place.open_with(|options| options.audit = AuditSink::File(self.path()))
    }

    fn lines(&self) -> Vec<Value> {
        lines(&self.path())
    }

    /// The revisions after which it continues in another log.
    fn rewound_to(&self) -> Vec<u64> {
        let lines = self.lines();
        let rewound = lines.iter().filter(|line| line["rewound"] == true);
        rewound.map(|line| line["continues_after"].as_u64().expect("a revision")).collect()
    }

    /// Takes from its lines what releases before did not write.
    fn forget_places(&self) {
        let mut text = String::new();
        for mut line in self.lines() {
            line.as_object_mut().expect("an object").shift_remove("place").expect("a place");
            writeln!(text, "{line}").expect("a string takes all");
        }
        fs::write(self.path(), text).expect("our own file");
    }

    /// The revisions of its records, without the lines that say where it begins or continues.
    fn revisions(&self) -> Vec<u64> {
        revisions(&self.lines())
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("an audit file");
    // The last line may just be being written.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).expect("a record")).collect()
}

fn revisions(lines: &[Value]) -> Vec<u64> {
    assert!(lines[0]["begins_after"].is_u64(), "{}", lines[0]);
    let records = lines[1..].iter().filter(|line| line["rewound"] != true);
    records.map(|line| line["revision"].as_u64().expect("a record")).collect()
}

fn a_file_has_every_change_in_order_and_no_value(place: &Place) {
    let file = File::new();
    let store = file.open(place);
    made(store.put(&name("app/password"), "hunter2", ada()));
    made(store.put(&name("copy"), "hunter2", ada()));
    made(store.write(all_of(&[set("app/password", "correct horse"), delete("copy"), set("empty", "")])));
    let fingerprint = |text: &str| store.fingerprints().of(&value(text)).to_string();
    let (hunter, horse) = (fingerprint("hunter2"), fingerprint("correct horse"));
    drop(store);

    let lines = file.lines();
    assert_eq!((revisions(&lines), &lines[0]["begins_after"]), (vec![1, 2, 3], &Value::from(0)));
    let text = fs::read_to_string(file.path()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("horse"), "{text}");
    assert_eq!((&lines[1]["actor"], &lines[1]["events"][0]["old"]), (&Value::from("ada"), &Value::Null));
    assert_eq!(lines[1]["events"][0]["new"]["fingerprint"], hunter.as_str());
    assert_eq!(lines[2]["events"][0]["new"]["fingerprint"], hunter.as_str());
    let events = lines[3]["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(
        (&events[0]["old"]["fingerprint"], &events[0]["new"]["fingerprint"], &events[0]["version"]),
        (&Value::from(hunter.as_str()), &Value::from(horse), &Value::from(2))
    );
    assert_eq!(
        (&events[1]["event_type"], &events[1]["new"]),
        (&Value::from("ConfigValueDeleted"), &Value::Null)
    );
    assert_eq!(events[2]["new"]["bytes"], 0);
}

fn a_file_goes_on_where_it_ends_and_a_new_one_begins_at_the_head(place: &Place) {
    let file = File::new();
    let write = |store: ConfigStore| {
        made(store.put(&name("a"), "1", ada()));
        made(store.put(&name("b"), "1", ada()));
    };
    write(place.open());
    write(file.open(place));
    // A server without an audit file, and a last line that was cut by a crash.
    write(place.open());
    let text = fs::read_to_string(file.path()).unwrap();
    fs::write(file.path(), &text[..text.len() - 9]).unwrap();
    write(file.open(place));
    assert_eq!((file.revisions(), file.lines()[0]["begins_after"].as_u64()), ((3..=8).collect(), Some(2)));
}

/// A file into which no record got before the crash was new again at the next start, and began at that
/// start's head: what was written before the crash was never audited.
#[test]
fn a_file_that_has_only_begun_goes_on_from_there() {
    let (place, file) = (Place::file(), File::new());
    made(place.open().put(&name("a"), "1", ada()));
    drop(file.open(&place));
    made(place.open().put(&name("a"), "2", ada()));
    drop(file.open(&place));
    assert_eq!(file.revisions(), [2]);
}

fn changes_that_find_no_room_are_read_from_the_log(place: &Place) {
    let file = File::new();
    let store = place.open_with(|options| {
        options.audit = AuditSink::File(file.path());
        options.limits.audit_queue_max = 1;
    });
    let (told, answers) = bounded(300);
    for number in 0..300 {
        let told = told.clone();
        let write = one(set("a", &number.to_string()));
        store.submit(write, Completion::calling(move |outcome| told.send(outcome.is_ok()).unwrap()));
    }
    assert!((0..300).all(|_| answers.recv().unwrap()));
    drop(store);
    assert!(file.revisions().into_iter().eq(1..=300));
}

#[test]
fn an_audit_that_cannot_read_the_log_waits_and_loses_nothing() {
    let (place, file) = (Place::memory(), File::new());
    let log = FaultyStore::before(place.store());
    let mut options = Options::memory().audit(AuditSink::File(file.path()));
    options.limits.audit_queue_max = 1;
    let store = ConfigStore::over(Arc::clone(&log) as Arc<dyn EventStore>, &options).unwrap();
    log.always(Call::ChangesAfter, Some(unavailable()));
    for number in 0..50 {
        made(store.put(&name("a"), &number.to_string(), ada()));
    }
    log.always(Call::ChangesAfter, None);
    drop(store);
    assert!(file.revisions().into_iter().eq(1..=50));
}

fn a_file_without_places_goes_on_where_it_ends(place: &Place) {
    let file = File::new();
    let store = file.open(place);
    made(store.put(&name("a"), "1", ada()));
    drop(store);
    file.forget_places();
    made(file.open(place).put(&name("a"), "2", ada()));
    assert_eq!((file.revisions(), file.rewound_to()), (vec![1, 2], vec![]));
}

/// Keeps the messages and keys of a program's log.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Drain for Kept {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), slog::Never> {
        struct Text(String);
        impl slog::Serializer for Text {
            fn emit_arguments(&mut self, key: slog::Key, held: &std::fmt::Arguments<'_>) -> slog::Result {
                write!(self.0, " {key}={held}").map_err(slog::Error::from)
            }
        }
        let mut text = Text(record.msg().to_string());
        let _text_takes_all = slog::KV::serialize(&record.kv(), record, &mut text);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.0);
        Ok(())
    }
}

#[test]
fn the_log_has_an_audit_record_a_change_and_no_value() {
    let kept = Kept::default();
    let store = ConfigStore::open(&Options::memory().logger(Logger::root(kept.clone(), o!()))).unwrap();
    made(store.put(&name("app/password\u{200d}"), "hunter2", ada()));
    made(store.delete(&name("app/password\u{200d}"), ada()));
    drop(store);
    let lines = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let audit: Vec<_> = lines.iter().filter(|line| line.starts_with("audit ")).collect();
    assert!(
        audit.len() == 2 && audit[1].contains("revision=2") && audit[0].contains("actor=ada"),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.contains("hunter2")), "{lines:?}");
}
