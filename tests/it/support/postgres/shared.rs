//! The one cluster that all tests of a run share, for those that want a database and nothing else.
//!
//! A runner may give each test a process, and a cluster a test costs too much; so the first test that asks starts it,
//! and each process that uses it holds a shared lock on a lease. The kernel gives the locks back however
//! a process ends; when nobody has held one for some seconds, the watchdog stops the server. There is
//! nothing to set up before the tests and nothing to clear away after them.
//!
//! `CONFIGAPI_TEST_POSTGRES=postgres://user@host/database` names a server to use instead, as one who may make databases.

use std::fs::{self, File};
use std::path::Path;
use std::sync::OnceLock;

use super::programs::{Programs, output};
use super::{Options, Port, Running, place};

/// Longer than the gap between two tests, shorter than anybody's patience.
pub(super) const LINGER_SECONDS: &str = "5";

#[derive(Debug)]
struct Shared {
    admin_url: String,
    _lease: Option<File>,
}

/// The URL of an empty database on the shared cluster, which no other test knows. Tests that need a log and do not
/// test the migrations use [`super::migrated_database`].
pub fn fresh_database() -> String {
    super::create_database(shared_admin_url())
}

/// The URL of the shared cluster's database `postgres`, as its superuser.
pub fn shared_admin_url() -> &'static str {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    &SHARED.get_or_init(find_or_start).admin_url
}

fn find_or_start() -> Shared {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the service")]
    if let Ok(admin_url) = std::env::var("CONFIGAPI_TEST_POSTGRES") {
        return Shared { admin_url, _lease: None };
    }
    let programs = Programs::get();
    let file = |kind| programs.base.join(format!("shared-{}-{kind}", programs.version));
    let (state, lease) = (file("url"), file("lease"));
    // Made by the server's user, since the watchdog has to open it too.
    output(programs.as_user("touch").arg(&lease));

    let _one_starts = place::lock(&file("lock"));
    let held = place::open(&lease);
    // Waits, if the watchdog is just stopping the last one.
    held.lock_shared().expect("a lock on a file of the tests' own");
    let admin_url = running(&state).unwrap_or_else(|| start(&state, &lease));
    Shared { admin_url, _lease: Some(held) }
}

/// The URL of the cluster that the state names, if it is there: its folder goes with it, and its name is never used again.
fn running(state: &Path) -> Option<String> {
    let text = fs::read_to_string(state).ok()?;
    let (folder, url) = text.split_once('\n')?;
    let connects = || ::postgres::Client::connect(url, ::postgres::NoTls).is_ok();
    (Path::new(folder).is_dir() && connects()).then(|| url.to_owned())
}

fn start(state: &Path, lease: &Path) -> String {
    let (folder, _alive) = place::new_folder(None);
    place::copy_template(&folder.join("data"));
    let port = Port::free();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", port.number());
    // Several servers at a time, each with its pools.
    let options = Options { settings: vec![("max_connections", "400".to_owned())], ..Options::default() };
    let running = Running::spawn(&folder, port.number(), &options, Some(lease));
    running.wait_until_ready(&url, &folder);
    fs::write(state, format!("{}\n{url}", folder.display())).expect("the state is a file of the tests' own");
    url
}
