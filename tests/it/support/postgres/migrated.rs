//! Databases that have the newest schema from the start: copies of a template on the shared cluster.
//!
//! The first test that asks migrates the template; the others copy it, which costs less than the migrations.
//! Each build of a test binary has its own template, so that a change of the schema is never missed.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::OnceLock;
use std::time::Duration;

use ::postgres::{Client, NoTls};
use configapi::infrastructure::store::{Head, LogIdentity, PostgresOptions, PostgresStore};

use super::super::eventually::eventually;
use super::programs::Programs;
use super::shared::shared_admin_url;
use super::{copy_database, create_database, name_of, place, psql};

/// The sessions that migrated the template end after the store is dropped, and a copy needs them gone.
const SESSIONS_END: Duration = Duration::from_secs(20);

/// The URL of a database with the newest schema and an empty log, which no other test knows.
///
/// Tests of the migrations use an empty one: [`super::fresh_database`].
pub fn migrated_database() -> String {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let template = TEMPLATE.get_or_init(template);
    let url = copy_database(shared_admin_url(), template);
    give_identity(&url);
    url
}

/// What the library does when an empty log becomes the beginning of another one.
const ADOPT: &str = include_str!("../../../../sql/postgres/adopt_log.sql");

/// Gives an empty log an id and a key of its own, and a head whose hash is made from the id.
fn give_identity(url: &str) {
    let [id, one, other] = [(); 3].map(|()| uuid::Uuid::now_v7().into_bytes());
    let mut fingerprint_key = [0; 32];
    fingerprint_key[..16].copy_from_slice(&one);
    fingerprint_key[16..].copy_from_slice(&other);
    let identity = LogIdentity { id, fingerprint_key };
    let hash = Head::empty(&identity).hash.0;
    let mut client = Client::connect(url, NoTls).expect("the cluster answers");
    let adopted = client.query(ADOPT, &[&&id[..], &&fingerprint_key[..], &&hash[..]]);
    assert_eq!(adopted.expect("an update of the head").len(), 1, "the log of the template is empty");
}

/// The name of the template, which is made if it is not there.
fn template() -> String {
    let admin_url = shared_admin_url();
    let name = format!("template_{:016x}", this_build());
    let _one_makes_it = place::lock(&Programs::get().base.join("database-template.lock"));
    if psql(admin_url, &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")) == "0" {
        let unfinished = create_database(admin_url);
        drop(PostgresStore::open(PostgresOptions::new(&unfinished)).expect("the migrations succeed"));
        let sessions =
            format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'", name_of(&unfinished));
        eventually(SESSIONS_END, || psql(admin_url, &sessions) == "0");
        psql(admin_url, &format!("ALTER DATABASE {} RENAME TO {name}", name_of(&unfinished)));
    }
    name
}

/// A number of this build of this binary.
fn this_build() -> u64 {
    let path = std::env::current_exe().expect("a running binary");
    let file = fs::metadata(&path).expect("a file");
    let mut hasher = DefaultHasher::new();
    (path, file.len(), file.mtime(), file.mtime_nsec()).hash(&mut hasher);
    hasher.finish()
}

/// Not a test of the schema: what a copy must not share with its template.
#[test]
fn a_migrated_database_has_the_schema_and_an_identity_of_its_own() {
    let identity =
        "SELECT revision, encode(log_id, 'hex'), encode(fingerprint_key, 'hex') FROM configapi.head";
    let [one, other] = [migrated_database(), migrated_database()].map(|url| psql(&url, identity));
    assert!(one.starts_with("0|") && other.starts_with("0|"), "{one}, {other}");
    let parts = |row: &str| row.split('|').map(str::len).collect::<Vec<_>>();
    assert_eq!(parts(&one), [1, 32, 64]);
    assert!(one.split('|').skip(1).zip(other.split('|').skip(1)).all(|(a, b)| a != b), "{one}, {other}");
}
