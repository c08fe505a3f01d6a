//! The bodies of the fuzz targets, for some seconds on input that proptest makes: near what is right, and far.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use configapi::application::Options;
use configapi::infrastructure::store::fuzzing::read_stored_event;
use configapi::presentation::http::fuzzing::{ROOT, read_authorization};
use proptest::prelude::*;

use super::bodies::{read_text, send_body};
use super::driver::{Client, impatient};

fn operation() -> impl Strategy<Value = String> {
    let name = prop_oneof!["[a-c]", "\\PC{0,3}", Just("x".repeat(513))];
    let revision =
        prop_oneof![Just(String::new()), (0..9_u64).prop_map(|at| format!(",\"if_revision\":{at}"))];
    let word = prop_oneof![Just("set"), Just("delete"), Just("check"), Just("drop")];
    (word, name, revision, any::<bool>()).prop_map(|(word, name, revision, valued)| {
        let name = serde_json::Value::from(name);
        let value = if valued { ",\"value\":\"v\"" } else { "" };
        format!("{{\"{word}\":{{\"name\":{name}{value}{revision}}}}}")
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let transaction = prop::collection::vec(operation(), 0..4)
        .prop_map(|operations| format!("{{\"operations\":[{}]}}", operations.join(",")).into_bytes());
    let restore = "\\{\"to\":(\"[0-9a-z ]{0,4}\"|[0-9]{1,20}|-1|null)(,\"prefix\":\"[a-c]?\")?\\}"
        .prop_map(String::into_bytes);
    let near = prop_oneof![transaction, restore, "\\{\"value\":\"\\PC*\"\\}".prop_map(String::into_bytes)];
    let bent = (near.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    prop_oneof![near, bent, prop::collection::vec(any::<u8>(), 0..64)]
}

/// Near a valid field, and far from one.
fn authorization() -> impl Strategy<Value = String> {
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    let token = prop_oneof![
        Just(ROOT.to_owned()),
        "[0-9a-f]{31,33}",
        Just("cfgapi_".to_owned()),
        "cfgapi_[0-9A-Za-z]{56,58}",
        "\\PC{0,40}",
    ];
    let field = prop_oneof![
        ("(Bearer|bearer|Basic|Digest|)[ ,\t]{0,3}", token.clone())
            .prop_map(|(scheme, token)| scheme + &token),
        ("[a-z:]{0,3}", token.clone()).prop_map(move |(user, token)| basic(format!("{user}:{token}"))),
        token,
    ];
    prop::collection::vec(field, 1..3).prop_map(|fields| fields.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof!["\\PC*", ".*", "[0-9T:Z+. -]{0,40}", "[0-9]{1,4}[a-z]{1,7}"]) {
        read_text(&text);
    }

    #[test]
    fn any_authorization_is_the_token_or_is_refused(text in authorization()) {
        read_authorization(&text);
    }

    #[test]
    fn any_stored_event_is_what_was_written_or_refused(input in prop::collection::vec(any::<u8>(), 0..200)) {
        read_stored_event(&input);
    }
}

#[test]
fn any_body_is_taken_or_refused_and_never_the_servers_fault() {
    let client = Client::with(&Options::memory(), impatient());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_500));
    let sent = |method: &str, target: &str, field: &str, body: &[u8]| {
        client.send(method, target, &[field], body).status
    };
    runner
        .run(&(any::<u8>(), body()), |(choice, body)| {
            send_body(sent, &[&[choice], &body[..]].concat());
            Ok(())
        })
        .unwrap();
}
