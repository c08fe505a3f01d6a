//! A change as a message of the stream: made once, shared by every watcher, and the page's JSON inside it.

use std::sync::Arc;

use crate::application::Published;
use crate::wire::shapes::ChangeOf;

const DATA: &[u8] = b"\ndata: ";
const END: &[u8] = b"\n\n";

/// The change's message. JSON has no line breaks of its own, so that one `data:` line holds it.
pub(in crate::presentation::http) fn message(published: &Published) -> &Arc<[u8]> {
    published.encoding.get_or_init(|| {
        let mut message = format!("id: {}\nevent: change", published.change.revision).into_bytes();
        message.extend_from_slice(DATA);
        // Writing to a Vec does not fail, and a change always has a JSON form.
        let _ = serde_json::to_writer(&mut message, &ChangeOf(&published.change));
        message.extend_from_slice(END);
        message.into()
    })
}

/// The JSON in a message: before its `data:` stand only digits and fixed words.
pub(in crate::presentation::http) fn json_of(message: &[u8]) -> &[u8] {
    let start = message.windows(DATA.len()).position(|window| window == DATA).map(|at| at + DATA.len());
    let end = message.len().saturating_sub(END.len());
    start.and_then(|start| message.get(start..end)).unwrap_or_default()
}
