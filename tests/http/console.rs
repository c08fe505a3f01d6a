//! The console's files: how they are served, and to which clients.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use configapi::application::Options;
use configapi::presentation::http::{ApiSettings, Console, RootToken};
use flate2::read::GzDecoder;

use super::driver::{Answer, Client};
use super::tokens::ROOT;

const BROWSER: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
pub const GZIP: &str = "Accept-Encoding: gzip, deflate, br";

/// Every file of the console's folder but the page, by its path there.
pub fn files() -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{path}/"), found);
            } else if path != "index.html" {
                found.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/presentation/http/console");
    walk(&folder, "", &mut found);
    assert!(found.contains_key("main.js"), "the console is not where this test looks");
    found
}

/// The address of the files, as the page has it.
pub fn assets(client: &Client) -> String {
    let page = client.get("/console/");
    let (_, rest) = page.body.split_once("\"/console/").expect("the page loads its files");
    format!("/console/{}", rest.split('/').next().unwrap())
}

fn closed() -> Client {
    let root_token = Some(RootToken::parse(ROOT).unwrap());
    Client::with(&Options::memory(), ApiSettings { root_token, ..ApiSettings::default() })
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(answer.bytes.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

/// The values of an attribute in the page.
pub fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let before = format!(" {name}=\"");
    let parts = page.split(&before).skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

#[test]
fn the_page_is_asked_for_again_each_time_and_loads_files_that_are_there() {
    let client = Client::new();
    let page = client.get("/console/");
    assert_eq!((page.status, page.field("Content-Type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.field("Cache-Control"), page.field("Vary")), ("no-cache", "Accept-Encoding"));
    let tag = page.field("ETag");
    for sent in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = client.send("GET", "/console/", &[&format!("If-None-Match: {sent}")], b"");
        assert_eq!((again.status, again.body.as_str(), again.field("ETag")), (304, "", tag), "{sent}");
    }
    let other = client.send("GET", "/console/", &["If-None-Match: \"other\""], b"");
    assert_eq!(other.status, 200);
    let addresses = [attributes(&page.body, "src"), attributes(&page.body, "href")].concat();
    assert!(addresses.len() > 2, "{addresses:?}");
    for address in addresses {
        assert!(address.starts_with(&assets(&client)), "{address}");
        assert_eq!(client.get(address).status, 200, "{address}");
    }
}

#[test]
fn every_file_is_served_as_it_is_with_its_type_for_ever() {
    let client = Client::new();
    let assets = assets(&client);
    for (path, held) in files() {
        let answer = client.get(&format!("{assets}/{path}"));
        assert_eq!((answer.status, answer.bytes == held), (200, true), "{path}");
        let name = path.rsplit('/').next().unwrap();
        let expected = match name.rsplit_once('.').map_or(name, |(_, ending)| ending) {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" => "application/json",
            "svg" => "image/svg+xml",
            "LICENSE" | "SHA256SUMS" | "md" => "text/plain; charset=utf-8",
            _ => panic!("{path}: say here which type it has"),
        };
        assert_eq!(answer.field("Content-Type"), expected, "{path}");
        assert_eq!(answer.field("Cache-Control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(answer.field("Content-Encoding"), "", "{path}");
    }
}

#[test]
fn a_client_that_takes_gzip_gets_it() {
    let client = Client::new();
    let assets = assets(&client);
    let plain_page = client.get("/console/");
    let page = client.send("GET", "/console/", &[GZIP], b"");
    assert_eq!(unpacked(&page), plain_page.bytes);
    assert_ne!(page.field("ETag"), plain_page.field("ETag"), "two forms have two tags");
    for (path, held) in files() {
        let target = format!("{assets}/{path}");
        let answer = client.send("GET", &target, &[GZIP], b"");
        assert_eq!((answer.status, answer.field("Content-Encoding")), (200, "gzip"), "{path}");
        assert_eq!(answer.field("Vary"), "Accept-Encoding", "{path}");
        assert!(unpacked(&answer) == held, "{path}");
        assert!(held.len() < 1_000 || answer.bytes.len() < held.len(), "{path}");
        let refused = client.send("GET", &target, &["Accept-Encoding: gzip;q=0"], b"");
        assert_eq!((refused.field("Content-Encoding"), refused.bytes == held), ("", true), "{path}");
    }
}

#[test]
fn a_file_of_another_release_is_not_found_and_says_to_load_the_page_again() {
    let client = Client::new();
    let assets = assets(&client);
    for target in [
        "/console/0000000000000000/main.js",
        "/console/main.js",
        "/console/index.html",
        &assets,
        &format!("{assets}/"),
        &format!("{assets}/index.html"),
        &format!("{assets}/nothing.js"),
        &format!("{assets}//main.js"),
        &format!("{assets}/views"),
    ] {
        let answer = client.get(target);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-path"), "{target}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("loaded again"), "{target}");
        assert_eq!(answer.field("Cache-Control"), "no-cache", "{target}");
    }
    assert_eq!(client.get(&format!("{assets}/../main.js")).status, 400);
}

#[test]
fn every_response_of_the_console_has_its_policy() {
    let client = Client::new();
    let assets = assets(&client);
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                  require-trusted-types-for 'script'";
    let (page, script) = ("/console/".to_owned(), format!("{assets}/main.js"));
    let (other, query) = ("/console/other/main.js".to_owned(), "/console/?a=b".to_owned());
    for (target, fields, status) in [
        (&page, vec![], 200),
        (&page, vec![GZIP], 200),
        (&page, vec!["If-None-Match: *"], 304),
        (&script, vec![], 200),
        (&script, vec!["If-None-Match: *"], 304),
        (&other, vec![], 404),
        (&query, vec![], 400),
        (&"/console".to_owned(), vec![], 302),
        (&"/".to_owned(), vec![BROWSER], 302),
    ] {
        let answer = client.send("GET", target, &fields, b"");
        assert_eq!(answer.status, status, "{target}");
        for (name, expected) in [
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), expected, "{target} {name}");
        }
    }
    let value = client.get("/v1/config");
    assert_eq!(value.field("Content-Security-Policy"), "sandbox", "data keeps its own");
    assert_eq!(value.field("Cross-Origin-Opener-Policy"), "");
}

#[test]
fn a_browser_is_led_to_the_console_and_a_program_is_not() {
    let client = Client::new();
    let root = client.send("GET", "/", &[BROWSER], b"");
    assert_eq!((root.status, root.field("Location"), root.field("Vary")), (302, "/console/", "Accept"));
    assert_eq!(root.field("Cache-Control"), "no-cache");
    for fields in [vec![], vec!["Accept: */*"], vec!["Accept: application/json"]] {
        let answer = client.send("GET", "/", &fields, b"");
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-path"), "{fields:?}");
    }
    let bare = client.get("/console");
    assert_eq!((bare.status, bare.field("Location")), (302, "/console/"));
    for target in ["/v1/console/", "/v1/", "/Console/", "/%63onsole/"] {
        assert_eq!(client.send("GET", target, &[BROWSER], b"").status, 404, "{target}");
    }
}

#[test]
fn a_server_without_the_console_does_not_know_its_paths() {
    let settings = ApiSettings { console: Console::Off, ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    let script = format!("{}/main.js", assets(&Client::new()));
    for target in ["/", "/console", "/console/", &script] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = client.send(method, target, &[BROWSER], b"");
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (404, "no-such-path"),
                "{method} {target}"
            );
            assert_eq!(answer.field("Content-Security-Policy"), "sandbox");
        }
    }
    assert_eq!(client.get("/v1/config").status, 200);
}

#[test]
fn the_files_need_no_token_and_the_data_does() {
    let client = closed();
    let script = format!("{}/main.js", assets(&client));
    let wrong = "Authorization: Bearer wrong";
    for fields in [vec![BROWSER], vec![BROWSER, wrong]] {
        for (target, status) in [("/", 302), ("/console", 302), ("/console/", 200), (&script, 200)] {
            assert_eq!(client.send("GET", target, &fields, b"").status, status, "{target}");
        }
        for target in ["/v1/config", "/v1/events", "/metrics", "/v1/whoami"] {
            assert_eq!(client.send("GET", target, &fields, b"").status, 401, "{target}");
        }
    }
}

#[test]
fn a_link_in_a_chat_opens_the_console_and_nothing_else() {
    let client = Client::new();
    client.put("a", "v");
    let script = format!("{}/main.js", assets(&client));
    let followed =
        [BROWSER, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    for (target, status) in [("/", 302), ("/console", 302), ("/console/", 200), (&script, 200)] {
        assert_eq!(client.send("GET", target, &followed, b"").status, status, "{target}");
    }
    let framed = [BROWSER, followed[1], followed[2], "Sec-Fetch-Dest: iframe"];
    let embedded = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"];
    for (target, fields) in [
        ("/console/", framed.as_slice()),
        (&script, &embedded),
        ("/v1/config", &followed),
        ("/v1/config/a", &followed),
        ("/v1/config/none", &followed),
        ("/livez", &followed),
        ("/nowhere", &followed),
    ] {
        let answer = client.send("GET", target, fields, b"");
        assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden-origin"), "{target}");
    }
}

#[test]
fn head_has_the_fields_of_get_and_other_methods_are_refused() {
    let client = Client::new();
    let script = format!("{}/main.js", assets(&client));
    for target in ["/", "/console", "/console/", &script] {
        let (get, head) = (
            client.send("GET", target, &[BROWSER, GZIP, "X-Request-Id: r"], b""),
            client.send("HEAD", target, &[BROWSER, GZIP, "X-Request-Id: r"], b""),
        );
        assert_eq!((head.status, &head.fields), (get.status, &get.fields), "{target}");
        for method in ["PUT", "POST", "DELETE", "PATCH"] {
            let answer = client.send(method, target, &[BROWSER], b"");
            assert_eq!((answer.status, answer.field("Allow")), (405, "GET, HEAD"), "{method} {target}");
        }
    }
}

#[test]
fn requests_for_files_are_counted_under_one_label() {
    let client = Client::new();
    client.get(&format!("{}/main.js", assets(&client)));
    client.get("/console/other/secret-name.js");
    let metrics = client.get("/metrics").body;
    assert!(metrics.contains("route=\"/console/{path}\""), "{metrics}");
    assert!(!metrics.contains("secret-name") && !metrics.contains("main.js"));
}
