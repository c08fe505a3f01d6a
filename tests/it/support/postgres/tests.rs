//! The clusters hold what the tests build on.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_fresh_database_is_empty_and_no_one_elses() {
    let (one, other) = (fresh_database(), fresh_database());
    assert_ne!(one, other);
    psql(&one, "CREATE TABLE t (x int)");
    assert_eq!(psql(&other, "SELECT count(*) FROM pg_tables WHERE tablename = 't'"), "0");
}

#[test]
fn the_shared_cluster_is_durable_like_production() {
    let settings = "SELECT current_setting('fsync'), current_setting('full_page_writes'), \
                    current_setting('synchronous_commit'), current_setting('server_encoding')";
    assert_eq!(psql(shared_admin_url(), settings), "on|on|on|UTF8");
}

#[test]
fn what_was_committed_survives_kill_9_and_an_immediate_stop_on_the_same_port() {
    let mut cluster = Cluster::start();
    let url = cluster.create_database();
    psql(&url, "CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
    cluster.kill9();
    assert!(::postgres::Client::connect(&url, ::postgres::NoTls).is_err());
    cluster.restart();
    psql(&url, "INSERT INTO t VALUES (2)");
    cluster.stop_immediate();
    cluster.restart();
    assert_eq!(psql(&url, "SELECT x, NULL FROM t ORDER BY x"), "1|\n2|");
    assert!(cluster.log().contains("database system was not properly shut down"));
}

#[test]
fn a_dropped_cluster_leaves_no_process_and_no_file() {
    let cluster = Cluster::start_with(Options {
        durability: Durability::None,
        settings: vec![("max_connections", "7".to_owned())],
        ..Options::default()
    });
    assert_eq!(cluster.psql("SELECT current_setting('fsync'), current_setting('max_connections')"), "off|7");
    let (folder, postmaster) = (cluster.folder().to_owned(), cluster.postmaster().expect("it runs"));
    drop(cluster);
    assert!(!folder.exists());
    assert!(!place::is_running(postmaster));
}

#[test]
fn a_standby_follows_and_can_be_promoted() {
    let mut primary = Cluster::start();
    let standby = primary.start_standby(Options::default());
    primary.psql("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
    eventually(SOON, || standby.psql("SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "1");
    primary.kill9();
    assert_eq!(standby.psql("SELECT pg_promote()"), "t");
    standby.psql("INSERT INTO t VALUES (2)");
}

/// Not a test: what the next one runs in a process of its own, and kills.
#[test]
#[ignore = "the victim of a_cluster_ends_when_its_test_is_killed"]
fn victim_that_starts_a_cluster_and_waits() {
    let cluster = Cluster::start();
    eprintln!("cluster in {}", cluster.folder().display());
    let _never = std::io::stdin().read_line(&mut String::new());
}

#[test]
fn a_cluster_ends_when_its_test_is_killed() {
    let victim = "support::postgres::tests::victim_that_starts_a_cluster_and_waits";
    let mut process = Command::new(std::env::current_exe().expect("a test binary"))
        .args(["--exact", "--ignored", "--nocapture", victim])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test binary starts");
    let stderr = BufReader::new(process.stderr.take().expect("piped"));
    let mut lines = stderr.lines().map_while(Result::ok);
    let folder = lines.find_map(|line| Some(line.strip_prefix("cluster in ")?.to_owned()));
    let folder = PathBuf::from(folder.expect("the victim says where its cluster is"));
    assert!(folder.exists());
    process.kill().expect("the victim runs");
    process.wait().expect("and ends");
    eventually(SOON, || !folder.exists());
}
