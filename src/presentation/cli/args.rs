//! The commands and their flags, as clap reads them. The settings are declared in `settings`.

use clap::{Args, Parser};

use super::settings::{LogSettings, MigrateSettings, ServeSettings, StoreSettings};

/// A configuration service that never forgets.
///
/// Every change is an immutable event in PostgreSQL or in an embedded file; values are read from memory;
/// history, any past state and restores come from the events.
#[derive(Debug, Parser)]
#[command(name = "configapi", bin_name = "configapi", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
    #[command(flatten)]
    pub(super) serve: ServeSettings,
}

const EXAMPLES: &str = "\
A flag wins over its environment variable, the variable over the file of --config, the file over the default.
A key of the file is the flag's name with `_`: `listen = \"127.0.0.1:8080\"`, `idle_deadline = \"75s\"`.

Examples:
  configapi                                         serve ./configapi.db on 127.0.0.1:4000
  configapi --listen 127.0.0.1:8080 --file app.db   another address, another file
  configapi --config /etc/configapi.toml            the settings of a file
  DATABASE_URL=postgresql://configapi@db/configapi configapi
  configapi verify --file app.db                    replay the log and check every hash

  curl -X PUT localhost:4000/v1/config/greeting -d '{\"value\": \"hello\"}' -H 'Content-Type: application/json'
  curl localhost:4000/v1/config/greeting";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Serve the HTTP API; what happens with no subcommand too.
    Serve(Box<ServeSettings>),
    /// Replay the whole log: the chain of hashes, every version, and the tree.
    ///
    /// It only reads: it makes, migrates and locks nothing, also while servers write, also on a read-only disk. A
    /// log with an older schema is verified as it is. Exits 0 if all is right, 3 if there is no log, 4 if something
    /// is wrong, 7 if the store can't be reached.
    Verify(StoreCommand),
    /// Bring the store's schema up to this release, as its owner; servers then need fewer rights.
    ///
    /// With --grant it grants a role of PostgreSQL the rights that a server needs. The role must exist. A server that
    /// connects as such a role migrates nothing, and ends with a message if the schema is older than its release.
    Migrate(MigrateCommand),
}

/// The command that migrates.
#[derive(Debug, Args)]
pub(super) struct MigrateCommand {
    #[command(flatten)]
    pub(super) store: StoreSettings,
    #[command(flatten)]
    pub(super) settings: MigrateSettings,
    #[command(flatten)]
    pub(super) log: LogSettings,
}

/// A command that needs a store and nothing else.
#[derive(Debug, Args)]
pub(super) struct StoreCommand {
    #[command(flatten)]
    pub(super) store: StoreSettings,
    #[command(flatten)]
    pub(super) log: LogSettings,
}

impl Cli {
    /// The server's settings, if it is a server.
    pub(super) fn serve_mut(&mut self) -> Option<&mut ServeSettings> {
        match &mut self.command {
            None => Some(&mut self.serve),
            Some(Subcommand::Serve(serve)) => Some(serve),
            Some(Subcommand::Verify(_) | Subcommand::Migrate(_)) => None,
        }
    }

    /// The store's settings of whichever command it is.
    pub(super) fn store_mut(&mut self) -> &mut StoreSettings {
        match &mut self.command {
            None => &mut self.serve.store,
            Some(Subcommand::Serve(serve)) => &mut serve.store,
            Some(Subcommand::Verify(command)) => &mut command.store,
            Some(Subcommand::Migrate(command)) => &mut command.store,
        }
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
}
