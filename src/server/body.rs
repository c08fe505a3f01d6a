//! Request bodies: sized and chunked, into one bounded buffer.
//!
//! Called by `connection`. A body is collected whole before its request is handled; what it takes is taken
//! from the server's `BodiesBudget` as the bytes arrive, not as they are announced, so that an announcement alone
//! costs nothing. Chunked framing is read strictly (RFC 9112 section 7.1): hexadecimal size, CR LF after line
//! and data; extensions and trailers are bounded and ignored.
//!
//! Invariants: `every_split_of_the_input_gives_the_same_answers`, `a_body_past_the_budget_is_refused_with_503`.

use super::budget::BodyShare;
use super::limits::{ConnectionLimits, FIELDS_MAX};
use super::parser::{Framing, refusal, refusal_with_limit};
use super::reply::Refusal;

/// A whole body and its share of the budget.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) share: BodyShare,
}

impl Body {
    /// The least that is allocated for a body of unknown length.
    const FIRST_BYTES: u64 = 4 << 10;

    fn append(&mut self, bytes: &[u8], bytes_max: u64) -> Result<(), Refusal> {
        let needed = (self.bytes.len() + bytes.len()) as u64;
        if needed > bytes_max {
            return Err(too_large(bytes_max));
        }
        let held = self.bytes.capacity() as u64;
        if needed > held {
            // Doubling, but never past what can still come.
            let grown = needed.max(2 * held).max(Self::FIRST_BYTES).min(bytes_max);
            if !self.share.grow(grown) {
                return Err(refusal(
                    503,
                    "the server holds too many request bodies: send it again in a second",
                ));
            }
            let additional = usize::try_from(grown).unwrap_or(usize::MAX) - self.bytes.len();
            self.bytes.reserve_exact(additional);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn too_large(bytes_max: u64) -> Refusal {
    let detail = if bytes_max == 0 { "send this request without a body" } else { "send a smaller body" };
    refusal_with_limit(413, detail, bytes_max)
}

/// Whether the body is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Complete,
}

/// A body on its way in.
#[derive(Debug)]
pub(super) struct Decoder {
    /// Collected so far.
    body: Body,
    /// The most that it may become: its length where that is known, else the limit.
    bytes_max: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sized {
        remaining: u64,
    },
    ChunkSize {
        size: u64,
        digits: u8,
        line_bytes: usize,
    },
    /// Whitespace after the size, which only an extension may follow.
    ChunkSpace {
        size: u64,
        line_bytes: usize,
    },
    ChunkExtension {
        size: u64,
        line_bytes: usize,
    },
    ChunkLineFeed {
        size: u64,
    },
    ChunkData {
        remaining: u64,
    },
    DataReturn,
    DataLineFeed,
    Trailers {
        total_bytes: usize,
        lines: usize,
        line_bytes: usize,
    },
    TrailerLineFeed {
        total_bytes: usize,
        lines: usize,
        line_bytes: usize,
    },
    Complete,
}

const CHUNK_START: State = State::ChunkSize { size: 0, digits: 0, line_bytes: 0 };

impl Decoder {
    /// Refuses what is announced larger than `bytes_max` before any of it is read.
    pub(super) fn new(framing: Framing, bytes_max: u64, share: BodyShare) -> Result<Self, Refusal> {
        let (state, bytes_max) = match framing {
            Framing::Sized(length) if length > bytes_max => return Err(too_large(bytes_max)),
            Framing::Sized(0) => (State::Complete, 0),
            Framing::Sized(length) => (State::Sized { remaining: length }, length),
            Framing::Chunked => (CHUNK_START, bytes_max),
        };
        Ok(Self { body: Body { bytes: Vec::new(), share }, bytes_max, state })
    }

    /// The body, without the room that was made for more of it.
    pub(super) fn into_body(self) -> Body {
        let mut body = self.body;
        if body.bytes.capacity() > body.bytes.len() {
            body.bytes.shrink_to_fit();
            // Less always fits.
            let _ = body.share.resize(body.bytes.capacity() as u64);
        }
        body
    }

    /// How many bytes of the body have come.
    pub(super) fn received_bytes(&self) -> u64 {
        self.body.bytes.len() as u64
    }

    /// Takes what it can of `input` and says how much that was.
    pub(super) fn advance(
        &mut self,
        input: &[u8],
        limits: &ConnectionLimits,
    ) -> Result<(usize, Progress), Refusal> {
        let mut used = 0;
        while self.state != State::Complete && used < input.len() {
            used += match self.state {
                State::Sized { remaining } => {
                    let taken = self.take(&input[used..], remaining)?;
                    let remaining = remaining - taken as u64;
                    self.state = if remaining == 0 { State::Complete } else { State::Sized { remaining } };
                    taken
                }
                State::ChunkData { remaining } => {
                    let taken = self.take(&input[used..], remaining)?;
                    let remaining = remaining - taken as u64;
                    self.state =
                        if remaining == 0 { State::DataReturn } else { State::ChunkData { remaining } };
                    taken
                }
                state => {
                    self.state = self.step(state, input[used], limits)?;
                    1
                }
            };
        }
        let progress = if self.state == State::Complete { Progress::Complete } else { Progress::More };
        Ok((used, progress))
    }

    fn take(&mut self, input: &[u8], remaining: u64) -> Result<usize, Refusal> {
        let taken = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len());
        self.body.append(&input[..taken], self.bytes_max)?;
        Ok(taken)
    }

    /// One byte of chunked framing.
    fn step(&self, state: State, byte: u8, limits: &ConnectionLimits) -> Result<State, Refusal> {
        match state {
            State::ChunkSize { size, digits, line_bytes } => match (byte, char::from(byte).to_digit(16)) {
                // 15 digits hold every size below the sign bit; more are only leading zeros or an attack.
                (_, Some(digit)) if digits < 15 => Ok(State::ChunkSize {
                    size: size * 16 + u64::from(digit),
                    digits: digits + 1,
                    line_bytes: line_bytes + 1,
                }),
                (b'\r', None) if digits > 0 => self.size_known(size, State::ChunkLineFeed { size }),
                (b';', None) if digits > 0 => {
                    self.size_known(size, State::ChunkExtension { size, line_bytes })
                }
                (b' ' | b'\t', None) if digits > 0 => Ok(State::ChunkSpace { size, line_bytes }),
                _ => Err(malformed()),
            },
            State::ChunkSpace { size, line_bytes } => match byte {
                b';' => self.size_known(size, State::ChunkExtension { size, line_bytes }),
                b' ' | b'\t' if line_bytes < limits.chunk_line_bytes_max => {
                    Ok(State::ChunkSpace { size, line_bytes: line_bytes + 1 })
                }
                _ => Err(malformed()),
            },
            State::ChunkExtension { size, line_bytes } => match byte {
                b'\r' => Ok(State::ChunkLineFeed { size }),
                b'\t' | b' '..=0x7e | 0x80.. if line_bytes < limits.chunk_line_bytes_max => {
                    Ok(State::ChunkExtension { size, line_bytes: line_bytes + 1 })
                }
                _ => Err(malformed()),
            },
            State::ChunkLineFeed { size } => match (byte, size) {
                (b'\n', 0) => Ok(State::Trailers { total_bytes: 0, lines: 0, line_bytes: 0 }),
                (b'\n', size) => Ok(State::ChunkData { remaining: size }),
                _ => Err(malformed()),
            },
            State::DataReturn if byte == b'\r' => Ok(State::DataLineFeed),
            State::DataLineFeed if byte == b'\n' => Ok(CHUNK_START),
            State::Trailers { total_bytes, lines, line_bytes } => match byte {
                _ if total_bytes >= limits.trailers_bytes_max || lines > FIELDS_MAX => {
                    let limit = limits.trailers_bytes_max as u64;
                    Err(refusal_with_limit(431, "send fewer or shorter trailers", limit))
                }
                b'\r' => Ok(State::TrailerLineFeed { total_bytes: total_bytes + 1, lines, line_bytes }),
                b'\t' | b' '..=0x7e | 0x80.. => {
                    Ok(State::Trailers { total_bytes: total_bytes + 1, lines, line_bytes: line_bytes + 1 })
                }
                _ => Err(malformed()),
            },
            State::TrailerLineFeed { total_bytes, lines, line_bytes } => match (byte, line_bytes) {
                (b'\n', 0) => Ok(State::Complete),
                (b'\n', _) => {
                    Ok(State::Trailers { total_bytes: total_bytes + 1, lines: lines + 1, line_bytes: 0 })
                }
                _ => Err(malformed()),
            },
            State::Sized { .. }
            | State::ChunkData { .. }
            | State::Complete
            | State::DataReturn
            | State::DataLineFeed => Err(malformed()),
        }
    }

    /// The limit is checked when the size is announced, before the data comes.
    fn size_known(&self, size: u64, next: State) -> Result<State, Refusal> {
        if self.body.bytes.len() as u64 + size > self.bytes_max {
            return Err(too_large(self.bytes_max));
        }
        Ok(next)
    }
}

fn malformed() -> Refusal {
    refusal(400, "send the chunks of the body as RFC 9112 section 7.1 has them")
}
