//! The real server binary as a child process: started, signalled, killed, started again on the same store.
//!
//! What it needs from the binary: `configapi serve --listen 127.0.0.1:0`, and one line on standard output,
//! `listening on http://HOST:PORT` (or `https`, or `unix:PATH`), when it can be sent traffic. Its log (standard error) is shown when
//! the test fails.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::connection::Listening;
use super::eventually::{rest, within};
use super::http::Client;

const READY_DEADLINE: Duration = Duration::from_secs(20);
const EXIT_DEADLINE: Duration = Duration::from_secs(40);
const READY_LINE: &str = "listening on ";

/// Where a server keeps its log.
#[derive(Clone, Debug)]
pub enum Store {
    File(PathBuf),
    Postgres(String),
}

impl Store {
    /// The binary with a subcommand, on this store, without the settings of whoever runs the tests.
    ///
    /// It runs in a folder of its own, so that nothing falls into the repository by a default.
    pub fn command(&self, subcommand: &str, folder: &tempfile::TempDir) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_configapi")), subcommand, folder)
    }

    fn command_of(&self, program: &Path, subcommand: &str, folder: &tempfile::TempDir) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name == "DATABASE_URL" || name.as_encoded_bytes().starts_with(b"CONFIGAPI_") {
                command.env_remove(name);
            }
        }
        command.arg(subcommand).current_dir(folder).stdin(Stdio::null());
        match self {
            Self::File(path) => command.arg("--file").arg(std::path::absolute(path).expect("a path")),
            // As in production: a connection string on a command line is for all to see.
            Self::Postgres(url) => command.env("DATABASE_URL", url),
        };
        command
    }
}

/// Runs another subcommand (`verify`, `migrate`) on a store to its end.
pub fn run(store: &Store, subcommand: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    store.command(subcommand, &folder).args(args).output().expect("the binary starts")
}

/// Starts a server on a store and kills it with SIGKILL after a time, whatever it has come to by then.
pub fn kill_after(store: &Store, time: Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = store.command("serve", &folder);
    command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    rest(time);
    child.kill().expect("it takes signals");
    child.wait().expect("a child can be waited for");
}

/// A server that didn't become ready, as it showed itself.
#[derive(Debug)]
pub struct Failed {
    /// `None`: it still ran at the deadline, and was killed.
    pub status: Option<ExitStatus>,
    pub stderr: String,
}

/// A running server. Dropped: killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    scheme: &'static str,
    address: SocketAddr,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    _folder: tempfile::TempDir,
}

impl Listening for Server {
    fn listening_on(&self) -> SocketAddr {
        self.address
    }
}

impl Server {
    /// A server on a free port of 127.0.0.1 that can be sent traffic.
    #[track_caller]
    pub fn start(store: &Store, args: &[&str]) -> Self {
        match Self::try_start(store, args, &[]) {
            Ok(server) => server,
            Err(Failed { status, stderr }) => {
                panic!("the server didn't become ready ({status:?}):\n{stderr}")
            }
        }
    }

    /// # Errors
    /// It ended, or wasn't ready at the deadline.
    pub fn try_start(store: &Store, args: &[&str], environment: &[(&str, &str)]) -> Result<Self, Failed> {
        Self::try_start_program(Path::new(env!("CARGO_BIN_EXE_configapi")), store, args, environment)
    }

    /// The same with another program, such as an older release.
    ///
    /// # Errors
    /// It ended, or wasn't ready at the deadline.
    pub fn try_start_program(
        program: &Path,
        store: &Store,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let says_where = args.iter().any(|arg| arg.starts_with("--listen"));
        let anywhere: &[&str] = if says_where { &[] } else { &["--listen", "127.0.0.1:0"] };
        Self::spawn(program, store, &[anywhere, args].concat(), environment)
    }

    /// With these settings alone: where it listens is in the environment or in a file.
    ///
    /// # Errors
    /// It ended, or wasn't ready at the deadline.
    pub fn try_start_as_it_is(
        store: &Store,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        Self::spawn(Path::new(env!("CARGO_BIN_EXE_configapi")), store, args, environment)
    }

    fn spawn(
        program: &Path,
        store: &Store,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = store.command_of(program, "serve", &folder);
        command.args(args).envs(environment.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let (stdout, lines, _) = collect(child.stdout.take().expect("piped"));
        let (stderr, stderr_lines, stderr_read) = collect(child.stderr.take().expect("piped"));
        // Nobody reads them: the sender must not keep what has been collected a second time.
        drop(stderr_lines);
        let deadline = Instant::now() + READY_DEADLINE;
        let next = || lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok();
        // An audit to standard output begins before the server is ready.
        let ready = std::iter::from_fn(next).find(|line| !line.starts_with('{'));
        if let Some((scheme, address)) = ready.as_deref().and_then(address_of) {
            return Ok(Self { child, scheme, address, stdout, stderr, _folder: folder });
        }
        let ended = within(Duration::from_secs(1), || child.try_wait().ok().flatten()).ok();
        if ended.is_none() {
            let _gone_already = child.kill();
            let _ended = child.wait();
        }
        // It has ended: what it said last is still on its way here.
        let _read_to_the_end = stderr_read.join();
        let said = ready.map(|line| format!("on standard output, not what was expected: {line:?}\n"));
        Err(Failed { status: ended, stderr: said.unwrap_or_default() + &text(&stderr) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url(""))
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// What it has printed so far, the ready line included.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        // The child isn't waited for while it is borrowed, so that its id is its own still.
        kill_process(self.pid(), signal).expect("the server takes signals");
    }

    /// SIGKILL, and the end of it: its locks are free when this returns.
    pub fn kill9(mut self) {
        self.child.kill().expect("the server takes signals");
        self.child.wait().expect("a child can be waited for");
    }

    /// Asks it to stop, and waits until it has.
    #[track_caller]
    pub fn sigterm(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait(EXIT_DEADLINE)
    }

    pub fn sigstop(&self) {
        self.signal(Signal::STOP);
    }

    pub fn sigcont(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let child = &mut self.child;
        within(deadline, || child.try_wait().expect("a child can be waited for"))
            .unwrap_or_else(|_| panic!("the server didn't end within {deadline:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _ended = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the log of the server on {}:\n{}---", self.address, self.stderr());
        }
    }
}

/// The scheme and the address of a ready line. A unix socket has no address.
fn address_of(line: &str) -> Option<(&'static str, SocketAddr)> {
    let place = line.trim_end().strip_prefix(READY_LINE)?;
    for scheme in ["http", "https"] {
        if let Some(address) = place.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) {
            return Some((scheme, address.parse().ok()?));
        }
    }
    place.starts_with("unix:").then(|| ("unix", SocketAddr::from(([127, 0, 0, 1], 0))))
}

/// Reads lines to the end on a thread of its own (a full pipe would stop the server); keeps them, and passes them on.
fn collect(
    stream: impl std::io::Read + Send + 'static,
) -> (Arc<Mutex<String>>, Receiver<String>, JoinHandle<()>) {
    let kept = Arc::new(Mutex::new(String::new()));
    let (sender, lines) = channel();
    let ours = Arc::clone(&kept);
    let work = move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let whole = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            ours.lock().unwrap_or_else(PoisonError::into_inner).push_str(&whole);
            let _nobody_reads_them = sender.send(whole);
        }
    };
    let thread = std::thread::Builder::new().name("server output".to_owned()).spawn(work).expect("a thread");
    (kept, lines, thread)
}

fn text(kept: &Mutex<String>) -> String {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
