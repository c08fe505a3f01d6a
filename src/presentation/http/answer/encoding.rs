//! A change as a message of the event stream, and the page's JSON inside it.
//!
//! A change that its reader may see as a whole is encoded once, for all of them. A part is encoded for its reader
//! alone: only what everybody may see is ever shared.

use std::sync::Arc;

use crate::application::ShownChange;
use crate::wire::change::ChangeOf;

const DATA: &[u8] = b"\ndata: ";
const END: &[u8] = b"\n\n";

/// The change's message. JSON has no line breaks of its own, so that one `data:` line holds it.
pub(in crate::presentation::http) fn message(change: &ShownChange) -> Arc<[u8]> {
    match change.whole() {
        Some(published) => Arc::clone(published.encoding.get_or_init(|| encode(change))),
        None => encode(change),
    }
}

fn encode(change: &ShownChange) -> Arc<[u8]> {
    let mut message = format!("id: {}\nevent: change", change.place()).into_bytes();
    message.extend_from_slice(DATA);
    // Writing to a Vec does not fail, and a change always has a JSON form.
    let _ = serde_json::to_writer(&mut message, &ChangeOf(change));
    message.extend_from_slice(END);
    message.into()
}

/// The JSON in a message: before its `data:` there are only a place and fixed words.
pub(in crate::presentation::http) fn json_of(message: &[u8]) -> &[u8] {
    let start = message.windows(DATA.len()).position(|window| window == DATA).map(|at| at + DATA.len());
    let end = message.len().saturating_sub(END.len());
    start.and_then(|start| message.get(start..end)).unwrap_or_default()
}
