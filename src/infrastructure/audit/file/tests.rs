use super::super::denied::tests::denied;
use super::super::tests::{change, fingerprints};
use super::*;
use crate::domain::NoSecretNames;
use crate::infrastructure::store::Hash;

const HASH: Hash = Hash([7; 32]);

fn place(revision: u64) -> Checkpoint {
    Checkpoint { revision: Revision::new(revision), hash: HASH }
}

fn write(sink: &mut FileSink, revisions: std::ops::RangeInclusive<u64>) {
    for revision in revisions {
        sink.write(&AuditRecord::of(&change(revision), HASH, &fingerprints(), &NoSecretNames)).unwrap();
    }
}

fn last(sink: &FileSink) -> Option<u64> {
    sink.last().map(|line| line.revision.get())
}

#[test]
fn a_file_goes_on_after_its_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut sink = FileSink::open(&path, &[]).unwrap();
    assert_eq!(last(&sink), None);
    write(&mut sink, 1..=3);
    drop(sink);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], b"{\"time\":\"cut"].concat()).unwrap();
    let sink = FileSink::open(&path, &[]).unwrap();
    assert_eq!(last(&sink), Some(3));
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn a_last_line_longer_than_a_step_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let long = format!("{{\"revision\":1}}\n{{\"revision\":2,\"padding\":\"{}\"}}\n", "x".repeat(300_000));
    std::fs::write(&path, long).unwrap();
    assert_eq!(last(&FileSink::open(&path, &[]).unwrap()), Some(2));
}

/// The server did not start again: its last line was no JSON.
#[test]
fn a_line_that_an_older_release_tore_counts_and_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let whole = br#"{"time":"1970-01-01T00:00:00Z","revision":2,"actor":"{\"time\":\"","events":[]}"#;
    let halves = [&whole[..30], &whole[..50]].concat();
    std::fs::write(&path, [b"{\"revision\":1}\n", &halves[..], whole, b"\n"].concat()).unwrap();
    let mut sink = FileSink::open(&path, &[]).unwrap();
    assert_eq!(last(&sink), Some(2));
    write(&mut sink, 3..=3);
    drop(sink);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(lines.map(|line| line["revision"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_line_is_found_from_every_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut sink = FileSink::open(&path, &[]).unwrap();
    sink.begin_after(place(0)).unwrap();
    write(&mut sink, 1..=3);
    sink.flush().unwrap();
    let text = std::fs::read(&path).unwrap();
    for byte in 0..=text.len() {
        let expected = match byte {
            0 => Some(0),
            _ => text[byte - 1..].iter().position(|it| *it == b'\n').and_then(|at| {
                let line = text[..byte + at].split(|it| *it == b'\n').count() as u64 - 1;
                (line < 4).then_some(line)
            }),
        };
        let found = sink.line_from(byte as u64).unwrap();
        assert_eq!(found.as_ref().map(|line| line.revision.get()), expected, "{byte}");
        let Some(found) = found else { continue };
        assert_eq!(found.is_about(place(found.revision.get()), None), Some(true));
        assert_eq!(found.is_about(Checkpoint { hash: Hash([8; 32]), ..place(1) }, None), Some(false));
    }
}

#[test]
fn a_file_is_written_by_one_sink_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let first = FileSink::open(&path, &[]).unwrap();
    let refused = FileSink::open(&path, &[]).unwrap_err().to_string();
    assert!(refused.contains("another process writes it"), "{refused}");
    drop(first);
    FileSink::open(&path, &[]).unwrap();
}

/// A file with a token and no line end was emptied, through a link too.
#[test]
fn a_file_of_somebody_else_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("target"), "").unwrap();
    std::os::unix::fs::symlink(path("target"), path("link")).unwrap();
    std::fs::write(path("log"), "").unwrap();
    for (name, text, words) in [
        ("key", "a token", "not an audit record"),
        ("lines", "a token\n", "not an audit record"),
        ("begun", "{\"", ""),
        ("torn", "{\"begins_after\":", ""),
        ("link", "", "symbolic link"),
        ("log", "", "a file of the log itself"),
    ] {
        if !text.is_empty() {
            std::fs::write(path(name), text).unwrap();
        }
        let opened = FileSink::open(&path(name), &[path("log")]).map_err(|error| error.to_string());
        let expected = if words.is_empty() { opened.is_ok() } else { opened.unwrap_err().contains(words) };
        assert!(expected, "{name}");
        let kept = if words.is_empty() { "" } else { text };
        assert_eq!(std::fs::read_to_string(path(name)).unwrap(), kept, "{name}");
    }
}

#[test]
fn a_sink_whose_file_was_moved_is_opened_again_and_another_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut sink = FileSink::open(&path, &[]).unwrap();
    write(&mut sink, 1..=2);
    assert!(sink.reopened().unwrap().is_none());
    std::fs::rename(&path, folder.path().join("audit.1")).unwrap();
    let reopened = sink.reopened().unwrap().unwrap();
    assert!(reopened.last().is_none());
    assert!(std::fs::read_to_string(folder.path().join("audit.1")).unwrap().contains("\"revision\":2"));
}

/// Such lines have the place of the change before them, and the time of their own request.
#[test]
fn a_file_goes_on_after_the_change_before_its_denied_requests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut sink = FileSink::open(&path, &[]).unwrap();
    sink.begin_after(place(0)).unwrap();
    write(&mut sink, 1..=2);
    sink.deny(&denied(), place(2)).unwrap();
    drop(sink);
    let mut sink = FileSink::open(&path, &[]).unwrap();
    let line = sink.last().cloned().unwrap();
    assert_eq!((line.revision.get(), line.is_about(place(2), None)), (2, Some(true)));
    assert_eq!(line.is_about(Checkpoint { hash: Hash([8; 32]), ..place(2) }, None), Some(false));
    let found = sink.line_from(line.span.0).unwrap().unwrap();
    assert_eq!((found.revision.get(), found.span), (2, line.span), "a search by halves can meet it");
    write(&mut sink, 3..=3);
    drop(sink);
    let text = std::fs::read_to_string(&path).unwrap();
    let revisions = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(revisions.map(|line| line["revision"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 2, 3]);
}
