//! Tokens in the hands of real programs: curl, Python's `requests`, Node's `fetch`.

use std::path::Path;

use super::{Holder, closed, scope};
use crate::clients::{python, run};
use crate::support::server::{Server, Store};

const REQUESTS: &str = r#"
import requests, sys
base, token = sys.argv[1:]
url = base + "/v1/config/app/a"
assert requests.get(url, timeout=20).status_code == 401
session = requests.Session()
session.headers["Authorization"] = "Bearer " + token
assert session.put(url, json={"value": "from requests"}, timeout=20).text == "OK"
assert session.get(url, timeout=20).text == "from requests"
assert session.get(base + "/v1/whoami", timeout=20).json()["name"] == "ada"
# The user's name of Basic may be anything.
for user in ["", "ada", "root"]:
    assert requests.get(url, auth=(user, token), timeout=20).text == "from requests"
refused = requests.put(base + "/v1/config/b", auth=("", token), json={"value": "v"}, timeout=20)
assert refused.status_code == 403 and refused.json()["type"] == "/problems/forbidden"
wrong = requests.get(url, headers={"Authorization": "Bearer wrong"}, timeout=20)
assert wrong.status_code == 401 and not wrong.headers["WWW-Authenticate"].lower().startswith("basic")
with session.get(base + "/v1/events?after=0", headers={"Accept": "text/event-stream"}, stream=True, timeout=20) as stream:
    assert any(b"from requests" in line for line in stream.iter_lines())
print("done")
"#;

const FETCH: &str = r#"
const [base, token] = process.argv.slice(2);
const url = base + "/v1/config/app/a";
const check = (holds, what) => { if (!holds) { throw new Error(what); } };
const headers = { Authorization: "Bearer " + token, "Content-Type": "application/json" };
check((await fetch(url)).status === 401, "without a token");
const put = await fetch(url, { method: "PUT", body: JSON.stringify({ value: "from fetch" }), headers });
check(await put.text() === "OK", "put");
check(await (await fetch(url, { headers })).text() === "from fetch", "get");
check((await fetch(base + "/v1/config/b", { method: "DELETE", headers })).status === 403, "another prefix");
const basic = { Authorization: "Basic " + btoa("anybody:" + token) };
check((await (await fetch(base + "/v1/whoami", { headers: basic })).json()).name === "ada", "basic");
const stream = await fetch(base + "/v1/events?after=0", { headers: { ...headers, Accept: "text/event-stream" } });
const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
let seen = "";
while (!seen.includes("from fetch")) { seen += (await reader.read()).value; }
await reader.cancel();
console.log("done");
"#;

/// A closed server, and a token for `app`.
fn scene() -> (Server, tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let server = closed(&Store::File(folder.path().join("configapi.db")), &[]);
    let made = Holder::root(&server).make("ada", &[scope("app", &["read", "write"])]);
    (server, folder, made.token)
}

#[track_caller]
fn script(interpreter: &Path, name: &str, text: &str) {
    let (server, folder, token) = scene();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    assert_eq!(run(interpreter, &[file.to_str().unwrap(), &server.url(""), &token]).trim(), "done");
}

#[test]
fn pythons_requests_sends_a_token() {
    script(&python(), "client.py", REQUESTS);
}

#[test]
fn nodes_fetch_sends_a_token() {
    script(Path::new("node"), "client.mjs", FETCH);
}

#[test]
fn curl_sends_a_token_as_bearer_and_as_a_password() {
    let (server, folder, token) = scene();
    let url = server.url("/v1/config/app/a");
    let bearer = format!("Authorization: Bearer {token}");
    let status = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"];
    let curl = |args: &[&str]| run(Path::new("curl"), args);
    let put = ["-sS", "-X", "PUT", &url, "-H", "Content-Type: text/plain", "-d", "from curl", "-H", &bearer];
    assert_eq!(curl(&put), "OK");
    assert_eq!(curl(&["-sS", &url, "--oauth2-bearer", &token]), "from curl");
    for user in ["any", "", "root"] {
        assert_eq!(curl(&["-sS", &url, "-u", &format!("{user}:{token}")]), "from curl");
    }
    assert_eq!(curl(&[&status[..], &[&url]].concat()), "401");
    // `--anyauth` asks first and takes what is offered: a challenge of Basic would send the password.
    assert_eq!(curl(&[&status[..], &["--anyauth", "-u", &format!("any:{token}"), &url]].concat()), "401");
    let netrc = folder.path().join("netrc");
    std::fs::write(&netrc, format!("machine 127.0.0.1 login any password {token}\n")).unwrap();
    assert_eq!(curl(&["-sS", "--netrc-file", netrc.to_str().unwrap(), &url]), "from curl");
    // A large body is refused before it is sent.
    let body = folder.path().join("body");
    std::fs::write(&body, "v".repeat(1 << 20)).unwrap();
    let upload = format!("@{}", body.display());
    let wrong = ["-X", "PUT", &url, "-H", "Content-Type: text/plain", "-H", "Authorization: Bearer wrong"];
    let expects = ["-H", "Expect: 100-continue", "--expect100-timeout", "20", "--data-binary", &upload];
    let counted = ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}"];
    assert_eq!(curl(&[&counted[..], &wrong, &expects].concat()), "401 0");
}
