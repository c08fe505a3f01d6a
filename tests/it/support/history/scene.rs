//! What one fault test works with: a store, servers on it, a recording; and what is left when it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::postgres::{Cluster, migrated_database};
use super::super::server::{Server, Store, run};
use super::{Load, Log, Plan, Recorder, Target, Watch, Way, check, check_replicas};
use crate::support::seed;

/// A store with the servers on it. Dropped while the test fails: what is needed to understand it is kept.
pub struct Scene {
    /// What the servers are given.
    pub store: Store,
    /// Where the log is read past any proxy.
    pub direct: Store,
    pub recorder: Arc<Recorder>,
    pub targets: Vec<Target>,
    pub servers: Vec<Option<Server>>,
    pub seed: u64,
    watches: Vec<Watch>,
    args: Vec<String>,
    environment: Vec<(String, String)>,
    folder: Option<tempfile::TempDir>,
}

impl Scene {
    /// On an embedded file of its own.
    pub fn file() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let store = Store::File(folder.path().join("configapi.db"));
        let mut scene = Self::on(store.clone(), store);
        scene.folder = Some(folder);
        scene
    }

    /// On a database of the shared cluster.
    pub fn postgres() -> Self {
        let store = Store::Postgres(migrated_database());
        Self::on(store.clone(), store)
    }

    /// On a database of a cluster that the test breaks.
    pub fn cluster(cluster: &Cluster) -> Self {
        let store = Store::Postgres(cluster.create_database());
        Self::on(store.clone(), store)
    }

    /// On a store that the servers reach by another way than the test, such as through a proxy.
    pub fn on(store: Store, direct: Store) -> Self {
        Self {
            store,
            direct,
            recorder: Recorder::new(),
            targets: Vec::new(),
            servers: Vec::new(),
            seed: seed(),
            watches: Vec::new(),
            args: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    /// Flags that every server gets.
    #[must_use]
    pub fn with_args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|&arg| arg.to_owned()).collect();
        self
    }

    /// Variables that every server gets.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Into<Vec<(String, String)>>) -> Self {
        self.environment = environment.into();
        self
    }

    /// Starts so many more servers.
    #[track_caller]
    pub fn serve(&mut self, count: usize) {
        for _ in 0..count {
            let server = self.start();
            self.targets.push(Target::new(&server.url("")));
            self.servers.push(Some(server));
        }
    }

    /// Starts a server that ended again; how long that took.
    #[track_caller]
    pub fn serve_again(&mut self, place: usize) -> Duration {
        let begun = Instant::now();
        let server = self.start();
        let took = begun.elapsed();
        self.targets[place].moves_to(&server.url(""));
        self.servers[place] = Some(server);
        took
    }

    #[track_caller]
    fn start(&self) -> Server {
        let args: Vec<_> = self.args.iter().map(String::as_str).collect();
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Server::try_start(&self.store, &args, &environment)
            .unwrap_or_else(|failed| panic!("the server didn't become ready: {failed:?}"))
    }

    pub fn server(&mut self, place: usize) -> &mut Server {
        self.servers[place].as_mut().expect("it runs")
    }

    /// Takes a server out, to end it.
    pub fn take(&mut self, place: usize) -> Server {
        self.servers[place].take().expect("it runs")
    }

    /// Sets clients to work on all servers.
    pub fn load(&self, clients: usize, names: u64) -> Load {
        Load::start(&self.recorder, &self.targets, Plan { clients, names, seed: self.seed })
    }

    /// Sets a watcher of each kind on every server, from the log's beginning.
    pub fn watch(&mut self) {
        for target in &self.targets {
            self.watches.extend([Way::Stream, Way::LongPoll].map(|way| Watch::start(target, way)));
        }
    }

    /// Waits until so many more writes are acknowledged than now.
    #[track_caller]
    pub fn acknowledge(&self, more: usize) {
        let wanted = self.recorder.acknowledged() + more;
        let deadline = Duration::from_secs(60 + more as u64 / 20);
        super::super::eventually(deadline, || self.recorder.acknowledged() >= wanted);
    }

    /// Waits until a write that begins now is acknowledged; how long that took.
    #[track_caller]
    pub fn until_acknowledged(&self) -> Duration {
        let begun = self.recorder.now();
        let wanted = |call: &super::Call| call.begin >= begun && matches!(call.told, super::Told::Written(_));
        super::super::eventually(Duration::from_mins(1), || {
            let calls = self.recorder.calls();
            calls.iter().rev().find(|call| wanted(call)).map(|call| call.end)
        });
        let first = self.recorder.calls().into_iter().filter(wanted).map(|call| call.end).min();
        first.expect("just found").saturating_sub(begun)
    }

    /// Holds everything against the log: the calls, the servers' trees at its head, and `configapi verify`.
    #[track_caller]
    pub fn check(&mut self, what: &str) -> Log {
        let log = Log::read(&self.direct);
        let running: Vec<Target> = self
            .targets
            .iter()
            .zip(&self.servers)
            .filter(|(_, server)| server.is_some())
            .map(|(target, _)| target.clone())
            .collect();
        let calls = self.recorder.calls();
        if let Err(findings) = check(&calls, &log) {
            panic!("{what}: {findings}");
        }
        if !running.is_empty()
            && let Err(findings) = check_replicas(&running, &log)
        {
            panic!("{what}: {findings}");
        }
        let watchers = self.watches.len();
        for watch in self.watches.drain(..) {
            if let Err(findings) = watch.check(&log) {
                panic!("{what}: {findings}");
            }
        }
        if matches!(self.direct, Store::File(_)) {
            self.servers.iter_mut().for_each(|server| *server = None);
        }
        let verified = run(&self.direct, "verify", &[]);
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success(), "{what}: verify: {:?} {said}", verified.status);
        eprintln!(
            "{what}: {} calls, {} writes acknowledged, 0 lost, {} of unknown outcome, head {}, told whole to {watchers} watchers",
            calls.len(),
            self.recorder.acknowledged(),
            self.recorder.count(|told| matches!(told, super::Told::Unknown(_))),
            log.head
        );
        log
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "failed-{}-{}",
            std::process::id(),
            self.seed
        ));
        let kept = keep(&place, self);
        eprintln!("CONFIGAPI_TEST_SEED={}\nkept in {}: {kept:?}", self.seed, place.display());
    }
}

/// The recording, the servers' logs, the stored log, and the embedded store's files.
fn keep(place: &PathBuf, scene: &mut Scene) -> std::io::Result<()> {
    fs::create_dir_all(place)?;
    let calls: Vec<String> = scene.recorder.calls().iter().map(|call| format!("{call:?}")).collect();
    fs::write(place.join("calls"), calls.join("\n"))?;
    for (number, server) in scene.servers.iter().enumerate() {
        if let Some(server) = server {
            fs::write(place.join(format!("server-{number}.log")), server.stderr())?;
        }
    }
    scene.servers.clear();
    if let Some(folder) = scene.folder.take() {
        let kept = folder.keep();
        fs::rename(&kept, place.join("store"))
            .or_else(|_| fs::write(place.join("store"), kept.display().to_string()))?;
    }
    // The database may be down: that must not hide what failed.
    let direct = scene.direct.clone();
    if let Store::Postgres(_) = direct
        && let Ok(log) = std::panic::catch_unwind(|| Log::read(&direct))
    {
        let rows: Vec<String> = log.rows.iter().map(|row| format!("{row:?}")).collect();
        fs::write(
            place.join("log"),
            format!("head {}, {} changes\n{}", log.head, log.changes, rows.join("\n")),
        )?;
    }
    Ok(())
}
