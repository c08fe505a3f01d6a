//! `docs/cli.md` has the help of every command, from the definitions, below an introduction that is written by hand. To
//! accept a change: `CONFIGAPI_TEST_BLESS=1 cargo test --test cli reference`.

use std::fmt::Write as _;
use std::fs;

use crate::commands::{self, Command};
use crate::golden::{file, same_as_on_file};

const PATH: &str = "docs/cli.md";
/// What is above this line is written by hand.
const MARK: &str = "<!-- Below: `CONFIGAPI_TEST_BLESS=1 cargo test --test cli reference` writes it. -->";
/// The section that all commands of a client share.
const SHARED: &str = "Server and output:";

#[test]
fn the_reference_has_the_help_of_every_command() {
    let whole = fs::read_to_string(file(PATH)).expect("the reference");
    let (by_hand, _) = whole.split_once(MARK).expect("the mark that ends what is written by hand");
    let commands = commands::all();
    let mut text = format!("{by_hand}{MARK}\n\n## Commands\n\n");
    for command in &commands {
        let title = title(command);
        let anchor = title.replace(' ', "-");
        let first = command.help.lines().next().unwrap_or_default();
        writeln!(text, "- [`{title}`](#{anchor}): {first}").expect("a text takes all");
    }
    let shared =
        commands.iter().find_map(|command| split(&command.help, SHARED).1).expect("the shared section");
    write!(text, "\n## Server and output\n\nMost commands have these too.\n\n```text\n{shared}```\n")
        .expect("a text takes all");
    for command in &commands {
        // The program without a command serves, by the options of `serve`.
        let head = if command.words.is_empty() { "Options:" } else { SHARED };
        let (own, of_client) = split(&command.help, head);
        let own = match of_client {
            Some(section) if section == shared || command.words.is_empty() => own,
            _ => command.help.clone(),
        };
        write!(text, "\n## {}\n\n```text\n{own}```\n", title(command)).expect("a text takes all");
    }
    same_as_on_file(PATH, &text);
}

fn title(command: &Command) -> String {
    format!("configapi {}", command.joined(" ")).trim_end().to_owned()
}

/// The help without a section, and that section.
fn split(help: &str, head: &str) -> (String, Option<String>) {
    let Some(begin) = help.find(&format!("\n{head}\n")).map(|at| at + 1) else {
        return (help.to_owned(), None);
    };
    let after = begin + head.len();
    let is_head = |line: &str| !line.is_empty() && !line.starts_with(' ');
    let length: usize = help[after + 1..]
        .split_inclusive('\n')
        .take_while(|line| !is_head(line.trim_end()))
        .map(str::len)
        .sum();
    let end = after + 1 + length;
    let section = help[begin..end].trim_end().to_owned() + "\n";
    (format!("{}{}", &help[..begin], &help[end..]), Some(section))
}
