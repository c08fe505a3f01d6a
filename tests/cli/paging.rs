//! Long output: a reader that leaves early, a pager, and a terminal that must never get what controls it.

use std::io::Read as _;
use std::process::Stdio;

use crate::process::{Ended, Folder};
use crate::server::Server;
use crate::terminal::Terminal;

/// Names and values that would clear the screen, colour it, ring, or turn the text around.
const NASTY: &str =
    "pool \u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m \u{202e}gnp\u{2066}\u{200b} \r\rover 'q' \"d\" 😀";

/// Every way to read.
const READS: &[&[&str]] = &[
    &["list"],
    &["list", "--tree"],
    &["list", "--names"],
    &["grep", "pool", "--values"],
    &["grep", "o", "-l"],
    &["blame"],
    &["history", "app/long"],
    &["log"],
    &["log", "--stat"],
    &["log", "-S", "pool"],
    &["show", "2"],
    &["diff", "0"],
    &["diff", "0", "--stat"],
    &["diff", "--prefix", "app/", "--against", "other/"],
];

fn transact(server: &Server, operations: &str) {
    let body = format!("{{\"reason\":{},\"operations\":[{operations}]}}", string(NASTY));
    let request =
        ureq::post(format!("{}/v1/transactions", server.url)).header("Content-Type", "application/json");
    request.send(body).expect("the changes are stored");
}

fn string(text: &str) -> String {
    serde_json::to_string(text).expect("JSON")
}

fn set(name: &str, value: &str) -> String {
    format!("{{\"set\":{{\"name\":{},\"value\":{}}}}}", string(name), string(value))
}

/// Some hundred kilobytes in every answer.
#[test]
fn a_reader_that_leaves_at_any_place_ends_the_command_quietly() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let value = "pool ".repeat(160);
    for round in 0..2 {
        let sets: Vec<_> =
            (0..160).map(|at| set(&format!("app/{at:03}"), &format!("{value}{round}"))).collect();
        transact(&server, &sets.join(","));
    }
    for at in 0..90 {
        transact(&server, &set("app/long", &format!("{value}{at}")));
    }
    // Twenty places, within the first lines and beyond what a pipe holds.
    let mut places = (0_u64..20).map(|place| place.pow(4)).cycle();
    for form in ["json", "table", "plain"] {
        for words in READS.iter().filter(|words| !words.contains(&"--stat")) {
            let words = [*words, &["-o", form]].concat();
            for taken in places.by_ref().take(2) {
                let mut command = folder.command(&words, &[("CONFIGAPI_SERVER", &server.url)]);
                let mut child =
                    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
                let mut stdout = child.stdout.take().expect("a pipe").take(taken);
                stdout.read_to_end(&mut Vec::new()).expect("a part of the output");
                drop(stdout);
                let ended = Ended::of(&child.wait_with_output().expect("it ends"));
                assert!(
                    ended.status == Some(0) && ended.stderr.is_empty(),
                    "{words:?} after {taken}: {ended:?}"
                );
            }
        }
    }
}

#[test]
fn no_name_no_value_and_no_reason_controls_a_terminal() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    transact(&server, &[set("app/long", "1"), set("app/\"q\" pool😀", NASTY)].join(","));
    let json = format!("{{\"a\":{},\"b\":[1,2,3],\"c\":\"{}\"}}", string(NASTY), "x".repeat(80));
    transact(&server, &[set("app/long", NASTY), set("app/json pool", &json)].join(","));
    let lines = format!("one\ntwo\n{NASTY}\nthree\n").repeat(3);
    transact(&server, &[set("app/long", &lines), set("other/long", NASTY)].join(","));
    let variables = [("CONFIGAPI_SERVER", server.url.as_str()), ("CONFIGAPI_PAGER", "cat")];
    for form in ["table", "plain", "json"] {
        for words in READS {
            let words = [*words, &["-o", form]].concat();
            let mut terminal = Terminal::start(&folder, &words, &variables);
            assert_eq!(terminal.end(), 0, "{words:?}: {}", terminal.screen());
            let written = String::from_utf8(terminal.written.clone()).expect("UTF-8");
            assert!(!written.is_empty(), "{words:?}");
            let rest = without_colours(&written).replace("\r\n", "\n");
            let bad = rest.chars().find(|character| {
                character.is_control() && !matches!(character, '\n' | '\t')
                    || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(bad, None, "{words:?} wrote {written:?}");
        }
    }
}

/// The text without the sequences that set a colour, which are ours.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut rest = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|character: char| !character.is_ascii_digit() && character != ';').unwrap_or(0);
        let is_colour = piece[end..].starts_with('m');
        rest += if is_colour { &piece[end + 1..] } else { "\u{1b}" };
    }
    rest
}

#[test]
fn long_results_go_to_the_pager_of_the_environment_and_others_do_not() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    transact(&server, &set("app/long", "1"));
    let with = |pager: &'static str| {
        [("CONFIGAPI_SERVER", server.url.clone()), ("CONFIGAPI_PAGER", pager.to_owned())]
    };
    let seen = |words: &[&str], pager| {
        let variables = with(pager);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut terminal = Terminal::start(&folder, words, &variables);
        (terminal.end(), terminal.screen())
    };
    for words in READS.iter().filter(|words| words[0] != "show" && !words.contains(&"--against")) {
        let words = if words.contains(&"pool") { &["grep", "long"][..] } else { words };
        let (status, screen) = seen(words, "sed s/^/paged:/");
        assert!(status == 0 && screen.starts_with("paged:"), "{words:?}: {screen}");
    }
    let (_, screen) = seen(&["list", "--no-pager"], "sed s/^/paged:/");
    assert!(screen.contains("app/long") && !screen.contains("paged:"), "{screen}");
    let (_, screen) = seen(&["get", "app/long"], "sed s/^/paged:/");
    assert!(!screen.contains("paged:"), "{screen}");
    assert_eq!(seen(&["log"], "true").0, 0, "a pager that reads nothing");
}

#[test]
fn a_person_sees_colours_ages_and_the_text_that_was_looked_for() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    transact(&server, &set("app/pool_size", "10"));
    transact(&server, &set("app/pool_size", "25"));
    let variables = [("CONFIGAPI_SERVER", server.url.as_str()), ("CONFIGAPI_PAGER", "")];
    let written = |words: &[&str]| {
        let mut terminal = Terminal::start(&folder, words, &variables);
        assert_eq!(terminal.end(), 0, "{}", terminal.screen());
        String::from_utf8(terminal.written.clone()).expect("UTF-8")
    };
    assert!(written(&["grep", "POOL"]).contains("app/\u{1b}[1;31mpool\u{1b}[0m_size = 25"));
    assert!(written(&["list"]).contains("ago") || written(&["list"]).contains("just now"));
    let shown = written(&["show", "HEAD"]);
    assert!(shown.contains("\u{1b}[31m10\u{1b}[0m → \u{1b}[32m25\u{1b}[0m"), "{shown:?}");
}
