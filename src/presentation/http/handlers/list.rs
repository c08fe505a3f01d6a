//! The list of names, now and at any point, whole or in pages.
//!
//! Always on the pool: a list takes a walk, of as many names as it has.
//! Pages after the first are at the place of the first, so that together they are one state of one log
//! (`the_pages_of_a_list_are_one_revision`). Lists of the past are in `past_list`,
//! searched lists in `list_page`.

use rouille::ResponseBody;

use super::list_response::{Asked, Described, next_page, whole};
use super::{list_page, past_list};
use crate::application::{At, ListQuery, ShownListing, ShownName};
use crate::presentation::http::answer::caching::Keeping;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::{Call, parse_name};
use crate::presentation::http::request::conditions::{Conditions, Evaluation};
use crate::presentation::http::request::moment::Seen;
use crate::wire::item::Members;

/// The largest page, in names. Without a limit the list comes whole.
const PAGE_NAMES_MAX: usize = 10_000;

/// `GET /config`
pub(in crate::presentation::http) fn list(call: &Call<'_>) -> Answered {
    let query = &call.query;
    let page = query.count("limit", 1..=PAGE_NAMES_MAX)?;
    let members = query.word("values", &[("true", Members::Value), ("false", Members::NoValue)])?;
    let after = query.get("after").map(parse_name).transpose()?;
    // One more than the page has shows whether there is a next.
    let limit = page.map_or(usize::MAX, |page| page + 1);
    let search = list_page::search(query)?;
    let moment = call.moment()?;
    let asked = Asked {
        query: ListQuery { prefix: query.prefix()?, after, limit },
        search,
        page,
        members: members.unwrap_or(Members::Value),
        conditions: Conditions::read(call.request)?,
        moment,
        // Without values there is nothing to reveal.
        reveal: call.reveal()?.filter(|_| members != Some(Members::NoValue)),
        path: format!("{}/config", call.base),
    };
    match moment.point() {
        None => call.when_applied(move |exchange| {
            Ok(pooled(exchange, move |exchange| {
                if let Some(search) = asked.search.clone() {
                    return list_page::search_now(exchange, asked, search);
                }
                let listed = exchange.view().list(&asked.query);
                let listed = listed.map_err(|error| exchange.failed_read(&error))?;
                show(&asked, Keeping::Revalidate, listed, exchange)
            }))
        }),
        Some(point) => {
            Seen::followed(call.request, [point])?.then(call.request, call.exchange, move |exchange| {
                Ok(pooled(exchange, move |exchange| past_list::answer(exchange, asked, point)))
            })
        }
    }
}

fn show(asked: &Asked, keeping: Keeping, listed: At<ShownListing>, exchange: &Exchange) -> Answered {
    let At { revision: at, found: ShownListing { mut items, newest, place } } = listed;
    let verdict = asked.evaluate(newest, at)?;
    let next = asked.page.filter(|page| items.len() > *page).and_then(|page| {
        items.truncate(page);
        items.last().map(|(name, _)| next_page(asked, place, name, Some(page)))
    });
    let data = if verdict == Evaluation::NotModified {
        ResponseBody::empty()
    } else {
        if let Some(metadata) = &asked.reveal {
            let revealed = exchange.view().reveal_list(items, &asked.query.prefix, metadata);
            items = revealed.map_err(|error| exchange.failed_read(&error))?;
        }
        let held_bytes = items.capacity() * size_of::<ShownName>();
        whole(asked, items, held_bytes, exchange.shared.answers.share(), exchange)?
    };
    Ok(asked.respond(exchange, verdict, Described { tag: newest, at, keeping, next }, data))
}
