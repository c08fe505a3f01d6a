//! The console: static files that `build.rs` embeds, each as it is and compressed.
//!
//! Called by the routes. The page is asked for again each time. All other files are below an address that has the hash
//! over all of them, so that they may be kept for ever and a page never mixes the files of two releases. A page that is
//! open while the server is upgraded gets a 404 for files that it has not loaded yet; it then asks to be loaded again.
//! The files hold no data of the log, and need no token. Invariants: the test names in `tests/http/console.rs`.

use std::io::Cursor;

use rouille::{Request, Response, ResponseBody};

use super::exchange::{Answered, Policy};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{NO_CACHE, field, put, response};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::joined;
use crate::presentation::http::request::guard::Links;
use crate::presentation::http::request::negotiation::{Coding, coding};
use crate::server::{Field, Reply};

/// A file of the console in both of its forms.
struct Asset {
    /// From the console's folder.
    path: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

// `HASH` over all files, the `PAGE` with the address of the files in it, and the other `FILES`.
include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// For a page that runs its own scripts and shows foreign text: it loads from this server alone, nothing inside the page
/// is a script or a style, and no text becomes markup.
pub(super) const CONSOLE: Policy = Policy {
    content_security: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                       connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
                       frame-ancestors 'none'; require-trusted-types-for 'script'",
    caching: "no-cache",
    fields: &[field("Referrer-Policy", "no-referrer"), field("Cross-Origin-Opener-Policy", "same-origin")],
    links: Links::Foreign,
};

/// For files whose address has their hash.
const FOREVER: Field = field("Cache-Control", "public, max-age=31536000, immutable");

/// `GET /` of a browser.
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(super) fn root(call: &Call<'_>) -> Answered {
    let _ = call;
    Ok(redirect("Accept"))
}

/// `GET /console`
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(super) fn without_slash(call: &Call<'_>) -> Answered {
    let _ = call;
    Ok(redirect("Accept-Encoding"))
}

/// `GET /console/` and the files below it.
pub(super) fn file(call: &Call<'_>) -> Answered {
    let path = call.texts.first().map(String::as_str).unwrap_or_default();
    if path.is_empty() {
        return Ok(Reply::Ready(answer(call.request, &PAGE, NO_CACHE)));
    }
    let wanted = path.split_once('/').filter(|(hash, _)| *hash == HASH).map(|(_, path)| path);
    match wanted.and_then(|wanted| FILES.iter().find(|asset| asset.path == wanted)) {
        Some(asset) => Ok(Reply::Ready(answer(call.request, asset, FOREVER))),
        None => Err(Problem::no_such_file()),
    }
}

/// Not a permanent one: the next server at this address may have no console.
fn redirect(varies: &'static str) -> Reply {
    let mut response = response(302, ResponseBody::empty());
    put(&mut response, "Location", "/console/");
    put(&mut response, "Vary", varies);
    Reply::Ready(response)
}

/// A file in the coding that the client takes, or 304.
fn answer(request: &Request, asset: &Asset, caching: Field) -> Response {
    let (bytes, tag) = match coding(request) {
        Coding::Gzip => (asset.gzip, format!("\"{HASH}.gzip\"")),
        Coding::Identity => (asset.plain, format!("\"{HASH}\"")),
    };
    let mut response = if has_tag(request, &tag) {
        response(304, ResponseBody::empty())
    } else {
        let data = ResponseBody::from_reader_and_size(Cursor::new(bytes), bytes.len());
        let mut response = response(200, data);
        put(&mut response, "Content-Type", asset.content_type);
        if coding(request) == Coding::Gzip {
            put(&mut response, "Content-Encoding", "gzip");
        }
        response
    };
    put(&mut response, "ETag", tag);
    put(&mut response, "Vary", "Accept-Encoding");
    response.headers.push(caching);
    response
}

/// Whether `If-None-Match` names a tag; weakly compared (RFC 9110 section 13.1.2).
fn has_tag(request: &Request, tag: &str) -> bool {
    let Some(tags) = joined(request, "If-None-Match") else { return false };
    tags.split(',').map(str::trim).any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
}
