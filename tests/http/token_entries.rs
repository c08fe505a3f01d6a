//! Tokens in the log: entries that no other write touches, and writes of tokens that have ended.

use std::sync::Arc;

use configapi::application::{ConfigStore, Options, View};
use configapi::domain::{
    Command, ConfigName, Grant, Metadata, Operation, PathPrefix, Permission, Principal, Revision, TokenId,
};
use configapi::presentation::http::ApiSettings;
use serde_json::{Value, json};

use super::driver::Client;
use super::tokens::{ROOT, closed, closed_over, get, make, put, scope, send};

#[test]
fn no_write_but_those_of_tokens_touches_the_names_of_the_service() {
    let client = closed();
    assert_eq!(put(&client, ROOT, "a").status, 200);
    let (token, id) = make(&client, ROOT, "ada", &json!([scope("", &["read", "write"])]));
    let entry = format!("/v1/config/.configapi/tokens/{id}");
    for by in [ROOT, &token] {
        let answer = put(&client, by, &format!(".configapi/tokens/{id}"));
        assert_eq!((answer.status, answer.problem().as_str()), (422, "reserved-name"));
        let set = json!({ "operations": [{ "set": { "name": ".configapi/policy", "value": "{}" } }] });
        assert_eq!(send(&client, by, "POST", "/v1/transactions", &set).problem(), "reserved-name");
    }
    for prefix in ["", ".configapi/", ".configapi/tokens"] {
        let restore = json!({ "to": 1, "prefix": prefix });
        let restored = send(&client, ROOT, "POST", "/v1/restore", &restore).json();
        assert_eq!(restored["changes"], json!([]), "{prefix}");
    }
    let reverted = send(&client, ROOT, "POST", "/v1/revert", &json!({ "revision": 2 })).json();
    assert_eq!(reverted["changes"], json!([]));
    assert_eq!(send(&client, ROOT, "DELETE", &entry, &Value::Null).status, 410, "it has no value to delete");
    assert_eq!(get(&client, &token, "/v1/whoami").status, 200);

    // Who has admin on everything reads them, now and as they were; nobody else, and no list has them.
    assert_eq!(get(&client, &token, &entry).status, 404);
    let (admin, _) = make(&client, ROOT, "admin", &json!([scope("", &["admin"])]));
    assert_eq!(get(&client, &admin, &entry).json()["name"], "ada");
    assert_eq!(get(&client, &admin, &format!("{entry}?at=2")).json()["name"], "ada");
    assert_eq!(get(&client, &admin, &format!("{entry}?at=1")).status, 404);
    for target in
        ["/v1/config", "/v1/diff?from=0&to=3", "/v1/events", "/v1/config?at=2", "/v1/config?q=configapi"]
    {
        let body = get(&client, ROOT, target).body;
        assert!(!body.contains(".configapi/"), "{target}: {body}");
    }
}

/// Its grants are looked at again by the log thread, on the head.
#[test]
fn a_write_of_a_token_that_was_revoked_meanwhile_is_not_stored() {
    let client = closed();
    let (_, id) = make(&client, ROOT, "ada", &json!([scope("", &["write"])]));
    let grants = vec![Grant::allow(PathPrefix::default(), &[Permission::Write])];
    let ada = Arc::new(Principal::limited("ada", id.as_str(), grants, Revision::new(1)));
    let write = || {
        let view = View::new(&client.store, &ada);
        let delete = Command::Single(Operation::delete(ConfigName::parse("a").unwrap()));
        client.store.write(view.write(delete, Metadata::of("ada"))).map(drop).unwrap_err().to_string()
    };
    assert_eq!(write(), "the name was never set");
    let root = Arc::new(Principal::root());
    let id = TokenId::parse(&id).unwrap();
    View::new(&client.store, &root).revoke_token(&id, &Metadata::of("root")).unwrap();
    assert_eq!(write(), "the token works no more");
    let everybody = Arc::new(Principal::everybody());
    let delete = Command::Single(Operation::delete(ConfigName::parse("a").unwrap()));
    let anonymous = View::new(&client.store, &everybody).write(delete, Metadata::of("anonymous"));
    assert_eq!(client.store.write(anonymous).unwrap_err().to_string(), "the token works no more");
}

#[test]
fn a_log_whose_tokens_are_all_revoked_is_closed_still() {
    let store = Arc::new(ConfigStore::open(&Options::memory()).unwrap());
    let client = closed_over(Arc::clone(&store));
    let (_, id) = make(&client, ROOT, "ada", &json!([scope("", &["admin"])]));
    assert_eq!(send(&client, ROOT, "DELETE", &format!("/v1/tokens/{id}"), &Value::Null).status, 200);
    let without_root = Client::over(store, ApiSettings::default());
    assert_eq!(without_root.get("/v1/config").status, 401);
}
