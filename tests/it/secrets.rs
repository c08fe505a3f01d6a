//! Secrets of the real server on both stores: what its files, its database, its log and its metrics have of them, and how
//! keys are rotated.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::eventually;
use crate::support::postgres::{client_program, fresh_database};
use crate::support::server::{Server, Store, run};

const SOON: Duration = Duration::from_secs(15);
/// Planted: none of them may occur anywhere but in a revealed response.
const PLANTED: [&str; 4] =
    ["planted-one-7f3a", "planted-two-91bc", "planted-three-2d4e", "planted-four-c05a"];

struct Place {
    folder: TempDir,
    store: Store,
}

impl Place {
    fn all() -> [Self; 2] {
        let folder = tempfile::tempdir().unwrap();
        let file = Store::File(folder.path().join("log.db"));
        let database = Store::Postgres(fresh_database());
        [(folder, file), (tempfile::tempdir().unwrap(), database)]
            .map(|(folder, store)| Self { folder, store })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn start(&self) -> Server {
        let (key, audit) = (self.text("key"), self.text("audit"));
        Server::start(&self.store, &["--key-file", &key, "--audit-file", &audit, "--log-level", "debug"])
    }

    /// Everything that the store has, as bytes.
    fn dump(&self) -> Vec<u8> {
        match &self.store {
            Store::File(_) => {
                let files = fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
                files.filter(|path| !path.ends_with("key")).flat_map(|path| fs::read(path).unwrap()).collect()
            }
            Store::Postgres(url) => client_program("pg_dump", url, &["--column-inserts"]),
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    // PostgreSQL writes bytes in hexadecimal.
    let mut hex = String::new();
    for byte in text.bytes() {
        write!(hex, "{byte:02x}").unwrap();
    }
    [text, &hex].iter().any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

const SECRET: &[(&str, &str)] = &[("Content-Type", "text/plain"), ("Config-Secret", "true")];

fn reveal(server: &Server, name: &str) -> (u16, String) {
    let response = server.client().get(&format!("/v1/config/{name}?reveal=true"));
    (response.status, response.text)
}

#[test]
fn planted_secrets_are_in_no_file_no_dump_no_log_and_no_metric() {
    for place in Place::all() {
        assert!(run_key(&["new", "--to", &place.text("key")]).status.success());
        let mut server = place.start();
        let client = server.client();
        client.send("PUT", "/v1/config/app/one", SECRET, Some(PLANTED[0].as_bytes())).expect(200);
        client.send(
            "PUT",
            "/v1/config/app/one",
            &[("Content-Type", "text/plain")],
            Some(PLANTED[1].as_bytes()),
        );
        client.delete("/v1/config/app/one").expect(200);
        client.send(
            "PUT",
            "/v1/config/app/one",
            &[("Content-Type", "text/plain")],
            Some(PLANTED[2].as_bytes()),
        );
        let batch =
            format!(r#"{{"operations":[{{"set":{{"name":"b","value":"{}","secret":true}}}}]}}"#, PLANTED[3]);
        let json = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
        client.send("POST", "/v1/transactions", &json, Some(batch.as_bytes())).expect(200);
        // A body that is refused, and a name that does not exist.
        let wrong = format!(r#"{{"value":"{}","secret":"yes"}}"#, PLANTED[0]);
        client.send("PUT", "/v1/config/app/one", &json, Some(wrong.as_bytes())).expect(422);
        client.put("/v1/config/app/open", "found-by-the-search").expect(200);
        assert_eq!(reveal(&server, "app/one"), (200, PLANTED[2].to_owned()));
        let metrics = client.get("/metrics").text;
        let key = fs::read_to_string(place.path("key")).unwrap();
        assert!(server.sigterm().success());
        let (dump, said) = (place.dump(), server.stderr() + &server.stdout());
        let audit = fs::read(place.path("audit")).unwrap();
        assert!(holds(&dump, "found-by-the-search"), "the search finds what is there");
        assert!(holds(&audit, "\"kind\":\"revealed\""));
        for planted in PLANTED.into_iter().chain([key.trim()]) {
            for (place, bytes) in [
                ("dump", dump.as_slice()),
                ("log", said.as_bytes()),
                ("audit", audit.as_slice()),
                ("metrics", metrics.as_bytes()),
            ] {
                assert!(!holds(bytes, planted), "{planted} is in the {place}");
            }
        }
    }
}

fn run_key(args: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_configapi"));
    command.arg("key").args(args).output().expect("the binary starts")
}

fn rotate(place: &Place) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = place.store.command("key", &folder);
    // The store's own flag follows the subcommand's name.
    let output = match &place.store {
        Store::File(path) => std::process::Command::new(env!("CARGO_BIN_EXE_configapi"))
            .args(["key", "rotate", "--file", path.to_str().unwrap(), "--key-file", &place.text("key")])
            .output(),
        Store::Postgres(_) => command.args(["rotate", "--key-file", &place.text("key")]).output(),
    };
    let output = output.expect("the binary starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_rotation_wraps_the_keys_again_and_a_running_server_takes_the_new_file() {
    for place in Place::all() {
        assert!(run_key(&["new", "--to", &place.text("key")]).status.success());
        let mut server = place.start();
        server.client().send("PUT", "/v1/config/a", SECRET, Some(b"one")).expect(200);
        if let Store::File(_) = place.store {
            assert!(server.sigterm().success());
        }
        assert!(rotate(&place).contains("1 data keys are wrapped by the new key"));
        if let Store::File(_) = place.store {
            server = place.start();
        } else {
            // Its own key does not open the value any more.
            assert_eq!(reveal(&server, "a").0, 503);
            server.signal(Signal::HUP);
            eventually(SOON, || reveal(&server, "a").0 == 200);
        }
        assert_eq!(reveal(&server, "a"), (200, "one".to_owned()));
        server.client().send("PUT", "/v1/config/a", SECRET, Some(b"two")).expect(200);
        assert!(server.sigterm().success());
        // The old key is of no use any more.
        let keys = fs::read_to_string(place.path("key")).unwrap();
        let first = keys.lines().next().unwrap();
        fs::write(place.path("key"), format!("# of today\n{first}\n")).unwrap();
        let server = place.start();
        assert_eq!(reveal(&server, "a"), (200, "two".to_owned()));
        let verified = run(&place.store, "verify", &["--key-file", &place.text("key")]);
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert!(verified.status.success() && said.contains("2 encrypted values open"), "{verified:?}");
    }
}

#[test]
fn verify_passes_with_the_key_without_it_and_with_another_one() {
    for place in Place::all() {
        assert!(run_key(&["new", "--to", &place.text("key")]).status.success());
        assert!(run_key(&["new", "--to", &place.text("other")]).status.success());
        let mut server = place.start();
        server.client().send("PUT", "/v1/config/a", SECRET, Some(b"one")).expect(200);
        assert!(server.sigterm().success());
        for (args, expected) in [
            (vec![], "is right"),
            (vec!["--key-file".to_owned(), place.text("key")], "1 encrypted values open"),
            (vec!["--key-file".to_owned(), place.text("other")], "1 need another key"),
        ] {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let output = run(&place.store, "verify", &args);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains(expected), "{output:?}");
        }
    }
}

#[test]
fn a_key_file_that_others_may_read_or_that_has_no_key_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let [place, _] = Place::all();
    assert!(run_key(&["new", "--to", &place.text("key")]).status.success());
    let refused = |expected: &str| {
        let failed = Server::try_start(&place.store, &["--key-file", &place.text("key")], &[]);
        let said = failed.expect_err("it is refused").stderr;
        assert!(said.contains(expected), "{said}");
    };
    fs::set_permissions(place.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    refused("other users may read");
    fs::set_permissions(place.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(place.path("key"), "hunter2\n").unwrap();
    refused("line 1 of the key file is not a key");
    fs::remove_file(place.path("key")).unwrap();
    refused("No such file");
}
