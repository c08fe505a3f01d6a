//! Certificates of the tests' own, clusters with TLS, and psql as the judge of what a connection string means.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

use super::programs::Programs;
use super::{Cluster, psql};
use crate::support::eventually;

const RELOAD_DEADLINE: Duration = Duration::from_secs(20);

/// A root, or one that a root has issued, which issues certificates.
pub struct Authority {
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM form.
#[derive(Clone, Debug)]
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

fn params(names: &[&str], common: &str) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

impl Authority {
    /// A root that issued itself.
    pub fn new(common: &str) -> Self {
        let (params, key) = (Self::params(common), KeyPair::generate().expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// One between this one and its certificates.
    pub fn between(&self, common: &str) -> Self {
        let (params, key) = (Self::params(common), KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn params(common: &str) -> CertificateParams {
        let mut params = params(&[], common);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    /// A certificate for hosts and addresses.
    pub fn issue(&self, names: &[&str], common: &str) -> Pair {
        self.issue_as(names, common, |_| {})
    }

    pub fn issue_expired(&self, names: &[&str]) -> Pair {
        self.issue_as(names, "expired", |params| {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        })
    }

    pub fn issue_early(&self, names: &[&str]) -> Pair {
        self.issue_as(names, "early", |params| {
            params.not_before = date_time_ymd(2190, 1, 1);
            params.not_after = date_time_ymd(2191, 1, 1);
        })
    }

    /// One that only a client may use.
    pub fn issue_for_clients(&self, names: &[&str]) -> Pair {
        self.issue_as(names, "client", |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    }

    fn issue_as(&self, names: &[&str], common: &str, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let (mut params, key) = (params(names, common), KeyPair::generate().expect("a key"));
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

impl Pair {
    /// One that issued itself and may not issue others.
    pub fn self_issued(names: &[&str], common: &str) -> Self {
        let (params, key) = (params(names, common), KeyPair::generate().expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self { certificate, key: key.serialize_pem() }
    }

    /// Writes both files, the key for its owner alone, and returns their paths.
    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        fs::write(&certificate, &self.certificate).expect("a file");
        fs::write(&key, &self.key).expect("a file");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("our own file");
        (certificate, key)
    }
}

/// A home folder with some of libpq's files, by their names there.
pub fn home_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".postgresql");
    fs::create_dir(&folder).expect("a folder");
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
    }
    home
}

/// Runs SQL by psql itself, as libpq reads the connection string in a home folder.
pub fn psql_as(home: &Path, url: &str, sql: &str) -> Output {
    let mut command = Command::new(Programs::get().path("psql"));
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).args(["-X", "-w", "-A", "-t", "-c", sql, url]).stdin(Stdio::null());
    command.output().expect("psql is next to the other programs")
}

impl Cluster {
    /// Turns TLS on, or gives it another certificate; a root of clients' certificates too, if there is one.
    pub fn serve_tls(&self, pair: &Pair, clients: Option<&str>) {
        self.write_as_server("server.crt", &pair.certificate);
        self.write_as_server("server.key", &pair.key);
        if let Some(root) = clients {
            self.write_as_server("clients.crt", root);
            self.psql("ALTER SYSTEM SET ssl_ca_file = 'clients.crt'");
        }
        self.psql("ALTER SYSTEM SET ssl = on");
        self.reload();
        assert_eq!(self.psql("SHOW ssl"), "on", "{}", self.log());
    }

    /// Puts lines before those of `pg_hba.conf`.
    pub fn allow(&self, lines: &str) {
        let path = self.folder().join("data/pg_hba.conf");
        let before = fs::read_to_string(&path).expect("its own file");
        fs::write(&path, format!("{lines}\n{before}")).expect("its own file");
        self.reload();
    }

    /// A file below its data, owned by the server's user.
    pub fn write_as_server(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join("data").join(name);
        let mut command = Programs::get().as_user("sh");
        command.args(["-c", "umask 077; cat > \"$1\"", "sh"]).arg(&path).stdin(Stdio::piped());
        let mut cat = command.spawn().expect("a shell");
        cat.stdin.take().expect("piped").write_all(text.as_bytes()).expect("the shell reads");
        assert!(cat.wait().expect("it ends").success());
        path
    }

    /// Has the server read its settings again, and waits until new sessions have them.
    fn reload(&self) {
        let loaded = || psql(&self.url("postgres"), "SELECT pg_conf_load_time()");
        let before = loaded();
        self.psql("SELECT pg_reload_conf()");
        eventually(RELOAD_DEADLINE, || loaded() != before);
    }
}
