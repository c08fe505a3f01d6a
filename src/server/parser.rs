//! One request head: from bytes to method, target, fields and framing, or a refusal.
//!
//! Called by `connection`; calls `httparse` for the grammar and adds what it is lenient about. Two steps: `Scan`
//! finds the end of the head, looking at each byte once however it arrives, and `parse` reads it when it is
//! whole. Whatever two servers could read differently is refused and ends the connection (RFC 9112 sections
//! 2.2, 5.1, 5.2, 6.1 and 6.3).
//!
//! Invariants: every test of `tests/server/framing.rs`, `every_split_of_the_input_gives_the_same_answers`.

use std::mem::MaybeUninit;

use memchr::memchr;

use super::limits::{ConnectionLimits, FIELDS_MAX};
use super::reply::Refusal;

/// The protocol version of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpVersion {
    Http10,
    Http11,
}

/// Whether the connection outlives the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persistence {
    KeepAlive,
    Close,
}

/// Whether the answer's body is sent; a HEAD gets the head only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyWanted {
    Yes,
    HeadOnly,
}

/// What of a request shapes the bytes of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResponseForm {
    pub(super) version: HttpVersion,
    pub(super) persistence: Persistence,
    pub(super) body: BodyWanted,
}

impl ResponseForm {
    /// For refusals of what could not be read: nothing is known of the client, and the connection ends.
    pub(super) const UNREADABLE: Self =
        Self { version: HttpVersion::Http11, persistence: Persistence::Close, body: BodyWanted::Yes };

    /// For a refusal in the middle of a request: the place where the next one begins is unknown.
    pub(super) fn closing(self) -> Self {
        Self { persistence: Persistence::Close, ..self }
    }
}

/// How the body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Sized(u64),
    Chunked,
}

impl Framing {
    /// The length that the head announces.
    pub(super) fn announced_bytes(self) -> Option<u64> {
        match self {
            Self::Sized(length) => Some(length),
            Self::Chunked => None,
        }
    }
}

/// What the client waits for before it sends the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    Continue,
}

/// A head that has been read.
#[derive(Debug)]
pub(super) struct ParsedHead {
    pub(super) method: String,
    /// Origin form, or `*`.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) form: ResponseForm,
    pub(super) framing: Framing,
    pub(super) expectation: Option<Expectation>,
}

pub(super) const fn refusal(status: u16, detail: &'static str) -> Refusal {
    Refusal { status, detail, limit: None }
}

pub(super) const fn refusal_with_limit(status: u16, detail: &'static str, limit: u64) -> Refusal {
    Refusal { status, detail, limit: Some(limit) }
}

/// How far the search for the end of a head has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Bytes looked at.
    seen: usize,
    /// Where the current line began.
    line_start: usize,
    /// Lines of the head that are complete.
    lines: usize,
}

impl Scan {
    /// Goes on over `source`, which begins where it began in the calls before. `Some` is the head's range.
    pub(super) fn advance(
        &mut self,
        source: &[u8],
        limits: &ConnectionLimits,
    ) -> Result<Option<(usize, usize)>, Refusal> {
        while let Some(offset) = memchr(b'\n', &source[self.seen..]) {
            let newline = self.seen + offset;
            if newline == 0 || source[newline - 1] != b'\r' {
                return Err(refusal(400, "end every line of the head with CR LF"));
            }
            let line_bytes = newline - 1 - self.line_start;
            self.seen = newline + 1;
            if line_bytes == 0 && self.lines == 0 {
                // One empty line before a request is ignored (RFC 9112 section 2.2), a second one is not.
                if newline > 1 {
                    return Err(refusal(400, "send a request line"));
                }
                self.line_start = self.seen;
                continue;
            }
            self.check(line_bytes, self.seen, limits)?;
            if line_bytes == 0 {
                let start = if source.starts_with(b"\r\n") { 2 } else { 0 };
                return Ok(Some((start, self.seen)));
            }
            self.line_start = self.seen;
            self.lines += 1;
            if self.lines > FIELDS_MAX + 1 {
                return Err(too_many_fields());
            }
        }
        self.seen = source.len();
        // The CR of an unfinished line may be here already.
        let line_bytes = source.len() - self.line_start - usize::from(source.ends_with(b"\r"));
        self.check(line_bytes, source.len(), limits)?;
        Ok(None)
    }

    fn check(self, line_bytes: usize, head_bytes: usize, limits: &ConnectionLimits) -> Result<(), Refusal> {
        if self.lines == 0 && line_bytes > limits.request_line_bytes_max {
            let limit = limits.request_line_bytes_max as u64;
            return Err(refusal_with_limit(414, "send a shorter request line", limit));
        }
        if head_bytes > limits.head_bytes_max {
            let limit = limits.head_bytes_max as u64;
            return Err(refusal_with_limit(431, "send fewer or shorter header fields", limit));
        }
        Ok(())
    }
}

fn too_many_fields() -> Refusal {
    refusal_with_limit(431, "send fewer header fields", FIELDS_MAX as u64)
}

/// Reads a whole head, from its request line to its empty line.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedHead, Refusal> {
    let mut table = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut table) {
        // A head that httparse finds shorter than the scan did would leave bytes for the next request.
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(refusal(400, "send a well-formed request head")),
        Err(error) => return Err(refuse_grammar(error, bytes)),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(refusal(400, "send a well-formed request line"));
    };
    let version = if minor == 0 { HttpVersion::Http10 } else { HttpVersion::Http11 };

    let mut fields = Fields::default();
    let mut headers = Vec::with_capacity(request.headers.len());
    for field in request.headers.iter() {
        // Bytes that are not UTF-8 become U+FFFD, which every reader of a field refuses: they harm nobody in a field that
        // is not read, such as a proxy's.
        let value = String::from_utf8_lossy(field.value);
        fields.note(field.name, &value)?;
        headers.push((field.name.to_owned(), value.into_owned()));
    }

    if fields.hosts > 1 || (fields.hosts == 0 && version == HttpVersion::Http11) {
        return Err(refusal(400, "send exactly one Host field"));
    }
    let target = read_target(method, target, &mut headers)?;
    let framing = fields.framing(version)?;
    let body = if method == "HEAD" { BodyWanted::HeadOnly } else { BodyWanted::Yes };
    let (persistence, expectation) = match version {
        HttpVersion::Http11 => (Persistence::KeepAlive, fields.expectation),
        // An HTTP/1.0 client does not know 100 (RFC 9110 section 10.1.1).
        HttpVersion::Http10 => (Persistence::Close, None),
    };
    let persistence = fields.persistence.unwrap_or(persistence);
    Ok(ParsedHead {
        method: method.to_owned(),
        target,
        headers,
        form: ResponseForm { version, persistence, body },
        framing,
        expectation,
    })
}

fn refuse_grammar(error: httparse::Error, bytes: &[u8]) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => too_many_fields(),
        httparse::Error::Version if names_other_version(bytes) => refusal(505, "use HTTP/1.1 or HTTP/1.0"),
        httparse::Error::HeaderName => {
            refusal(400, "send each field on one line, its name directly before the colon")
        }
        httparse::Error::HeaderValue => refusal(400, "send header values without control characters"),
        _ => refusal(400, "send a well-formed request line"),
    }
}

/// Whether the request line ends in `HTTP/<digit>.<digit>`, for a version that is not served.
fn names_other_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit() && !(*major == b'1' && *minor <= b'1'))
}

/// What the fields say about the message itself.
#[derive(Default)]
struct Fields {
    hosts: usize,
    lengths: usize,
    length: Option<u64>,
    codings: usize,
    chunked: usize,
    last_is_chunked: bool,
    /// What the Connection fields ask for; `close` wins.
    persistence: Option<Persistence>,
    expectation: Option<Expectation>,
}

impl Fields {
    fn note(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        // By length first: most fields are none of these, and the comparison ends there.
        match name.len() {
            4 if name.eq_ignore_ascii_case("host") => {
                self.hosts += 1;
                check_host(value)?;
            }
            // Other expectations may be ignored (RFC 9110 section 10.1.1).
            6 if name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case("100-continue") => {
                self.expectation = Some(Expectation::Continue);
            }
            10 if name.eq_ignore_ascii_case("connection") => {
                for token in value.split(',').map(str::trim) {
                    if token.eq_ignore_ascii_case("close") {
                        self.persistence = Some(Persistence::Close);
                    } else if token.eq_ignore_ascii_case("keep-alive") {
                        self.persistence.get_or_insert(Persistence::KeepAlive);
                    }
                }
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                self.lengths += 1;
                self.length = Some(read_length(value)?);
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                for token in value.split(',').map(str::trim) {
                    self.codings += 1;
                    self.last_is_chunked = token.eq_ignore_ascii_case("chunked");
                    self.chunked += usize::from(self.last_is_chunked);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn framing(&self, version: HttpVersion) -> Result<Framing, Refusal> {
        if self.codings > 0 {
            if self.lengths > 0 {
                return Err(refusal(400, "send Content-Length or Transfer-Encoding, not both"));
            }
            if version == HttpVersion::Http10 {
                return Err(refusal(400, "send no Transfer-Encoding with HTTP/1.0"));
            }
            return match (self.codings, self.chunked, self.last_is_chunked) {
                (1, 1, true) => Ok(Framing::Chunked),
                (_, 0, _) | (_, 1, true) => {
                    Err(refusal(501, "send the body with the chunked transfer coding or a Content-Length"))
                }
                _ => Err(refusal(400, "apply the chunked transfer coding once, as the last one")),
            };
        }
        match (self.lengths, self.length) {
            (0, _) => Ok(Framing::Sized(0)),
            (1, Some(length)) => Ok(Framing::Sized(length)),
            _ => Err(refusal(400, "send Content-Length once")),
        }
    }
}

fn read_length(value: &str) -> Result<u64, Refusal> {
    // `parse` alone would take `+5`.
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refusal(400, "send Content-Length as one decimal number"));
    }
    // More than u64 holds is a body past every limit, and the limit's check says so.
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// What a host and port may hold, by byte (RFC 3986 section 3.2.2).
const HOST: [bool; 256] = alphanumeric_or(b"-._~!$&'()*+,;=%:[]");

/// `host`, `host:port` or `[address]:port`; a port is digits. An empty one is allowed (RFC 9110 section 7.2).
fn check_host(value: &str) -> Result<(), Refusal> {
    let end = match value.strip_prefix('[') {
        Some(literal) => literal.find(']').map(|end| end + 2),
        None => Some(value.find(':').unwrap_or(value.len())),
    };
    let is_well_formed = end.is_some_and(|end| {
        let (host, port) = value.split_at(end);
        let name = host.strip_prefix('[').and_then(|literal| literal.strip_suffix(']')).unwrap_or(host);
        let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
        name.bytes().all(|byte| HOST[usize::from(byte)] && !matches!(byte, b'[' | b']'))
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
    });
    if is_well_formed { Ok(()) } else { Err(refusal(400, "send a host and port in Host")) }
}

/// Letters, digits and this punctuation, as a table: every head that comes or goes is asked, byte by byte.
pub(super) const fn alphanumeric_or(punctuation: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte, 0x30..=0x39 | 0x41..=0x5a | 0x61..=0x7a);
        byte += 1;
    }
    let mut at = 0;
    while at < punctuation.len() {
        table[punctuation[at] as usize] = true;
        at += 1;
    }
    table
}

/// The target in origin form. The authority of an absolute form replaces the Host field (RFC 9112 section
/// 3.2.2), so that a check of the host sees what the client asked for.
fn read_target(method: &str, target: &str, headers: &mut Vec<(String, String)>) -> Result<String, Refusal> {
    if !target.is_ascii() {
        return Err(refusal(400, "percent-encode what is not ASCII in the request target"));
    }
    if target.starts_with('/') || (target == "*" && method == "OPTIONS") {
        return Ok(target.to_owned());
    }
    let bad = refusal(400, "send the request target as a path or an http URL");
    let (scheme, rest) = target.split_once("://").ok_or(bad)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(bad);
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.is_empty() {
        return Err(bad);
    }
    check_host(authority)?;
    if let Some(host) = headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("host")) {
        authority.clone_into(&mut host.1);
    } else {
        headers.push(("Host".to_owned(), authority.to_owned()));
    }
    Ok(match path {
        "" if method == "OPTIONS" => "*".to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    })
}
