//! PostgreSQL's protocol, version 3, as far as the fault proxy has to read it: where a message ends, which
//! one is an append, and which answer is its own (the manual, chapter "Frontend/Backend Protocol").

use std::collections::{HashSet, VecDeque};

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const PROTOCOL_3: u32 = 196_608;

/// Cuts a stream of bytes into messages.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// Answers of one bare byte that come next: to a request for encryption.
    bare: usize,
    /// The client's first messages have no type.
    untyped: bool,
}

impl Frames {
    pub(super) fn of_client() -> Self {
        Self { untyped: true, ..Self::default() }
    }

    pub(super) fn of_server() -> Self {
        Self::default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn expect_bare_byte(&mut self) {
        self.bare += 1;
    }

    /// The next whole message, if it is here; for the client's first ones the type is 0.
    pub(super) fn next(&mut self) -> Option<Frame> {
        if self.bare > 0 && !self.bytes.is_empty() {
            self.bare -= 1;
            return Some(Frame { kind: 0, bytes: vec![self.bytes.remove(0)] });
        }
        let head = usize::from(!self.untyped);
        let length = self.bytes.get(head..head + 4)?;
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if self.bytes.len() < head + length {
            return None;
        }
        let rest = self.bytes.split_off(head + length);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let frame = Frame { kind: if self.untyped { 0 } else { bytes[0] }, bytes };
        if self.untyped && frame.startup_code() == Some(PROTOCOL_3) {
            self.untyped = false;
        }
        Some(frame)
    }
}

/// One whole message.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    fn startup_code(&self) -> Option<u32> {
        let code = self.bytes.get(4..8)?;
        Some(u32::from_be_bytes([code[0], code[1], code[2], code[3]]))
    }

    /// Whether the server's answer to it is one byte.
    pub(super) fn asks_for_encryption(&self) -> bool {
        self.kind == 0 && matches!(self.startup_code(), Some(SSL_REQUEST | GSS_REQUEST))
    }

    /// The strings, each ended by a zero byte, that its body begins with.
    fn strings(&self) -> impl Iterator<Item = String> {
        let body = self.bytes.get(5..).unwrap_or_default();
        body.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
    }
}

/// What the client has asked on one connection, in the order in which it will be answered.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Execute { append: bool },
    Query { append: bool },
    Sync,
}

/// Follows one connection's appends, from the statement's text to the moment when it is committed.
#[derive(Debug, Default)]
pub(super) struct AppendWatch {
    append_statements: HashSet<String>,
    append_portals: HashSet<String>,
    asked: VecDeque<Asked>,
    /// An append was carried out and its transaction hasn't ended yet.
    carried_out: bool,
    /// The last command did its work: if the transaction ends now, it is committed.
    commits: bool,
    /// What the server has said since the append, which waits for the verdict.
    held: Vec<Frame>,
}

/// What to do with what the server said.
#[derive(Debug)]
pub(super) enum Verdict {
    Pass(Vec<Frame>),
    /// An append is committed; this is its reply, which the client hasn't seen.
    Committed(Vec<Frame>),
}

impl AppendWatch {
    pub(super) fn client_says(&mut self, frame: &Frame) {
        let mut strings = frame.strings();
        let mut string = || strings.next().unwrap_or_default();
        match frame.kind {
            b'P' => {
                let (name, text) = (string(), string());
                remember(&mut self.append_statements, name, is_append(&text));
            }
            b'B' => {
                let (portal, statement) = (string(), string());
                let append = self.append_statements.contains(&statement);
                remember(&mut self.append_portals, portal, append);
            }
            b'E' => self.asked.push_back(Asked::Execute { append: self.append_portals.contains(&string()) }),
            b'Q' => self.asked.push_back(Asked::Query { append: is_append(&string()) }),
            b'S' => self.asked.push_back(Asked::Sync),
            _ => {}
        }
    }

    /// Takes what the server said: at once passed on, or held back while an append's transaction ends.
    ///
    /// In the extended protocol the commit of a lone statement comes with Sync, after its
    /// `CommandComplete`; only `ReadyForQuery` says that it is done.
    pub(super) fn server_says(&mut self, frame: Frame) -> Verdict {
        match frame.kind {
            b'C' | b'I' | b's' => {
                let append = match self.asked.front() {
                    Some(&Asked::Execute { append }) => {
                        self.asked.pop_front();
                        append
                    }
                    Some(&Asked::Query { append }) => append,
                    _ => false,
                };
                self.carried_out |= append && frame.kind == b'C';
                self.commits =
                    frame.kind == b'C' && frame.strings().next().is_none_or(|tag| tag != "ROLLBACK");
            }
            b'E' => self.commits = false,
            b'Z' => return self.ready(frame),
            _ => {}
        }
        self.held.push(frame);
        if self.carried_out {
            Verdict::Pass(Vec::new())
        } else {
            Verdict::Pass(std::mem::take(&mut self.held))
        }
    }

    fn ready(&mut self, frame: Frame) -> Verdict {
        while !matches!(self.asked.pop_front(), None | Some(Asked::Query { .. } | Asked::Sync)) {}
        let idle = frame.bytes.get(5) == Some(&b'I');
        self.held.push(frame);
        let held = std::mem::take(&mut self.held);
        let committed = self.carried_out && idle && self.commits;
        if idle {
            self.carried_out = false;
        }
        if committed { Verdict::Committed(held) } else { Verdict::Pass(held) }
    }
}

fn remember(names: &mut HashSet<String>, name: String, append: bool) {
    if append {
        names.insert(name);
    } else {
        names.remove(&name);
    }
}

fn is_append(sql: &str) -> bool {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").to_ascii_uppercase().contains("INSERT INTO CONFIGAPI.LOG")
}

#[test]
fn messages_are_found_however_the_bytes_arrive() {
    let mut frames = Frames::of_client();
    let stream = [&[0, 0, 0, 8][..], &PROTOCOL_3.to_be_bytes(), b"Q\0\0\0\x06x\0", b"S\0\0\0\x04"].concat();
    let mut kinds = Vec::new();
    for byte in stream {
        frames.push(&[byte]);
        kinds.extend(frames.next().map(|frame| frame.kind));
    }
    assert_eq!(kinds, [0, b'Q', b'S']);
}

#[test]
fn an_append_is_known_by_its_text_whatever_the_spacing() {
    assert!(is_append("WITH x AS (SELECT 1)\n  insert into\n configapi.log (a) SELECT 1"));
    assert!(!is_append("SELECT * FROM configapi.log"));
}
