//! `doctor`: a line for each check, a remedy where it is not right, and status 1 where one has failed.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::process::{Ended, Folder};
use crate::server::Server;

/// The outcome of each check, in order.
fn outcomes(ended: &Ended) -> Vec<(String, String)> {
    let lines = ended.stdout.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines.map(|fields| (fields[1].to_owned(), fields[0].to_owned())).collect()
}

#[track_caller]
fn has(ended: &Ended, check: &str, outcome: &str) {
    let wanted = (check.to_owned(), outcome.to_owned());
    assert!(outcomes(ended).contains(&wanted), "{check} is not {outcome}: {ended:?}");
}

#[test]
fn a_server_that_is_all_right_has_no_failure() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let home = folder.path("").to_string_lossy().into_owned();
    let ended = server.run_with(&folder, &["doctor"], &[("HOME", &home)]);
    ended.succeeded();
    let checks: Vec<_> = outcomes(&ended).into_iter().map(|(check, _)| check).collect();
    assert_eq!(
        checks,
        [
            "settings",
            "server",
            "version",
            "clock",
            "tls",
            "token",
            "database",
            "lag",
            "profiles",
            "variables"
        ]
    );
    assert!(outcomes(&ended).iter().all(|(_, outcome)| outcome == "ok"), "{ended:?}");
    assert!(ended.stdout.contains("from CONFIGAPI_SERVER; no token"), "{ended:?}");

    let json = server.run_with(&folder, &["doctor", "-o", "json"], &[("HOME", &home)]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json[0]["check"], "settings");
    assert_eq!(json[0]["outcome"], "ok");
}

#[test]
fn what_is_wrong_has_a_remedy_and_status_1() {
    let folder = Folder::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let url = format!("http://{free}");
    let gone = folder.run(&["doctor", "--server", &url], &[]);
    assert_eq!(gone.status, Some(1), "{gone:?}");
    has(&gone, "settings", "ok");
    has(&gone, "server", "fail");
    assert!(gone.stdout.contains("configapi serve"), "{gone:?}");

    let wrong = folder.run(&["doctor", "--server", "127.0.0.1:4000"], &[]);
    assert_eq!(wrong.status, Some(1), "{wrong:?}");
    has(&wrong, "server", "fail");
    let absent = folder.run(&["doctor", "--profile", "absent"], &[]);
    has(&absent, "settings", "fail");

    let server = Server::start(&folder);
    let variables = [("DATABASE_URL", "postgresql://u:hunter2@h/d"), ("CONFIGAPI_SERVR", "x")];
    let warned = server.run_with(&folder, &["doctor"], &variables);
    warned.succeeded();
    has(&warned, "variables", "warn");
    assert!(warned.stdout.contains("write CONFIGAPI_SERVER"), "{warned:?}");
    assert!(warned.stdout.contains("DATABASE_URL has no effect"), "{warned:?}");
    assert!(!format!("{warned:?}").contains("hunter2"));
}

#[test]
fn the_token_and_the_profile_are_looked_at() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let words = ["token", "create", "web", "--scope", ":read,write,reveal,admin", "--expires-in", "3days"];
    let made = server.run(&folder, &words);
    made.succeeded();
    let token = made.stdout.trim();
    let home = folder.path("").to_string_lossy().into_owned();
    let soon = server.run_with(&folder, &["doctor"], &[("HOME", &home), ("CONFIGAPI_TOKEN", token)]);
    soon.succeeded();
    has(&soon, "token", "warn");
    assert!(soon.stdout.contains("token of CONFIGAPI_TOKEN") && !soon.stdout.contains(token), "{soon:?}");
    let none = server.run_with(&folder, &["doctor"], &[("HOME", &home)]);
    assert_eq!(none.status, Some(1), "{none:?}");
    has(&none, "token", "fail");
    has(&none, "version", "ok");

    let saved = folder.path(".config/configapi/client.toml");
    fs::create_dir_all(saved.parent().expect("a folder")).expect("a folder");
    fs::write(&saved, "[profiles.default]\nserver = 'http://127.0.0.1:1'\ntoken = 'hunter2'\n")
        .expect("a file");
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&saved, readable).expect("its owner may");
    let open = folder.run(&["doctor"], &[("HOME", &home)]);
    assert_eq!(open.status, Some(1), "{open:?}");
    has(&open, "profiles", "fail");
    assert!(open.stdout.contains("chmod 600") && !open.stdout.contains("hunter2"), "{open:?}");
}

#[test]
fn an_embedded_store_is_looked_at_without_a_server() {
    let folder = Folder::new();
    folder.run(&["set", "app/a", "1", "--file", "a.db"], &[]).succeeded();
    let ended = folder.run(&["doctor", "--file", "a.db"], &[]);
    ended.succeeded();
    has(&ended, "database", "ok");
    assert!(outcomes(&ended).iter().any(|(check, _)| check == "disk"), "{ended:?}");
    assert!(!outcomes(&ended).iter().any(|(check, _)| check == "token"), "{ended:?}");
    let absent = folder.run(&["doctor", "--file", "absent.db"], &[]);
    assert_eq!(absent.status, Some(1), "{absent:?}");
    assert!(!folder.path("absent.db").exists());
}

#[test]
fn the_chain_of_the_server_is_checked_and_its_end_shown() {
    let folder = Folder::new();
    let mut of_server = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    of_server.not_before = rcgen::date_time_ymd(2020, 1, 1);
    of_server.not_after = rcgen::date_time_ymd(2900, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = of_server.self_signed(&key).expect("a certificate");
    folder.write("server.pem", &certificate.pem());
    folder.write("server.key", &key.serialize_pem());
    let words = ["--tls-cert", "server.pem", "--tls-key", "server.key"];
    let server = Server::start_with(&folder, &words, &[]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let trusted = server.run(&folder, &["doctor", "--ca-cert", "server.pem"]);
    trusted.succeeded();
    assert!(trusted.stdout.contains("ends at 2900-01-01"), "{trusted:?}");
    let unknown = server.run(&folder, &["doctor"]);
    assert_eq!(unknown.status, Some(1), "{unknown:?}");
    has(&unknown, "server", "fail");
}
