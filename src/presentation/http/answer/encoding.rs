//! A change as a message of the event stream, in pieces, and the same JSON in a page of the feed.
//!
//! A message can be six times as large as the change, and many watchers take it at once. So it is made in pieces of
//! some KiB, from any place in the message. Only a change that a reader may see as a whole has shared pieces. A part of
//! a change is encoded for its reader alone. A piece is made on the connection's thread: it is short, however large the
//! change is.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::application::{Mark, Piece, ShownChange};
use crate::wire::change::ChangeOf;
use crate::wire::page::Frame;
use crate::wire::pieces::{ChangeEventOf, around_events};

/// Names, values and metadata in one piece, in bytes: at most six times as much is encoded, in some 100 µs.
const PIECE_TEXT_BYTES: usize = 32 << 10;
/// Counted for an event beyond its texts and its change's metadata.
const EVENT_BYTES: usize = 256;

const DATA: &[u8] = b"\ndata: ";
const END: &[u8] = b"\n\n";

/// The piece of a change's message at a mark. JSON has no line breaks of its own, so that one `data:` line holds it.
pub(in crate::presentation::http) fn piece(change: &ShownChange, at: Mark) -> Piece {
    match change.whole() {
        Some(published) => published.encoding.get_or_make(at, || make(change, at)),
        None => make(change, at),
    }
}

fn make(change: &ShownChange, at: Mark) -> Piece {
    let event_bytes = EVENT_BYTES + change.metadata().bytes();
    let mut encoder = Encoder { change, out: Vec::new(), room: PIECE_TEXT_BYTES, event_bytes };
    let next = encoder.encode(at);
    Piece { bytes: encoder.out.into(), next }
}

struct Encoder<'a> {
    change: &'a ShownChange,
    out: Vec<u8>,
    /// Bytes of text that still belong to the piece.
    room: usize,
    event_bytes: usize,
}

impl Encoder<'_> {
    /// Encodes from a mark on; where the next piece begins.
    fn encode(&mut self, mut at: Mark) -> Option<Mark> {
        let change = self.change;
        if at == Mark::default() {
            self.out = format!("id: {}\nevent: change", change.place()).into_bytes();
            self.out.extend_from_slice(DATA);
            if self.fits() {
                self.write(&ChangeOf(change));
                self.out.extend_from_slice(END);
                return None;
            }
        }
        let Frame { opening, closing } = around_events(change);
        if at == Mark::default() {
            self.out.extend_from_slice(opening.as_bytes());
        }
        while let Some(event) = change.event(at.event) {
            let event = ChangeEventOf(event);
            let bytes = self.bytes(&event);
            if self.room == 0
                || at.text == 0 && at.offset == 0 && bytes > self.room && bytes <= PIECE_TEXT_BYTES
            {
                return Some(at);
            }
            if at.event > 0 && at.text == 0 && at.offset == 0 {
                self.out.push(b',');
            }
            if bytes <= PIECE_TEXT_BYTES {
                self.write(&event);
                self.room = self.room.saturating_sub(bytes);
            } else if let Some((text, offset)) = self.encode_texts(&event, at) {
                return Some(Mark { text, offset, ..at });
            }
            at = Mark { event: at.event + 1, ..Mark::default() };
        }
        self.out.extend_from_slice(closing.as_bytes());
        self.out.extend_from_slice(END);
        None
    }

    /// Whether the whole change is one piece.
    fn fits(&self) -> bool {
        let mut room = self.room;
        self.change.events().all(|event| {
            let left = room.checked_sub(self.bytes(&ChangeEventOf(event)));
            room = left.unwrap_or_default();
            left.is_some()
        })
    }

    fn bytes(&self, event: &ChangeEventOf<'_>) -> usize {
        self.event_bytes + event.0.subject().as_str().len() + event.texts().map(str::len).sum::<usize>()
    }

    /// Encodes an event that is larger than a piece, text by text; where the next piece begins in it.
    fn encode_texts(&mut self, event: &ChangeEventOf<'_>, at: Mark) -> Option<(usize, usize)> {
        let parts = event.around_texts();
        let mut texts = event.texts().skip(at.text);
        let mut offset = at.offset;
        for (index, part) in parts.iter().enumerate().skip(at.text) {
            if offset == 0 {
                self.out.extend_from_slice(part.as_bytes());
            }
            let Some(text) = texts.next() else { break };
            let end = text.floor_char_boundary(offset + self.room.max(char::MAX.len_utf8()));
            self.write_inside(&text[offset..end]);
            self.room = self.room.saturating_sub(end - offset);
            if end < text.len() {
                return Some((index, end));
            }
            if self.room == 0 {
                return Some((index + 1, 0));
            }
            offset = 0;
        }
        None
    }

    fn write(&mut self, value: &impl Serialize) {
        // Writing to a Vec does not fail, and what is written here always has a JSON form.
        let _ = serde_json::to_writer(&mut self.out, value);
    }

    /// A part of a text, as it is between the quotes.
    fn write_inside(&mut self, text: &str) {
        let _ = text.serialize(&mut Serializer::with_formatter(&mut self.out, Unquoted));
    }
}

/// Writes texts without their quotes.
struct Unquoted;

impl Formatter for Unquoted {
    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }
}

/// The JSON of changes with commas between, in its frame: a body that is pulled, a piece at a time.
pub(in crate::presentation::http) struct ChangesBody {
    changes: VecDeque<ShownChange>,
    /// Where in the first of them.
    at: Mark,
    /// The first of them is not the first of all.
    comma: bool,
    piece: Arc<[u8]>,
    /// The part of the piece that is to be read.
    unread: Range<usize>,
    closing: Option<String>,
}

impl ChangesBody {
    pub(in crate::presentation::http) fn new(
        Frame { opening, closing }: Frame,
        changes: Vec<ShownChange>,
    ) -> Self {
        let (unread, piece) = (0..opening.len(), opening.into_bytes().into());
        let (at, closing) = (Mark::default(), Some(closing));
        Self { changes: changes.into(), at, comma: false, piece, unread, closing }
    }

    /// Takes what comes next; nothing at the end of the body.
    fn fill(&mut self) {
        let Some(change) = self.changes.front() else {
            let closing = self.closing.take().unwrap_or_default();
            self.take(closing.into_bytes().into());
            return;
        };
        if std::mem::take(&mut self.comma) {
            self.take(Arc::new(*b","));
            return;
        }
        let Piece { bytes, next } = piece(change, self.at);
        self.unread = json_in(&bytes, self.at, next);
        self.piece = bytes;
        self.at = next.unwrap_or_default();
        if next.is_none() {
            self.changes.pop_front();
            self.comma = true;
        }
    }

    fn take(&mut self, piece: Arc<[u8]>) {
        self.unread = 0..piece.len();
        self.piece = piece;
    }
}

impl Read for ChangesBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty() {
            self.fill();
        }
        let count = (&self.piece[self.unread.clone()]).read(buffer)?;
        self.unread.start += count;
        Ok(count)
    }
}

/// Where in a message's piece the JSON is: before its `data:` there are only a place and fixed words.
fn json_in(piece: &[u8], at: Mark, next: Option<Mark>) -> Range<usize> {
    let data = || piece.windows(DATA.len()).position(|window| window == DATA).map(|at| at + DATA.len());
    let start = if at == Mark::default() { data().unwrap_or_default() } else { 0 };
    let end = if next.is_none() { END.len() } else { 0 };
    start..piece.len() - end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Attributes, Change, Config, ConfigName, ConfigValue, Event, Metadata, Reason, Revision, Timestamp,
    };

    fn change(events: Vec<Event>, reason: usize) -> ShownChange {
        let metadata = Metadata::of("ada").because(Reason::parse(&"\u{1}".repeat(reason.max(1))).unwrap());
        let (revision, instant) = (Revision::new(7), Timestamp::from_micros(0));
        ShownChange::whole_of(Change { revision, instant, metadata, idempotency: None, events })
    }

    fn value(text: &str) -> ConfigValue {
        ConfigValue::from_log(text).unwrap()
    }

    /// A set with a value and one before, or a delete of what was there.
    fn event(name: &str, held: Option<&str>, before: Option<&str>) -> Event {
        let name = ConfigName::parse(name).unwrap();
        let now = Config {
            value: before.map(|text| value(text).into()),
            version: crate::domain::Version::new(3),
            ..Config::never()
        };
        match held {
            Some(held) => now.set(&name, value(held), Attributes::NONE),
            None => now.delete(&name, value(before.unwrap_or_default())),
        }
    }

    fn message(change: &ShownChange) -> (String, usize) {
        let (mut bytes, mut at, mut count) = (Vec::new(), Some(Mark::default()), 0);
        while let Some(mark) = at {
            let piece = piece(change, mark);
            assert!(piece.bytes.len() < 9 * PIECE_TEXT_BYTES, "{}", piece.bytes.len());
            bytes.extend_from_slice(&piece.bytes);
            (at, count) = (piece.next, count + 1);
        }
        (String::from_utf8(bytes).unwrap(), count)
    }

    #[test]
    fn the_pieces_of_a_change_come_to_its_json() {
        let long = |text: &str, bytes: usize| text.repeat(bytes / text.len() + 1);
        let (plain, control) = (long("x", 100_000), long("\u{1}", PIECE_TEXT_BYTES));
        let (wide, mixed) = (long("a\u{10FFFF}", 70_001), long("\",\"value\":\"\"é", 40_000));
        let many = |count: usize| (0..count).map(|at| event(&format!("n/{at}"), Some("v"), None)).collect();
        let changes = [
            (vec![event("a", Some("1"), None)], 1),
            (vec![event("a", Some(""), Some("")), event("b", None, Some("2"))], 1),
            (many(1_000), 10),
            (many(100), 4_096),
            (vec![event("a", Some(&plain), Some(&control)), event("b", Some(&control), Some(""))], 1),
            (
                vec![
                    event("a", Some(""), Some(&plain)),
                    event("b", None, Some(&wide)),
                    event("c", Some("v"), None),
                ],
                1,
            ),
            (vec![event("\",\"value\":\"\"", Some(&mixed), Some(&mixed)), event("b", Some(&wide), None)], 10),
        ];
        for (events, reason) in changes {
            let change = change(events, reason);
            let json = serde_json::to_string(&ChangeOf(&change)).unwrap();
            let (message, count) = message(&change);
            assert_eq!(message, format!("id: {}\nevent: change\ndata: {json}\n\n", change.place()));
            assert!(count > json.len() / (8 * PIECE_TEXT_BYTES), "{count} pieces");
        }
    }

    #[test]
    fn a_body_of_changes_is_an_array_of_their_json() {
        let large = "\u{1}".repeat(100_000);
        let one =
            |held: &str| change(vec![event("a", Some(held), None), event("b", Some(held), Some("x"))], 1);
        for helds in [vec![], vec!["1"], vec!["1", &large, "2", &large]] {
            let frame = Frame { opening: "{\"changes\":[".into(), closing: "]}".into() };
            let mut text = String::new();
            let changes: Vec<_> = helds.iter().map(|held| one(held)).collect();
            ChangesBody::new(frame, changes.clone()).read_to_string(&mut text).unwrap();
            let json = |change: &ShownChange| serde_json::to_string(&ChangeOf(change)).unwrap();
            let expected = changes.iter().map(json).collect::<Vec<_>>().join(",");
            assert_eq!(text, format!("{{\"changes\":[{expected}]}}"));
        }
    }
}
