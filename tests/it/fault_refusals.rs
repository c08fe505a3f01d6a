//! PostgreSQL refuses what it allowed before, while a server runs: writes say that nothing was stored, and all comes back
//! with the right.

use std::fs;
use std::time::Duration;

use crate::support::eventually;
use crate::support::http::Client;
use crate::support::postgres::{Cluster, psql, serving_role};
use crate::support::server::{Server, Store, run};

const SOON: Duration = Duration::from_secs(20);

fn is_not_stored(client: &Client) -> bool {
    let answer = client.put("/v1/config/a", "refused");
    answer.status == 503 && answer.text.contains("\"not stored\"") && answer.header("retry-after").is_some()
}

/// Writes were 500 `unknown` without `Retry-After`.
fn refused_and_back(server: &Server, what: &str, begin: impl FnOnce(), end: impl FnOnce()) {
    eprintln!("{what}");
    let client = server.client();
    client.put("/v1/config/a", "kept").expect(200);
    begin();
    eventually(SOON, || client.get("/readyz").status == 503);
    eventually(SOON, || is_not_stored(&client));
    assert_eq!(client.get("/v1/config/a").expect(200).text, "kept", "{what}");
    client.get("/livez").expect(200);
    end();
    eventually(SOON, || client.put("/v1/config/a", "back").status == 200);
    eventually(SOON, || client.get("/readyz").status == 200);
}

/// A database with the schema, and a role that may serve it.
fn migrated(cluster: &Cluster) -> String {
    let url = cluster.create_database();
    assert!(run(&Store::Postgres(url.clone()), "migrate", &[]).status.success());
    url
}

fn user_of(url: &str) -> String {
    url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).expect("a URL with a user").0.to_owned()
}

#[test]
fn a_session_that_postgres_refuses_leaves_nothing_stored_and_comes_back() {
    let cluster = Cluster::start();
    let url = migrated(&cluster);
    let database = url.rsplit_once('/').expect("a URL with a database").1.to_owned();
    let role = serving_role(&url);
    let name = user_of(role.url());
    let (hba, admin) = (cluster.folder().join("data/pg_hba.conf"), cluster.url("postgres"));
    let allowed = fs::read_to_string(&hba).expect("its own file");
    let with_method = |method: &str| {
        fs::write(&hba, format!("host all {name} 127.0.0.1/32 {method}\n{allowed}")).expect("its own file");
        psql(&admin, "SELECT pg_reload_conf()");
    };
    let sql = |text: String| drop(psql(&admin, &text));
    let end_sessions = || {
        sql(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"));
    };
    let password = |word: &str| sql(format!("ALTER ROLE {name} PASSWORD '{word}'"));
    let connections = |allowed: bool| sql(format!("ALTER DATABASE {database} ALLOW_CONNECTIONS {allowed}"));

    with_method("scram-sha-256");
    password("one");
    let with_password = role.url().replacen(&name, &format!("{name}:one"), 1);
    let server = Server::start(&Store::Postgres(with_password), &[]);
    let try_it = |what: &str, begin: &dyn Fn(), end: &dyn Fn()| {
        let begin = || {
            begin();
            end_sessions();
        };
        refused_and_back(&server, what, begin, end);
    };
    try_it("password", &|| password("two"), &|| password("one"));
    let login = |word: &str| sql(format!("ALTER ROLE {name} {word}"));
    try_it("login", &|| login("NOLOGIN"), &|| login("LOGIN"));
    try_it("pg_hba.conf", &|| with_method("reject"), &|| with_method("scram-sha-256"));
    try_it("closed database", &|| connections(false), &|| connections(true));
    let grant = |word: &str| sql(format!("{word} PUBLIC"));
    let (revoked, granted) = (
        format!("REVOKE CONNECT ON DATABASE {database} FROM"),
        format!("GRANT CONNECT ON DATABASE {database} TO"),
    );
    try_it("right to connect", &|| grant(&revoked), &|| grant(&granted));
    let rename = || {
        connections(false);
        end_sessions();
        let left = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
        eventually(SOON, || psql(&admin, &left) == "0");
        sql(format!("ALTER DATABASE {database} RENAME TO {database}_moved"));
    };
    let rename_back = || {
        sql(format!("ALTER DATABASE {database}_moved RENAME TO {database}"));
        connections(true);
    };
    try_it("renamed database", &rename, &rename_back);
    drop(server);
    assert!(run(&Store::Postgres(url), "verify", &[]).status.success());
}

#[test]
fn a_role_that_may_not_append_any_more_is_not_ready_and_stores_nothing() {
    let cluster = Cluster::start();
    let url = migrated(&cluster);
    let role = serving_role(&url);
    let name = user_of(role.url());
    let server = Server::start(&Store::Postgres(role.url().to_owned()), &[]);
    for right in ["INSERT ON configapi.log", "UPDATE ON configapi.head"] {
        let revoke = || drop(psql(&url, &format!("REVOKE {right} FROM {name}")));
        let grant = || drop(psql(&url, &format!("GRANT {right} TO {name}")));
        refused_and_back(&server, right, revoke, grant);
    }
    drop(server);
    assert!(run(&Store::Postgres(url), "verify", &[]).status.success());
}

/// Each was waited for as if it would pass by itself, or ended without a word on what to do.
#[test]
fn a_start_that_no_waiting_helps_ends_at_once_and_says_what_to_do() {
    let cluster = Cluster::start();
    let url = migrated(&cluster);
    let role = serving_role(&url);
    let (name, database) = (user_of(role.url()), url.rsplit_once('/').expect("a URL with a database").1);
    let refused = |url: &str, words: &str| {
        let store = Store::Postgres(url.to_owned());
        let failed = Server::try_start(&store, &[], &[]).expect_err("it must not serve");
        assert_eq!(failed.status.and_then(|status| status.code()), Some(1), "{words}: {failed:?}");
        assert!(failed.stderr.contains(words), "{words:?} is missing: {}", failed.stderr);
    };
    let sql = |text: &str| drop(psql(&cluster.url("postgres"), text));
    refused(&cluster.url("missing"), "create the database, or correct its name");
    refused(&role.url().replacen(&name, "stranger", 1), "correct user and password");
    sql(&format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC"));
    refused(role.url(), "grant the role its rights");
    sql(&format!(
        "GRANT CONNECT ON DATABASE {database} TO PUBLIC; ALTER DATABASE {database} ALLOW_CONNECTIONS false"
    ));
    refused(role.url(), "let the database take connections");
    sql(&format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true"));
    drop(Server::start(&Store::Postgres(role.url().to_owned()), &[]));
}
