//! `configapi migrate`: the store's schema of this release, made by the store's owner, and the rights of a role that serves.

use slog::Logger;

use crate::application;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::store_commands::MigrateCommand;
use crate::presentation::cli::ui::Ui;

/// Migrates a store and says which; then grants a role its rights, if one is named.
pub(in crate::presentation::cli) fn migrate(
    command: &MigrateCommand,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let options = command.store.options(logger);
    let role = command.settings.grant.as_deref();
    if role.is_some() && options.store.is_embedded() {
        let text = "--grant is for PostgreSQL: a file has no roles. Set DATABASE_URL, or leave --grant out";
        return Err(Failure::usage(text));
    }
    let store = application::migrate(&options)?;
    ui.print(&format!("{store} has the schema of this release"))?;
    if let Some(role) = role {
        application::grant(&options, role)?;
        ui.print(&format!("the role {role} has the rights of a server"))?;
    }
    Ok(())
}
