//! All commands of the binary, found in its own `--help`: a new one is in every test that walks them.

use crate::process::Folder;

/// A command, or the program itself.
pub struct Command {
    /// The words after `configapi`.
    pub words: Vec<String>,
    /// What `--help` prints, without spaces at the ends of lines.
    pub help: String,
}

impl Command {
    /// Its words, joined.
    pub fn joined(&self, by: &str) -> String {
        self.words.join(by)
    }

    /// The lines below `Examples:`.
    pub fn examples(&self) -> Vec<&str> {
        let lines = self.help.lines().skip_while(|line| *line != "Examples:").skip(1);
        lines.filter(|line| !line.is_empty()).map(str::trim_start).collect()
    }
}

/// The program itself, and every command below it.
pub fn all() -> Vec<Command> {
    let folder = Folder::new();
    let mut found = Vec::new();
    walk(&folder, &[], &mut found);
    found
}

fn walk(folder: &Folder, words: &[String], found: &mut Vec<Command>) {
    let mut typed: Vec<&str> = words.iter().map(String::as_str).collect();
    typed.push("--help");
    let ended = folder.run(&typed, &[]);
    ended.succeeded();
    assert_eq!(ended.stderr, "");
    let lines: Vec<&str> = ended.stdout.lines().map(str::trim_end).collect();
    let help = lines.join("\n") + "\n";
    let below =
        lines.iter().skip_while(|line| **line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // The text of a command goes on in lines that are indented more.
    let names =
        below.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|it| !it.is_empty()));
    let names: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    found.push(Command { words: words.to_vec(), help });
    for name in names {
        walk(folder, &[words, &[name]].concat(), found);
    }
}
