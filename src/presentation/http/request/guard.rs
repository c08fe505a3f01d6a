//! Which requests of browsers are let in.
//!
//! A page of any site can make a browser send requests to this machine. The host allow-list defends against DNS
//! rebinding; Origin and Fetch Metadata against requests of other sites (RFC 6454, W3C Fetch Metadata). Reads are refused
//! too: a page that cannot read an answer may still notice whether it was an error, and so which names exist. Pages of the
//! origins that the settings allow are exempt, and their browsers are answered before a token is asked for. A link that
//! is followed is let in to the console alone: elsewhere it would lead to data. Called by `api` with the head of a
//! request, before anything else.

use std::net::Ipv4Addr;

use super::origin::{CorsOrigin, Page};
use crate::presentation::http::answer::problem::Problem;
use crate::server::{RequestHead, Scheme};

/// For which hosts the server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// `localhost`, `[::1]` and the addresses of `127.0.0.0/8`, with any port: a server that only its own machine reaches.
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
        match self {
            Self::Any => true,
            Self::Loopback => is_loopback(host),
            Self::Named(names) => {
                is_loopback(host) || names.iter().any(|name| host.eq_ignore_ascii_case(name))
            }
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The pages whose links may lead a browser to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Links {
    /// The server's own.
    Own,
    /// Those of other sites too, in a tab of their own: never inside a page.
    Foreign,
}

/// Refuses foreign hosts, and requests of foreign pages; the page of a request that may come in.
pub(in crate::presentation::http) fn admit(
    head: &RequestHead<'_>,
    hosts: &Hosts,
    origins: &[CorsOrigin],
    links: Links,
) -> Result<Page, Problem> {
    let mut found = Browser::default();
    for (name, value) in head.headers {
        // By length first: most fields are none of these.
        match name.len() {
            4 if name.eq_ignore_ascii_case("Host") => found.host = Some(value),
            6 if name.eq_ignore_ascii_case("Origin") => once(&mut found.origin, value, "Origin")?,
            14 if name.eq_ignore_ascii_case("Sec-Fetch-Site") => {
                once(&mut found.site, value, "Sec-Fetch-Site")?;
            }
            14 if name.eq_ignore_ascii_case("Sec-Fetch-Mode") => {
                once(&mut found.mode, value, "Sec-Fetch-Mode")?;
            }
            14 if name.eq_ignore_ascii_case("Sec-Fetch-Dest") => {
                once(&mut found.destination, value, "Sec-Fetch-Dest")?;
            }
            _ => {}
        }
    }
    let Browser { host, origin, site, mode, destination } = found;
    // Without a Host (HTTP/1.0) it isn't a browser.
    if host.is_some_and(|host| !hosts.answer_for(host)) {
        return Err(Problem::misdirected());
    }
    if let Some(allowed) = origin.and_then(|origin| origins.iter().find(|known| known.as_str() == origin)) {
        let asks = head.method == "OPTIONS" && head.header("Access-Control-Request-Method").is_some();
        return Ok(if asks { Page::Preflight(allowed.clone()) } else { Page::Allowed(allowed.clone()) });
    }
    let foreign_site = !matches!(site.unwrap_or("none"), "none" | "same-origin");
    let writes = !matches!(head.method, "GET" | "HEAD" | "OPTIONS");
    let foreign_origin = writes && origin.is_some_and(|origin| !is_own(origin, host, head.scheme));
    // A frame has another destination.
    let is_followed = (mode, destination) == (Some("navigate"), Some("document"));
    let foreign_site = foreign_site && !(links == Links::Foreign && is_followed && !writes);
    if foreign_site || foreign_origin { Err(Problem::forbidden_origin()) } else { Ok(Page::Own) }
}

/// The fields that say where a browser's request comes from and where it goes.
#[derive(Default)]
struct Browser<'a> {
    host: Option<&'a str>,
    origin: Option<&'a str>,
    site: Option<&'a str>,
    mode: Option<&'a str>,
    destination: Option<&'a str>,
}

/// Of two, one could be checked and the other one meant.
fn once<'a>(held: &mut Option<&'a str>, value: &'a str, name: &str) -> Result<(), Problem> {
    match held.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::malformed(format!("send the field {name} once"))),
    }
}

/// Whether an origin is the one that the request was sent to; `null` never is, and none of another scheme. A request
/// without encryption may come through a proxy that browsers reach by HTTPS.
fn is_own(origin: &str, host: Option<&str>, by: Scheme) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let is_encrypted = scheme.eq_ignore_ascii_case("https");
    let is_known = is_encrypted || (by == Scheme::Http && scheme.eq_ignore_ascii_case("http"));
    is_known && host.is_some_and(|host| authority.eq_ignore_ascii_case(host))
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
    use crate::server::Peer;

    fn status(method: &str, fields: &[(&str, &str)]) -> Option<u16> {
        status_by(Scheme::Http, method, fields)
    }

    fn status_by(scheme: Scheme, method: &str, fields: &[(&str, &str)]) -> Option<u16> {
        page(scheme, method, fields, &[], Links::Own).err()
    }

    fn page(
        scheme: Scheme,
        method: &str,
        fields: &[(&str, &str)],
        origins: &[CorsOrigin],
        links: Links,
    ) -> Result<Page, u16> {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (peer, now) = (Peer::Unix, std::time::Instant::now());
        let memory = crate::server::ConnectionMemory::default();
        let head = RequestHead { method, target: "/", headers: &fields, peer, scheme, now, memory: &memory };
        admit(&head, &Hosts::Loopback, origins, links).map_err(|problem| problem.status())
    }

    #[test]
    fn only_loopback_names_are_answered_by_default() {
        for host in
            ["localhost", "localhost:4000", "LOCALHOST:1", "127.0.0.1:80", "127.0.0.2", "[::1]", "[::1]:4000"]
        {
            assert_eq!(status("GET", &[("Host", host)]), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:4000", "", "[::2]:1"] {
            assert_eq!(status("GET", &[("Host", host)]), Some(421), "{host}");
        }
        assert_eq!(status("GET", &[]), None);
    }

    const HOST: (&str, &str) = ("Host", "localhost:4000");

    #[test]
    fn a_foreign_page_cannot_write() {
        for field in [
            ("Origin", "http://localhost:3000"),
            ("Origin", "https://evil.example"),
            ("Origin", "evil://localhost:4000"),
            ("Origin", "localhost:4000"),
            ("Origin", "null"),
            ("Origin", ""),
        ] {
            assert_eq!(status("PUT", &[HOST, field]), Some(403), "{field:?}");
            assert_eq!(status("GET", &[HOST, field]), None, "{field:?}");
        }
        assert_eq!(
            status("PUT", &[HOST, ("Origin", "http://localhost:4000"), ("Sec-Fetch-Site", "same-origin")]),
            None
        );
        assert_eq!(status("DELETE", &[HOST]), None);
    }

    #[test]
    fn a_page_without_encryption_is_foreign_to_a_server_with_it() {
        let (plain, encrypted) = (("Origin", "http://localhost:4000"), ("Origin", "https://localhost:4000"));
        assert_eq!(status_by(Scheme::Https, "PUT", &[HOST, plain]), Some(403));
        assert_eq!(status_by(Scheme::Https, "PUT", &[HOST, encrypted]), None);
        // A proxy may have ended the encryption.
        assert_eq!(status_by(Scheme::Http, "PUT", &[HOST, encrypted]), None);
    }

    #[test]
    fn a_foreign_page_cannot_tell_existing_names_from_absent_ones() {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST"] {
            for site in ["cross-site", "same-site", "", "none, same-origin", "Same-Origin"] {
                assert_eq!(status(method, &[HOST, ("Sec-Fetch-Site", site)]), Some(403), "{method} {site}");
            }
            for site in ["none", "same-origin"] {
                assert_eq!(status(method, &[HOST, ("sec-fetch-site", site)]), None, "{method} {site}");
            }
        }
    }

    #[test]
    fn a_link_on_a_foreign_page_is_followed_to_the_console_in_a_tab_alone() {
        let site = ("Sec-Fetch-Site", "cross-site");
        let followed = [HOST, site, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        let asked = |method, fields: &[(&str, &str)], links| page(Scheme::Http, method, fields, &[], links);
        for method in ["GET", "HEAD"] {
            assert_eq!(asked(method, &followed, Links::Foreign), Ok(Page::Own), "{method}");
            assert_eq!(asked(method, &followed, Links::Own), Err(403), "{method}");
        }
        assert_eq!(asked("POST", &followed, Links::Foreign), Err(403), "a form is not a link");
        for (mode, destination) in [("navigate", "iframe"), ("no-cors", "script"), ("cors", "document")] {
            let fields = [HOST, site, ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)];
            assert_eq!(asked("GET", &fields, Links::Foreign), Err(403), "{mode} {destination}");
        }
        assert_eq!(asked("GET", &followed[..3], Links::Foreign), Err(403), "a destination is needed");
        assert_eq!(asked("GET", &[&followed[..], &[followed[3]]].concat(), Links::Foreign), Err(400));
    }

    #[test]
    fn a_field_about_the_sender_that_stands_twice_is_refused() {
        let own = ("Origin", "http://localhost:4000");
        for method in ["GET", "PUT"] {
            assert_eq!(status(method, &[HOST, own, own]), Some(400));
            assert_eq!(status(method, &[HOST, own, ("origin", "https://evil.example")]), Some(400));
            let site = ("Sec-Fetch-Site", "same-origin");
            assert_eq!(status(method, &[HOST, site, ("Sec-Fetch-Site", "cross-site")]), Some(400));
        }
    }
    #[test]
    fn a_page_of_an_allowed_origin_is_exempt_and_no_other_one() {
        let allowed = CorsOrigin::parse("https://app.example.com").unwrap();
        let origins = [CorsOrigin::parse("http://localhost:5173").unwrap(), allowed.clone()];
        let asked = |method: &str, fields: &[(&str, &str)]| {
            let fields = [&[HOST, ("Sec-Fetch-Site", "cross-site")], fields].concat();
            page(Scheme::Http, method, &fields, &origins, Links::Own)
        };
        let own = ("Origin", "https://app.example.com");
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"] {
            assert_eq!(asked(method, &[own]), Ok(Page::Allowed(allowed.clone())), "{method}");
            for origin in [
                "https://app.example.com.evil.example",
                "https://evil.example",
                "http://app.example.com",
                "https://app.example.com:8443",
                "https://app.example.com/",
                "https://App.example.com",
                "null",
                "*",
                "",
            ] {
                assert_eq!(asked(method, &[("Origin", origin)]), Err(403), "{method} {origin}");
            }
        }
        let asks = ("Access-Control-Request-Method", "PUT");
        assert_eq!(asked("OPTIONS", &[own, asks]), Ok(Page::Preflight(allowed.clone())));
        assert_eq!(asked("GET", &[own, asks]), Ok(Page::Allowed(allowed)), "a preflight is an OPTIONS");
        assert_eq!(asked("OPTIONS", &[("Origin", "https://evil.example"), asks]), Err(403));
        assert_eq!(asked("GET", &[own, own]), Err(400), "of two, one could be meant");
        let elsewhere = [("Host", "evil.example"), own];
        assert_eq!(
            page(Scheme::Http, "GET", &elsewhere, &origins, Links::Own),
            Err(421),
            "the host counts still"
        );
    }
}
