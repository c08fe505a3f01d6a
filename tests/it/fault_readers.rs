//! Readers of the past who hold every connection that they may have: nobody else waits for one.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::eventually;
use crate::support::postgres::{migrated_database, psql, serving_role};
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(10);
/// As many connections as a server reads the past with, and some readers more.
const HELD: &str = "4";
const READERS: usize = 6;
/// Longer than health takes to notice that nothing answers.
const NOTICED: Duration = Duration::from_millis(2_500);

/// Readers that wait in PostgreSQL, whatever they have asked for.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event = 'PgSleep'";
/// To read what is under `slow/` takes longer than any read may; everything else is as ever.
const SLOW_NAMES: &str = "
    ALTER TABLE configapi.log ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_may_append ON configapi.log FOR INSERT WITH CHECK (true);
    CREATE POLICY some_names_are_slow ON configapi.log FOR SELECT
        USING (CASE WHEN name LIKE 'slow/%' THEN pg_sleep(60) IS NOT NULL ELSE true END)";

#[test]
fn readers_of_the_past_hold_up_neither_writes_nor_following_nor_health() {
    let url = migrated_database();
    let role = serving_role(&url);
    let server = Server::start(&Store::Postgres(role.url().to_owned()), &["--log-level", "warning"]);
    // Not subject to the policies.
    let other = Server::start(&Store::Postgres(url.clone()), &["--log-level", "warning"]);
    let (client, others) = (server.client(), other.client());
    client.put("/v1/config/slow%2Fone", "1").expect(200);
    client.put("/v1/config/quick", "0").expect(200);
    psql(&url, SLOW_NAMES);
    thread::scope(|scope| {
        for _ in 0..READERS {
            let reader = client.clone();
            scope.spawn(move || reader.try_send("GET", "/v1/config?at=1&prefix=slow/", &[], None));
        }
        eventually(SOON, || psql(&url, WAITING) == HELD);
        let (held, mut number) = (Instant::now(), 0);
        while held.elapsed() < NOTICED {
            number += 1;
            client.put("/v1/config/quick", &format!("{number}")).expect(200);
            let key = format!("key-{number}");
            let keyed = [("idempotency-key", key.as_str()), ("content-type", "text/plain")];
            client.send("PUT", "/v1/config/keyed", &keyed, Some(key.as_bytes())).expect(200);
            client.get("/readyz").expect(200);
            others.put("/v1/config/followed", &key).expect(200);
            eventually(SOON, || client.get("/v1/config/followed").text == key);
        }
        assert_eq!(psql(&url, WAITING), HELD, "they were held all the time");
        server.kill9();
        psql(&url, &WAITING.replace("count(*)", "count(pg_terminate_backend(pid))"));
    });
}
