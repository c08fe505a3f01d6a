//! TLS to PostgreSQL: psql is the judge. Each connection string goes to psql and to the program; both must connect, or
//! neither, and with TLS or without.

mod certificates;
mod clients;
mod failures;

use std::path::Path;
use std::process::Output;

use crate::support::postgres::{Authority, Cluster, Options, home_with, psql_as};
use crate::support::server::{Server, Store, run};

/// How a connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    Plain,
    Encrypted,
}

/// Each `sslmode`, and none.
const MODES: [&str; 7] = [
    "",
    "sslmode=disable",
    "sslmode=allow",
    "sslmode=prefer",
    "sslmode=require",
    "sslmode=verify-ca",
    "sslmode=verify-full",
];

/// A cluster that logs its connections, with a migrated database, and connection strings to it.
struct Scene {
    cluster: Cluster,
    database: String,
    home: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self::with_home(home_with(&[]))
    }

    fn with_home(home: tempfile::TempDir) -> Self {
        let settings = vec![("log_connections", "on".to_owned())];
        let cluster = Cluster::start_with(Options { settings, ..Options::default() });
        let url = cluster.create_database();
        let migrated = run(&Store::Postgres(url.clone()), "migrate", &[]);
        assert!(migrated.status.success(), "{migrated:?}");
        let database = url.rsplit_once('/').expect("a URL with a database").1.to_owned();
        Self { cluster, database, home }
    }

    /// A role that may do all, by its name.
    fn role(&self, name: &str) {
        self.cluster.psql(&format!("CREATE ROLE {name} SUPERUSER LOGIN"));
    }

    /// A string for a host, which need not be known to a name server.
    fn url(&self, user: &str, host: &str, parameters: &[&str]) -> String {
        let parameters: Vec<_> = parameters.iter().filter(|text| !text.is_empty()).copied().collect();
        format!(
            "postgres://{user}@{host}:{}/{}?hostaddr=127.0.0.1&{}",
            self.cluster.address().port(),
            self.database,
            parameters.join("&")
        )
    }

    fn by_psql(&self, url: &str) -> (Outcome, String) {
        let done = psql_as(self.home.path(), url, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        let outcome = match (done.status.success(), done.stdout.as_slice()) {
            (true, b"t\n") => Outcome::Encrypted,
            (true, _) => Outcome::Plain,
            (false, _) => Outcome::Refused,
        };
        (outcome, stderr(&done))
    }

    fn by_program(&self, url: &str) -> (Outcome, String) {
        let seen = self.cluster.log().len();
        let done = verify(self.home.path(), url);
        if !done.status.success() {
            return (Outcome::Refused, stderr(&done));
        }
        (self.links_after(seen), stderr(&done))
    }

    /// How the program's connections came about, as the server has logged them since; all in one way.
    fn links_after(&self, seen: usize) -> Outcome {
        let log = self.cluster.log();
        let ours = log[seen..].lines().filter(|line| line.contains("application_name=configapi"));
        let encrypted: Vec<_> = ours.map(|line| line.contains("SSL enabled")).collect();
        assert!(!encrypted.is_empty(), "the server has logged no connection: {}", &log[seen..]);
        assert!(encrypted.iter().all(|one| *one == encrypted[0]), "{}", &log[seen..]);
        if encrypted[0] { Outcome::Encrypted } else { Outcome::Plain }
    }

    /// What both come to for a string, if that is one outcome; else a line that says how they differ.
    fn compare(&self, url: &str) -> Result<Outcome, String> {
        let ((by_psql, psql_says), (by_program, program_says)) = (self.by_psql(url), self.by_program(url));
        if by_psql == by_program {
            return Ok(by_program);
        }
        Err(format!("{url}\n  psql: {by_psql:?} {psql_says}\n  configapi: {by_program:?} {program_says}"))
    }

    /// Compares all, and returns how many came to each outcome: refused, plain, encrypted.
    fn compare_all(&self, urls: impl IntoIterator<Item = String>) -> [usize; 3] {
        let (mut counts, mut differences) = ([0; 3], Vec::new());
        for url in urls {
            match self.compare(&url) {
                Ok(outcome) => counts[outcome as usize] += 1,
                Err(difference) => differences.push(difference),
            }
        }
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
        counts
    }
}

/// The program reads the log once and ends.
fn verify(home: &Path, url: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Store::Postgres(url.to_owned()).command("verify", &folder);
    command.env("HOME", home).output().expect("the binary starts")
}

fn stderr(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).trim_end().to_owned()
}

fn root_file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    format!("sslrootcert={}", path.display())
}

/// The server has TLS: for all, for some roles only, or for others only.
#[test]
fn every_sslmode_with_every_root_is_as_in_psql() {
    let scene = Scene::new();
    let (root, other) = (Authority::new("root"), Authority::new("other"));
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    scene.role("only_tls");
    scene.role("only_plain");
    scene.cluster.allow(
        "hostssl all only_tls all trust\nhost all only_tls all reject\n\
         hostnossl all only_plain all trust\nhost all only_plain all reject",
    );
    let folder = scene.home.path();
    let roots = [
        String::new(),
        root_file(folder, "right.crt", &root.certificate),
        root_file(folder, "wrong.crt", &other.certificate),
        root_file(folder, "bad.crt", "not a certificate"),
        format!("sslrootcert={}/missing.crt", folder.display()),
    ];
    let mut urls = Vec::new();
    for user in ["postgres", "only_tls", "only_plain"] {
        for mode in MODES {
            urls.extend(roots.iter().map(|root| scene.url(user, "localhost", &[mode, root])));
        }
    }
    // Each outcome there is, so that the comparison says something.
    let [refused, plain, encrypted] = scene.compare_all(urls);
    assert!(refused > 20 && plain > 20 && encrypted > 20, "{refused} {plain} {encrypted}");
}

#[test]
fn every_sslmode_is_as_in_psql_where_the_server_has_no_tls() {
    let scene = Scene::new();
    let root = root_file(scene.home.path(), "right.crt", &Authority::new("root").certificate);
    let with = |mode: &&str| ["", &root].map(|root| scene.url("postgres", "localhost", &[mode, root]));
    let [refused, plain, encrypted] = scene.compare_all(MODES.iter().flat_map(with));
    assert_eq!((refused, plain, encrypted), (6, 8, 0));
}

/// Over a unix socket `sslmode` means nothing.
#[test]
fn a_unix_socket_has_no_tls_as_in_psql() {
    let scene = Scene::new();
    let root = Authority::new("root");
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    let folder = scene.cluster.folder().display().to_string();
    let port = scene.cluster.address().port();
    let url = |mode: &&str| {
        format!("postgres:///{}?user=postgres&host={folder}&port={port}&{mode}", scene.database)
    };
    assert_eq!(scene.compare_all(MODES.iter().skip(1).map(url)), [0, 6, 0]);
}

/// The files in the home folder count where the string names none.
#[test]
fn the_root_in_the_home_folder_is_as_in_psql() {
    let (root, other) = (Authority::new("root"), Authority::new("other"));
    for (certificate, encrypted_min) in [(&root.certificate, 4), (&other.certificate, 0)] {
        let scene = Scene::with_home(home_with(&[("root.crt", certificate)]));
        scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
        let urls = MODES.iter().map(|mode| scene.url("postgres", "localhost", &[mode]));
        let [_, _, encrypted] = scene.compare_all(urls);
        assert!(encrypted >= encrypted_min, "{encrypted}");
    }
}

/// Appends, reads, following and notifications: each has connections of its own.
#[test]
fn every_connection_of_a_server_is_encrypted_where_the_string_says_so() {
    let scene = Scene::new();
    let root = Authority::new("root");
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    let root = root_file(scene.home.path(), "root.crt", &root.certificate);
    let url = scene.url("postgres", "localhost", &["sslmode=verify-full", &root, "channel_binding=prefer"]);
    let seen = scene.cluster.log().len();
    let store = Store::Postgres(url);
    // The poll does not come within the test: only a notification brings the change.
    let args = ["--poll-interval", "10m"];
    let (one, other) = (Server::start(&store, &args), Server::start(&store, &args));
    one.client().put("/v1/config/a", "1").expect(200);
    let deadline = std::time::Duration::from_secs(20);
    crate::support::eventually(deadline, || other.client().get("/v1/config/a").status == 200);
    assert_eq!(other.client().get("/v1/config/a?at=1").expect(200).text, "1");
    assert_eq!(scene.links_after(seen), Outcome::Encrypted);
    let roles = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'configapi'";
    assert!(scene.cluster.psql(roles).parse::<u32>().expect("a number") >= 6);
}
