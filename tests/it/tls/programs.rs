//! Programs as people have them: curl, OpenSSL, Python's `requests`, Node's `fetch`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Secure, curl, run, text};
use crate::clients::{NODE_FETCH, PYTHON_REQUESTS, python};
use crate::support::certificates::Authority;

#[test]
fn curl_is_served_by_tls_1_2_and_1_3() {
    let secure = Secure::start(&[]);
    assert!(
        secure.server.stdout().starts_with("listening on https://127.0.0.1:"),
        "{}",
        secure.server.stdout()
    );
    let (ca, url) = (secure.path("ca.crt"), secure.server.url("/v1/config/greeting"));
    for (version, flags) in
        [("TLSv1.2", ["--tlsv1.2", "--tls-max", "1.2"]), ("TLSv1.3", ["--tlsv1.3", "--tls-max", "1.3"])]
    {
        let put = ["-X", "PUT", "-H", "Content-Type: text/plain", "-d", "hello", &url];
        assert_eq!(curl(&[&["--cacert", &ca][..], &flags, &put].concat()), "OK");
        let output = run("curl", &[&["-vsS", "--cacert", &ca][..], &flags, &[&url]].concat(), "");
        let said = text(&output);
        assert!(said.starts_with("hello"), "{said}");
        assert!(said.contains(&format!("SSL connection using {version} ")), "{said}");
        assert!(said.contains("ALPN: server accepted http/1.1"), "{said}");
    }
    let refused = run("curl", &["-sS", &url], "");
    assert_eq!(refused.status.code(), Some(60), "without the authority: {}", text(&refused));
}

#[test]
fn large_values_pass_in_both_directions() {
    let secure = Secure::start(&["--value-bytes-max", "16777216"]);
    let (ca, file, url) =
        (secure.path("ca.crt"), secure.path("large"), secure.server.url("/v1/config/large"));
    let value = "0123456789abcdef".repeat(1 << 20);
    fs::write(&file, &value).unwrap();
    let upload = format!("@{file}");
    let put = ["-X", "PUT", "-H", "Content-Type: text/plain", "--data-binary", &upload, &url];
    assert_eq!(curl(&[&["--cacert", &ca][..], &put].concat()), "OK");
    assert!(curl(&["--cacert", &ca, &url]) == value);
}

fn s_client(secure: &Secure, flags: &[&str], stdin: &str) -> String {
    let (address, ca) = (secure.server.address().to_string(), secure.path("ca.crt"));
    let to = ["s_client", "-connect", &address, "-servername", "localhost", "-CAfile", &ca];
    text(&run("openssl", &[&to[..], flags].concat(), stdin))
}

#[test]
fn openssl_gets_safe_versions_and_ciphers_alone() {
    let secure = Secure::start(&[]);
    // OpenSSL itself offers the old ones only at its lowest level of security.
    for old in ["-tls1", "-tls1_1"] {
        let said = s_client(&secure, &[old, "-cipher", "ALL:@SECLEVEL=0"], "");
        assert!(said.contains("Cipher is (NONE)") && said.contains("SSL alert number"), "{old}: {said}");
    }
    for weak in ["AES128-SHA256", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "NULL"] {
        let said = s_client(&secure, &["-tls1_2", "-cipher", &format!("{weak}:@SECLEVEL=0")], "");
        assert!(said.contains("Cipher is (NONE)"), "{weak}: {said}");
    }
    for good in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"] {
        let said = s_client(&secure, &["-tls1_2", "-cipher", good], "");
        assert!(said.contains(&format!("Cipher is {good}")), "{said}");
    }
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        let said = s_client(&secure, &["-tls1_3", "-ciphersuites", suite, "-alpn", "http/1.1"], "");
        assert!(said.contains(&format!("Cipher is {suite}")), "{said}");
        assert!(
            said.contains("ALPN protocol: http/1.1") && said.contains("Verify return code: 0 (ok)"),
            "{said}"
        );
    }
    let said = s_client(&secure, &["-alpn", "h2"], "");
    assert!(said.contains("alert no application protocol"), "{said}");
}

#[test]
fn openssl_resumes_its_session() {
    let secure = Secure::start(&[]);
    let session = secure.path("session");
    for version in ["-tls1_3", "-tls1_2"] {
        let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        // Without this it ends with its input, before the ticket comes.
        let until_closed = ["-ign_eof", version];
        let first = s_client(&secure, &[&until_closed[..], &["-sess_out", &session]].concat(), request);
        assert!(first.contains("New, TLSv1") && first.contains("HTTP/1.1 200"), "{first}");
        let second = s_client(&secure, &[&until_closed[..], &["-sess_in", &session]].concat(), request);
        assert!(second.contains("Reused, TLSv1") && second.contains("HTTP/1.1 200"), "{second}");
    }
}

#[track_caller]
fn run_script(interpreter: &Path, name: &str, script: &str) {
    let secure = Secure::start(&[]);
    let (file, ca) = (secure.path(name), secure.path("ca.crt"));
    fs::write(&file, script).unwrap();
    // As their users set them.
    let authorities = [("REQUESTS_CA_BUNDLE", &ca), ("NODE_EXTRA_CA_CERTS", &ca)];
    let output =
        Command::new(interpreter).arg(&file).arg(secure.server.url("")).envs(authorities).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "done", "{}", text(&output));
}

#[test]
fn pythons_requests_is_served_over_tls() {
    run_script(&python(), "client.py", PYTHON_REQUESTS);
}

#[test]
fn nodes_fetch_is_served_over_tls() {
    run_script(Path::new("node"), "client.mjs", NODE_FETCH);
}

#[test]
fn plain_http_gets_a_text_that_says_how_to_go_on() {
    let secure = Secure::start(&[]);
    let url = format!("http://{}/v1/config", secure.server.address());
    let said = curl(&["-w", " %{http_code}", &url]);
    assert!(said.contains("https://") && said.ends_with(" 400"), "{said}");
}

#[test]
fn client_certificates_are_required_of_everybody() {
    let clients = Authority::new("clients");
    let folder = tempfile::tempdir().unwrap();
    let client_ca = folder.path().join("client-ca.crt");
    fs::write(&client_ca, &clients.certificate).unwrap();
    let secure = Secure::start(&["--tls-client-ca", client_ca.to_str().unwrap(), "--log-level", "debug"]);
    let (certificate, key) = clients.client("a client").write(folder.path());
    let own = ["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let (ca, url) = (secure.path("ca.crt"), secure.server.url("/livez"));
    for version in ["1.2", "1.3"] {
        let to = ["--cacert", &ca, "--tls-max", version, &url];
        curl(&[&own[..], &to].concat());
        let refused = run("curl", &[&["-sS"][..], &to].concat(), "");
        assert!(!refused.status.success() && text(&refused).contains("alert"), "{}", text(&refused));
        let stranger = tempfile::tempdir().unwrap();
        let (certificate, key) = Authority::new("strangers").client("a client").write(stranger.path());
        let other = ["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()];
        let refused = run("curl", &[&["-sS"], &other[..], &to].concat(), "");
        assert!(!refused.status.success() && text(&refused).contains("alert"), "{}", text(&refused));
    }
    let log = secure.server.stderr();
    assert!(log.contains("TLS connection refused") && log.contains("peer sent no certificates"), "{log}");
}
