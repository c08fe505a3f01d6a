//! `configapi verify`: the replay of a log, with a bar when somebody watches. It only reads.

use indicatif::{ProgressBar, ProgressStyle};
use slog::Logger;

use crate::application;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::store_commands::KeyedCommand;
use crate::presentation::cli::ui::Ui;

/// Logs shorter than this are verified before a person could read a bar.
const BAR_FROM_CHANGES: u64 = 20_000;

/// Verifies a store; the error names the revision.
pub(in crate::presentation::cli) fn verify(
    command: &KeyedCommand,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let mut bar: Option<ProgressBar> = None;
    let mut options = command.store.options(logger);
    options.keys = command.key.keys()?;
    let verified = application::verify(&options, |progress| {
        if progress.head.get() < BAR_FROM_CHANGES || !ui.is_watched() {
            return;
        }
        bar.get_or_insert_with(|| new_bar(progress.head.get())).set_position(progress.verified.get());
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
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

fn new_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} changes, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
