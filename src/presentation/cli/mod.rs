//! The command line: settings in, an exit status out.
//!
//! Called by `main`; calls the application, and `serve` the HTTP module. `args` has the commands, `settings` the
//! settings, `layers` where their values come from, `listen` the addresses, `access` who
//! may reach them, `secrets` the settings that are secrets, `ui` the two streams, `error` the exit statuses.

mod access;
mod args;
mod commands;
mod complete;
mod connect;
mod desired;
mod document;
mod editor;
mod error;
mod facts;
mod layers;
mod listen;
mod merge;
mod planned;
mod point;
mod saved_plan;
mod scopes;
mod secrets;
mod settings;
mod settings_file;
mod show;
mod store_commands;
mod typed;
mod ui;
mod variables;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use slog::{Logger, warn};

use crate::runtime::logging;
use args::{Cli, KeyCommand, Subcommand};
use commands::{key, migrate::migrate, serve::serve, verify::verify};
use error::Failure;
use settings::LogSettings;
use ui::Ui;

/// Runs the program.
pub fn run() -> ExitCode {
    let ui = Ui::of_process(|name| env::var_os(name));
    match execute(ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let status = failure.exit_code();
            ui.complain(failure);
            status
        }
    }
}

fn execute(ui: Ui) -> Result<(), Failure> {
    let words: Vec<_> = env::args_os().collect();
    if complete::answer(&words, Cli::command) {
        return Ok(());
    }
    let (matches, origins) = layers::read(&Cli::command(), &words, |name| env::var_os(name))?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let Some(store) = cli.store_mut() {
        store.choose(&origins)?;
    }
    cli.take_secrets(|name| env::var_os(name))?;
    let logged = |log: &LogSettings, command: &dyn Fn(&Logger) -> Result<(), Failure>| {
        let (logger, _flushed_at_the_end) = logging::terminal(log.log_level.into(), ui.stderr_colour());
        warn_of_variables(&logger);
        command(&logger)
    };
    match cli.command {
        None => logged(&cli.serve.log, &|logger| serve(&cli.serve, ui, logger)),
        Some(Subcommand::Client(command)) => command.run(ui),
        Some(Subcommand::Completions(command)) => command.run(Cli::command(), ui),
        Some(Subcommand::Serve(settings)) => logged(&settings.log, &|logger| serve(&settings, ui, logger)),
        Some(Subcommand::Verify(of)) => logged(&of.log, &|logger| verify(&of, ui, logger)),
        Some(Subcommand::Migrate(of)) => logged(&of.log, &|logger| migrate(&of, ui, logger)),
        Some(Subcommand::Key { command: KeyCommand::New { to } }) => key::new(&to, ui),
        Some(Subcommand::Key { command: KeyCommand::Rotate(of) }) => {
            logged(&of.log, &|logger| key::rotate(&of.store, of.key.file(), ui, logger))
        }
    }
}

/// A variable that is misspelt would be missed in silence.
fn warn_of_variables(logger: &Logger) {
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    for unknown in variables::unknown(&Cli::command(), env::vars_os().filter_map(text)) {
        match unknown.meant {
            Some(meant) => {
                warn!(logger, "a variable is not a setting"; "variable" => unknown.name, "meant" => meant);
            }
            None => warn!(logger, "a variable is not a setting"; "variable" => unknown.name),
        }
    }
}
