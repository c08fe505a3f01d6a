//! The event stream (WHATWG HTML, section 9.2): changes as they are stored.
//!
//! The server sends a heartbeat every 15 s with the place that it has reached; a longer silence is a failed connection.

use std::io::{BufRead, BufReader, Read};

use super::call::{Call, Client};
use super::error::Error;
use super::log::Change;
use super::target::Target;
use crate::domain::{GivenPlace, Revision};

/// An open event stream. It ends when the connection does.
pub(crate) struct Stream {
    client: Client,
    lines: BufReader<Box<dyn Read + Send>>,
}

/// A message of the stream, with the place to resume from.
#[derive(Debug)]
pub(crate) struct Message {
    /// To be given to [`Client::stream`] after a failed connection.
    pub(crate) place: Option<String>,
    pub(crate) what: News,
}

/// The news of a message.
#[derive(Debug)]
pub(crate) enum News {
    /// A change with a name under the prefix.
    Change(Box<Change>),
    /// The log is another one, or shorter: all that was read has to be read again.
    Reset,
    /// Nothing else happened up to the place.
    Heartbeat,
}

impl Client {
    /// Opens the stream of the changes after a place; after now, if there is none.
    pub(crate) fn stream(&self, prefix: &str, after: Option<&str>) -> Result<Stream, Error> {
        let target = Target::new("/v1/events").with_some("prefix", (!prefix.is_empty()).then_some(prefix));
        let mut call = Call::get(target).header("Accept", "text/event-stream").endless();
        if let Some(place) = after {
            call = call.header("Last-Event-ID", place);
        }
        let response = self.call(call)?;
        Ok(Stream { client: self.clone(), lines: BufReader::new(response.body) })
    }
}

impl Stream {
    /// Waits for the next message; none when the connection has ended.
    pub(crate) fn next_message(&mut self) -> Result<Option<Message>, Error> {
        let (mut place, mut event, mut data, mut line) = (None, String::new(), String::new(), String::new());
        let mut said_anything = false;
        loop {
            line.clear();
            match self.lines.read_line(&mut line) {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
            let text = line.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                if !said_anything {
                    continue;
                }
                let what = match event.as_str() {
                    "change" => News::Change(Box::new(self.client.decode(data.as_bytes())?)),
                    "reset" => News::Reset,
                    _ => News::Heartbeat,
                };
                return Ok(Some(Message { place, what }));
            }
            let (field, value) = text.split_once(':').unwrap_or((text, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => place = Some(value.to_owned()),
                "event" => value.clone_into(&mut event),
                "data" => {
                    if !data.is_empty() {
                        data.push('\n');
                    }
                    data.push_str(value);
                }
                _ => {}
            }
            said_anything = true;
        }
    }
}

/// The revision of a place.
pub(crate) fn revision_of_place(place: &str) -> Option<Revision> {
    GivenPlace::parse(place).map(|place| place.revision)
}
