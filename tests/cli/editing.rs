//! `edit`: the user's editor, and changes by others in the meantime.

use std::fs;

use serde_json::json;

use crate::process::Folder;
use crate::scene::{Place, in_each_place};
use crate::server::Server;
use crate::terminal::Terminal;

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
