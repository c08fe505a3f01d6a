//! The command line: settings in, an exit status out.
//!
//! Called by `main`; calls the application, and `serve` the HTTP module. `args` has the commands, `settings` the
//! settings, `layers` where their values come from, `ui` the two streams, `error` the exit statuses.

mod args;
mod commands;
mod error;
mod layers;
mod settings;
mod settings_file;
mod ui;

use std::env;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use slog::Logger;

use crate::runtime::logging;
use args::{Cli, Subcommand};
use commands::{migrate::migrate, serve::serve, verify::verify};
use error::Failure;
use settings::LogSettings;
use ui::Ui;

/// Runs the program.
pub fn run() -> ExitCode {
    let ui = Ui::of_process(|name| env::var_os(name));
    match execute(ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui.complain(&failure);
            failure.exit_code()
        }
    }
}

fn execute(ui: Ui) -> Result<(), Failure> {
    let words: Vec<_> = env::args_os().collect();
    let (matches, origins) = layers::read(&Cli::command(), &words, |name| env::var_os(name))?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    cli.store_mut().choose(&origins)?;
    match cli.command {
        None => logged(&cli.serve.log, ui, |logger| serve(&cli.serve, ui, logger)),
        Some(Subcommand::Serve(settings)) => logged(&settings.log, ui, |logger| serve(&settings, ui, logger)),
        Some(Subcommand::Verify(of)) => logged(&of.log, ui, |logger| verify(&of.store, ui, logger)),
        Some(Subcommand::Migrate(of)) => logged(&of.log, ui, |logger| migrate(&of.store, ui, logger)),
    }
}

fn logged(
    log: &LogSettings,
    ui: Ui,
    command: impl FnOnce(&Logger) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (logger, _flushed_at_the_end) = logging::terminal(log.log_level.into(), ui.stderr_colour());
    command(&logger)
}
