//! Which requests of browsers are let in.
//!
//! A page of any site can make a browser send requests to this machine. The host allow-list defends against DNS
//! rebinding; Origin and Fetch Metadata against cross-site writes (RFC 6454). There is no CORS: no other page
//! reads an answer. Called by `api` with the head of a request, before anything else.

use crate::presentation::http::answer::problem::Problem;
use crate::server::RequestHead;

/// For which hosts the server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// `localhost`, `127.0.0.1` and `[::1]`, with any port: a server that only its own machine reaches.
    #[default]
    Loopback,
    /// These, without ports, and the loopback names.
    Named(Vec<String>),
    /// Every host: behind a proxy that knows which ones are right.
    Any,
}

impl Hosts {
    fn answer_for(&self, host: &str) -> bool {
        let host = without_port(host);
        let loopback = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.eq_ignore_ascii_case(name));
        match self {
            Self::Any => true,
            Self::Loopback => loopback,
            Self::Named(names) => loopback || names.iter().any(|name| host.eq_ignore_ascii_case(name)),
        }
    }
}

/// Refuses foreign hosts, and writes that a foreign page sends.
pub(in crate::presentation::http) fn admit(head: &RequestHead<'_>, hosts: &Hosts) -> Result<(), Problem> {
    let host = head.header("Host");
    // Without a Host (HTTP/1.0) it is no browser.
    if host.is_some_and(|host| !hosts.answer_for(host)) {
        return Err(Problem::misdirected());
    }
    if matches!(head.method, "GET" | "HEAD" | "OPTIONS") {
        return Ok(());
    }
    let site = head.header("Sec-Fetch-Site").unwrap_or("none");
    let foreign_origin = head.header("Origin").is_some_and(|origin| !is_own(origin, host));
    if foreign_origin || !matches!(site, "none" | "same-origin") {
        return Err(Problem::forbidden_origin());
    }
    Ok(())
}

/// Whether an origin is the one that the request was sent to; `null` never is.
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

/// `[::1]:4000` is `[::1]`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &str, fields: &[(&str, &str)]) -> Option<u16> {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (peer, now) = (([127, 0, 0, 1], 1).into(), std::time::Instant::now());
        let head = RequestHead { method, target: "/", headers: &fields, peer, now };
        admit(&head, &Hosts::Loopback).err().map(|problem| problem.status())
    }

    #[test]
    fn only_loopback_names_are_answered_by_default() {
        for host in ["localhost", "localhost:4000", "LOCALHOST:1", "127.0.0.1:80", "[::1]", "[::1]:4000"] {
            assert_eq!(status("GET", &[("Host", host)]), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:4000", "", "[::2]:1"] {
            assert_eq!(status("GET", &[("Host", host)]), Some(421), "{host}");
        }
        assert_eq!(status("GET", &[]), None);
    }

    #[test]
    fn a_foreign_page_cannot_write() {
        let host = ("Host", "localhost:4000");
        for field in [
            ("Origin", "http://localhost:3000"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            assert_eq!(status("PUT", &[host, field]), Some(403), "{field:?}");
            assert_eq!(status("GET", &[host, field]), None, "{field:?}");
        }
        assert_eq!(
            status("PUT", &[host, ("Origin", "http://localhost:4000"), ("Sec-Fetch-Site", "same-origin")]),
            None
        );
        assert_eq!(status("DELETE", &[host]), None);
    }
}
