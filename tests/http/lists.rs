//! Lists and histories: prefixes, pages, orders.

use serde_json::{Value, json};

use super::driver::{Answer, Client};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

fn next(answer: &Answer) -> Option<String> {
    let link = answer.field("Link");
    link.strip_suffix(">; rel=\"next\"").map(|link| link.trim_start_matches('<').to_owned())
}

#[test]
fn a_list_is_sorted_by_bytes_and_compared_by_prefix() {
    let client = Client::new();
    assert_eq!(client.get("/config").body, "[]");
    assert_eq!(client.get("/config").field("ETag"), "\"0\"");
    for name in ["b", "app%2Fa", "app%2Fab", "Z", "%D0%B6"] {
        client.put(name, "v");
    }
    assert_eq!(names(&client.get_json("/config")), ["Z", "app/a", "app/ab", "b", "ж"]);
    assert_eq!(names(&client.get_json("/config?prefix=app/a")), ["app/a", "app/ab"]);
    let folder = client.get("/v1/config?prefix=app%2F&values=false");
    assert!(folder.json().as_array().unwrap().iter().all(|item| item.get("value").is_none()));
    assert_eq!((folder.field("ETag"), folder.field("Config-Revision")), (&*client.tag(3), "5"));
}

#[test]
fn the_tag_of_a_list_counts_deletes() {
    let client = Client::new();
    client.put("a%2Fx", "v");
    client.put("a%2Fy", "v");
    client.delete("a%2Fy");
    for target in ["/config", "/config?prefix=a%2F", "/config?prefix=a%2Fy"] {
        assert_eq!(client.get(target).field("ETag"), &*client.tag(3), "{target}");
    }
    client.put("b", "v");
    let status = |target: &str| client.send("GET", target, &["If-None-Match: \"3\""], b"").status;
    assert_eq!(
        (status("/config?prefix=a%2F"), status("/config?prefix=a"), status("/config")),
        (304, 200, 200)
    );
    // A folder without names is no folder: the tag is that of the tree.
    client.delete("a%2Fx");
    let list = client.get("/config?prefix=a%2F");
    assert_eq!((list.body.as_str(), list.field("ETag")), ("[]", &*client.tag(5)));
    client.put("b", "w");
    assert_eq!(client.get("/config?prefix=a%2F").field("ETag"), &*client.tag(6));
    client.put("a%2Fz", "v");
    client.put("b", "v");
    assert_eq!(client.get("/config?prefix=a%2F").field("ETag"), &*client.tag(7));
}

#[test]
fn the_pages_of_a_list_are_one_revision() {
    let client = Client::new();
    for number in 0..7 {
        client.put(&format!("n%2F{number}"), &number.to_string());
    }
    let mut page = client.get("/v1/config?limit=3&prefix=n/");
    let mut seen = Vec::new();
    loop {
        assert_eq!(page.field("Config-Revision"), "7");
        seen.extend(names(&page.json()).into_iter().map(str::to_owned));
        // What is written between two pages is on none of them.
        client.put(&format!("n%2F0{}", seen.len()), "later");
        let Some(target) = next(&page) else { break };
        page = client.get(&target);
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.field("Cache-Control").contains("immutable"));
    }
    assert_eq!(seen, (0..7).map(|number| format!("n/{number}")).collect::<Vec<_>>());
}

#[test]
fn a_page_may_have_ten_thousand_names_now_and_in_the_past() {
    let client = Client::new();
    for from in [0, 6_000] {
        let set = |number: usize| json!({"set": {"name": format!("{number:05}"), "value": "v"}});
        let operations: Vec<Value> = (from..from + 6_000).map(set).collect();
        assert_eq!(client.post("/v1/transactions", &json!({"operations": operations})).status, 200);
    }
    client.put("00000", "w");
    for at in ["", "&at=2"] {
        let page = client.get(&format!("/v1/config?limit=10000{at}"));
        assert_eq!((page.status, names(&page.json()).len()), (200, 10_000), "{at}");
        let rest = client.get(&next(&page).unwrap());
        assert_eq!((names(&rest.json()).len(), next(&rest)), (2_000, None), "{at}");
    }
}

#[test]
fn a_page_that_ends_with_the_list_has_no_next() {
    let client = Client::new();
    for name in ["a", "b", "c"] {
        client.put(name, "v");
    }
    assert_eq!(next(&client.get("/config?limit=3")), None);
    let page = client.get("/config?limit=2&values=false");
    assert_eq!(
        next(&page).as_deref(),
        Some(&*format!("/config?at={}&after=b&limit=2&values=false", client.place(3)))
    );
    assert_eq!(names(&client.get_json("/config?after=b")), ["c"]);
}

#[test]
fn a_history_goes_both_ways_and_in_pages() {
    let client = Client::new();
    assert_eq!(client.get("/config/never/history").body, "[]");
    for number in 1..=5 {
        client.put("a", &number.to_string());
    }
    let versions = |query: &str| {
        let history = client.get_json(&format!("/v1/config/a/history{query}"));
        history.as_array().unwrap().iter().map(|event| event["stream_version"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(versions(""), [1, 2, 3, 4, 5].map(|version| json!(version)));
    assert_eq!(versions("?limit=2"), [json!(1), json!(2)]);
    assert_eq!(versions("?after=3"), [json!(4), json!(5)]);
    assert_eq!(versions("?order=desc&limit=2"), [json!(5), json!(4)]);
    assert_eq!(versions("?order=desc&after=3"), [json!(2), json!(1)]);
    assert!(versions("?after=99").is_empty());
}

#[test]
fn a_long_history_is_answered_whole() {
    let client = Client::new();
    for number in 0..1_203 {
        client.put("a", &number.to_string());
    }
    let history = client.get_json("/v1/config/a/history");
    let values: Vec<_> = history.as_array().unwrap().iter().map(|event| &event["data"]["value"]).collect();
    assert_eq!(values.len(), 1_203);
    let expected: Vec<_> = (0..1_203).map(|number| number.to_string()).collect();
    assert!(values.iter().zip(&expected).all(|(value, expected)| *value == expected));
}
