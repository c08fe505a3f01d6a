//! Every way to a value hides what a principal may not read.
//!
//! The table has a row per way (`rows`) and a column per principal (`people`). Each row runs over a socket, for each
//! principal, in two worlds that differ only in what the principal may not know: other hidden names, values, reasons,
//! actors, deletions. Three checks:
//!
//! - No marker of what is hidden occurs in any byte of the response. What the request itself sent is exempt. So is the
//!   place of the head, and the place at which a stream begins or is reset: how far a log goes is not secret. A place
//!   has a hash of a change, but a random id goes into it: no value can be guessed from it.
//! - Both worlds send the same bytes, instants and hashes apart. A hidden name of the first world is absent in the
//!   second, so that hidden equals absent.
//! - A principal that may read or write sees what it may, and everybody sees what is hidden from others: a row that
//!   shows nothing proves nothing.

#[path = "ways/access.rs"]
mod access;
#[path = "ways/feeds.rs"]
mod feeds;
#[path = "ways/people.rs"]
mod people;
#[path = "ways/policy.rs"]
mod policy;
#[path = "ways/reads.rs"]
mod reads;
#[path = "ways/rows.rs"]
mod rows;
#[path = "ways/scripts.rs"]
mod scripts;
#[path = "ways/text.rs"]
mod text;
#[path = "ways/world.rs"]
mod world;
#[path = "ways/writes.rs"]
mod writes;

use std::thread;

use serde_json::Value;

use people::Who;
use rows::{Compare, Row, Run, rows};
use text::masked;
use world::{Seen, World};

fn seen(world: &World, who: Who, row: &Row) -> Seen {
    let mut seen = Seen::default();
    match row.run {
        Run::Requests(requests) => {
            for request in requests {
                world.visit(who, request, &mut seen);
            }
        }
        Run::Script(script) => script(world, who, &mut seen),
    }
    seen
}

/// What is wrong with a row for a principal.
fn findings(row: &Row, who: Who, [first, second]: [&World; 2]) -> Vec<String> {
    let mut known = vec![first.head()];
    let [here, there] = [first, second].map(|world| seen(world, who, row));
    known.push(first.head());
    known.extend(here.positions.iter().cloned());
    let mut found = Vec::new();
    let mut hidden: Vec<String> = who.markers().iter().map(|&marker| marker.to_owned()).collect();
    hidden.extend(first.hidden_traces(who));
    let exempt = |marker: &String| here.sent.contains(marker.as_str()) || known.contains(marker);
    for marker in hidden.iter().filter(|marker| !exempt(marker)) {
        if let Some(at) = here.received.find(marker.as_str()) {
            let around = here.received[..at].rfind('\n').map_or(0, |line| line + 1);
            found.push(format!("shows {marker}: {}", here.received[around..].lines().next().unwrap_or("")));
        }
    }
    if row.compare == Compare::Bytes && who != Who::Everybody {
        let (one, other) = (masked(&here.received), masked(&there.received));
        if one != other {
            let mut pairs = one.lines().zip(other.lines());
            let differing = pairs.find(|(one, other)| one != other);
            found.push(format!("hidden is not as absent: {differing:?}"));
        }
    }
    let mut wanted: Vec<&str> = Vec::new();
    if who.may_read() {
        wanted.extend(row.reader);
    }
    if who.may_write() {
        wanted.extend(row.writer);
    } else if !row.writer.is_empty() {
        wanted.push(" 403 ");
    }
    if who.may_read() && who.may_write() {
        wanted.extend(row.both);
    }
    if who == Who::Everybody {
        wanted.extend(row.reveals);
    }
    for text in wanted.iter().filter(|text| !here.received.contains(**text)) {
        found.push(format!("does not show {text:?}: {}", here.received));
    }
    found.into_iter().map(|finding| format!("{who:?}, {}: {finding}", row.name)).collect()
}

#[test]
fn every_way_to_a_value_hides_what_a_principal_may_not_read() {
    let found: Vec<String> = thread::scope(|scope| {
        // They mostly wait, each for worlds of its own.
        let columns =
            Who::ALL.map(|who| thread::Builder::new().spawn_scoped(scope, move || column(who)).unwrap());
        columns.into_iter().flat_map(|column| column.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

/// What is wrong with all rows for a principal.
fn column(who: Who) -> Vec<String> {
    let worlds = [World::first(), World::other_for(who)];
    let mut found: Vec<String> = rows().flat_map(|row| findings(row, who, worlds.each_ref())).collect();
    let left_behind = worlds[0].left_behind();
    let values = world::VALUES.iter().filter(|value| left_behind.contains(**value));
    found.extend(values.map(|value| format!("{who:?}, log lines and audit file: shows {value}")));
    found
}

/// A page of the feed has 8 MiB. It ended before that many bytes of hidden changes too, and so told how large those are.
#[test]
fn the_end_of_a_page_of_the_feed_does_not_tell_how_large_hidden_changes_are() {
    let pages = ["x".repeat(1 << 20), "x".to_owned()].map(|value| {
        let world = World::first();
        for _ in 0..9 {
            world.act("HACTOR", "HREASON", &format!("PUT /v1/config/app%2FaHNAME1\n\n{value}"));
        }
        let mut seen = Seen::default();
        world.visit(Who::Prefix, "GET /v1/events?after=12", &mut seen);
        masked(&seen.received)
    });
    assert!(pages[0].contains("{\"revision\":21,\"changes\":[]}"), "{}", pages[0]);
    assert_eq!(pages[0], pages[1]);
}

/// A row that could show nothing to anybody would prove nothing.
#[test]
fn every_row_shows_something_to_somebody() {
    for row in rows().filter(|row| row.compare == Compare::Bytes) {
        assert!([row.reader, row.writer, row.reveals].iter().any(|texts| !texts.is_empty()), "{}", row.name);
    }
}

/// The document is held equal to the table of routes by `the_document_has_every_route_and_no_other`.
#[test]
fn every_route_and_every_parameter_has_a_row() {
    let world = World::first();
    let mut sent = Vec::new();
    for row in rows() {
        sent.extend(seen(&world, Who::Everybody, row).targets);
    }
    let mut document = Seen::default();
    world.visit(Who::Everybody, "GET /openapi.json", &mut document);
    let body = document.received.split_once("\r\n\r\n").unwrap().1;
    let missing = without_a_row(&serde_json::from_str(body).unwrap(), &sent);
    assert!(missing.is_empty(), "no row asks for {missing:#?}");
    // The check itself can fail.
    let fewer: Vec<_> = sent.into_iter().filter(|(_, target)| !target.starts_with("/v1/diff")).collect();
    let missing = without_a_row(&serde_json::from_str(body).unwrap(), &fewer);
    assert_eq!(missing, ["GET /v1/diff", "GET /v1/diff?from", "GET /v1/diff?prefix", "GET /v1/diff?to"]);
}

/// The operations and parameters of the document that no request asked for.
fn without_a_row(document: &Value, sent: &[(String, String)]) -> Vec<String> {
    let mut missing = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let method = method.to_uppercase();
            let of_route = || {
                sent.iter().filter(|(used, target)| {
                    *used == method && fits(template, target.split('?').next().unwrap())
                })
            };
            if of_route().next().is_none() {
                missing.push(format!("{method} {template}"));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let reference = parameter["$ref"].as_str().map(|reference| &reference[1..]);
                let parameter = reference.map_or(parameter, |at| document.pointer(at).unwrap());
                let name = parameter["name"].as_str().unwrap();
                let asked = |target: &str| {
                    let query = target.split_once('?').map_or("", |(_, query)| query);
                    query.split('&').any(|pair| pair.split('=').next() == Some(name))
                };
                if parameter["in"] == "query" && !of_route().any(|(_, target)| asked(target)) {
                    missing.push(format!("{method} {template}?{name}"));
                }
            }
        }
    }
    missing.sort();
    missing
}

fn fits(template: &str, path: &str) -> bool {
    let fits = |(pattern, segment): (&str, &str)| pattern.starts_with('{') || pattern == segment;
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(fits)
}
