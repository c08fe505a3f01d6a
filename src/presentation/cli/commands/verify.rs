//! `configapi verify`: the replay of a log, with a bar when somebody watches. It only reads.

use slog::Logger;

use crate::application;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::progress::Progress;
use crate::presentation::cli::store_commands::KeyedCommand;
use crate::presentation::cli::ui::Ui;

/// Verifies a store; the error names the revision.
pub(in crate::presentation::cli) fn verify(
    command: &KeyedCommand,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let mut bar: Option<Progress> = None;
    let mut options = command.store.options(logger);
    options.keys = command.key.keys()?;
    let verified = application::verify(&options, |progress| {
        let total = progress.head.get();
        bar.get_or_insert_with(|| Progress::new(ui, total, "changes")).reach(progress.verified.get());
    })?;
    drop(bar);
    let head = verified.head;
    ui.print(&format!(
        "{}: revision {} is right: {} names, {} events, hash {}",
        verified.store, head.revision, head.names, head.events, head.hash
    ))?;
    if let Some(opened) = verified.opened {
        ui.print(&format!(
            "{} encrypted values open with the key file; {} need another key; {} are shredded",
            opened.opened, opened.unknown, opened.shredded
        ))?;
    }
    if let Some(schema) = verified.older_schema {
        ui.print(&format!(
            "the log was verified as it is, with the older schema {schema}; the tree was not compared: \
             verify again after `configapi migrate`"
        ))?;
    }
    Ok(())
}
