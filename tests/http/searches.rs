//! Lists that are searched for a text.

use std::sync::Arc;

use configapi::application::{ListEffort, ListQuery, Search, View, Within};
use configapi::domain::{Grant, PathPrefix, Permission, Place, Prefix, Principal, Revision, SearchText};
use serde_json::{Value, json};

use super::driver::{Answer, Client};

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn next(answer: &Answer) -> Option<String> {
    let link = answer.field("Link");
    link.strip_suffix(">; rel=\"next\"").map(|link| link.trim_start_matches('<').to_owned())
}

/// All names, link by link, and how many parts they came in.
fn all(client: &Client, target: &str) -> (Vec<String>, usize) {
    let (mut found, mut parts, mut target) = (Vec::new(), 0, Some(target.to_owned()));
    while let Some(part) = target.take() {
        let answer = client.get(&part);
        assert_eq!(answer.status, 200, "{part}: {answer:?}");
        found.extend(names(&answer.json()));
        (parts, target) = (parts + 1, next(&answer));
    }
    (found, parts)
}

/// At 6; `app/old` is deleted at 7.
fn client() -> Client {
    let client = Client::new();
    for (name, value) in [
        ("app%2FPool_Size", "25"),
        ("app%2Fdb_url", "postgresql://POOL.internal/app"),
        ("app%2Fold", "a pool of names"),
        ("web%2Fpool", "x"),
        ("web%2Furl", "y"),
        ("%D0%BA%D0%BB%D1%8E%D1%87", "Пул"),
    ] {
        client.put(name, value);
    }
    client.delete("app%2Fold");
    client
}

#[test]
fn a_search_finds_names_and_values_in_either_case_now_and_in_the_past() {
    let client = client();
    for (query, expected) in [
        ("q=pool", vec!["app/Pool_Size", "web/pool"]),
        ("q=POOL", vec!["app/Pool_Size", "web/pool"]),
        ("q=pool&prefix=app/", vec!["app/Pool_Size"]),
        ("q=pool&after=b", vec!["web/pool"]),
        ("q=%D0%9A%D0%9B%D0%AE", vec!["ключ"]),
        ("q=/u", vec!["web/url"]),
        ("q=none", vec![]),
        ("q=pool&in=values", vec!["app/Pool_Size", "app/db_url", "web/pool"]),
        ("q=%D0%BF%D1%83%D0%BB&in=values", vec!["ключ"]),
        ("q=25&in=values&values=false", vec!["app/Pool_Size"]),
        ("q=pool&in=values&at=6", vec!["app/Pool_Size", "app/db_url", "app/old", "web/pool"]),
        ("q=pool&at=1", vec!["app/Pool_Size"]),
        ("q=old&at=7", vec![]),
        ("q=o&at=7", vec!["app/Pool_Size", "web/pool"]),
        ("q=pool&at=0", vec![]),
    ] {
        let answer = client.get(&format!("/v1/config?{query}"));
        assert_eq!(
            (answer.status, names(&answer.json())),
            (200, expected.iter().map(ToString::to_string).collect()),
            "{query}"
        );
        assert_eq!(next(&answer), None, "{query}");
    }
    let item = &client.get_json("/config?q=25&in=values&values=false")[0];
    assert_eq!((&item["name"], item.get("value")), (&json!("app/Pool_Size"), None));
}

#[test]
fn the_links_of_a_search_keep_it() {
    let client = client();
    let first = client.get("/v1/config?q=p%20%26o&in=values&limit=1");
    assert_eq!((names(&first.json()).len(), next(&first)), (0, None));
    let first = client.get("/v1/config?q=o&in=values&limit=1&values=false");
    let place = client.place(7);
    let expected = format!("/v1/config?at={place}&after=app%2FPool_Size&limit=1&values=false&q=o&in=values");
    assert_eq!(next(&first).as_deref(), Some(&*expected));
    // What is written between two pages is on none of them.
    client.put("app%2Fzoo", "o");
    let second = client.get(&expected);
    assert_eq!(names(&second.json()), ["app/db_url"]);
    assert_eq!(second.field("Cache-Control"), "private, max-age=31536000, immutable");
    assert_eq!(all(&client, &expected), (["app/db_url", "web/pool"].map(str::to_owned).to_vec(), 2));
    assert_eq!(all(&client, "/config?q=o&limit=2&at=7").0, ["app/Pool_Size", "web/pool"]);
    let memento = ["Accept-Datetime: Tue, 01 Jan 2999 00:00:00 GMT"];
    let memento = client.send("GET", "/v1/config?q=P%26o&in=values", &memento, b"");
    assert_eq!(memento.field("Content-Location"), "/v1/config?q=P%26o&in=values&at=8");
}

/// The same list, searched in the same way, has the same result: so the tag is that of the list.
#[test]
fn the_tag_of_a_search_is_that_of_its_list() {
    let client = client();
    for query in ["", "prefix=web/&", "at=3&"] {
        let tag = client.get(&format!("/config?{query}")).field("ETag").to_owned();
        let searched = format!("/config?{query}q=pool");
        assert_eq!(client.get(&searched).field("ETag"), tag, "{query}");
        let same = client.send("GET", &searched, &[&format!("If-None-Match: {tag}")], b"");
        assert_eq!((same.status, same.body.as_str()), (304, ""), "{query}");
        let other = client.send("GET", &searched, &["If-Match: \"9\""], b"");
        assert_eq!((other.status, other.problem().as_str()), (412, "precondition-failed"), "{query}");
    }
    let tag = client.tag(7);
    client.put("app%2Fnew", "v");
    let changed = client.send("GET", "/config?q=pool", &[&format!("If-None-Match: {tag}")], b"");
    assert_eq!((changed.status, changed.field("ETag")), (200, &*client.tag(8)));
}

/// One response about the past looks at 64 MiB of names and values.
#[test]
fn a_search_that_is_cut_links_to_the_rest() {
    let client = Client::new();
    let value = "x".repeat(1 << 20);
    for number in 0..66 {
        client.put(&format!("n%2F{number:02}"), &value);
    }
    client.put("n%2F99", "y");
    for (query, expected) in [
        ("q=y&in=values&at=67", vec!["n/99"]),
        ("q=N/99&at=67", vec!["n/99"]),
        ("q=65&at=67&limit=5", vec!["n/65"]),
        ("q=none&at=67", vec![]),
    ] {
        let target = format!("/v1/config?{query}");
        let first = client.get(&target);
        assert_eq!(first.body, "[]", "{query}");
        assert!(next(&first).unwrap().contains("&after=n%2F63"), "{query}: {first:?}");
        assert_eq!(all(&client, &target), (expected.iter().map(ToString::to_string).collect(), 2), "{query}");
        // Of now more is looked at.
        assert_eq!(all(&client, &target.replace("&at=67", "")).1, 1, "{query}");
    }
    // A part of the past has 8 MiB.
    let (found, parts) = all(&client, "/v1/config?q=n&at=67&values=false");
    assert!(found.len() == 67 && (9..12).contains(&parts), "{parts} parts");
}

#[test]
fn a_search_that_cannot_be_understood_says_what_to_do() {
    let client = client();
    let long = "x".repeat(513);
    for (query, status, words) in [
        ("q=", 400, "leave it out to list every name"),
        ("q", 400, "leave it out to list every name"),
        ("in=values", 400, "`q`"),
        ("q=a&in=names", 400, "write the parameter `in` as values"),
        ("q=a&q=b", 400, "once"),
        ("q=%ff", 400, ""),
        (&*format!("q={long}"), 422, "at most 512 bytes"),
    ] {
        let answer = client.get(&format!("/v1/config?{query}"));
        let expected = if status == 400 { "malformed" } else { "invalid" };
        assert_eq!((answer.status, answer.problem().as_str()), (status, expected), "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{query}: {answer:?}");
    }
    assert_eq!(client.get(&format!("/v1/config?q={}", &long[..512])).body, "[]");
}

/// Where a search of names with the letter `n` is cut, and what it has found until then.
fn cut(
    view: &View<'_>,
    way: Way,
    place: Place,
    within: Within,
    effort: ListEffort,
) -> (Vec<String>, Option<String>) {
    let search = Search { text: SearchText::parse("n").unwrap(), within };
    let mut walk = match way {
        Way::Now => view.search_now(&ListQuery::default(), search, effort).0,
        Way::Past => view.search_past(view.walk(place, Prefix::default(), None), search, effort),
    };
    let mut found = Vec::new();
    while !walk.has_ended() {
        found.extend(view.found(&mut walk).unwrap().into_iter().map(|(name, _)| name.to_string()));
    }
    (found, walk.cut_after().map(ToString::to_string))
}

#[derive(Clone, Copy)]
enum Way {
    Now,
    Past,
}

/// Of now, of the same place in memory, and of it in the log; with hidden names in between and without.
#[test]
fn a_search_is_cut_at_the_same_name_by_any_way() {
    const READ: &[Permission] = &[Permission::Read];
    let by_names = (Within::Names, ListEffort { names: 7, bytes: usize::MAX });
    let by_bytes = (Within::NamesAndValues, ListEffort { names: usize::MAX, bytes: 100 });
    let path = |text: &str| PathPrefix::parse(text).unwrap();
    let grants = (0..20).map(|number| Grant::deny(path(&format!("n/{number:02}x")), READ));
    let grants: Vec<Grant> = [Grant::allow(path("n"), READ)].into_iter().chain(grants).collect();
    let limited = Arc::new(Principal::limited("limited", "limited", grants, Revision::ZERO));
    let mut cuts = Vec::new();
    for has_hidden in [false, true] {
        let client = Client::new();
        for number in 0..20 {
            client.put(&format!("n%2F{number:02}"), &"v".repeat(number));
            if has_hidden {
                client.put(&format!("n%2F{number:02}x"), "a value that is not shown");
            }
        }
        let view = View::new(&client.store, &limited);
        let place = view.head();
        let cut_by =
            |way| [by_names, by_bytes].map(|(within, effort)| cut(&view, way, place, within, effort));
        cuts.extend([cut_by(Way::Now), cut_by(Way::Past)]);
        client.put("other", "v");
        cuts.push(cut_by(Way::Past));
    }
    let [(by_names, names_end), (by_bytes, bytes_end)] = &cuts[0];
    assert_eq!((by_names.len(), names_end.as_deref()), (7, Some("n/06")));
    // Four bytes of each name, and the values.
    assert_eq!((by_bytes.len(), bytes_end.as_deref()), (12, Some("n/11")));
    assert!(cuts.iter().all(|cut| *cut == cuts[0]), "{cuts:#?}");
}
