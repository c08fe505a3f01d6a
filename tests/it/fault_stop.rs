//! The server is told to stop while clients are at work, runs out of descriptors, and waits for a late database.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::http::Client;
use crate::support::postgres::{Cluster, psql};
use crate::support::proxy::{Fault, Proxy};
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(15);

/// An address of this machine that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

fn stop_under_load(mut scene: Scene, what: &str) {
    scene.serve(1);
    // Streams and long polls are open when it stops, and go on where they were at the next one.
    scene.watch();
    let load = scene.load(8, 12);
    for _ in 0..3 {
        scene.acknowledge(40);
        let mut server = scene.take(0);
        let begun = Instant::now();
        let status = server.sigterm();
        assert!(status.success(), "{status:?}\n{}", server.stderr());
        assert!(begun.elapsed() < SOON, "nobody was slow, and it took {:?}", begun.elapsed());
        drop(server);
        scene.serve_again(0);
    }
    scene.acknowledge(20);
    load.finish();
    scene.check(what);
}

#[test]
fn a_server_on_a_file_that_is_told_to_stop_under_load_ends_well_and_loses_nothing() {
    stop_under_load(Scene::file(), "SIGTERM under load, on a file");
}

#[test]
fn a_server_on_postgres_that_is_told_to_stop_under_load_ends_well_and_loses_nothing() {
    stop_under_load(Scene::postgres(), "SIGTERM under load, on PostgreSQL");
}

#[test]
fn a_write_that_is_under_way_when_the_server_is_told_to_stop_is_answered() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    let Store::Postgres(url) = scene.direct.clone() else { panic!("it is PostgreSQL") };
    let mut holder = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("a connection");
    holder.batch_execute("BEGIN; SELECT FROM configapi.head FOR UPDATE").expect("the lock");
    let client = scene.server(0).client();
    let write = std::thread::Builder::new().spawn(move || client.put("/v1/config/a", "1")).expect("a thread");
    eventually(SOON, || {
        psql(&url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1"
    });
    scene.server(0).signal(Signal::TERM);
    eventually(SOON, || TcpStream::connect(scene.server(0).address()).is_err());
    holder.batch_execute("ROLLBACK").expect("the lock is free");
    write.join().expect("an answer").expect(200);
    assert!(scene.server(0).wait(SOON).success());
    scene.take(0);
    assert_eq!(scene.check("stopped in the midst of a write").head, 1);
}

#[test]
fn a_second_signal_ends_a_server_that_waits_at_once_and_nothing_acknowledged_is_lost() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    let direct = scene.direct.clone();
    let Store::Postgres(url) = &direct else { panic!("it is PostgreSQL") };
    let (proxy, through) = Proxy::before(url);
    scene.store = Store::Postgres(through);
    scene.serve(1);
    let load = scene.load(4, 6);
    scene.acknowledge(30);
    proxy.set(Fault::BlackHole);
    let mut server = scene.take(0);
    server.signal(Signal::TERM);
    eventually(SOON, || TcpStream::connect(server.address()).is_err());
    let begun = Instant::now();
    server.signal(Signal::TERM);
    let status = server.wait(SOON);
    assert_eq!(status.code(), Some(1), "{status:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(server);
    proxy.set(Fault::None);
    scene.serve_again(0);
    scene.acknowledge(20);
    load.finish();
    scene.check("SIGTERM twice, with a database that doesn't answer");
}

#[test]
fn before_the_store_is_open_the_server_lives_and_is_not_ready() {
    let mut cluster = Cluster::start();
    let url = cluster.create_database();
    cluster.stop_immediate();
    let store = Store::Postgres(url);
    let waiting = store.clone();
    let (sender, started) = std::sync::mpsc::channel();
    let address = free_address();
    let listen = format!("--listen={address}");
    let start = move || sender.send(Server::try_start(&waiting, &[&listen], &[]));
    std::thread::Builder::new().spawn(start).expect("a thread");
    // Bound and not served, it was killed by its liveness probe.
    let client = Client::new(&format!("http://{address}"));
    let answer = |method, path| client.try_send(method, path, &[], None).ok();
    eventually(SOON, || answer("GET", "/livez").is_some_and(|it| it.status == 200));
    for (method, path) in
        [("GET", "/readyz"), ("GET", "/v1/config/a"), ("PUT", "/v1/config/a"), ("GET", "/metrics")]
    {
        let refused = answer(method, path).expect("an answer");
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{method} {path}");
    }
    cluster.restart();
    let server = started.recv_timeout(Duration::from_secs(30)).expect("it waits").expect("it is ready then");
    server.client().put("/v1/config/a", "1").expect(200);
}

#[test]
fn a_server_that_waits_for_its_database_can_be_stopped() {
    let (folder, address) = (tempfile::tempdir().expect("a folder"), free_address());
    // No server of a database listens on port 1.
    let mut command = Store::Postgres("postgresql://u@127.0.0.1:1/d".into()).command("serve", &folder);
    command.arg(format!("--listen={address}")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let client = Client::new(&format!("http://{address}"));
    eventually(SOON, || client.try_send("GET", "/livez", &[], None).is_ok_and(|it| it.status == 200));
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it takes signals");
    let ended = eventually(SOON, || child.try_wait().expect("a child can be waited for"));
    assert!(ended.success(), "{ended:?}");
}

#[test]
fn a_server_out_of_descriptors_serves_again_when_connections_close() {
    let mut scene = Scene::file();
    scene.serve(1);
    let pid = scene.server(0).pid();
    prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) })
        .expect("a lower limit");
    let address = scene.server(0).address();
    let mut clients: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(address).expect("a backlog")).collect();
    for client in &mut clients {
        client.write_all(b"GET /v1/config/a HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it takes bytes");
    }
    // Some are served: those that got in.
    clients[0].set_read_timeout(Some(SOON)).expect("a time-out");
    let mut answer = [0; 12];
    clients[0].read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 404");
    let log = scene.server(0);
    eventually(SOON, || log.stderr().contains("accept failed"));
    drop(clients);
    let client = scene.server(0).client();
    eventually(SOON, || client.try_send("GET", "/livez", &[], None).is_ok_and(|answer| answer.status == 200));
    client.put("/v1/config/a", "1").expect(200);
    scene.check("64 descriptors and 200 connections");
}
