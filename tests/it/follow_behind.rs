//! A server that knows of changes and does not get them: it is ready through a burst, and not for longer.

use std::time::{Duration, Instant};

use crate::support::eventually;
use crate::support::postgres::{migrated_database, psql, serving_role};
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(20);
/// Long enough to ask twice before it has passed, on a slow machine too.
const READY_LAG: Duration = Duration::from_millis(2_500);

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event = 'PgSleep'";
/// Names under `slow/` are not read while somebody holds them.
const HELD_NAMES: &str = "
    CREATE TABLE public.held AS SELECT true AS held;
    GRANT SELECT ON public.held TO PUBLIC;
    ALTER TABLE configapi.log ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_may_append ON configapi.log FOR INSERT WITH CHECK (true);
    CREATE POLICY some_names_are_held ON configapi.log FOR SELECT
        USING (CASE WHEN name LIKE 'slow/%' AND EXISTS (SELECT FROM public.held)
                    THEN pg_sleep(60) IS NOT NULL ELSE true END)";

#[test]
fn a_server_is_ready_until_it_has_been_behind_for_the_lag_that_is_set() {
    let url = migrated_database();
    let role = serving_role(&url);
    let lag = format!("{}ms", READY_LAG.as_millis());
    let behind = Server::start(&Store::Postgres(role.url().to_owned()), &["--ready-lag", &lag]);
    // Not subject to the policies.
    let other = Server::start(&Store::Postgres(url.clone()), &["--log-level", "warning"]);
    let (client, others) = (behind.client(), other.client());
    others.put("/v1/config/quick", "1").expect(200);
    eventually(SOON, || client.get("/v1/config/quick").text == "1");
    psql(&url, HELD_NAMES);
    let begun = Instant::now();
    others.put("/v1/config/slow%2Fone", "1").expect(200);
    eventually(SOON, || psql(&url, WAITING) == "1");
    let ready = client.get("/readyz").status;
    // A machine that stood still meanwhile proves nothing here.
    assert!(ready == 200 || begun.elapsed() >= READY_LAG, "ready through a burst");
    eventually(SOON, || client.get("/readyz").status == 503);
    assert!(begun.elapsed() >= READY_LAG, "{:?}", begun.elapsed());
    let verbose = client.get("/readyz?verbose").expect(503).text;
    assert!(verbose.contains("[-] level") && verbose.contains("[+] database"), "{verbose}");
    assert_eq!(client.get("/v1/config/quick").expect(200).text, "1", "reads go on");
    others.get("/readyz").expect(200);

    psql(&url, "DELETE FROM public.held");
    psql(&url, &WAITING.replace("count(*)", "count(pg_terminate_backend(pid))"));
    eventually(SOON, || client.get("/readyz").status == 200);
    assert_eq!(client.get("/v1/config/slow%2Fone").expect(200).text, "1");
}
