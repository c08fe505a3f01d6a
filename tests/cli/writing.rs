//! Commands that change values: plans, questions, undo lines, and what is left when something fails in the middle.

use std::fs;

use serde_json::{Value, json};

use crate::process::{Ended, Folder};
use crate::server::Server;
use crate::terminal::Terminal;

/// Where a client command talks to.
enum Place {
    Server(Server),
    File,
}

struct Scene {
    folder: Folder,
    place: Place,
}

impl Scene {
    fn run(&self, words: &[&str]) -> Ended {
        match &self.place {
            Place::Server(server) => server.run(&self.folder, words),
            Place::File => self.folder.run(&[words, &["--file", "open.db"]].concat(), &[]),
        }
    }

    #[track_caller]
    fn done(&self, words: &[&str]) -> Ended {
        let ended = self.run(words);
        ended.succeeded();
        ended
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let ended = self.done(&[words, &["-o", "json"]].concat());
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("not JSON: {ended:?}"))
    }

    fn value(&self, name: &str) -> Option<String> {
        let ended = self.run(&["get", name]);
        (ended.status == Some(0)).then_some(ended.stdout)
    }

    fn values(&self, prefix: &str) -> Value {
        self.json(&["export", prefix])
    }
}

/// Runs a test over a server and on a file that the command opens itself.
fn in_each_place(test: impl Fn(&Scene)) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    test(&Scene { folder, place: Place::Server(server) });
    test(&Scene { folder: Folder::new(), place: Place::File });
}

/// The words of the undo line, which is the last on standard error.
#[track_caller]
fn undo_words(ended: &Ended) -> Vec<String> {
    let line = ended.stderr.lines().last().and_then(|line| line.strip_prefix("undo: configapi "));
    let line = line.unwrap_or_else(|| panic!("no undo line: {ended:?}"));
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_writing_command_is_undone_by_the_line_that_it_prints() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        scene.done(&["set", "app/b", "2"]);
        fs::write(scene.folder.path("app.json"), r#"{"a": "3", "c": {"d": "4"}}"#).unwrap();
        fs::write(scene.folder.path("two.toml"), "a = 'x'\n").unwrap();
        let before = scene.values("app/");
        let commands: &[&[&str]] = &[
            &["set", "app/a", "9"],
            &["delete", "app/a", "app/b"],
            &["delete", "--prefix", "app/", "--yes"],
            &["restore", "--to", "1", "--prefix", "app/", "--yes"],
            &["restore", "app/a", "--to", "0", "--yes"],
            &["import", "app.json", "--prefix", "app/", "--yes"],
            &["apply", "two.toml", "--prefix", "app/", "--prune", "--yes"],
            &["mv", "app/", "web/", "--yes"],
            &["mv", "app/a", "app/z", "--yes"],
        ];
        for words in commands {
            let ended = scene.done(&[*words, &["--reason", "a test"]].concat());
            let changed = scene.values("");
            assert_ne!(scene.values("app/"), before, "{words:?} changed nothing");
            let undo = undo_words(&ended);
            let undone =
                scene.folder.run(&undo.iter().map(String::as_str).collect::<Vec<_>>(), &environment(scene));
            undone.succeeded();
            assert_eq!(scene.values("app/"), before, "{words:?} was not undone by {undo:?}");
            assert_eq!(scene.values(""), json!({"app/a": "1", "app/b": "2"}), "{changed}");
            let last = scene.json(&["log", "-n", "2"]);
            assert_eq!(last["changes"][1]["reason"], "a test", "{words:?}");
        }
    });
}

/// A server is found by its variable, a file by the flag of the undo line.
fn environment(scene: &Scene) -> Vec<(&'static str, &str)> {
    match &scene.place {
        Place::Server(server) => vec![("CONFIGAPI_SERVER", server.url.as_str())],
        Place::File => Vec::new(),
    }
}

#[test]
fn without_a_terminal_a_question_is_a_refusal_that_names_the_flag() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        fs::write(scene.folder.path("app.env"), "A=2\n").unwrap();
        for words in [
            &["delete", "--prefix", "app/"][..],
            &["restore", "--to", "0", "--prefix", ""],
            &["mv", "app/", "web/"],
            &["import", "app.env"],
            &["apply", "app.env"],
        ] {
            scene.run(words).failed(1, &["--yes"]);
        }
        assert_eq!(scene.values(""), json!({"app/a": "1"}));
        assert_eq!(scene.json(&["log"])["changes"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_dry_run_changes_nothing_and_its_status_says_whether_there_is_a_difference() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        fs::write(scene.folder.path("same.yaml"), "app: {a: 1}\n").unwrap();
        fs::write(scene.folder.path("other.yaml"), "app: {a: 2}\n").unwrap();
        let status = |words: &[&str]| scene.run(&[words, &["--dry-run", "--exit-code"]].concat()).status;
        assert_eq!(status(&["apply", "same.yaml"]), Some(0));
        assert_eq!(status(&["apply", "other.yaml"]), Some(9));
        assert_eq!(status(&["restore", "--to", "HEAD", "--prefix", "app/"]), Some(0));
        assert_eq!(status(&["restore", "--to", "0", "--prefix", "app/"]), Some(9));
        assert_eq!(status(&["delete", "--prefix", "none/"]), Some(0));
        assert_eq!(status(&["revert", "1"]), Some(9));
        assert_eq!(scene.json(&["log"])["changes"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_delete_of_several_names_is_all_or_nothing() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        scene.run(&["delete", "app/a", "app/none"]).failed(3, &["app/none"]);
        assert_eq!(scene.value("app/a").as_deref(), Some("1"));
        scene.done(&["delete", "app/a"]);
        scene.run(&["delete", "app/a"]).failed(3, &["app/a"]);
    });
}

#[test]
fn a_revert_of_an_overwritten_name_says_which_and_is_a_conflict() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        scene.done(&["set", "app/a", "2"]);
        scene.run(&["revert", "1"]).failed(5, &["app/a has changed since, at revision 2"]);
        scene.done(&["undo"]);
        assert_eq!(scene.value("app/a").as_deref(), Some("1"));
    });
}

#[test]
fn a_saved_plan_is_carried_out_exactly_or_not_at_all() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        fs::write(scene.folder.path("app.yaml"), "app: {a: 2, b: 3}\n").unwrap();
        scene.done(&["apply", "app.yaml", "--plan", "plan.json", "--reason", "planned"]);
        assert_eq!(scene.values(""), json!({"app/a": "1"}));
        assert!(crate::terminal::is_private(&scene.folder.path("plan.json")));
        let saved = fs::read_to_string(scene.folder.path("plan.json")).unwrap();
        scene.done(&["apply", "plan.json", "--yes"]);
        assert_eq!(scene.values(""), json!({"app/a": "2", "app/b": "3"}));
        scene.run(&["apply", "plan.json", "--yes"]).failed(5, &["app/a"]);
        let cut = &saved[..saved.len() / 2];
        fs::write(scene.folder.path("cut.json"), cut).unwrap();
        assert_ne!(scene.run(&["apply", "cut.json", "--yes"]).status, Some(0));
        assert_eq!(scene.json(&["log"])["changes"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn a_move_refuses_a_name_that_is_in_the_way_and_keeps_secrets_secret() {
    in_each_place(|scene| {
        scene.done(&["set", "app/a", "1"]);
        scene.done(&["set", "app/key", "planted", "--secret"]);
        scene.done(&["set", "web/a", "2"]);
        let ended = scene.run(&["mv", "app/", "web/", "--yes"]);
        assert_eq!(ended.status, Some(5), "{ended:?}");
        scene.done(&["delete", "web/a"]);
        let moved = scene.done(&["mv", "app/", "web/", "--yes"]);
        assert!(!(moved.stdout + &moved.stderr).contains("planted"));
        scene.run(&["get", "web/key"]).failed(6, &["--reveal"]);
        assert_eq!(scene.done(&["get", "web/key", "--reveal"]).stdout, "planted");
    });
}

#[test]
fn secrets_are_masked_in_plans_and_left_out_of_exports_and_that_is_said() {
    in_each_place(|scene| {
        scene.done(&["set", "app/key", "planted-1", "--secret"]);
        fs::write(scene.folder.path("app.json"), r#"{"key": "planted-2"}"#).unwrap();
        let plan = scene.done(&["import", "app.json", "--prefix", "app/", "--dry-run"]);
        assert!(plan.stderr.contains("••••••••") && !plan.stderr.contains("planted"), "{plan:?}");
        let exported = scene.done(&["export", "app/", "--to", "dotenv"]);
        assert_eq!(exported.stdout, "");
        assert!(exported.stderr.contains("--reveal"), "{exported:?}");
        assert_eq!(scene.done(&["export", "app/", "--to", "dotenv", "--reveal"]).stdout, "KEY=planted-1\n");
        scene.done(&["import", "app.json", "--prefix", "app/", "--yes"]);
        scene.run(&["get", "app/key"]).failed(6, &["secret"]);
    });
}

#[test]
fn a_protected_prefix_gets_the_number_that_it_asks_for_once_the_plan_was_agreed_to() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let run = |words: &[&str]| server.run(&folder, words);
    folder.write("values.json", r#"{"prod": {"a": "1", "b": "1", "c": "1"}, "other": {"d": "1"}}"#);
    run(&["import", "values.json", "--yes"]).succeeded();
    folder.write("policy.json", r#"{"protect": [{"prefix": "prod/", "names_max": 1}]}"#);
    run(&["policy", "set", "policy.json", "--yes"]).succeeded();
    run(&["delete", "prod/a", "prod/b"]).failed(1, &["confirmation"]);
    run(&["delete", "--prefix", "prod/"]).failed(1, &["--yes"]);
    run(&["delete", "--prefix", "prod/", "--yes"]).succeeded();
    run(&["restore", "--to", "1", "--prefix", "", "--dry-run"]).succeeded();
    run(&["restore", "--to", "1", "--prefix", "", "--yes"]).succeeded();
    assert_eq!(run(&["list", "prod/", "--names"]).stdout.lines().count(), 3);
    folder.write("values.json", r#"{"prod": {"a": "2", "b": "2"}, "other": {"d": "2"}}"#);
    run(&["apply", "values.json", "--yes"]).succeeded();
    run(&["undo"]).succeeded();
}

/// Names and values that a careless program would execute, break on, or print raw.
const ODD: &[(&str, &str)] = &[
    ("odd/quote'\"", "it's \"quoted\""),
    ("odd/$(touch planted)", "$(touch planted) `touch planted` ; touch planted"),
    ("odd/emoji 😀", "e\u{301}\u{1f468}\u{200d}\u{1f469}"),
    ("odd/rtl", "\u{202e}abc\u{2066}"),
    ("odd/percent%2F+?#", "line one\nline two\n"),
    ("odd/escape", "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J"),
    ("odd/crlf", "-----BEGIN KEY-----\r\nAAAA\r\n-----END KEY-----\r\n"),
    ("odd/at", "@@file"),
    ("odd/space", "  both ends  "),
    ("odd/empty", ""),
];

#[test]
fn odd_names_and_values_go_through_every_format_exactly() {
    in_each_place(|scene| {
        for (name, value) in ODD {
            let file = scene.folder.write("value", value);
            scene.done(&["set", name, &format!("@{}", file.display())]);
            assert_eq!(scene.done(&["get", name]).stdout, *value, "{name}");
        }
        let before = scene.values("odd/");
        for (dialect, file) in
            [("json", "a.json"), ("yaml", "a.yaml"), ("toml", "a.toml"), ("properties", "a.properties")]
        {
            let exported = scene.done(&["export", "odd/", "--to", dialect]).stdout;
            fs::write(scene.folder.path(file), exported).unwrap();
            scene.done(&["delete", "--prefix", "odd/", "--yes"]);
            scene.done(&["import", file, "--prefix", "odd/", "--yes"]);
            assert_eq!(scene.values("odd/"), before, "{dialect}");
        }
        assert!(!scene.folder.path("planted").exists());
    });
}

#[test]
fn a_terminal_never_gets_a_control_character_of_a_value() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for (name, value) in ODD {
        let file = folder.write("value", value);
        server.run(&folder, &["set", name, &format!("@{}", file.display())]).succeeded();
    }
    let commands: &[&[&str]] = &[
        &["get", "odd/escape"],
        &["list"],
        &["export", "odd/", "--to", "json"],
        &["export", "odd/", "--to", "yaml"],
        &["delete", "--prefix", "odd/", "--dry-run"],
        &["get", "odd/rtl\u{202e}y"],
    ];
    for words in commands {
        let mut terminal =
            Terminal::start(&folder, words, &[("CONFIGAPI_SERVER", &server.url), ("PAGER", "")]);
        terminal.end();
        let written = String::from_utf8_lossy(&terminal.written).into_owned();
        for control in ["\u{1b}[31mred", "\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\u{2066}"] {
            assert!(!written.contains(control), "{words:?} wrote {control:?} raw: {written:?}");
        }
    }
}

#[test]
fn a_question_on_a_terminal_takes_yes_alone() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let environment = [("CONFIGAPI_SERVER", server.url.as_str())];
    server.run(&folder, &["set", "app/a", "1"]).succeeded();
    for (keys, status) in
        [("\r", 1), ("n\r", 1), ("\u{4}", 1), ("\u{3}", 130), ("yes please\r", 1), ("y\r", 0)]
    {
        let mut terminal = Terminal::start(&folder, &["delete", "--prefix", "app/"], &environment);
        terminal.wait_for("make these changes? [y/N]");
        assert!(terminal.screen().contains("- app/a"), "{}", terminal.screen());
        terminal.press(keys);
        assert_eq!(terminal.end(), status, "{keys:?}: {}", terminal.screen());
        let is_there = server.run(&folder, &["get", "app/a"]).status == Some(0);
        assert_eq!(is_there, status != 0, "{keys:?}");
    }
}

/// An editor that runs a script with the file as `$1`.
fn editor(folder: &Folder, script: &str) -> String {
    let path = folder.write("editor.sh", script);
    format!("sh {}", path.display())
}

#[test]
fn two_people_who_edit_one_value_lose_neither_text() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.run(&folder, &["set", "app/motd", "one\ntwo\nthree\n"]).succeeded();
    let binary = env!("CARGO_BIN_EXE_configapi");
    // The first time somebody else writes while the editor is open; the second time the conflict is settled.
    let script = format!(
        "if grep -q '<<<<<<<' \"$1\"; then cp \"$1\" seen; sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' \"$1\"; \
         else printf 'one\\ntheirs\\nthree\\n' | {binary} set app/motd - ; sed -i s/two/mine/ \"$1\"; fi"
    );
    let editor = editor(&folder, &script);
    let environment = [("CONFIGAPI_SERVER", server.url.as_str()), ("EDITOR", editor.as_str())];
    let mut terminal = Terminal::start(&folder, &["edit", "app/motd"], &environment);
    assert_eq!(terminal.end(), 0, "{}", terminal.screen());
    assert!(terminal.screen().contains("has changed since"), "{}", terminal.screen());
    let seen = fs::read_to_string(folder.path("seen")).unwrap();
    assert_eq!(seen, "one\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> theirs\nthree\n");
    assert_eq!(server.run(&folder, &["get", "app/motd"]).stdout, "one\nmine\ntheirs\nthree\n");

    // Without a terminal the text is kept, and the command is a conflict.
    let script = format!("{binary} set app/motd other; echo mine > \"$1\"");
    let editor = self::editor(&folder, &script);
    let here = folder.path("");
    let variables = [("EDITOR", editor.as_str()), ("TMPDIR", here.to_str().unwrap())];
    let ended = server.run_with(&folder, &["edit", "app/motd"], &variables);
    assert_eq!(ended.status, Some(5), "{ended:?}");
    let kept = ended.stderr.split("your text is in ").nth(1).expect("the path is said").trim();
    assert_eq!(fs::read_to_string(kept).unwrap(), "mine\n");
    assert!(crate::terminal::is_private(kept.as_ref()));
    assert_eq!(server.run(&folder, &["get", "app/motd"]).stdout, "other");
}

#[test]
fn an_edit_of_a_prefix_changes_what_was_edited_and_nothing_else() {
    in_each_place(|scene| {
        for (name, value) in [("app/a", "1"), ("app/b", "two\nlines\n"), ("app/c", "3")] {
            scene.done(&["set", name, value]);
        }
        scene.done(&["set", "app/key", "planted", "--secret"]);
        let editor = editor(&scene.folder, "sed -i -e '/^.\\?c.\\?:/d' -e 's/1/10/' \"$1\"; cp \"$1\" seen");
        let words = ["edit", "--prefix", "app/", "--yes"];
        let ended = match &scene.place {
            Place::Server(server) => server.run_with(&scene.folder, &words, &[("EDITOR", &editor)]),
            Place::File => {
                scene.folder.run(&[&words[..], &["--file", "open.db"]].concat(), &[("EDITOR", &editor)])
            }
        };
        ended.succeeded();
        assert!(!fs::read_to_string(scene.folder.path("seen")).unwrap().contains("planted"));
        assert_eq!(scene.values("app/"), json!({"a": "10", "b": "two\nlines\n"}));
        assert_eq!(scene.done(&["get", "app/key", "--reveal"]).stdout, "planted");
        assert_eq!(scene.json(&["show", "HEAD"])["events"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn a_server_that_is_killed_in_the_middle_leaves_all_of_a_change_or_none() {
    let folder = Folder::new();
    let lines: Vec<_> = (0..2_000).map(|number| format!("N{number}={number}")).collect();
    folder.write("many.env", &lines.join("\n"));
    let words = ["import", "many.env", "--prefix", "app/", "--yes"];
    let mut server = Server::start(&folder);
    for round in 0..8_u32 {
        let mut command = folder.command(&words, &[("CONFIGAPI_SERVER", &server.url)]);
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("the binary starts");
        // The plan has come: the write is next. How far it gets differs from round to round.
        let mut plan = std::io::BufReader::new(child.stderr.take().expect("piped"));
        std::io::copy(&mut std::io::Read::take(&mut plan, u64::from(round) * 8_000), &mut std::io::sink())
            .unwrap();
        server.kill();
        drop(plan);
        child.wait().expect("it ends");
        server = Server::start(&folder);
        let listed = server.run(&folder, &["list", "app/", "--names"]);
        listed.succeeded();
        let count = listed.stdout.lines().count();
        assert!(count == 0 || count == 2_000, "{count} names of 2000 are there");
        // The same command once more is safe.
        server.run(&folder, &words).succeeded();
        assert_eq!(server.run(&folder, &["list", "app/", "--names"]).stdout.lines().count(), 2_000);
        server.run(&folder, &["delete", "--prefix", "app/", "--yes"]).succeeded();
    }
}

#[test]
fn a_reader_that_goes_away_ends_an_export_quietly() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let lines: Vec<_> = (0..5_000).map(|number| format!("N{number}={}", "x".repeat(40))).collect();
    folder.write("many.env", &lines.join("\n"));
    server.run(&folder, &["import", "many.env", "--yes"]).succeeded();
    for dialect in ["json", "yaml", "sh", "consul"] {
        for lines in [0_u32, 1, 10, 1_000, 4_000] {
            let script = format!("\"$0\" export --to {dialect} 2>err | head -n {lines} >/dev/null; cat err");
            let binary = env!("CARGO_BIN_EXE_configapi");
            let output = std::process::Command::new("sh")
                .args(["-c", &script, binary])
                .current_dir(folder.path(""))
                .env("CONFIGAPI_SERVER", &server.url)
                .output()
                .expect("a shell");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(!said.contains("configapi:") && !said.contains("panicked"), "{dialect} {lines}: {said}");
        }
    }
}
