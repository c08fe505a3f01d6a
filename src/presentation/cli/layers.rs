//! Where a setting's value comes from: flag over environment over settings file over default.
//!
//! Clap reads the flags. The variables and the file are read here, checked by the setting's own parser, and given to
//! clap as defaults, so that all four are parsed alike. A variable that is empty counts as none. `--help` and a wrong
//! flag end before a variable or a file is looked at.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::error::Failure;
use super::settings_file;

/// The setting that names the settings file; it can't be in the file itself.
const CONFIG: &str = "config";

/// Where a value comes from. A later one wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

/// The origin of each setting of a command, by its name.
#[derive(Debug)]
pub(super) struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Where the setting's value comes from.
    pub(super) fn of(&self, setting: &str) -> Origin {
        self.0.get(setting).copied().unwrap_or(Origin::Default)
    }
}

/// Reads a command line with what is below it.
pub(super) fn read(
    command: &Command,
    words: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<(ArgMatches, Origins), Failure> {
    // Clap's error repeats a word that it does not expect, and this one may have a password. A command with values of
    // the user's own expects it.
    let mut below = command;
    for word in words.iter().skip(1) {
        let Some(next) = below.find_subcommand(word) else { break };
        below = next;
    }
    let expects_words = below.get_positionals().next().is_some();
    if !expects_words && words.iter().zip(words.iter().skip(1)).any(is_connection_string) {
        let what = "a connection string is not expected here: set the variable DATABASE_URL";
        return Err(Failure::usage(what));
    }
    let clap = without_environment(command.clone());
    let typed = clap.clone().try_get_matches_from(words)?;
    let (mut path, mut flags, mut active) = (Vec::new(), &typed, command);
    while let Some((name, below)) = flags.subcommand() {
        path.push(name);
        flags = below;
        active = active.find_subcommand(name).unwrap_or(active);
    }

    let mut lower = BTreeMap::new();
    for (setting, variable) in settings(active) {
        if let Some(text) = environment(&variable).filter(|text| !text.is_empty()) {
            let text = check(setting, text).map_err(|why| Failure::usage(format!("{variable}: {why}")))?;
            lower.insert(setting.get_id().to_string(), (text, Origin::Environment));
        }
    }
    // A command without a store has no settings file either.
    let config = flags.try_get_one::<PathBuf>(CONFIG).ok().flatten().cloned();
    let config = config.or_else(|| lower.get(CONFIG).map(|(text, _)| PathBuf::from(text)));
    if let Some(path) = config {
        for (name, text) in file_layer(&path, command)? {
            if settings(active).any(|(setting, _)| setting.get_id().as_str() == name) {
                lower.entry(name).or_insert((text, Origin::File));
            }
        }
    }

    let mut origins: BTreeMap<_, _> =
        lower.iter().map(|(name, (_, origin))| (name.clone(), *origin)).collect();
    for (setting, _) in settings(active) {
        let name = setting.get_id().as_str();
        if flags.value_source(name) == Some(ValueSource::CommandLine) {
            origins.insert(name.to_owned(), Origin::Flag);
        }
    }
    let with_lower = |command: Command| {
        lower.into_iter().fold(command, |command, (name, (text, _))| {
            command.mut_arg(name, |setting| setting.default_value(text))
        })
    };
    let clap = at(clap, &path, Box::new(with_lower));
    Ok((clap.try_get_matches_from(words)?, Origins(origins)))
}

/// Changes the command at the end of a path of subcommands.
fn at(command: Command, path: &[&str], change: Box<dyn FnOnce(Command) -> Command>) -> Command {
    match path {
        [] => change(command),
        [first, rest @ ..] => command.mut_subcommand(first, |below| at(below, rest, change)),
    }
}

/// A bare word that could be a connection string. After `--database-url` one is expected.
fn is_connection_string((before, word): (&OsString, &OsString)) -> bool {
    let text = word.to_string_lossy();
    let is_one = text.contains("://") && (text.contains('@') || text.starts_with("postgres"));
    !["--database-url", "--listen-url"].iter().any(|flag| before == flag)
        && !text.starts_with('-')
        && (is_one || text.starts_with("host="))
}

/// The settings of a command, each with its variable: all flags that have one.
fn settings(command: &Command) -> impl Iterator<Item = (&Arg, String)> {
    command.get_arguments().filter_map(|arg| Some((arg, arg.get_env()?.to_str()?.to_owned())))
}

/// The same command for clap: it names the variables in its help, and doesn't read them.
fn without_environment(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let Some(variable) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else {
            return arg;
        };
        let help = arg.get_help().cloned().unwrap_or_default();
        arg.env(None::<&'static str>).help(format!("{help} [env: {variable}]"))
    });
    command.mut_subcommands(without_environment)
}

/// The settings of a file. It may have settings of every command: servers and tools share one.
fn file_layer(path: &Path, command: &Command) -> Result<Vec<(String, OsString)>, Failure> {
    let commands = [command].into_iter().chain(command.get_subcommands());
    let known: BTreeMap<&str, &Arg> = commands
        .flat_map(settings)
        .map(|(setting, _)| (setting.get_id().as_str(), setting))
        .filter(|(name, _)| *name != CONFIG)
        .collect();
    let wrong = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let mut layer = Vec::new();
    for (key, value) in settings_file::read(path).map_err(wrong)? {
        let Some(setting) = known.get(key.as_str()) else {
            let keys = known.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(wrong(format!("{key} is not a setting")).hint(format!("the settings are {keys}")));
        };
        let text = settings_file::text(&value, form(setting)).map_err(|why| wrong(format!("{key} {why}")))?;
        let text = check(setting, text.into()).map_err(|why| wrong(format!("{key}: {why}")))?;
        layer.push((key, text));
    }
    Ok(layer)
}

/// How a setting is written in the file.
fn form(setting: &Arg) -> settings_file::Form {
    if matches!(setting.get_action(), ArgAction::SetTrue) {
        settings_file::Form::Switch
    } else if setting.get_value_parser().type_id() == TypeId::of::<usize>() {
        settings_file::Form::Number
    } else if setting.get_value_delimiter().is_some() {
        settings_file::Form::List
    } else {
        settings_file::Form::Text
    }
}

/// Whether the setting's own parser takes the text; it comes back as clap's default. The error never shows a text
/// that may have a password in it: only what parsers say, and paths and addresses have none that refuses.
fn check(setting: &Arg, text: OsString) -> Result<OsString, String> {
    let is_switch = form(setting) == settings_file::Form::Switch;
    let mut probe = setting.clone().env(None::<&'static str>);
    if is_switch {
        probe = probe.action(ArgAction::Set).num_args(1).value_parser(BoolishValueParser::new());
    }
    let mut word = OsString::from("--probe=");
    word.push(&text);
    let probe = Command::new("probe").no_binary_name(true).arg(probe.long("probe"));
    let matches = probe.try_get_matches_from([word]).map_err(|error| reason(&error, &text))?;
    if is_switch {
        let on = matches.get_one::<bool>(setting.get_id().as_str()) == Some(&true);
        return Ok(on.to_string().into());
    }
    Ok(text)
}

/// Clap's error without the flag, which was not typed.
fn reason(error: &clap::Error, text: &OsStr) -> String {
    let text = text.to_string_lossy();
    match (error.get(ContextKind::ValidValue), std::error::Error::source(error)) {
        (Some(ContextValue::Strings(words)), _) if !words.is_empty() => {
            format!("{text:?} is not one of {}", words.join(", "))
        }
        (_, Some(source)) => format!("{text:?}: {source}"),
        _ => "is not valid UTF-8".into(),
    }
}

#[cfg(test)]
#[path = "layers/tests.rs"]
mod tests;
