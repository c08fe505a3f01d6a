//! The console over a socket: its lengths, and the setting that turns it off, in each layer.

use std::fs;

use crate::support::connection::Connection;
use crate::support::server::{Server, Store};

#[test]
fn a_file_has_its_length_with_and_without_its_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("log.db")), &[]);
    let mut client = Connection::connect(&server);
    for coding in ["identity", "gzip"] {
        let fields = format!("Host: localhost\r\nAccept-Encoding: {coding}\r\n\r\n");
        client.send(format!("GET /console/ HTTP/1.1\r\n{fields}"));
        let whole = client.answer();
        assert_eq!(whole.status, 200, "{}", whole.head);
        assert_eq!(whole.field("Content-Length"), Some(whole.body.len().to_string().as_str()));
        client.send(format!("HEAD /console/ HTTP/1.1\r\n{fields}"));
        let head = client.answer_without_body();
        for name in ["Content-Length", "Content-Encoding", "Content-Type", "ETag", "Cache-Control"] {
            assert_eq!(head.field(name), whole.field(name), "{coding} {name}");
        }
    }
}

#[test]
fn the_console_is_turned_off_in_each_layer() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "no_console = true\n").unwrap();
    let file = settings.to_str().unwrap();
    for (args, environment, status) in [
        (vec![], vec![], 200),
        (vec!["--no-console"], vec![], 404),
        (vec![], vec![("CONFIGAPI_NO_CONSOLE", "true")], 404),
        (vec!["--config", file], vec![], 404),
        (vec!["--config", file], vec![("CONFIGAPI_NO_CONSOLE", "false")], 200),
    ] {
        let store = Store::File(folder.path().join("log.db"));
        let server = Server::try_start(&store, &args, &environment).unwrap();
        let client = server.client();
        assert_eq!(client.get("/console/").status, status, "{args:?} {environment:?}");
        client.get("/v1/config").expect(200);
    }
}
