//! `configapi key`: new key files, and new keys for a log.

use std::path::Path;

use slog::Logger;

use crate::application;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::settings::StoreSettings;
use crate::presentation::cli::ui::Ui;

/// Makes a key file.
pub(in crate::presentation::cli) fn new(path: &Path, ui: Ui) -> Result<(), Failure> {
    let id = application::make_key_file(path)?;
    ui.print(&format!("{}: a new key with the id {id}", path.display()))?;
    ui.print("keep a copy where the backups of the log are not: without the key the secrets are lost")
}

/// Puts a new key into the key file, and wraps the data keys of the log again.
pub(in crate::presentation::cli) fn rotate(
    store: &StoreSettings,
    key_file: Option<&Path>,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let missing = || Failure::usage("name the key file to put a new key into: --key-file PATH");
    let rotated = application::rotate_keys(&store.options(logger), key_file.ok_or_else(missing)?)?;
    ui.print(&format!(
        "{}: {} data keys are wrapped by the new key {}",
        rotated.store, rotated.rewrapped, rotated.key_id
    ))?;
    if rotated.left > 0 {
        return Err(Failure::system(format!(
            "{} data keys were wrapped by a key that the file does not have: add that key and run it again",
            rotated.left
        )));
    }
    ui.print(
        "give the new file to every server and send each a SIGHUP; then the old keys can go from the file",
    )
}
