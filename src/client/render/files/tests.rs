//! Targets before and after.

use std::os::unix::fs::symlink;

use super::*;

fn text(text: &str, secrecy: Secrecy) -> Rendered {
    Rendered { text: text.to_owned(), secrecy }
}

fn open(text_of: &str) -> Rendered {
    text(text_of, Secrecy::Open)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & MODE_BITS
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(Into::into).collect()
}

#[test]
fn a_new_file_with_a_secret_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [plain, secret] = ["plain", "secret"].map(|name| folder.path().join(name));
    let files = [(plain.clone(), open("1")), (secret.clone(), text("2", Secrecy::Secret))];
    assert_eq!(replace(&files, &[]).unwrap(), [Effect::Replaced, Effect::Replaced]);
    fs::write(folder.path().join("usual"), "").unwrap();
    assert_eq!((mode(&plain), mode(&secret)), (mode(&folder.path().join("usual")), 0o600));
    assert_eq!(fs::read_to_string(&secret).unwrap(), "2");
}

#[test]
fn a_target_keeps_its_mode_and_an_unchanged_one_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "1").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o4751)).unwrap();
    let file = || target.metadata().unwrap().ino();
    let before = file();
    assert_eq!(replace(&[(target.clone(), open("1"))], &words(&["false"])).unwrap(), [Effect::Unchanged]);
    assert_eq!(file(), before);
    assert_eq!(replace(&[(target.clone(), open("2"))], &[]).unwrap(), [Effect::Replaced]);
    assert_ne!(file(), before);
    assert_eq!((mode(&target), fs::read_to_string(&target).unwrap().as_str()), (0o4751, "2"));
}

#[test]
fn a_target_keeps_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "1").unwrap();
    // Only root can make a file of another owner; others check that theirs stays.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&target, Some(12), Some(34)).unwrap();
    }
    let owner = || target.metadata().map(|about| (about.uid(), about.gid())).unwrap();
    let before = owner();
    replace(&[(target.clone(), open("2"))], &[]).unwrap();
    assert_eq!(owner(), before);
}

#[test]
fn a_link_stays_and_the_file_behind_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let [target, link, second] = ["target", "link", "second"].map(|name| folder.path().join(name));
    symlink("target", &link).unwrap();
    symlink(&link, &second).unwrap();
    for value in ["1", "2"] {
        replace(&[(second.clone(), open(value))], &[]).unwrap();
        assert!(second.is_symlink() && link.is_symlink() && !target.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), value);
    }
    symlink(folder.path().join("circle"), folder.path().join("circle")).unwrap();
    assert!(replace(&[(folder.path().join("circle"), open(""))], &[]).is_err());
}

#[test]
fn a_check_that_fails_leaves_every_target_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.conf", "b.conf"].map(|name| folder.path().join(name));
    fs::write(&paths[0], "old").unwrap();
    let files = |second| [(paths[0].clone(), open("good")), (paths[1].clone(), open(second))];
    let check = words(&["sh", "-c", "case $1 in *.conf) grep -q good \"$1\";; *) exit 9;; esac", "check"]);
    let error = replace(&files("bad"), &check).unwrap_err();
    assert!(matches!(&error, FileError::Check { path, .. } if *path == paths[1]), "{error}");
    assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(replace(&files("good"), &check).unwrap().len(), 2);
    let error = replace(&files("other"), &words(&["/no/such/check"])).unwrap_err().to_string();
    assert!(error.contains("/no/such/check"), "{error}");
}

#[test]
fn a_folder_or_a_device_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), PathBuf::from("/dev/null"), folder.path().join("no/file")] {
        let error = replace(&[(path.clone(), open("1"))], &[]).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}
