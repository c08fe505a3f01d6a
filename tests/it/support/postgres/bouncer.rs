//! `PgBouncer` before a cluster, as Debian installs it: transactions of all clients share a few sessions.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::Cluster;
use super::programs::Programs;
use crate::support::eventually;

/// Sessions that all transactions share: fewer than two servers would like to have.
const SESSIONS: u32 = 4;

/// A pooler of transactions. Dropped: killed.
pub struct Bouncer {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Bouncer {
    /// Before a cluster, with lines of its own among its settings.
    pub fn before(cluster: &Cluster, settings: &str) -> Self {
        let programs = Programs::get();
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("bouncer");
        programs.make_folder(&inner);
        let open = |path| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755));
        open(folder.path()).expect("our own folder");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
        fs::write(inner.join("users"), "\"postgres\" \"\"\n").expect("a file");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\nmax_client_conn = 200\n\
             default_pool_size = {SESSIONS}\n{settings}\n",
            cluster.address().port(),
            address.port(),
            inner.join("users").display(),
        );
        let file = inner.join("pgbouncer.ini");
        fs::write(&file, text).expect("a file");
        let mut command = programs.as_user("/usr/sbin/pgbouncer");
        command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let process =
            command.spawn().unwrap_or_else(|error| panic!("pgbouncer: {error}; ./tests/run installs it"));
        let bouncer = Self { process, address, _folder: folder };
        eventually(Duration::from_secs(15), || TcpStream::connect(bouncer.address).is_ok());
        bouncer
    }

    /// A database of the cluster through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _ended = self.process.wait();
    }
}
