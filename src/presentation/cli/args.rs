//! The commands and their flags, as clap reads them. The settings are declared in `settings`.

use clap::Parser;

use std::ffi::OsString;
use std::path::PathBuf;

use super::commands::ClientCommand;
use super::commands::completions::Completions;
use super::error::Failure;
use super::secrets::{KEY_VARIABLE, ROOT_TOKEN_VARIABLE};
use super::settings::{ServeSettings, StoreSettings};
use super::store_commands::{KeyedCommand, MigrateCommand};

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

Without a command it serves, as `configapi serve` does.

Examples:
  # ./configapi.db on 127.0.0.1:4000
  configapi serve
  configapi set greeting hello --reason 'my first value'
  configapi get greeting
  curl \"$CONFIGAPI_SERVER/v1/config/greeting\"";

const SERVE_EXAMPLES: &str = "\
Examples:
  # ./configapi.db on 127.0.0.1:4000
  configapi serve
  configapi serve --listen 127.0.0.1:8080 --file app.db
  configapi serve --config /etc/configapi.toml
  DATABASE_URL=postgresql://configapi@db/configapi configapi serve";

const VERIFY_EXAMPLES: &str = "\
Examples:
  configapi verify --file app.db
  configapi verify --file app.db --key-file app.key
  DATABASE_URL=postgresql://configapi@db/configapi configapi verify";

const MIGRATE_EXAMPLES: &str = "\
Examples:
  configapi migrate --file app.db
  DATABASE_URL=postgresql://owner@db/configapi configapi migrate --grant configapi";

const KEY_NEW_EXAMPLES: &str = "\
Examples:
  configapi key new --to new.key";

const KEY_ROTATE_EXAMPLES: &str = "\
Examples:
  configapi key rotate --file app.db --key-file app.key
  DATABASE_URL=postgresql://configapi@db/configapi configapi key rotate --key-file app.key";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    #[command(flatten)]
    Client(ClientCommand),
    /// Serve the HTTP API; what happens with no subcommand too.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<ServeSettings>),
    /// Replay the whole log: the chain of hashes, every version, and the tree.
    ///
    /// It only reads: it makes, migrates and locks nothing, also while servers write, also on a read-only disk. A
    /// log with an older schema is verified as it is. Exits 0 if all is right, 3 if there is no log, 4 if something
    /// is wrong, 7 if the store can't be reached.
    ///
    /// With a key file it also opens every encrypted value.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(KeyedCommand),
    /// Bring the store's schema up to this release, as its owner; servers then need fewer rights.
    ///
    /// With --grant it grants a role of PostgreSQL the rights that a server needs. The role must exist. A server that
    /// connects as such a role migrates nothing, and ends with a message if the schema is older than its release.
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(MigrateCommand),
    Completions(Completions),
    /// Make a key file, or put a new key into one.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key file with one new key, for its owner alone.
    #[command(after_help = KEY_NEW_EXAMPLES)]
    New {
        /// The file to make; one that is there is not replaced
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
    /// Put a new key first into the key file, and wrap the data keys of the log again under it.
    ///
    /// The values and the log stay as they are. It can be broken off and run again. Servers need the new file: give it to
    /// them and send each a SIGHUP.
    #[command(after_help = KEY_ROTATE_EXAMPLES)]
    Rotate(KeyedCommand),
}

impl Cli {
    /// The store's settings of the command, if it has any.
    pub(super) fn store_mut(&mut self) -> Option<&mut StoreSettings> {
        match &mut self.command {
            None => Some(&mut self.serve.store),
            Some(Subcommand::Serve(serve)) => Some(&mut serve.store),
            Some(Subcommand::Verify(command) | Subcommand::Key { command: KeyCommand::Rotate(command) }) => {
                Some(&mut command.store)
            }
            Some(Subcommand::Migrate(command)) => Some(&mut command.store),
            Some(
                Subcommand::Client(_)
                | Subcommand::Completions(_)
                | Subcommand::Key { command: KeyCommand::New { .. } },
            ) => None,
        }
    }

    /// Takes the secrets that are in variables, for a command that uses them. A flag would show them in the list of
    /// processes.
    pub(super) fn take_secrets(
        &mut self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(), Failure> {
        let serve = match &mut self.command {
            None => &mut self.serve,
            Some(Subcommand::Serve(serve)) => serve,
            Some(Subcommand::Client(command)) => return command.settings_mut().take(variable),
            Some(Subcommand::Verify(command)) => return command.key.take(variable(KEY_VARIABLE)),
            Some(Subcommand::Migrate(_) | Subcommand::Completions(_) | Subcommand::Key { .. }) => {
                return Ok(());
            }
        };
        serve.root.take(variable(ROOT_TOKEN_VARIABLE))?;
        serve.key.take(variable(KEY_VARIABLE))
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
