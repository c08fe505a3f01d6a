//! Health while PostgreSQL is gone or silent (F06, F08): it says so within two seconds, reads of now go on,
//! writes are answered within their deadline, and everything comes back by itself.

use std::time::Duration;

use configapi::application::{Check, ConfigStore, Kind, Options, Status};

use crate::support::eventually;
use crate::support::postgres::{Cluster, fresh_database};
use crate::support::proxy::{Fault, Proxy};
use crate::support::writes::{ALL, ada, made, name, now, rev};

/// What the contract gives health to notice.
const NOTICED: Duration = Duration::from_secs(2);
const BACK: Duration = Duration::from_mins(1);

fn open(url: &str) -> ConfigStore {
    let mut options = Options::postgres(url);
    options.limits.write_wait = Duration::from_millis(500);
    ConfigStore::open(&options).expect("the store opens")
}

/// The database is gone: says so, reads, and refuses. Gives the values whose outcome is not known.
fn hold_out(store: &ConfigStore) -> Vec<String> {
    eventually(NOTICED, || store.health().database == Check::Down);
    assert_eq!(store.health().status(), Status::Unhealthy);
    let trouble = store.health().trouble.expect("it says what is wrong");
    assert!(!trouble.contains("postgres://"), "{trouble}");
    assert_eq!((now(store, "a").as_deref(), store.applied()), (Some("before"), rev(1)));
    let mut unknown = Vec::new();
    for number in 0..3 {
        let value = format!("during {number}");
        match store.put(&name("a"), &value, ada()).expect_err("the database is gone").kind() {
            Kind::Unavailable => {}
            Kind::OutcomeUnknown => unknown.push(value),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(now(store, "a").as_deref(), Some("before"));
    unknown
}

/// The database is there again: so is everything, each unknown write at most once and no refused one.
fn come_back(store: &ConfigStore, unknown: &[String]) {
    eventually(BACK, || store.put(&name("b"), "after", ada()));
    eventually(BACK, || store.health().status() == Status::Healthy);
    let changes = store.changes_after(rev(0), ALL).expect("the log can be read");
    let values: Vec<&str> = changes
        .iter()
        .flat_map(|published| &published.change.events)
        .filter_map(|event| event.value().and_then(configapi::domain::Value::text))
        .collect();
    for number in 0..3 {
        let value = format!("during {number}");
        let found = values.iter().filter(|found| **found == value).count();
        assert!(found <= usize::from(unknown.contains(&value)), "{value} is there {found} times");
    }
    assert_eq!((values[0], values.last()), ("before", Some(&"after")));
}

#[test]
fn a_killed_postgresql_is_noticed_and_survived() {
    let mut cluster = Cluster::start();
    let store = open(&cluster.create_database());
    made(store.put(&name("a"), "before", ada()));
    assert_eq!(store.health().status(), Status::Healthy);
    cluster.kill9();
    let unknown = hold_out(&store);
    cluster.restart();
    come_back(&store, &unknown);
}

#[test]
fn a_stopped_postgresql_is_noticed_and_survived() {
    let mut cluster = Cluster::start();
    let store = open(&cluster.create_database());
    made(store.put(&name("a"), "before", ada()));
    cluster.stop_immediate();
    let unknown = hold_out(&store);
    cluster.restart();
    come_back(&store, &unknown);
}

#[test]
fn a_postgresql_that_is_silent_is_noticed_and_survived() {
    let (proxy, url) = Proxy::before(&fresh_database());
    let store = open(&url);
    made(store.put(&name("a"), "before", ada()));
    proxy.set(Fault::BlackHole);
    let unknown = hold_out(&store);
    proxy.set(Fault::None);
    come_back(&store, &unknown);
}

#[test]
fn backends_that_are_killed_are_replaced_and_no_write_is_lost() {
    let url = fresh_database();
    let store = open(&url);
    made(store.put(&name("a"), "before", ada()));
    let mut stored = 1;
    for _ in 0..5 {
        crate::support::postgres::psql(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        // A connection that is found dead costs a try at most; what was answered is there.
        let revision = eventually(BACK, || store.put(&name("a"), "again", ada())).revision;
        assert!(revision > Some(rev(stored)));
        stored = revision.expect("a change").get();
    }
    eventually(BACK, || store.health().status() == Status::Healthy);
}

#[test]
fn an_embedded_store_is_healthy_without_a_database() {
    let store = ConfigStore::open(&Options::memory()).expect("the store opens");
    let health = store.health();
    assert_eq!((health.status(), health.trouble, health.worker_restarts), (Status::Healthy, None, 0));
}
