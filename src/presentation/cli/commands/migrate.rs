//! `configapi migrate`: the store's schema of this release, made by the store's owner.

use slog::Logger;

use crate::application;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::settings::StoreSettings;
use crate::presentation::cli::ui::Ui;

/// Migrates a store and says which.
pub(in crate::presentation::cli) fn migrate(
    store: &StoreSettings,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let store = application::migrate(&store.options(logger))?;
    ui.print(&format!("{store} has the schema of this release"))
}
