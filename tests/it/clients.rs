//! Real clients, as people have them: curl, Python's `http.client` and `requests`, Node's `fetch`, load
//! generators, and `slowhttptest` in its three modes.
//!
//! `./tests/run` installs them; one that is missing is a failure that says so.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::long_run;
use crate::support::server::{Server, Store};

/// Puts, gets, lists and deletes by one client's script, which ends with `done`.
const PYTHON_HTTP_CLIENT: &str = r#"
import http.client, json, sys
host = sys.argv[1].removeprefix("http://")
connection = http.client.HTTPConnection(host, timeout=20)

def call(method, path, body=None, **headers):
    connection.request(method, path, body, {name.replace("_", "-"): held for name, held in headers.items()})
    response = connection.getresponse()
    return response.status, response.getheader("ETag"), response.read().decode()

name = "/v1/config/%D0%BA%D0%BB%D1%8E%D1%87%2Fa%20b"
put = json.dumps({"value": "ценность", "reason": "a test"})
status, tag, body = call("PUT", name, put, Content_Type="application/json")
assert (status, tag[:3], body) == (200, '"1-', "OK")
assert call("GET", name) == (200, tag, "ценность")
assert call("GET", name, If_None_Match='"1"')[0] == call("GET", name, If_None_Match=tag)[0] == 304
assert call("HEAD", name)[2] == ""
# A generator has no length: the body goes in chunks.
chunks = (part for part in [b"one ", b"two"])
assert call("PUT", name, chunks, Content_Type="text/plain")[0] == 200
assert json.loads(call("GET", "/v1/config")[2])[0]["value"] == "one two"
assert call("DELETE", name)[0] == 200
assert call("DELETE", name)[0] == 410
print("done")
"#;

pub(crate) const PYTHON_REQUESTS: &str = r#"
import requests, sys
session = requests.Session()
url = sys.argv[1] + "/v1/config/app%2Fprod"
assert session.put(url, json={"value": "x" * 1_000_000}, timeout=20).text == "OK"
item = session.get(url, headers={"Accept": "application/json"}, timeout=20).json()
assert (item["name"], len(item["value"]), item["version"]) == ("app/prod", 1_000_000, 1)
refused = session.put(url, data=b"{", headers={"Content-Type": "application/json"}, timeout=20)
assert refused.status_code == 400 and refused.headers["Content-Type"].startswith("application/problem+json")
assert len(session.get(url + "/history", timeout=20).json()) == 1
print("done")
"#;

pub(crate) const NODE_FETCH: &str = r#"
const base = process.argv[2];
const url = base + "/v1/config/" + encodeURIComponent("app/prod ключ");
const put = (body) => fetch(url, { method: "PUT", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
const check = (holds, what) => { if (!holds) { throw new Error(what); } };
check(await (await put({ value: "1" })).text() === "OK", "put");
await Promise.all(Array.from({ length: 50 }, (_, n) => put({ value: String(n) })));
const got = await fetch(url, { headers: { Accept: "application/json" } });
check((await got.json()).version === 51, "version");
check((await (await fetch(base + "/v1/config")).json()).length === 1, "list");
check((await fetch(url, { method: "DELETE" })).status === 200, "delete");
check((await fetch(url)).status === 404, "gone");
console.log("done");
"#;

fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("configapi.db")), &["--log-level", "warning"]);
    (server, folder)
}

/// Runs a program; its standard output. Whatever is wrong is a failure with all that it said.
#[track_caller]
pub(crate) fn run(program: &Path, args: &[&str]) -> String {
    let output: Output = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("{} can't be run ({error}): ./tests/run installs it", program.display())
    });
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} {args:?}: {}\n{stdout}\n{stderr}", program.display(), output.status);
    stdout.into_owned()
}

/// The interpreter with the packages that the tests need; made by `./tests/run`.
pub(crate) fn python() -> std::path::PathBuf {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-python/bin/python");
    assert!(made.exists(), "{} is missing: ./tests/run makes it", made.display());
    made
}

#[track_caller]
fn run_script(interpreter: &Path, name: &str, script: &str) {
    let (server, folder) = server();
    let file = folder.path().join(name);
    fs::write(&file, script).unwrap();
    let printed = run(interpreter, &[file.to_str().unwrap(), &server.url("")]);
    assert_eq!(printed.trim(), "done");
}

#[test]
fn pythons_http_client_is_served() {
    run_script(&python(), "client.py", PYTHON_HTTP_CLIENT);
}

#[test]
fn pythons_requests_is_served() {
    run_script(&python(), "client.py", PYTHON_REQUESTS);
}

#[test]
fn nodes_fetch_is_served() {
    run_script(Path::new("node"), "client.mjs", NODE_FETCH);
}

#[test]
fn curl_reuses_its_connection_and_expects_100_continue() {
    let (server, folder) = server();
    let body = folder.path().join("body");
    fs::write(&body, "v".repeat(1_048_576)).unwrap();
    let (url, upload) = (server.url("/v1/config/big"), format!("@{}", body.display()));
    let put = ["-sS", "--fail", "-X", "PUT", &url, "-H", "Content-Type: text/plain"];
    let expect = ["-H", "Expect: 100-continue", "--data-binary", &upload];
    assert_eq!(run(Path::new("curl"), &[&put[..], &expect].concat()), "OK");
    let counted =
        ["-sS", "--fail", "-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} %{size_download}\n"];
    let printed = run(Path::new("curl"), &[&counted[..], &[&url, &url]].concat());
    assert_eq!(printed, "1 1048576\n0 1048576\n");
}

#[test]
fn load_generators_see_no_error() {
    let (server, _folder) = server();
    server.client().put("/v1/config/a", "thirty bytes of configuration.").expect(200);
    let url = server.url("/v1/config/a");
    let wrk = run(Path::new("wrk"), &["-t2", "-c64", "-d2s", &url]);
    assert!(!wrk.contains("Non-2xx") && !wrk.contains("Socket errors"), "{wrk}");
    let put = ["-m", "PUT", "-T", "text/plain", "-d", "value", "-n", "2000", "-c", "50", &url];
    let hey = run(Path::new("hey"), &put);
    assert!(hey.contains("[200]\t2000 responses"), "{hey}");
    assert_eq!(
        server.client().get("/v1/config/a/history?order=desc&limit=1").json()[0]["stream_version"],
        2001
    );
}

/// The document at `/openapi.json` is what the server does, as far as some hundred generated requests tell.
/// The long form finds other requests each time; its seed is in its report.
#[test]
fn schemathesis_finds_the_contract_kept() {
    // With a root token, because the first token that a request makes would close an open server.
    let token = "a-root-token-of-thirty-two-characters";
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("log.db"));
    let server = Server::try_start(&store, &[], &[("CONFIGAPI_ROOT_TOKEN", token)]).expect("it starts");
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = top.join("tests/schemathesis.toml");
    let (examples, seed) = if long_run() { ("300", None) } else { ("10", Some("--seed=1")) };
    let arguments = ["--config-file", config.to_str().unwrap(), "run", &server.url("/openapi.json")];
    let authorization = format!("Authorization: Bearer {token}");
    let bounds = ["--max-examples", examples, "--request-timeout", "20", "--no-color", "-H", &authorization];
    let mut command = Command::new(top.join("target/test-python/bin/schemathesis"));
    let command =
        command.env("PYTHONPATH", top.join("tests")).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    let output = command.args(arguments).args(bounds).args(seed).current_dir(&folder).output();
    let output = output.expect("./tests/run installs schemathesis");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Attacks for some seconds; the tool's own probe, and clients of ours, are served all the while.
fn attack(mode: &[&str]) {
    let (server, _folder) = server();
    let client = server.client();
    client.put("/v1/config/big", &"v".repeat(1_000_000)).expect(200);
    let url = server.url("/v1/config/big");
    let common = ["-c", "300", "-r", "200", "-l", "8", "-i", "1", "-p", "3", "-u", &url];
    let arguments = [mode, &common].concat();
    std::thread::scope(|scope| {
        let attacking = scope.spawn(|| run(Path::new("slowhttptest"), &arguments));
        while !attacking.is_finished() {
            client.get("/v1/config").expect(200);
            client.put("/v1/config/small", "value").expect(200);
        }
        let report = attacking.join().unwrap();
        let available = report.lines().rfind(|line| line.contains("service available")).unwrap_or_default();
        assert!(available.contains("YES"), "{report}");
    });
}

#[test]
fn slow_headers_starve_nobody() {
    attack(&["-H"]);
}

#[test]
fn slow_bodies_starve_nobody() {
    attack(&["-B", "-t", "PUT", "-f", "text/plain", "-s", "8192"]);
}

#[test]
fn slow_readers_starve_nobody() {
    attack(&["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "5", "-k", "3"]);
}
