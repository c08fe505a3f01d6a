//! Pages of allowed origins, over a socket: the setting in each layer, and a preflight on a connection that is kept.

use std::fs;

use crate::support::connection::Connection;
use crate::support::server::{Server, Store};

/// Arguments and variables.
type Layer<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn pages_of_the_origins_of_each_layer_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "cors_origin = ['http://localhost:5173', 'https://App.example.com:443']\n").unwrap();
    let layers: [Layer<'_>; 3] = [
        (&["--cors-origin", "https://app.example.com", "--cors-origin", "http://localhost:5173"], &[]),
        (&[], &[("CONFIGAPI_CORS_ORIGIN", "https://app.example.com,http://localhost:5173")]),
        (&["--config", settings.to_str().unwrap()], &[]),
    ];
    for (args, environment) in layers {
        let store = Store::File(folder.path().join("log.db"));
        let server = Server::try_start(&store, args, environment).unwrap();
        let mut client = Connection::connect(&server);
        for origin in ["https://app.example.com", "http://localhost:5173"] {
            let page = format!("Host: localhost\r\nOrigin: {origin}\r\nSec-Fetch-Site: cross-site\r\n");
            client.send(format!(
                "OPTIONS /v1/config/a HTTP/1.1\r\n{page}Access-Control-Request-Method: PUT\r\n\r\n"
            ));
            let preflight = client.answer();
            assert_eq!(preflight.status, 204, "{}", preflight.head);
            assert_eq!(preflight.field("Content-Length"), None, "{}", preflight.head);
            assert_eq!(preflight.field("Access-Control-Allow-Origin"), Some(origin));
            client.send(format!(
                "PUT /v1/config/a HTTP/1.1\r\n{page}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nv"
            ));
            let put = client.answer();
            assert_eq!((put.status, put.field("Access-Control-Allow-Origin")), (200, Some(origin)));
        }
        client.send("GET /v1/config/a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://b.example\r\nSec-Fetch-Site: cross-site\r\n\r\n");
        let refused = client.answer();
        assert_eq!((refused.status, refused.field("Access-Control-Allow-Origin")), (403, None));
    }
}
