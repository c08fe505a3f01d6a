//! The command line: settings in, an exit status out.
//!
//! Called by `main`; calls the application, and `serve` the HTTP floor. Every error ends here as one line on
//! standard error and an exit status that says what kind it was.

mod args;
mod commands;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use slog::Logger;

use crate::application::{Error, Kind, StoreError, migrate};
use crate::runtime::logging;
use args::{Cli, Subcommand, prefer_typed_file, refuse_two_stores};

/// What a command ends with when it does not succeed.
#[derive(Debug)]
enum Failure {
    /// The application's own words.
    Application(Error),
    /// The settings make no sense together.
    Usage(String),
    /// Anything of the system: an address in use, no threads left.
    System(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Application(error)
    }
}

impl Failure {
    /// 1 error, 2 usage, 4 the log is damaged, 7 unavailable.
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Application(Error::Store(StoreError::Corrupt { .. })) => 4,
            Self::Application(error) if error.kind() == Kind::Unavailable => 7,
            Self::Application(_) | Self::System(_) => 1,
        })
    }

    fn text(&self) -> String {
        match self {
            Self::Application(error) => error.to_string(),
            Self::Usage(text) | Self::System(text) => text.clone(),
        }
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let mut cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    prefer_typed_file(&matches, cli.store_mut());
    let outcome = refuse_two_stores(&matches).map_err(Failure::Usage).and_then(|()| match cli.command {
        None => logged(&cli.serve.log, |logger| commands::serve::serve(&cli.serve, logger)),
        Some(Subcommand::Serve(serve)) => logged(&serve.log, |logger| commands::serve::serve(&serve, logger)),
        Some(Subcommand::Verify(command)) => {
            logged(&command.log, |logger| commands::verify::verify(&command.store, logger))
        }
        Some(Subcommand::Migrate(command)) => logged(&command.log, |logger| {
            let store = migrate(&command.store.options(logger)?)?;
            print(&format!("{store} has the schema of this release"));
            Ok(())
        }),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.text());
            failure.exit_code()
        }
    }
}

fn logged(log: &args::LogArgs, command: impl FnOnce(&Logger) -> Result<(), Failure>) -> Result<(), Failure> {
    let (logger, _flushed_at_the_end) = logging::terminal(log.log_level.into());
    command(&logger)
}

#[expect(clippy::print_stdout, reason = "the answer of a command is its standard output")]
fn print(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn complain(text: &str) {
    eprintln!("configapi: {text}");
}
