//! The memory of idle connections.

use std::fs;

use super::Secure;
use crate::support::connection::Connection;

const CONNECTIONS: usize = 1_000;
/// The session, and 4 KiB for the next record. A record of the longest kind has four times that.
const BYTES_MAX: usize = 14 << 10;

fn resident_bytes(secure: &Secure) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", secure.server.pid())).unwrap();
    let row = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    row.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// Connections that have sent long records, in requests that leave nothing in the store.
fn used(secure: &Secure, count: usize) -> Vec<Connection> {
    // With its head in one record, which is read in one turn.
    let body = "[".repeat(15 << 10);
    let request = format!(
        "PUT /v1/config/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let use_one = |_| {
        let mut connection = secure.connect(None);
        connection.send(&request);
        assert_eq!(connection.answer().status, 400);
        connection
    };
    (0..count).map(use_one).collect()
}

#[test]
fn an_idle_connection_keeps_no_room_for_a_long_record() {
    let secure = Secure::start(&["--log-level", "warning"]);
    let _first = used(&secure, 100);
    let before = resident_bytes(&secure);
    let _held = used(&secure, CONNECTIONS);
    let each = resident_bytes(&secure).saturating_sub(before) / CONNECTIONS;
    assert!(each <= BYTES_MAX, "{each} bytes for an idle connection");
}
