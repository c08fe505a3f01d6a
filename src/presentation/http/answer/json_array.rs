//! A JSON array as a body that is pulled: its elements are read page by page and made a piece at a time, so that a long
//! response needs flat memory.
//!
//! Called by the handlers of lists, histories and differences. The connection layer pulls it on its pool, a piece
//! whenever the socket can take one. After some milliseconds it frees the pool's thread, and the next page is read in
//! its turn, if the client is still there. An error in the middle breaks the body, and the connection layer cuts the
//! connection: half a response must not look whole.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use rouille::ResponseBody;
use serde::Serialize;

use super::memory::{AnswerMemory, NoRoom, Share};
use super::problem::Problem;
use crate::application::{Error, PageLimit};
use crate::presentation::http::exchange::Exchange;
use crate::wire::page::Frame;

/// A page of an answer of any length: its fixed cost nearly vanishes, and a client that does not read holds no more than
/// this and a piece.
pub(in crate::presentation::http) const PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 128 << 10 };

/// Made at a time: as much as the connection layer pulls.
const PIECE_BYTES: usize = 64 << 10;

/// How long pages are read before the pool's thread is given back. A short answer needs no second turn, and has its
/// length in its head. For a principal that may not read everything each page is a turn: the head must not show how long
/// hidden names took.
const TURN: Duration = Duration::from_millis(20);

/// How long nothing may be sent while pages without elements are read. Then a line break is sent, which JSON passes
/// over: a client that has gone is noticed by what is sent to it, and by nothing else.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// Elements that are read in pages.
pub(in crate::presentation::http) trait Pages: Send + 'static {
    type Element: Serialize + Send;

    /// Reads the next page; `None` at the end. A page may be empty before it.
    fn read(&mut self) -> Result<Option<Page<Self::Element>>, Error>;
}

/// Some elements, with about what they hold in memory.
pub(in crate::presentation::http) struct Page<T> {
    pub(in crate::presentation::http) elements: Vec<T>,
    pub(in crate::presentation::http) bytes: usize,
}

/// The elements with commas between, in their frame.
pub(in crate::presentation::http) struct JsonArray<P: Pages> {
    pages: P,
    page: VecDeque<P::Element>,
    page_bytes: usize,
    share: Share,
    /// Made and not yet read.
    piece: Vec<u8>,
    read: usize,
    state: State,
    closing: String,
    /// When the pool's thread began to read pages.
    turn_began: Option<Instant>,
    turn_max: Duration,
    sent_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    More,
    Ended,
}

impl<P: Pages> JsonArray<P> {
    /// A body. Its first page is read before the response's head is sent, so that a store that fails is a problem still.
    pub(in crate::presentation::http) fn paged(
        frame: Frame,
        pages: P,
        share: Share,
        exchange: &Exchange,
    ) -> Result<ResponseBody, Problem> {
        let mut array = Self::new(frame, pages, share);
        if exchange.view().is_limited() {
            array.turn_max = Duration::ZERO;
        }
        array.read_page().map_err(|error| match error {
            NotRead::NoRoom => Problem::answers_full(),
            NotRead::Failed(error) => exchange.failed_read(&error),
        })?;
        Ok(ResponseBody::from_reader(array))
    }

    fn new(Frame { opening, closing }: Frame, pages: P, share: Share) -> Self {
        Self {
            pages,
            page: VecDeque::new(),
            page_bytes: 0,
            share,
            piece: opening.into_bytes(),
            read: 0,
            state: State::First,
            closing,
            turn_began: None,
            turn_max: TURN,
            sent_at: Instant::now(),
        }
    }

    fn read_page(&mut self) -> Result<(), NotRead> {
        self.share.ask(PAGE.bytes)?;
        self.turn_began.get_or_insert_with(Instant::now);
        if let Some(Page { elements, bytes }) = self.pages.read().map_err(NotRead::Failed)? {
            self.page = elements.into();
            self.page_bytes = bytes;
        } else {
            self.state = State::Ended;
            self.piece.extend_from_slice(self.closing.as_bytes());
        }
        self.count();
        Ok(())
    }

    /// Makes a piece, of elements that are read already or else of the next page.
    fn fill(&mut self) -> io::Result<()> {
        if self.read > 0 {
            self.piece.clear();
            self.read = 0;
        }
        if self.page.is_empty() {
            if self.turn_began.is_some_and(|began| began.elapsed() >= self.turn_max) {
                self.turn_began = None;
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.read_page().map_err(|error| match error {
                NotRead::NoRoom => io::ErrorKind::ResourceBusy.into(),
                NotRead::Failed(error) => io::Error::other(error),
            })?;
        }
        while self.piece.len() < PIECE_BYTES
            && let Some(element) = self.page.pop_front()
        {
            if self.state == State::More {
                self.piece.push(b',');
            }
            self.state = State::More;
            serde_json::to_writer(&mut self.piece, &element)?;
        }
        if self.page.is_empty() {
            self.page_bytes = 0;
        }
        self.count();
        Ok(())
    }

    /// Whether there is something to send: whole pieces, so that few elements in many pages make no small ones.
    fn has_piece(&mut self) -> bool {
        let is_late = self.sent_at.elapsed() > SILENCE_MAX;
        if is_late && self.piece.is_empty() && self.state != State::Ended {
            self.piece.push(b'\n');
        }
        self.state == State::Ended || self.piece.len() >= PIECE_BYTES || is_late && !self.piece.is_empty()
    }

    fn count(&mut self) {
        self.share.hold(self.page_bytes + self.piece.capacity());
    }
}

impl<P: Pages> Read for JsonArray<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == 0 && !self.has_piece() || self.read == self.piece.len() {
            if self.state == State::Ended {
                return Ok(0);
            }
            self.fill()?;
        }
        if self.read == 0 {
            self.sent_at = Instant::now();
        }
        let count = (&self.piece[self.read..]).read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

/// Elements that are in memory whatever becomes of the answer: results of a write.
pub(in crate::presentation::http) struct Given<I>(I);

impl<I, T> JsonArray<Given<I>>
where
    I: Iterator<Item = Result<T, Error>> + Send + 'static,
    T: Serialize + Send + 'static,
{
    /// A body of what is there already. It is never refused.
    pub(in crate::presentation::http) fn body(frame: Frame, elements: I) -> ResponseBody {
        let uncounted = AnswerMemory::new(u64::MAX).share();
        ResponseBody::from_reader(Self::new(frame, Given(elements), uncounted))
    }
}

impl<I, T> Pages for Given<I>
where
    I: Iterator<Item = Result<T, Error>> + Send + 'static,
    T: Serialize + Send + 'static,
{
    type Element = T;

    fn read(&mut self) -> Result<Option<Page<T>>, Error> {
        let elements = self.0.by_ref().take(PAGE.rows).collect::<Result<Vec<T>, Error>>()?;
        Ok((!elements.is_empty()).then_some(Page { elements, bytes: 0 }))
    }
}

/// Why there is no page.
enum NotRead {
    NoRoom,
    Failed(Error),
}

impl From<NoRoom> for NotRead {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Pages for VecDeque<Result<Vec<String>, Error>> {
        type Element = String;

        fn read(&mut self) -> Result<Option<Page<String>>, Error> {
            let page = self.pop_front().transpose()?;
            Ok(page.map(|elements| Page { bytes: elements.iter().map(String::len).sum(), elements }))
        }
    }

    fn array(pages: Vec<Result<Vec<String>, Error>>, share: Share) -> impl Read {
        let frame = Frame { opening: "{\"all\":[".into(), closing: "]}".into() };
        JsonArray { turn_max: Duration::ZERO, ..JsonArray::new(frame, VecDeque::from(pages), share) }
    }

    /// As the pool does: the text, and how often the thread was given back.
    fn read(mut array: impl Read) -> io::Result<(String, usize)> {
        let (mut text, mut turns) = (Vec::new(), 0);
        let mut buffer = [0; 5_000];
        loop {
            match array.read(&mut buffer) {
                Ok(0) => return Ok((String::from_utf8(text).unwrap(), turns)),
                Ok(count) => text.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => turns += 1,
                Err(error) => return Err(error),
            }
        }
    }

    #[test]
    fn elements_of_any_size_stand_between_commas() {
        let memory = AnswerMemory::new(10 << 20);
        for lengths in [vec![], vec![1], vec![0, 1, 2], vec![70_000, 3, 140_000]] {
            let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            let expected = format!("{{\"all\":{}}}", serde_json::to_string(&texts).unwrap());
            let one_page = array(vec![Ok(texts.clone())], memory.share());
            assert_eq!(read(one_page).unwrap().0, expected);
            let pages = texts.iter().flat_map(|text| [Ok(Vec::new()), Ok(vec![text.clone()])]).collect();
            assert_eq!(read(array(pages, memory.share())).unwrap(), (expected, 2 * texts.len()));
        }
        assert_eq!(memory.held_bytes(), 0);
    }

    #[test]
    fn an_error_in_the_middle_breaks_the_body() {
        let memory = AnswerMemory::new(10 << 20);
        assert!(read(array(vec![Ok(vec!["a".into()]), Err(Error::Stopping)], memory.share())).is_err());
    }

    #[test]
    fn a_body_holds_a_page_and_a_piece_and_waits_for_room() {
        let memory = AnswerMemory::new(1 << 20);
        let page = || Ok(vec!["x".repeat(100_000); 4]);
        let mut body = array(vec![page(), page()], memory.share());
        body.read_exact(&mut [0; 10]).unwrap();
        let held = memory.held_bytes();
        assert!((300_000..700_000).contains(&held), "{held}");
        let mut others = memory.share();
        others.hold(1 << 20);
        let busy = read(&mut body).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        drop(others);
        assert!(read(&mut body).unwrap().0.ends_with("\"]}"));
        drop(body);
        assert_eq!(memory.held_bytes(), 0);
    }
}
