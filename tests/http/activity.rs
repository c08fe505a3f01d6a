//! How many changes each part of a span has.

use serde_json::{Value, json};

use super::driver::Client;

fn buckets(client: &Client, query: &str) -> Vec<Value> {
    client.get_json(&format!("/v1/activity{query}"))["buckets"].as_array().unwrap().clone()
}

fn changes(buckets: &[Value]) -> u64 {
    buckets.iter().map(|bucket| bucket["changes"].as_u64().unwrap()).sum()
}

fn client() -> Client {
    let client = Client::new();
    for number in 1..=5 {
        client.put(&format!("a{number}"), "v");
    }
    client.delete("a5");
    client
}

fn instant(client: &Client, revision: usize) -> String {
    let feed = client.get_json("/v1/events");
    feed["changes"][revision - 1]["created_at"].as_str().unwrap().to_owned()
}

#[test]
fn without_parameters_the_whole_log_is_counted_up_to_now() {
    let client = client();
    let found = buckets(&client, "");
    assert_eq!((found.len(), changes(&found)), (60, 6));
    assert_eq!((&found[0]["from"], &found[0]["first_revision"]), (&json!(instant(&client, 1)), &json!(1)));
    assert!(found.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    // The parts that have changes say where these begin, and the others do not.
    let mut next = 1;
    for bucket in &found {
        let expected = if bucket["changes"] == 0 { Value::Null } else { json!(next) };
        assert_eq!(bucket["first_revision"], expected);
        next += bucket["changes"].as_u64().unwrap();
    }
    let answer = client.get("/v1/activity");
    assert_eq!((answer.field("Config-Revision"), answer.field("Cache-Control")), ("6", "no-cache"));
}

#[test]
fn a_span_is_between_two_points_of_any_form_and_has_both() {
    let client = client();
    let (second, fourth) = (instant(&client, 2), instant(&client, 4));
    let (second_place, fourth_place) = (client.place(2), client.place(4));
    for query in [
        format!("?from={second}&to={fourth}"),
        "?from=2&to=4".to_owned(),
        format!("?from={second_place}&to={fourth}"),
    ] {
        let [bucket] = &buckets(&client, &format!("{query}&buckets=1"))[..] else { panic!("one part") };
        assert_eq!(bucket["changes"], 3, "{query}");
        assert_eq!((&bucket["from"], &bucket["to"]), (&json!(second), &json!(fourth)), "{query}");
        let many = buckets(&client, &format!("{query}&buckets=1000"));
        assert_eq!((many.len(), changes(&many)), (1_000, 3), "{query}");
    }
    for (query, expected) in [
        ("?from=0&to=6", 6),
        ("?to=4", 4),
        ("?from=4", 3),
        ("?from=3&to=3", 1),
        ("?from=1h", 6),
        ("?to=1h", 0),
        ("?from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z", 6),
    ] {
        assert_eq!(changes(&buckets(&client, query)), expected, "{query}");
    }
    let fixed = client.get(&format!("/v1/activity?from={second_place}&to={fourth_place}"));
    assert!(
        fixed.field("Cache-Control").contains("immutable") && fixed.field("Vary").contains("Authorization")
    );
    assert_eq!((fixed.status, fixed.field("Config-Revision")), (200, "4"));
}

#[test]
fn an_empty_log_has_no_activity() {
    let client = Client::new();
    for query in ["", "?from=1h", "?from=0", "?from=0&to=0"] {
        let found = buckets(&client, query);
        assert_eq!((found.len(), changes(&found)), (60, 0), "{query}");
    }
}

#[test]
fn a_span_that_makes_no_sense_is_refused_with_the_reason() {
    let client = client();
    let detail = |target: &str, status: u16, kind: &str| {
        let answer = client.get(target);
        assert_eq!((answer.status, answer.problem().as_str()), (status, kind), "{target}");
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    let reversed = detail("/v1/activity?from=4&to=2", 422, "invalid");
    assert!(reversed.starts_with("choose a `from` that is not after `to`: "), "{reversed}");
    assert!(reversed.contains(&instant(&client, 4)), "{reversed}");
    detail("/v1/activity?from=2999-01-01T00:00:00Z", 422, "invalid");
    for buckets in ["0", "1001"] {
        detail(&format!("/v1/activity?buckets={buckets}"), 422, "invalid");
    }
    detail("/v1/activity?buckets=many", 400, "malformed");
    detail("/v1/activity?from=yesterday", 400, "malformed");
    detail("/v1/activity?prefix=a", 400, "malformed");
    detail(&format!("/v1/activity?from={}", client.place(2).replace("2-", "3-")), 404, "no-such-place");
}
