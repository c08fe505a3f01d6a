//! The server is killed with SIGKILL while clients write: at random moments, and so at every step of a commit.

use std::time::Duration;

use crate::support::history::{Random, Scene};
use crate::support::long_run;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store, kill_after};

/// From the start of the process to the line that says that it can be sent traffic.
const UP_AGAIN: Duration = Duration::from_secs(5);

fn kill_and_restart(mut scene: Scene, what: &str) {
    let cycles = if long_run() { 60 } else { 4 };
    scene.serve(1);
    scene.watch();
    let load = scene.load(8, 12);
    let mut slowest = Duration::ZERO;
    for cycle in 0..cycles {
        // Never the same step of a commit twice.
        scene.acknowledge(20 + cycle * 7 % 30);
        scene.take(0).kill9();
        let took = scene.serve_again(0);
        assert!(took < UP_AGAIN, "up again after {took:?}");
        slowest = slowest.max(took);
    }
    scene.acknowledge(30);
    load.finish();
    scene.check(&format!("{what}, {cycles} cycles, up again after {slowest:?} at most"));
}

#[test]
fn a_server_on_a_file_that_is_killed_under_load_loses_nothing_and_is_up_in_five_seconds() {
    kill_and_restart(Scene::file(), "SIGKILL on a file");
}

#[test]
fn a_server_on_postgres_that_is_killed_under_load_loses_nothing_and_is_up_in_five_seconds() {
    kill_and_restart(Scene::postgres(), "SIGKILL on PostgreSQL");
}

fn kill_at_the_start(mut scene: Scene, fresh: impl Fn(usize) -> Store) {
    let mut random = Random(scene.seed);
    for number in 0..if long_run() { 100 } else { 6 } {
        let store = fresh(number);
        // While it makes the schema, the log's identity, its threads.
        for _ in 0..3 {
            kill_after(&store, Duration::from_millis(random.below(40)));
        }
        let server = Server::start(&store, &[]);
        server.client().put("/v1/config/a", "1").expect(200);
        drop(server);
        scene.store = store.clone();
        scene.direct = store;
        assert_eq!(scene.check("killed while it started").head, 1);
    }
}

#[test]
fn a_server_that_is_killed_while_it_makes_its_file_leaves_one_that_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    kill_at_the_start(Scene::file(), |number| Store::File(folder.path().join(format!("{number}.db"))));
}

#[test]
fn a_server_that_is_killed_while_it_makes_its_schema_leaves_one_that_opens() {
    kill_at_the_start(Scene::postgres(), |_| Store::Postgres(fresh_database()));
}
