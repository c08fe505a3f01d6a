//! Bad values of `Authorization`, as bytes on a socket: refused at the head, and never the server's fault.

use crate::support::connection::Connection;
use crate::support::http::raw;
use crate::support::server::{Server, Store};

const ROOT: &str = "a-planted-root-token-of-some-length";

struct Closed {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Closed {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::File(folder.path().join("log.db"));
        let environment = [("CONFIGAPI_ROOT_TOKEN", ROOT)];
        let server = Server::try_start(&store, &["--log-level", "debug"], &environment).unwrap();
        Self { server, _folder: folder }
    }

    /// The status of a GET with these lines in its head.
    fn status(&self, lines: &[u8]) -> u16 {
        let head =
            [b"GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", lines, b"\r\n"].concat();
        let response = raw(self.server.address(), &head);
        let status = response.get(9..12).and_then(|digits| str::from_utf8(digits).ok());
        status
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&response)))
    }
}

#[test]
fn an_authorization_in_odd_bytes_is_refused_and_nothing_of_it_is_logged() {
    let closed = Closed::start();
    let line = |value: &[u8]| [b"Authorization: ", value, b"\r\n"].concat();
    let bearer = |token: &str| line(format!("Bearer {token}").as_bytes());
    // Past ten tries in a second it is 429, and never anything else.
    for lines in [
        line(b"Bearer \xff\xfe\x80\xc0"),
        line(&[b"Bearer ", ROOT.as_bytes(), b"\xff"].concat()),
        line(b"Basic \xff\xfe"),
        line(b"Basic /////w=="),
        bearer(&ROOT[..ROOT.len() - 1]),
        bearer(&ROOT[1..]),
        bearer(&format!("{ROOT}{ROOT}")),
        bearer(&ROOT.to_uppercase()),
        bearer(&format!("{ROOT} {ROOT}")),
        bearer(&format!("{ROOT}, Basic cGxhbnRlZDpwbGFudGVk")),
        line(format!("Bearer, Bearer {ROOT}").as_bytes()),
        line(ROOT.as_bytes()),
        line(b""),
        line("Bearer é".as_bytes()),
        [bearer(ROOT), bearer(ROOT)].concat(),
        [bearer(ROOT), line(b"Basic cGxhbnRlZDpwbGFudGVk")].concat(),
        [bearer("planted"), bearer(ROOT)].concat(),
        bearer(&"planted".repeat(1_000)),
    ] {
        let status = closed.status(&lines);
        assert!([401, 429].contains(&status), "{status} {}", String::from_utf8_lossy(&lines));
        assert_eq!(closed.status(&bearer(ROOT)), 200, "the limit of failed tries spares a valid token");
    }
    for lines in [
        line(b"Bearer a\x00b"),
        line(b"Bearer a\rb"),
        [b"Authorization : Bearer ".as_slice(), ROOT.as_bytes(), b"\r\n"].concat(),
        [b"Authorization: Bearer\r\n ".as_slice(), ROOT.as_bytes(), b"\r\n"].concat(),
    ] {
        assert_eq!(closed.status(&lines), 400, "{}", String::from_utf8_lossy(&lines));
    }
    assert_eq!(closed.status(&bearer(&"planted".repeat(100 << 10))), 431);
    // These are the same token.
    for lines in [
        line(format!("bearer   {ROOT}  ").as_bytes()),
        format!("AUTHORIZATION:\tBEARER {ROOT}\r\n").into_bytes(),
    ] {
        assert_eq!(closed.status(&lines), 200, "{}", String::from_utf8_lossy(&lines));
    }
    let log = closed.server.stderr();
    assert!(log.contains("request answered") && !log.contains("planted"), "{log}");
}

#[test]
fn a_wrong_token_is_refused_before_100_continue_and_before_a_body_is_read() {
    let closed = Closed::start();
    for (expectation, sent) in [("Expect: 100-continue\r\n", ""), ("", "the beginning of a body")] {
        for token in ["", "Authorization: Bearer wrong\r\n"] {
            let mut client = Connection::connect(&closed.server);
            let length = "Content-Type: text/plain\r\nContent-Length: 1000000\r\n";
            client.send(format!(
                "PUT /v1/config/a HTTP/1.1\r\nHost: localhost\r\n{token}{length}{expectation}\r\n{sent}"
            ));
            // The first head that comes is the response's, not that of `100 Continue`.
            assert_eq!(client.answer().status, 401, "{expectation}{token}");
            client.assert_closed();
        }
    }
    let mut client = Connection::connect(&closed.server);
    let head = format!(
        "Host: localhost\r\nAuthorization: Bearer {ROOT}\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n"
    );
    client.send(format!("PUT /v1/config/a HTTP/1.1\r\n{head}Expect: 100-continue\r\n\r\n"));
    assert_eq!(client.head().0, 100, "with a valid token the body is asked for");
    client.send("v");
    assert_eq!(client.answer().status, 200);
}
