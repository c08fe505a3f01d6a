//! Responses for the tests of this module, read as a client reads them.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crate::presentation::cli::show::look::{Look, Size};
use crate::runtime::logging::Colour;
use crate::wire::change::ChangeJson;
use crate::wire::event::EventJson;
use crate::wire::item::ItemJson;

/// A terminal of 60 characters, with colours.
pub(in crate::presentation::cli::show) const TERMINAL: Look =
    Look { colour: Colour::Always, size: Some(Size { columns: 60, rows: 24 }) };
/// The same without colours.
pub(in crate::presentation::cli::show) const COLOURLESS: Look = Look { colour: Colour::Never, ..TERMINAL };

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// An item with these members for its value.
pub(in crate::presentation::cli::show) fn item(name: &str, value: &str) -> ItemJson {
    read(&format!(
        r#"{{"name":{},{value},"content_type":"text/plain","version":2,"revision":417,"created_revision":3,
           "updated_at":"2026-01-15T10:00:00Z","updated_by":"ada","reason":"tuning"}}"#,
        string(name)
    ))
}

/// An item with a text.
pub(in crate::presentation::cli::show) fn text(name: &str, value: &str) -> ItemJson {
    item(name, &format!(r#""value":{}"#, string(value)))
}

fn event_text(kind: &str, name: &str, data: &str) -> String {
    format!(
        r#"{{"event_type":"{kind}","data":{{"config_name":{},{data},"timestamp":"2026-01-15T10:00:00Z"}},
           "metadata":{{"actor":"ada","reason":"tuning","request_id":null,"trace_id":null}},
           "created_at":"2026-01-15T10:00:00Z","stream_version":2,"revision":417}}"#,
        string(name)
    )
}

/// An event of `a` with these members of its data.
pub(in crate::presentation::cli::show) fn event(kind: &str, data: &str) -> EventJson {
    read(&event_text(kind, "a", data))
}

/// An event that sets a text.
pub(in crate::presentation::cli::show) fn set_text(name: &str, old: Option<&str>, new: &str) -> String {
    let old = old.map_or("null".to_owned(), string);
    event_text("ConfigValueSet", name, &format!(r#""value":{},"old_value":{old}"#, string(new)))
}

/// An event that deletes a text.
pub(in crate::presentation::cli::show) fn deleted_text(name: &str, old: &str) -> String {
    event_text("ConfigValueDeleted", name, &format!(r#""deleted_value":{}"#, string(old)))
}

/// An event that destroys values.
pub(in crate::presentation::cli::show) fn shredded_text(name: &str, versions: &str) -> String {
    event_text("ConfigValueShredded", name, &format!(r#""versions":[{versions}]"#))
}

/// A change of these events.
pub(in crate::presentation::cli::show) fn change(reason: Option<&str>, events: &[String]) -> ChangeJson {
    let reason = reason.map_or("null".to_owned(), string);
    read(&format!(
        r#"{{"revision":417,"created_at":"2026-01-15T10:00:00Z","actor":"ada","reason":{reason},"events":[{}]}}"#,
        events.join(",")
    ))
}

/// The text that is printed so far, while the results still go on.
#[derive(Clone, Default)]
pub(in crate::presentation::cli::show) struct Printed(Rc<RefCell<Vec<u8>>>);

impl Printed {
    pub(in crate::presentation::cli::show) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
