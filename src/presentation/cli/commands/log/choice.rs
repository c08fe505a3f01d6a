//! The changes that a log shows, and of each the names that it shows.

use crate::client::{Change, Event};
use crate::domain::SearchText;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::ui::Ui;

/// The properties that every shown change has. A member that is none counts for all.
pub(super) struct Choice {
    /// A name that begins so.
    pub(super) prefix: String,
    pub(super) actor: Option<String>,
    pub(super) reason: Option<SearchText>,
    pub(super) text: Option<Text>,
}

/// A text of values: a value counts where the text is in it more or less often than in the value before.
pub(super) struct Text {
    text: String,
    /// Values of secrets, which can't be searched.
    masked: u64,
}

/// A change with the events that were asked for.
pub(super) struct Chosen {
    change: Change,
    is_shown: Vec<bool>,
}

impl Choice {
    /// The change, if it is one of them.
    pub(super) fn choose(&mut self, change: Change) -> Option<Chosen> {
        let is_by = |actor: &String| change.actor() == actor;
        let is_because =
            |text: &SearchText| change.reason().is_some_and(|reason| text.is_in(reason, &mut String::new()));
        if !self.actor.as_ref().is_none_or(is_by) || !self.reason.as_ref().is_none_or(is_because) {
            return None;
        }
        let is_shown: Vec<bool> = change.events().iter().map(|event| self.shows(event)).collect();
        is_shown.contains(&true).then_some(Chosen { change, is_shown })
    }

    fn shows(&mut self, event: &Event) -> bool {
        event.name().starts_with(&self.prefix) && self.text.as_mut().is_none_or(|text| text.moved_in(event))
    }

    /// Says that a text may have been missed, after the results.
    pub(super) fn say_unsearched(&self, ui: Ui) {
        if self.text.as_ref().is_some_and(|text| text.masked > 0) {
            ui.note("the values of secrets are masked, and were not searched");
        }
    }
}

impl Text {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Err(Failure::usage("give -S a text to look for"));
        }
        Ok(Self { text: text.to_owned(), masked: 0 })
    }

    fn moved_in(&mut self, event: &Event) -> bool {
        let (before, after) = (Shown::before(event), Shown::after(event));
        let is_masked = |value| matches!(value, Some(Shown::Masked(_)));
        if is_masked(before) || is_masked(after) {
            self.masked += 1;
        }
        let count = |value: Option<Shown<'_>>| match value {
            Some(Shown::Text(text)) => text.matches(&self.text).count(),
            _ => 0,
        };
        count(before) != count(after)
    }
}

impl Chosen {
    /// The whole change, as the contract has it.
    pub(super) fn whole(&self) -> &Change {
        &self.change
    }

    /// The change with its shown events alone, and how many are left out.
    pub(super) fn narrowed(self) -> (Change, usize) {
        let Self { mut change, is_shown } = self;
        let mut is_shown = is_shown.into_iter();
        let all = change.events.len();
        change.events.retain(|_| is_shown.next().unwrap_or(true));
        let left_out = all - change.events.len();
        (change, left_out)
    }
}
