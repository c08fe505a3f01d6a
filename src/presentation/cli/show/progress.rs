//! The progress of long work, for a person who watches standard error.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::presentation::cli::ui::Ui;

/// Work that is shorter shows no bar.
const FIRST_SHOWN: Duration = Duration::from_millis(500);

/// A bar on a terminal, nothing elsewhere. It is gone when this is dropped.
pub(in crate::presentation::cli) struct Progress {
    is_watched: bool,
    started: Instant,
    total: u64,
    /// The things that are counted: `names`.
    unit: &'static str,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(in crate::presentation::cli) fn new(ui: Ui, total: u64, unit: &'static str) -> Self {
        Self { is_watched: ui.is_watched(), started: Instant::now(), total, unit, bar: None }
    }

    /// So much is done.
    pub(in crate::presentation::cli) fn reach(&mut self, done: u64) {
        if !self.is_watched || self.started.elapsed() < FIRST_SHOWN {
            return;
        }
        self.bar.get_or_insert_with(|| new_bar(self.total, self.unit)).set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(total: u64, unit: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg}, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(unit)
}
