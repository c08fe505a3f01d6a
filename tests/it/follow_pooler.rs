//! Servers behind a pooler that gives each transaction another session: it refused how a connection began, and mixed the
//! prepared statements of its clients.

use std::time::Duration;

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::postgres::{Bouncer, Cluster};
use crate::support::server::{Server, Store, run};

const SOON: Duration = Duration::from_secs(15);

fn serve_through(settings: &str, parameters: &str, what: &str) {
    let cluster = Cluster::start();
    let database = cluster.create_database().rsplit_once('/').expect("a URL with a database").1.to_owned();
    let bouncer = Bouncer::before(&cluster, settings);
    let through = Store::Postgres(format!("{}{parameters}", bouncer.url(&database)));
    let mut scene = Scene::on(through.clone(), Store::Postgres(cluster.url(&database)));
    scene.serve(2);
    scene.watch();
    let load = scene.load(8, 6);
    scene.acknowledge(80);
    scene.take(0).kill9();
    scene.serve_again(0);
    scene.acknowledge(40);
    load.finish();
    scene.check(what);
    let verified = run(&through, "verify", &[]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn two_servers_behind_a_pooler_as_it_is_installed_keep_every_promise() {
    serve_through("", "", "a pooler that refuses settings");
}

#[test]
fn a_pooler_that_passes_settings_over_is_noticed() {
    serve_through("ignore_startup_parameters = options", "", "a pooler that passes settings over");
}

#[test]
fn a_connection_string_may_name_the_pooler() {
    let cluster = Cluster::start();
    let database = cluster.create_database().rsplit_once('/').expect("a URL with a database").1.to_owned();
    let bouncer = Bouncer::before(&cluster, "");
    let store = Store::Postgres(format!("{}?pgbouncer=true&sslmode=disable", bouncer.url(&database)));
    let server = Server::start(&store, &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    assert_eq!(server.client().get("/v1/config/a?at=1").expect(200).text, "1");
}

/// Without it a change of another server is seen by the next poll.
#[test]
fn notifications_come_from_postgres_itself_behind_a_pooler() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    let bouncer = Bouncer::before(&cluster, "");
    let store = Store::Postgres(bouncer.url(url.rsplit_once('/').expect("a URL with a database").1));
    // The poll does not come within the test.
    let args = ["--listen", "127.0.0.1:0", "--listen-url", &url, "--poll-interval", "10m"];
    let (one, other) = (Server::start(&store, &args), Server::start(&store, &args));
    for value in ["1", "2", "3"] {
        one.client().put("/v1/config/a", value).expect(200);
        eventually(SOON, || {
            let seen = other.client().get("/v1/config/a");
            seen.status == 200 && seen.text == value
        });
    }
}
