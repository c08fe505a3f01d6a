//! Origins and their order, over an invented environment and real files.

use std::ffi::OsString;
use std::fs;

use clap::CommandFactory;

use super::super::args::Cli;
use super::*;

/// Where `flag` of `serve` comes from, and its text.
fn read_one(flag: &str, words: &[&str], variables: &[(&str, &str)], file: Option<&str>) -> (String, Origin) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let mut words: Vec<OsString> = ["configapi", "serve"].iter().chain(words).map(OsString::from).collect();
    if let Some(text) = file {
        fs::write(&path, text).unwrap();
        words.extend(["--config".into(), path.into_os_string()]);
    }
    let environment = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, text)| OsString::from(text))
    };
    let (matches, origins) = read(&Cli::command(), &words, environment).unwrap();
    let matches = matches.subcommand_matches("serve").unwrap();
    let text = matches.get_raw(flag).and_then(|mut texts| texts.next()).unwrap();
    (text.to_string_lossy().into_owned(), origins.of(flag))
}

/// A setting of each kind, its variable, and a text for each layer.
const KINDS: &[(&str, &str, [&str; 4])] = &[
    ("listen", "CONFIGAPI_LISTEN", ["127.0.0.1:4000", "h:1", "h:2", "h:3"]),
    ("value_bytes_max", "CONFIGAPI_VALUE_BYTES_MAX", ["1048576", "1", "2", "3"]),
    ("idle_deadline", "CONFIGAPI_IDLE_DEADLINE", ["75s", "1s", "2s", "3s"]),
    ("consistency", "CONFIGAPI_CONSISTENCY", ["live", "restart", "live", "restart"]),
    ("file", "CONFIGAPI_FILE", ["configapi.db", "a", "b", "c"]),
];

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    for (name, variable, [default, in_file, in_environment, typed]) in KINDS {
        let value =
            if in_file.parse::<u64>().is_ok() { (*in_file).to_owned() } else { format!("{in_file:?}") };
        let file = format!("{name} = {value}");
        let flag = [format!("--{}", name.replace('_', "-")), (*typed).to_owned()];
        let flag: Vec<&str> = flag.iter().map(String::as_str).collect();
        let variables = [(*variable, *in_environment)];
        let is = |text: &str, origin| (text.to_owned(), origin);
        assert_eq!(read_one(name, &[], &[], None), is(default, Origin::Default));
        assert_eq!(read_one(name, &[], &[], Some(&file)), is(in_file, Origin::File));
        assert_eq!(read_one(name, &[], &variables, Some(&file)), is(in_environment, Origin::Environment));
        assert_eq!(read_one(name, &flag, &variables, Some(&file)), is(typed, Origin::Flag));
    }
}

#[test]
fn a_switch_is_off_on_or_off_again_by_the_same_order() {
    let on = Some("read_only = true");
    let variable = "CONFIGAPI_READ_ONLY";
    let read =
        |words: &[&str], variables: &[(&str, &str)], file| read_one("read_only", words, variables, file);
    assert_eq!(read(&[], &[], None), ("false".into(), Origin::Default));
    assert_eq!(read(&[], &[], on), ("true".into(), Origin::File));
    assert_eq!(read(&[], &[(variable, "0")], on), ("false".into(), Origin::Environment));
    assert_eq!(read(&[], &[(variable, "true")], None), ("true".into(), Origin::Environment));
    assert_eq!(read(&["--read-only"], &[(variable, "false")], None).1, Origin::Flag);
}

#[test]
fn an_empty_variable_counts_as_none() {
    for (name, variable, [default, ..]) in KINDS {
        assert_eq!(read_one(name, &[], &[(variable, "")], None), ((*default).into(), Origin::Default));
    }
}

/// The flags of a client say what to do once; those of a server and of a store are settings.
#[test]
fn every_setting_has_a_variable_of_its_name() {
    let command = Cli::command();
    let with_its_own = |command| [command].into_iter().chain(Command::get_subcommands(command));
    let below: Vec<&Command> = command.get_subcommands().flat_map(with_its_own).collect();
    let has_file = |command: &&Command| command.get_arguments().any(|arg| arg.get_id() == CONFIG);
    let of_store = [&command].into_iter().chain(below.iter().copied()).filter(has_file);
    assert!(of_store.clone().count() > 4, "serve, verify, migrate and key rotate are found");
    for arg in of_store.flat_map(Command::get_arguments) {
        let Some(flag) = arg.get_long().filter(|flag| !["help", "version"].contains(flag)) else { continue };
        assert_eq!(arg.get_env().and_then(OsStr::to_str), Some(variable_of(flag).as_str()), "--{flag}");
        assert_eq!(arg.get_id().as_str(), flag.replace('-', "_"), "the key of the file");
    }
    // A variable never has another name than its flag.
    for arg in below.into_iter().flat_map(Command::get_arguments) {
        let (Some(flag), Some(variable)) = (arg.get_long(), arg.get_env()) else { continue };
        assert_eq!(variable.to_str(), Some(variable_of(flag).as_str()), "--{flag}");
    }
}

fn variable_of(flag: &str) -> String {
    match flag {
        "database-url" => "DATABASE_URL".to_owned(),
        flag => format!("CONFIGAPI_{}", flag.replace('-', "_").to_uppercase()),
    }
}

#[test]
fn the_store_is_the_one_whose_setting_ranks_higher() {
    use clap::FromArgMatches;
    let folder = tempfile::tempdir().unwrap();
    let is_postgres = |words: &[&str], variables: &[(&str, &str)], file: &str| {
        let path = folder.path().join("settings.toml");
        fs::write(&path, file).unwrap();
        let mut words: Vec<OsString> =
            ["configapi", "verify"].iter().chain(words).map(OsString::from).collect();
        words.extend(["--config".into(), path.into_os_string()]);
        let environment = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, text)| text.into())
        };
        let (matches, origins) = read(&Cli::command(), &words, environment).unwrap();
        let mut cli = Cli::from_arg_matches(&matches).unwrap();
        cli.store_mut()?.choose(&origins).ok()?;
        Some(!cli.store_mut()?.options(&slog::Logger::root(slog::Discard, slog::o!())).store.is_embedded())
    };
    let (url, file) = (("DATABASE_URL", "postgresql://h/d"), ("CONFIGAPI_FILE", "a.db"));
    assert_eq!(is_postgres(&[], &[], ""), Some(false));
    assert_eq!(is_postgres(&[], &[url], ""), Some(true));
    assert_eq!(is_postgres(&[], &[url, file], ""), Some(true));
    assert_eq!(is_postgres(&["--file", "a.db"], &[url], ""), Some(false));
    assert_eq!(is_postgres(&["--database-url", "postgresql://h/d"], &[file], ""), Some(true));
    assert_eq!(is_postgres(&["--file", "a.db", "--database-url", "postgresql://h/d"], &[], ""), None);
    assert_eq!(is_postgres(&[], &[], "database_url = 'postgresql://h/d'"), Some(true));
    assert_eq!(is_postgres(&[], &[file], "database_url = 'postgresql://h/d'"), Some(false));
    assert_eq!(is_postgres(&[], &[url], "file = 'a.db'"), Some(true));
    assert_eq!(is_postgres(&[], &[], "file = 'a.db'\ndatabase_url = 'postgresql://h/d'"), None);
}
