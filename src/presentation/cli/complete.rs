//! Completion in shells: commands and flags from the definitions, names from the server.
//!
//! A shell runs the program with [`VARIABLE`] set and the words so far. An ordinary command pays one look at that variable.
//! A name that can't be had within [`LIMIT`] is left out, and no error is shown: the shell would print it into the line
//! that a person types.

use std::env;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{Arg, Args, Command, FromArgMatches};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::connect::ClientSettings;
use super::connect::sign_in::Saved;
use super::layers;
use crate::runtime::flush::at_most;

/// Set by the scripts that [`super::commands::completions`] prints.
pub(super) const VARIABLE: &str = "_CONFIGAPI_COMPLETE";
/// The program's name in a shell.
pub(super) const PROGRAM: &str = "configapi";
/// A person waits for the shell. It has to be enough for a connection, TLS and a page of names.
const LIMIT: Duration = Duration::from_millis(200);
/// More candidates than a person reads.
const CANDIDATES_MAX: usize = 500;
/// The flags that say where names come from, each with a value.
const PLACE_FLAGS: [&str; 4] = ["--server", "--token-file", "--profile", "--ca-cert"];

/// Prints the candidates if a shell asks for them; whether it did.
pub(super) fn answer(words: &[OsString], definitions: fn() -> Command) -> bool {
    if env::var_os(VARIABLE).is_none() {
        return false;
    }
    let folder = env::current_dir().ok();
    let completed = CompleteEnv::with_factory(|| with_candidates(definitions(), words))
        .var(VARIABLE)
        .bin(PROGRAM)
        .completer(PROGRAM)
        .try_complete(words.iter().cloned(), folder.as_deref());
    // A shell shows no error of a completion.
    completed.unwrap_or(true)
}

/// The commands, with candidates for names, prefixes and profiles.
fn with_candidates(command: Command, words: &[OsString]) -> Command {
    let command = command.mut_args(|arg| match kind(&arg) {
        Some(Kind::Name) => {
            let words = words.to_vec();
            arg.add(ArgValueCompleter::new(move |typed: &OsStr| candidates(names(&words, typed))))
        }
        Some(Kind::Profile) => arg.add(ArgValueCompleter::new(|typed: &OsStr| candidates(profiles(typed)))),
        None => arg,
    });
    command.mut_subcommands(|below| with_candidates(below, words))
}

/// A value that has candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A name of a value, or the beginning of some.
    Name,
    Profile,
}

/// By the names that all commands use for such arguments.
fn kind(arg: &Arg) -> Option<Kind> {
    let value = arg.get_value_names()?.first()?.as_str();
    let id = arg.get_id().as_str();
    match (id, value) {
        ("profile", _) => Some(Kind::Profile),
        ("from" | "to", "NAME" | "PREFIX" | "NEW") => Some(Kind::Name),
        (id, "NAME" | "PREFIX") if id.starts_with("name") || id.starts_with("prefix") => Some(Kind::Name),
        _ => None,
    }
}

fn candidates(texts: Option<Vec<String>>) -> Vec<CompletionCandidate> {
    texts.unwrap_or_default().into_iter().map(CompletionCandidate::new).collect()
}

/// Profiles that begin so.
fn profiles(typed: &OsStr) -> Option<Vec<String>> {
    let typed = typed.to_str()?;
    let saved = Saved::read().ok()?;
    Some(
        saved
            .profiles
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| name.starts_with(typed))
            .collect(),
    )
}

/// The names of the server that begin so, up to their next `/`.
fn names(words: &[OsString], typed: &OsStr) -> Option<Vec<String>> {
    let typed = typed.to_str()?.to_owned();
    let settings = settings(words)?;
    at_most(LIMIT, move || settings.client_for_completion()?.next_segments(&typed, CANDIDATES_MAX).ok())?
}

/// Where the command that is typed talks to. None with `--file`: an open store would keep a server from its file.
fn settings(words: &[OsString]) -> Option<ClientSettings> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    if words.iter().any(|word| *word == "--file" || word.starts_with("--file=")) {
        return None;
    }
    let mut given = vec![OsString::from(PROGRAM)];
    for (at, word) in words.iter().enumerate() {
        let flag = word.split('=').next().unwrap_or_default();
        if PLACE_FLAGS.contains(&flag) {
            given.push(word.into());
            // The word that is typed now has no value yet.
            given.extend(words.get(at + 1).filter(|_| flag == *word).map(OsString::from));
        }
    }
    let probe = ClientSettings::augment_args(Command::new(PROGRAM));
    let (matches, _) = layers::read(&probe, &given, |name| env::var_os(name)).ok()?;
    let mut settings = ClientSettings::from_arg_matches(&matches).ok()?;
    settings.take(|name| env::var_os(name)).ok()?;
    Some(settings)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Cli;
    use super::*;

    fn kinds(command: &Command) -> Vec<(String, Kind)> {
        let own = command
            .get_arguments()
            .filter_map(|arg| Some((format!("{} {}", command.get_name(), arg.get_id()), kind(arg)?)));
        own.chain(command.get_subcommands().flat_map(kinds)).collect()
    }

    #[test]
    fn names_and_prefixes_have_candidates_and_new_tokens_do_not() {
        let found = kinds(&Cli::command());
        for has in
            ["get name", "set name", "delete names", "delete prefix", "mv from", "mv to", "explain name"]
        {
            assert!(found.contains(&(has.to_owned(), Kind::Name)), "{has}");
        }
        assert!(found.contains(&("get profile".to_owned(), Kind::Profile)));
        assert!(!found.iter().any(|(arg, kind)| arg.starts_with("create") && *kind == Kind::Name));
        assert!(!found.iter().any(|(arg, _)| arg.contains("allowed_host")));
    }
}
