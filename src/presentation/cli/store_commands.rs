//! The arguments of commands that work on a store itself. `args` names the commands.

use clap::Args;

use super::secrets::KeySettings;
use super::settings::{LogSettings, MigrateSettings, StoreSettings};

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
