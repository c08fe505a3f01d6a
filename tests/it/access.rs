//! Who may reach a server and what ends for them, with the real binary: its start, its listeners, two servers on one
//! log, responses that end with a token, clients as people have them.
//!
//! What each principal may see is in `tests/http/ways.rs`, and how tokens are made is in `tests/http/tokens.rs`.

mod ends;
mod many;
mod programs;
mod servers;
mod start;
mod traps;

use serde_json::{Value, json};

use crate::support::connection::Connection;
use crate::support::http::{Client, Response};
use crate::support::places::Place;
use crate::support::server::{Failed, Server, Store};

const ROOT: &str = "a-root-token-of-thirty-two-characters";
const ROOT_VARIABLE: &str = "CONFIGAPI_ROOT_TOKEN";

/// A client that sends the same token with each request, or none.
#[derive(Clone)]
struct Holder {
    client: Client,
    authorization: Option<String>,
}

/// A token that was made: its text and its id.
struct Made {
    token: String,
    id: String,
}

impl Holder {
    fn of(server: &Server, token: &str) -> Self {
        Self { client: server.client(), authorization: Some(format!("Bearer {token}")) }
    }

    fn root(server: &Server) -> Self {
        Self::of(server, ROOT)
    }

    fn nobody(server: &Server) -> Self {
        Self { client: server.client(), authorization: None }
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: &Value) -> Response {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(self.authorization.as_deref().map(|value| ("authorization", value)));
        let body = if body.is_null() { None } else { Some(body.to_string()) };
        self.client.send(method, path, &headers, body.as_deref().map(str::as_bytes))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Response {
        self.send("GET", path, &Value::Null)
    }

    #[track_caller]
    fn put(&self, name: &str, value: &str) -> Response {
        self.send("PUT", &format!("/v1/config/{name}"), &json!({ "value": value }))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Response {
        self.send("POST", path, body)
    }

    /// Makes a token with these scopes.
    #[track_caller]
    fn make(&self, name: &str, scopes: &[Value]) -> Made {
        let made = self.post("/v1/tokens", &json!({ "name": name, "scopes": scopes })).expect(201).json();
        let text = |member: &str| made[member].as_str().unwrap().to_owned();
        Made { token: text("token"), id: text("id") }
    }

    #[track_caller]
    fn revoke(&self, id: &str) {
        self.send("DELETE", &format!("/v1/tokens/{id}"), &Value::Null).expect(200);
    }
}

fn scope(prefix: &str, actions: &[&str]) -> Value {
    json!({ "prefix": prefix, "actions": actions })
}

/// The scope of a token that may do everything.
fn everything() -> Value {
    scope("", &["read", "write", "reveal", "admin"])
}

/// The problem of a response, such as `unauthenticated`.
#[track_caller]
fn problem(response: &Response) -> String {
    let found = response.json();
    found["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
}

fn store_of(place: &Place) -> Store {
    match place {
        Place::Memory(_) => panic!("a server needs a log that outlives a process"),
        Place::File(_) => Store::File(place.file_path()),
        Place::Postgres(url) => Store::Postgres(url.clone()),
    }
}

/// A server with a root token.
#[track_caller]
fn closed(store: &Store, args: &[&str]) -> Server {
    Server::try_start(store, args, &[(ROOT_VARIABLE, ROOT)])
        .unwrap_or_else(|Failed { status, stderr }| panic!("it did not start ({status:?}): {stderr}"))
}

/// The exit status and the text of a server that refuses to start.
#[track_caller]
fn refused(store: &Store, args: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    match Server::try_start(store, args, environment) {
        Ok(server) => panic!("it started: {}", server.stderr()),
        Err(Failed { status, stderr }) => (status.and_then(|status| status.code()), stderr),
    }
}

/// Sends a GET with a token, or without one.
fn ask(connection: &mut Connection, token: Option<&str>, path: &str, field: &str) {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    connection.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{field}\r\n"));
}
