//! Origins of pages that may use the service from a browser, and the pages that send requests.
//!
//! Parsed by the settings, found by `guard` at the head of a request, and answered by `answer::cors`. An origin is
//! compared byte by byte: browsers send it in one form, and that is the form that parsing makes
//! (`an_origin_is_written_as_browsers_send_it`).

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// An origin (RFC 6454 section 6.2): scheme, host and, where it is not the scheme's own, port. A clone shares its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsOrigin(Arc<str>);

/// A text that is not the origin of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorsOriginError {
    /// It would let every page in.
    #[error("must not contain *: name each origin by itself, such as https://app.example.com")]
    Wildcard,
    /// Sandboxed frames and local files of every site have it.
    #[error("must not be null: pages of every site can send it; serve the page from an origin of its own")]
    Opaque,
    /// No scheme, or not a valid one.
    #[error("must begin with a scheme: write scheme, host and port, such as https://app.example.com:8443")]
    Scheme,
    /// A path, a query or a fragment, a single slash too.
    #[error("must not have a path or a slash at its end: write scheme, host and port alone")]
    Path,
    /// A user before the host.
    #[error("must not have a user: write scheme, host and port alone")]
    User,
    /// Not a host in the form that browsers send.
    #[error(
        "must have a valid host in ASCII: write an international name with xn--, and an IPv6 address in brackets"
    )]
    Host,
    /// Not a port.
    #[error("must have a port from 1 to 65535, or none")]
    Port,
}

impl CorsOrigin {
    /// The one door into the type. Letter case and the scheme's own port are brought into the form of browsers.
    ///
    /// # Errors
    /// [`CorsOriginError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, CorsOriginError> {
        if text.contains('*') {
            return Err(CorsOriginError::Wildcard);
        }
        if text.eq_ignore_ascii_case("null") {
            return Err(CorsOriginError::Opaque);
        }
        let (scheme, authority) = text.split_once("://").ok_or(CorsOriginError::Scheme)?;
        if !is_scheme(scheme) {
            return Err(CorsOriginError::Scheme);
        }
        if authority.contains(['/', '\\', '?', '#']) {
            return Err(CorsOriginError::Path);
        }
        if authority.contains('@') {
            return Err(CorsOriginError::User);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let (scheme, host) = (scheme.to_ascii_lowercase(), host_of(host)?);
        let port = match port {
            None => None,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().ok().filter(|port: &u16| *port != 0).ok_or(CorsOriginError::Port)?)
            }
            Some(_) => return Err(CorsOriginError::Port),
        };
        let own = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let port = port.filter(|port| Some(*port) != own).map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(format!("{scheme}://{host}{port}").into()))
    }

    /// As it is written in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorsOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 3986 section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// A host in the form of browsers.
fn host_of(text: &str) -> Result<String, CorsOriginError> {
    if let Some(address) = text.strip_prefix('[') {
        let address = address.strip_suffix(']').and_then(|address| address.parse::<Ipv6Addr>().ok());
        return address.map(|address| format!("[{address}]")).ok_or(CorsOriginError::Host);
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if text.is_empty() || !text.bytes().all(is_name) {
        return Err(CorsOriginError::Host);
    }
    Ok(text.to_ascii_lowercase())
}

/// The page that a request comes from, if its origin is an allowed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Page {
    /// None of them: a program, or a page of the server's own origin.
    Own,
    /// A page of this origin.
    Allowed(CorsOrigin),
    /// A browser asks, for a page of this origin, which requests it may send.
    Preflight(CorsOrigin),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for (text, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.com:443", "https://app.example.com"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:443", "http://localhost:443"),
            ("http://127.0.0.1:05173", "http://127.0.0.1:5173"),
            ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://[::1]", "http://[::1]"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("tauri://localhost", "tauri://localhost"),
        ] {
            assert_eq!(CorsOrigin::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_no_page_has_as_its_origin_is_refused() {
        use CorsOriginError::{Host, Opaque, Path, Port, Scheme, User, Wildcard};
        for (text, expected) in [
            ("*", Wildcard),
            ("https://*.example.com", Wildcard),
            ("null", Opaque),
            ("NULL", Opaque),
            ("", Scheme),
            ("app.example.com", Scheme),
            ("//app.example.com", Scheme),
            ("1http://a", Scheme),
            ("ht tp://a", Scheme),
            ("https://a/", Path),
            ("https://a/b", Path),
            ("https://a?b", Path),
            ("https://a\\b", Path),
            ("https://user@a", User),
            ("https://", Host),
            ("https://:80", Host),
            ("https://bücher.example", Host),
            ("https://a b", Host),
            ("https://[::1", Host),
            ("https://[1]", Host),
            ("https://::1", Host),
            ("https://a\r\nX: y", Host),
            ("https://a:", Port),
            ("https://a:0", Port),
            ("https://a:65536", Port),
            ("https://a:+80", Port),
        ] {
            assert_eq!(CorsOrigin::parse(text), Err(expected), "{text:?}");
        }
    }
}
