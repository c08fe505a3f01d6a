//! `configapi verify`: the replay of a log, with a bar when somebody watches.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use slog::Logger;

use crate::application;
use crate::presentation::cli::args::StoreArgs;
use crate::presentation::cli::{Failure, print};

/// Logs shorter than this are verified before anybody could read a bar.
const BAR_FROM_CHANGES: u64 = 20_000;

/// Verifies a store; the error names the revision.
pub(in crate::presentation::cli) fn verify(store: &StoreArgs, logger: &Logger) -> Result<(), Failure> {
    let mut bar: Option<ProgressBar> = None;
    let verified = application::verify(&store.options(logger)?, |progress| {
        if progress.head.get() < BAR_FROM_CHANGES || !std::io::stderr().is_terminal() {
            return;
        }
        bar.get_or_insert_with(|| new_bar(progress.head.get())).set_position(progress.verified.get());
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let head = verified.head;
    print(&format!(
        "{}: revision {} is right: {} names, {} events, hash {}",
        verified.store, head.revision, head.names, head.events, head.hash
    ));
    Ok(())
}

fn new_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} changes, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
