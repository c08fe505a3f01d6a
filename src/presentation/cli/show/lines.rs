//! Changes and events as lines of fields, for programs; and what is around the changes of a JSON object.
//!
//! Every change is one line, so that `grep`, `cut` and `while read` work on it. Called by `log`, `history`, `show`, `watch`
//! and `diff` with `-o plain` and `-o json`.

use serde::Serialize;

use super::counts::Stat;
use super::differing::Differing;
use super::field::field;
use super::results::Results;
use super::shown::Shown;
use super::time::Times;
use crate::domain::DifferenceKind;
use crate::presentation::cli::error::Failure;
use crate::wire::change::ChangeJson;
use crate::wire::event::EventJson;
use crate::wire::page::Frame;

/// A line of fields, without its end.
pub(in crate::presentation::cli) fn line(fields: &[String], is_terminal: bool) -> String {
    fields.iter().map(|text| field(text, is_terminal)).collect::<Vec<_>>().join("\t")
}

/// Revision, time, actor, reason, and a field for each name with its sign: `+ app/a`.
pub(in crate::presentation::cli) fn change_fields(change: &ChangeJson, times: &Times) -> Vec<String> {
    let mut fields = head_fields(change, times);
    fields.extend(change.events.iter().map(|event| format!("{} {}", sign(event), event.name())));
    fields
}

/// Revision, time, actor, reason, and how many names were added, changed and deleted.
pub(in crate::presentation::cli) fn stat_fields(change: &ChangeJson, times: &Times) -> Vec<String> {
    let mut stat = Stat::under("");
    for differing in change.events.iter().filter_map(Differing::of_event) {
        stat.count(differing.name, differing.kind());
    }
    let counts = stat.all();
    let mut fields = head_fields(change, times);
    fields.extend([counts.added, counts.changed, counts.removed].map(|count| count.to_string()));
    fields
}

/// Revision, version, time, actor, sign, value and reason.
pub(in crate::presentation::cli) fn event_fields(event: &EventJson, times: &Times) -> Vec<String> {
    let reason = event.metadata.reason.as_ref().map_or("", |reason| reason.as_str());
    vec![
        event.revision.to_string(),
        event.stream_version.to_string(),
        times.local(event.created_at),
        event.metadata.actor.clone(),
        sign(event).to_owned(),
        Shown::after(event).map_or("", Shown::as_str).to_owned(),
        reason.to_owned(),
    ]
}

/// Sign, name, old value and new value.
pub(in crate::presentation::cli) fn difference_fields(differing: &Differing<'_>) -> Vec<String> {
    let text = |value: Option<Shown<'_>>| value.map_or("", Shown::as_str).to_owned();
    let sign = sign_of(differing.kind()).to_owned();
    vec![sign, differing.name.to_owned(), text(differing.from), text(differing.to)]
}

fn head_fields(change: &ChangeJson, times: &Times) -> Vec<String> {
    vec![
        change.revision.to_string(),
        times.local(change.created_at),
        change.actor.clone(),
        change.reason().unwrap_or_default().to_owned(),
    ]
}

fn sign(event: &EventJson) -> &'static str {
    Differing::of_event(event).map_or("!", |differing| sign_of(differing.kind()))
}

fn sign_of(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Added => "+",
        DifferenceKind::Changed => "~",
        DifferenceKind::Removed => "-",
    }
}

/// An object whose last member is an array, on its way to a reader.
pub(in crate::presentation::cli) struct Framed {
    frame: Frame,
    elements: u64,
}

impl Framed {
    /// The object, given with an empty array.
    pub(in crate::presentation::cli) fn around(empty: &impl Serialize) -> Self {
        Self { frame: Frame::around(empty), elements: 0 }
    }

    /// Adds an element.
    pub(in crate::presentation::cli) fn push(
        &mut self,
        results: &mut Results,
        element: &impl Serialize,
    ) -> Result<(), Failure> {
        if self.elements == 0 {
            results.exact(self.frame.opening.as_bytes())?;
            results.exact(b"\n")?;
        } else {
            results.exact(b",\n")?;
        }
        self.elements += 1;
        results.json_element(element)
    }

    /// Ends the array and the object.
    pub(in crate::presentation::cli) fn end(self, results: &mut Results) -> Result<(), Failure> {
        let before = if self.elements == 0 { self.frame.opening.as_str() } else { "\n" };
        results.line(&format!("{before}{}", self.frame.closing))?;
        results.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::{change, deleted_text, set_text, shredded_text};
    use super::*;

    #[test]
    fn a_change_is_one_line() {
        let events = [
            set_text("a", None, "1"),
            set_text("b\\", Some("1"), "2"),
            deleted_text("c", "3"),
            shredded_text("d", "1,2"),
        ];
        let change = change(Some("why\nand how"), &events);
        let fields = change_fields(&change, &Times::EXACT);
        assert_eq!(
            line(&fields, false),
            "417\t2026-01-15T10:00:00.000000Z\tada\twhy\\nand how\t+ a\t~ b\\\\\t- c\t! d"
        );
        let counts = line(&stat_fields(&change, &Times::EXACT), false);
        assert!(counts.ends_with("\twhy\\nand how\t1\t1\t1"), "{counts}");
    }
}
