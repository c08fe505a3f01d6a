//! A role and a database with a hostile `search_path`: other functions, operators and types of the names that our
//! statements use come first. Each writes down that it was called; none may be.

use serde_json::json;

use crate::support::http::Client;
use crate::support::postgres::{fresh_database, psql};
use crate::support::server::{Server, Store, run};
use crate::upgrade_postgres::older::{SCHEMA_1, SCHEMA_2};

/// Every function, aggregate, operator and type of our statements that a schema can shadow. Each trap writes down
/// its name and goes on as the true one does, so that the test sees the call and not its damage.
const TRAPS: &str = r"
CREATE SCHEMA evil;
CREATE TABLE evil.called (name pg_catalog.text NOT NULL);
DO $traps$
DECLARE
    true_one record;
    number integer := 0;
BEGIN
    FOR true_one IN
        SELECT proc.proname AS name, pg_get_function_identity_arguments(proc.oid) AS arguments,
               pg_get_function_result(proc.oid) AS result, proc.proretset AS is_set,
               array_to_string(ARRAY(SELECT '$' || place FROM generate_series(1, proc.pronargs) AS place), ', ') AS passed
        FROM pg_proc AS proc
        WHERE proc.pronamespace = 'pg_catalog'::regnamespace AND proc.prokind = 'f' AND proc.provariadic = 0
          AND proc.proname IN (
              'octet_length', 'clock_timestamp', 'current_setting', 'set_config', 'pg_notify', 'pg_sleep',
              'pg_advisory_xact_lock', 'pg_is_in_recovery', 'pg_last_wal_replay_lsn', 'pg_last_wal_receive_lsn',
              'unnest', 'extract', 'date_part', 'int8', 'text'
          )
          AND NOT proc.proargtypes::oid[] && ARRAY['tsvector'::regtype::oid, 'anymultirange'::regtype::oid]
    LOOP
        EXECUTE format(
            'CREATE FUNCTION evil.%1$I(%2$s) RETURNS %3$s LANGUAGE plpgsql AS $f$ BEGIN '
            'INSERT INTO evil.called VALUES (%1$L); %4$s pg_catalog.%1$I(%5$s); END $f$',
            true_one.name, true_one.arguments, true_one.result,
            CASE WHEN true_one.is_set THEN 'RETURN QUERY SELECT'
                 WHEN true_one.result = 'void' THEN 'PERFORM' ELSE 'RETURN' END,
            true_one.passed
        );
    END LOOP;

    FOR true_one IN
        SELECT operator.oprname AS name, operator.oprleft::regtype AS one, operator.oprright::regtype AS other,
               operator.oprresult::regtype AS result
        FROM pg_operator AS operator
        WHERE operator.oprnamespace = 'pg_catalog'::regnamespace AND operator.oprkind = 'b'
          AND operator.oprname IN ('=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/')
          AND operator.oprleft IN ('bytea'::regtype, 'text'::regtype, 'bigint'::regtype, 'integer'::regtype,
                                   'smallint'::regtype, 'numeric'::regtype, 'oid'::regtype, 'name'::regtype,
                                   'boolean'::regtype, 'pg_lsn'::regtype)
    LOOP
        number := number + 1;
        EXECUTE format(
            'CREATE FUNCTION evil.operator_%1$s(%3$s, %4$s) RETURNS %5$s LANGUAGE plpgsql AS $f$ BEGIN '
            'INSERT INTO evil.called VALUES (%6$L); RETURN $1 OPERATOR(pg_catalog.%2$s) $2; END $f$; '
            'CREATE OPERATOR evil.%2$s (FUNCTION = evil.operator_%1$s, LEFTARG = %3$s, RIGHTARG = %4$s)',
            number, true_one.name, true_one.one, true_one.other, true_one.result,
            true_one.one || ' ' || true_one.name || ' ' || true_one.other
        );
    END LOOP;

    FOR true_one IN
        SELECT * FROM (VALUES ('sum', 'bigint'), ('sum', 'integer'), ('max', 'bigint'), ('lag', 'bigint')) AS it (name, argument)
    LOOP
        EXECUTE format(
            'CREATE FUNCTION evil.step_%1$s(bigint, %2$s) RETURNS bigint LANGUAGE plpgsql AS $f$ BEGIN '
            'INSERT INTO evil.called VALUES (%1$L); RETURN $2; END $f$; '
            'CREATE AGGREGATE evil.%1$s(%2$s) (SFUNC = evil.step_%1$s, STYPE = bigint)',
            true_one.name, true_one.argument
        );
    END LOOP;
END
$traps$;
CREATE DOMAIN evil.text AS pg_catalog.text;
CREATE DOMAIN evil.bytea AS pg_catalog.bytea;
CREATE DOMAIN evil.timestamptz AS pg_catalog.timestamptz;
";

/// Puts the traps in front of everything, for the database and for the role in it.
fn set_traps(url: &str) {
    psql(url, TRAPS);
    let (_, database) = url.rsplit_once('/').unwrap();
    let path = "search_path = evil, pg_catalog, public";
    psql(
        url,
        &format!(
            "ALTER DATABASE {database} SET {path}; ALTER ROLE postgres IN DATABASE {database} SET {path}"
        ),
    );
    // They are in the way of a session that does not look out.
    assert_eq!(psql(url, "SELECT octet_length('four'::pg_catalog.text)"), "4");
    assert_eq!(traps_met(url), "octet_length");
    psql(url, "DELETE FROM evil.called");
}

/// The traps that were called, and the columns that got a type of theirs.
fn traps_met(url: &str) -> String {
    psql(
        url,
        "SET search_path = pg_catalog; \
         SELECT DISTINCT name FROM evil.called \
         UNION ALL \
         SELECT DISTINCT 'type of ' || attribute.attname FROM pg_attribute AS attribute \
         JOIN pg_class AS relation ON relation.oid = attribute.attrelid \
         JOIN pg_type AS type ON type.oid = attribute.atttypid \
         JOIN pg_namespace AS ours ON ours.oid = relation.relnamespace AND ours.nspname = 'configapi' \
         JOIN pg_namespace AS theirs ON theirs.oid = type.typnamespace AND theirs.nspname = 'evil' \
         ORDER BY 1",
    )
}

/// Runs every statement of the store at least once, through the real server, and gives the values that it shows.
fn use_everything(url: &str) -> Vec<String> {
    let store = Store::Postgres(url.to_owned());
    let server = Server::start(&store, &[]);
    let client = server.client();
    let head = client.get("/v1/health").json()["details"]["head_revision"].as_u64().expect("a number");
    let json = [("content-type", "application/json")];
    let post = |client: &Client, path: &str, body: serde_json::Value| {
        client.send("POST", path, &json, Some(body.to_string().as_bytes())).expect(200)
    };
    client.put("/v1/config/a", "1").expect(200);
    for _ in 0..2 {
        let key = [("idempotency-key", "once"), ("content-type", "text/plain")];
        client.send("PUT", "/v1/config/b", &key, Some(b"1")).expect(200);
    }
    client.put("/v1/config/a", "2").expect(200);
    client.delete("/v1/config/b").expect(200);
    let sets =
        json!({"operations": [{"set": {"name": "c", "value": "1"}}, {"set": {"name": "d", "value": "1"}}]});
    post(&client, "/v1/transactions", sets);
    post(&client, "/v1/restore", json!({"to": head + 3, "prefix": "b"}));
    let shown = [
        "/v1/config?prefix=".to_owned(),
        format!("/v1/config?at={}", head + 3),
        "/v1/config/a/history".to_owned(),
        "/v1/config/a/history?order=desc&limit=1".to_owned(),
        format!("/v1/config/a?at={}", head + 1),
        format!("/v1/events?after={head}"),
    ];
    let counted = |path: &String| {
        let body = client.get(path).expect(200).json();
        let values = |it: &serde_json::Value| format!("{}={}", it["name"], it["value"]);
        body.as_array()
            .map_or_else(|| values(&body), |all| all.iter().map(values).collect::<Vec<_>>().join(" "))
    };
    let mut seen: Vec<String> = shown.iter().map(counted).collect();
    seen.push(client.get("/v1/config?at=1m").status.to_string());
    drop(server);
    // Started again it reads its tree from the log.
    let server = Server::start(&store, &[]);
    seen.push(counted_again(&server.client()));
    drop(server);
    let verified = run(&store, "verify", &[]);
    assert!(verified.status.success(), "verify: {}", String::from_utf8_lossy(&verified.stderr));
    seen
}

fn counted_again(client: &Client) -> String {
    let list = client.get("/v1/config").expect(200);
    list.json().as_array().expect("a list").len().to_string()
}

#[test]
fn a_hostile_search_path_changes_nothing_and_no_foreign_function_is_called() {
    let friendly = use_everything(&fresh_database());
    let url = fresh_database();
    set_traps(&url);
    assert_eq!(use_everything(&url), friendly);
    assert_eq!(traps_met(&url), "");
}

#[test]
fn a_migration_under_a_hostile_search_path_calls_no_foreign_function() {
    for older in [&SCHEMA_1, &SCHEMA_2] {
        let url = older.create();
        older.fill(&url, 10);
        set_traps(&url);
        use_everything(&url);
        assert_eq!(traps_met(&url), "", "schema {}", older.schema);
    }
}
