//! What the fuzz targets and the tests run on any input. Each panics where an invariant does not hold.

use configapi::domain::{ConfigName, Point, Prefix, Timestamp};

/// A text is a name, a prefix or a point, or is refused; what is taken says the same again.
pub fn read_text(text: &str) {
    if let Ok(name) = ConfigName::parse(text) {
        assert_eq!(name.as_str(), text);
        let prefix = Prefix::parse(text).expect("every name is a prefix");
        assert!(prefix.covers(&name));
        assert!(
            prefix.end().is_none_or(|end| end.as_str() > text),
            "the end sorts after all that is covered"
        );
    }
    if let Ok(Point::Instant(instant)) = Point::parse(text) {
        assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
    }
}

/// A body is taken or refused, and never the server's fault. `send` takes method, target, field and body, and
/// gives the status. The first byte says what it is sent to.
pub fn send_body(send: impl Fn(&str, &str, &str, &[u8]) -> u16, input: &[u8]) {
    let [choice, body @ ..] = input else { return };
    let (method, target) = match choice % 4 {
        0 => ("PUT", "/v1/config/a"),
        1 => ("POST", "/v1/restore"),
        _ => ("POST", "/v1/transactions"),
    };
    let status = send(method, target, "Content-Type: application/json", body);
    // A restore to a revision that is not there yet waits for it, then 503.
    let waited = status == 503 && target == "/v1/restore";
    assert!(waited || matches!(status, 200 | 400..=499), "{method} {target}: {status}");
}
