//! Schemas that are adopted while writes are under way, and when values are validated at all.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::presentation::http::ApiSettings;
use configapi::server::{Exchange, Reply, Responder};
use serde_json::json;

use super::driver::{Answer, Client, End};
use super::policy::{closed, root, token};
use super::schemas::{SCHEMA, TEXT, in_force, number, put, refused};

const JSON: &str = "Content-Type: application/json";

/// The first step of a request: the reply of its handler.
fn begun(client: &Client, name: &str, value: &str) -> (Arc<dyn Exchange>, Reply) {
    client.start("PUT", &format!("/v1/config/{name}"), &[TEXT], value.as_bytes())
}

#[track_caller]
fn ended(client: &Client, (exchange, reply): (Arc<dyn Exchange>, Reply)) -> Answer {
    match client.end(exchange.as_ref(), reply) {
        End::Answer(answer) => answer,
        End::Stream(_) => panic!("a stream"),
    }
}

#[test]
fn a_write_whose_name_has_no_schema_does_not_go_to_the_pool() {
    let client = Client::new();
    assert!(matches!(begun(&client, "app/a", "x").1, Reply::Deferred { .. }));
    in_force(&client, "app", &number());
    assert!(matches!(begun(&client, "other", "x").1, Reply::Deferred { .. }));
    assert!(matches!(begun(&client, "app/a", "x").1, Reply::Pooled(_)));
}

#[test]
fn a_schema_that_is_adopted_while_a_write_is_under_way_holds_for_it() {
    let client = Client::new();
    // Before the queue, and without a schema.
    let (wrong, right) = (begun(&client, "app/a", "x"), begun(&client, "app/b", "1"));
    in_force(&client, "app", &number());
    refused(&ended(&client, wrong), 422, "schema-violation");
    assert_eq!(ended(&client, right).status, 200);
    // After its validation.
    let validated = |name: &str, value: &str| match begun(&client, name, value) {
        (exchange, Reply::Pooled(work)) => (exchange, work()),
        (_, _) => panic!("it is not validated"),
    };
    let (wrong, right) = (validated("app/c", "5"), validated("app/d", "7"));
    in_force(&client, "app", &json!({"type": "integer", "minimum": 6}));
    refused(&ended(&client, wrong), 422, "schema-violation");
    assert_eq!(ended(&client, right).status, 200);
    // A violation of a schema that is gone refuses nothing.
    let wrong = validated("app/e", "x");
    assert_eq!(client.send("DELETE", "/v1/schemas/app", &[], b"").status, 200);
    assert_eq!(ended(&client, wrong).status, 200);
}

#[test]
fn a_new_token_does_not_have_values_validated_again() {
    let client = closed();
    let set = client.send("PUT", "/v1/schemas/app", &[SCHEMA, &root()], number().to_string().as_bytes());
    assert_eq!(set.status, 200);
    let (exchange, reply) = client.start("PUT", "/v1/config/app/a", &[TEXT, &root()], b"1");
    let Reply::Pooled(work) = reply else { panic!("it is not validated") };
    let reply = work();
    token(&client, "another", &json!([{"prefix": "", "actions": ["admin"]}]));
    let Reply::Deferred { start, .. } = reply else { panic!("it is not queued") };
    let (sender, answered) = channel();
    start(Responder::calling(move |reply| drop(sender.send(reply))));
    let reply = answered.recv_timeout(Duration::from_secs(20)).unwrap();
    // To be validated again it would go back to the pool.
    let Some(Reply::Ready(response)) = reply else { panic!("it went back") };
    assert_eq!(Answer::of(exchange.as_ref(), response).status, 200);
}

#[test]
fn a_repeated_request_has_its_first_answer_also_where_a_schema_came_later() {
    let client = Client::new();
    let put = || client.send("PUT", "/v1/config/app/a", &[TEXT, "Idempotency-Key: k"], b"x");
    assert_eq!(put().status, 200);
    in_force(&client, "app", &number());
    let again = put();
    assert_eq!((again.status, again.field("Config-Revision")), (200, "1"), "{again:?}");
}

#[test]
fn an_open_log_of_a_new_server_has_its_schemas_and_its_policy_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::file(folder.path().join("configapi.db"));
    let open = || Client::over(Arc::new(ConfigStore::open(&options).unwrap()), ApiSettings::default());
    let client = open();
    in_force(&client, "app", &number());
    in_force(&client, "gone", &number());
    assert_eq!(client.send("DELETE", "/v1/schemas/gone", &[], b"").status, 200);
    assert_eq!(client.send("PUT", "/v1/policy", &[JSON], b"{\"require_reason\": [\"prod\"]}").status, 200);
    drop(client);
    let client = open();
    refused(&put(&client, "app/a", "x"), 422, "schema-violation");
    assert_eq!(put(&client, "gone/a", "x").status, 200);
    refused(&put(&client, "prod/a", "x"), 422, "reason-required");
}
