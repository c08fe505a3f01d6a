//! A log on the disk with principals who may and may not reveal, for the tests of secrets.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use configapi::application::{AuditSink, ConfigStore, Options};
use configapi::domain::{Grant, PathPrefix, Permission, Principal, Revision};
use configapi::infrastructure::encryption::Keys;
use configapi::infrastructure::store::{EventStore as _, SqliteStore};
use serde_json::Value;
use tempfile::TempDir;

use super::driver::{Answer, Client};

pub const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
pub const OTHER_KEY: &str = "ababababababababababababababababababababababababababababababab00";
/// Planted: must not occur anywhere.
pub const PLANTED: &str = "correct-horse-battery";

/// A folder with a log and an audit file.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn open(&self, keys: Option<&str>) -> Client {
        let mut options = Options::file(self.path("log.db")).audit(AuditSink::File(self.path("audit")));
        options.keys = keys.map(|keys| Keys::parse(keys).unwrap());
        serve(&options)
    }

    /// The wrapped keys in the file of the log.
    pub fn wrapped_keys(&self) -> Vec<Vec<u8>> {
        let store = SqliteStore::open_to_read(&self.path("log.db")).unwrap();
        store.data_keys_after(None, 100).unwrap().into_iter().map(|key| key.wrapped.to_vec()).collect()
    }

    pub fn audited(&self) -> Vec<Value> {
        let lines = fs::read_to_string(self.path("audit")).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The records of reveals.
    pub fn reveals(&self) -> Vec<Value> {
        self.audited().into_iter().filter(|line| line["kind"] == "revealed").collect()
    }

    /// Everything that is on the disk, once the store is closed.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read_dir(self.0.path())
            .unwrap()
            .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }
}

pub fn serve(options: &Options) -> Client {
    let store = Arc::new(ConfigStore::open(options).unwrap());
    Client::identifying(store, |head| principal(head.header("Authorization")))
}

fn principal(token: Option<&str>) -> Arc<Principal> {
    let permissions: &[Permission] = match token {
        None => return Arc::new(Principal::everybody()),
        Some("reader") => &[Permission::Read],
        Some("writer") => &[Permission::Write],
        Some("editor") => &[Permission::Read, Permission::Write],
        Some("shredder") => &[Permission::Write, Permission::Reveal, Permission::Admin],
        Some(_) => &[Permission::Write, Permission::Reveal],
    };
    let token = token.unwrap_or_default();
    let grants = vec![Grant::allow(PathPrefix::parse("app").unwrap(), permissions)];
    Arc::new(Principal::limited(token, token, grants, Revision::ZERO))
}

pub const SECRET: &[&str] = &["Content-Type: text/plain", "Config-Secret: true"];

pub fn put(client: &Client, name: &str, value: &str, fields: &[&str]) -> Answer {
    client.send("PUT", &format!("/v1/config/{name}"), fields, value.as_bytes())
}

pub fn put_secret(client: &Client, name: &str, value: &str) {
    let answer = put(client, name, value, SECRET);
    assert_eq!((answer.status, answer.body.as_str()), (200, "OK"));
}

pub fn get(client: &Client, who: &str, target: &str, fields: &[&str]) -> Answer {
    let authorization = format!("Authorization: {who}");
    client.send("GET", target, &[&[authorization.as_str()], fields].concat(), b"")
}

pub const JSON: &[&str] = &["Accept: application/json"];

pub fn item(client: &Client, who: &str, target: &str) -> Value {
    let answer = get(client, who, target, JSON);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
