//! The start: open or closed, where it may listen, and where the root token comes from.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{Holder, ROOT, ROOT_VARIABLE, closed, everything, problem, refused, scope, store_of};
use crate::support::certificates::Authority;
use crate::support::connection::PATIENCE;
use crate::support::eventually;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::{Server, Store};

in_every_durable_place!(
    a_log_with_a_token_closes_every_server_on_it,
    after_its_last_token_a_log_opens_to_a_root_token_alone,
);

fn a_log_with_a_token_closes_every_server_on_it(place: &Place) {
    let store = store_of(place);
    let mut server = Server::start(&store, &[]);
    let nobody = Holder::nobody(&server);
    nobody.put("app/a", "v").expect(200);
    assert_eq!(nobody.get("/v1/whoami").json()["name"], "anonymous");
    let limited = nobody.post("/v1/tokens", &json!({ "name": "a", "scopes": [scope("app", &["admin"])] }));
    assert_eq!((limited.status, problem(&limited)), (422, "first-token".into()));
    let made = nobody.make("ada", &[everything()]);
    nobody.get("/v1/config/app/a").expect(401);
    assert!(server.sigterm().success());

    let (status, text) = refused(&store, &["--allow-anonymous"], &[]);
    assert!(
        status == Some(2) && text.contains("contradicts the tokens of this server"),
        "{status:?}: {text}"
    );
    let server = Server::start(&store, &[]);
    Holder::nobody(&server).get("/v1/config/app/a").expect(401);
    assert_eq!(Holder::of(&server, &made.token).get("/v1/config/app/a").expect(200).text, "v");
}

fn after_its_last_token_a_log_opens_to_a_root_token_alone(place: &Place) {
    let store = store_of(place);
    let mut server = Server::start(&store, &[]);
    let made = Holder::nobody(&server).make("ada", &[everything()]);
    let ada = Holder::of(&server, &made.token);
    ada.put("a", "v").expect(200);
    ada.revoke(&made.id);
    for holder in [&ada, &Holder::nobody(&server)] {
        holder.get("/v1/config/a").expect(401);
    }
    assert!(server.sigterm().success());
    let mut server = Server::start(&store, &[]);
    Holder::nobody(&server).get("/v1/config/a").expect(401);
    assert!(server.sigterm().success());
    let server = closed(&store, &[]);
    let root = Holder::root(&server);
    assert_eq!(root.get("/v1/config/a").expect(200).text, "v");
    assert_eq!(root.get("/v1/whoami").json()["name"], "root");
    root.make("ada", &[everything()]);
}

fn file_in(folder: &tempfile::TempDir) -> Store {
    Store::File(folder.path().join("configapi.db"))
}

#[test]
fn a_root_token_closes_a_server_and_contradicts_allow_anonymous() {
    let folder = tempfile::tempdir().unwrap();
    let store = file_in(&folder);
    for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
        let args = ["--listen", listen, "--allow-anonymous"];
        let (status, text) = refused(&store, &args, &[(ROOT_VARIABLE, ROOT)]);
        assert!(
            status == Some(2) && text.contains("start it without --allow-anonymous"),
            "{status:?}: {text}"
        );
    }
    let server = closed(&store, &[]);
    Holder::nobody(&server).get("/v1/config").expect(401);
    Holder::root(&server).get("/v1/config").expect(200);
    let first = Holder::root(&server).make("ada", &[scope("app", &["read"])]);
    let other = json!({ "name": "root", "scopes": [everything()] });
    Holder::root(&server).post("/v1/tokens", &other).expect(422);
    Holder::of(&server, &first.token).get("/v1/config").expect(200);
}

#[test]
fn an_open_server_listens_on_loopback_and_a_closed_one_anywhere() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let store = file_in(&folder);
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let (status, text) = refused(&store, &["--listen", listen], &[]);
        let says = text.contains("can be reached by others") && text.contains("make a token");
        assert!(status == Some(2) && says, "{status:?}: {text}");
    }
    let (certificate, key) = authority.server("first", 2100).write(folder.path());
    let pair = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let anywhere = ["--listen", "0.0.0.0:0"];
    let warning = "tokens and values cross the network unencrypted";
    for (args, warns) in [
        (anywhere.to_vec(), true),
        ([&anywhere[..], &["--behind-proxy"]].concat(), false),
        ([&anywhere[..], &pair].concat(), false),
        (vec!["--listen", "127.0.0.1:0"], false),
    ] {
        let server = closed(&store, &args);
        // The line `ready` is written after the warnings.
        eventually(PATIENCE, || server.stderr().contains("ready"));
        assert_eq!(server.stderr().contains(warning), warns, "{args:?}: {}", server.stderr());
        if !server.stdout().contains("https") {
            Holder::nobody(&server).get("/v1/config").expect(401);
            Holder::root(&server).get("/v1/config").expect(200);
        }
    }
    let server = Server::start(&store, &["--listen", "0.0.0.0:0", "--allow-anonymous"]);
    Holder::nobody(&server).get("/v1/config").expect(200);
    eventually(PATIENCE, || server.stderr().contains("EVERYBODY WHO REACHES THIS ADDRESS"));
}

#[test]
fn a_unix_socket_counts_as_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("configapi.sock");
    let listen = format!("unix:{}", socket.display());
    let server = Server::start(&file_in(&folder), &["--listen", &listen]);
    let command = ["-sS", "--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/whoami"];
    let output = std::process::Command::new("curl").args(command).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"anonymous\""), "{output:?}");
    assert!(!server.stderr().contains("unencrypted"), "{}", server.stderr());
}

#[test]
fn a_root_token_comes_from_one_place_and_never_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let store = file_in(&folder);
    let file = folder.path().join("root");
    let path = file.to_str().unwrap();
    fs::write(&file, format!("{ROOT}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let from_file = ["--root-token-file", path];

    for (args, environment, says) in [
        (&from_file[..], &[(ROOT_VARIABLE, ROOT)][..], "use one"),
        (&[], &[(ROOT_VARIABLE, &ROOT[..31])], "at least 32 characters"),
        (&["--root-token", ROOT], &[], "--root-token-file"),
        (&[&format!("--root-token={ROOT}")], &[], "--root-token-file"),
    ] {
        let (status, text) = refused(&store, args, environment);
        assert!(status == Some(2) && text.contains(says), "{args:?}: {status:?}: {text}");
        assert!(!text.contains(&ROOT[..31]), "the text repeats the token: {text}");
    }
    let (status, text) = refused(&store, &["--root-token-file", "/nowhere/root"], &[]);
    assert!(status == Some(1) && text.contains("/nowhere/root"), "{status:?}: {text}");
    assert!(!folder.path().join("configapi.db").exists(), "the log was not made");

    let warning = "other users can read the root token";
    for (mode, warns) in [(0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let environment = [("CONFIGAPI_ROOT_TOKEN_FILE", path)];
        let (args, environment) = if warns { (&from_file[..], &[][..]) } else { (&[][..], &environment[..]) };
        let server = Server::try_start(&store, args, environment).unwrap();
        // The line's end is no part of the token.
        Holder::root(&server).get("/v1/config").expect(200);
        eventually(PATIENCE, || server.stderr().contains("ready"));
        assert_eq!(server.stderr().contains(warning), warns, "{mode:o}: {}", server.stderr());
        assert!(!server.stderr().contains(ROOT), "{}", server.stderr());
    }
    fs::write(&file, "").unwrap();
    let (status, text) = refused(&store, &from_file, &[]);
    assert!(status == Some(2) && text.contains("at least 32 characters"), "{status:?}: {text}");
}
