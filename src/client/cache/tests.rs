//! The values of a cache, and the files that it refuses.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use super::*;

/// Turns the bits of each byte over, after a mark.
struct Turned(u8);

impl Sealer for Turned {
    fn seal(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        Ok([self.0].into_iter().chain(text.iter().map(|byte| !byte)).collect())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let turned = sealed.strip_prefix(&[self.0]).ok_or("needs another key")?;
        Ok(turned.iter().map(|byte| !byte).collect())
    }
}

fn cache(folder: &Path) -> Cache {
    let server = "http://127.0.0.1:4000".to_owned();
    Cache { path: folder.join("cache"), server, prefixes: vec!["app/".to_owned()], point: None, sealer: None }
}

fn values() -> Snapshot {
    let item = json!({
        "name": "app/key", "value": "hunter2", "secret": true, "content_type": "text/plain", "version": 1, "revision": 7,
        "created_revision": 7, "updated_at": "2026-01-15T10:00:00Z", "updated_by": "deploy", "reason": null
    });
    Snapshot::of(Revision::new(9), vec![serde_json::from_value(item).unwrap()])
}

#[track_caller]
fn refused(cache: &Cache, word: &str) {
    let error = cache.load(None).unwrap_err().to_string();
    assert!(error.contains(word), "{error}");
}

#[test]
fn saved_values_are_read_back_from_a_file_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    assert!(matches!(cache.load(None), Err(CacheError::Absent(_))));
    cache.save(&values()).unwrap();
    cache.save(&values()).unwrap();
    let cached = cache.load(Some(Duration::from_mins(5))).unwrap();
    assert_eq!(cached.snapshot, values());
    assert_eq!(cache.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn with_a_key_the_file_is_encrypted_and_only_an_encrypted_one_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let clear = cache(folder.path());
    let sealed = |mark| Cache { sealer: Some(Box::new(Turned(mark))), ..cache(folder.path()) };
    sealed(1).save(&values()).unwrap();
    let bytes = fs::read(&clear.path).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    assert_eq!(sealed(1).load(None).unwrap().snapshot, values());
    refused(&sealed(2), "another key");
    refused(&clear, "--key-file");
    clear.save(&values()).unwrap();
    refused(&sealed(1), "not encrypted");
}

#[test]
fn a_file_that_others_can_read_or_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    cache.save(&values()).unwrap();
    fs::set_permissions(&cache.path, fs::Permissions::from_mode(0o640)).unwrap();
    refused(&cache, "chmod 600");
    let target = folder.path().join("target");
    fs::rename(&cache.path, &target).unwrap();
    symlink(&target, &cache.path).unwrap();
    refused(&cache, "symbolic link");
    let before = fs::read(&target).unwrap();
    assert!(cache.save(&values()).unwrap_err().to_string().contains("symbolic link"));
    assert_eq!(fs::read(&target).unwrap(), before);
}

#[test]
fn values_of_another_server_or_other_prefixes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    cache(folder.path()).save(&values()).unwrap();
    refused(&Cache { server: "http://other:4000".to_owned(), ..cache(folder.path()) }, "another server");
    refused(&Cache { prefixes: Vec::new(), ..cache(folder.path()) }, "other prefixes");
    refused(&Cache { point: Some("417".to_owned()), ..cache(folder.path()) }, "another point");
}

#[test]
fn old_values_are_refused_and_a_damaged_file_is_too() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    cache.save(&values()).unwrap();
    let text = fs::read_to_string(&cache.path).unwrap();
    let day = 86_400_000_000;
    let stamp = text.split("\"saved_at_us\":").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let older = text.replace(stamp, &(stamp.parse::<i64>().unwrap() - day).to_string());
    fs::write(&cache.path, older).unwrap();
    assert!(cache.load(Some(Duration::from_hours(25))).unwrap().age >= Duration::from_hours(24));
    let error = cache.load(Some(Duration::from_hours(1))).unwrap_err();
    assert!(matches!(error, CacheError::TooOld { .. }) && error.to_string().contains("1day"), "{error}");
    fs::write(&cache.path, &text[..text.len() - 3]).unwrap();
    refused(&cache, "damaged");
    fs::write(&cache.path, "{}").unwrap();
    refused(&cache, "damaged");
}
