//! The commands and their flags, as clap reads them. The settings are declared in `settings`.

use clap::{Args, Parser};

use std::ffi::OsString;
use std::path::PathBuf;

use super::commands::ClientCommand;
use super::error::Failure;
use super::secrets::{KEY_VARIABLE, KeySettings, ROOT_TOKEN_VARIABLE};
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
    #[command(flatten)]
    Client(ClientCommand),
    /// Serve the HTTP API; what happens with no subcommand too.
    Serve(Box<ServeSettings>),
    /// Replay the whole log: the chain of hashes, every version, and the tree.
    ///
    /// It only reads: it makes, migrates and locks nothing, also while servers write, also on a read-only disk. A
    /// log with an older schema is verified as it is. Exits 0 if all is right, 3 if there is no log, 4 if something
    /// is wrong, 7 if the store can't be reached.
    ///
    /// With a key file it also opens every encrypted value.
    Verify(KeyedCommand),
    /// Bring the store's schema up to this release, as its owner; servers then need fewer rights.
    ///
    /// With --grant it grants a role of PostgreSQL the rights that a server needs. The role must exist. A server that
    /// connects as such a role migrates nothing, and ends with a message if the schema is older than its release.
    Migrate(MigrateCommand),
    /// Make a key file, or put a new key into one.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Destroy encrypted values of a name for ever, in the store itself.
    ///
    /// The keys of the values are deleted: every read shows them as shredded from then on, now and in the past. The log and
    /// its chain stay whole. It does not reach backups that were made before. An embedded store has one user at a time: stop
    /// its server, or use POST /v1/shred.
    Shred(ShredCommand),
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

#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key file with one new key, for its owner alone.
    New {
        /// The file to make; one that is there is not replaced
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
    /// Put a new key first into the key file, and wrap the data keys of the log again under it.
    ///
    /// The values and the log stay as they are. It can be broken off and run again. Servers need the new file: give it to
    /// them and send each a SIGHUP.
    Rotate(KeyedCommand),
}

/// A command that needs a store and the key file.
#[derive(Debug, Args)]
pub(super) struct KeyedCommand {
    #[command(flatten)]
    pub(super) store: StoreSettings,
    #[command(flatten)]
    pub(super) key: KeySettings,
    #[command(flatten)]
    pub(super) log: LogSettings,
}

#[derive(Debug, Args)]
pub(super) struct ShredCommand {
    /// The name
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// A version to destroy, with all others that have its value; may be given several times; all versions unless it is given
    #[arg(long = "version", value_name = "N")]
    pub(super) version: Vec<u64>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// Destroy the current value too
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) store: StoreSettings,
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
    /// The store's settings of the command, if it has any.
    pub(super) fn store_mut(&mut self) -> Option<&mut StoreSettings> {
        match &mut self.command {
            None => Some(&mut self.serve.store),
            Some(Subcommand::Serve(serve)) => Some(&mut serve.store),
            Some(Subcommand::Verify(command) | Subcommand::Key { command: KeyCommand::Rotate(command) }) => {
                Some(&mut command.store)
            }
            Some(Subcommand::Migrate(command)) => Some(&mut command.store),
            Some(Subcommand::Shred(command)) => Some(&mut command.store),
            Some(Subcommand::Client(_) | Subcommand::Key { command: KeyCommand::New { .. } }) => None,
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
            Some(Subcommand::Migrate(_) | Subcommand::Shred(_) | Subcommand::Key { .. }) => return Ok(()),
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
