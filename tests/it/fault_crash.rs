//! The server is killed with SIGKILL while clients write: at random moments, and so at every step of a commit.

use std::time::Duration;

use crate::support::history::Scene;
use crate::support::long_run;

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
