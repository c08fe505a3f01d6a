//! PostgreSQL clusters of the tests' own: made from a template, on a free port of 127.0.0.1, gone at the end.
//!
//! - Most tests want a log and nothing else: [`migrated_database`], on the one cluster that all tests of a run
//!   share (`shared`). Tests of the migrations start from an empty database: [`fresh_database`].
//! - Tests that kill, stop or configure the server have their own: [`Cluster::start`], some 0.3 s.
//!
//! Works as root (the server runs under another uid) and as anybody; under a runner that gives each test
//! a process of its own and under one that doesn't. Nothing is left behind when the tests are killed:
//! `watchdog.sh` is told by the kernel. fsync is on unless a test says otherwise, since the service
//! refuses a server without it.

mod bouncer;
mod migrated;
mod place;
mod programs;
mod roles;
mod shared;
mod tls;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::eventually::{eventually, within};
pub use bouncer::Bouncer;
pub use migrated::migrated_database;
use place::Port;
use programs::{Programs, output};
pub use roles::serving_role;
pub use shared::{fresh_database, shared_admin_url};
pub use tls::{Authority, Pair, home_with, psql_as};

const START_DEADLINE: Duration = Duration::from_mins(1);
const STOP_DEADLINE: Duration = Duration::from_secs(20);
const WATCHDOG: &str = include_str!("watchdog.sh");

/// Whether what the server calls committed is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// As in production. The default.
    #[default]
    Fsync,
    /// `fsync`, `full_page_writes` and `synchronous_commit` off; the service refuses it unless told otherwise.
    None,
}

/// How a cluster differs from the usual one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub durability: Durability,
    /// Settings of `postgresql.conf`, such as `("max_connections", "7")`.
    pub settings: Vec<(&'static str, String)>,
    /// Where its folder goes, such as a small file system that a test fills; the temporary folder if none.
    pub parent: Option<PathBuf>,
    /// Variables that the server gets.
    pub environment: Vec<(String, String)>,
}

/// One PostgreSQL server with its files. Dropped: stopped and removed.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: Port,
    options: Options,
    running: Option<Running>,
    /// Says to other runs that the folder isn't left over, also while the server is down.
    _alive: File,
}

#[derive(Debug)]
struct Running {
    watchdog: Child,
    orders: Option<ChildStdin>,
    postmaster: Pid,
}

impl Cluster {
    /// A running cluster with the usual settings, fsync on.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub fn start_with(options: Options) -> Self {
        Self::fill_and_start(options, place::copy_template)
    }

    /// A streaming standby of this running cluster; `SELECT pg_promote()` there makes it the primary.
    pub fn start_standby(&self, options: Options) -> Self {
        Self::fill_and_start(options, |data| {
            let mut copy = Programs::get().command("pg_basebackup");
            copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--pgdata"]).arg(data);
            output(copy.arg("--dbname").arg(self.url("postgres")));
        })
    }

    fn fill_and_start(options: Options, fill: impl FnOnce(&Path)) -> Self {
        let (folder, alive) = place::new_folder(options.parent.as_deref());
        fill(&folder.join("data"));
        let mut cluster = Self { folder, port: Port::free(), options, running: None, _alive: alive };
        cluster.restart();
        cluster
    }

    /// The URL of one of its databases, over TCP, as the superuser `postgres`.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port.number())
    }

    /// 127.0.0.1 and the port: what a fault proxy goes to.
    pub fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port.number()).into()
    }

    /// The folder of its Unix socket, its log (`log`) and its data (`data`).
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes an empty database with a name of its own, and gives its URL.
    pub fn create_database(&self) -> String {
        create_database(&self.url("postgres"))
    }

    /// Runs SQL in the database `postgres` as the superuser; see [`psql`].
    pub fn psql(&self, sql: &str) -> String {
        psql(&self.url("postgres"), sql)
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The postmaster's process, while it runs.
    pub fn postmaster(&self) -> Option<Pid> {
        self.running.as_ref().map(|running| running.postmaster)
    }

    /// Sends a signal to the postmaster alone.
    pub fn signal(&self, signal: Signal) {
        let postmaster = self.postmaster().expect("the server runs");
        kill_process(postmaster, signal).expect("the postmaster takes signals");
    }

    /// SIGKILL to the postmaster and all of its processes, as when the machine loses power.
    pub fn kill9(&mut self) {
        let Some(running) = self.running.take() else { return };
        let mut doomed = vec![running.postmaster];
        doomed.extend(place::children_of(running.postmaster));
        for &process in &doomed {
            let _gone_already = kill_process(process, Signal::KILL);
        }
        running.end(&self.folder, Some("keep\n"));
        // The next server won't start while one of them still holds the shared memory.
        eventually(STOP_DEADLINE, || !doomed.iter().any(|&process| place::is_running(process)));
    }

    /// What `pg_ctl stop -m immediate` does: no checkpoint, sessions end with an error, recovery at the next start.
    pub fn stop_immediate(&mut self) {
        if let Some(running) = self.running.take() {
            running.end(&self.folder, Some("keep\n"));
        }
    }

    /// Starts it again on the same port with the same files; a running one is stopped first.
    pub fn restart(&mut self) {
        self.stop_immediate();
        let running = Running::spawn(&self.folder, self.port.number(), &self.options, None);
        let url = self.url("postgres");
        self.running.insert(running).wait_until_ready(&url, &self.folder);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.running.take() {
            Some(running) => running.end(&self.folder, None),
            None => place::remove(&self.folder),
        }
    }
}

impl Running {
    /// Starts the server under its watchdog: one that ends with this process, or with the last holder of the lease.
    fn spawn(folder: &Path, port: u16, options: &Options, lease: Option<&Path>) -> Self {
        let programs = Programs::get();
        let mut command = programs.as_user("sh");
        command.args(["-c", WATCHDOG, "watchdog.sh"]).arg(folder);
        command.arg(lease.unwrap_or(Path::new(""))).arg(shared::LINGER_SECONDS);
        command.arg(programs.path("postgres")).arg("-D").arg(folder.join("data"));
        command.args(settings(folder, port, options).iter().flat_map(|setting| ["-c", setting]));
        command.envs(options.environment.iter().map(|(name, value)| (name, value)));
        let orders = if lease.is_some() { Stdio::null() } else { Stdio::piped() };
        let mut watchdog = command
            .process_group(0)
            .stdin(orders)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell for the watchdog");
        let mut line = String::new();
        let stdout = watchdog.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("the watchdog says the postmaster's process id");
        let postmaster = line.trim().parse().ok().and_then(Pid::from_raw);
        let postmaster =
            postmaster.unwrap_or_else(|| panic!("the watchdog needs `sh` and `flock`: {line:?}"));
        Self { orders: watchdog.stdin.take(), watchdog, postmaster }
    }

    fn wait_until_ready(&self, url: &str, folder: &Path) {
        let ready = within(START_DEADLINE, || {
            let attempt =
                ::postgres::Client::connect(url, ::postgres::NoTls).map_err(|error| error.to_string());
            // A server that ended won't come up by waiting.
            match attempt {
                Err(_) if !place::is_running(self.postmaster) => Ok(Err("the server ended".to_owned())),
                Err(error) => Err(error),
                Ok(_) => Ok(Ok(())),
            }
        });
        if let Err(error) = ready.and_then(|inner| inner) {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL didn't start in {START_DEADLINE:?}: {error}\n{log}");
        }
    }

    /// Ends the server: with an order to keep the files, or without one, and then they are removed.
    fn end(mut self, folder: &Path, order: Option<&str>) {
        if let (Some(order), Some(orders)) = (order, &mut self.orders) {
            orders.write_all(order.as_bytes()).expect("the watchdog listens");
        }
        drop(self.orders.take());
        if within(STOP_DEADLINE, || matches!(self.watchdog.try_wait(), Ok(Some(_)))).is_err() {
            let _gone_already = kill_process(self.postmaster, Signal::KILL);
            eprintln!("PostgreSQL in {} didn't stop within {STOP_DEADLINE:?}; killed", folder.display());
            let _ended = self.watchdog.wait();
        }
    }
}

/// Small and quick to start, and otherwise as in production.
fn settings(folder: &Path, port: u16, options: &Options) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "max_connections=100".to_owned(),
        "shared_buffers=32MB".to_owned(),
        "jit=off".to_owned(),
        "lc_messages=C".to_owned(),
        "log_line_prefix=%m [%p] %d ".to_owned(),
    ];
    // The path of a socket has room for 107 bytes; a temporary folder can be longer.
    let socket_folder = folder.to_str().filter(|path| path.len() < 80).unwrap_or_default();
    settings.push(format!("unix_socket_directories={socket_folder}"));
    if options.durability == Durability::None {
        settings
            .extend(["fsync", "full_page_writes", "synchronous_commit"].map(|name| format!("{name}=off")));
    }
    settings.extend(options.settings.iter().map(|(name, value)| format!("{name}={value}")));
    settings
}

/// Makes an empty database with a name of its own on the server of the URL, and returns its URL.
pub fn create_database(admin_url: &str) -> String {
    copy_database(admin_url, "template1")
}

/// Makes a copy of a database, with a name of its own, and returns its URL.
fn copy_database(admin_url: &str, template: &str) -> String {
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    psql(admin_url, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
    let (server, _) = admin_url.rsplit_once('/').expect("a URL that ends in a database's name");
    format!("{server}/{name}")
}

/// The name of the database that a URL leads to.
fn name_of(url: &str) -> &str {
    url.rsplit_once('/').expect("a URL that ends in a database's name").1
}

/// Runs SQL and gives the rows as `psql -At` prints them: a line a row, `|` between columns, nothing for NULL.
pub fn psql(url: &str, sql: &str) -> String {
    let mut client = ::postgres::Client::connect(url, ::postgres::NoTls)
        .unwrap_or_else(|error| panic!("no connection to {url}: {error}"));
    let messages = client.simple_query(sql).unwrap_or_else(|error| panic!("{sql}\nfailed: {error:?}"));
    let mut text = String::new();
    for message in messages {
        if let ::postgres::SimpleQueryMessage::Row(row) = message {
            let columns: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or_default()).collect();
            writeln!(text, "{}", columns.join("|")).expect("a string takes all");
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// Runs one of PostgreSQL's client programs (`pg_dump`, `psql`) on a database, and gives what it printed.
pub fn client_program(program: &str, url: &str, args: &[&str]) -> Vec<u8> {
    let path = Programs::get().path(program);
    let ran =
        std::process::Command::new(&path).args(args).arg("--dbname").arg(url).stdin(Stdio::null()).output();
    let ran = ran.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

#[cfg(test)]
mod tests;
