//! Flags and environment variables, as typed; what they mean together is said by [`StoreArgs::options`].

use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Parser, ValueEnum};
use slog::{Level, Logger};

use super::Failure;
use crate::application::{Access, AuditSink, Consistency, Options, StoreLocation};

/// A configuration service that never forgets.
///
/// Every change is an immutable event in PostgreSQL or in an embedded file; values are read from memory;
/// history, any past state and restores come from the events.
#[derive(Debug, Parser)]
#[command(name = "configapi", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

const EXAMPLES: &str = "\
Examples:
  configapi                                         serve ./configapi.db on 127.0.0.1:4000
  configapi --listen 127.0.0.1:8080 --file app.db   another address, another file
  DATABASE_URL=postgresql://configapi@db/configapi configapi
  configapi verify --file app.db                    replay the log and check every hash

  curl -X PUT localhost:4000/v1/config/greeting -d '{\"value\": \"hello\"}' -H 'Content-Type: application/json'
  curl localhost:4000/v1/config/greeting";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Serve the HTTP API; what happens with no subcommand too.
    Serve(Box<ServeArgs>),
    /// Replay the whole log: the chain of hashes, every version, and the tree.
    ///
    /// It only reads: it makes, migrates and locks nothing, also while servers write, also on a read-only disk. A
    /// log with an older schema is verified as it is. Exits 0 if all is right, 3 if there is no log, 4 if something
    /// is wrong, 7 if the store can't be reached.
    Verify(StoreCommand),
    /// Bring the store's schema up to this release, as its owner; servers then need fewer rights.
    Migrate(StoreCommand),
}

impl Cli {
    /// The store settings of whichever command it is.
    pub(super) fn store_mut(&mut self) -> &mut StoreArgs {
        match &mut self.command {
            None => &mut self.serve.store,
            Some(Subcommand::Serve(serve)) => &mut serve.store,
            Some(Subcommand::Verify(command) | Subcommand::Migrate(command)) => &mut command.store,
        }
    }
}

/// A command that needs a store and nothing else.
#[derive(Debug, Args)]
pub(super) struct StoreCommand {
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) log: LogArgs,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", env = "CONFIGAPI_LISTEN", default_value = "127.0.0.1:4000")]
    pub(super) listen: String,

    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// What reads of now see: every write at once, or what the log was when the server started
    #[arg(long, value_enum, env = "CONFIGAPI_CONSISTENCY", default_value_t = ConsistencyArg::Live)]
    pub(super) consistency: ConsistencyArg,

    /// The longest value that is accepted, in bytes of UTF-8
    #[arg(long, value_name = "N", env = "CONFIGAPI_VALUE_BYTES_MAX", default_value_t = 1_048_576,
          value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    pub(super) value_bytes_max: u32,

    /// Serve an address that others can reach, without tokens: anybody who reaches it may read and write
    #[arg(long, env = "CONFIGAPI_ALLOW_ANONYMOUS")]
    pub(super) allow_anonymous: bool,

    /// Only read, beside a PostgreSQL standby for example: no write, no migration, no lock; follows the log by polling
    #[arg(long, env = "CONFIGAPI_READ_ONLY")]
    pub(super) read_only: bool,

    /// Write an audit record of every change to this file as JSON lines [default: to the log]
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_AUDIT_FILE")]
    pub(super) audit_file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) log: LogArgs,
}

#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    /// The embedded store, made if it is missing
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_FILE", default_value = "configapi.db")]
    file: PathBuf,

    /// PostgreSQL instead of the file, `postgresql://user:password@host/database`
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// How much to log on standard error; `debug` has a line for each request
    #[arg(long, value_enum, env = "CONFIGAPI_LOG_LEVEL", default_value_t = LogLevel::Info)]
    pub(super) log_level: LogLevel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ConsistencyArg {
    Live,
    Restart,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warning,
    Info,
    Debug,
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warning => Self::Warning,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}

/// Two stores on the command line are a mistake; a flag over an environment variable is a choice.
pub(super) fn refuse_two_stores(matches: &ArgMatches) -> Result<(), String> {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
    if typed("file") && typed("database_url") {
        return Err("--file and --database-url name two stores: give one of them".into());
    }
    Ok(())
}

/// The flag that was typed wins over the environment: `--file` over `DATABASE_URL`.
pub(super) fn prefer_typed_file(matches: &ArgMatches, store: &mut StoreArgs) {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    if matches.value_source("file") == Some(ValueSource::CommandLine) {
        store.database_url = None;
    }
}

impl StoreArgs {
    /// The store's options with what every command shares.
    pub(super) fn options(&self, logger: &Logger) -> Result<Options, Failure> {
        Ok(Options::new(self.location()?).logger(logger.clone()))
    }

    #[cfg_attr(
        all(feature = "postgres", feature = "sqlite"),
        expect(clippy::unnecessary_wraps, reason = "a build without one of the stores says so")
    )]
    fn location(&self) -> Result<StoreLocation, Failure> {
        #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "named for what is missing"))]
        if let Some(url) = &self.database_url {
            #[cfg(feature = "postgres")]
            return Ok(StoreLocation::Postgres(crate::application::PostgresOptions::new(url)));
            #[cfg(not(feature = "postgres"))]
            return Err(Failure::Usage("this binary was built without PostgreSQL: use --file".into()));
        }
        #[cfg(feature = "sqlite")]
        return Ok(StoreLocation::File(self.file.clone()));
        #[cfg(not(feature = "sqlite"))]
        return Err(Failure::Usage(
            "this binary was built without the embedded store: give --database-url".into(),
        ));
    }
}

impl ServeArgs {
    /// The store's options as the flags say. A server waits for its database as long as it takes.
    pub(super) fn options(&self, logger: &Logger) -> Result<Options, Failure> {
        let mut options = self.store.options(logger)?.consistency(match self.consistency {
            ConsistencyArg::Live => Consistency::Live,
            ConsistencyArg::Restart => Consistency::Restart,
        });
        options.value_bytes_max = self.value_bytes_max as usize;
        options.audit = self.audit_file.clone().map_or(AuditSink::Log, AuditSink::File);
        options.access = if self.read_only { Access::ReadOnly } else { Access::ReadWrite };
        options.patience = Duration::MAX;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn two_stores_on_the_command_line_are_refused_under_every_command() {
        for words in [&["configapi"][..], &["configapi", "serve"], &["configapi", "verify"]] {
            let both = [words, &["--file", "a.db", "--database-url", "postgresql://host/db"]].concat();
            let matches = Cli::command().try_get_matches_from(both).unwrap();
            assert!(refuse_two_stores(&matches).is_err());
        }
    }
}
