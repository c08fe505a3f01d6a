//! Changes as they are stored, over failed connections and restarts of the server: each once, and in order.
//!
//! Called by the commands that print changes, on their own thread. [`super::Watched`] has values instead.

use std::time::Duration;

use super::call::{Client, wait};
use super::error::Error;
use super::log::Change;
use super::stream::{Message, News, Stream};
use crate::domain::Revision;

/// The wait before the stream is opened again; it doubles with each failure.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// The changes after a revision.
pub(crate) struct Follow {
    client: Client,
    prefix: String,
    /// The end of the last message that was handed over whole.
    place: String,
    stream: Option<Stream>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server did not answer yet: a failure is the end.
    New,
    Open,
    Lost {
        pause: Duration,
    },
}

/// The next thing that happened.
#[derive(Debug)]
pub(crate) enum Step {
    /// A change with a name under the prefix.
    Change(Box<Change>),
    /// The connection failed, and is made again.
    Lost,
    /// The connection is there again. No change was missed.
    Restored,
    /// The log does not have the place that was reached: it is another one, or shorter.
    Reset,
}

impl Client {
    /// Follows the changes after a revision.
    pub(crate) fn follow(&self, prefix: &str, after: Revision) -> Follow {
        let (client, prefix, place) = (self.clone(), prefix.to_owned(), after.to_string());
        Follow { client, prefix, place, stream: None, state: State::New }
    }
}

impl Follow {
    /// Waits for the next change.
    ///
    /// # Errors
    /// The server refuses, or could not be reached at the first attempt.
    pub(crate) fn next_step(&mut self) -> Result<Step, Error> {
        loop {
            let Some(stream) = &mut self.stream else {
                match self.open()? {
                    Some(step) => return Ok(step),
                    None => continue,
                }
            };
            let Some(Message { place, what }) = stream.next_message()? else {
                self.stream = None;
                self.state = State::Lost { pause: PAUSE };
                return Ok(Step::Lost);
            };
            if let Some(place) = place {
                self.place = place;
            }
            match what {
                News::Change(change) => return Ok(Step::Change(change)),
                News::Reset => return Ok(Step::Reset),
                News::Heartbeat => {}
            }
        }
    }

    /// Opens the stream after the place that was reached.
    fn open(&mut self) -> Result<Option<Step>, Error> {
        if let State::Lost { pause } = self.state {
            wait(pause);
        }
        match (self.client.stream(&self.prefix, Some(&self.place)), self.state) {
            (Ok(stream), before) => {
                self.stream = Some(stream);
                self.state = State::Open;
                Ok((before != State::New).then_some(Step::Restored))
            }
            (Err(error), State::Lost { pause }) if error.is_unavailable() => {
                self.state = State::Lost { pause: (pause * 2).min(PAUSE_MAX) };
                Ok(None)
            }
            (Err(error), _) => Err(error),
        }
    }
}
