//! A repeated write with a key is one write.

use super::driver::Client;

#[test]
fn a_repeated_write_gives_the_first_answer_and_writes_nothing() {
    let client = Client::new();
    let put = |key: &str, target: &str, body: &[u8]| {
        let key = format!("Idempotency-Key: {key}");
        client.send("PUT", target, &["Content-Type: text/plain", "Accept: application/json", &key], body)
    };
    let first = put("k1", "/v1/config/a", b"one");
    client.put("a", "two");
    let again = put("\"k1\"", "/config/a", b"one");
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!((again.field("ETag"), again.field("Config-Revision")), (first.field("ETag"), "1"));
    assert_eq!(first.field("ETag"), format!("\"{}.json\"", client.place(1)));
    assert_eq!(client.get("/v1/config/a").body, "two");

    let other = put("k1", "/v1/config/a", b"other");
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    assert_eq!(put("k1", "/v1/config/b", b"one").status, 422);
    assert_eq!(client.store.applied().get(), 2);
}

#[test]
fn a_refused_write_leaves_its_key_free() {
    let client = Client::new();
    let fields = ["Idempotency-Key: k", "If-Match: *", "Content-Type: text/plain"];
    assert_eq!(client.send("PUT", "/v1/config/a", &fields, b"v").status, 412);
    client.put("a", "v");
    assert_eq!(client.send("PUT", "/v1/config/a", &fields, b"v").status, 200);
    assert_eq!(client.send("PUT", "/v1/config/a", &fields, b"v").field("Config-Revision"), "2");
}

#[test]
fn a_repeated_change_set_gives_the_first_answer_after_later_writes() {
    let client = Client::new();
    client.put("app%2Fa", "1");
    client.put("app%2Fb", "1");
    let post = |target: &str, key: &str, body: &str| {
        let key = format!("Idempotency-Key: {key}");
        client.send("POST", target, &["Content-Type: application/json", &key], body.as_bytes())
    };
    let transaction =
        r#"{"operations": [{"set": {"name": "app/a", "value": "2"}}, {"delete": {"name": "app/b"}}]}"#;
    let restore = r#"{"to": 2, "prefix": "app/"}"#;
    let send = || [post("/v1/transactions", "k1", transaction), post("/v1/restore", "k2", restore)];
    let first = send();
    client.put("app%2Fa", "4");
    client.put("app%2Fb", "4");
    for (first, again) in first.iter().zip(send()) {
        assert_eq!((first.status, again.status, &again.body), (200, 200, &first.body));
        assert_eq!(again.field("Config-Revision"), first.field("Config-Revision"));
    }
    assert_eq!(first[1].json()["changes"][1]["kind"], "added", "{}", first[1].body);
    assert_eq!(client.store.applied().get(), 6);
}
