//! The examples of `docs/proxies.md`, run with the real proxies before the real server.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::eventually;
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(15);
/// What the page writes for the two addresses, and for the name that clients use.
const SERVER: &str = "127.0.0.1:4000";
const PROXY_PORT: &str = "8080";
const NAME: &str = "config.example.com";

/// A proxy that runs. Dropped: killed.
struct Proxy {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// The page's example in this language.
fn example(language: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/proxies.md")).unwrap();
    let after = page.split_once(&format!("```{language}\n")).expect("the page has the example").1;
    after.split_once("```").expect("a block ends").0.to_owned()
}

fn start(language: &str, server: &Server, frame: impl Fn(&str, &Path) -> String, command: &[&str]) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = example(language).replace(SERVER, &server.address().to_string());
    let text = frame(&text.replace(PROXY_PORT, &address.port().to_string()), folder.path());
    let file = folder.path().join("proxy.conf");
    fs::write(&file, text).unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut words = command.iter().map(|word| word.replace("FILE", file.to_str().unwrap()));
    let program = words.next().unwrap();
    let process = Command::new(&program)
        .args(words)
        .env("HOME", folder.path())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; ./tests/run installs it"));
    let proxy = Proxy { process, address, _folder: folder };
    eventually(SOON, || {
        ask(proxy.address, "GET", "/readyz", &[], "").is_some_and(|it| it.starts_with("HTTP/1.1 200"))
    });
    proxy
}

/// One request as a browser at the name sends it; the whole answer.
fn ask(address: SocketAddr, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection.set_read_timeout(Some(SOON)).ok()?;
    connection.write_all(request(address, method, path, fields, body).as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn request(address: SocketAddr, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let fields = fields.concat();
    let (port, length) = (address.port(), body.len());
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {NAME}:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {fields}\r\n{body}"
    )
}

/// What the page promises of each proxy.
fn passes_everything(server: &Server, proxy: &Proxy) {
    let at = proxy.address;
    let own = format!("http://{NAME}:{}", at.port());
    let text = ("Content-Type", "text/plain");
    let put = |path: &str, fields: &[(&str, &str)], body: &str| ask(at, "PUT", path, fields, body).unwrap();
    let ok = |answer: &str| {
        assert!(answer.starts_with("HTTP/1.1 200"), "{}", answer.lines().next().unwrap_or_default());
    };

    ok(&put("/v1/config/app%2Fpool%20size", &[text], "10"));
    assert_eq!(server.client().get("/v1/config/app%2Fpool%20size").expect(200).text, "10");
    let large = "v".repeat(1_048_576);
    ok(&put("/v1/config/large", &[text], &large));
    assert!(ask(at, "GET", "/v1/config/large", &[], "").unwrap().ends_with(&large));
    ok(&put("/v1/config/a", &[text, ("Origin", &own), ("Sec-Fetch-Site", "same-origin")], "1"));
    let foreign = put("/v1/config/a", &[text, ("Origin", "https://evil.example")], "2");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");

    // Each event comes when it happens: the stream does not end, so that a proxy that buffers sends nothing.
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let accept = [("Accept", "text/event-stream")];
    stream.write_all(request(at, "GET", "/v1/events", &accept, "").as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("HTTP/1.1 200"));
    assert!(lines.any(|line| line.contains("retry:")), "it has begun");
    for value in ["one", "two"] {
        ok(&put("/v1/config/watched", &[text], value));
        assert!(lines.any(|line| line.starts_with("data:") && line.contains(&format!("{value:?}"))));
    }
}

fn server(folder: &TempDir) -> Server {
    Server::start(&Store::File(folder.path().join("log.db")), &["--allowed-host", NAME])
}

#[test]
fn nginx_passes_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let frame = |example: &str, folder: &Path| {
        let here = folder.display();
        // Clients of the test use another port than 80.
        let example = example.replace("Host $host;", "Host $http_host;");
        format!(
            "daemon off;\nmaster_process off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {here}/body;\nproxy_temp_path {here}/proxy;\nfastcgi_temp_path {here}/f;\n\
             uwsgi_temp_path {here}/u;\nscgi_temp_path {here}/s;\n{example}}}\n"
        )
    };
    let proxy = start("nginx", &server, frame, &["/usr/sbin/nginx", "-c", "FILE"]);
    passes_everything(&server, &proxy);
}

#[test]
fn haproxy_passes_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let proxy = start(
        "haproxy",
        &server,
        |example, _| example.to_owned(),
        &["/usr/sbin/haproxy", "-db", "-f", "FILE"],
    );
    passes_everything(&server, &proxy);
}

#[test]
fn caddy_passes_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let frame = |example: &str, _: &Path| format!("{{\n\tadmin off\n\tauto_https off\n}}\n{example}");
    let command = ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", "FILE"];
    let proxy = start("caddyfile", &server, frame, &command);
    passes_everything(&server, &proxy);
}

#[test]
fn a_host_that_is_not_allowed_is_told_how_to_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("log.db")), &[]);
    let refused = ask(server.address(), "GET", "/v1/config", &[], "").unwrap();
    assert!(refused.starts_with("HTTP/1.1 421") && refused.contains("--allowed-host"), "{refused}");
    let several = ["--allowed-host", "other.example,config.example.com"];
    let server = Server::start(&Store::File(folder.path().join("several.db")), &several);
    for (host, status) in [
        ("config.example.com", 200),
        ("CONFIG.example.com:80", 200),
        ("localhost", 200),
        ("evil.example", 421),
    ] {
        let answer = server.client().send("GET", "/v1/config", &[("Host", host)], None);
        assert_eq!(answer.status, status, "{host}");
    }
}
