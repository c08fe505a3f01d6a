//! A JSON array as a body that is pulled: made a piece at a time, so that a long answer needs flat memory.
//!
//! Called by the handlers of lists, histories and differences; pulled by the connection layer on its pool,
//! a piece whenever the socket can take one. An error in the middle breaks the body, and the connection layer
//! cuts the connection: half an answer must not look whole.

use std::io::{self, Read};

use rouille::ResponseBody;
use serde::Serialize;

use crate::application::Error;
use crate::wire::page::Frame;

/// What is made at a time: as much as the connection layer pulls.
const PIECE_BYTES: usize = 64 << 10;

/// The elements with commas between, in their frame.
pub(in crate::presentation::http) struct JsonArray<I> {
    elements: I,
    /// What is made and not yet read.
    piece: Vec<u8>,
    read: usize,
    state: State,
    closing: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    More,
    Ended,
}

impl<I, T> JsonArray<I>
where
    I: Iterator<Item = Result<T, Error>> + Send + 'static,
    T: Serialize + 'static,
{
    /// A body.
    pub(in crate::presentation::http) fn body(
        Frame { opening, closing }: Frame,
        elements: I,
    ) -> ResponseBody {
        let piece = opening.into_bytes();
        ResponseBody::from_reader(Self { elements, piece, read: 0, state: State::First, closing })
    }

    fn fill(&mut self) -> io::Result<()> {
        self.piece.clear();
        self.read = 0;
        while self.state != State::Ended && self.piece.len() < PIECE_BYTES {
            let Some(element) = self.elements.next() else {
                self.state = State::Ended;
                self.piece.extend_from_slice(self.closing.as_bytes());
                return Ok(());
            };
            if self.state == State::More {
                self.piece.push(b',');
            }
            self.state = State::More;
            serde_json::to_writer(&mut self.piece, &element.map_err(io::Error::other)?)?;
        }
        Ok(())
    }
}

impl<I, T> Read for JsonArray<I>
where
    I: Iterator<Item = Result<T, Error>> + Send + 'static,
    T: Serialize + 'static,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.piece.len() && self.state != State::Ended {
            self.fill()?;
        }
        let count = (&self.piece[self.read..]).read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(elements: Vec<Result<String, Error>>) -> io::Result<String> {
        let frame = Frame { opening: "{\"all\":[".into(), closing: "]}".into() };
        let body = JsonArray::body(frame, elements.into_iter());
        let mut text = String::new();
        body.into_reader_and_size().0.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn elements_of_any_size_stand_between_commas() {
        for lengths in [vec![], vec![1], vec![0, 1, 2], vec![70_000, 3, 140_000]] {
            let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            let text = read(texts.iter().cloned().map(Ok).collect()).unwrap();
            assert_eq!(text, format!("{{\"all\":{}}}", serde_json::to_string(&texts).unwrap()));
        }
    }

    #[test]
    fn an_error_in_the_middle_breaks_the_body() {
        assert!(read(vec![Ok("a".into()), Err(Error::Stopping)]).is_err());
    }
}
