//! A small HTTP client: an answer is an answer whatever its status; no answer is a panic, or an error for
//! the tests that break connections.
//!
//! Paths go out as they are written (percent-encoding, dots and all), redirects are not followed, and each
//! request has a connection of its own, so that a server's restart is never mistaken for a fault. For
//! malformed requests, pipelining and kept connections: [`raw`] and [`Connection`].

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use ureq::http::{Method, Request};

use super::connection::Connection;

/// No request of an ordinary test takes this long.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
const BODY_BYTES_MAX: u64 = 1 << 30;

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Response {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// Itself, if the status is the expected one; else a panic that shows the whole answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Client {
    /// A client of `http://HOST:PORT`.
    pub fn new(base: &str) -> Self {
        Self::with_deadline(base, ANSWER_DEADLINE)
    }

    pub fn with_deadline(base: &str, deadline: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .timeout_global(Some(deadline))
            .build();
        Self { agent: config.new_agent(), base: base.trim_end_matches('/').to_owned() }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], None)
    }

    /// Sets a value, as JSON: `{"value": …}`.
    #[track_caller]
    pub fn put(&self, path: &str, value: &str) -> Response {
        let body = serde_json::json!({ "value": value }).to_string();
        self.send("PUT", path, &[("content-type", "application/json")], Some(body.as_bytes()))
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[], None)
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Response {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// # Errors
    /// No whole answer: the connection was refused or died, or the deadline passed.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Response, ureq::Error> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            // A body is sent with any method; whether it is welcome is the server's to say.
            Some(body) => self.agent.run(request.body(body).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let (head, mut body) = answer?.into_parts();
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let text = body.with_config().limit(BODY_BYTES_MAX).read_to_vec()?;
        let text = String::from_utf8(text).expect("every answer is UTF-8");
        Ok(Response { status: head.status.as_u16(), headers, text })
    }
}

/// Sends bytes as they are and gives what came back by the time the server closed the connection.
///
/// Panics when it doesn't close: where it may keep the connection, send `Connection: close`.
#[track_caller]
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut connection = Connection::to(address);
    // A server may refuse and close before it has read all; its response can still be read.
    let _refused_midway = connection.socket.write_all(bytes);
    connection.rest()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;

    use super::*;

    /// A stand-in that answers one request, and gives the head that it saw.
    fn answer_once(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let work = move || {
            let (mut stream, _) = listener.accept().expect("a client comes");
            let lines = BufReader::new(stream.try_clone().expect("a descriptor")).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            stream.write_all(answer.as_bytes()).expect("the client listens");
            head.join("\n")
        };
        (address, std::thread::Builder::new().spawn(work).expect("a thread"))
    }

    #[test]
    fn a_refusal_is_an_answer_and_the_path_goes_out_as_written() {
        let answer =
            "HTTP/1.1 404 Not Found\r\nConfig-Revision: 7\r\nContent-Length: 11\r\n\r\n{\"a\": true}";
        let (address, server) = answer_once(answer);
        let response = Client::new(&format!("http://{address}")).get("/v1/config/a%2Fb/../%d0%ba?x=%2B");
        assert_eq!((response.status, response.header("config-revision")), (404, Some("7")));
        assert_eq!(response.json()["a"], true);
        let head = server.join().expect("it answered");
        assert!(head.starts_with("GET /v1/config/a%2Fb/../%d0%ba?x=%2B HTTP/1.1\n"), "{head}");
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        let (address, server) = answer_once("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"a\"");
        let client = Client::new(&format!("http://{address}"));
        client.try_send("DELETE", "/x", &[("if-match", "\"3\"")], Some(b"")).expect_err("the body is short");
        assert!(server.join().expect("it answered").contains("if-match: \"3\""));
    }

    #[test]
    fn raw_bytes_go_out_unread_and_all_that_came_is_given() {
        let (address, server) = answer_once("HTTP/1.1 400 Bad Request\r\n\r\nno");
        let received = raw(address, b"GET  /\x01 HTTP/9.9\r\n\r\n");
        assert_eq!(received, b"HTTP/1.1 400 Bad Request\r\n\r\nno");
        assert_eq!(server.join().expect("it answered"), "GET  /\u{1} HTTP/9.9");
    }
}
