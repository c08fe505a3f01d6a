//! `migrate --grant`: the owner migrates, and another role serves with the rights that it needs and no others.

use std::process::Output;

use ::postgres::{Client, NoTls};

use crate::support::postgres::{Cluster, fresh_database, migrated_database, psql, serving_role};
use crate::support::server::{Server, Store, run};

fn grant(url: &str, role: &str) -> Output {
    run(&Store::Postgres(url.to_owned()), "migrate", &["--grant", role])
}

fn stderr(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn a_role_with_granted_rights_serves_and_can_change_nothing_in_the_log() {
    let url = fresh_database();
    let database = url.rsplit_once('/').expect("a URL with a database").1;
    let (owner, server_role) = (format!("{database}_owns"), format!("{database}_serves"));
    let url_as = |role: &str| url.replacen("postgres@", &format!("{role}@"), 1);
    // The owner is not a superuser.
    psql(&url, &format!("CREATE ROLE {owner} LOGIN; CREATE ROLE {server_role} LOGIN"));
    psql(&url, &format!("GRANT CREATE ON DATABASE {database} TO {owner}"));
    let granted = grant(&url_as(&owner), &server_role);
    assert!(granted.status.success(), "{granted:?}");
    let server = Server::start(&Store::Postgres(url_as(&server_role)), &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    server.client().delete("/v1/config/a").expect(200);
    assert_eq!(server.client().get("/v1/config/a?at=1").expect(200).text, "1");
    let mut client = Client::connect(&url_as(&server_role), NoTls).expect("the role may connect");
    for refused in [
        "UPDATE configapi.log SET value = '2'",
        "DELETE FROM configapi.log",
        "TRUNCATE configapi.log",
        "DELETE FROM configapi.head",
        "INSERT INTO configapi.head SELECT * FROM configapi.head",
        "INSERT INTO configapi.schema_migrations SELECT * FROM configapi.schema_migrations",
        "ALTER TABLE configapi.log DISABLE TRIGGER ALL",
        "DROP TABLE configapi.log",
        "CREATE TABLE configapi.mine (a int)",
    ] {
        let error = client.batch_execute(refused).expect_err(refused);
        let code = error.code().map(|state| state.code().to_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{refused}: {error:?}");
    }
    // It minds these two.
    for allowed in ["data_keys", "snapshots"] {
        client.batch_execute(&format!("DELETE FROM configapi.{allowed}")).expect(allowed);
    }
    drop((server, client));
    psql(&url, &format!("DROP OWNED BY {server_role}, {owner} CASCADE; DROP ROLE {server_role}, {owner}"));
}

#[test]
fn a_grant_is_repeated_without_harm_and_takes_any_name() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    for name in [r#"we"ird; DROP TABLE configapi.log"#, "With Blank", "select", "%I"] {
        psql(&url, &format!("CREATE ROLE \"{}\" LOGIN", name.replace('"', "\"\"")));
        for _ in 0..2 {
            let granted = grant(&url, name);
            assert!(granted.status.success(), "{granted:?}");
            let said = String::from_utf8_lossy(&granted.stdout).into_owned();
            assert!(said.contains(&format!("the role {name} has the rights of a server")), "{said}");
        }
    }
    assert!(run(&Store::Postgres(url), "verify", &[]).status.success());
}

#[test]
fn a_grant_that_is_not_possible_says_what_to_do() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    let database = url.rsplit_once('/').expect("a URL with a database").1;
    let refused = |url: &str, role: &str, words: &str| {
        let done = grant(url, role);
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        assert!(stderr(&done).contains(words), "{words:?} is missing: {}", stderr(&done));
    };
    refused(&url, "missing", r#"the role "missing" does not exist: create it"#);
    refused(&url, "PUBLIC", r#"the role "PUBLIC" does not exist"#);
    psql(&url, "CREATE ROLE serves LOGIN; CREATE ROLE other LOGIN; CREATE ROLE reader LOGIN");
    psql(&url, &format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC"));
    refused(&url, "serves", "may not connect to the database: GRANT CONNECT ON DATABASE");
    psql(&url, &format!("GRANT CONNECT ON DATABASE {database} TO PUBLIC"));
    assert!(grant(&url, "serves").status.success());
    // A role that serves is not the owner: PostgreSQL only warns, and grants nothing.
    let as_server = url.replacen("postgres@", "serves@", 1);
    refused(&as_server, "other", "connect as the owner of the schema configapi");
    let done = run(&Store::File("log.db".into()), "migrate", &["--grant", "serves"]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(stderr(&done).contains("a file has no roles"), "{done:?}");
}

/// It would lock the tables before it fails.
#[test]
fn a_role_that_only_serves_does_not_try_to_migrate() {
    let url = migrated_database();
    let role = serving_role(&url);
    psql(
        &url,
        "DELETE FROM configapi.schema_migrations WHERE version = (SELECT max(version) FROM configapi.schema_migrations)",
    );
    let store = Store::Postgres(role.url().to_owned());
    let failed = Server::try_start(&store, &[], &[]).expect_err("the schema is older");
    assert_eq!(failed.status.and_then(|status| status.code()), Some(1), "{failed:?}");
    assert!(failed.stderr.contains("configapi migrate"), "{failed:?}");
}
