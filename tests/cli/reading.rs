//! The commands that read: their JSON is the contract's, their lines are exact, and their statuses say what was found.

use serde_json::Value;

use crate::process::{Ended, Folder};
use crate::server::Server;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
/// Quotes, ends of lines, emoji, marks of direction, and an escape that a terminal must not see.
const NASTY: &str = "\"it's\"\ttwo\nlines 😀 \u{202e}abc\u{1b}[31m\u{9b}2J\\n";

/// Eight changes.
fn seed(run: &dyn Fn(&[&str]) -> Ended) {
    let changes: &[&[&str]] = &[
        &["set", "app/web/pool", "10", "--reason", "first"],
        &["set", "app/web/pool", "25", "--reason", "More load"],
        &["set", "app/Pool name \"q\" 日本", "x"],
        &["set", "app/motd", NASTY],
        &["set", "app/db/url", "postgres://db-old/pool"],
        &["set", "app/db/url", "postgres://db-new/pool"],
        &["set", "zed", "1"],
        &["delete", "zed", "--reason", "not used"],
    ];
    for words in changes {
        run(words).succeeded();
    }
}

#[track_caller]
fn json(ended: &Ended) -> Value {
    ended.succeeded();
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// A server with the eight changes.
fn seeded() -> (Folder, Server) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    seed(&|words| server.run(&folder, words));
    (folder, server)
}

/// The words of a command, and the resource that has the same JSON.
const SAME: &[(&[&str], &str)] = &[
    (&["list"], "/v1/config"),
    (&["list", "app/web"], "/v1/config?prefix=app/web"),
    (&["list", "nothing/"], "/v1/config?prefix=nothing/"),
    (&["list", "--names"], "/v1/config?values=false"),
    (&["list", "--tree"], "/v1/config"),
    (&["list", "--at", "5"], "/v1/config?at=5"),
    (&["list", "--at", "HEAD~7"], "/v1/config?at=1"),
    (&["blame", "app/"], "/v1/config?values=false&prefix=app/"),
    (&["grep", "POOL"], "/v1/config?q=pool"),
    (&["grep", "pool", "app/d", "--values", "--at", "5"], "/v1/config?q=pool&in=values&prefix=app/d&at=5"),
    (&["history", "app/web/pool"], "/v1/config/app/web/pool/history?order=desc"),
    (&["history", "app/motd"], "/v1/config/app/motd/history"),
    (&["history", "zed", "--reverse"], "/v1/config/zed/history"),
    (&["history", "app/db/url", "-n", "1"], "/v1/config/app/db/url/history?order=desc&limit=1"),
    (&["diff", "1"], "/v1/diff?from=1"),
    (&["diff", "5", "2", "--prefix", "app/"], "/v1/diff?from=5&to=2&prefix=app/"),
    (&["diff", "8", "8"], "/v1/diff?from=8&to=8"),
];

#[test]
fn the_json_of_each_reading_command_is_the_contracts_own() {
    let (folder, mut server) = seeded();
    let words = |words: &[&'static str]| [words, &["-o", "json"]].concat();
    let get = |path: &str| -> Value {
        let mut response = ureq::get(format!("{}{path}", server.url)).call().expect("a response");
        serde_json::from_str(&response.body_mut().read_to_string().expect("text")).expect("JSON")
    };
    let mut expected: Vec<(Vec<&str>, Value)> =
        SAME.iter().map(|(command, path)| (words(command), get(path))).collect();
    let mut feed = get("/v1/events");
    expected.push((words(&["show", "4"]), feed["changes"][3].clone()));
    expected.push((words(&["show", "HEAD"]), feed["changes"][7].clone()));
    feed["changes"].as_array_mut().expect("changes").reverse();
    expected.push((words(&["log"]), feed));
    for (command, expected) in &expected {
        assert_eq!(json(&server.run(&folder, command)), *expected, "{command:?}");
    }
    // The same file without a server.
    server.kill();
    for (command, expected) in &expected {
        let words = [command.as_slice(), &["--file", "server.db"]].concat();
        assert_eq!(json(&folder.run(&words, &[])), *expected, "{words:?}");
    }
}

#[test]
fn off_a_terminal_each_name_and_each_change_is_a_line_of_fields() {
    let (folder, server) = seeded();
    let lines = |words: &[&str], without_times: &[usize]| {
        let ended = server.run(&folder, words);
        ended.succeeded();
        let line = |line: &str| {
            let fields = line.split('\t').enumerate().filter(|(at, _)| !without_times.contains(at));
            fields.map(|(_, field)| field.to_owned()).collect::<Vec<_>>().join("|")
        };
        ended.stdout.lines().map(line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&["list", "app/web/"], &[3]), ["app/web/pool|25|2|anonymous"]);
    assert_eq!(
        lines(&["list", "app/m"], &[0, 2, 3, 4]),
        [NASTY.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")]
    );
    let names = ["app/Pool name \"q\" 日本", "app/db/url", "app/motd", "app/web/pool"];
    assert_eq!(lines(&["list", "--names"], &[]), names);
    assert_eq!(lines(&["grep", "pool", "-l"], &[]), [names[0], names[3]]);
    assert_eq!(lines(&["grep", "DB-NEW", "--values"], &[]), ["app/db/url|postgres://db-new/pool"]);
    assert_eq!(lines(&["blame", "app/web"], &[3]), ["app/web/pool|2|anonymous|More load"]);
    assert_eq!(lines(&["history", "zed"], &[2]), ["8|2|anonymous|-||not used", "7|1|anonymous|+|1|"]);
    assert_eq!(lines(&["log", "-n", "2"], &[1]), ["8|anonymous|not used|- zed", "7|anonymous||+ zed"]);
    assert_eq!(lines(&["log", "--stat", "-n", "1"], &[1]), ["8|anonymous|not used|0|0|1"]);
    assert_eq!(lines(&["show", "2"], &[]), ["~|app/web/pool|10|25"]);
    assert_eq!(lines(&["diff", "1", "2"], &[]), ["~|app/web/pool|10|25"]);
    assert_eq!(lines(&["diff", "6", "8", "--stat"], &[]), Vec::<String>::new());
    assert_eq!(
        lines(&["list", "app/db/", "--tree"], &[]),
        ["app/", "  db/", "    url = postgres://db-new/pool"]
    );
}

#[test]
fn a_log_is_filtered_by_points_actors_reasons_and_texts() {
    let (folder, server) = seeded();
    let revisions = |words: &[&str]| {
        let ended = server.run(&folder, &[&["log"], words].concat());
        ended.succeeded();
        let revision = |line: &str| line.split('\t').next().expect("a field").to_owned();
        ended.stdout.lines().map(revision).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(revisions(&[]), "8 7 6 5 4 3 2 1");
    assert_eq!(revisions(&["app/db/"]), "6 5");
    assert_eq!(revisions(&["-n", "0"]), "");
    assert_eq!(revisions(&["--since", "HEAD~2"]), "8 7");
    assert_eq!(revisions(&["--since", "2", "--until", "4"]), "4 3");
    assert_eq!(revisions(&["--until", "1h"]), "");
    assert_eq!(revisions(&["--reason", "LOAD"]), "2");
    assert_eq!(revisions(&["--actor", "anonymous", "-n", "1", "app/"]), "6");
    assert_eq!(revisions(&["--actor", "ada"]), "");
    // It appears, it is replaced by another text, and it stays.
    assert_eq!(revisions(&["-S", "db-old"]), "6 5");
    assert_eq!(revisions(&["-S", "/pool"]), "5");
    assert_eq!(revisions(&["-S", "1", "zed"]), "8 7");
    assert_eq!(revisions(&["-S", "DB-OLD"]), "");
    server.run(&folder, &["log", "-S", ""]).failed(2, &["-S"]);
}

#[test]
fn the_status_says_whether_something_was_found_or_differs() {
    let (folder, server) = seeded();
    let status = |words: &[&str]| {
        let ended = server.run(&folder, words);
        assert_eq!(ended.stdout.is_empty(), ended.status != Some(0) && ended.status != Some(9), "{ended:?}");
        ended.status
    };
    assert_eq!(status(&["grep", "pool"]), Some(0));
    assert_eq!(status(&["grep", "no such text", "--values"]), Some(3));
    assert_eq!(status(&["diff", "1", "2"]), Some(0));
    assert_eq!(status(&["diff", "1", "2", "--exit-code"]), Some(9));
    assert_eq!(status(&["diff", "1", "2", "--exit-code", "--stat"]), Some(9));
    // Deleted again, and set to the same value.
    assert_eq!(server.run(&folder, &["diff", "6", "8", "--exit-code"]).status, Some(0));
    server.run(&folder, &["history", "app"]).failed(3, &["app never had a value", "configapi list app"]);
    server.run(&folder, &["show", "9"]).failed(3, &["change 9 does not exist: the newest is 8"]);
    server.run(&folder, &["show", "0"]).failed(3, &["before its first change"]);
    server.run(&folder, &["diff"]).failed(2, &["FROM"]);
    for words in [&["watch"][..], &["log", "--follow"]] {
        let ended = folder.run(&[words, &["--file", "server.db"]].concat(), &[]);
        ended.failed(2, &["needs a server", "no other program can change it"]);
    }
}

#[test]
fn two_prefixes_are_compared_without_their_prefix() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for (name, value) in [
        ("prod/a", "1"),
        ("prod/b/url", "2"),
        ("prod/only", "3"),
        ("test/a", "1"),
        ("test/b/url", "two"),
        ("test/extra", "4"),
    ] {
        server.run(&folder, &["set", name, value]).succeeded();
    }
    let ended = server.run(&folder, &["diff", "--prefix", "prod/", "--against", "test/", "--exit-code"]);
    assert_eq!(
        (ended.status, ended.stdout.as_str()),
        (Some(9), "~\tb/url\t2\ttwo\n+\textra\t\t4\n-\tonly\t3\t\n")
    );
    let at_4 = server.run(&folder, &["diff", "4", "--prefix", "prod/", "--against", "test/", "-o", "json"]);
    let at_4 = json(&at_4);
    assert_eq!(
        (&at_4["from"], &at_4["to"], at_4["changes"].as_array().map(Vec::len)),
        (&4.into(), &4.into(), Some(2))
    );
    let same = server.run(&folder, &["diff", "--prefix", "prod/", "--against", "prod/", "--exit-code"]);
    assert_eq!((same.status, same.stdout.as_str()), (Some(0), ""));
}

#[test]
fn a_secret_is_shown_with_reveal_alone_and_a_token_without_the_right_leaves_it_masked() {
    let folder = Folder::new();
    let server = Server::start_with(&folder, &[], &[("CONFIGAPI_KEY", KEY)]);
    let made = server.run(&folder, &["token", "create", "admin", "--scope", ":read,write,reveal,admin"]);
    made.succeeded();
    let admin = made.stdout.trim().to_owned();
    let with = |token: &str, words: &[&str]| server.run_with(&folder, words, &[("CONFIGAPI_TOKEN", token)]);
    let made = with(&admin, &["token", "create", "reader", "--scope", ":read"]);
    made.succeeded();
    let reader = made.stdout.trim().to_owned();
    for value in ["planted-one", "planted-two"] {
        with(&admin, &["set", "app/password", value, "--secret"]).succeeded();
    }
    with(&admin, &["set", "other/password", "planted-one", "--secret"]).succeeded();
    with(&admin, &["delete", "app/password"]).succeeded();
    let head: u64 = json(&with(&admin, &["log", "-o", "json"]))["revision"].as_u64().expect("a revision");
    let [first, deleted] = [head - 3, head].map(|revision| revision.to_string());
    let before = (head - 1).to_string();
    let revealing: &[(&[&str], u64)] = &[
        (&["list", "--at", &before, "--reveal"], 2),
        (&["history", "app/password", "--reveal"], 2),
        (&["show", &deleted, "--reveal"], 1),
        (&["diff", &first, &before, "--prefix", "app/", "--reveal"], 2),
    ];
    for form in ["json", "table", "plain"] {
        for (words, masked) in revealing {
            let words = [*words, &["-o", form]].concat();
            let revealed = with(&admin, &words);
            revealed.succeeded();
            assert!(
                revealed.stdout.contains("planted-two") && !revealed.stderr.contains("masked"),
                "{words:?} {revealed:?}"
            );
            let refused = with(&reader, &words);
            refused.succeeded();
            assert!(!refused.stdout.contains("planted"), "{words:?} {refused:?}");
            let secrets =
                if *masked == 1 { "1 secret stays".to_owned() } else { format!("{masked} secrets stay") };
            assert!(refused.stderr.contains(&format!("{secrets} masked")), "{words:?} {refused:?}");
        }
        for words in [
            &["list", "--at", &before][..],
            &["list", "--tree", "--at", &before],
            &["grep", "password", "--at", &before],
            &["grep", "planted", "--values", "--at", &before],
            &["history", "app/password"],
            &["log"],
            &["log", "-S", "planted"],
            &["show", &deleted],
            &["diff", "0", &before],
            &["diff", "--prefix", "app/", "--against", "other/", &before],
        ] {
            let ended = with(&admin, &[words, &["-o", form]].concat());
            assert!(!(ended.stdout.clone() + &ended.stderr).contains("planted"), "{words:?} {ended:?}");
        }
    }
    assert!(
        with(&admin, &["log", "-S", "planted"]).stderr.contains("secrets are masked, and were not searched")
    );
    let both = ["diff", "--prefix", "app/", "--against", "other/", &before];
    assert!(with(&admin, &both).stderr.contains("1 secret is on both sides and masked"));
    let revealed = with(&admin, &[&both[..], &["--reveal"]].concat());
    assert_eq!(revealed.stdout, "~\tpassword\tplanted-two\tplanted-one\n");
}
