//! The content of the console's files: the libraries in it, the page, the modules, and how much a browser loads at first.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::console::{GZIP, assets, attributes, files};
use super::driver::Client;

/// Everything that a page loads before it can be used, compressed.
const FIRST_VIEW_BYTES_MAX: usize = 60_000;

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn vendored_files_are_those_that_were_checked_in() {
    let files = files();
    let listed = std::str::from_utf8(&files["vendor/SHA256SUMS"]).unwrap();
    let mut found = BTreeSet::new();
    for line in listed.lines() {
        let (digest, path) = line.split_once("  ").expect("a line of sha256sum");
        let file = files.get(&format!("vendor/{path}")).unwrap_or_else(|| panic!("{path} is missing"));
        assert_eq!(hexadecimal(&Sha256::digest(file)), digest, "{path}");
        found.insert(format!("vendor/{path}"));
    }
    let unlisted = files.keys().filter(|path| path.starts_with("vendor/") && !found.contains(*path));
    assert_eq!(unlisted.collect::<Vec<_>>(), ["vendor/README.md", "vendor/SHA256SUMS"]);
    for library in ["preact", "htm", "uplot"] {
        assert!(found.contains(&format!("vendor/{library}.LICENSE")), "{library} has no licence");
    }
}

#[test]
fn the_page_has_no_script_and_no_style_of_its_own() {
    let page = Client::new().get("/console/").body;
    let scripts = page.split("<script").skip(1).map(|part| part.split("</script>").next().unwrap());
    let mut count = 0;
    for script in scripts {
        let (attributes, inside) = script.split_once('>').unwrap();
        assert!(attributes.contains(" src=\"/console/") && inside.trim().is_empty(), "{script}");
        count += 1;
    }
    assert!(count > 0);
    assert!(!page.contains("<style") && attributes(&page, "style").is_empty());
    let handlers = page.split(' ').filter(|word| word.starts_with("on") && word.contains("=\""));
    assert_eq!(handlers.count(), 0);
    assert!(!page.contains("javascript:") && !page.contains("http:") && !page.contains("https:"));
}

/// The modules that a module names after these words.
fn named(path: &str, text: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (word, quote) in words.iter().flat_map(|word| [(word, '"'), (word, '\'')]) {
        let before = format!("{word}{quote}.");
        let names = text.split(&before).skip(1).map(|part| part.split(quote).next().unwrap());
        found.extend(names.map(|name| resolved(path, &format!(".{name}"))));
    }
    found
}

/// Those that are loaded with a module.
fn loaded_with(path: &str, text: &str) -> Vec<String> {
    named(path, text, &["from ", "from", "import ", "import"])
}

/// `../a.js` from `views/b.js` is `a.js`.
fn resolved(from: &str, name: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[test]
fn every_module_that_a_module_names_is_there() {
    let files = files();
    let modules = files.iter().filter(|(path, _)| path.rsplit('.').next() == Some("js"));
    let mut count = 0;
    for (path, bytes) in modules {
        let text = std::str::from_utf8(bytes).unwrap();
        let later = named(path, text, &["import(", "new URL("]);
        for named in loaded_with(path, text).iter().chain(&later) {
            assert!(files.contains_key(named), "{path} names {named}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} imports were found");
}

#[test]
fn the_first_view_is_small() {
    let (client, files) = (Client::new(), files());
    let assets = assets(&client);
    let page = client.get("/console/").body;
    let named = [attributes(&page, "src"), attributes(&page, "href")].concat();
    let mut wanted: Vec<String> =
        named.iter().map(|address| address[assets.len() + 1..].to_owned()).collect();
    let mut loaded = BTreeMap::new();
    loaded.insert("index.html".to_owned(), client.send("GET", "/console/", &[GZIP], b"").bytes.len());
    // The modules that a module is loaded with come with it.
    while let Some(path) = wanted.pop() {
        if loaded.contains_key(&path) {
            continue;
        }
        let answer = client.send("GET", &format!("{assets}/{path}"), &[GZIP], b"");
        assert_eq!(answer.status, 200, "{path}");
        if path.rsplit('.').next() == Some("js") {
            wanted.extend(loaded_with(&path, std::str::from_utf8(&files[&path]).unwrap()));
        }
        loaded.insert(path, answer.bytes.len());
    }
    let bytes: usize = loaded.values().sum();
    assert!(bytes < FIRST_VIEW_BYTES_MAX, "{bytes} bytes: {loaded:#?}");
}
